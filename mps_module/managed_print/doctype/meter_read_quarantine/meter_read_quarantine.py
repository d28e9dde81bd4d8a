"""Rows that came in and could not be taken. Settled by repair or dismissal (`fleet.quarantine`), never deleted."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from mps_module.fleet import store


class MeterReadQuarantine(Document):
    def autoname(self) -> None:
        self.name = store.read_names("MRQ")()

    def validate(self) -> None:
        if not self.is_new():
            frappe.throw(_("What came in is not changed. Repair or dismiss it."), title=_("Quarantine"))

    def on_trash(self) -> None:
        frappe.throw(_("Nothing that came in is dropped. Dismiss it, with a reason."), title=_("Quarantine"))
