"""MPS Device Location."""

from frappe.model.document import Document


class MPSDeviceLocation(Document):
    pass
