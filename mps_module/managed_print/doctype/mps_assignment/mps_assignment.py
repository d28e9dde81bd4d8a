"""MPS Assignment: a technician's plan for a call. What it sets in motion is in service/assign.py."""

from frappe.model.document import Document

from mps_module.service import assign


class MPSAssignment(Document):
    def validate(self) -> None:
        assign.prepare(self)

    def on_update(self) -> None:
        assign.follow(self)

    def on_trash(self) -> None:
        assign.forget(self)
