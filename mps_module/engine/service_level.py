"""How one time of a service level stands: response (somebody on site, or a remote fix) and restore."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from mps_module.engine.worktime import WorkWeek

ZERO = timedelta()


class State(str, Enum):
    """NONE: nothing was promised, or the call was withdrawn."""

    NONE = ""
    RUNNING = "Running"
    AT_RISK = "At Risk"
    LATE = "Late"
    HELD = "On Hold"
    KEPT = "Kept"
    MISSED = "Missed"


OPEN = frozenset({State.RUNNING, State.AT_RISK, State.LATE, State.HELD})


@dataclass(frozen=True, slots=True)
class Clock:
    """One time of a call. All moments in the site's time without an offset.

    Attributes:
        started: when the clock began. due: None: nothing promised (or the ERP took it back while on hold).
        done: None: not yet. held: the customer keeps the call waiting. over: the call ended.
    """

    started: datetime
    due: datetime | None
    done: datetime | None = None
    held: bool = False
    over: bool = False


def state(clock: Clock, now: datetime, risk_share: float, week: WorkWeek | None = None) -> State:
    """How it stands at `now`.

    Args:
        risk_share: 0.25: at risk when less than a quarter of the time is left. In working time where `week` is known;
            of the night before it is due nothing is lost then.
    """
    if clock.done is not None:
        if clock.due is None:
            return State.NONE
        return State.KEPT if clock.done <= clock.due else State.MISSED
    if clock.over:
        return State.NONE
    if clock.held:
        return State.HELD
    if clock.due is None:
        return State.NONE
    if now > clock.due:
        return State.LATE
    return State.AT_RISK if _left(clock, now, week) < risk_share else State.RUNNING


def _left(clock: Clock, now: datetime, week: WorkWeek | None) -> float:
    """Share of the promised time that is left, 0 to 1."""
    due = clock.due or now
    if week is not None:
        promised, left = week.between(clock.started, due), week.between(now, due)
    else:
        promised, left = (due - clock.started).total_seconds(), (due - now).total_seconds()
    return left / promised if promised > 0 else 0.0


def response_due(
    promised: datetime | None, held: timedelta = ZERO, in_promised: bool = False
) -> datetime | None:
    """When the response is due, with the time that the call was on hold before it.

    Args:
        promised: the ERP's own time. in_promised: it holds the hold already (the ERP adds it for as long as nobody
            answered; the answer that it counts may be a mail, or the hold itself).
    """
    if promised is None or in_promised:
        return promised
    return promised + max(held, ZERO)
