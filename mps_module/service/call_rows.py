"""Rows of calls and visits -> the engine's calls, with the working hours of their service levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe.utils import get_time, getdate

from mps_module.engine.callbacks import COMPLETE, Call, Norm, Visit
from mps_module.engine.worktime import WorkWeek
from mps_module.fleet.clock import aware, site_zone
from mps_module.fleet.ledger import NO_LIMIT

if TYPE_CHECKING:
    from mps_module.service.facts import Facts

CLOSED = ("Resolved", "Closed")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def kinds() -> dict[str, str]:
    """Issue Type -> what its calls count as."""
    rows = frappe.get_all("Issue Type", fields=["name", "mps_kind"], order_by="name", limit=NO_LIMIT)
    return {row.name: row.mps_kind or "" for row in rows}


def territories(customers: Iterable[str]) -> dict[str, str]:
    rows = frappe.get_all(
        "Customer",
        {"name": ["in", [*customers, ""]]},
        ["name", "territory"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.name: row.territory or "" for row in rows}


def weeks() -> dict[str, WorkWeek]:
    """Service Level Agreement -> its working hours. Three queries."""
    agreements = frappe.get_all(
        "Service Level Agreement",
        {"document_type": "Issue"},
        ["name", "holiday_list"],
        order_by="name",
        limit=NO_LIMIT,
    )
    hours: dict[str, dict[int, tuple[time, time]]] = defaultdict(dict)
    for row in frappe.get_all(
        "Service Day",
        {"parent": ["in", [row.name for row in agreements] or [""]]},
        ["parent", "workday", "start_time", "end_time"],
        order_by="parent, idx",
        limit=NO_LIMIT,
    ):
        hours[row.parent][WEEKDAYS.index(row.workday)] = (get_time(row.start_time), get_time(row.end_time))
    holidays = defaultdict(set)
    for row in frappe.get_all(
        "Holiday",
        {"parent": ["in", [row.holiday_list for row in agreements if row.holiday_list] or [""]]},
        ["parent", "holiday_date"],
        order_by="parent, idx",
        limit=NO_LIMIT,
    ):
        holidays[row.parent].add(row.holiday_date)
    return {row.name: WorkWeek(hours[row.name], frozenset(holidays[row.holiday_list])) for row in agreements}


def moment(day: date | None, clock: Any) -> datetime | None:
    """A day and a time of the ERP (a timedelta, a time or a text) as one moment of the site."""
    if day is None:
        return None
    return datetime.combine(getdate(day), get_time(clock) if clock is not None else time())


def kept(response: str | None, restore: str | None, erp: str | None) -> bool | None:
    """Whether a service level was kept: none of its times missed, none still running; else what the ERP says."""
    states = {state for state in (response, restore) if state}
    if states & {"Missed", "Late"}:
        return False
    if states:
        return True if states == {"Kept"} else None
    return {"Fulfilled": True, "Failed": False}.get(erp or "")


@dataclass(slots=True)
class Maker:
    """Rows of the ERP -> the engine's calls."""

    facts: Facts
    settings: Any
    weeks: Mapping[str, WorkWeek]
    kinds: Mapping[str, str]
    territories: Mapping[str, str]
    zone: Any = field(default_factory=site_zone)

    def call(self, row: Any, visits: Sequence[Any]) -> Call:
        device = self.facts.devices.get(row.mps_device)
        machine = row.mps_device or row.mps_asset or ""
        opened = moment(row.opening_date, row.opening_time) or row.creation
        made = tuple(map(visit_of, visits))
        completed = self.completed(row, made)
        life = self.facts.lives.get(row.mps_device)
        days = self.settings.callback_days or 0
        clicks = (device.callback_clicks if device else 0) or self.settings.callback_clicks or 0
        return Call(
            call=row.name,
            opened=opened,
            completed=completed,
            device=machine,
            model=(device.device_model if device else "") or "",
            customer=row.customer or "",
            contract=row.mps_contract or "",
            territory=self.territories.get(row.customer, ""),
            problem=row.mps_problem_code or "",
            corrective=self.corrective(row),
            visits=made,
            held=bool(row.mps_held_for_part)
            and not made,  # visits say it themselves; a cancelled one says nothing
            remote_fix=row.mps_response_kind == "Remote Fix",
            norm=Norm(days, clicks),
            opened_life=life.at(aware(opened, self.zone)) if life else None,
            completed_life=life.at(aware(completed, self.zone)) if life and completed else None,
            response_hours=self.hours(row, opened, row.mps_responded_at, held=False),
            restore_hours=self.hours(row, opened, row.mps_restored_at or completed),
            kept=kept(row.mps_response_state, row.mps_restore_state, row.agreement_status),
            counts_clicks=bool(row.mps_device),
        )

    def corrective(self, row: Any) -> bool:
        """By the type of the call; one without a type is corrective where it names a machine or seats."""
        kind = self.kinds.get(row.issue_type, "")
        return kind == "Corrective" or (
            not kind and bool(row.mps_device or row.mps_asset or row.mps_unit_label)
        )

    def completed(self, row: Any, visits: Sequence[Visit]) -> datetime | None:
        """When a closed call was completed: by its last completing visit, else when it was restored or closed."""
        if row.status not in CLOSED:
            return None
        ends = [visit.ended for visit in visits if visit.outcome == COMPLETE]
        return max(ends) if ends else row.mps_restored_at or row.sla_resolution_date or row.modified

    def hours(self, row: Any, start: datetime, end: datetime | None, held: bool = True) -> float | None:
        week = self.weeks.get(row.service_level_agreement)
        if week is None or end is None:
            return None
        return week.worked(start, end, timedelta(seconds=float(row.total_hold_time or 0) if held else 0))


def visit_of(row: Any) -> Visit:
    ended = row.mps_left_at or moment(row.mntc_date, row.mntc_time)
    return Visit(ended, row.mps_technician or "", row.mps_outcome or COMPLETE, bool(row.mps_remote))
