"""Arithmetic with calendar months: an anchor day that a short month clips, and the months between."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

DAY = timedelta(days=1)


def month_index(day: date) -> int:
    """Months since year 0, so that months can be counted and compared."""
    return day.year * 12 + day.month - 1


def anchored(index: int, anchor_day: int) -> date:
    """The anchor day of the month with that index, clipped to the month's length (31 -> 28 February)."""
    year, month = divmod(index, 12)
    if anchor_day > 28:
        anchor_day = min(anchor_day, monthrange(year, month + 1)[1])
    return date(year, month + 1, anchor_day)


def add_months(day: date, months: int, anchor_day: int | None = None) -> date:
    """`day` that many months on (back, if negative), on `anchor_day` (default: the same day), clipped."""
    return anchored(month_index(day) + months, day.day if anchor_day is None else anchor_day)
