"""Click Bill Invoice."""

from frappe.model.document import Document


class ClickBillInvoice(Document):
    pass
