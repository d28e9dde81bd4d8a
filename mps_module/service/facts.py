"""Calls, visits, reads and devices -> the engine's calls and clicks, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import frappe
from frappe.permissions import get_user_permissions
from frappe.query_builder import DocType
from frappe.utils import add_days

from mps_module.engine.callbacks import Call
from mps_module.engine.life import LifeCounter
from mps_module.engine.measures import Clicks
from mps_module.engine.meterlog import MeterLog
from mps_module.engine.months import add_months
from mps_module.fleet.clock import site_zone
from mps_module.fleet.ledger import NO_LIMIT, devices_of, reads_of
from mps_module.service.call_rows import CLOSED, Maker, kinds, territories, weeks

LOOK_BACK = 400
"""Days before the period in which a call may have been opened, for the callback that follows it."""
ISSUE_FIELDS = (
    "name", "customer", "company", "status", "issue_type", "opening_date", "opening_time", "creation", "modified",
    "mps_device", "mps_asset", "mps_unit_label", "mps_contract", "mps_problem_code", "service_level_agreement",
    "mps_responded_at", "mps_response_kind", "mps_response_state", "mps_restored_at", "mps_restore_state",
    "mps_held_for_part", "total_hold_time", "sla_resolution_date", "agreement_status",
)  # fmt: skip
VISIT_FIELDS = (
    "name", "mps_issue", "mps_device", "mps_contract", "mps_technician", "mps_outcome", "mps_remote", "mntc_date",
    "mntc_time", "mps_arrived_at", "mps_left_at", "mps_labour_hours", "mps_travel", "customer", "mps_sales_invoice",
    "company",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day, and whose calls; None or empty: all that the user may see."""

    start: date
    end: date
    company: str = ""
    customer: str = ""


@dataclass(slots=True)
class Facts:
    """What the measures are made of, and what the rows of the ERP say beside it."""

    calls: list[Call] = field(default_factory=list)
    clicks: list[Clicks] = field(default_factory=list)
    devices: dict[str, Any] = field(default_factory=dict)
    lives: dict[str, LifeCounter] = field(default_factory=dict)
    logs: dict[str, dict[str, MeterLog]] = field(default_factory=dict)
    visits: list[Any] = field(default_factory=list)


def permitted(doctype: str, applicable_for: Sequence[str] = ()) -> list[str] | None:
    """Names that User Permissions leave the user, None: all."""
    rows = get_user_permissions(frappe.session.user).get(doctype) or []
    names = [
        r.get("doc") for r in rows if not r.get("applicable_for") or r["applicable_for"] in applicable_for
    ]
    return sorted(set(names)) or None


def limited(query: Any, table: Any, span: Span) -> Any:
    """The query, for the span's company and customer and for what the user may see."""
    for doctype, chosen in (("Company", span.company), ("Customer", span.customer)):
        column = table[doctype.lower()]
        allowed = permitted(doctype, ("Issue", "MPS Device", "Click Contract"))
        if allowed is not None:
            query = query.where(column.isin(allowed))
        if chosen:
            query = query.where(column == chosen)
    return query


def load(span: Span) -> Facts:
    """Everything of a span. Seventeen queries at most, however many calls and devices there are."""
    settings = frappe.get_cached_doc("MPS Service Settings")
    issues = issues_of(span, settings.callback_days or 0)
    visits = visits_of([row.name for row in issues])
    devices = devices_in(span, {row.mps_device for row in issues if row.mps_device})
    logs = logs_of(list(devices), span.end + timedelta(days=settings.callback_days or 0))
    facts = Facts(devices=devices, visits=visits, logs=logs)
    facts.lives = {name: LifeCounter.of(own) for name, own in logs.items()}
    makes = Maker(facts, settings, weeks(), kinds(), territories({r.customer for r in issues if r.customer}))
    of_issue = defaultdict(list)
    for row in visits:
        of_issue[row.mps_issue].append(row)
    facts.calls = [makes.call(row, of_issue[row.name]) for row in issues]
    facts.clicks = clicks_of(span, facts)
    return facts


def issues_of(span: Span, callback_days: int) -> list[Any]:
    """Calls that may count in the span or be called back in it, and all that are open."""
    issue, visit = DocType("Issue"), DocType("Maintenance Visit")
    visited = (
        frappe.qb.from_(visit)
        .select(visit.mps_issue)
        .where(visit.docstatus == 1)
        .where(visit.mps_issue.isnotnull())
        .where(visit.mntc_date.between(span.start, span.end))
    )
    query = (
        frappe.qb.from_(issue)
        .select(*(issue[name] for name in ISSUE_FIELDS))
        .where(issue.opening_date <= add_days(span.end, callback_days))
        .where(
            (issue.opening_date >= add_days(span.start, -LOOK_BACK))
            | issue.status.notin(CLOSED)
            | issue.name.isin(visited)
        )
        .orderby(issue.opening_date, issue.name)
        .limit(NO_LIMIT)
    )
    company = span.company
    if company:  # a call that came by mail may name no company
        query = query.where((issue.company == company) | issue.company.isnull() | (issue.company == ""))
    return limited(query, issue, Span(span.start, span.end, "", span.customer)).run(as_dict=True)


def visits_of(issues: Sequence[str]) -> list[Any]:
    """Submitted visits of calls; a cancelled one never took place."""
    if not issues:
        return []
    table = DocType("Maintenance Visit")
    return (
        frappe.qb.from_(table)
        .select(*(table[name] for name in VISIT_FIELDS))
        .where(table.docstatus == 1)
        .where(table.mps_issue.isin(list(issues)))
        .orderby(table.mntc_date, table.name)
        .limit(NO_LIMIT)
    ).run(as_dict=True)


def devices_in(span: Span, called: Iterable[str]) -> dict[str, Any]:
    """Devices of the span's customers, and those that were called for wherever they stand now."""
    device, customer, model = (DocType(n) for n in ("MPS Device", "Customer", "MPS Device Model"))
    own = limited(frappe.qb.from_(device).select(device.name), device, span)
    rows = (
        frappe.qb.from_(device)
        .left_join(customer)
        .on(customer.name == device.customer)
        .left_join(model)
        .on(model.name == device.device_model)
        .select(
            device.name, device.device_model, device.customer, device.customer_name, device.serial_no_text,
            device.site, device.company, customer.territory, model.callback_clicks,
        )
        .where(device.name.isin(own) | device.name.isin([*called, ""]))
        .orderby(device.name)
        .limit(NO_LIMIT)
    ).run(as_dict=True)  # fmt: skip
    return {row.name: row for row in rows}


def logs_of(devices: Sequence[str], until: date) -> dict[str, dict[str, MeterLog]]:
    """Device -> the logs of its real counters by meter."""
    reads: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for read in reads_of(devices, until):
        reads[read.device][read.meter].append(read)
    known = devices_of(sorted(reads))
    found: dict[str, dict[str, MeterLog]] = {}
    for device, own in reads.items():
        kinds_ = known[device].meters if device in known else {}
        found[device] = {meter: MeterLog.build(rows, kinds_.get(meter)) for meter, rows in own.items()}
    return found


def months(start: date, end: date) -> list[tuple[str, date, date]]:
    """("2026-06", first day, last day) of every month of a span, cut to it."""
    found, day = [], start
    while day <= end:
        following = add_months(day.replace(day=1), 1)
        found.append((f"{day.year}-{day.month:02}", day, min(end, following - timedelta(days=1))))
        day = following
    return found


def contracts_by_device(start: date, end: date) -> dict[str, list[tuple[date, date, str]]]:
    """Device -> (from, to, contract) of the covers of a span."""
    cover, contract = DocType("Click Contract Cover"), DocType("Click Contract")
    rows = (
        frappe.qb.from_(cover)
        .join(contract)
        .on(contract.name == cover.parent)
        .select(cover.device, cover.start_date, cover.end_date, cover.parent)
        .where(cover.device.isnotnull())
        .where(contract.status != "Draft")
        .where(cover.start_date.isnull() | (cover.start_date <= end))
        .where(cover.end_date.isnull() | (cover.end_date >= start))
        .orderby(cover.device, cover.start_date)
        .limit(NO_LIMIT)
    ).run()
    found = defaultdict(list)
    for device, since, until, name in rows:
        found[device].append((since or start, until or end, name))
    return dict(found)


def clicks_of(span: Span, facts: Facts) -> list[Clicks]:
    """Clicks of the span's devices by month; a month belongs to the contract that covers the device on its last day."""
    zone, covers = site_zone(), contracts_by_device(span.start, span.end)
    found = []
    for name, device in facts.devices.items():
        if span.customer and device.customer != span.customer:
            continue
        life = facts.lives.get(name)
        for month, first, last in months(span.start, span.end) if life else ():
            made = life.between(
                datetime.combine(first, time(), zone),
                datetime.combine(last + timedelta(days=1), time(), zone),
            )
            if not made:
                continue
            contract = next((c for since, until, c in covers.get(name, ()) if since <= last <= until), "")
            found.append(
                Clicks(
                    made,
                    month,
                    device.device_model or "",
                    device.customer or "",
                    contract,
                    device.territory or "",
                )
            )
    return found
