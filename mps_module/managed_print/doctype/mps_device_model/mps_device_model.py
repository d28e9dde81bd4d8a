"""A model of device: its meters, supplies, and when it wants maintenance."""

from __future__ import annotations

from frappe.model.document import Document

from mps_module.fleet.models import check_model


class MPSDeviceModel(Document):
    def validate(self) -> None:
        check_model(self)
