"""Maintenance Due: when each device's preventive maintenance falls due, by clicks or days, and the call for it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_months, formatdate, get_first_day

from mps_module.fleet import clock
from mps_module.managed_print.report.columns import MOST, Column, Filters, chosen, column
from mps_module.service import preventive
from mps_module.service.preventive import DUE, LATER, NEVER, OVERDUE, Planned

MONTHS = 6


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = filters or {}
    today = clock.now().date()
    ahead = preventive.days_ahead()
    names = frappe.get_list(
        "MPS Device",
        filters={"status": "Installed", **chosen(filters, "company", "customer", "device_model")},
        pluck="name",
        order_by="name",
        limit=MOST,
    )
    plan = preventive.plan(names, today)
    rows = [row_of(one, today, ahead) for one in plan]
    shown = rows
    if filters.get("state"):
        shown = [row for row in rows if row["state"] == filters["state"]]
    elif not filters.get("everything"):
        until = today + timedelta(days=int(filters.get("days") or 60))
        shown = [row for row in rows if row["due_on"] and row["due_on"] <= until]
    return columns(), shown, None, chart(rows, today), summary(rows)


def row_of(one: Planned, today: date, ahead: int) -> dict[str, Any]:
    due, device, call = one.due, one.device, one.call
    return {
        "device": device.name,
        "model": device.device_model,
        "customer": device.customer,
        "customer_name": device.customer_name,
        "site": device.site,
        "state": one.state(today, ahead),
        "due_on": due.on,
        "days": (due.on - today).days if due.on else None,
        "by": _(due.by),
        "clicks": due.clicks,
        "every_clicks": one.interval.clicks or None,
        "every_days": one.interval.days or None,
        "share": round(100 * due.share, 1),
        "last_on": one.last_at.date(),
        "last_visit": one.last_visit or None,
        "call": call.name if call else None,
        "call_kind": call_words(call) if call else "",
    }


def call_words(call: preventive.Call) -> str:
    """What the call is, and whether it is over without the maintenance."""
    if call.over:
        return _("Closed Without It")
    return _("Preventive") if call.kind == preventive.PREVENTIVE else _("Repair, Taken Along")


def chart(rows: list[dict[str, Any]], today: date) -> dict[str, Any] | None:
    """Devices by the month in which they fall due; what is overdue counts in this one."""
    if not rows:
        return None
    first = get_first_day(today)
    months = [add_months(first, number) for number in range(MONTHS)]
    counts = Counter(max(first, row["due_on"].replace(day=1)) for row in rows if row["due_on"])
    return {
        "data": {
            "labels": [formatdate(month, "MMM yyyy") for month in months],
            "datasets": [{"name": _("Devices Due"), "values": [counts[month] for month in months]}],
        },
        "type": "bar",
        "colors": ["#5e64ff"],
        "fieldtype": "Int",
    }


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    counts = Counter(row["state"] for row in rows)
    open_now = [row for row in rows if row["state"] in (OVERDUE, DUE)]
    return [
        {
            "label": _("Overdue"),
            "value": counts[OVERDUE],
            "datatype": "Int",
            "indicator": "Red" if counts[OVERDUE] else "Green",
        },
        {"label": _("Due Soon"), "value": counts[DUE], "datatype": "Int", "indicator": "Orange"},
        {"label": _("With a Call"), "value": sum(1 for row in open_now if row["call"]), "datatype": "Int"},
        {"label": _("Later"), "value": counts[LATER] + counts[NEVER], "datatype": "Int"},
    ]


def columns() -> list[Column]:
    return [
        column("state", _("State"), width=100),
        column("device", _("Device"), "Link", "MPS Device", 110),
        column("customer_name", _("Customer Name"), width=170),
        column("site", _("Site"), width=110),
        column("model", _("Model"), "Link", "MPS Device Model", 130),
        column("due_on", _("Due On"), "Date", width=110),
        column("days", _("In Days"), "Int", width=80),
        column("by", _("By"), width=70),
        {**column("share", _("Used Up"), "Percent", width=90), "precision": 1},
        column("clicks", _("Clicks Since"), "Int", width=110),
        column("every_clicks", _("Every (Clicks)"), "Int", width=110),
        column("every_days", _("Every (Days)"), "Int", width=100),
        column("last_on", _("Last"), "Date", width=110),
        column("last_visit", _("Last Visit"), "Link", "Maintenance Visit", 150),
        column("call", _("Call"), "Link", "Issue", 150),
        column("call_kind", _("Call Is"), width=140),
        column("customer", _("Customer"), "Link", "Customer", 110),
    ]
