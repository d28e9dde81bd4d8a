"""What a visit does to its call: the board, the times of the service level, the technician's list."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe.desk.form import assign_to

from mps_module.service import assign, calls
from mps_module.service.visit_report import COMPLETE, HELD

BOARD = {"Accepted": "Assigned", "Travelling": "Travelling", "On Site": "On Site"}


def reached(issue: str, status: str, at: datetime) -> str | None:
    """The technician accepted, set out or arrived. Returns the assignment; None: the call is only on a list (ToDo)."""
    assignment = assign.set_status(issue, status, at)
    if assignment is None:
        calls.set_board(issue, BOARD[status])
    if status == "On Site":
        calls.responded(issue, at, "On Site")
    return assignment


def ended(user: str, issue: str, outcome: str, *, came: datetime, left: datetime, remote: bool) -> None:
    """A visit ended: the assignment with it, and the call is done, held, or back on the board."""
    if not remote:
        calls.responded(issue, came, "On Site")
    elif outcome == COMPLETE:
        calls.responded(issue, left, "Remote Fix")
    board = "Done" if outcome == COMPLETE else outcome
    status = "Held" if outcome == HELD else "Done"
    if assign.set_status(issue, status, left, board) is None:
        calls.set_board(issue, board)
        _off_the_list(user, issue)
    if outcome == HELD:
        frappe.db.set_value("Issue", issue, "mps_held_for_part", 1)
    if outcome == COMPLETE:
        calls.restored(issue, left)


def _off_the_list(user: str, issue: str) -> None:
    filters = {"reference_type": "Issue", "reference_name": issue, "allocated_to": user, "status": "Open"}
    for todo in frappe.get_all("ToDo", filters, pluck="name", order_by="creation", limit=20):
        with assign.muted():
            assign_to.set_status("Issue", issue, todo, user, "Closed", ignore_permissions=True)
