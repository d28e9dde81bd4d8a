"""A visit that the office enters on the desk does to its call what one from the phone does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import frappe
from frappe.utils import get_datetime, get_time

from mps_module.service import assign, calls, clock

if TYPE_CHECKING:
    from frappe.model.document import Document

TAKEN_OVER = ("mps_device", "mps_asset", "mps_contract", "mps_problem_code")


def complete(doc: Document) -> None:
    """What the call knows and the visit does not say."""
    row = frappe.db.get_value("Issue", doc.mps_issue, list(TAKEN_OVER), as_dict=True)
    for name in TAKEN_OVER if row else ():
        if not doc.get(name):
            doc.set(name, row[name])
    if not doc.mps_outcome:
        doc.mps_outcome = "Complete" if doc.completion_status == "Fully Completed" else "Follow-up"


def times(doc: Document) -> tuple[datetime, datetime]:
    """(arrived, left) in the site's time; without them, the visit's date and time and its hours of labour."""
    begun = get_datetime(doc.mps_arrived_at) if doc.mps_arrived_at else None
    if begun is None:
        at = get_time(doc.mntc_time) if doc.mntc_time else datetime.min.time()
        begun = datetime.combine(frappe.utils.getdate(doc.mntc_date), at)
    left = get_datetime(doc.mps_left_at) if doc.mps_left_at else None
    return begun, left or begun + timedelta(hours=float(doc.mps_labour_hours or 0))


def conclude(doc: Document) -> None:
    """Response, restore, board and assignment of the call."""
    came, left = times(doc)
    done = doc.mps_outcome == "Complete"
    if not doc.mps_remote:
        calls.responded(doc.mps_issue, came, "On Site")
    elif done:
        calls.responded(doc.mps_issue, left, "Remote Fix")
    if doc.mps_outcome == "Held for Part":
        frappe.db.set_value("Issue", doc.mps_issue, "mps_held_for_part", 1, update_modified=False)
    board = "Done" if done else doc.mps_outcome
    status = "Held" if doc.mps_outcome == "Held for Part" else "Done"
    if assign.active(doc.mps_issue) is None or assign.set_status(doc.mps_issue, status, left, board) is None:
        calls.set_board(doc.mps_issue, board)
    if done:
        calls.restored(doc.mps_issue, left)
    else:
        clock.refresh([doc.mps_issue])


def count(issue: str) -> None:
    """Visits that took place, on the call."""
    number = frappe.db.count("Maintenance Visit", {"mps_issue": issue, "docstatus": 1})
    frappe.db.set_value("Issue", issue, "mps_visits", number, update_modified=False)
