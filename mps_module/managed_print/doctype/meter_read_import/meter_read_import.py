"""Meter Read Import."""

from frappe.model.document import Document


class MeterReadImport(Document):
    pass
