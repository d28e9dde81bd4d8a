"""Meter Read Sheet Row."""

from frappe.model.document import Document


class MeterReadSheetRow(Document):
    pass
