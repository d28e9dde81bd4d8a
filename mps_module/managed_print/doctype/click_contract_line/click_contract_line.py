"""Click Contract Line."""

from frappe.model.document import Document


class ClickContractLine(Document):
    pass
