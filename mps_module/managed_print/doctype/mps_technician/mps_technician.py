"""MPS Technician: who is sent to calls, with hours, skills and trunk."""

from frappe.model.document import Document

from mps_module.service import technicians


class MPSTechnician(Document):
    def validate(self) -> None:
        technicians.check(self)
