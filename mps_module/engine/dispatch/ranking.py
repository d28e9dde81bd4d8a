"""Technicians for calls, ranked by the chance of closing each in one visit and by the time that is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mps_module.engine.dispatch.days import Gap, first_slot, gaps
from mps_module.engine.dispatch.history import Demand, Trunk
from mps_module.engine.dispatch.values import NEVER, Call, Candidate, Technician, Travel

NOT_SET_UP = 0.8
"""Skill of a technician of whom no skills are recorded: nothing speaks against them."""
UNLISTED = 0.3
"""Skill for a device that none of the recorded skills fits."""
NARROW = ("model", "brand", "category")
LATE_STEP = 4 * 60
OPEN_STEP = 24 * 60


def skill_for(technician: Technician, call: Call) -> tuple[float, str]:
    """(level, which entry gave it). The device's model counts before its brand, that before its category.

    An entry speaks for the narrowest thing that it names: one for a model says nothing about the brand's other models.
    """
    if not technician.skills:
        return NOT_SET_UP, "none"
    found: dict[str, float] = {}
    for skill in technician.skills:
        scope = next((name for name in NARROW if getattr(skill, name)), "any")
        if scope == "any" or getattr(skill, scope) == getattr(call, scope):
            found[scope] = max(skill.level, found.get(scope, 0.0))
    for scope in (*NARROW, "any"):
        if scope in found:
            return found[scope], scope
    return UNLISTED, "unlisted"


class Ready:
    """A technician with what is counted once for all calls: the trunk against the history, the gaps of the day."""

    __slots__ = ("free", "skills", "technician", "trunk")

    def __init__(self, technician: Technician, demand: Demand, now: int) -> None:
        self.technician = technician
        self.trunk = Trunk(demand, technician.aboard)
        self.free: tuple[Gap, ...] = gaps(technician, now)
        self.skills: dict[tuple[str, str, str], tuple[float, str]] = {}

    def skill(self, call: Call) -> tuple[float, str]:
        key = (call.model, call.brand, call.category)
        if key not in self.skills:
            self.skills[key] = skill_for(self.technician, call)
        return self.skills[key]

    def candidate(self, call: Call, kinds: tuple, travel: Travel) -> Candidate:
        skill, source = self.skill(call)
        parts = self.trunk.chance(kinds)
        slot = first_slot(self.free, call, call.minutes, travel)
        latest = call.latest_start
        return Candidate(
            self.technician.key,
            skill * parts,
            skill,
            source,
            parts,
            slot.arrive if slot else None,
            slot.travel if slot else 0,
            None if latest == NEVER or slot is None else latest - slot.arrive,
        )


def order(candidate: Candidate, now: int) -> tuple:
    """In time before late. Among those in time, and among those who are late by about as much, the chance decides."""
    if candidate.arrive is None:
        return (2, 0, -candidate.chance, 0, candidate.technician)
    wait = candidate.arrive - now
    if candidate.spare is None:
        step = wait // OPEN_STEP
    else:
        step = 0 if candidate.in_time else -candidate.spare // LATE_STEP
    return (not candidate.in_time, step, -round(candidate.chance, 4), wait, candidate.technician)


def rank_all(
    calls: Iterable[Call], technicians: Sequence[Technician], demand: Demand, now: int, travel: Travel
) -> dict[str, tuple[Candidate, ...]]:
    """Every technician for every call, best first. Trunks, days and skills are looked at once each."""
    ready = [Ready(technician, demand, now) for technician in technicians]
    found: dict[str, tuple[Candidate, ...]] = {}
    for call in calls:
        kinds = demand.known(call)
        each = [one.candidate(call, kinds, travel) for one in ready]
        found[call.key] = tuple(sorted(each, key=lambda candidate: order(candidate, now)))
    return found


def rank(
    call: Call, technicians: Sequence[Technician], demand: Demand, now: int, travel: Travel
) -> tuple[Candidate, ...]:
    """The technicians for one call, best first."""
    return rank_all([call], technicians, demand, now, travel)[call.key]


def urgency(
    now: int, opened: int | None, due: int | None, at_risk: float = 0.25, paused: bool = False
) -> tuple[str, float]:
    """(state, place in the queue): the most urgent has the lowest place.

    State: "Late", "At Risk" (less than the share `at_risk` of the time is left), "Running", "On Hold", or "" without
    a promise. On hold the clock stands still, so such calls come after those that run.
    """
    if paused:
        return "On Hold", float(NEVER)
    if due is None:
        return "", float(NEVER) * 2 + (opened or 0)
    left = due - now
    if left < 0:
        return "Late", float(due)
    whole = due - opened if opened is not None else 0
    return ("At Risk" if whole > 0 and left < at_risk * whole else "Running"), float(due)
