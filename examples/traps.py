"""The traps: every way in which a real month-end goes wrong, one device each (README.md tells which is where)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from examples.plan import Client, Machine
from examples.readings import Book, Reading, file_of, note, take
from examples.simulate import at

OCTOBER, SEPTEMBER = date(2026, 10, 31), date(2026, 9, 30)
Trap = Callable[[Book, Machine, Client], None]


def _technician(
    book: Book, machine: Machine, client: Client, when: datetime, kind: str, reason: str = ""
) -> Reading:
    reading = take(
        machine, client, when, f"technician-{when.year}", kind=kind, source="technician", reason=reason
    )
    book.readings.append(reading)
    return reading


def board_swap(book: Book, machine: Machine, client: Client) -> None:
    """The old board could still be read: two reads at one visit, and what is printed between them is nobody's."""
    when = machine.odometer.resets[0]
    last = when - timedelta(minutes=95)
    _technician(book, machine, client, last, "actual", "last value of the old board")
    _technician(book, machine, client, when, "reset", "main board replaced")
    _lose(book, machine, last, when)


def dead_board(book: Book, machine: Machine, client: Client) -> None:
    """The old board was dead: what was printed since the last read before is nobody's."""
    when = machine.odometer.resets[0]
    last = max(r.at for r in book.readings if r.device == machine.device and r.at < when)
    _technician(book, machine, client, when, "reset", "board dead, old counter not readable")
    _lose(book, machine, last, when)


def _lose(book: Book, machine: Machine, last: datetime, when: datetime) -> None:
    for counter in machine.counters:
        gone = machine.odometer.clicks(counter, when) - machine.odometer.clicks(counter, last)
        book.lost[machine.device, counter] = gone
    for device, counter, day in book.truth:
        if device == machine.device and day >= when.date():
            book.truth[device, counter, day] -= book.lost[device, counter]


def rollover(book: Book, machine: Machine, client: Client) -> None:
    """999,999 and on from 0: the clerk says so on the first read after it, for the counters that ran over."""
    when = at(OCTOBER, 16, 40)
    reading = take(machine, client, when, "staff-2026", kind="actual", source="staff")
    reading.kinds = {"mono": "rollover", "total": "rollover"}
    book.readings.append(reading)
    note(book, machine, OCTOBER, when)


def removed(book: Book, machine: Machine, client: Client) -> None:
    """Read on the last day, after the last print."""
    stay = machine.stays[0]
    when = at(stay.end, 16, 30)
    _technician(book, machine, client, when, "removal", "taken away")
    note(book, machine, stay.end, when)


def move_customer(book: Book, machine: Machine, client: Client) -> None:
    """Removal read at the old customer, install read at the new one, four days later."""
    removed(book, machine, client)
    _technician(book, machine, client, at(machine.stays[1].start, 7, 30), "install", "moved to the town hall")


def move_site(book: Book, machine: Machine, client: Client) -> None:
    """Moved between two schools on one contract: a read in between, in nobody's working hours."""
    when = at(machine.stays[1].start, 7, 20)
    _technician(book, machine, client, when, "actual", "moved to Alder Elementary")
    note(book, machine, machine.stays[0].end, when)


def back_dated(book: Book, machine: Machine, client: Client) -> None:
    """Read on 30 September, entered weeks later, after the October reads."""
    when = at(SEPTEMBER, 17, 20)
    reason = "read sheet of 30 September found in the van"
    late = take(
        machine,
        client,
        when,
        "staff-2026",
        source="technician",
        reason=reason,
        entered=at(date(2026, 11, 9), 10),
    )
    book.readings.append(late)
    note(book, machine, SEPTEMBER, when)


def recorded_estimate(book: Book, machine: Machine, client: Client) -> None:
    """The clerk could not get in and estimated the quarter's end, marked as what it is."""
    day = date(2026, 3, 31)
    guess = {c: book.shown[machine.device, c, date(2026, 2, 28)] for c in machine.counters}
    before = {c: book.shown[machine.device, c, date(2026, 1, 31)] for c in machine.counters}
    reading = take(
        machine, client, at(day, 12), "staff-2026", kind="estimate", source="staff", reason="office closed"
    )
    reading.values = {c: str(guess[c] + guess[c] - before[c]) for c in machine.counters}
    book.readings.append(reading)


def conflict(book: Book, machine: Machine, client: Client) -> None:
    """Two people typed the same read at the same time, with different digits: neither counts. A third read, two days
    later, does."""
    when = at(OCTOBER, 17, 0)
    for error, who in ((0, "A. Reyes"), (900, "M. Stone")):
        reading = take(machine, client, when, "portal-2026", reason=f"entered by {who}")
        reading.values["total"] = str(int(reading.values["total"]) + error)
        reading.values = {"total": reading.values["total"]}
        book.readings.append(reading)
    after = at(date(2026, 11, 2), 7, 30)
    book.readings.append(take(machine, client, after, "portal-2026"))
    note(book, machine, OCTOBER, after)


def typo_read(book: Book, machine: Machine, client: Client) -> None:
    """A digit typed twice on 31 August, in the ledger and flagged; superseded with a reason, not edited."""
    good = _portal_read(book, machine, date(2026, 8, 31))
    wrong = take(machine, client, good.at, good.file, source="portal")
    wrong.values = {"mono": str(int(good.values["mono"]) + 30_000)}
    book.readings.append(wrong)
    right = take(
        machine, client, good.at, "staff-2026", source="staff", reason="digit typed wrong, checked by phone"
    )
    right.values = {"mono": good.values.pop("mono")}
    right.entered, right.supersedes = at(date(2026, 9, 4), 11), wrong
    book.readings.append(right)


def lower_read(book: Book, machine: Machine, client: Client) -> None:
    """A value below the one before, without a reset or rollover: set aside. The right one came the next day."""
    good = _portal_read(book, machine, OCTOBER)
    wrong = take(machine, client, good.at - timedelta(hours=20), good.file, source="portal")
    wrong.values = {"mono": str(int(good.values["mono"]) - 9_000)}
    book.readings.append(wrong)


def future_read(book: Book, machine: Machine, client: Client) -> None:
    """The year typed as 2062."""
    good = _portal_read(book, machine, OCTOBER)
    wrong = take(machine, client, good.at, good.file, source="portal")
    wrong.at, wrong.values = good.at.replace(year=2062), {"mono": good.values["mono"]}
    wrong.entered = good.at
    book.readings.append(wrong)


def _portal_read(book: Book, machine: Machine, boundary: date) -> Reading:
    near = (
        r for r in book.readings if r.device == machine.device and abs((r.at.date() - boundary).days) <= 3
    )
    return next(near)


def duplicate_serial(book: Book, machine: Machine, client: Client) -> None:
    """A collector that knows the serial only: two devices have it, so the row belongs to nobody until a person says."""
    when = at(date(2026, 10, 20), 23, 5)
    book.readings.append(take(machine, client, when, file_of("fmaudit", "", when), source="collector"))
    book.readings[-1].device = ""


def blank_serial(book: Book, machine: Machine, client: Client) -> None:
    """Neither asset number nor serial: whose read is it?"""
    duplicate_serial(book, machine, client)


def unknown_serial(book: Book, machine: Machine, client: Client) -> None:
    """A device on the customer's network that is not ours (here as a row of the collector's export)."""
    when = at(date(2026, 11, 1), 2, 14)
    stranger = Reading(
        "", "JPBVR04417", when, {"total": "48210", "mono": "48210"}, file_of("printtracker", "", when)
    )
    stranger.entered, stranger.source = when, "collector"
    book.readings.append(stranger)


def unreadable(book: Book, machine: Machine, client: Client) -> None:
    """Text where a number belongs."""
    wrong = take(machine, client, at(date(2026, 10, 30), 15), "portal-2026")
    wrong.values = {"mono": "see photo"}
    book.readings.append(wrong)


def exported_twice(book: Book, machine: Machine, client: Client) -> None:
    """The last export begins with rows that the one before had ended with: the same reads again, no-ops."""
    again = [r for r in book.readings if r.file == "printtracker-2026q3" and r.at.date() == date(2026, 9, 24)]
    for old in again:
        book.readings.append(
            Reading(
                old.device,
                old.serial,
                old.at,
                dict(old.values),
                "printtracker-2026q4",
                source=old.source,
                entered=old.at,
            )
        )


TRAPS: Mapping[str, tuple[Trap, ...]] = {
    "board-swap": (board_swap,),
    "dead-board": (dead_board,),
    "rollover": (rollover,),
    "swap-out": (removed,),
    "leave-mid": (removed,),
    "move-customer": (move_customer,),
    "move-site": (move_site,),
    "back-dated": (back_dated,),
    "recorded-estimate": (recorded_estimate,),
    "conflict": (conflict,),
    "typo-read": (typo_read,),
    "lower-read": (lower_read, future_read),
    "dup-a": (duplicate_serial,),
    "blank-a": (blank_serial,),
    "miss-by-7": (unknown_serial,),
    "election": (unreadable,),
    "swap-in": (exported_twice,),
}


def spring(book: Book, every: list[Machine], people: Mapping[str, Client]) -> None:
    """Set all traps."""
    for machine in every:
        for trap in TRAPS.get(machine.tag, ()):
            trap(book, machine, people[machine.stays[0].customer])
