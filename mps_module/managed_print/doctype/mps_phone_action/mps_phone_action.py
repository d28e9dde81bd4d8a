"""MPS Phone Action: what a phone sent and what it was answered, once for each key."""

from frappe.model.document import Document


class MPSPhoneAction(Document):
    pass
