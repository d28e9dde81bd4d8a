"""Unbilled Usage: what contracts earned up to a day since their last bill, valued as a bill of that day would."""

from __future__ import annotations

from typing import Any

from frappe import _
from frappe.utils import add_days, getdate

from mps_module.billing.outlook import Accrual, accruals
from mps_module.managed_print.report.columns import Column, Filters, column, contracts_of, money

MOST_BARS = 15


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = filters or {}
    through = getdate(filters.get("through") or add_days(getdate(), -1))
    contracts = {row.name: row for row in contracts_of(filters, ("Active", "Suspended"))}
    rows = [row_of(one, contracts[one.contract]) for one in accruals(list(contracts), through)]
    rows.sort(key=lambda row: -row["total"])
    return columns(), rows, None, chart(rows), summary(rows)


def row_of(one: Accrual, contract: Any) -> dict[str, Any]:
    return {
        "contract": one.contract,
        "customer": contract.customer,
        "customer_name": contract.customer_name,
        "billed_through": contract.billed_through,
        "since": one.since,
        "days": (one.through - one.since).days + 1,
        "clicks": int(one.clicks),
        "base": float(one.base),
        "usage": float(one.usage),
        "total": float(one.total),
        "estimated": float(one.estimated),
        "missing": one.missing,
        "currency": contract.currency,
    }


def chart(rows: list[dict]) -> dict[str, Any] | None:
    if not rows:
        return None
    shown = rows[:MOST_BARS]
    return {
        "data": {
            "labels": [row["contract"] for row in shown],
            "datasets": [
                {"name": _("Base"), "values": [row["base"] for row in shown]},
                {"name": _("Usage"), "values": [row["usage"] for row in shown]},
            ],
        },
        "type": "bar",
        "colors": ["#9fb3c8", "#1f9e89"],
        "fieldtype": "Currency",
    }


def summary(rows: list[dict]) -> list[dict[str, Any]]:
    """A sum for each currency; they are never added up with one another."""
    sums: dict[str, float] = {}
    for row in rows:
        sums[row["currency"]] = sums.get(row["currency"], 0) + row["total"]
    return [
        {
            "label": _("Unbilled ({0})").format(currency),
            "value": round(total, 2),
            "datatype": "Currency",
            "currency": currency,
        }
        for currency, total in sorted(sums.items())
    ]


def columns() -> list[Column]:
    return [
        column("contract", _("Contract"), "Link", "Click Contract", 120),
        column("customer", _("Customer"), "Link", "Customer", 100),
        column("customer_name", _("Customer Name"), width=170),
        column("billed_through", _("Last Bill"), "Date", width=110),
        column("since", _("Since"), "Date", width=110),
        column("days", _("Days"), "Int", width=70),
        column("clicks", _("Clicks"), "Int", width=100),
        money("base", _("Base")),
        money("usage", _("Usage")),
        money("total", _("Unbilled")),
        money("estimated", _("Of It Estimated"), 130),
        column("missing", _("Meters without Reads"), "Int", width=150),
        column("currency", _("Currency"), "Link", "Currency", 80),
    ]
