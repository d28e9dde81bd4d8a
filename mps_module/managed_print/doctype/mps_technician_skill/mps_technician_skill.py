"""MPS Technician Skill."""

from frappe.model.document import Document


class MPSTechnicianSkill(Document):
    pass
