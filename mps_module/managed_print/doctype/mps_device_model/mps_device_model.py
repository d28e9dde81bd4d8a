"""MPS Device Model."""

from frappe.model.document import Document


class MPSDeviceModel(Document):
    pass
