"""Response and restore of calls against the ERP's service level: on every save, and every ten minutes for what fires no hook.

The ERP takes an answer by mail, or putting the call on hold, for the first response (`first_responded_on`), and sets its
own agreement status by it. Its fields are left as they are; the times here count a technician on site or a remote fix.
Waiting for a part of ours does not stop the clock (such a call stays Open); waiting for the customer does (On Hold).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import get_datetime, get_time, now_datetime

from mps_module.engine.service_level import OPEN, Clock, State, response_due, state
from mps_module.engine.worktime import WorkWeek
from mps_module.fleet.ledger import NO_LIMIT

if TYPE_CHECKING:
    from frappe.model.document import Document

CLOSED = ("Resolved", "Closed")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIELDS = (
    "name", "status", "creation", "modified", "opening_date", "opening_time", "service_level_agreement",
    "service_level_agreement_creation", "priority", "response_by", "first_responded_on", "sla_resolution_by",
    "sla_resolution_date", "on_hold_since", "total_hold_time", "agreement_status", "mps_response_by",
    "mps_responded_at", "mps_response_kind", "mps_response_state", "mps_restored_at", "mps_restore_state", "mps_board",
    "mps_visits",
)  # fmt: skip
OURS = ("mps_response_by", "mps_response_state", "mps_restore_state")


def now() -> datetime:
    """The present, or the moment at which the ERP's own service levels stand (set while something is booked late)."""
    return frappe.flags.get("current_time") or now_datetime()


class Agreements:
    """What the clocks need of the agreements, each looked up once. (Cached documents: no query on most saves.)"""

    def __init__(self) -> None:
        self._docs: dict[str, Any] = {}
        self._weeks: dict[str, WorkWeek] = {}
        risk = frappe.get_cached_doc("MPS Service Settings").at_risk_percent
        self.share = float(risk if risk is not None else 25) / 100

    def doc(self, name: str) -> Any:
        if name not in self._docs:
            self._docs[name] = frappe.get_cached_doc("Service Level Agreement", name)
        return self._docs[name]

    def holds(self, name: str | None) -> frozenset[str]:
        """Statuses in which the clock of an agreement stands still."""
        return (
            frozenset(row.status for row in self.doc(name).pause_sla_on) if name else frozenset({"On Hold"})
        )

    def week(self, name: str | None) -> WorkWeek | None:
        if not name:
            return None
        if name not in self._weeks:
            doc = self.doc(name)
            days = frappe.get_cached_doc("Holiday List", doc.holiday_list).holidays
            self._weeks[name] = WorkWeek(
                {
                    WEEKDAYS.index(row.workday): (get_time(row.start_time), get_time(row.end_time))
                    for row in doc.support_and_resolution
                },
                frozenset(row.holiday_date for row in days),
            )
        return self._weeks[name]


def is_ours(row: Any) -> bool:
    """Whether a call is one of a device, asset or seat block, or has been on the board; all others are left alone."""
    return bool(
        row.get("mps_device") or row.get("mps_asset") or row.get("mps_unit_label") or row.get("mps_board")
    )


def apply(doc: Document) -> None:
    """Before a call is saved, after the ERP has set its own times."""
    agreements = Agreements()
    ended = doc.status in CLOSED
    if ended and not doc.mps_restored_at:
        close(doc, get_datetime(doc.sla_resolution_date) if doc.sla_resolution_date else now())
    elif not ended and (doc.mps_restored_at or doc.mps_board == "Done"):
        reopen(doc)
    doc.update(states(doc, agreements, now()))


def close(row: Any, at: datetime) -> None:
    """A call that ended. Resolved without a visit was fixed from afar; closed without anything was withdrawn."""
    if row.get("mps_board"):
        row.update({"mps_board": "Done"})
    if row.get("mps_responded_at") or row.get("mps_visits") or row.get("status") == "Resolved":
        row.update({"mps_restored_at": at})
        if not row.get("mps_responded_at"):
            row.update({"mps_responded_at": at, "mps_response_kind": "Remote Fix"})


def reopen(row: Any) -> None:
    """It does not run after all: the restore counts on. The response was given and stays."""
    row.update({"mps_restored_at": None})
    if row.get("mps_board") == "Done":
        row.update({"mps_board": "To Assign"})


def states(row: Any, agreements: Agreements, at: datetime) -> dict[str, Any]:
    """Our fields of a call as they are at `at`, from those that the ERP keeps."""
    name = row.get("service_level_agreement")
    week = agreements.week(name)
    held = row.get("status") in agreements.holds(name)
    over = row.get("status") in CLOSED
    responded, restored = _moment(row.get("mps_responded_at")), _moment(row.get("mps_restored_at"))
    due = _moment(row.get("mps_response_by"))
    if due is None or (responded is None and not held and not over):
        due = response_due(
            _moment(row.get("response_by")),
            timedelta(seconds=float(row.get("total_hold_time") or 0)),
            in_promised=not row.get("first_responded_on"),
        )
    if not name:
        due = None
    started = _moment(row.get("service_level_agreement_creation") or row.get("creation")) or at
    restore_by = _moment(row.get("sla_resolution_by")) if name else None
    response = Clock(started, due, responded, held and bool(name), over)
    restore = Clock(started, restore_by, restored, held and bool(name), over)
    return {
        "mps_response_by": due,
        "mps_response_state": state(response, at, agreements.share, week).value,
        "mps_restore_state": state(restore, at, agreements.share, week).value,
    }


def _moment(value: Any) -> datetime | None:
    return get_datetime(value) if value else None


def reconcile() -> dict[str, int]:
    """Every ten minutes: states move with the time, and statuses that were set in a list (which fires no hook) are caught up.

    Returns:
        {"looked_at": calls, "changed": calls}. A constant number of reading queries; writes in chunks of 100 calls.
    """
    rows = _standing()
    agreements, at = Agreements(), now()
    changes: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = dict(row)
        catch_up(row, agreements)
        if row.status in CLOSED:
            if not row.mps_restored_at:
                close(row, get_datetime(row.sla_resolution_date or row.modified))
        elif row.mps_restored_at or row.mps_board == "Done":
            reopen(row)
        row.update(states(row, agreements, at))
        changed = {name: value for name, value in row.items() if value != before.get(name)}
        if changed:
            changes[row.name] = changed
    _write(changes)
    return {"looked_at": len(rows), "changed": len(changes)}


def _standing() -> list[Any]:
    """Calls whose times may have moved: open ones, and ended ones of which that was not noticed. One query."""
    issue = DocType("Issue")
    ended = issue.status.isin(CLOSED)
    moving = tuple(sorted(each.value for each in OPEN))
    unnoticed = (
        issue.mps_restore_state.isin(moving)
        | issue.mps_response_state.isin(moving)
        | (issue.mps_board.notin(("", "Done")))
        | (issue.service_level_agreement.isnotnull() & issue.sla_resolution_date.isnull())
    )
    ours = (
        issue.mps_device.isnotnull()
        | issue.mps_asset.isnotnull()
        | (issue.mps_board.isnotnull() & (issue.mps_board != ""))
    )
    return (
        frappe.qb.from_(issue)
        .select(*(issue[name] for name in FIELDS))
        .where(ours & (~ended | unnoticed))
        .orderby(issue.name)
        .limit(NO_LIMIT)
        .run(as_dict=True)
    )


def catch_up(row: Any, agreements: Agreements) -> None:
    """What the ERP's own fields would be, had its hook seen the change of status. When it was made: `modified`.

    The hook compares with the status in the database, so a later save does not mend this by itself.
    """
    name = row.service_level_agreement
    if not name:
        return
    at = get_datetime(row.modified)
    if row.status in CLOSED:
        if not row.sla_resolution_date:
            _release(row, row.on_hold_since, at, name, agreements)
            kept = row.sla_resolution_by and at <= get_datetime(row.sla_resolution_by)
            row.update({"sla_resolution_date": at, "agreement_status": "Fulfilled" if kept else "Failed"})
            row.update({"first_responded_on": row.first_responded_on or at})
    elif row.status in agreements.holds(name):
        if not row.on_hold_since:
            row.update({"on_hold_since": at, "sla_resolution_by": None, "sla_resolution_date": None})
            row.update({"first_responded_on": row.first_responded_on or at})
    elif row.on_hold_since or row.sla_resolution_date:
        since = row.sla_resolution_date or row.on_hold_since
        row.update({"sla_resolution_date": None, "agreement_status": "Resolution Due"})
        _release(row, since, at, name, agreements)


def _release(row: Any, since: Any, at: datetime, name: str, agreements: Agreements) -> None:
    """The hold that began at `since` ended at `at`: it is added to what the agreement promised."""
    if not since:
        return
    held = float(row.total_hold_time or 0) + (at - get_datetime(since)).total_seconds()
    row.update({"on_hold_since": None, "total_hold_time": held})
    promised = _restore_by(row, agreements.doc(name))
    row.update({"sla_resolution_by": promised + timedelta(seconds=round(held)) if promised else None})


def _restore_by(row: Any, agreement: Any) -> datetime | None:
    """When the ERP would have it restored, without hold; its own arithmetic."""
    from erpnext.support.doctype.service_level_agreement.service_level_agreement import get_expected_time_for

    hours = next((each for each in agreement.priorities if each.priority == row.priority), None)
    if hours is None or not agreement.apply_sla_for_resolution:
        return None
    service_level = {
        "resolution_time": hours.resolution_time,
        "support_and_resolution": agreement.support_and_resolution,
        "holiday_list": agreement.holiday_list,
    }
    started = get_datetime(row.service_level_agreement_creation or row.creation)
    return get_datetime(get_expected_time_for("resolution", service_level, started))


def _write(changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Past the documents: nobody edited them. A bulk update wants the same fields of every row of a chunk."""
    names = sorted({name for values in changes.values() for name in values})
    if not names:
        return
    wanted = list(changes)
    kept = {
        row.name: row
        for row in frappe.get_all(
            "Issue", {"name": ("in", wanted)}, ["name", *names], order_by="name", limit=NO_LIMIT
        )
    }
    whole = {
        issue: {name: values.get(name, kept[issue][name]) for name in names}
        for issue, values in changes.items()
    }
    frappe.db.bulk_update("Issue", whole, chunk_size=100, update_modified=False)


def refresh(names: Iterable[str]) -> None:
    """States of some calls as they are now, past their documents."""
    agreements, at = Agreements(), now()
    rows = frappe.get_all(
        "Issue", {"name": ("in", list(names))}, list(FIELDS), order_by="name", limit=NO_LIMIT
    )
    _write({row.name: states(row, agreements, at) for row in rows})


__all__ = ["OURS", "State", "apply", "catch_up", "close", "is_ours", "now", "reconcile", "refresh", "reopen"]
