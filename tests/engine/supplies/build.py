"""Levels of a toner for the tests: days after 1 January 2026, noon in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from mps_module.engine.supply_levels import Level, State, of_percent

FIRST = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def at(day: float) -> datetime:
    return FIRST + timedelta(days=day)


def level(day: float, percent: float) -> Level:
    return of_percent(percent, at(day))


def told(day: float, state: State) -> Level:
    return Level(at(day), 0.0 if state is State.EMPTY else None, state)


def levels(**by_day: float) -> list[Level]:
    """`levels(d0=100, d20=60)`."""
    return [level(int(day[1:]), percent) for day, percent in by_day.items()]
