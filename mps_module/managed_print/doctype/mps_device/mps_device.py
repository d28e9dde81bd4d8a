"""MPS Device."""

from frappe.model.document import Document


class MPSDevice(Document):
    pass
