"""Click Billing Run."""

from frappe.model.document import Document


class ClickBillingRun(Document):
    pass
