"""Trunk Count: what was found in a trunk, beside what the ledger said; stock changes when a manager approves."""

from frappe.model.document import Document


class TrunkCount(Document):
    pass
