"""What the calls of a period say of the service (domain: section 4; `engine.callbacks` has the words).

A call counts in the period in which it was completed; corrective calls only. Each has one technician who began it and
one who completed it, so the technicians add up to the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum

from mps_module.engine.callbacks import Call, Judged, judge


class By(str, Enum):
    """What figures can be told apart by."""

    TECHNICIAN = "technician"
    MODEL = "model"
    CONTRACT = "contract"
    CUSTOMER = "customer"
    TERRITORY = "territory"
    PROBLEM = "problem"
    MONTH = "month"


OF_DEVICES = frozenset({By.MODEL, By.CONTRACT, By.CUSTOMER, By.TERRITORY, By.MONTH})
"""Groups that have devices of their own, and so clicks: nobody's clicks are a technician's."""


@dataclass(frozen=True, slots=True)
class Field:
    """What is usual among dealers, percent (domain: section 4)."""

    first_call: tuple[int, int] = (32, 60)
    hold: tuple[int, int] = (21, 12)
    callbacks: tuple[int, int] = (25, 20)


FIELD = Field()


@dataclass(frozen=True, slots=True)
class Clicks:
    """Clicks of some devices in one month of the period; the fields name the groups that they belong to."""

    clicks: int
    month: str = ""
    model: str = ""
    customer: str = ""
    contract: str = ""
    territory: str = ""


@dataclass(slots=True)
class Figures:
    """Counts and sums of one group. Percentages are None where nothing was counted: no calls is not 0 %.

    Attributes:
        calls: corrective calls that were completed, by the technician of the first trip.
        closed: the same calls, by the technician who completed them.
        open, withdrawn: opened and not completed by the period's end; completed without any work.
        watched: closed ones whose days for a callback are not over yet.
        clicks: of the group's devices in the period; None: the group has none of its own.
    """

    calls: int = 0
    first: int = 0
    held: int = 0
    remote: int = 0
    trips: int = 0
    closed: int = 0
    callbacks: int = 0
    watched: int = 0
    open: int = 0
    withdrawn: int = 0
    clicked_calls: int = 0
    clicks: int | None = None
    lasted_calls: int = 0
    lasted_clicks: int = 0
    responses: int = 0
    response_hours: float = 0.0
    restores: int = 0
    restore_hours: float = 0.0
    agreed: int = 0
    kept: int = 0

    @property
    def first_call_percent(self) -> float | None:
        return percent(self.first, self.calls)

    @property
    def hold_percent(self) -> float | None:
        return percent(self.held, self.calls)

    @property
    def callback_percent(self) -> float | None:
        return percent(self.callbacks, self.closed)

    @property
    def kept_percent(self) -> float | None:
        return percent(self.kept, self.agreed)

    @property
    def mcbc(self) -> float | None:
        """Mean clicks between calls: clicks of the period / corrective calls on devices that click."""
        return self.clicks / self.clicked_calls if self.clicks and self.clicked_calls else None

    @property
    def lasted(self) -> float | None:
        """Mean clicks from a completed call to the device's next one."""
        return self.lasted_clicks / self.lasted_calls if self.lasted_calls else None

    @property
    def response(self) -> float | None:
        return self.response_hours / self.responses if self.responses else None

    @property
    def restore(self) -> float | None:
        return self.restore_hours / self.restores if self.restores else None

    def take(self, one: Judged, opener: bool, closer: bool, today: date) -> None:
        """Add a completed call, as the one who began it, who completed it, or both."""
        call = one.call
        if opener:
            self.calls += 1
            self.first += one.first_call
            self.held += call.was_held
            self.remote += not call.trips
            self.trips += len(call.trips)
            self.clicked_calls += call.counts_clicks
            if call.response_hours is not None:
                self.responses += 1
                self.response_hours += call.response_hours
            if call.kept is not None:
                self.agreed += 1
                self.kept += call.kept
        if closer:
            self.closed += 1
            self.callbacks += bool(one.called_back)
            over = call.completed.date() + timedelta(days=call.norm.days)
            self.watched += bool(call.device) and not one.called_back and over >= today
            if one.lasted is not None:
                self.lasted_calls += 1
                self.lasted_clicks += one.lasted
            if call.restore_hours is not None:
                self.restores += 1
                self.restore_hours += call.restore_hours


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day of the measures, and the day from which they are looked at."""

    start: date
    end: date
    today: date = field(default_factory=date.today)

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment.date() <= self.end


def percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def month_of(moment: datetime) -> str:
    return f"{moment.year}-{moment.month:02}"


def measure(
    calls: Sequence[Call],
    period: Period,
    by: By | None = None,
    clicks: Iterable[Clicks] = (),
    where: Callable[[Call], bool] | None = None,
) -> dict[str, Figures]:
    """Figures of the period by group; one group named "" where `by` is None.

    Args:
        calls: those completed in the period, and for callbacks those before and after it.
        clicks: of the devices in the period, called for or not.
        where: only these calls are counted; all are looked at for callbacks.
    """
    found: dict[str, Figures] = defaultdict(Figures)
    groups = group_of(by)
    for one in judge(calls):
        if where is not None and not where(one.call):
            continue
        began, ended = groups(one.call)
        if one.call.completed is None or one.call.completed.date() > period.end:
            found[began].open += one.call.opened.date() <= period.end
        elif period.holds(one.call.completed):
            found[began].take(one, True, began == ended, period.today)
            if began != ended:
                found[ended].take(one, False, True, period.today)
    for call in calls:
        wanted = where is None or where(call)
        if wanted and call.corrective and call.withdrawn and period.holds(call.completed):
            found[groups(call)[0]].withdrawn += 1
    if by is None or by in OF_DEVICES:
        for row in clicks:
            one = found[getattr(row, by.value) if by else ""]
            one.clicks = (one.clicks or 0) + row.clicks
    return {
        name: one
        for name, one in found.items()
        if any((one.closed, one.calls, one.open, one.withdrawn, one.clicks))
    }


def group_of(by: By | None) -> Callable[[Call], tuple[str, str]]:
    """Call -> (group of the one who began it, group of the one who completed it); they differ by technician only."""
    if by is None:
        return lambda call: ("", "")
    if by is By.TECHNICIAN:
        return lambda call: (call.opener, call.closer)
    if by is By.MONTH:
        return lambda call: (month_of(call.completed or call.opened),) * 2
    return lambda call: (getattr(call, by.value),) * 2
