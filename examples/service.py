"""Calls and parts of the two customers who pay for service by the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from examples.plan import OPENING, Machine
from examples.simulate import at, chance

PROBLEMS = (
    "Paper jam in the duplex unit",
    "Light print on the left side",
    "Does not wake from sleep",
    "Fuser error 121.08",
    "Feeds two sheets at once",
    "Network scan stopped working",
    "Grinding noise at the start of a job",
    "Toner not recognised",
)
PARTS = (
    ("40X8024", "Fuser maintenance kit", "286.400000"),
    ("41X1115", "Pick roller kit", "38.900000"),
    ("40X7593", "Transfer roller", "61.250000"),
    ("41X2233", "Duplex sensor", "24.700000"),
)
BY_INCIDENT, BY_TIME = "C-1008", "C-1013"
TRAVEL_TIME = {"Winnipeg hub": "1", "Brandon depot": "4", "Thunder Bay depot": "14", "Gull Point": "1"}


@dataclass(frozen=True, slots=True)
class Call:
    """A closed call as billing sees it; `travel` counts trips of half an hour."""

    call: str
    device: str
    day: date
    contract: str
    incident: bool
    hours: str
    travel: str
    description: str
    parts: tuple[tuple[str, str, str, str], ...] = ()


def _call(number: int, machine: Machine, day: date, contract: str) -> Call:
    rng = chance("call", number)
    problem = PROBLEMS[int(rng.random() * len(PROBLEMS))]
    # One call in five is not covered by the price per call (damage by the user): time, way and parts are billed.
    incident = contract == BY_INCIDENT and rng.random() > 0.2
    if incident:
        return Call(f"SC-{number}", machine.device, day, contract, True, "0", "0", problem)
    hours = ("0.5", "0.75", "1", "1.25", "1.5", "2.25")[int(rng.random() * 6)]
    parts = ()
    if rng.random() < 0.7:
        item, text, rate = PARTS[int(rng.random() * len(PARTS))]
        parts = ((item, "2" if rng.random() < 0.2 else "1", rate, text),)
    travel = TRAVEL_TIME[machine.stays[0].site]
    return Call(
        f"SC-{number}", machine.device, day, contract, False, hours, travel, f"{problem} (not covered)", parts
    )


def calls(machines: list[Machine]) -> list[Call]:
    """About three calls a month at the logistics customer, one in a while at the marina; none while nobody is there."""
    by_contract = {
        name: [m for m in machines if m.stays[0].contract == name] for name in (BY_INCIDENT, BY_TIME)
    }
    found, day, last = [], OPENING, date(2026, 11, 19)
    rng = chance("calls")
    while day <= last:
        for contract, odds in ((BY_INCIDENT, 0.15), (BY_TIME, 0.05)):
            hit, which = rng.random() < odds, rng.random()
            fit = [m for m in by_contract[contract] if m.first_day < day]
            if day.weekday() < 5 and hit and fit:
                found.append(_call(4001 + len(found), fit[int(which * len(fit))], day, contract))
        day += timedelta(days=1)
    return found


def visit_time(call: Call):
    """When the technician read the device on the visit."""
    return at(call.day, 9 + int(chance("visit", call.call).random() * 6), 20)
