"""A file of reads on its way into the ledger. The work is in `fleet.importer`."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from mps_module.fleet.read_file import settings_of

INPUT = ("file", "source", "time_zone", "date_format", "number_sample", "column_mapping")


class MeterReadImport(Document):
    def validate(self) -> None:
        settings_of(self)
        before = self.get_doc_before_save()
        if before is None or before.status in ("Draft", "Failed"):
            return
        if any((before.get(name) or "") != (self.get(name) or "") for name in INPUT):
            frappe.throw(_("This import has begun. Make a new one for another file."))

    def on_trash(self) -> None:
        if self.status in ("Queued", "Running"):
            frappe.throw(_("This import is running."))
        if self.accepted or self.flagged or self.quarantined:
            frappe.throw(
                _("Reads in the ledger came from this import; it stays, so that one can see where from.")
            )
