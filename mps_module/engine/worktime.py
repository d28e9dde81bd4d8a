"""Working hours between two moments: the days and hours of a service level, without its holidays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

MOST_DAYS = 3_700  # ten years; a call that is open longer has an error in its dates
_DAY = timedelta(days=1)
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """When a service level counts.

    Attributes:
        hours: weekday (Monday 0) -> (from, to); a day that is not named is off. To 00:00 means to midnight.
        holidays: days off.
    """

    hours: Mapping[int, tuple[time, time]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def between(self, start: datetime, end: datetime) -> float:
        """Working hours from `start` to `end`, both in the site's time without an offset; 0 where end lies before."""
        total, day = 0.0, start.date()
        for _ in range(MOST_DAYS):
            if day > end.date():
                break
            if day.weekday() in self.hours and day not in self.holidays:
                opens, closes = self.hours[day.weekday()]
                first = max(start, datetime.combine(day, opens))
                midnight = day + _DAY if closes == time() else day
                last = min(end, datetime.combine(midnight, closes))
                total += max((last - first).total_seconds(), 0.0)
            day += _DAY
        return total / _HOUR

    def worked(self, start: datetime, end: datetime, held: timedelta = timedelta()) -> float:
        """`between`, less the share of it that the call was on hold.

        The ERP keeps how long a call was held in all, not when: the hold is taken to have met working and free hours
        alike. (Two hours of hold in a span of 24 hours with 9 working hours take 0.75 hours off.)
        """
        span = (end - start).total_seconds()
        if span <= 0:
            return 0.0
        share = min(max(held.total_seconds() / span, 0.0), 1.0)
        return self.between(start, end) * (1 - share)
