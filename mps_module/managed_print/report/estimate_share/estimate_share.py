"""Estimate Share: how much of what was billed rests on estimated closings."""

from __future__ import annotations

from typing import Any

from frappe import _
from frappe.utils import add_months, getdate

from mps_module.billing.posted import EstimateCount, estimate_shares, posted_bills
from mps_module.managed_print.report.columns import Column, Filters, column, money

GROUPS = {"Contract": "contract", "Customer": "customer", "Bill Date": "due_date"}
MOST_BARS = 20


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart."""
    filters = dict(filters or {})
    filters["to_date"] = getdate(filters.get("to_date"))
    filters["from_date"] = getdate(filters.get("from_date") or add_months(filters["to_date"], -3))
    group_by = filters.get("group_by") or "Contract"
    shares = estimate_shares(posted_bills(filters), GROUPS[group_by])
    rows = [row_of(group, currency, one) for (group, currency), one in shares.items()]
    by_day = group_by == "Bill Date"
    rows.sort(key=lambda row: row["group"] if by_day else (-row["share"], row["group"]))
    return columns(group_by), rows, None, chart(rows)


def row_of(group: Any, currency: str, one: EstimateCount) -> dict[str, Any]:
    return {
        "group": group,
        "bills": one.bills,
        "meters": one.meters,
        "estimated_meters": one.estimated_meters,
        "share": one.share,
        "clicks": int(one.clicks),
        "estimated_clicks": int(one.estimated_clicks),
        "click_share": one.click_share,
        "total": float(one.total),
        "money": float(one.money),
        "currency": currency,
    }


def chart(rows: list[dict]) -> dict[str, Any] | None:
    if not rows:
        return None
    shown = rows[:MOST_BARS]
    return {
        "data": {
            "labels": [str(row["group"]) for row in shown],
            "datasets": [
                {"name": _("Closings Estimated %"), "values": [round(row["share"], 1) for row in shown]},
                {"name": _("Clicks Estimated %"), "values": [round(row["click_share"], 1) for row in shown]},
            ],
        },
        "type": "bar",
        "colors": ["#f0a500", "#1f9e89"],
        "fieldtype": "Percent",
    }


def columns(group_by: str) -> list[Column]:
    links = {
        "Contract": ("Link", "Click Contract"),
        "Customer": ("Link", "Customer"),
        "Bill Date": ("Date", ""),
    }
    return [
        column("group", _(group_by), *links[group_by], 180),
        column("bills", _("Bills"), "Int", width=70),
        column("meters", _("Closings"), "Int", width=90),
        column("estimated_meters", _("Estimated"), "Int", width=90),
        column("share", _("Estimated %"), "Percent", width=100),
        column("clicks", _("Clicks"), "Int", width=110),
        column("estimated_clicks", _("Of Estimated Meters"), "Int", width=140),
        column("click_share", _("Clicks Estimated %"), "Percent", width=140),
        money("total", _("Billed")),
        money("money", _("In Rows with an Estimate"), 170),
        column("currency", _("Currency"), "Link", "Currency", 80),
    ]
