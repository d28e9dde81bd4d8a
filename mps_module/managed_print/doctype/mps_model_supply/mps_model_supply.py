"""MPS Model Supply."""

from frappe.model.document import Document


class MPSModelSupply(Document):
    pass
