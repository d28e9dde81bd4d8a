"""Trunk Count Item."""

from frappe.model.document import Document


class TrunkCountItem(Document):
    pass
