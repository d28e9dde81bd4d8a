"""Trunk Transfer: parts from one technician's trunk to another's; moved on by `stock.transfers` alone."""

import frappe
from frappe import _
from frappe.model.document import Document


class TrunkTransfer(Document):
    def validate(self) -> None:
        if self.from_trunk == self.to_trunk:
            frappe.throw(_("From and to are the same trunk."))
