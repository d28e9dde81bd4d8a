"""What serving cost: labour, travel, parts and the holding of trunks, by contract and by device.

Labour: hours on submitted visits x the settings' cost of an hour. Travel: trips, hours or distance of visits on site x
the settings' cost of one. Parts: stock issued on calls, at its valuation on that day. Trunk: the mean value of the
technicians' trunks in the period x the holding percentage a year x days / 365, shared by trips on site.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Sum
from frappe.utils import add_days, date_diff

from mps_module.billing.margin import MOST, Margin
from mps_module.billing.terms import exact
from mps_module.engine.margin import Costs, shares
from mps_module.stock import figures, levels, trunks

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rates:
    """What an hour and a trip cost the firm, in the company's currency."""

    labour: Decimal
    travel: Decimal

    @classmethod
    def of_settings(cls) -> Rates:
        settings = frappe.get_cached_doc("MPS Service Settings")
        return cls(exact(settings.labour_cost), exact(settings.travel_cost))


def visits_in(start: date, end: date, company: str = "") -> list[Any]:
    """Submitted visits to calls with contract, device, hours and travel, and the net of their submitted invoice."""
    visit, invoice, issue = DocType("Maintenance Visit"), DocType("Sales Invoice"), DocType("Issue")
    query = (
        frappe.qb.from_(visit)
        .left_join(issue)
        .on(issue.name == visit.mps_issue)
        .left_join(invoice)
        .on((invoice.name == visit.mps_sales_invoice) & (invoice.docstatus == 1))
        .select(
            visit.name, visit.mps_contract, issue.mps_contract.as_("call_contract"), visit.mps_device, visit.customer,
            visit.mps_remote, visit.mps_labour_hours, visit.mps_travel, visit.mntc_date, visit.mps_sales_invoice,
            invoice.base_net_total, visit.mps_issue,
        )
        .where(visit.docstatus == 1)
        .where(visit.mps_issue.isnotnull() & (visit.mps_issue != ""))
        .where(visit.mntc_date.between(start, end))
        .orderby(visit.mntc_date, visit.name)
        .limit(MOST)
    )  # fmt: skip
    if company:
        query = query.where(visit.company == company)
    rows = query.run(as_dict=True)
    for row in rows:
        row.contract = row.mps_contract or row.call_contract or ""
    return rows


def cost_of(visit: Any, rates: Rates) -> Costs:
    """Labour and travel of one visit; a remote one has no travel."""
    travel = ZERO if visit.mps_remote else exact(visit.mps_travel) * rates.travel
    return Costs(labour=exact(visit.mps_labour_hours) * rates.labour, travel=travel)


def holding(start: date, end: date, company: str = "") -> Decimal:
    """What holding the parts of all trunks cost from `start` to `end`."""
    places = {
        trunk.warehouse for trunk in trunks.load(None).values() if not company or trunk.company == company
    }
    percent = exact(frappe.get_cached_doc("Trunk Stock Settings").holding_percent)
    if not places or not percent:
        return ZERO
    now = sum((exact(each.value) for each in levels.bins(places).values()), ZERO)
    since_start = sum(map(exact, figures.value_change(places, start).values()), ZERO)
    since_end = sum(map(exact, figures.value_change(places, add_days(end, 1)).values()), ZERO)
    mean = ((now - since_start) + (now - since_end)) / 2
    return max(mean, ZERO) * percent / 100 * (date_diff(end, start) + 1) / 365


def trunk_shares(visits: Iterable[Any], amount: Decimal, key: str = "contract") -> dict[str, Decimal]:
    """`amount` by trips on site; calls outside any contract have their share, too (named "")."""
    trips: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for visit in visits:
        if not visit.mps_remote:
            trips[visit[key] or ""] += 1
    return shares(amount, trips)


def add_service(
    found: dict[str, Margin], start: date, end: date, company: str, wanted: Iterable[str]
) -> None:
    """Labour, travel, trunk and the invoices of calls, added to the margins of the wanted contracts."""
    visits, rates, names = visits_in(start, end, company), Rates.of_settings(), set(wanted)
    for visit in visits:
        if visit.contract not in names:
            continue
        one = found.setdefault(visit.contract, Margin())
        cost = cost_of(visit, rates)
        one.labour += cost.labour
        one.travel += cost.travel
        one.calls += exact(visit.base_net_total)
        one.visits += 1
    for name, share in trunk_shares(visits, holding(start, end, company)).items():
        if name in found:
            found[name].trunk += share


def parts_by_device(start: date, end: date, company: str = "") -> dict[str, Decimal]:
    """Value of the stock issued on calls, by the device that it went into; models' supplies are left out."""
    ledger, entry, supply = DocType("Stock Ledger Entry"), DocType("Stock Entry"), DocType("MPS Model Supply")
    supplies = frappe.qb.from_(supply).select(supply.item).where(supply.item.isnotnull())
    query = (
        frappe.qb.from_(ledger)
        .join(entry)
        .on(entry.name == ledger.voucher_no)
        .select(entry.mps_device, Sum(ledger.stock_value_difference))
        .where(ledger.voucher_type == "Stock Entry")
        .where(entry.purpose == "Material Issue")
        .where(entry.mps_device.isnotnull() & (entry.mps_device != ""))
        .where(ledger.is_cancelled == 0)
        .where(ledger.posting_date.between(start, end))
        .where(ledger.item_code.notin(supplies))
        .groupby(entry.mps_device)
        .orderby(entry.mps_device)
        .limit(MOST)
    )
    if company:
        query = query.where(ledger.company == company)
    return {device: -exact(value) for device, value in query.run()}


def outside(start: date, end: date, company: str = "") -> dict[str, Costs]:
    """Customer -> what calls under no contract cost: labour, travel, parts and their trunks' share."""
    visits, rates = visits_in(start, end, company), Rates.of_settings()
    found: dict[str, Costs] = defaultdict(Costs)
    trips = sum(1 for visit in visits if not visit.mps_remote)
    trip = holding(start, end, company) / trips if trips else ZERO
    for visit in visits:
        if not visit.contract:
            trunk = ZERO if visit.mps_remote else trip
            found[visit.customer or ""] += cost_of(visit, rates) + Costs(trunk=trunk)
    for customer, value in parts_outside(start, end, company).items():
        found[customer] += Costs(parts=value)
    return dict(found)


def parts_outside(start: date, end: date, company: str = "") -> dict[str, Decimal]:
    """Customer -> value of the stock issued on calls under no contract; supplies too, as no click pays for them."""
    ledger, entry, issue = DocType("Stock Ledger Entry"), DocType("Stock Entry"), DocType("Issue")
    query = (
        frappe.qb.from_(ledger)
        .join(entry)
        .on(entry.name == ledger.voucher_no)
        .join(issue)
        .on(issue.name == entry.mps_issue)
        .select(issue.customer, Sum(ledger.stock_value_difference))
        .where(ledger.voucher_type == "Stock Entry")
        .where(entry.purpose == "Material Issue")
        .where(entry.mps_contract.isnull() | (entry.mps_contract == ""))
        .where(issue.mps_contract.isnull() | (issue.mps_contract == ""))
        .where(ledger.is_cancelled == 0)
        .where(ledger.posting_date.between(start, end))
        .groupby(issue.customer)
        .orderby(issue.customer)
        .limit(MOST)
    )
    if company:
        query = query.where(ledger.company == company)
    return {customer or "": -exact(value) for customer, value in query.run()}
