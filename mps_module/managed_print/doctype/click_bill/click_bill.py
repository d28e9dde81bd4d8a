"""Click Bill."""

from frappe.model.document import Document


class ClickBill(Document):
    pass
