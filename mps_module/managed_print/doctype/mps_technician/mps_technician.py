"""MPS Technician."""

from frappe.model.document import Document


class MPSTechnician(Document):
    pass
