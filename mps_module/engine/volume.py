"""What volume a new read may bring before somebody should look: expected volume x (1 + buffer) (domain: section 2).

Reads come daily or quarterly, so a single step says little: the volume is compared over a span of at least seven days,
from the last read that is a week or more older (from the first one known, if there is none; it then counts as a week).
Expected is the daily volume of the quarter before that span, the device's monthly volume while there are less than 28
days of reads, nothing (and so no flag) where neither is known. A read is not remarkable where the same days a year
before ran as high, so a season's rise is no noise; and a jump flags the read that brought it, not the ones after it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from mps_module.engine.forecast import DAY, ENOUGH_DAYS, LEAST_DAYS, QUARTER, History, odometer_at

YEAR = 365 * DAY
WEEK = LEAST_DAYS * DAY
MEMORY = YEAR + 2 * QUARTER  # how far back a judgement looks, seconds
_ROUNDING = 1e-6


@dataclass(slots=True)
class Standing:
    """The reads that stand before the one being judged: the ledger's, and the new ones accepted so far."""

    times: list[float] = field(default_factory=list)
    odometers: list[int] = field(default_factory=list)
    value: int | None = None  # of the last one
    start: int = 0  # index of the last install: what was printed elsewhere tells nothing


@dataclass(frozen=True, slots=True)
class Excess:
    """More than expected: `used` clicks in `days` days where `expected` were."""

    used: int
    days: float
    expected: float
    factor: float

    @property
    def message(self) -> str:
        return (
            f"{self.used:,} clicks in {self.days:.0f} days, {self.expected:,.0f} expected: above by more than the "
            f"buffer of {(self.factor - 1) * 100:.0f} %."
        )


def excess(
    standing: Standing, now: float, odometer: int, monthly_daily: float | None, factor: float
) -> Excess | None:
    """Whether a read at `now` (seconds) with this odometer brings too much.

    Args:
        standing: the reads before it.
        monthly_daily: clicks a day that the device is expected to make; None: unknown.
        factor: 1 + buffer.
    """
    times, odometers, start = standing.times, standing.odometers, standing.start
    last = len(times) - 1
    if start > last:
        return None
    base = max(start, bisect_right(times, now - WEEK, start) - 1)
    daily = expected_daily(standing, base, monthly_daily)
    if daily is None:
        return None
    limit = daily * factor
    used = odometer - odometers[base]
    seconds = max(now - times[base], WEEK)
    if used <= limit * seconds / DAY + _ROUNDING:
        return None
    if base < last and odometers[last] - odometers[base] > limit * max(times[last] - times[base], WEEK) / DAY:
        # An earlier read brought the rise and was flagged for it; this one answers for its own part.
        base = last
        used, seconds = odometer - odometers[last], max(now - times[last], WEEK)
        if used <= limit * seconds / DAY + _ROUNDING:
            return None
    if used <= last_year(standing, times[base], now) * factor + _ROUNDING:
        return None
    return Excess(used, seconds / DAY, daily * seconds / DAY, factor)


def excess_after(
    standing: Standing, used: int, seconds: float, monthly_daily: float | None, factor: float
) -> Excess | None:
    """The same for `used` clicks between a back-dated reset or install and the read after it."""
    daily = expected_daily(standing, len(standing.times) - 1, monthly_daily)
    days = max(seconds, WEEK) / DAY
    if daily is None or used <= daily * factor * days + _ROUNDING:
        return None
    return Excess(used, days, daily * days, factor)


def expected_daily(standing: Standing, base: int, monthly_daily: float | None) -> float | None:
    """Expected clicks a day as seen at the read of index `base`; None: unknown."""
    times, start = standing.times, standing.start
    if base <= start:
        return monthly_daily
    since = max(start, bisect_right(times, times[base] - QUARTER, start, base) - 1)
    days = (times[base] - times[since]) / DAY
    if days < ENOUGH_DAYS and monthly_daily is not None:
        return monthly_daily
    if days < LEAST_DAYS:
        return None
    return (standing.odometers[base] - standing.odometers[since]) / days


def last_year(standing: Standing, since: float, now: float) -> float:
    """Clicks in the same days a year before (7 at least); 0 where the reads do not reach back so far."""
    low, high = min(since, now - WEEK) - YEAR, now - YEAR
    if low < standing.times[standing.start] or high > standing.times[-1]:
        return 0.0
    history = History(standing.times, standing.odometers, len(standing.times))
    return odometer_at(history, high) - odometer_at(history, low)
