"""An entry grid for a whole site. The work is in `fleet.sheet`."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from mps_module.fleet import sheet


class MeterReadSheet(Document):
    def validate(self) -> None:
        sheet.check(self)

    def before_submit(self) -> None:
        sheet.enter(self)

    def before_cancel(self) -> None:
        frappe.throw(
            _("Reads stay in the ledger. Supersede a wrong one, with a reason."), title=_("Append-only")
        )
