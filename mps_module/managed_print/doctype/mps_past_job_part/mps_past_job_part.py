"""MPS Past Job Part."""

from frappe.model.document import Document


class MPSPastJobPart(Document):
    pass
