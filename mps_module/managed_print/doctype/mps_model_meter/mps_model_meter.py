"""MPS Model Meter."""

from frappe.model.document import Document


class MPSModelMeter(Document):
    pass
