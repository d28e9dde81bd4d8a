"""Calls, technicians and days on 12 January 2026, in minutes after midnight, for the tests of dispatch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

from mps_module.engine.dispatch import (
    Call,
    Demand,
    PastCall,
    Place,
    Skill,
    Stop,
    Technician,
    Travel,
    minutes_of,
)
from mps_module.engine.kit import Job

DAY = minutes_of(datetime(2026, 1, 12, tzinfo=timezone.utc))
TRAVEL = Travel(norm=30)
DEPOT = Place("depot", "North")


def at(hour: float) -> int:
    """9.5 is half past nine of the day; 33 is nine o'clock of the next."""
    return DAY + round(hour * 60)


def place(key: str = "customer", territory: str = "North") -> Place:
    return Place(key, territory)


def call(key: str = "C", where: str = "", hours: float = 1, **values) -> Call:
    """A call at a door of its own, unless `where` says otherwise."""
    for name in ("respond_by", "restore_by"):
        if values.get(name) is not None:
            values[name] = at(values[name])
    values.setdefault("place", place(where or f"door of {key}"))
    return Call(key, minutes=round(hours * 60), **values)


def stop(of: Call, start: float, fixed: bool = False) -> Stop:
    return Stop(f"A-{of.key}", of, at(start), of.minutes, fixed)


def technician(key: str = "Ana", *stops: Stop, level: float | None = 1.0, **values) -> Technician:
    """Works from 8 to 17 on two days, starts at the depot."""
    values.setdefault("windows", ((at(8), at(17)), (at(32), at(41))))
    values.setdefault("home", DEPOT)
    values.setdefault("skills", (Skill(level),) if level is not None else ())
    return Technician(key, stops=tuple(sorted(stops, key=lambda each: each.start)), **values)


def past(
    needs: Mapping[str, int] | None = None, times: int = 1, model: str = "MX", brand: str = "Sharp", problem: str = ""
) -> list[PastCall]:  # fmt: skip
    return [
        PastCall(
            Job.of(f"{model}-{brand}-{problem}-{needs}-{number}", needs or {}, model=model), brand, problem
        )
        for number in range(times)
    ]


def demand(*groups: list[PastCall], strength: float = 10) -> Demand:
    return Demand.of([each for group in groups for each in group], strength)
