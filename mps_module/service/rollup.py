"""MPS and MSP of a customer or the whole firm on one page: seats, devices, clicks, calls, revenue and margin.

A seat plan is a contract whose usage never moves, so both sides are read from the same contracts. Revenue is what was
invoiced (submitted Sales Invoices by posting date, less returns, net, company currency), row by row:

- MSP: rows of seat lines, and every row of a contract that covers no device.
- MPS: all other rows of Click Bills.
- Calls: invoices for time and material on calls.
- Other services: rows of all other invoices whose item is not kept in stock. Goods are not services and stay out.

Cost is known of the first three (`service.costs`, supplies at yield of the billed clicks, and of calls under no
contract what they took); other services have none, so
they stand beside the margin and not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from frappe.utils import getdate

from mps_module.engine.margin import margin_percent
from mps_module.engine.measures import Figures, Period, measure
from mps_module.service.contract_margin import find
from mps_module.service.costs import outside
from mps_module.service.facts import Facts, Span, load, months, permitted
from mps_module.service.sold import Covered, covered, sales

ZERO = Decimal(0)
SOURCES = ("mps", "msp", "calls", "other")


@dataclass(slots=True)
class Line:
    """One line of the page: the whole, a month, a customer or a contract."""

    mps: Decimal = ZERO
    msp: Decimal = ZERO
    calls: Decimal = ZERO
    other: Decimal = ZERO
    cost: Decimal = ZERO
    clicks: int = 0
    incidents: int = 0
    seats: Decimal = ZERO
    assets: int = 0
    devices: int = 0

    @property
    def contracts_revenue(self) -> Decimal:
        """Revenue whose cost is known."""
        return self.mps + self.msp + self.calls

    @property
    def revenue(self) -> Decimal:
        return self.contracts_revenue + self.other

    @property
    def margin(self) -> Decimal:
        return self.contracts_revenue - self.cost


@dataclass(slots=True)
class Page:
    """Everything on the page."""

    whole: Line = field(default_factory=Line)
    months: dict[str, Line] = field(default_factory=dict)
    rows: dict[str, Line] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    contracts: int = 0


def page(span: Span) -> Page:
    """The roll-up of a span; rows by customer, or by contract where one customer is asked for."""
    filters = {"company": span.company, "customer": span.customer}
    margins = find(filters, span.start, span.end)
    facts = load(span)
    contracts = {name: row.customer for name, row in margins.contracts.items()}
    covers = covered(contracts, min(span.end, getdate()))
    sold = sales(span, covers)
    made = Page(contracts=sum(1 for row in margins.contracts.values() if row.get("status") == "Active"))
    made.months = {month: Line() for month, _first, _last in months(span.start, span.end)}
    rows: dict[str, Line] = defaultdict(Line)
    key = "contract" if span.customer else "customer"
    for one in sold:
        for line in (made.whole, made.months[one.month], rows[getattr(one, key)]):
            setattr(line, one.side, getattr(line, one.side) + one.amount)
    add_units(made, rows, covers, contracts, by_contract=bool(span.customer))
    for name, one in margins.margins.items():
        for line in (made.whole, rows[name if span.customer else contracts[name]]):
            line.cost += one.cost
    allowed = permitted("Customer", ("Click Contract",))
    for customer, cost in outside(span.start, span.end, span.company).items():
        if (span.customer and customer != span.customer) or (allowed is not None and customer not in allowed):
            continue
        for line in (made.whole, rows["" if span.customer else customer]):
            line.cost += cost.total
    add_service(made, rows, span, facts, key)
    made.rows = dict(rows)
    return made


def add_units(
    made: Page,
    rows: Mapping[str, Line],
    covers: Mapping[str, Covered],
    customers: Mapping[str, str],
    by_contract: bool,
) -> None:
    """Seats, IT assets and devices that are covered on the last day."""
    for name, one in covers.items():
        for line in (made.whole, rows[name if by_contract else customers[name]]):
            line.seats += one.seats
            line.assets += one.assets
            line.devices += one.devices


def add_service(made: Page, rows: Mapping[str, Line], span: Span, facts: Facts, key: str) -> None:
    """Clicks of the devices and corrective calls that were opened in the span."""
    for click in facts.clicks:
        for line in (made.whole, made.months[click.month], rows[getattr(click, key)]):
            line.clicks += click.clicks
    for call in facts.calls:
        if not call.corrective or call.withdrawn or not span.start <= call.opened.date() <= span.end:
            continue
        month = f"{call.opened.year}-{call.opened.month:02}"
        for line in (made.whole, made.months[month], rows[getattr(call, key)]):
            line.incidents += 1
    period = Period(span.start, span.end, getdate())
    made.figures = measure(facts.calls, period, None, facts.clicks).get("", Figures())


def told(made: Page, span: Span, currency: str) -> dict[str, Any]:
    """The page as the browser shows it."""
    figures = made.figures
    return {
        "currency": currency,
        "from_date": str(span.start),
        "to_date": str(span.end),
        "company": span.company,
        "customer": span.customer,
        "by": "contract" if span.customer else "customer",
        "contracts": made.contracts,
        "whole": line_of(made.whole),
        "months": [{"month": month, **line_of(one)} for month, one in made.months.items()],
        "rows": [{"name": name, **line_of(one)} for name, one in ordered(made.rows)],
        "service": {
            "calls": figures.calls,
            "first_call": figures.first_call_percent,
            "callback": figures.callback_percent,
            "kept": figures.kept_percent,
            "mcbc": figures.mcbc,
        },
    }


def ordered(rows: Mapping[str, Line]) -> list[tuple[str, Line]]:
    """Largest revenue first; lines with nothing on them are left out."""
    kept = [(name, one) for name, one in rows.items() if one != Line()]
    return sorted(kept, key=lambda each: (-each[1].revenue, each[0]))


def line_of(one: Line) -> dict[str, Any]:
    share = margin_percent(one.contracts_revenue, one.cost)
    return {
        **{name: float(round(getattr(one, name), 2)) for name in (*SOURCES, "cost")},
        "revenue": float(round(one.revenue, 2)),
        "margin": float(round(one.margin, 2)),
        "percent": None if share is None else float(round(share, 1)),
        "clicks": one.clicks,
        "incidents": one.incidents,
        "seats": float(one.seats),
        "assets": one.assets,
        "devices": one.devices,
    }
