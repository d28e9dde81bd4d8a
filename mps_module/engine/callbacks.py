"""Calls as the measures see them, and which of them repeat another one (domain: section 4).

- A call that was closed without a visit and without a remote fix was withdrawn. A cancelled visit never took place.
- First-call completion: one trip at most (remote work is no trip), not held for a part, not called back.
- Called back: after it was completed another corrective call for the same device was opened within the days of the
  norm and under its clicks. The clicks are those of the device's life (`engine.life`), so that a board swap or a new
  install changes nothing; where they are not known, the days alone decide. A callback may itself be called back, and
  two callbacks at once make one call that was called back.
- A call belongs to the technician of its first trip; called back is the one who completed it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

COMPLETE = "Complete"
HELD = "Held for Part"


@dataclass(frozen=True, slots=True)
class Norm:
    """A call so many calendar days and under so many clicks after the last one is a callback. 0 clicks: days decide."""

    days: int = 30
    clicks: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a call, on site or remote; `ended` is the time by which visits are ordered."""

    ended: datetime
    technician: str = ""
    outcome: str = COMPLETE
    remote: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the measures see it. All times are of one kind: aware, or in one zone without an offset.

    Attributes:
        device: key of the machine; empty: none, so it is never a callback.
        completed: None while it is open.
        remote_fix: completed from afar without a visit that says so.
        opened_life, completed_life: clicks of the device's life then; None: not read.
        response_hours, restore_hours: working hours of the service level, without hold; None: not known.
        kept: whether the service level was kept, response and restore; None: there was none, or it is not over.
        counts_clicks: the machine has a meter, so the call is one of "clicks between calls".
    """

    call: str
    opened: datetime
    completed: datetime | None = None
    device: str = ""
    model: str = ""
    customer: str = ""
    contract: str = ""
    territory: str = ""
    problem: str = ""
    corrective: bool = True
    visits: tuple[Visit, ...] = ()
    held: bool = False
    remote_fix: bool = False
    norm: Norm = Norm()
    opened_life: int | None = None
    completed_life: int | None = None
    response_hours: float | None = None
    restore_hours: float | None = None
    kept: bool | None = None
    counts_clicks: bool = True

    @property
    def made(self) -> list[Visit]:
        """Visits that took place, in order."""
        return sorted((v for v in self.visits if not v.cancelled), key=lambda v: v.ended)

    @property
    def trips(self) -> list[Visit]:
        return [visit for visit in self.made if not visit.remote]

    @property
    def withdrawn(self) -> bool:
        return self.completed is not None and not self.made and not self.remote_fix

    @property
    def was_held(self) -> bool:
        return self.held or any(visit.outcome == HELD for visit in self.made)

    @property
    def opener(self) -> str:
        """Technician of the first trip, else of the first remote visit."""
        return next((visit.technician for visit in (*self.trips, *self.made)), "")

    @property
    def closer(self) -> str:
        """Technician of the last visit that completed it, else of the last one."""
        made = self.made
        return next(
            (v.technician for v in reversed(made) if v.outcome == COMPLETE),
            made[-1].technician if made else "",
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """A corrective call, and what came after it.

    Attributes:
        callback_of: the completed call that this one repeats; empty: none.
        called_back: calls that repeat this one.
        lasted: clicks from its completion to the next corrective call on the device, however long; None: not known.
    """

    call: Call
    callback_of: str = ""
    called_back: tuple[str, ...] = ()
    lasted: int | None = None

    @property
    def first_call(self) -> bool:
        call = self.call
        return (
            call.completed is not None and len(call.trips) <= 1 and not call.was_held and not self.called_back
        )


def is_callback(before: Call, after: Call) -> bool:
    """Whether `after`, opened once `before` was completed, repeats it by the norm of `after`'s device."""
    if before.completed is None or after.opened <= before.completed:
        return False
    if (after.opened.date() - before.completed.date()).days > after.norm.days:
        return False
    known = before.completed_life is not None and after.opened_life is not None
    if not after.norm.clicks or not known:
        return True
    return after.opened_life - before.completed_life < after.norm.clicks


def judge(calls: Iterable[Call]) -> list[Judged]:
    """Each corrective call that was not withdrawn, with the calls before and after it on its device, oldest first."""
    of_device: dict[str, list[Call]] = defaultdict(list)
    wanted = [call for call in calls if call.corrective and not call.withdrawn]
    for call in wanted:
        if call.device:
            of_device[call.device].append(call)
    parents: dict[str, str] = {}
    children: dict[str, list[str]] = defaultdict(list)
    lasted: dict[str, int] = {}
    for own in of_device.values():
        for before, after in pairs(own):
            if is_callback(before, after):
                parents[after.call] = before.call
                children[before.call].append(after.call)
            if before.completed_life is not None and after.opened_life is not None:
                lasted.setdefault(before.call, max(after.opened_life - before.completed_life, 0))
    return [
        Judged(call, parents.get(call.call, ""), tuple(children[call.call]), lasted.get(call.call))
        for call in sorted(wanted, key=lambda each: (each.opened, each.call))
    ]


def pairs(calls: Sequence[Call]) -> list[tuple[Call, Call]]:
    """(last call that was completed before, call) for the calls of one device, by the time of opening."""
    events = [(call.opened, 0, n) for n, call in enumerate(calls)]
    events += [
        (max(call.completed, call.opened), 1, n) for n, call in enumerate(calls) if call.completed is not None
    ]
    found, last = [], None
    for _at, completes, n in sorted(events):
        if completes:
            last = calls[n]
        elif last is not None:
            found.append((last, calls[n]))
    return found
