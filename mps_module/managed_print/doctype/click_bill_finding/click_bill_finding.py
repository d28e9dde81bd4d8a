"""Click Bill Finding."""

from frappe.model.document import Document


class ClickBillFinding(Document):
    pass
