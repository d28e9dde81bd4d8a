"""Meter Read."""

from frappe.model.document import Document


class MeterRead(Document):
    pass
