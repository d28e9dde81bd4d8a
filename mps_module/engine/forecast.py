"""Expected volume of a meter, from its own reads before a boundary (domain: section 2, "Estimate").

Plain rule: last + daily volume x days, where the daily volume is that of the last quarter (91 days), or the device's
expected monthly volume / 30.25. With 13 or more months of reads the season counts: an index for every calendar month
(median over the years of month / its twelve months' mean, drawn towards 1 while there are few years), and a level
from the last months with their season taken out (weighted median, so that one odd month does not carry it).

The interval (90 %) comes from how far the same rule missed the meter's own past months. Floats here, whole clicks out:
an estimate is no money, and the next actual read trues it up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from math import ceil, sqrt

MONTH_DAYS = Decimal("30.25")
DAY = 86400.0
QUARTER = 91 * DAY
ENOUGH_DAYS = 28  # shorter histories give way to the device's expected monthly volume
LEAST_DAYS = 7  # below that no volume is taken from reads at all
SEASON_DAYS = 13 * 30.25
CONFIDENCE = 0.90
USUAL_MISS = 0.60  # relative error assumed while there are fewer than FEW past errors
FEW = 4
UNKNOWN_MONTHLY = 5000  # upper end of the interval where nothing at all is known, clicks a month
_MONTH = float(MONTH_DAYS)
_EPOCH = date(1970, 1, 1).toordinal()
_LEVEL_MONTHS = 4
_YEARS = 3


class Method(str, Enum):
    """What a forecast rests on."""

    SEASON = "season"
    RECENT = "recent"
    DEVICE = "device"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Clicks expected over some days, with a 90 % interval. `daily`: mean clicks a day."""

    clicks: int
    low: int
    high: int
    daily: float
    method: Method


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a meter before a boundary: the first `count` reads of these columns.

    Attributes:
        times: seconds since 1970 (UTC), rising. odometers: clicks since the first read.
        start: index of the first read that tells about this customer (the last install).
        gaps: indexes of reads before which nothing was counted.
    """

    times: Sequence[float]
    odometers: Sequence[int]
    count: int
    start: int = 0
    gaps: Sequence[int] = ()


def daily_volume(monthly: Decimal) -> Decimal:
    """Clicks a day of a monthly volume: a month has 30.25 days."""
    return monthly / MONTH_DAYS


def recent_daily(history: History) -> tuple[float, float] | None:
    """(clicks a day, days they were taken from) of the last 91 days with reads; None: under 7 days."""
    times, last, start = history.times, history.count - 1, history.start
    if last <= start:
        return None
    first = max(start, bisect_right(times, times[last] - QUARTER, start, last) - 1)
    span = times[last] - times[first]
    for gap in history.gaps:
        if first < gap <= last:
            span -= times[gap] - times[gap - 1]
    days = span / DAY
    if days < LEAST_DAYS:
        return None
    return max(0.0, (history.odometers[last] - history.odometers[first]) / days), days


def forecast(
    history: History, first_day: date, days: int, monthly: Decimal | None = None, seasonal: bool = True
) -> Forecast:
    """Clicks of the `days` days from `first_day` on.

    Args:
        history: reads before, only.
        first_day: local date of the first day to estimate (the day after the last read's).
        days: number of days, 0 or more.
        monthly: the device's expected clicks a month, for too short a history.
        seasonal: False: the last quarter's volume, whatever the season.
    """
    recent = recent_daily(history)
    if recent is None or (recent[1] < ENOUGH_DAYS and monthly is not None):
        return _without_history(days, monthly)
    rates, first_month = monthly_rates(history) if recent[1] >= ENOUGH_DAYS else ([], 0)
    if seasonal and len(rates) >= 12 and _history_days(history) >= SEASON_DAYS:
        indices = seasonal_indices(rates, first_month)
        level = _level(rates, first_month, indices, len(rates))
        clicks = level * _season_days(indices, first_day, days)
        return _with_interval(clicks, days, _season_misses(rates, first_month), Method.SEASON)
    return _with_interval(recent[0] * days, days, _recent_misses(rates), Method.RECENT)


def _history_days(history: History) -> float:
    return (history.times[history.count - 1] - history.times[history.start]) / DAY


def _without_history(days: int, monthly: Decimal | None) -> Forecast:
    if monthly is None:
        return Forecast(0, 0, ceil(UNKNOWN_MONTHLY / _MONTH * days), 0.0, Method.NONE)
    clicks = float(daily_volume(monthly * days))
    return _with_interval(clicks, days, [], Method.DEVICE)


def _with_interval(clicks: float, days: int, misses: list[float], method: Method) -> Forecast:
    """Add the interval. Misses are relative, of one month each; fewer days than a month scatter more."""
    miss = USUAL_MISS
    if len(misses) >= FEW:
        ranked = sorted(abs(miss) for miss in misses)
        miss = ranked[min(len(ranked), ceil(CONFIDENCE * (len(ranked) + 1))) - 1]
    half = clicks * miss * max(1.0, sqrt(_MONTH / days)) if days else 0.0
    low, high = max(0, int(clicks - half)), ceil(clicks + half)
    return Forecast(int(clicks + 0.5), low, high, clicks / days if days else 0.0, method)


def _month_start(month: int) -> float:
    """Seconds since 1970 at which month number `month` (12 x year + month - 1) begins."""
    return (date(month // 12, month % 12 + 1, 1).toordinal() - _EPOCH) * DAY


def monthly_rates(history: History) -> tuple[list[float], int]:
    """Clicks a day of every full calendar month with reads around it, the last three years at most.

    Returns:
        (rates, number of the first month = 12 x year + month - 1). Values at the turn of a month are interpolated;
        the days of an uncounted gap (board swap) do not count.
    """
    times, last = history.times, history.count - 1
    begin, end = times[history.start], times[last]
    first = _month_of(begin)
    if _month_start(first) < begin:
        first += 1
    stop = _month_of(end)
    first = max(first, stop - 12 * _YEARS)
    if stop <= first:
        return [], first
    edges = [_month_start(month) for month in range(first, stop + 1)]
    values = [odometer_at(history, edge) for edge in edges]
    rates = []
    for i in range(len(edges) - 1):
        span = edges[i + 1] - edges[i]
        for gap in history.gaps:
            if history.start < gap <= last:
                span -= max(0.0, min(times[gap], edges[i + 1]) - max(times[gap - 1], edges[i]))
        rates.append(max(0.0, (values[i + 1] - values[i]) / span * DAY) if span > DAY else 0.0)
    return rates, first


def _month_of(seconds: float) -> int:
    day = date.fromordinal(int(seconds // DAY) + _EPOCH)
    return day.year * 12 + day.month - 1


def odometer_at(history: History, at: float) -> float:
    """The odometer at a moment inside the history, straight between the reads around it."""
    times, odometers = history.times, history.odometers
    i = bisect_right(times, at, history.start, history.count)
    if i >= history.count:
        return odometers[history.count - 1]
    if i <= history.start:
        return odometers[history.start]
    before, after = times[i - 1], times[i]
    return odometers[i - 1] + (odometers[i] - odometers[i - 1]) * (at - before) / (after - before)


def _ratios(rates: list[float]) -> list[float]:
    """Every month's rate over the mean of the twelve months that lie best around it."""
    sums = [0.0]
    for rate in rates:
        sums.append(sums[-1] + rate)
    ratios = []
    for i, rate in enumerate(rates):
        low = max(0, min(i - 6, len(rates) - 12))
        mean = (sums[low + 12] - sums[low]) / 12
        ratios.append(rate / mean if mean > 0 else 1.0)
    return ratios


def _index(ratios: list[float]) -> float:
    """Median of a calendar month's ratios, drawn towards 1: three quarters of the way with one year, 9/10 with three."""
    if not ratios:
        return 1.0
    weight = len(ratios) / (len(ratios) + 1 / 3)
    return weight * _median(ratios) + (1 - weight)


def _median(values: list[float]) -> float:
    ranked = sorted(values)
    middle = len(ranked) // 2
    return ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2


def seasonal_indices(rates: list[float], first_month: int) -> list[float]:
    """Twelve indices, January first, with mean 1.

    Args:
        rates: clicks a day of at least twelve months in a row. first_month: number of the first one.
    """
    ratios = _ratios(rates)
    indices = [_index(ratios[(month - first_month) % 12 :: 12]) for month in range(12)]
    mean = sum(indices) / 12
    return [index / mean for index in indices] if mean > 0 else [1.0] * 12


def _level(rates: list[float], first_month: int, indices: Sequence[float], until: int) -> float:
    """Clicks a day without the season: median of rate / index over the last months before number `until`, each
    weighted by its index (a month in which little is printed tells little)."""
    pairs = []
    for i in range(max(0, until - _LEVEL_MONTHS), until):
        index = indices[(first_month + i) % 12]
        if index > 0:
            pairs.append((rates[i] / index, index))
    if not pairs:
        return 0.0
    pairs.sort()
    half = sum(weight for _, weight in pairs) / 2
    reached = 0.0
    for n, (value, weight) in enumerate(pairs):
        reached += weight
        if abs(reached - half) < 1e-9 and n + 1 < len(pairs):
            return (value + pairs[n + 1][0]) / 2
        if reached > half:
            return value
    return pairs[-1][0]


def _season_days(indices: Sequence[float], first_day: date, days: int) -> float:
    """Sum of the indices of `days` days."""
    total, day, left = 0.0, first_day, days
    while left > 0:
        month_end = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        part = min(left, (month_end - day).days)
        total += part * indices[day.month - 1]
        left -= part
        day = month_end
    return total


def _season_misses(rates: list[float], first_month: int) -> list[float]:
    """Relative errors of the seasonal rule on the last twelve months, each month's own figure left out of its index
    (with one year alone that means no season, so the interval stays wide until a second one is there)."""
    ratios = _ratios(rates)
    indices = seasonal_indices(rates, first_month)
    misses = []
    for i in range(max(FEW, len(rates) - 12), len(rates)):
        others = [ratio for n, ratio in enumerate(ratios) if n != i and (n - i) % 12 == 0]
        expected = _level(rates, first_month, indices, i) * _index(others)
        misses.append(_miss(rates[i], expected))
    return misses


def _recent_misses(rates: list[float]) -> list[float]:
    """Relative errors of the last quarter's rate on the month after it."""
    misses = []
    for i in range(1, len(rates)):
        before = rates[max(0, i - 3) : i]
        misses.append(_miss(rates[i], sum(before) / len(before)))
    return misses[-12:]


def _miss(actual: float, expected: float) -> float:
    if expected > 0:
        return actual / expected - 1
    return 1.0 if actual > 0 else 0.0
