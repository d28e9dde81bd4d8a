"""Late and corrected reads: the exact difference to what earlier bills charged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from mps_module.engine.money import ZERO
from mps_module.engine.periods import Period
from mps_module.engine.result import Bill, BillLine, Boundary, ChargeKind, Proof
from mps_module.engine.rows import total

Key = tuple[str, Period]


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
    name = line.description.removeprefix("Adjustment: ").split(" (", 1)[0]
    version = line.proof.version if line.proof else 0
    return replace(
        line,
        kind=ChargeKind.ADJUSTMENT,
        description=f"Adjustment: {name} ({line.period}: {before} → {after})",
        quantity=Decimal(1),
        rate=after - before,
        amount=after - before,
        estimated=False,
        proof=Proof(
            version,
            line.period,
            net=after - before,
            note=f"charged {before}, today {after}",
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


def key_of(line: BillLine) -> Key:
    """Rows of one contract line and period stand or fall together (tiers, discount, minimum, adjustments)."""
    return line.line_id, line.period


def grouped(lines: Iterable[BillLine]) -> dict[Key, list[BillLine]]:
    result: dict[Key, list[BillLine]] = {}
    for line in lines:
        result.setdefault(key_of(line), []).append(line)
    return result


def pins_of(posted: Iterable[Bill]) -> dict[tuple[str, str, date, bool], Boundary]:
    """The boundaries that posted bills rest on: (device, meter, day, opening) -> boundary; the first bill wins."""
    pins: dict[tuple[str, str, date, bool], Boundary] = {}
    for made in sorted(posted, key=lambda b: b.period.due):
        for device, meter, boundary in made.boundaries:
            pins.setdefault((device, meter, boundary.day, boundary.opening), boundary)
    return pins
