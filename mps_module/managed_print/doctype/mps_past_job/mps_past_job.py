"""MPS Past Job: a job of another system, brought in for the kit."""

import frappe
from frappe import _
from frappe.model.document import Document


class MPSPastJob(Document):
    def validate(self) -> None:
        items = [row.item for row in self.parts]
        if len(set(items)) != len(items):
            frappe.throw(_("A part is listed twice; give its quantity instead."))
