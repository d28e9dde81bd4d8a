"""MPS Service Charge Part."""

from frappe.model.document import Document


class MPSServiceChargePart(Document):
    pass
