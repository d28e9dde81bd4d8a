"""Volume by Month and Season: clicks by calendar month, beside the year before and the usual share of the month."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import add_months, get_first_day, getdate

from mps_module.fleet.volumes import MonthVolume, volumes
from mps_module.managed_print.report.columns import MOST, Column, Filters, chosen, column

GROUPS = {"Customer": "customer", "Site": "site", "Model": "device_model", "Device": "name"}
MOST_LINES = 5  # in the chart


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart."""
    filters = filters or {}
    start = get_first_day(filters.get("from_date") or add_months(getdate(), -13))
    end = getdate(filters.get("to_date"))
    field = GROUPS.get(filters.get("group_by") or "")
    wanted = chosen(filters, "company", "customer", "device_model")
    if filters.get("device"):
        wanted["name"] = filters["device"]
    devices = frappe.get_list(
        "MPS Device",
        filters=wanted,
        fields=["name", "customer", "site", "device_model"],
        order_by="name",
        limit=MOST,
    )
    groups = {row.name: (row.get(field) or "") if field else "" for row in devices}
    meters = [filters["meter"]] if filters.get("meter") else []
    found = [v for v in volumes(list(groups), groups, meters) if start <= v.month <= end]
    rows = [row_of(one) for one in found]
    return columns(filters.get("group_by") if field else ""), rows, None, chart(found)


def row_of(one: MonthVolume) -> dict[str, Any]:
    return {
        "group": one.group,
        "month": one.month,
        "label": f"{one.month:%Y-%m}",
        "meter": one.meter,
        "clicks": one.clicks,
        "year_before": one.year_before,
        "change": one.change,
        "season": round(100 * one.season, 1) if one.season is not None else None,
        "whole": 1 if one.whole else 0,
    }


def chart(found: list[MonthVolume]) -> dict[str, Any] | None:
    """A line for each meter (and group), the largest ones, through whole months."""
    found = [one for one in found if one.whole] or found
    if not found:
        return None
    months = sorted({one.month for one in found})
    lines: dict[tuple[str, str], dict] = {}
    for one in found:
        lines.setdefault((one.group, one.meter), {})[one.month] = one.clicks
    largest = sorted(lines, key=lambda key: -sum(lines[key].values()))[:MOST_LINES]
    labels = labels_of({meter for _group, meter in largest})
    return {
        "data": {
            "labels": [f"{month:%b %y}" for month in months],
            "datasets": [
                {
                    "name": " ".join(filter(None, (group, labels[meter]))),
                    "values": [lines[group, meter].get(month, 0) for month in months],
                }
                for group, meter in largest
            ],
        },
        "type": "bar" if len(largest) <= 3 else "line",
        "colors": ["#1f9e89", "#33475b", "#ecad4b", "#7a5195", "#9fb3c8"],
        "fieldtype": "Int",
    }


def labels_of(meters: set[str]) -> dict[str, str]:
    """What people call these meters."""
    rows = frappe.get_all(
        "MPS Meter Type", {"name": ["in", sorted(meters)]}, ["name", "label"], order_by="name", limit=MOST
    )
    return {row.name: _(row.label or row.name) for row in rows}


def columns(group_by: str | None) -> list[Column]:
    made = [
        column("label", _("Month"), width=90),
        column("meter", _("Meter"), "Link", "MPS Meter Type", 110),
        column("clicks", _("Clicks"), "Int", width=110),
        column("year_before", _("Year Before"), "Int", width=110),
        column("change", _("Change %"), "Percent", width=100),
        column("season", _("Season (100 = Usual)"), "Float", width=150),
        column("whole", _("Whole Month"), "Check", width=110),
    ]
    if group_by:
        links = {"Customer": "Customer", "Model": "MPS Device Model", "Device": "MPS Device"}
        kind = "Link" if group_by in links else "Data"
        made.insert(0, column("group", _(group_by), kind, links.get(group_by, ""), 180))
    return made
