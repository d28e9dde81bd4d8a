"""The ordinary reads of two years: every customer has its own way to send them in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from examples.plan import OPENING, Client, Machine
from examples.simulate import at, chance

LAST_READ = at(date(2026, 11, 20), 18)
# Boundaries that the ordinary way leaves out; traps.py fills some of them in another way.
SILENT: dict[str, frozenset[date]] = {
    "missing-month": frozenset({date(2026, 9, 30)}),
    "missing-now": frozenset({date(2026, 10, 31)}),
    "three-missing": frozenset({date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)}),
    "negative-true-up": frozenset({date(2026, 9, 30)}),
    "recorded-estimate": frozenset({date(2026, 3, 31)}),
    "back-dated": frozenset({date(2026, 9, 30)}),
    "rollover": frozenset({date(2026, 10, 31)}),
    "conflict": frozenset({date(2026, 10, 31)}),
}
# What each export has columns for; None: every counter.
WIDE: dict[str, tuple[str, ...]] = {
    "printtracker": ("total", "mono", "colour"),
    "fmaudit": ("total", "mono", "colour", "a3", "scan"),
    "salt-marsh": ("mono", "colour", "total"),
}


@dataclass(eq=False, slots=True)
class Reading:
    """What somebody or something read off one device at one moment, and the file that it ends up in.

    Attributes:
        values: counter -> what was written down.
        entered: when it got into the file (orders its rows); a back-dated read is entered late.
        kinds: counter -> kind where it differs from `kind`.
        supersedes: the reading that this one replaces, counter by counter.
        device, serial: as written in the file.
    """

    device: str
    serial: str
    at: datetime
    values: dict[str, str]
    file: str
    kind: str = "actual"
    source: str = "portal"
    reason: str = ""
    entered: datetime = datetime.min
    kinds: dict[str, str] = field(default_factory=dict)
    supersedes: Reading | None = None
    zone: str = ""
    model: str = ""
    site: str = ""


@dataclass(slots=True)
class Book:
    """All readings, and the truth at the boundaries: (device, counter, boundary day) -> clicks since the first read.

    Clicks that no read can know of (between the last read of a dead board and the first of the new one) are taken out
    of the truth by the trap that loses them, and stand in `lost`.
    """

    readings: list[Reading] = field(default_factory=list)
    truth: dict[tuple[str, str, date], int] = field(default_factory=dict)
    shown: dict[tuple[str, str, date], int] = field(default_factory=dict)
    lost: dict[tuple[str, str], int] = field(default_factory=dict)


def boundaries(machine: Machine) -> Iterator[date]:
    """Last days of the billing periods of the device's contracts, from the day before the first one on."""
    day = 14 if machine.stays[0].contract == "C-1015" else 0
    for months in range(25):
        year, month = 2024 + (9 + months) // 12, (9 + months) % 12 + 1
        if day:
            last = date(year + month // 12, month % 12 + 1, day)
        else:
            last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        if machine.first_day - timedelta(days=1) <= last < machine.last_day:
            yield last


def moment(machine: Machine, method: str, boundary: date) -> datetime:
    """When the device is read for `boundary`: within two days of the midnight that ends it, outside the hours in
    which people print where a collector does it."""
    rng = chance("moment", machine.device, boundary.isoformat())
    first, second = rng.random(), rng.random()
    if method == "printtracker":
        # Not between one and two: that hour happens twice on 1 November 2026.
        return at(boundary + timedelta(days=1), 2 + int(first * 4), int(second * 60))
    if method == "fmaudit":
        return at(boundary, 22 + int(first * 2), int(second * 60))
    if method == "staff":
        return at(boundary + timedelta(days=int(first * 2)), 16 + int(first * 3), int(second * 60))
    return at(boundary + timedelta(days=int(first * 3) - 1), 9 + int(second * 8), int(first * 60))


def file_of(method: str, customer: str, when: datetime) -> str:
    """File (without ending) that a reading of that moment stands in."""
    if method in ("printtracker", "fmaudit"):
        return f"{method}-{when.year}q{(when.month + 2) // 3}"
    if customer == "CUST-10" and when >= at(date(2026, 7, 15), 0):
        return "salt-marsh-hotels-2026"
    return f"{method}-{when.year}"


def columns_of(file: str) -> tuple[str, ...] | None:
    return next((columns for prefix, columns in WIDE.items() if file.startswith(prefix)), None)


def take(machine: Machine, client: Client, when: datetime, file: str, **more) -> Reading:
    """Read all counters that `file` has room for."""
    columns = columns_of(file)
    counters = [c for c in machine.counters if columns is None or c in columns]
    stay = machine.stay_on(when.date()) or machine.stays[-1]
    return Reading(
        device=machine.device,
        serial=machine.serial,
        at=when,
        values={counter: str(machine.odometer.shows(counter, when)) for counter in counters},
        file=file,
        model=f"{machine.brand} {machine.model}",
        site=stay.site,
        zone=client.zone,
        **{"entered": when, **more},
    )


def note(book: Book, machine: Machine, boundary: date, when: datetime) -> None:
    """Write the truth of a boundary down: what has been printed since the first read."""
    for counter in machine.counters:
        clicks = machine.odometer.clicks(counter, when) - book.truth[machine.device, counter, date.min]
        book.truth[machine.device, counter, boundary] = clicks
        book.shown[machine.device, counter, boundary] = machine.odometer.shows(counter, when)


def begin(book: Book, machine: Machine, when: datetime) -> None:
    """Clicks are counted from the first read on."""
    for counter in machine.counters:
        book.truth[machine.device, counter, date.min] = machine.odometer.clicks(counter, when)


def installed(machine: Machine, client: Client) -> Reading | None:
    """The technician's read at the start, unless a collector had seen the device by then."""
    first = machine.first_day
    if first == OPENING and client.method in ("printtracker", "fmaudit"):
        return None
    when = at(first, 7, 15 + int(chance("install", machine.device).random() * 40))
    return take(machine, client, when, f"technician-{first.year}", kind="install", source="technician")


def ordinary(book: Book, machine: Machine, client: Client) -> None:
    """Install read, a read at every boundary that is not silent, and a second one on the 24th where a collector
    sends two a month."""
    start = installed(machine, client)
    days = list(boundaries(machine))
    first = start.at if start else moment(machine, client.method, days[0])
    begin(book, machine, first)
    if start:
        book.readings.append(start)
        if days and days[0] < machine.first_day:
            note(book, machine, days.pop(0), first)
    source = {"portal": "portal", "staff": "staff"}.get(client.method, "collector")
    for day in days:
        if day in SILENT.get(machine.tag, ()):
            continue
        stay = machine.stay_on(day)
        if day >= machine.first_day and (stay is None or stay.end == day):  # a removal read closes it
            continue
        when = moment(machine, client.method, day)
        if when > LAST_READ:
            continue
        book.readings.append(
            take(machine, client, when, file_of(client.method, client.customer, when), source=source)
        )
        note(book, machine, day, when)
        if client.customer == "CUST-04" and day.month in (3, 6, 9, 12) and machine.first_day.day == 1:
            early = at(date(day.year, day.month, 24), 3, int(chance("early", machine.device).random() * 60))
            book.readings.append(
                take(machine, client, early, file_of(client.method, "", early), source=source)
            )
