"""Contract Margin: what contracts earned and what is known of their cost (see `billing.margin`)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import add_months, getdate

from mps_module.billing.margin import Margin, margins
from mps_module.billing.posted import posted_bills
from mps_module.billing.terms import exact
from mps_module.managed_print.report.columns import Column, Filters, column, money

MOST_BARS = 15


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = dict(filters or {})
    filters["to_date"] = getdate(filters.get("to_date"))
    filters["from_date"] = getdate(filters.get("from_date") or add_months(filters["to_date"], -12))
    bills = posted_bills(filters)
    span = (str(filters["from_date"]), str(filters["to_date"]))
    found = margins(bills, exact(filters.get("service_rate")), span)
    head = {row.contract: row for row in bills}
    rows = [row_of(name, one, head[name]) for name, one in found.items()]
    rows.sort(key=lambda row: row["margin"])
    unknown = sum(row["unknown"] for row in rows)
    message = None
    if unknown:
        message = _(
            "{0} devices have clicks without a known cost of supplies: give their model its supplies with yields, "
            "and the items a valuation or purchase rate. Their clicks cost nothing here."
        ).format(unknown)
    return columns(), rows, message, chart(rows), summary(rows)


def row_of(name: str, one: Margin, bill: Any) -> dict[str, Any]:
    return {
        "contract": name,
        "customer": bill.customer,
        "currency": frappe.get_cached_value("Company", bill.company, "default_currency"),
        "revenue": float(one.revenue),
        "clicks": int(one.clicks),
        "supplies": float(round(one.supplies, 2)),
        "parts": float(one.parts),
        "service": float(round(one.service, 2)),
        "margin": float(round(one.margin, 2)),
        "percent": one.percent,
        "per_click": float(round(one.cost / one.clicks, 6)) if one.clicks else None,
        "drafts": float(one.drafts),
        "devices": len(one.devices),
        "unknown": len(one.unknown),
    }


def chart(rows: list[dict]) -> dict[str, Any] | None:
    """The contracts with the least margin first."""
    if not rows:
        return None
    shown = rows[:MOST_BARS]
    return {
        "data": {
            "labels": [row["contract"] for row in shown],
            "datasets": [
                {"name": _("Revenue"), "values": [row["revenue"] for row in shown]},
                {"name": _("Margin"), "values": [row["margin"] for row in shown]},
            ],
        },
        "type": "bar",
        "colors": ["#9fb3c8", "#1f9e89"],
        "fieldtype": "Currency",
    }


def summary(rows: list[dict]) -> list[dict[str, Any]]:
    currencies = {row["currency"] for row in rows}
    if len(currencies) != 1:
        return []
    currency = currencies.pop()
    made = [
        {"label": label, "value": sum(row[key] for row in rows), "datatype": "Currency", "currency": currency}
        for key, label in (
            ("revenue", _("Revenue")),
            ("margin", _("Margin")),
            ("drafts", _("In Draft Invoices")),
        )
    ]
    made[1]["indicator"] = "Green" if made[1]["value"] >= 0 else "Red"
    return made


def columns() -> list[Column]:
    return [
        column("contract", _("Contract"), "Link", "Click Contract", 120),
        column("customer", _("Customer"), "Link", "Customer", 170),
        money("revenue", _("Revenue")),
        column("clicks", _("Clicks"), "Int", width=100),
        money("supplies", _("Supplies at Yield")),
        money("parts", _("Parts Issued")),
        money("service", _("Service")),
        money("margin", _("Margin")),
        column("percent", _("Margin %"), "Percent", width=90),
        column("per_click", _("Cost per Click"), "Float", "", 110),
        money("drafts", _("In Draft Invoices"), 130),
        column("devices", _("Devices"), "Int", width=80),
        column("unknown", _("Without Cost"), "Int", width=100),
        column("currency", _("Currency"), "Link", "Currency", 80),
    ]
