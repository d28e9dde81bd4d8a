"""Trunk Stock Settings: when trunks are refilled, and what kits are weighed with."""

from frappe.model.document import Document


class TrunkStockSettings(Document):
    pass
