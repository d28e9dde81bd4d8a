"""Trunk Stock Item."""

from frappe.model.document import Document


class TrunkStockItem(Document):
    pass
