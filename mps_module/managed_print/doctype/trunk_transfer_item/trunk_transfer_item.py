"""Trunk Transfer Item."""

from frappe.model.document import Document


class TrunkTransferItem(Document):
    pass
