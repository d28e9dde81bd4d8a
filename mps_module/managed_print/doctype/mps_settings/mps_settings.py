"""MPS Settings."""

from frappe.model.document import Document


class MPSSettings(Document):
    pass
