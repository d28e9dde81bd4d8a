"""A bill split by site, department, cost centre or PO: the parts add up to the whole, to the cent (domain: section 3).

Every row is split on its own by the shares in its proof (unit, weight), cents by the largest remainder, so each part
holds its own rows and adds up by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from mps_module.engine.contract import CoveredUnit, SplitBy
from mps_module.engine.money import ONE, ZERO, largest_remainder, round_money, total_of
from mps_module.engine.periods import Period
from mps_module.engine.result import Bill, BillLine, ChargeKind

GENERAL = ""
"""Key of the part for what belongs to no place: units without one, and rows of a contract without units."""

_OVER_ALL = frozenset({ChargeKind.MINIMUM, ChargeKind.MAXIMUM, ChargeKind.DISCOUNT})
"""Rows that rest on all rows of their contract line before them, and not on clicks."""

Weights = dict[str, Fraction]


@dataclass(frozen=True, slots=True)
class BillPart:
    """What one place (site, department …) has of a bill; `key` is GENERAL for what has no place."""

    key: str
    lines: tuple[BillLine, ...]
    total: Decimal


def split_bill(
    bill: Bill, units: Iterable[CoveredUnit], by: SplitBy, decimals: int = 2
) -> tuple[BillPart, ...]:
    """The parts of `bill`, in order of their keys, GENERAL last; not split: one part with all rows.

    A row goes by its proof's shares; a row without (a further tier, a discount, a minimum) by those of the row before it
    of the same contract line and period, or, where several rows of it have shares (hours of several calls), by what the
    places have of them; a row that has none at all equally over the units covered in its period, or, if there are none,
    to GENERAL. A unit that changed its place within the period is shared by days.

    Args:
        units: the covered units, with the places that the parts are named by.
        decimals: of the bill's currency.

    Raises:
        ValueError: the bill's total is not the sum of its rows.
    """
    if bill.total != total_of(line.amount for line in bill.lines):
        raise ValueError(f"bill {bill.contract}: its total {bill.total} is not the sum of its rows")
    if by is SplitBy.NONE:
        return (BillPart(GENERAL, bill.lines, bill.total),)
    places = _Places(units, by)
    groups: dict[tuple[str, Period], _Group] = {}
    parts: dict[str, list[BillLine]] = {}
    for line in bill.lines:
        group = groups.setdefault((line.line_id, line.period), _Group())
        if line.proof is not None and line.proof.shares:
            group.learn(places.weights(line.proof.shares, line.period))
        weights = group.weights(line) or places.weights(places.everyone(line.period), line.period)
        for key, piece in _split_line(line, weights, decimals):
            parts.setdefault(key, []).append(piece)
            group.had[key] = group.had.get(key, Fraction(0)) + Fraction(piece.amount)
    keys = sorted(parts, key=lambda key: (key == GENERAL, key))
    return tuple(BillPart(key, tuple(parts[key]), total_of(x.amount for x in parts[key])) for key in keys)


@dataclass(slots=True)
class _Group:
    """What is known of the rows of one contract line and period while they are split in order."""

    last: Weights = field(default_factory=dict)
    had: Weights = field(default_factory=dict)
    proofs: int = 0

    def learn(self, weights: Weights) -> None:
        self.last = weights
        self.proofs += 1

    def weights(self, line: BillLine) -> Weights:
        """The weights for a row, in its turn; empty: nothing is known."""
        if self.proofs > 1 and line.kind in _OVER_ALL and any(self.had.values()):
            return self.had
        return self.last


def _split_line(line: BillLine, weights: Weights, decimals: int) -> Iterable[tuple[str, BillLine]]:
    """(key, row) for every place that has a share of the row; the rows' amounts add up to the row's."""
    weights = _fair(weights, line)
    if len(weights) < 2:
        yield next(iter(weights), GENERAL), line
        return
    shares = list(weights.values())
    amounts = largest_remainder(line.amount, shares, decimals)
    quantities = largest_remainder(line.quantity, shares, _decimals_of(line.quantity))
    for key, quantity, amount in zip(weights, quantities, amounts, strict=True):
        if round_money(quantity * line.rate, decimals) == amount:
            yield key, replace(line, quantity=quantity, amount=amount)
        else:
            # An invoice multiplies again: where the cent does not follow from the quantity, the amount stands by itself.
            yield key, replace(line, quantity=ONE, rate=amount, amount=amount)


def _fair(weights: Weights, line: BillLine) -> Weights:
    """The weights by which this row can be split, places with a zero weight left out.

    Clicks and credits of different places may stand in one row; then a place with a credit gets one. That holds as long
    as the row follows the clicks. A minimum does not, and where the credits nearly make up for the clicks a few cents
    would be blown up to large amounts of both signs: there a place with a credit gets nothing.
    """
    found = {key: weight for key, weight in weights.items() if weight}
    negative = [key for key, weight in found.items() if weight < 0]
    if not negative or len(negative) == len(found):
        return found or dict(weights)
    net = sum(found.values(), Fraction(0))
    size = sum((abs(weight) for weight in found.values()), Fraction(0))
    agrees = net != 0 and (net > 0) == (line.amount > 0) and size <= 2 * abs(net)
    if agrees and line.kind not in _OVER_ALL:
        return found
    side = 1 if net >= 0 else -1
    return {key: weight for key, weight in found.items() if weight * side > 0}


def _decimals_of(quantity: Decimal) -> int:
    exponent = quantity.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


class _Places:
    """Where each unit was, and when."""

    def __init__(self, units: Iterable[CoveredUnit], by: SplitBy):
        self._rows: dict[str, list[tuple[CoveredUnit, str]]] = {}
        for unit in units:
            self._rows.setdefault(unit.unit, []).append((unit, getattr(unit, by.value)))
        self._covered: dict[Period, tuple[tuple[str, Decimal], ...]] = {}

    def everyone(self, period: Period) -> tuple[tuple[str, Decimal], ...]:
        """Every unit covered in `period`, with the same weight."""
        if period not in self._covered:
            self._covered[period] = tuple(
                (unit, ONE)
                for unit, rows in self._rows.items()
                if any(period.overlap(row.start, row.end) for row, _ in rows)
            )
        return self._covered[period]

    def weights(self, shares: Sequence[tuple[str, Decimal]], period: Period) -> Weights:
        """Weight of each place; a unit that nobody knows counts as GENERAL."""
        plain: dict[str, Decimal] = {}
        moved: Weights = {}
        for unit, weight in shares:
            rows = self._rows.get(unit, ())
            if len(rows) < 2:
                key = rows[0][1] if rows else GENERAL
                plain[key] = plain.get(key, ZERO) + weight
            else:
                for key, part in _by_days(rows, period).items():
                    moved[key] = moved.get(key, Fraction(0)) + Fraction(weight) * part
        for key, weight in plain.items():
            moved[key] = moved.get(key, Fraction(0)) + Fraction(weight)
        return moved


def _by_days(rows: Sequence[tuple[CoveredUnit, str]], period: Period) -> Mapping[str, Fraction]:
    """The parts (adding up to 1) of a period that a unit spent in each place; if none, all where it was last."""
    days: dict[str, int] = {}
    for row, key in rows:
        common = period.overlap(row.start, row.end)
        if common is not None:
            days[key] = days.get(key, 0) + common.days
    whole = sum(days.values())
    if not whole:
        last = max(rows, key=lambda pair: pair[0].start)
        return {last[1]: Fraction(1)}
    return {key: Fraction(count, whole) for key, count in days.items()}
