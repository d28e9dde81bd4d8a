"""MPS Meter Type."""

from frappe.model.document import Document


class MPSMeterType(Document):
    pass
