"""Click Contract Tier."""

from frappe.model.document import Document


class ClickContractTier(Document):
    pass
