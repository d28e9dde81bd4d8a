"""A technician's day: where it has room for a call, travel included."""

from __future__ import annotations

from dataclasses import dataclass

from mps_module.engine.dispatch.values import Call, Place, Stop, Technician, Travel


@dataclass(frozen=True, slots=True)
class Gap:
    """Free time. `onward`: where the technician has to be at its end; None: nowhere, the day ends."""

    start: int
    place: Place
    end: int
    onward: Place | None


@dataclass(frozen=True, slots=True)
class Slot:
    arrive: int
    travel: int


def running(stop: Stop, now: int) -> tuple[int, int]:
    """(start, end) as it will be: what has not begun begins now at the earliest, what runs over still runs."""
    if stop.fixed:
        return stop.start, max(stop.end, now)
    start = max(stop.start, now)
    return start, start + stop.minutes


def stops_in(technician: Technician, window: tuple[int, int], now: int) -> list[Stop]:
    """Stops that touch a window of work and are not behind, in order."""
    opens, closes = window
    return [
        stop
        for stop in technician.stops
        if stop.start < closes and stop.end > opens and running(stop, now)[1] > now
    ]


def gaps(technician: Technician, now: int) -> tuple[Gap, ...]:
    """Free time from now on, in order."""
    found: list[Gap] = []
    for window in technician.windows:
        opens, closes = window
        if closes <= now:
            continue
        free, place = max(opens, now), technician.home
        behind = [stop for stop in technician.stops if opens <= stop.start and running(stop, now)[1] <= now]
        if behind:
            place = behind[-1].call.place
        for stop in stops_in(technician, window, now):
            start, end = running(stop, now)
            if start > free:
                found.append(Gap(free, place, start, stop.call.place))
            if end > free:
                free, place = end, stop.call.place
        if free < closes:
            found.append(Gap(free, place, closes, None))
    return tuple(found)


def first_slot(free: tuple[Gap, ...], call: Call, minutes: int, travel: Travel) -> Slot | None:
    """The first arrival that leaves time for the work and for the way to what comes after it."""
    before, back = None, 0  # the way back to the end of a gap is the way out from there
    for gap in free:
        if gap.end - gap.start < minutes:
            continue
        way = back if gap.place is before else travel.minutes(gap.place, call.place)
        arrive = gap.start + way
        leave = arrive + minutes
        if leave > gap.end:
            continue
        if gap.onward is None:
            return Slot(arrive, way)
        before, back = gap.onward, travel.minutes(gap.onward, call.place)
        if leave + back <= gap.end:
            return Slot(arrive, way)
    return None
