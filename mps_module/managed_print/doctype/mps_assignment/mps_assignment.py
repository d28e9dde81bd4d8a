"""MPS Assignment."""

from frappe.model.document import Document


class MPSAssignment(Document):
    pass
