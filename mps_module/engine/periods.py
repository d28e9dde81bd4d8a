"""Periods of days, and what falls due on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def overlap(self, start: date, end: date | None) -> Period | None:
        """The part of this period inside [start, end]; None: no common day."""
        low = max(self.start, start)
        high = self.end if end is None else min(self.end, end)
        return Period(low, high) if low <= high else None

    def __str__(self) -> str:
        return f"{self.start.isoformat()} – {self.end.isoformat()}"


@dataclass(frozen=True, slots=True)
class BillPeriod:
    """What one bill covers. `due` is the bill's date and, with the contract, its once-only key.

    Attributes:
        base: the base period that is charged (in advance: begins on `due`; in arrears: ended the day before), if one
            falls on this date.
        overage: the overage period that ended the day before `due`, if one did.
        base_full, overage_full: the full cycles that these are (parts of), for proration: a contract that starts or
            ends in mid-cycle is charged for base.days of base_full.days.
    """

    due: date
    base: Period | None = None
    overage: Period | None = None
    base_full: Period | None = None
    overage_full: Period | None = None

    @property
    def ruled_from(self) -> date:
        """The day whose contract version rules the whole bill (split, decimals): the first of its usage, else of its base."""
        period = self.overage or self.base
        return period.start if period else self.due

    @property
    def closes(self) -> date:
        """The day before the bill's date: the month that people say they are billing."""
        return self.due - timedelta(days=1)
