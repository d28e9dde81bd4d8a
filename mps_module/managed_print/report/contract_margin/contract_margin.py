"""Contract Margin: what contracts earned, what they cost, and what price restores the target (`service.costs`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_months, getdate

from mps_module.billing.margin import Margin
from mps_module.engine.margin import needed_revenue
from mps_module.managed_print.report.columns import AMBER, GREEN, GREY, Column, Filters, bars, column, money
from mps_module.service.contract_margin import Found, find
from mps_module.service.renewal import in_words, target_margin

CHANGES = {"Clicks": "clicks", "Base": "base", "Both": "both"}


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = dict(filters or {})
    end = getdate(filters.get("to_date"))
    start = getdate(filters.get("from_date") or add_months(end, -12))
    change = CHANGES.get(filters.get("renewal") or "", "")
    found = find(filters, start, end, change)
    target = target_margin(filters.get("target"))
    rows = [row_of(name, one, found, target) for name, one in found.margins.items()]
    rows.sort(key=lambda row: (row["margin"], row["contract"]))
    return columns(bool(change)), rows, message(rows), chart(rows), summary(rows)


def row_of(name: str, one: Margin, found: Found, target: Decimal) -> dict[str, Any]:
    contract, offer = found.contracts[name], found.offers.get(name)
    needed = needed_revenue(one.cost, target)
    return {
        "contract": name,
        "customer": contract.customer,
        "currency": frappe.get_cached_value("Company", contract.company, "default_currency"),
        "revenue": float(one.revenue),
        "calls": float(one.calls),
        "clicks": int(one.clicks),
        "visits": one.visits,
        "supplies": cents(one.supplies),
        "parts": cents(one.parts),
        "labour": cents(one.labour),
        "travel": cents(one.travel),
        "trunk": cents(one.trunk),
        "service": cents(one.service),
        "cost": cents(one.cost),
        "margin": cents(one.margin),
        "percent": one.percent,
        "revenue_per_click": each(one.whole_revenue, one.clicks),
        "per_click": each(one.cost, one.clicks),
        "margin_per_click": each(one.margin, one.clicks),
        "needed": cents(needed),
        "missing": cents(needed - one.whole_revenue),
        "renewal": in_words(offer) if offer else "",
        "renewal_change": float(round(offer.change, 2)) if offer and offer.renewal.reached else None,
        "drafts": float(one.drafts),
        "devices": len(one.devices),
        "unknown": len(one.unknown),
    }


def cents(value: Decimal) -> float:
    return float(round(value, 2))


def each(value: Decimal, clicks: Decimal) -> float | None:
    """Money per click; None without clicks."""
    return float(round(value / clicks, 6)) if clicks else None


def message(rows: list[dict]) -> str | None:
    unknown = sum(row["unknown"] for row in rows)
    if not unknown:
        return None
    return _(
        "{0} devices have clicks without a known cost of supplies: give their model its supplies with yields, "
        "and the items a valuation or purchase rate. Their clicks cost nothing here."
    ).format(unknown)


def chart(rows: list[dict]) -> dict[str, Any] | None:
    """The contracts with the least margin first."""
    return bars(
        rows,
        (_("Revenue"), GREY, [row["revenue"] + row["calls"] for row in rows]),
        (_("Cost"), AMBER, [row["cost"] for row in rows]),
        (_("Margin"), GREEN, [row["margin"] for row in rows]),
    )


def summary(rows: list[dict]) -> list[dict[str, Any]]:
    currencies = {row["currency"] for row in rows}
    if len(currencies) != 1:
        return []
    currency = currencies.pop()
    sums = {key: sum(row[key] for row in rows) for key in ("revenue", "calls", "cost", "margin", "drafts")}
    sums["revenue"] += sums["calls"]
    made = [
        {"label": label, "value": sums[key], "datatype": "Currency", "currency": currency}
        for key, label in (
            ("revenue", _("Revenue")),
            ("cost", _("Cost")),
            ("margin", _("Margin")),
            ("drafts", _("In Draft Invoices")),
        )
    ]
    made[2]["indicator"] = "Green" if made[2]["value"] >= 0 else "Red"
    if sums["revenue"] > 0:
        share = 100 * sums["margin"] / sums["revenue"]
        made.insert(3, {"label": _("Margin %"), "value": share, "datatype": "Percent"})
    return made


def columns(renewal: bool = False) -> list[Column]:
    made = [
        column("contract", _("Contract"), "Link", "Click Contract", 120),
        column("customer", _("Customer"), "Link", "Customer", 170),
        money("revenue", _("Revenue")),
        money("calls", _("Calls Invoiced")),
        column("clicks", _("Clicks"), "Int", width=100),
        money("supplies", _("Supplies at Yield")),
        money("parts", _("Parts Issued")),
        money("labour", _("Labour")),
        money("travel", _("Travel")),
        money("trunk", _("Trunk Holding")),
        money("service", _("Other")),
        money("cost", _("Cost")),
        money("margin", _("Margin")),
        column("percent", _("Margin %"), "Percent", width=90),
        column("revenue_per_click", _("Revenue per Click"), "Float", width=130),
        column("per_click", _("Cost per Click"), "Float", width=110),
        column("margin_per_click", _("Margin per Click"), "Float", width=120),
        money("needed", _("Revenue for Target"), 140),
        money("missing", _("Missing"), 110),
        column("renewal", _("Renewal Price"), width=320),
        column("renewal_change", _("Change %"), "Float", width=90),
        column("visits", _("Visits"), "Int", width=70),
        money("drafts", _("In Draft Invoices"), 130),
        column("devices", _("Devices"), "Int", width=80),
        column("unknown", _("Without Cost"), "Int", width=100),
        column("currency", _("Currency"), "Link", "Currency", 80),
    ]
    hidden = () if renewal else ("renewal", "renewal_change")
    return [{**one, "hidden": 1} if one["fieldname"] in hidden else one for one in made]
