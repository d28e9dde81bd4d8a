"""What is not billed yet, seen from a day: reads that the coming bills wait for, and what was earned since the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from mps_module.billing.loader import Case, due_now, load_cases
from mps_module.billing.standing import Standing
from mps_module.engine.contract import AllowanceScope, Contract, Line
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reading_rules import closings
from mps_module.engine.result import Basis, Bill, Boundary, ChargeKind, MeterUsage
from mps_module.engine.schedule import due_periods
from mps_module.engine.usage import real_usages, weighted

DAY = timedelta(days=1)
BASE = frozenset({ChargeKind.BASE, ChargeKind.BLOCK})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A meter whose period closes without an actual read in its window.

    Attributes:
        low, high: first and last day of the window in which a read serves.
        closing: what the period would close at if it were billed now (an estimate, or nothing).
        in_row: how many closings in a row would be estimates, this one included.
    """

    contract: str
    device: str
    meter: str
    closes: date
    low: date
    high: date
    closing: Boundary
    in_row: int

    def state(self, today: date) -> str:
        """``Later`` before the window opens, ``Open`` while it is, ``Past`` after it."""
        return "Later" if today < self.low else "Open" if today <= self.high else "Past"


@dataclass(frozen=True, slots=True)
class Accrual:
    """What a contract has earned up to a day and not billed.

    Attributes:
        since: first day of the oldest period that is counted.
        clicks: weighted clicks before allowance.
        base, usage: money before tax, in the contract's currency.
        estimated: part of `usage` that rests on estimated readings.
        missing: meters without any read.
    """

    contract: str
    since: date
    through: date
    clicks: Decimal
    base: Decimal
    usage: Decimal
    estimated: Decimal
    missing: int

    @property
    def total(self) -> Decimal:
        return self.base + self.usage


def wanted_reads(contracts: Sequence[str], until: date) -> Iterator[Wanted]:
    """Meters that lack a read for the bills falling due up to `until`, by contract, closing day, device and meter."""
    for name, case in sorted(load_cases(contracts, until).items()):
        for period in case.periods:
            if period.overage is not None:
                yield from sorted(wanted_of(name, case, period), key=lambda w: (w.closes, w.device, w.meter))


def wanted_of(name: str, case: Case, period: BillPeriod) -> Iterator[Wanted]:
    """The meters of one bill whose closing is no actual read."""
    rules = case.contract.version_on(period.overage.start).rules
    before, after = timedelta(days=rules.tolerance.before), timedelta(days=rules.tolerance.after)
    earlier = closings(case.contract, period.overage.start)
    for usage in closings_of(case.bill(period, ())):
        closing = usage.closing
        if closing.basis is Basis.ACTUAL:
            continue
        days, tolerances = zip((closing.day, rules.tolerance), *earlier, strict=True)
        in_row = case.ledger.estimates_in_row(usage.unit, usage.meter, days, tolerances)
        yield Wanted(
            name,
            usage.unit,
            usage.meter,
            closing.day,
            closing.day - before,
            closing.day + after,
            closing,
            in_row,
        )


def closings_of(made: Bill) -> Iterator[MeterUsage]:
    """The usage of every real meter of a bill, once each."""
    seen = set()
    for line in made.lines:
        for usage in real_usages(line.proof.usages if line.proof else ()):
            key = usage.unit, usage.meter, usage.period
            if key not in seen:
                seen.add(key)
                yield usage


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How far the pooled allowance of a running period is used up."""

    contract: str
    line_id: str
    description: str
    period: Period
    used: Decimal
    allowance: Decimal

    @property
    def percent(self) -> int:
        return int(100 * self.used / self.allowance)


def pool_uses(contracts: Sequence[str], through: date) -> Iterator[PoolUse]:
    """Pooled allowances of the overage periods that run on `through`, against the whole period's allowance.

    What was carried over from earlier periods is not counted: the warning comes rather too early.
    """

    def running(agreed: Contract, standing: Standing, cursor: date | None, until: date) -> list[BillPeriod]:
        end = min(agreed.end, through) if agreed.end else through
        due = due_periods(replace(agreed, end=end), cursor, until)
        return [p for p in due if p.overage is not None and p.overage.end == through != p.overage_full.end]

    if not contracts:
        return
    for name, case in sorted(load_cases(contracts, through + DAY, running).items()):
        period = case.periods[-1]
        version = case.contract.version_on(period.overage.start)
        lines = {line.line_id: line for line in version.lines if is_pool(line)}
        for made in case.bill(period, ()).lines:
            line = lines.get(made.line_id)
            if line is None or made.proof is None or not made.proof.usages:
                continue
            pool = line.allowance.quantity
            if line.allowance.per_device:
                pool *= len({usage.unit for usage in made.proof.usages})
            yield PoolUse(
                name,
                line.line_id,
                line.description or line.line_id,
                period.overage_full,
                made.proof.gross,
                pool,
            )


def is_pool(line: Line) -> bool:
    found = line.allowance
    return found is not None and found.scope is AllowanceScope.POOLED and found.quantity > 0


def accruals(contracts: Sequence[str], through: date) -> Iterator[Accrual]:
    """What each contract has earned up to the end of `through` since its last bill.

    Every contract is billed as if it ended on that day: full periods that are due, and the running ones for the days
    that have passed, their base and allowance prorated. A base that was billed in advance is not counted again.
    """

    def cut(agreed: Contract, standing: Standing, cursor: date | None, until: date) -> list[BillPeriod]:
        end = min(agreed.end, through) if agreed.end else through
        return due_now(replace(agreed, end=end), standing, cursor, until)

    if not contracts:
        return
    for name, case in sorted(load_cases(contracts, through + DAY, cut).items()):
        bills = [case.bill(period, ()) for period in case.periods]
        days = [p.start for period in case.periods for p in (period.overage, period.base) if p is not None]
        yield accrual_of(name, bills, min(days), through)


def accrual_of(name: str, bills: Sequence[Bill], since: date, through: date) -> Accrual:
    lines = [line for made in bills for line in made.lines]
    base = sum((line.amount for line in lines if line.kind in BASE), Decimal(0))
    total = sum((made.total for made in bills), Decimal(0))
    proofs = {id(line.proof): line.proof for line in lines if line.proof and line.proof.usages}
    return Accrual(
        name,
        since,
        through,
        sum((weighted(proof.usages) for proof in proofs.values()), Decimal(0)),
        base,
        total - base,
        sum((line.amount for line in lines if line.estimated), Decimal(0)),
        sum(1 for made in bills for u in closings_of(made) if u.closing.basis is Basis.MISSING),
    )
