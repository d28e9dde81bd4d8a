"""Which periods fall due when, from a cursor (domain: section 3).

A contract has two streams of periods: base, charged in advance (or in arrears), and overage, always in arrears. Each
stream cuts the contract's days into periods without gap or overlap. The cycle is that of the version in force on a
period's first day. Cycles begin on the anchor day, clipped to short months; they are counted from the month in which
the contract starts, or from `anchor_month` where the rules name one (1: calendar quarters and years).

A version that changes the cycle starts a new grid on its effective date. A period charged in arrears that is then under
way ends the day before; a base period charged in advance runs to its end, since it may have been paid long ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from mps_module.engine.contract import BASE_KINDS, BillingRules, Contract, ContractVersion, LineKind
from mps_module.engine.months import DAY, anchored, month_index
from mps_module.engine.periods import BillPeriod, Period


class Stream(str, Enum):
    BASE = "base"
    OVERAGE = "overage"


@dataclass(frozen=True, slots=True)
class DuePeriod:
    """One period of one stream: `full` is the whole cycle it is (part of), `due` the date of the bill that has it."""

    period: Period
    full: Period
    due: date
    version: ContractVersion


def due_periods(contract: Contract, after: date | None, until: date) -> list[BillPeriod]:
    """The bills that fall due after the cursor, oldest first, one per due date.

    Args:
        after: due date of the last bill (the cursor); None: nothing was billed yet, start with the contract.
        until: last due date wanted, included.

    Returns:
        What was missed comes first, each period as a bill of its own. The last one falls due the day after the
        contract's end. A period for which its version has no line to charge (no base lines, nothing in arrears) is
        left out, so that no empty bill comes under a minimum.
    """
    found: dict[date, BillPeriod] = {}
    for one in periods(contract, Stream.BASE, after, until):
        # A block of copies is bought with the first base period and renewed in arrears.
        bought = BASE_KINDS | {LineKind.BLOCK} if one.period.start == contract.start else BASE_KINDS
        if any(line.kind in bought for line in one.version.lines):
            found[one.due] = BillPeriod(one.due, base=one.period, base_full=one.full)
    for one in periods(contract, Stream.OVERAGE, after, until):
        if any(line.kind not in BASE_KINDS for line in one.version.lines):
            bill = found.get(one.due) or BillPeriod(one.due)
            found[one.due] = replace(bill, overage=one.period, overage_full=one.full)
    return [found[due] for due in sorted(found)]


def settlement(contract: Contract, after: date | None, billed: Iterable[BillPeriod]) -> BillPeriod | None:
    """The bill that pays back what was billed beyond the end of a contract that was ended back in time.

    It has no period of its own, only the adjustments of earlier bills, and is dated the day after the last of them. A
    bill without rows is none: what was charged beyond the end may be kept, or was paid back already.

    Args:
        after: due date of the last bill (the cursor).
        billed: what the posted bills charged.

    Returns: None where nothing lies beyond the end, or a last bill of the contract's own still comes and carries it.
    """
    if contract.end is None or after is None:
        return None
    charged = (period for one in billed for period in (one.base, one.overage))
    if not any(period is not None and period.end > contract.end for period in charged):
        return None
    if due_periods(contract, after, max(contract.end + DAY, after)):
        return None
    return BillPeriod(after + DAY)


def periods(contract: Contract, stream: Stream, after: date | None, until: date) -> list[DuePeriod]:
    """The periods of one stream that fall due after `after` (None: all) and not later than `until`."""
    return [one for one in _walk(contract, stream, after, until) if after is None or one.due > after]


def overage_periods(contract: Contract, before: date) -> list[tuple[Period, Period]]:
    """(period, full cycle) of every overage period that ended before the day `before`, oldest first: the history that
    carry-over, blocks and rows of estimates rest on."""
    walk = _walk(contract, Stream.OVERAGE, None, before)
    return [(one.period, one.full) for one in walk if one.period.end < before]


def _walk(contract: Contract, stream: Stream, after: date | None, until: date) -> Iterator[DuePeriod]:
    """The stream's periods in order, until one starts or falls due too late; begins a little before `after`."""
    day = contract.start
    last = contract.end
    previous: date | None = None  # when the period just before falls due
    while day <= until and (last is None or day <= last):
        version = contract.version_on(day)
        grid = _grid(contract, version, stream)
        change = _next_change(contract, version, stream, day)
        if after is not None:
            day = _skip(grid, day, after, change)
            version = contract.version_on(day)
        full = grid.cell(day)
        advance = stream is Stream.BASE and version.rules.base_in_advance
        end = full.end
        if change is not None and not advance:
            end = min(end, change - DAY)
        if last is not None:
            end = min(end, last)
        due = day if advance else end + DAY
        if previous is not None and due <= previous:
            # Base turned from arrears to advance: two periods fall due at once, and a bill holds one. The newer waits
            # a day, and where it is a single day the next one waits for it.
            due = previous + DAY
        if due <= until:
            yield DuePeriod(Period(day, end), full, due, version)
        previous = due
        day = end + DAY


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cycles of `months`, one of which begins in the month `origin` (index), each on the anchor day."""

    months: int
    anchor_day: int
    origin: int

    def cell(self, day: date) -> Period:
        """The full cycle in which `day` lies."""
        index = _anchor_month(day, self.anchor_day)
        first = index - (index - self.origin) % self.months
        return Period(anchored(first, self.anchor_day), anchored(first + self.months, self.anchor_day) - DAY)


def _grid(contract: Contract, version: ContractVersion, stream: Stream) -> _Grid:
    rules = version.rules
    months, anchor_day, anchor_month = _cycle(rules, stream)
    if anchor_month is not None:
        return _Grid(months, anchor_day, anchor_month - 1)
    # The grid goes back to the first of the versions in a row that share the cycle.
    begin = contract.start
    for one in contract.versions:
        if one.effective > version.effective:
            break
        if one.effective > begin and _cycle(contract.version_on(one.effective - DAY).rules, stream) != _cycle(
            one.rules, stream
        ):
            begin = one.effective
    return _Grid(months, anchor_day, _anchor_month(begin, anchor_day))


def _next_change(contract: Contract, version: ContractVersion, stream: Stream, day: date) -> date | None:
    """The first date after `day` from which a version with another cycle holds."""
    cycle = _cycle(version.rules, stream)
    for one in contract.versions:
        if one.effective > day and _cycle(one.rules, stream) != cycle:
            return one.effective
    return None


def _skip(grid: _Grid, day: date, after: date, change: date | None) -> date:
    """A later day on which a period of this grid starts, none of interest before it; else `day` itself."""
    target = after if change is None else min(after, change - DAY)
    if target <= day:
        return day
    # One cell more, so that the period before the first wanted one is seen too.
    start = grid.cell(grid.cell(target).start - DAY).start
    return max(start, day)


def _cycle(rules: BillingRules, stream: Stream) -> tuple[int, int, int | None]:
    months = rules.base_months if stream is Stream.BASE else rules.overage_months
    return max(months, 1), min(max(rules.anchor_day, 1), 31), rules.anchor_month


def _anchor_month(day: date, anchor_day: int) -> int:
    """Index of the month on whose anchor day the month of `day` began."""
    index = month_index(day)
    return index if day >= anchored(index, anchor_day) else index - 1
