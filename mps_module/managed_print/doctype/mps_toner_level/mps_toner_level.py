"""Levels of supplies, append-only. A row is written once, by `service.toner_levels`, and stays."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document


class MPSTonerLevel(Document):
    def validate(self) -> None:
        frappe.throw(
            _("Levels come in by collector, file, portal or Enter Level, and are never changed."),
            title=_("Append-only"),
        )

    def before_rename(self, old: str, new: str, merge: bool = False) -> None:
        frappe.throw(_("A level keeps its name."), title=_("Append-only"))

    def on_trash(self) -> None:
        frappe.throw(_("A level is never deleted. Withdraw it, with a reason."), title=_("Append-only"))


def on_doctype_update() -> None:
    frappe.db.add_index("MPS Toner Level", ["device", "taken_at"], "device_taken_at")
