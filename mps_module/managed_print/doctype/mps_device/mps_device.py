"""A printer, copier or MFP in the field. What happens to it is in `fleet.devices`."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.model.naming import make_autoname

from mps_module.fleet import places
from mps_module.fleet.fleet import serial_key


class MPSDevice(Document):
    def autoname(self) -> None:
        self.device_id = (self.device_id or "").strip() or make_autoname("DEV-.#####", "MPS Device")
        self.name = self.device_id

    def validate(self) -> None:
        self.serial_key = serial_key(self.serial_no_text)
        if not self.is_new():  # entries of reads write it past this document
            self.ledger_stamp = frappe.db.get_value("MPS Device", self.name, "ledger_stamp", for_update=True)
        places.check(self)
        places.note_change(self)

    def before_rename(self, old: str, new: str, merge: bool = False) -> None:
        frappe.throw(_("A device keeps its ID: bills and reads name it."))
