"""Short ways to write contracts, lines and bills in the tests of the charge side."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mps_module.engine.contract import (
    BillingRules,
    Contract,
    ContractVersion,
    Escalator,
    Line,
    LineKind,
    Price,
    Tier,
    TierMode,
)
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.result import Bill, BillLine, ChargeKind, Proof

START = date(2024, 1, 1)


def dec(value: str | int) -> Decimal:
    return Decimal(value)


def price(*tiers: tuple[str | None, str], mode: TierMode = TierMode.GRADUATED) -> Price:
    """price(("10000", ".01"), (None, ".007"))"""
    return Price(
        tuple(Tier(None if up_to is None else Decimal(up_to), Decimal(rate)) for up_to, rate in tiers), mode
    )


def flat(line_id: str = "base", rate: str = "100") -> Line:
    return Line(line_id, LineKind.FLAT, price((None, rate)))


def click(line_id: str = "mono", rate: str = "0.01", **fields: object) -> Line:
    fields.setdefault("meters", {"mono": Decimal(1)})
    return Line(line_id, LineKind.CLICK, fields.pop("price", price((None, rate))), **fields)


def version(
    number: int = 1,
    effective: date = START,
    *lines: Line,
    escalator: Escalator | None = None,
    **rules: object,
) -> ContractVersion:
    return ContractVersion(number, effective, lines or (flat(), click()), BillingRules(**rules), escalator)


def contract(
    *versions: ContractVersion, start: date = START, end: date | None = None, **fields: object
) -> Contract:
    return Contract("C-1", "CUST-1", start, versions or (version(effective=start),), end, **fields)


def period(start: str, end: str) -> Period:
    return Period(date.fromisoformat(start), date.fromisoformat(end))


JANUARY = period("2024-01-01", "2024-01-31")


def bill_line(
    amount: str,
    shares: dict[str, str | int] | None = None,
    *,
    line_id: str = "mono",
    quantity: str = "1",
    rate: str | None = None,
    kind: ChargeKind = ChargeKind.OVERAGE,
    when: Period = JANUARY,
) -> BillLine:
    proof = None
    if shares is not None:
        proof = Proof(1, when, shares=tuple((unit, Decimal(weight)) for unit, weight in shares.items()))
    return BillLine(
        line_id,
        kind,
        line_id,
        Decimal(quantity),
        Decimal(amount if rate is None else rate),
        Decimal(amount),
        when,
        proof=proof,
    )


def bill_of(*lines: BillLine) -> Bill:
    total = sum((line.amount for line in lines), Decimal(0))
    return Bill("C-1", "CUST-1", "USD", BillPeriod(date(2024, 2, 1), overage=JANUARY), lines, total)
