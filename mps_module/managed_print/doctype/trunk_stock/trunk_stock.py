"""Trunk Stock: one technician's warehouse, with what it should carry. How much it carries is the ERP's to say."""

from frappe.model.document import Document

from mps_module.stock import trunks


class TrunkStock(Document):
    def validate(self) -> None:
        trunks.check(self)
