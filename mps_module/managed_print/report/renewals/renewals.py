"""Renewals: contracts that end, the day by which notice is due, and what they brought in the last twelve months."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from frappe import _
from frappe.utils import add_days, add_months, flt, getdate

from mps_module.billing.posted import revenue_last_year
from mps_module.managed_print.report.columns import Column, Filters, column, contracts_of, money


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart."""
    filters = filters or {}
    today = getdate(filters.get("today"))
    until = getdate(filters.get("until") or add_months(today, 12))
    contracts = [
        row
        for row in contracts_of(filters, ("Active", "Suspended"))
        if row.end_date and getdate(row.end_date) <= until
    ]
    brought = revenue_last_year([row.name for row in contracts], today)
    rows = [row_of(row, flt(brought.get(row.name)), today) for row in contracts]
    if filters.get("only_notice"):
        rows = [row for row in rows if row["state"] != "Later"]
    rows.sort(key=lambda row: (row["end_date"], row["contract"]))
    return columns(), rows, None, chart(rows)


def state_of(end: date, notice: date, today: date, renews: bool) -> str:
    """``Over``: past its end. ``Notice``: notice is due. ``Renews``: notice is past and it renews by itself."""
    if end < today:
        return "Over"
    if notice > today:
        return "Later"
    return "Renews" if renews else "Notice"


def row_of(contract: Any, revenue: float, today: date) -> dict[str, Any]:
    end = getdate(contract.end_date)
    notice = getdate(add_days(end, -(contract.notice_days or 0)))
    return {
        "contract": contract.name,
        "title": contract.title,
        "customer": contract.customer,
        "customer_name": contract.customer_name,
        "status": contract.status,
        "start_date": contract.start_date,
        "end_date": end,
        "days_left": (end - today).days,
        "notice_by": notice,
        "state": state_of(end, notice, today, bool(contract.auto_renew)),
        "auto_renew": contract.auto_renew,
        "renews_to": add_days(add_months(add_days(end, 1), contract.renewal_months or 12), -1)
        if contract.auto_renew
        else None,
        "revenue": revenue,
        "currency": contract.currency,
    }


def chart(rows: list[dict]) -> dict[str, Any] | None:
    """Contracts by the month in which they end."""
    if not rows:
        return None
    months: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        months[f"{row['end_date']:%Y-%m}"] += 1
    return {
        "data": {
            "labels": sorted(months),
            "datasets": [{"name": _("Contracts"), "values": [months[month] for month in sorted(months)]}],
        },
        "type": "bar",
        "colors": ["#33475b"],
        "fieldtype": "Int",
    }


def columns() -> list[Column]:
    return [
        column("contract", _("Contract"), "Link", "Click Contract", 110),
        column("title", _("Title"), width=180),
        column("customer", _("Customer"), "Link", "Customer", 100),
        column("customer_name", _("Customer Name"), width=170),
        column("status", _("Status"), width=90),
        column("start_date", _("Start"), "Date", width=110),
        column("end_date", _("End"), "Date", width=110),
        column("days_left", _("Days Left"), "Int", width=90),
        column("notice_by", _("Notice by"), "Date", width=110),
        column("state", _("State"), width=90),
        column("auto_renew", _("Renews by Itself"), "Check", width=120),
        column("renews_to", _("Renews to"), "Date", width=110),
        money("revenue", _("Billed in 12 Months"), 140),
        column("currency", _("Currency"), "Link", "Currency", 80),
    ]
