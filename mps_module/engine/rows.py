"""Bill rows that an invoice can carry: quantity x rate, rounded, is the amount, row by row.

An ERP multiplies again what it is given. A row therefore shows a quantity and a rate only when both have at most six
decimals and their rounded product is the amount; anything else (a third of a month, the cent that rounding tier by tier
would lose) stands as 1 x amount with its arithmetic in the proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from mps_module.engine.contract import Line
from mps_module.engine.money import round_money
from mps_module.engine.periods import Period
from mps_module.engine.result import BillLine, ChargeKind, Proof

ONE = Decimal(1)
SIX_PLACES = -6


def short(number: Decimal) -> bool:
    """True when `number` has at most six decimals."""
    return number.normalize().as_tuple().exponent >= SIX_PLACES


def name_of(line: Line) -> str:
    """What a customer knows the contract line by."""
    return line.description or line.line_id


def row(
    line: Line,
    kind: ChargeKind,
    period: Period,
    decimals: int,
    quantity: Decimal,
    rate: Decimal,
    *,
    exact: Decimal | None = None,
    description: str = "",
    estimated: bool = False,
    proof: Proof | None = None,
) -> BillLine:
    """A row of `quantity` x `rate` (or of the `exact` amount, where that is not their product)."""
    exact = quantity * rate if exact is None else exact
    amount = round_money(exact, decimals)
    if not (short(quantity) and short(rate) and round_money(quantity * rate, decimals) == amount):
        quantity, rate = ONE, amount
    return BillLine(
        line_id=line.line_id,
        kind=kind,
        description=description or name_of(line),
        quantity=quantity,
        rate=rate,
        amount=amount,
        period=period,
        item=line.item,
        cost_center=line.cost_center,
        estimated=estimated,
        proof=proof,
    )


def total(rows: Iterable[BillLine]) -> Decimal:
    """Sum of the rounded amounts."""
    return sum((r.amount for r in rows), Decimal(0))


def settle(rows: list[BillLine], exact: Decimal, decimals: int) -> list[BillLine]:
    """Make the rows add up to `exact` rounded once (rounding comes last, after tiers and discount).

    Where rounding row by row came out a cent off, the last row takes it and stands as 1 x amount.
    """
    off = round_money(exact, decimals) - total(rows)
    if not off or not rows:
        return rows
    last = rows[-1]
    amount = last.amount + off
    return [*rows[:-1], replace(last, quantity=ONE, rate=amount, amount=amount)]
