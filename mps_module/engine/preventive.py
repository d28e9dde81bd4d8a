"""Preventive maintenance: due after so many clicks or so many days, whichever comes first (domain: section 4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

FARTHEST = 1100
"""Days that a forecast by clicks looks ahead."""


@dataclass(frozen=True, slots=True)
class Interval:
    """How often a device is maintained; 0: not by that."""

    clicks: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """When the next maintenance falls due.

    Attributes:
        on: the earlier of `by_days` and `by_clicks`; None: not within FARTHEST days. by: which of them it is.
        clicks: since the last one. share: of the interval that is used up, the larger of days and clicks (1.0: due).
    """

    on: date | None
    by: str
    clicks: int
    share: float
    by_days: date | None = None
    by_clicks: date | None = None


Pace = Callable[[int], float]
"""Clicks expected in so many days after the last read; never falls as the days grow."""


def days_until(clicks: float, pace: Pace, farthest: int = FARTHEST) -> int | None:
    """The fewest days in which `clicks` are expected; None: not within `farthest`."""
    if clicks <= 0:
        return 0
    if pace(farthest) < clicks:
        return None
    return bisect_left(range(farthest + 1), clicks, key=pace)


def next_due(
    interval: Interval, last_on: date, clicks: int, read_on: date, today: date, pace: Pace
) -> Due | None:
    """When maintenance is due after the one of `last_on`; None: the device needs none.

    Args:
        clicks: since then, up to the last read.
        read_on: day of that read; the clicks' pace counts from it.
    """
    found: list[tuple[date, str]] = []
    shares = []
    if interval.clicks > 0:
        shares.append(clicks / interval.clicks)
        days = days_until(interval.clicks - clicks, pace)
        if days is not None:
            found.append((read_on + timedelta(days=days), "clicks"))
    if interval.days > 0:
        shares.append((today - last_on).days / interval.days)
        found.append((last_on + timedelta(days=interval.days), "days"))
    if not shares:
        return None
    on, by = min(found, default=(None, ""))
    dates = {kind: day for day, kind in found}
    return Due(on, by, clicks, max(shares), dates.get("days"), dates.get("clicks"))
