"""Room for one more call: whose day can move, and what moves, without making another call late.

A day gives way in one of three forms: it has a gap already; what comes after the new call is pushed back; or one stop
goes to a colleague. Nobody on the way or on site is moved. A moved call keeps its promises and its working day; one that
is late already is not made later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mps_module.engine.dispatch.days import first_slot, gaps, running, stops_in
from mps_module.engine.dispatch.history import Demand
from mps_module.engine.dispatch.ranking import Ready
from mps_module.engine.dispatch.values import (
    NEVER,
    Call,
    Move,
    Place,
    Proposal,
    Stop,
    Technician,
    Travel,
    latest_start,
)

Window = tuple[int, int]


def make_room(
    call: Call,
    technicians: Sequence[Technician],
    demand: Demand,
    now: int,
    travel: Travel,
    most: int = 5,
) -> tuple[Proposal, ...]:
    """The best proposals, one for each technician at most, best first.

    A call that cannot be reached in time any more gets the days where it is reached soonest, still at nobody's cost.
    """
    ready = {one.key: Ready(one, demand, now) for one in technicians}
    latest = call.latest_start if call.latest_start >= now else NEVER
    found: list[Proposal] = []
    for technician in technicians:
        window = next((each for each in technician.windows if each[1] > now), None)
        if window is None or window[0] > latest:
            continue
        own = ready[technician.key]
        chance = own.skill(call)[0] * own.trunk.chance(demand.known(call))
        offers = list(_offers(call, technician, window, ready, demand, now, travel, latest, chance))
        if offers:
            found.append(min(offers, key=_order))
    found.sort(key=_order if latest != NEVER else _soonest)
    return tuple(found[:most])


def _order(proposal: Proposal) -> tuple:
    return (-round(proposal.worth, 4), proposal.start, proposal.technician)


def _soonest(proposal: Proposal) -> tuple:
    return (proposal.start // 60, *_order(proposal))


def _offers(
    call: Call,
    technician: Technician,
    window: Window,
    ready: dict[str, Ready],
    demand: Demand,
    now: int,
    travel: Travel,
    latest: int,
    chance: float,
) -> Iterator[Proposal]:
    slot = first_slot(ready[technician.key].free, call, call.minutes, travel)
    if slot and slot.arrive <= min(latest, window[1]):
        yield Proposal(call.key, technician.key, slot.arrive, call.minutes, chance)
        return
    yield from _pushed(call, technician, window, now, travel, latest, chance)
    yield from _handed_over(call, technician, window, ready, demand, now, travel, latest, chance)


def _start_of(technician: Technician, window: Window, now: int) -> tuple[int, Place]:
    """When and where a day can take something new at the earliest."""
    bare = replace(technician, stops=tuple(stop for stop in technician.stops if running(stop, now)[1] <= now))
    first = gaps(bare, now)
    return (first[0].start, first[0].place) if first else (max(now, window[0]), technician.home)


def _pushed(
    call: Call,
    technician: Technician,
    window: Window,
    now: int,
    travel: Travel,
    latest: int,
    chance: float,
) -> Iterator[Proposal]:
    """The call goes between two stops, and those after it give way."""
    stops = stops_in(technician, window, now)
    free, place = _start_of(technician, window, now)
    for position in range(len(stops) + 1):
        if position:
            before = stops[position - 1]
            free, place = max(free, running(before, now)[1]), before.call.place
        if any(stop.fixed for stop in stops[position:]):
            continue
        arrive = free + travel.minutes(place, call.place)
        if arrive > latest:
            return
        moves = _chain(
            technician.key, stops[position:], arrive + call.minutes, call.place, window, now, travel
        )
        if moves is not None and arrive + call.minutes <= window[1]:
            yield Proposal(call.key, technician.key, arrive, call.minutes, chance, 0.0, moves)


def _chain(
    technician: str,
    stops: Sequence[Stop],
    free: int,
    place: Place,
    window: Window,
    now: int,
    travel: Travel,
) -> tuple[Move, ...] | None:
    """What moves if the stops can begin from `free` on; None where one would miss its promise or its day."""
    moves: list[Move] = []
    for stop in stops:
        planned = running(stop, now)[0]
        start = max(planned, free + travel.minutes(place, stop.call.place))
        if start > planned:
            if start > latest_start(stop.call, stop.minutes) or start + stop.minutes > window[1]:
                return None
            moves.append(
                Move(stop.key, stop.call.key, technician, stop.start, technician, start, stop.minutes)
            )
        free, place = start + stop.minutes, stop.call.place
    return tuple(moves)


def _handed_over(
    call: Call,
    technician: Technician,
    window: Window,
    ready: dict[str, Ready],
    demand: Demand,
    now: int,
    travel: Travel,
    latest: int,
    chance: float,
) -> Iterator[Proposal]:
    """One stop goes to the colleague with the best chance who has time for it on the same day."""
    for stop in stops_in(technician, window, now):
        if stop.fixed:
            continue
        left = replace(technician, stops=tuple(other for other in technician.stops if other is not stop))
        slot = first_slot(gaps(left, now), call, call.minutes, travel)
        if slot is None or slot.arrive > min(latest, window[1]):
            continue
        kinds = demand.known(stop.call)
        own = ready[technician.key]
        before = own.skill(stop.call)[0] * own.trunk.chance(kinds)
        best: tuple[float, int, str] | None = None
        for other in ready.values():
            if other.technician.key == technician.key:
                continue
            place = first_slot(other.free, stop.call, stop.minutes, travel)
            if place is None or place.arrive > _last_for(stop, window):
                continue
            after = other.skill(stop.call)[0] * other.trunk.chance(kinds)
            offer = (-after, place.arrive, other.technician.key)
            best = offer if best is None else min(best, offer)
        if best is not None:
            move = Move(
                stop.key, stop.call.key, technician.key, stop.start, best[2], best[1], stop.minutes
            )  # fmt: skip
            yield Proposal(
                call.key, technician.key, slot.arrive, call.minutes, chance, -best[0] - before, (move,)
            )


def _last_for(stop: Stop, window: Window) -> int:
    """Latest start of a stop at a colleague's: its promises, its day; what is late already is not made later."""
    last = min(latest_start(stop.call, stop.minutes), window[1] - stop.minutes)
    return last if stop.in_time else min(last, stop.start)
