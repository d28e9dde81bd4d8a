"""Late and corrected reads: the exact difference to what earlier bills charged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from mps_module.engine.money import ZERO
from mps_module.engine.periods import Period
from mps_module.engine.result import Bill, BillLine, Boundary, ChargeKind, MeterUsage, Proof
from mps_module.engine.rows import total
from mps_module.engine.usage import real_usages

Key = tuple[str, Period]
Pins = dict[tuple[str, str, date, bool], Boundary]
MOVED = 5  # causes that an adjustment names
PREFIX = "Adjustment: "


def adjustments(posted: Sequence[Bill], recomputed: Sequence[Bill]) -> list[BillLine]:
    """One row for each contract line and period whose charge would be another today.

    Args:
        posted: earlier bills as they were posted, adjustments that they carry included.
        recomputed: the same bills as today's ledger gives them, without adjustments.

    What earlier adjustments already put right is not charged again; adjustments of bills older than those given
    are left alone.
    """
    given = streams_of(posted, recomputed)
    charged = grouped(line for made in posted for line in made.lines)
    today = grouped(line for made in recomputed for line in made.lines)
    rows = []
    for key in sorted(charged.keys() | today.keys(), key=lambda k: (k[1].start, k[1].end, k[0])):
        was, now = charged.get(key, []), today.get(key, [])
        if given(key) and total(was) != total(now):
            rows.append(adjustment_row(was, now))
    return rows


def streams_of(posted: Sequence[Bill], recomputed: Sequence[Bill]) -> Callable[[Key], bool]:
    """Whether a line's charge for a period stands on one of the given bills.

    A month may be the base of one bill and the overage of the next. A bill can carry an adjustment of January's base
    though the bill that charged it is not given: that one is left alone, even where January's overage is.
    """
    days: tuple[set[Period | None], set[Period | None]] = set(), set()
    lines: tuple[set[str], set[str]] = set(), set()
    for made in (*posted, *recomputed):
        for n, period in enumerate((made.period.base, made.period.overage)):
            if period is not None:
                days[n].add(period)
                lines[n].update(
                    row.line_id
                    for row in made.lines
                    if row.period == period and row.kind is not ChargeKind.ADJUSTMENT
                )

    def given(key: Key) -> bool:
        line, period = key
        known = line in lines[0] or line in lines[1]
        return any(period in days[n] and (line in lines[n] or not known) for n in (0, 1))

    return given


def adjustment_row(was: Sequence[BillLine], now: Sequence[BillLine]) -> BillLine:
    """The row that turns a line's charge for a period from `was` into `now`."""
    line = next(iter((*now, *was)))
    before, after = total(was), total(now)
    name = line.description
    if name.startswith(PREFIX):  # an adjustment of an adjustment is still of the same line
        name = name.removeprefix(PREFIX).rsplit(" (", 1)[0]
    version = line.proof.version if line.proof else 0
    return replace(
        line,
        kind=ChargeKind.ADJUSTMENT,
        description=f"{PREFIX}{name} ({line.period}: {before} → {after})",
        quantity=Decimal(1),
        rate=after - before,
        amount=after - before,
        estimated=False,
        proof=Proof(
            version,
            line.period,
            net=after - before,
            note="; ".join([f"charged {before}, today {after}", *what_moved(was, now)]),
            shares=share_of_difference(was, now),
        ),
    )


def share_of_difference(was: Sequence[BillLine], now: Sequence[BillLine]) -> tuple[tuple[str, Decimal], ...]:
    """(unit, money) by which each unit's part of the charge moved, so that a split bill puts it where it belongs."""
    moved: dict[str, Decimal] = {}
    for rows, sign in ((was, -1), (now, 1)):
        shares = next((r.proof.shares for r in rows if r.proof and r.proof.shares), ())
        weight = sum((w for _, w in shares), ZERO)
        if not weight:
            continue
        amount = total(rows) * sign
        for unit, part in shares:
            moved[unit] = moved.get(unit, ZERO) + amount * part / weight
    return tuple((unit, money) for unit, money in moved.items() if money) if sum(moved.values()) else ()


def what_moved(was: Sequence[BillLine], now: Sequence[BillLine]) -> list[str]:
    """The counters and calls that the difference comes from, those that moved most first: "D1 total 3,000 → 3,100,
    closes at 13,100 (was 13,000)". Nothing where the posted rows came without their reads."""
    told = []
    old, new = meters_in(was), meters_in(now)
    for key in old.keys() | new.keys() if old and new else ():
        before, after = old.get(key), new.get(key)
        if before is None or after is None:
            kept = before or after
            told.append(
                (-abs(kept.usage), f"{key[0]} {key[1]} {kept.usage:,f} {'added' if after else 'left out'}")
            )
        elif before.usage != after.usage:
            text = f"{key[0]} {key[1]} {before.usage:,f} → {after.usage:,f}"
            for name, one, other in (
                ("opens", before.opening, after.opening), ("closes", before.closing, after.closing)
            ):  # fmt: skip
                if one.value != other.value:
                    text += f", {name} at {other.value:,} (was {one.value:,})"
            told.append((-abs(after.usage - before.usage), text))
    texts = [text for _, text in sorted(told)]
    calls, today = calls_in(was), calls_in(now)
    texts += [f"call {name} added" for name in sorted(today - calls)]
    texts += [f"call {name} left out" for name in sorted(calls - today)]
    return texts[:MOVED] + ([f"and {len(texts) - MOVED} more"] if len(texts) > MOVED else [])


def meters_in(rows: Iterable[BillLine]) -> dict[tuple[str, str, Period], MeterUsage]:
    """The real counters behind some rows, by device, meter and days."""
    return {
        (u.unit, u.meter, u.period): u for row in rows if row.proof for u in real_usages(row.proof.usages)
    }


def calls_in(rows: Iterable[BillLine]) -> set[str]:
    return {event for row in rows if row.proof for event in row.proof.events}


def key_of(line: BillLine) -> Key:
    """Rows of one contract line and period stand or fall together (tiers, discount, minimum, adjustments)."""
    return line.line_id, line.period


def grouped(lines: Iterable[BillLine]) -> dict[Key, list[BillLine]]:
    result: dict[Key, list[BillLine]] = {}
    for line in lines:
        result.setdefault(key_of(line), []).append(line)
    return result


def pins_of(posted: Iterable[Bill]) -> Pins:
    """The boundaries that posted bills rest on: (device, meter, day, opening) -> boundary; the first bill wins."""
    by_date = sorted(posted, key=lambda b: b.period.due)
    return pins_at(boundary for made in by_date for boundary in made.boundaries)


def pins_at(boundaries: Iterable[tuple[str, str, Boundary]]) -> Pins:
    """As `pins_of`, from (device, meter, boundary); the first of each wins."""
    pins: Pins = {}
    for device, meter, boundary in boundaries:
        pins.setdefault((device, meter, boundary.day, boundary.opening), boundary)
    return pins
