"""MPS Device Volume."""

from frappe.model.document import Document


class MPSDeviceVolume(Document):
    pass
