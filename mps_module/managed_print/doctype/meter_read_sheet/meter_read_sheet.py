"""Meter Read Sheet."""

from frappe.model.document import Document


class MeterReadSheet(Document):
    pass
