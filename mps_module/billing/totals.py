"""Counts and totals of a billing run, from the bills that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import flt

from mps_module.billing.contracts import rows_of

RUN = "Click Billing Run"


def settle(run: str) -> dict[str, float]:
    """Counts and totals of a run from its bills; money in the company's currency."""
    rows = rows_of("Click Bill", {"run": run}, ["status", "total", "at_stake", "currency", "contract"])
    company, through = frappe.db.get_value(RUN, run, ["company", "through"])
    rate = {
        currency: exchange_rate(currency, company, through) for currency in {row.currency for row in rows}
    }
    live = [row for row in rows if row.status not in ("Released", "Credited")]
    count = lambda *states: sum(1 for row in live if row.status in states)  # noqa: E731
    money = lambda key: flt(sum(Decimal(str(row[key] or 0)) * rate[row.currency] for row in live), 2)  # noqa: E731
    values = {
        "contracts": len({row.contract for row in live}),
        "ready": count("Ready", "Accepted"),
        "flagged": count("Flagged"),
        "blocked": count("Blocked"),
        "invoiced": count("Invoiced", "Part Cancelled"),
        "failed": count("Failed"),
        "total": money("total"),
        "at_stake": money("at_stake"),
    }
    frappe.db.set_value(RUN, run, values)
    return values


def summary(counts: Mapping) -> str:
    return _("{0} ready, {1} flagged, {2} blocked, {3} invoiced, {4} failed").format(
        counts["ready"], counts["flagged"], counts["blocked"], counts["invoiced"], counts["failed"]
    )


def exchange_rate(currency: str, company: str, day: str) -> Decimal:
    """Money of the company for one of `currency`, for totals on screen; 0 where the ERP knows no rate."""
    from erpnext.setup.utils import get_exchange_rate

    own = frappe.get_cached_value("Company", company, "default_currency")
    if not currency or currency == own:
        return Decimal(1)
    try:
        return Decimal(str(get_exchange_rate(currency, own, day) or 0))
    except Exception:
        frappe.clear_messages()
        return Decimal(0)
