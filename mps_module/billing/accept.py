"""Saying yes to a bill that a guard stopped, with a reason that stays on it."""

from __future__ import annotations

from collections.abc import Sequence

import frappe
from frappe import _

from mps_module.billing.contracts import rows_of

ACCEPTABLE = ("Flagged", "Blocked")
NEVER = ("read-missing", "no-item", "cannot-bill")
"""Findings that no reason can put right: there is nothing to charge, or nothing to charge it with."""


def accept(names: Sequence[str], reason: str) -> int:
    """Flagged and blocked bills -> accepted. Returns how many.

    Raises:
        frappe.ValidationError: no reason given, or a bill lacks a read or an item.
    """
    if not (reason or "").strip():
        frappe.throw(_("Say why these bills are right."))
    rows = rows_of("Click Bill", {"name": ["in", list(names)], "status": ["in", ACCEPTABLE]}, ["name", "run"])
    wanted = [row.name for row in rows]
    refuse_impossible(wanted)
    if wanted:
        frappe.db.set_value(
            "Click Bill",
            {"name": ["in", wanted]},
            {"status": "Accepted", "accepted_by": frappe.session.user, "accept_reason": reason.strip()},
        )
    return len(wanted)


def refuse_impossible(names: Sequence[str]) -> None:
    if not names:
        return
    found = frappe.get_all(
        "Click Bill Finding",
        filters={"parent": ["in", list(names)], "code": ["in", NEVER], "severity": "block"},
        fields=["parent", "message", "todo"],
        order_by="parent, idx",
        limit=20,
    )
    if found:
        frappe.throw(
            [f"{frappe.bold(f.parent)}: {f.message}. {f.todo}." for f in found],
            title=_("These bills need more than a reason"),
            as_list=True,
        )


def take_back(names: Sequence[str]) -> int:
    """Accepted bills -> as the guards left them."""
    rows = rows_of("Click Bill", {"name": ["in", list(names)], "status": "Accepted"}, ["name"])
    blocked = set(
        frappe.get_all(
            "Click Bill Finding",
            filters={"parent": ["in", [row.name for row in rows]], "severity": "block"},
            pluck="parent",
            order_by="parent",
            limit=100_000,
        )
    )
    for row in rows:
        state = "Blocked" if row.name in blocked else "Flagged"
        frappe.db.set_value(
            "Click Bill", row.name, {"status": state, "accepted_by": None, "accept_reason": None}
        )
    return len(rows)
