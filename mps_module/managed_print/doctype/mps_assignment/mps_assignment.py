"""MPS Assignment: a technician's plan for a call. What it sets in motion is in service/assign_follow.py."""

from frappe.model.document import Document

from mps_module.service import assign_follow


class MPSAssignment(Document):
    def validate(self) -> None:
        assign_follow.prepare(self)

    def on_update(self) -> None:
        assign_follow.follow(self)

    def on_trash(self) -> None:
        assign_follow.forget(self)
