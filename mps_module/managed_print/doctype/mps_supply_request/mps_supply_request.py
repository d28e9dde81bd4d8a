"""A supply asked for, for one device: held back with questions, approved, sent, fitted. See `service.supply_requests`."""

from __future__ import annotations

from frappe.model.document import Document

from mps_module.service import supply_requests


class MPSSupplyRequest(Document):
    def before_insert(self) -> None:
        supply_requests.prepare(self)

    def validate(self) -> None:
        supply_requests.check(self)

    def on_trash(self) -> None:
        supply_requests.check_trash(self)
