"""MPS Service Settings."""

from frappe.model.document import Document


class MPSServiceSettings(Document):
    pass
