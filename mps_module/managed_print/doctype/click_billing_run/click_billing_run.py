"""A month-end: everything that has fallen due, previewed, approved and invoiced."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from mps_module.billing.run import drop_stale
from mps_module.billing.standing import POSTED


class ClickBillingRun(Document):
    def on_trash(self) -> None:
        """Previews go with their run; a run with invoices stays."""
        if frappe.db.exists(
            "Click Bill", {"run": self.name, "status": ["in", [*POSTED, "Released", "Credited"]]}
        ):
            frappe.throw(_("Run {0} has made invoices: it is kept as their record.").format(self.name))
        drop_stale(self.name, [])
