"""Who stands where: the example's devices, from plan/*.csv and the dealer's own models.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from examples.simulate import LAST_DAY, Odometer, Season, Volumes, at, chance, simulate

HERE = Path(__file__).resolve().parent
OPENING = date(2024, 11, 1)
NEVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Client:
    """A customer as the generator sees it. `method`: how its reads come in."""

    customer: str
    method: str
    zone: str
    season: Season


@dataclass(frozen=True, slots=True)
class Stay:
    """Where a device stood, from its first to its last day."""

    contract: str
    customer: str
    site: str
    department: str
    cost_center: str
    po: str
    group: str
    start: date
    end: date


@dataclass(slots=True)
class Machine:
    """A device, where it stood and what it printed."""

    device: str
    tag: str
    model: str
    brand: str
    serial: str
    counters: tuple[str, ...]
    stays: list[Stay]
    odometer: Odometer = field(default_factory=lambda: Odometer({}))

    @property
    def first_day(self) -> date:
        return self.stays[0].start

    @property
    def last_day(self) -> date:
        return self.stays[-1].end

    def stay_on(self, day: date) -> Stay | None:
        return next((s for s in self.stays if s.start <= day <= s.end), None)


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file as dictionaries."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def clients() -> dict[str, Client]:
    found = {}
    for row in table(HERE / "plan" / "customers.csv"):
        months = tuple(int(v) for v in list(row.values())[4:])
        season = Season(months, int(row["weekend"]))
        found[row["customer"]] = Client(row["customer"], row["method"], row["zone"], season)
    return found


def models() -> dict[str, tuple[str, tuple[str, ...], dict[str, int]]]:
    """model -> brand, real counters, digits."""
    found: dict[str, tuple[str, tuple[str, ...], dict[str, int]]] = {}
    for row in table(HERE / "dealer" / "models.csv"):
        brand, counters, digits = found.get(row["model"], (row["brand"], (), {}))
        if not row["formula"]:
            counters, digits = (*counters, row["meter"]), {**digits, row["meter"]: int(row["digits"])}
        found[row["model"]] = (brand, counters, digits)
    return found


def _serial(brand: str, device: str) -> str:
    """A serial number in the manner of the maker (invented)."""
    rng = chance("serial", device)
    letters, digits = "ABCDEFGHJKLMNPRSTUVWXY", "0123456789"
    shapes = {
        "Ricoh": "3aa9ddddddd",
        "Canon": "aaadddddd",
        "Sharp": "dddddddddd",
        "Konica Minolta": "AA2Ad41dddddd",
        "HP": "aaaaddaddd",
        "Kyocera": "aaaddddddd",
        "Brother": "Uddddda9Addddd",
        "Xerox": "aaaddddddd",
        "Lexmark": "dddddddddaadd",
    }
    pools = {"a": letters, "d": digits}
    return "".join(rng.choice(pools[c]) if c in pools else c for c in shapes[brand])


def _day(text: str, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise


def _stays(row: dict[str, str]) -> list[Stay]:
    first = date(2024, 11, 15) if row["contract"] == "C-1015" else OPENING
    stay = Stay(
        **{k: row[k] for k in ("contract", "customer", "site", "department", "cost_center", "po", "group")},
        start=_day(row["start"], first),
        end=_day(row["end"], NEVER),
    )
    if row["tag"] == "move-site":
        moved = date(2026, 9, 15)
        return [
            _until(stay, moved - timedelta(days=1)),
            _moved(stay, moved, site="Alder Elementary", cost_center="120"),
        ]
    if row["tag"] == "move-customer":
        town = {"contract": "C-1006", "customer": "CUST-06", "site": "Town hall", "department": "Treasurer"}
        return [stay, _moved(stay, date(2026, 5, 4), **town, po="TE-2210")]
    return [stay]


def _until(stay: Stay, end: date) -> Stay:
    return Stay(**{**_fields(stay), "end": end})


def _moved(stay: Stay, start: date, **changes: str) -> Stay:
    return Stay(**{**_fields(stay), **changes, "start": start, "end": NEVER})


def _fields(stay: Stay) -> dict:
    return {name: getattr(stay, name) for name in Stay.__slots__}


def _rows() -> Iterator[dict[str, str]]:
    for row in table(HERE / "plan" / "placements.csv"):
        for _ in range(int(row["count"])):
            yield row


def _start(row: dict[str, str], volumes: Volumes, device: str) -> dict[str, int]:
    """Counters on the first day: a new device has its test prints, the others have run for one to five years."""
    rng = chance("start", device)
    months = 12 + int(rng.random() * 48) if _day(row["start"], OPENING) == OPENING else 0
    test = 8 + int(rng.random() * 30)
    wide = volumes.a3 / 100
    return {
        "mono_a4": int(volumes.mono * (1 - wide) * months) + test,
        "mono_a3": int(volumes.mono * wide * months),
        "colour_a4": int(volumes.colour * (1 - wide) * months) + (test // 2 if volumes.colour else 0),
        "colour_a3": int(volumes.colour * wide * months),
        "scan": int(volumes.scan * months),
    }


def _extra(tag: str) -> dict[tuple[int, int], float]:
    if tag == "election":  # ballots and sample ballots: a read far above the usual, and yet true
        return {(2026, 10): 3.6}
    if tag == "negative-true-up":  # the dock closed in September, which an estimate cannot know
        return {(2026, 9): 0.02, (2026, 10): 0.05}
    return {}


def machines(people: dict[str, Client]) -> list[Machine]:
    """All devices in the order of the plan, numbered H-1001 on."""
    known, found = models(), []
    for number, row in enumerate(_rows(), 1001):
        device = f"H-{number}"
        brand, counters, digits = known[row["model"]]
        volumes = Volumes(*(int(row[k]) for k in ("mono", "colour", "a3", "scan")))
        # No two devices of a row are alike.
        share = 0.75 + 0.5 * chance("share", device).random()
        volumes = Volumes(
            int(volumes.mono * share), int(volumes.colour * share), volumes.a3, int(volumes.scan * share)
        )
        machine = Machine(
            device, row["tag"], row["model"], brand, _serial(brand, device), counters, _stays(row)
        )
        spans = [(s.start, s.end) for s in machine.stays]
        season = people[row["customer"]].season
        start = _start(row, volumes, device)
        machine.odometer = simulate(device, volumes, season, spans, start, _extra(row["tag"]))
        machine.odometer.digits = digits
        found.append(machine)
    _quirks({m.tag: m for m in found if m.tag}, found)
    return found


def _quirks(tagged: dict[str, Machine], every: Iterable[Machine]) -> None:
    """Traps that lie in the devices themselves."""
    tagged["dup-b"].serial = tagged["dup-a"].serial
    tagged["blank-a"].serial = tagged["blank-b"].serial = ""
    tagged["miss-by-7"].odometer.gap = 7
    tagged["board-swap"].odometer.resets.append(at(date(2026, 10, 13), 11, 40))
    tagged["dead-board"].odometer.resets.append(at(date(2025, 6, 17), 14, 20))
    # Set the old Canon so that it passes 999,999 about two weeks into October 2026.
    rolling = tagged["rollover"].odometer
    short = 1_000_000 - rolling.clicks("mono", at(date(2026, 10, 14), 7))
    rolling.sums["mono_a4"] = [value + short for value in rolling.sums["mono_a4"]]
    assert all(m.last_day > LAST_DAY or m.tag in ("leave-mid", "swap-out") for m in every)
