"""Closed calls of this site as the dispatch engine's history: visits, parts used and missed, jobs brought in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Avg, Count
from frappe.utils import getdate, nowdate

from mps_module.engine.dispatch import Demand, PastCall
from mps_module.engine.kit import Job
from mps_module.stock import history
from mps_module.stock.levels import NO_LIMIT

KEY = "mps_dispatch_history"
KEPT_SECONDS = 900
ENOUGH = 3
"""Visits of a model from which its usual length is taken."""


def since() -> date:
    """First day that counts: the kit's own setting."""
    days = frappe.get_cached_doc("Trunk Stock Settings").history_days or 730
    return getdate(nowdate()) - timedelta(days=days)


def demand() -> Demand:
    """The history for the ranking, read once in a quarter of an hour."""
    rows = frappe.cache().get_value(KEY)
    if rows is None:
        rows = read()
        frappe.cache().set_value(KEY, rows, expires_in_sec=KEPT_SECONDS)
    return Demand.of(
        PastCall(Job.of(key, needs, model=model), brand, problem)
        for key, needs, model, brand, problem in rows
    )


def forget() -> None:
    """Read the history anew at the next ranking."""
    frappe.cache().delete_value(KEY)


def read() -> list[tuple[str, dict[str, int], str, str, str]]:
    """(call, parts needed, model, brand, problem) of every call with a visit and every job with parts.

    A call that was closed without anybody going there (by telephone, as a duplicate) says nothing of parts and is
    left out, unless parts were booked on it.
    """
    first = since()
    brands = {
        row.name: row.brand or ""
        for row in frappe.get_all(
            "MPS Device Model", fields=["name", "brand"], order_by="name", limit=NO_LIMIT
        )
    }
    visited = {row.name: row for row in _visited(first)}
    found = []
    with_parts = set()
    for job in history.jobs(first):
        call = visited.get(job.key)
        model = (call.device_model if call else "") or job.model or ""
        with_parts.add(job.key)
        found.append(
            (
                job.key,
                dict(job.needs),
                model,
                brands.get(model, ""),
                (call.mps_problem_code if call else "") or "",
            )
        )
    for name, call in visited.items():
        if name not in with_parts:
            model = call.device_model or ""
            found.append((name, {}, model, brands.get(model, ""), call.mps_problem_code or ""))
    return found


def _visited(first: date) -> list[Any]:
    """Calls that are over and that somebody drove to. One query."""
    issue, visit, device = DocType("Issue"), DocType("Maintenance Visit"), DocType("MPS Device")
    return (
        frappe.qb.from_(issue)
        .join(visit)
        .on((visit.mps_issue == issue.name) & (visit.docstatus == 1) & (visit.mps_remote == 0))
        .left_join(device)
        .on(device.name == issue.mps_device)
        .select(issue.name, issue.mps_problem_code, device.device_model)
        .where(issue.status.isin(("Resolved", "Closed")) & (issue.opening_date >= first))
        .groupby(issue.name, issue.mps_problem_code, device.device_model)
        .orderby(issue.name)
        .limit(NO_LIMIT)
        .run(as_dict=True)
    )


def usual_minutes() -> dict[str, int]:
    """Minutes on the spot by device model, in quarters of an hour, where three visits at least say so. One query."""
    visit, device = DocType("Maintenance Visit"), DocType("MPS Device")
    rows = (
        frappe.qb.from_(visit)
        .join(device)
        .on(device.name == visit.mps_device)
        .select(device.device_model, Avg(visit.mps_labour_hours), Count(visit.name))
        .where((visit.docstatus == 1) & (visit.mps_remote == 0) & (visit.mps_labour_hours > 0))
        .where(visit.mntc_date >= since())
        .groupby(device.device_model)
        .orderby(device.device_model)
        .limit(NO_LIMIT)
        .run()
    )
    return {model: max(15, round(float(hours) * 4) * 15) for model, hours, count in rows if count >= ENOUGH}
