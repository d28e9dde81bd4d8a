"""The read ledger. A row is written once, by `fleet.intake`, and stays: wrong reads are superseded, never changed."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from mps_module.billing import posted
from mps_module.fleet import intake, store


class MeterRead(Document):
    @property
    def billed_in(self) -> str | None:
        """The first bill that rests on it: it can then be superseded, but not withdrawn."""
        return posted.first_bill_on(self) if self.creation else None

    def autoname(self) -> None:
        self.name = store.read_names()()

    def before_insert(self) -> None:
        intake.judge_document(self)

    def after_insert(self) -> None:
        if self.supersedes:
            frappe.db.set_value(
                "Meter Read", self.supersedes, "superseded_by", self.name, update_modified=False
            )

    def validate(self) -> None:
        if not self.is_new():
            frappe.throw(_("A read is never changed. Supersede it, with a reason."), title=_("Append-only"))

    def before_rename(self, old: str, new: str, merge: bool = False) -> None:
        frappe.throw(_("A read keeps its name."), title=_("Append-only"))

    def on_trash(self) -> None:
        frappe.throw(
            _("A read is never deleted. Supersede it, or withdraw it, with a reason."), title=_("Append-only")
        )


def on_doctype_update() -> None:
    # A bill looks for some days of a device, of whatever meter: with the meter before the time, a month-end would read
    # through more of a daily read device every year.
    frappe.db.add_index("Meter Read", ["device", "taken_at"], "device_taken_at")
