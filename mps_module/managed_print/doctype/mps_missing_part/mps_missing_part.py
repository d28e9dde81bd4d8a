"""MPS Missing Part."""

from frappe.model.document import Document


class MPSMissingPart(Document):
    pass
