"""Unbilled Usage: what contracts earned up to a day since their last bill, valued as a bill of that day would."""

from __future__ import annotations

from typing import Any

from frappe import _
from frappe.utils import add_days, getdate

from mps_module.billing.outlook import Accrual, accruals
from mps_module.managed_print.report.columns import (
    GREEN,
    GREY,
    Column,
    Filters,
    bars,
    column,
    contracts_of,
    money,
)


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = filters or {}
    through = getdate(filters.get("through") or add_days(getdate(), -1))
    contracts = {row.name: row for row in contracts_of(filters, ("Active", "Suspended"))}
    rows = [row_of(one, contracts[one.contract]) for one in accruals(list(contracts), through)]
    rows.sort(key=lambda row: -row["total"])
    chart = bars(
        rows,
        (_("Base"), GREY, [row["base"] for row in rows]),
        (_("Usage"), GREEN, [row["usage"] for row in rows]),
    )
    return columns(), rows, None, chart, summary(rows)


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
