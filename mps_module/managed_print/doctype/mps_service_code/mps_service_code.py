"""MPS Service Code."""

from frappe.model.document import Document


class MPSServiceCode(Document):
    pass
