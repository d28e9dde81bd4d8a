"""Meter Read Quarantine."""

from frappe.model.document import Document


class MeterReadQuarantine(Document):
    pass
