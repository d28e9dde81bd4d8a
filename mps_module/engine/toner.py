"""Toner: how many days it lasts, how much of the page it covers, and when a request is asked about (domain: section 4).

Days to empty = level / slope since the last refill, from 14 days and 2 levels at least. Where a refill is too young,
the runs before it tell the pace; where there are none, clicks and yield at 5 % cover do. Which of them it was is said.
Floats here: nothing of it is billed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from mps_module.engine.supply_levels import DAY, Level, Run, State, dropped_suddenly, runs

LEAST_DAYS = 14
LEAST_LEVELS = 2
COVER = Decimal(5)
"""Percent of the page that a yield is stated for."""
FARTHEST = 3650
"""Days beyond which no date is told."""
TELLING = 20.0
"""Percent points that must be used up before the cover of the page is told from levels."""


class Basis(str, Enum):
    """What the pace of a supply rests on."""

    LEVELS = "levels"  # the slope since the last refill
    EARLIER = "earlier refills"  # the runs before it
    CLICKS = "clicks"  # clicks a day, the yield and 5 % cover
    NONE = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """Percent points that a supply loses a day."""

    daily: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a supply stands at a moment.

    Attributes:
        level: percent left when it was last told, at `taken_at`; None: the device tells only `state`.
        days_left: from the moment asked for, never below 0; None: no pace known, or nothing is used.
        refilled_at: when the last refill was first seen. left_before: percent that it found.
        doubtful: the newest level fell so suddenly that another should bear it out.
    """

    level: float | None
    state: State
    taken_at: datetime
    days_left: float | None = None
    pace: Pace = Pace(0.0, Basis.NONE)
    refilled_at: datetime | None = None
    left_before: float | None = None
    doubtful: bool = False

    def due(self, days_ahead: float) -> bool:
        """Whether it runs out within so many days, or the device says that it is low."""
        if self.state in (State.LOW, State.EMPTY):
            return True
        return self.days_left is not None and self.days_left <= days_ahead

    def empty_on(self, today: date) -> date | None:
        """The day on which it runs out."""
        if self.days_left is None or self.days_left > FARTHEST:
            return None
        return today + timedelta(days=int(self.days_left))


def days_to_empty(level: float, daily: float) -> float | None:
    """Level / slope. None: nothing is used."""
    return max(0.0, level) / daily if daily > 0 else None


def slope(run: Run) -> float | None:
    """Percent points a day of one run; None: under 14 days, or fewer than 2 levels."""
    if len(run.measured) < LEAST_LEVELS or run.days < LEAST_DAYS:
        return None
    return run.used / run.days


def pace_of(found: Sequence[Run], click_pace: float | None = None) -> Pace:
    """The pace of a supply.

    Args:
        found: its runs, oldest first.
        click_pace: percent a day by clicks and yield (`by_clicks`), for want of levels.
    """
    if found:
        daily = slope(found[-1])
        if daily is not None:
            return Pace(daily, Basis.LEVELS)
        long = [run for run in found[:-1] if slope(run) is not None]
        if long:
            return Pace(sum(run.used for run in long) / sum(run.days for run in long), Basis.EARLIER)
    if click_pace is not None and click_pace > 0:
        return Pace(click_pace, Basis.CLICKS)
    return Pace(0.0, Basis.NONE)


def by_clicks(clicks_a_day: float, yield_pages: int, toners: int = 1, cover: float = 5.0) -> float | None:
    """Percent of a supply that a day's clicks use: at 5 % cover, `yield_pages` x `toners` pages are 100 %."""
    pages = yield_pages * toners
    return 100.0 * clicks_a_day * cover / (float(COVER) * pages) if pages > 0 else None


def outlook(
    levels: Iterable[Level], now: datetime, click_pace: float | None = None, found: list[Run] | None = None
) -> Outlook | None:
    """How a supply stands at `now`; None: no level is known.

    Args:
        click_pace: see `pace_of`. found: the levels' runs, where they are known already.
    """
    if found is None:
        found = runs(levels)
    if not found:
        return None
    run, last = found[-1], found[-1].levels[-1]
    pace = pace_of(found, click_pace)
    days = None
    if last.percent is not None:
        whole = 0.0 if last.state is State.EMPTY else days_to_empty(last.percent, pace.daily)
        if whole is not None:
            days = max(0.0, whole - max(0.0, (now - last.taken_at).total_seconds() / DAY))
    return Outlook(
        last.percent,
        last.state,
        last.taken_at,
        days,
        pace,
        run.levels[0].taken_at if run.refilled else None,
        run.left_before,
        dropped_suddenly(run.levels),
    )


def refills(found: Iterable[Run]) -> list[datetime]:
    """When each refill was first seen."""
    return [run.levels[0].taken_at for run in found if run.refilled]


def fill_percent(yield_pages: int, toners: Decimal | int, clicks: int) -> Decimal | None:
    """Cover of the page: 5 % x yield x toners / clicks. One 3,000-page toner in 1,500 clicks is 10 %. None: no clicks."""
    if clicks <= 0 or yield_pages <= 0:
        return None
    return COVER * yield_pages * toners / clicks


def toners_used(found: Iterable[Run]) -> Decimal | None:
    """Toners used up in these runs, by their levels; None: too little to tell."""
    used = sum(run.used for run in found)
    return Decimal(str(round(used, 4))) / 100 if used >= TELLING else None


def spares(sent: Iterable[tuple[datetime, int]], fitted: Iterable[datetime]) -> int:
    """Toners that were sent and not yet fitted. A refill takes one of those sent before it; without one it takes none."""
    events = [(at, 0, qty) for at, qty in sent] + [(at, 1, -1) for at in fitted]
    left = 0
    for _at, _order, qty in sorted(events):
        left = max(0, left + qty)
    return left
