"""Which units a line covers, for which days, and what their meters moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from mps_module.engine.contract import BillingRules, Contract, CoveredUnit, Line, LineKind, UnitKind
from mps_module.engine.ledger import Ledger, Reading
from mps_module.engine.periods import Period
from mps_module.engine.result import MeterUsage
from mps_module.engine.schedule import overage_periods

ONE_DAY = timedelta(days=1)

KINDS_OF_LINE = {
    LineKind.SEAT: frozenset({UnitKind.SEAT, UnitKind.ASSET}),
    LineKind.DEVICE: frozenset({UnitKind.DEVICE}),
    LineKind.CLICK: frozenset({UnitKind.DEVICE}),
    LineKind.BLOCK: frozenset({UnitKind.DEVICE}),
}


@dataclass(frozen=True, slots=True)
class Cover:
    """A unit's covered days inside a period.

    `joins`: covered.start is its first day under the contract (not a change of site or group from one row to the
    next); `leaves`: covered.end is its last.
    """

    unit: CoveredUnit
    covered: Period
    joins: bool
    leaves: bool


class Covers:
    """The covered units of a contract, asked for by line and period."""

    def __init__(self, contract: Contract, ledger: Ledger, units: Iterable[CoveredUnit]):
        self.contract = contract
        self.ledger = ledger
        self.units = tuple(units)
        self._read = frozenset(device for device, _ in ledger.logs)
        self._starts = {(u.unit, u.start) for u in self.units}
        self._ends = {(u.unit, u.end) for u in self.units if u.end}
        self._cache: dict[Period, tuple[Cover, ...]] = {}

    def within(self, period: Period) -> tuple[Cover, ...]:
        """Every unit with a covered day in `period`, with those days."""
        found = self._cache.get(period)
        if found is None:
            found = self._cache[period] = tuple(self._within(period))
        return found

    def _within(self, period: Period) -> Iterable[Cover]:
        contract = self.contract
        life = period.overlap(contract.start, contract.end)
        if life is None:
            return
        for unit in self.units:
            covered: Period | None = life
            if unit.start > life.start or (unit.end is not None and unit.end < life.end):
                covered = life.overlap(unit.start, unit.end)
            if covered is None:
                continue
            first = max(unit.start, contract.start)
            new = first == contract.start or (unit.unit, first - ONE_DAY) not in self._ends
            joins = covered.start == first and new
            last = unit.end if contract.end is None else min(unit.end or contract.end, contract.end)
            gone = covered.end == contract.end or (unit.unit, covered.end + ONE_DAY) not in self._starts
            leaves = covered.end == last and gone
            yield Cover(unit, covered, joins, leaves)

    def of_line(self, line: Line, period: Period) -> list[Cover]:
        """The covers that `line` counts in `period`."""
        kinds = KINDS_OF_LINE.get(line.kind)
        groups = line.groups
        return [
            cover
            for cover in self.within(period)
            if (kinds is None or cover.unit.kind in kinds) and (not groups or cover.unit.group in groups)
        ]

    def meters_of(self, unit: str, line: Line) -> list[tuple[str, Decimal]]:
        """The meters of `line` that this unit has, with their weights.

        A model says which meters its devices have. Where nothing is known of the model, a meter counts when it was
        ever read, or when the device was never read at all (so that a device without reads is missed, not forgotten).
        """
        known = self.ledger.devices.get(unit)
        if known is not None and known.meters:
            return [(m, w) for m, w in line.meters.items() if m in known.meters]
        if unit in self._read:
            return [(m, w) for m, w in line.meters.items() if (unit, m) in self.ledger.logs]
        return list(line.meters.items())

    def rules_before(self, period: Period) -> Reading | None:
        """By which rules the period before this one was closed, where an amendment changed them; None: by the same.

        A period opens at what the one before closed at, and that was decided by that one's version.
        """
        if len({reading_of(version.rules) for version in self.contract.versions}) < 2:
            return None
        earlier = overage_periods(self.contract, period.start)
        return reading_of(self.contract.version_on(earlier[-1][0].start).rules) if earlier else None

    def usages(self, line: Line, period: Period, rules: BillingRules) -> list[tuple[Cover, list[MeterUsage]]]:
        """Usage of every meter of `line` on every unit that it covers in `period`."""
        tolerance, allowed, read_usage = rules.tolerance, rules.estimates.allowed, self.ledger.usage
        before = self.rules_before(period)
        return [
            (
                cover,
                [
                    read_usage(
                        cover.unit.unit,
                        meter,
                        cover.covered,
                        tolerance,
                        first=cover.joins,
                        last=cover.leaves,
                        weight=weight,
                        estimates_allowed=allowed,
                        before=before if cover.covered.start == period.start else None,
                    )
                    for meter, weight in self.meters_of(cover.unit.unit, line)
                ],
            )
            for cover in self.of_line(line, period)
        ]


def reading_of(rules: BillingRules) -> Reading:
    return rules.tolerance, rules.estimates.allowed


def weighted(usages: Iterable[MeterUsage]) -> Decimal:
    """Clicks: sum of usage x weight."""
    return sum((u.usage * u.weight for u in usages), Decimal(0))


def real_usages(usages: Iterable[MeterUsage]) -> Iterable[MeterUsage]:
    """The real counters behind `usages`: a virtual meter gives its terms, down to the counters."""
    for usage in usages:
        if usage.terms:
            yield from real_usages(usage.terms)
        else:
            yield usage


def last_day_before(day: date) -> date:
    return day - ONE_DAY
