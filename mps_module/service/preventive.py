"""Preventive maintenance: what is due on which device, and the calls that are opened for it, once each.

The last maintenance is the last completed visit of a preventive call, or of a corrective call that was told to take the
maintenance along; before the first of them it is the day of install.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import formatdate, get_datetime, getdate

from mps_module.engine.preventive import Due, Interval, next_due
from mps_module.fleet import clock
from mps_module.fleet.ledger import NO_LIMIT, chunks
from mps_module.service.clicks import Clicks

LOT = 500
PREVENTIVE, CORRECTIVE = "Preventive", "Corrective"
OVER = ("Resolved", "Closed")
OVERDUE, DUE, LATER, NEVER = "Overdue", "Due", "Later", "Not in Sight"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that stands for what is due. `kind`: what it is for; `over`: it is resolved or closed."""

    name: str
    device: str
    kind: str
    over: bool
    key: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One device's next maintenance. `last_visit`: empty where the install counts. `call`: the one that takes it along."""

    device: Any
    interval: Interval
    due: Due
    last_at: datetime
    last_visit: str = ""
    call: Call | None = None

    @property
    def key(self) -> str:
        """What falls due is the same as long as the last maintenance is."""
        return f"{self.device.name}|{self.last_at.date().isoformat()}"

    def state(self, today: date, ahead: int) -> str:
        if self.due.on is None:
            return NEVER
        if self.due.on < today:
            return OVERDUE
        return DUE if self.due.on <= today + timedelta(days=ahead) else LATER


def days_ahead() -> int:
    """Days before which a call is opened, of MPS Service Settings."""
    return frappe.get_cached_doc("MPS Service Settings").maintenance_days_ahead or 0


def plan(devices: Collection[str] | None = None, today: date | None = None) -> list[Planned]:
    """The next maintenance of installed devices that have one, soonest first.

    Args:
        devices: None: all. Nine queries for every LOT of devices, however many there are in it.
    """
    found = []
    now = clock.now()
    for rows in chunks(_devices(devices), LOT):
        found += _lot(rows, today or now.date(), now)
    return sorted(found, key=lambda one: (one.due.on or date.max, one.device.name))


def _devices(names: Collection[str] | None) -> list[Any]:
    """Installed devices with an interval: their own, else their model's. One query."""
    device, model = DocType("MPS Device"), DocType("MPS Device Model")
    query = (
        frappe.qb.from_(device)
        .left_join(model)
        .on(model.name == device.device_model)
        .select(
            device.name, device.device_model, device.customer, device.customer_name, device.company, device.site,
            device.installed_on, device.creation, device.maintenance_clicks, device.maintenance_days,
            model.maintenance_clicks.as_("model_clicks"), model.maintenance_days.as_("model_days"),
        )
        .where((device.status == "Installed") & (device.no_maintenance == 0))
        .orderby(device.name)
        .limit(NO_LIMIT)
    )  # fmt: skip
    if names is not None:
        query = query.where(device.name.isin(sorted(names) or [""]))
    return [row for row in query.run(as_dict=True) if interval_of(row) != Interval()]


def interval_of(row: Any) -> Interval:
    """The device's own figures, each where it has one; else its model's."""
    return Interval(
        row.maintenance_clicks or row.model_clicks or 0, row.maintenance_days or row.model_days or 0
    )


def _lot(rows: Sequence[Any], today: date, now: datetime) -> list[Planned]:
    names = [row.name for row in rows]
    clicks = Clicks.of(names, now)
    visits = last_maintenance(names)
    calls = calls_of(names)
    found = []
    for row in rows:
        at, visit = visits.get(row.name) or (_installed(row), "")
        due = due_of(row, at, today, clicks)
        if due is not None:
            one = Planned(row, interval_of(row), due, at, visit)
            found.append(
                Planned(row, one.interval, due, at, visit, _call_for(one.key, calls.get(row.name, ())))
            )
    return found


def _installed(row: Any) -> datetime:
    return datetime.combine(getdate(row.installed_on or row.creation), time())


def due_of(row: Any, last_at: datetime, today: date, clicks: Clicks) -> Due | None:
    """When a device's maintenance after the one at `last_at` falls due."""
    zone = clock.site_zone()
    since = clock.aware(last_at, zone)
    read = clicks.last_read(row.name)
    read_on = max(read.astimezone(zone).date() if read else last_at.date(), last_at.date())
    first_day = read_on + timedelta(days=1)

    @lru_cache(maxsize=64)
    def pace(days: int) -> float:
        return clicks.expected(row.name, first_day, days) or 0.0

    used = clicks.between(row.name, "", since, clicks.now) or 0
    return next_due(interval_of(row), last_at.date(), used, read_on, today, pace)


def last_maintenance(devices: Sequence[str]) -> dict[str, tuple[datetime, str]]:
    """{device: (when, Maintenance Visit)} of the last one that was completed. One query."""
    visit, issue, kind = DocType("Maintenance Visit"), DocType("Issue"), DocType("Issue Type")
    rows = (
        frappe.qb.from_(visit)
        .left_join(issue)
        .on(issue.name == visit.mps_issue)
        .left_join(kind)
        .on(kind.name == issue.issue_type)
        .select(visit.mps_device, visit.name, visit.mntc_date, visit.mntc_time, visit.mps_left_at)
        .where(visit.mps_device.isin(list(devices)) & (visit.docstatus == 1))
        .where((visit.mps_outcome == "Complete") | (visit.completion_status == "Fully Completed"))
        .where(visit.mps_maintenance_open == 0)
        .where(
            (kind.mps_kind == PREVENTIVE)
            | (issue.mps_maintenance_due == 1)
            | (issue.name.isnull() & (visit.maintenance_type == "Scheduled"))
        )
        .orderby(visit.mntc_date, visit.mntc_time, visit.name)
        .limit(NO_LIMIT)
        .run()
    )
    found: dict[str, tuple[datetime, str]] = {}
    for device, name, day, at, left in rows:
        moment = get_datetime(left) if left else get_datetime(f"{day} {at or '00:00:00'}")
        if device not in found or moment >= found[device][0]:
            found[device] = moment, name
    return found


def calls_of(devices: Sequence[str]) -> dict[str, list[Call]]:
    """Open calls of devices, and those that stand for a maintenance, oldest first. One query."""
    issue, kind = DocType("Issue"), DocType("Issue Type")
    rows = (
        frappe.qb.from_(issue)
        .left_join(kind)
        .on(kind.name == issue.issue_type)
        .select(issue.name, issue.mps_device, kind.mps_kind, issue.status, issue.mps_maintenance_key)
        .where(issue.mps_device.isin(list(devices)))
        .where(issue.status.notin(OVER) | issue.mps_maintenance_key.isnotnull())
        .orderby(issue.creation, issue.name)
        .limit(NO_LIMIT)
        .run()
    )
    found: dict[str, list[Call]] = {}
    for name, device, what, status, key in rows:
        found.setdefault(device, []).append(Call(name, device, what or CORRECTIVE, status in OVER, key or ""))
    return found


def _call_for(key: str, calls: Iterable[Call]) -> Call | None:
    """The call that holds this due, or an open preventive one that was opened by hand."""
    rows = list(calls)
    holder = next((call for call in rows if call.key == key), None)
    return holder or next((call for call in rows if call.kind == PREVENTIVE and not call.over), None)


def daily() -> None:
    """Scheduler: open what falls due within the days of the settings; days that were missed are caught up."""
    open_calls()


def open_calls(devices: Collection[str] | None = None, today: date | None = None) -> dict[str, str]:
    """See that a call stands for every maintenance that is due soon. Each in a savepoint of its own; twice does nothing.

    Returns: {device: call} of what was opened or joined now.
    """
    day = today or clock.now().date()
    latest = day + timedelta(days=days_ahead())
    made: dict[str, str] = {}
    for one in plan(devices, day):
        if one.due.on is None or one.due.on > latest:
            break
        frappe.db.savepoint("mps_maintenance")
        try:
            name = _see_to(one)
        except frappe.UniqueValidationError:
            frappe.db.rollback(save_point="mps_maintenance")  # opened by somebody else at this very moment
            frappe.clear_messages()
        except Exception:
            frappe.db.rollback(save_point="mps_maintenance")
            frappe.clear_messages()
            frappe.log_error(title=_("Maintenance of {0} was not opened").format(one.device.name))
        else:
            if name:
                made[one.device.name] = name
    return made


def _see_to(one: Planned) -> str | None:
    call = one.call
    if call is not None and call.key == one.key:
        if call.kind == PREVENTIVE or not call.over:
            return None
        _let_go(call)
    elif call is not None:
        _hold(call.name, one, joined=False)
        return call.name
    open_ones = [each for each in calls_of([one.device.name]).get(one.device.name, ()) if not each.over]
    corrective = next((each for each in open_ones if each.kind == CORRECTIVE and not each.key), None)
    if corrective is not None:
        _hold(corrective.name, one, joined=True)
        return corrective.name
    return _open(one)


def _hold(call: str, one: Planned, joined: bool) -> None:
    """Note on an open call that it stands for the maintenance; the unique key decides between two that try."""
    values = {"mps_maintenance_key": one.key, "mps_due_on": one.due.on, "mps_maintenance_due": int(joined)}
    try:
        frappe.db.set_value("Issue", call, values)
    except Exception as problem:
        if frappe.db.is_unique_key_violation(problem):
            raise frappe.UniqueValidationError("Issue", call, problem) from problem
        raise
    if joined:
        text = _("Maintenance due too: {0}. Do it on the same visit.").format(why(one))
        frappe.get_doc("Issue", call).add_comment("Comment", text)


def _let_go(call: Call) -> None:
    """A call that was to take the maintenance along is over without it: the maintenance gets a call of its own."""
    frappe.db.set_value("Issue", call.name, {"mps_maintenance_key": None, "mps_maintenance_due": 0})
    frappe.get_doc("Issue", call.name).add_comment(
        "Comment", _("Closed without the maintenance that was due too.")
    )


def why(one: Planned) -> str:
    """In words: when it is due, and by what."""
    due = one.due
    if due.by == "clicks":
        return _("due {0}, {1} of {2} clicks since {3}").format(
            formatdate(due.on), f"{due.clicks:,}", f"{one.interval.clicks:,}", formatdate(one.last_at)
        )
    return _("due {0}, {1} days after {2}").format(
        formatdate(due.on), one.interval.days, formatdate(one.last_at)
    )


def _open(one: Planned) -> str:
    doc = frappe.get_doc(
        {
            "doctype": "Issue",
            "subject": _("Preventive maintenance: {0}").format(one.device.name),
            "description": why(one),
            "issue_type": issue_type(),
            "customer": one.device.customer,
            "company": one.device.company,
            "mps_device": one.device.name,
            "mps_due_on": one.due.on,
            "mps_maintenance_key": one.key,
        }
    )
    doc.flags.ignore_permissions = True
    return doc.insert().name


def issue_type() -> str | None:
    """The Issue Type that counts as preventive."""
    return frappe.db.get_value("Issue Type", {"mps_kind": PREVENTIVE}, "name", order_by="creation")
