"""Late and corrected reads: the exact difference to what earlier bills charged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from mps_module.engine.periods import Period
from mps_module.engine.result import Bill, BillLine, Boundary, ChargeKind

Key = tuple[str, Period]


def adjustments(posted: Sequence[Bill], recomputed: Sequence[Bill]) -> list[BillLine]:
    """One row for each contract line and period whose charge would be another today.

    Args:
        posted: earlier bills as they were posted, adjustments that they carry included.
        recomputed: the same bills as today's ledger gives them, without adjustments.

    What earlier adjustments already put right is not charged again; adjustments of bills older than those given
    are left alone.
    """
    periods = {p for made in posted for p in (made.period.base, made.period.overage)}
    charged = sums(line for made in posted for line in made.lines)
    today = sums(line for made in recomputed for line in made.lines)
    sample = {key_of(line): line for made in (*posted, *recomputed) for line in made.lines}
    rows = []
    for key in sorted(charged.keys() | today.keys(), key=lambda k: (k[1].start, k[1].end, k[0])):
        was, now = charged.get(key, Decimal(0)), today.get(key, Decimal(0))
        if was != now and key[1] in periods:
            rows.append(adjustment_row(sample[key], was, now))
    return rows


def adjustment_row(line: BillLine, was: Decimal, now: Decimal) -> BillLine:
    """The row that turns a charge of `was` for the line's period into `now`."""
    name = line.description.removeprefix("Adjustment: ").split(" (", 1)[0]
    return replace(
        line,
        kind=ChargeKind.ADJUSTMENT,
        description=f"Adjustment: {name} ({line.period}: {was} → {now})",
        quantity=Decimal(1),
        rate=now - was,
        amount=now - was,
        estimated=False,
        proof=None,
    )


def key_of(line: BillLine) -> Key:
    """Rows of one contract line and period stand or fall together (tiers, discount, minimum, adjustments)."""
    return line.line_id, line.period


def sums(lines: Iterable[BillLine]) -> dict[Key, Decimal]:
    result: dict[Key, Decimal] = {}
    for line in lines:
        key = key_of(line)
        result[key] = result.get(key, Decimal(0)) + line.amount
    return result


def pins_of(posted: Iterable[Bill]) -> dict[tuple[str, str, date, bool], Boundary]:
    """The boundaries that posted bills rest on: (device, meter, day, opening) -> boundary; the first bill wins."""
    pins: dict[tuple[str, str, date, bool], Boundary] = {}
    for made in sorted(posted, key=lambda b: b.period.due):
        for device, meter, boundary in made.boundaries:
            pins.setdefault((device, meter, boundary.day, boundary.opening), boundary)
    return pins
