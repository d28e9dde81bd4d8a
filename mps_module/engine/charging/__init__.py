"""What each kind of contract line charges for a period, with the proof of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from mps_module.engine import rating
from mps_module.engine.charging.base import counted, flat
from mps_module.engine.charging.calls import incidents, material, per_call
from mps_module.engine.charging.clicks import block, clicks
from mps_module.engine.charging.scope import Scope
from mps_module.engine.contract import Line, LineKind
from mps_module.engine.escalation import escalate, escalation_factor
from mps_module.engine.money import ONE, round_money
from mps_module.engine.periods import Period
from mps_module.engine.proration import prorate
from mps_module.engine.result import BillLine, ChargeKind
from mps_module.engine.rows import name_of, row, settle, total

__all__ = ["Scope", "charge", "limit_rows"]

CHARGES = {
    LineKind.FLAT: flat,
    LineKind.DEVICE: counted,
    LineKind.SEAT: counted,
    LineKind.CLICK: clicks,
    LineKind.BLOCK: block,
    LineKind.INCIDENT: incidents,
    LineKind.LABOUR: per_call(lambda call: call.labour_hours),
    LineKind.TRAVEL: per_call(lambda call: call.travel),
    LineKind.MATERIAL: material,
}


def charge(scope: Scope, line: Line) -> list[BillLine]:
    """All rows of `line` for scope.period: charges, discount, minimum or maximum."""
    rise = escalation_factor(scope.contract, scope.version, scope.period.start) if line.escalates else ONE
    line = replace(line, price=escalate(line.price, rise)) if rise != ONE else line
    rows, exact = CHARGES[line.kind](scope, line)
    if rows and rows[0].proof is not None and rise != ONE:
        rows[0] = replace(rows[0], proof=replace(rows[0].proof, escalation=rise))
    if line.discount and exact:
        off = -exact * line.discount / 100
        rows.append(
            row(
                line,
                ChargeKind.DISCOUNT,
                scope.period,
                scope.decimals,
                ONE,
                off,
                exact=off,
                description=f"Discount {line.discount.normalize():f} %, {name_of(line)}",
            )
        )
        exact += off
    rows = settle(rows, exact, scope.decimals)
    return rows + limits(scope, line, total(rows))


def limits(scope: Scope, line: Line, amount: Decimal) -> list[BillLine]:
    """The row that lifts `amount` to the line's minimum or cuts it to its maximum (both prorated)."""
    share = scope.whole(line)
    bounds = [
        None if m is None else round_money(prorate(m, share), scope.decimals)
        for m in (line.minimum, line.maximum)
    ]
    return limit_rows(line, scope.period, scope.decimals, amount, *bounds)


def limit_rows(
    line: Line,
    period: Period,
    decimals: int,
    amount: Decimal,
    minimum: Decimal | None,
    maximum: Decimal | None,
) -> list[BillLine]:
    """Minimum and maximum as a row of the difference: 50 + 3 x 10 under a minimum of 100 gives 20."""
    off = rating.true_up(amount, minimum, maximum)
    if not off:
        return []
    kind, name = (
        (ChargeKind.MINIMUM, f"Minimum charge {minimum}, {name_of(line)}")
        if off > 0
        else (ChargeKind.MAXIMUM, f"Maximum charge {maximum}, {name_of(line)}")
    )
    return [row(line, kind, period, decimals, ONE, off, description=name)]
