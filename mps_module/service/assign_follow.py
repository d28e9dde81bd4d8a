"""What an assignment sets in motion, wherever it was made: the technician's list of calls, the call's place on the
board, and the other boards that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.desk.form import assign_to
from frappe.utils import get_datetime, now_datetime

from mps_module.service import calls

if TYPE_CHECKING:
    from frappe.model.document import Document

DOCTYPE = "MPS Assignment"
ACTIVE = ("Planned", "Accepted", "Travelling", "On Site")
"""Statuses in which an assignment counts; in their order, which the phone never goes back."""
OVER = ("Held", "Done", "Cancelled")
TIMES = {"Accepted": "accepted_at", "Travelling": "travel_at", "On Site": "arrived_at"}
BOARD_OF = {
    "Planned": "Assigned",
    "Accepted": "Assigned",
    "Travelling": "Travelling",
    "On Site": "On Site",
    "Held": "Held for Part",
    "Done": "Done",
    "Cancelled": "To Assign",
}
OPEN_CALLS = ("Open", "Replied", "On Hold")
EVENT = "mps_board"


class muted:
    """The ERP's own chatter about to-dos and shares is for people at a form."""

    def __enter__(self) -> None:
        self.before = frappe.flags.mute_messages
        frappe.flags.mute_messages = True

    def __exit__(self, *_error: object) -> None:
        frappe.flags.mute_messages = self.before


def prepare(doc: Document) -> None:
    """What every saved assignment fulfils, wherever it was made (controller)."""
    doc.active_key = doc.issue if doc.status in ACTIVE else None
    if doc.is_new() or doc.has_value_changed("technician"):
        doc.assigned_by = frappe.session.user
        if frappe.db.get_value("MPS Technician", doc.technician, "disabled", order_by="name"):
            frappe.throw(_("{0} is not in use on the board.").format(doc.technician_name or doc.technician))
    if doc.status in OVER and not doc.ended_at:
        doc.ended_at = now_datetime().replace(microsecond=0)


def follow(doc: Document) -> None:
    """After a save: the technician's list of calls, the call's place on the board, and the other boards."""
    before = doc.get_doc_before_save()
    had = before.technician if before and before.active_key else ""
    has = doc.technician if doc.active_key else ""
    if had != has:
        if had:
            _take_from_list(doc.issue, had, "Closed" if doc.status in ("Done", "Held") else "Cancelled")
        if has:
            _put_on_list(doc)
    if before is None or before.status != doc.status or doc.flags.mps_board:
        _show(doc)
    publish(doc.issue)


def forget(doc: Document) -> None:
    """Before an assignment is deleted."""
    if doc.active_key:
        with muted():
            _take_from_list(doc.issue, doc.technician, "Cancelled")
        calls.set_board(doc.issue, "To Assign")
    publish(doc.issue)


def _user_of(technician: str) -> str:
    return frappe.db.get_value("MPS Technician", technician, "user", order_by="name") or ""


def _put_on_list(doc: Document) -> None:
    """The ERP's own way of assigning: a ToDo, which is what the phone's list of calls reads."""
    user = _user_of(doc.technician)
    if not user:
        return
    # Shared first, as a dispatcher: assign_to would ask for the right to share.
    if not frappe.has_permission("Issue", "read", doc=doc.issue, user=user):
        frappe.share.add_docshare("Issue", doc.issue, user, flags={"ignore_share_permission": True})
    assign_to.add(
        {
            "assign_to": [user],
            "doctype": "Issue",
            "name": doc.issue,
            "description": doc.note or "",
            "date": get_datetime(doc.planned_start).date() if doc.planned_start else None,
        },
        ignore_permissions=True,
    )


def _take_from_list(issue: str, technician: str, status: str) -> None:
    user = _user_of(technician)
    todos = frappe.get_all(
        "ToDo",
        {"reference_type": "Issue", "reference_name": issue, "allocated_to": user, "status": "Open"},
        pluck="name",
        order_by="creation",
        limit=20,
    )
    for todo in todos if user else ():
        assign_to.set_status("Issue", issue, todo, user, status, ignore_permissions=True)


def _show(doc: Document) -> None:
    state = doc.flags.mps_board or BOARD_OF[doc.status]
    if (
        state == "To Assign"
        and frappe.db.get_value("Issue", doc.issue, "status", order_by="name") not in OPEN_CALLS
    ):
        state = "Done"
    calls.set_board(doc.issue, state)


def publish(issue: str) -> None:
    """Tell every open board that a call changed; they ask for what they may see."""
    frappe.publish_realtime(EVENT, {"issue": issue}, doctype=DOCTYPE, after_commit=True)
