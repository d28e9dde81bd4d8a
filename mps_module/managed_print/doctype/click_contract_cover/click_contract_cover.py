"""Click Contract Cover."""

from frappe.model.document import Document


class ClickContractCover(Document):
    pass
