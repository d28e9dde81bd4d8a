"""Posted Click Bills for reports and prints: their rows, and their frozen results unfolded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe
from frappe.query_builder.functions import Sum

from mps_module.billing.standing import POSTED
from mps_module.engine import packed
from mps_module.engine.result import Basis, Bill, MeterUsage
from mps_module.engine.usage import real_usages

if TYPE_CHECKING:
    from frappe.model.document import Document

MOST = 100_000
AT_ONCE = 200  # frozen results in memory at a time


def posted_bills(filters: Mapping[str, Any], statuses: Sequence[str] = POSTED) -> list[frappe._dict]:
    """Click Bills that the user may see, by bill date.

    Args:
        filters: from_date, to_date (of the bill), company, customer, contract; each may be missing.
    """
    wanted = {name: filters[name] for name in ("company", "customer", "contract") if filters.get(name)}
    wanted["status"] = ["in", list(statuses)]
    wanted["due_date"] = [
        "between",
        [filters.get("from_date") or "2000-01-01", filters.get("to_date") or "2999-12-31"],
    ]
    return frappe.get_list(
        "Click Bill",
        filters=wanted,
        fields=["name", "contract", "customer", "company", "currency", "due_date", "total", "estimate_share"],
        order_by="due_date, contract",
        limit=MOST,
    )


def results(names: Sequence[str]) -> Iterator[tuple[str, Bill]]:
    """The frozen result of each bill, some hundreds in memory at a time."""
    for at in range(0, len(names), AT_ONCE):
        rows = frappe.get_all(
            "Click Bill",
            filters={"name": ["in", names[at : at + AT_ONCE]]},
            fields=["name", "result"],
            order_by="name",
            limit=AT_ONCE,
        )
        for row in rows:
            if row.result:
                yield row.name, packed.loads(row.result)


def first_bill_on(read: Document) -> str | None:
    """The first posted bill that rests on a read; None: none does.

    Asked of the bills themselves, when somebody wants to know: a note on each read would have to be written for hundreds
    of them with every bill. Only bills that were computed once the read was there to be seen are looked at.

    Args:
        read: a Meter Read.
    """
    customers = {read.customer, frappe.db.get_value("MPS Device", read.device, "customer")} - {None, ""}
    covers = frappe.get_all(
        "Click Contract Cover", {"device": read.device}, pluck="parent", order_by="parent", limit=MOST
    )
    bills = frappe.get_all(
        "Click Bill",
        filters={"status": ["in", POSTED], "computed_at": [">=", read.creation]},
        or_filters={"customer": ["in", [*customers, ""]], "contract": ["in", [*covers, ""]]},
        pluck="name",
        order_by="due_date, creation",
        limit=MOST,
    )
    for bill in bills:
        text = frappe.db.get_value("Click Bill", bill, "result")
        if text and read.name in packed.packed_read_names(packed.parsed(text)):
            return bill
    return None


def meter_usages(made: Bill) -> Iterator[MeterUsage]:
    """Usage of every real meter that the bill read, once, however many lines it serves."""
    seen = set()
    for line in made.lines:
        for usage in real_usages(line.proof.usages if line.proof else ()):
            key = usage.unit, usage.meter, usage.period
            if key not in seen:
                seen.add(key)
                yield usage


@dataclass(slots=True)
class EstimateCount:
    """How much of some bills rests on estimated closings.

    Attributes:
        meters, estimated_meters: closings, and those that were estimated.
        clicks, estimated_clicks: usage (never below 0 a meter), and that of the meters with an estimated closing.
        money: charges of rows with an estimate in them, in the bills' currency.
    """

    bills: int = 0
    meters: int = 0
    estimated_meters: int = 0
    clicks: Decimal = Decimal(0)
    estimated_clicks: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    money: Decimal = Decimal(0)

    def add(self, made: Bill) -> None:
        self.bills += 1
        self.total += made.total
        self.money += sum((line.amount for line in made.lines if line.estimated), Decimal(0))
        for usage in meter_usages(made):
            clicks = max(usage.usage, Decimal(0))
            self.meters += 1
            self.clicks += clicks
            if usage.closing is not None and usage.closing.basis is Basis.ESTIMATE:
                self.estimated_meters += 1
                self.estimated_clicks += clicks

    @property
    def share(self) -> float:
        """Percent of the closings that were estimated."""
        return 100 * self.estimated_meters / self.meters if self.meters else 0.0

    @property
    def click_share(self) -> float:
        """Percent of the clicks that rest on them."""
        return float(100 * self.estimated_clicks / self.clicks) if self.clicks else 0.0


def estimate_shares(bills: Sequence[Mapping], key: str) -> dict[tuple, EstimateCount]:
    """Estimates by a field of the bills (contract, customer, due_date) and currency."""
    of_name = {row["name"]: (row[key], row["currency"]) for row in bills}
    found: dict[tuple, EstimateCount] = {}
    for name, made in results(list(of_name)):
        found.setdefault(of_name[name], EstimateCount()).add(made)
    return found


def revenue_last_year(contracts: Sequence[str], today: date) -> dict[str, Decimal]:
    """Net total of the posted bills of the last twelve months, by contract, in its currency."""
    if not contracts:
        return {}
    bill = frappe.qb.DocType("Click Bill")
    rows = (
        frappe.qb.from_(bill)
        .select(bill.contract, Sum(bill.total))
        .where(bill.contract.isin(list(contracts)))
        .where(bill.status.isin(list(POSTED)))
        .where(bill.due_date > frappe.utils.add_months(today, -12))
        .where(bill.due_date <= today)
        .groupby(bill.contract)
        .orderby(bill.contract)
        .limit(MOST)
    ).run()
    return {name: Decimal(str(total or 0)) for name, total in rows}
