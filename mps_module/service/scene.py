"""What the dispatch engine needs, read at once: open calls, technicians with their days, history. For any number of
calls and technicians the same number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import get_datetime, getdate

from mps_module.engine.dispatch import Call, Demand, Place, Stop, Technician, Travel, minutes_of
from mps_module.fleet import clock
from mps_module.service import assign, past_calls, places, technicians
from mps_module.service.technicians import Person
from mps_module.stock.levels import NO_LIMIT

MOST_CALLS = 1_000


@dataclass(frozen=True, slots=True)
class Scene:
    """`rows`: open calls as the ERP has them; `calls`: the same for the engine; `plans`: assignments by call.

    `shown`: assignments of the day by technician, those that are over as well.
    """

    day: date
    now: int
    rows: dict[str, Any]
    calls: dict[str, Call]
    people: dict[str, Person]
    plans: dict[str, Any]
    shown: dict[str, list[Any]]
    demand: Demand
    travel: Travel
    addresses: dict[str, Any]
    full: bool
    root: str

    def technicians(self, without: str = "", names: Iterable[str] | None = None) -> list[Technician]:
        """The engine's technicians with their stops; `without`: a call that is to be planned anew."""
        stops: defaultdict[str, list[Stop]] = defaultdict(list)
        for plan in self.plans.values():
            if plan.issue != without:
                stops[plan.technician].append(self.stop(plan))
        wanted = self.people if names is None else names
        return [
            Technician(
                name,
                self.people[name].skills,
                self.people[name].aboard,
                places.home(self.people[name].row, self.root),
                self.people[name].windows,
                tuple(sorted(stops[name], key=lambda stop: stop.start)),
            )
            for name in wanted
            if name in self.people
        ]

    def stop(self, plan: Any) -> Stop:
        call = self.calls.get(plan.issue) or Call(plan.issue, place=Place())
        start = plan.arrived_at or plan.planned_start
        minutes = plan.planned_minutes or call.minutes
        return Stop(plan.name, call, engine_time(start), minutes, plan.status in ("Travelling", "On Site"))


def engine_time(stored: datetime | None) -> int | None:
    """A time of the database in minutes of the engine."""
    return None if stored is None else minutes_of(clock.aware(get_datetime(stored), clock.site_zone()))


def read(day: date | None = None, now: datetime | None = None) -> Scene:
    """Everything for the board of a day (site time; today where none is named)."""
    zone = clock.site_zone()
    moment = clock.aware(now, zone) if now else clock.now(zone)
    today = moment.date()
    day = day or today
    rows = {row.name: row for row in _open_calls()}
    addresses = places.of_addresses(row.customer_address for row in rows.values())
    minutes = past_calls.usual_minutes()
    root = places.everywhere()
    norm = assign.norm_minutes()
    plans = _plans(day)
    return Scene(
        day,
        minutes_of(moment),
        rows,
        {
            name: _call(row, places.of_call(row, addresses, root), minutes.get(row.device_model or "", norm))
            for name, row in rows.items()
        },
        technicians.load(today),
        {plan.issue: plan for plan in plans if plan.active_key and plan.issue in rows},
        _by_technician(plans, rows),
        past_calls.demand(),
        places.travel(),
        addresses,
        len(rows) >= MOST_CALLS,
        root,
    )


def _open_calls() -> list[Any]:
    """Calls that are not over, the oldest first. One query."""
    issue, device, model = DocType("Issue"), DocType("MPS Device"), DocType("MPS Device Model")
    customer, asset, kind = DocType("Customer"), DocType("Asset"), DocType("Issue Type")
    return (
        frappe.qb.from_(issue)
        .left_join(device)
        .on(device.name == issue.mps_device)
        .left_join(model)
        .on(model.name == device.device_model)
        .left_join(customer)
        .on(customer.name == issue.customer)
        .left_join(asset)
        .on(asset.name == issue.mps_asset)
        .left_join(kind)
        .on(kind.name == issue.issue_type)
        .select(
            issue.name, issue.subject, issue.status, issue.priority, issue.customer, issue.issue_type,
            issue.opening_date, issue.opening_time, issue.response_by, issue.sla_resolution_by,
            issue.mps_device, issue.mps_asset, issue.mps_problem_code, issue.mps_board, issue.mps_responded_at,
            issue.mps_restored_at, issue.mps_callback_of, issue.mps_held_for_part, issue.mps_coverage_labour,
            issue.mps_coverage_parts, issue.mps_sla, issue.mps_unit_label, device.device_model, device.customer_address,
            device.site, device.serial_no_text, device.asset_tag, model.brand, customer.customer_name,
            customer.territory, asset.asset_category, asset.asset_name, kind.mps_kind,
        )
        .where(issue.status.isin(assign.OPEN_CALLS))
        .orderby(issue.creation, issue.name)
        .limit(MOST_CALLS)
        .run(as_dict=True)
    )  # fmt: skip


def _call(row: Any, place: Place, minutes: int) -> Call:
    return Call(
        row.name,
        row.device_model or "",
        row.brand or "",
        row.asset_category or "",
        row.mps_problem_code or "",
        place,
        minutes,
        None if row.mps_responded_at else engine_time(row.response_by),
        None if row.mps_restored_at else engine_time(row.sla_resolution_by),
    )


def _plans(day: date) -> list[Any]:
    """Assignments that count, and those of the day that are over. One query."""
    plan, issue = DocType(assign.DOCTYPE), DocType("Issue")
    begins = datetime.combine(getdate(day), datetime.min.time())
    return (
        frappe.qb.from_(plan)
        .left_join(issue)
        .on(issue.name == plan.issue)
        .select(
            plan.name, plan.modified, plan.issue, plan.technician, plan.technician_name, plan.status, plan.active_key,
            plan.planned_start, plan.planned_minutes, plan.arrived_at, plan.travel_at, plan.ended_at, plan.note,
            issue.subject, issue.customer_name, issue.customer,
        )
        .where(
            plan.active_key.isnotnull()
            | (
                plan.status.isin(("Done", "Held"))
                & (plan.planned_start >= begins)
                & (plan.planned_start < begins + timedelta(days=1))
            )
        )
        .orderby(plan.planned_start, plan.name)
        .limit(NO_LIMIT)
        .run(as_dict=True)
    )  # fmt: skip


def _by_technician(plans: Iterable[Any], rows: dict[str, Any]) -> dict[str, list[Any]]:
    """What the lanes show. A plan whose call was closed elsewhere is left out."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for plan in plans:
        if not plan.active_key or plan.issue in rows:
            found[plan.technician].append(plan)
    return dict(found)
