"""What a call leaves to bill under a contract: an incident, hours, travel, parts. Submitted, the next bill takes it up."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from mps_module.service import aftercare


class MPSServiceCharge(Document):
    def before_validate(self) -> None:
        self.call_ref = self.call_ref or self.issue or self.name

    def validate(self) -> None:
        if not (self.device or self.unit_label):
            frappe.throw(_("Name the device, or the other unit, that was served."))
        if not (self.incident or self.labour_hours or self.travel or self.parts):
            frappe.throw(_("Nothing is billable yet: tick the incident, or enter hours, travel or parts."))

    def before_cancel(self) -> None:
        bill = aftercare.billed_by(self)
        if bill:
            frappe.throw(
                _("{0} is billed by {1}: release or credit that bill first.").format(
                    self.name, frappe.bold(bill)
                ),
                title=_("Billed"),
            )

    def on_cancel(self) -> None:
        aftercare.charge_cancelled(self)
