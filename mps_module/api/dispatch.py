"""The dispatch board of the desk, and what technicians read of their own days."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, getdate

from mps_module.fleet.access import only_for
from mps_module.service import assign, board, own_days, technicians
from mps_module.service import changes as stamps

OFFICE = ("MPS Service", "MPS Manager", "System Manager")
MOST_STEPS = 200


def _day(given: str | None) -> date | None:
    return getdate(given) if given else None


@frappe.whitelist(methods=["GET"])
def load(territory: str = "", state: str = "", day: str | None = None) -> dict[str, Any]:
    """Calls by urgency with their three best technicians, and the technicians with their day. See `board.load`."""
    only_for(*OFFICE)
    if state not in board.STATES:
        frappe.throw(_("There is no such state."))
    return board.load(territory, state, _day(day))


@frappe.whitelist(methods=["GET"])
def changes() -> str:
    """A text that differs after every change of calls and assignments."""
    only_for(*OFFICE)
    return stamps.changes()


@frappe.whitelist(methods=["GET"])
def candidates(issue: str) -> dict[str, Any]:
    """Every technician for a call, best first, with the reasons in words."""
    only_for(*OFFICE)
    return board.candidates(issue)


@frappe.whitelist(methods=["GET"])
def room(issue: str) -> dict[str, Any]:
    """Whose day can take a call, what moves for it, and the steps that `apply` takes."""
    only_for(*OFFICE)
    return board.room(issue)


@frappe.whitelist(methods=["POST"])
def apply(steps: str | list[dict[str, Any]]) -> dict[str, Any]:
    """Plan calls, all of these steps or none; see `assign.Step`.

    Returns:
        {"done": the plans as they stand, "undo": steps that take it all back}
    """
    only_for(*OFFICE)
    given = json.loads(steps) if isinstance(steps, str) else steps
    if not isinstance(given, list) or not 0 < len(given) <= MOST_STEPS:
        frappe.throw(_("This is no plan for a call."))
    done = assign.apply_all([assign.Step.of(each) for each in given])
    return {
        "done": [each.told() for each in done],
        "undo": [each.told()["undo"] for each in reversed(done)],
    }


@frappe.whitelist(methods=["POST"])
def set_up_technician(employee: str) -> str:
    """Put an employee on the board, with user, trunk and territory as they are known; the MPS Technician."""
    only_for(*OFFICE)
    frappe.has_permission("MPS Technician", "create", throw=True)
    return technicians.set_up(employee)


@frappe.whitelist(methods=["GET"])
def my_day(day: str | None = None) -> list[dict[str, Any]]:
    """The signed-in technician's own assignments of a day (today where none is named)."""
    only_for("MPS Technician", *OFFICE)
    own = technicians.of_user()
    if not own:
        return []
    first = get_datetime(_day(day) or getdate())
    return own_days.day_of(own, first, first + timedelta(days=1, seconds=-1))


@frappe.whitelist(methods=["GET", "POST"])
def events(start: str, end: str, filters: str | list | dict | None = None) -> list[dict[str, Any]]:
    """Assignments for the calendar view: technicians see their own. (`filters`: the view's; the list's rules hold.)"""
    only_for("MPS Technician", *OFFICE)
    frappe.has_permission("MPS Assignment", "read", throw=True)
    begin, finish = _moment(start), _moment(end)
    return own_days.day_of(_technician_in(filters), begin, finish)


def _moment(given: str) -> datetime:
    try:
        return get_datetime(given)
    except (ValueError, TypeError):
        frappe.throw(_("{0} is no time.").format(given))


def _technician_in(filters: str | list | dict | None) -> str:
    """The technician that the calendar is filtered by, if it is."""
    given = json.loads(filters) if isinstance(filters, str) and filters else filters or []
    if isinstance(given, dict):
        value = given.get("technician")
        return str(value[-1] if isinstance(value, list) else value or "")
    for each in given:
        if isinstance(each, list) and len(each) >= 4 and each[1] == "technician" and each[2] == "=":
            return str(each[3])
    return ""
