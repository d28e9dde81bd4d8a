"""Only the reads that a bill needs: what lies in its boundary windows; whole histories where something is unusual.

A device that is read at both ends of the period by an actual read, with no reset, install or rollover in between, gives
the same usage from those few reads as from its whole history. Anything else (an estimate to make, a unit that joins or
leaves in mid-period, allowance carried over, blocks of copies) takes the whole history of the device.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import frappe

from mps_module.engine.contract import Contract, ContractVersion, CoveredUnit, LineKind, UnitKind
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import Basis, Bill
from mps_module.engine.usage import real_usages
from mps_module.fleet.clock import site_zone
from mps_module.fleet.ledger import SOURCES, WITHDRAWN
from mps_module.fleet.wide import buckets, is_one_of, packed_rows

DAY = timedelta(days=1)
PLAIN = ReadKind.ACTUAL.value
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Windows:
    """The days whose reads are loaded: around the opening and the closing of a period."""

    opening: Span
    closing: Span


def windows_of(contract: Contract, periods: Sequence[BillPeriod]) -> Windows | None:
    """Windows of the one overage period among `periods`; None: none or several (catching up takes histories)."""
    overages = [p.overage for p in periods if p.overage is not None]
    if len(overages) != 1:
        return None
    (period,) = overages
    tolerance = contract.version_on(period.start).rules.tolerance
    # A day more on each side: the contract's days may begin in another time zone than the site's.
    before, after = timedelta(days=tolerance.before + 1), timedelta(days=tolerance.after + 1)
    return Windows(
        (period.start - DAY - before, period.start + after),
        (period.end - before, period.end + after),
    )


def needs_history(version: ContractVersion) -> bool:
    """Blocks and carried allowance rest on every period since the contract's start."""
    return any(
        line.kind is LineKind.BLOCK or (line.allowance is not None and line.allowance.carry_periods)
        for line in version.lines
    )


def devices_of_units(units: Iterable[CoveredUnit]) -> set[str]:
    return {unit.unit for unit in units if unit.kind is UnitKind.DEVICE}


def moving_devices(units: Iterable[CoveredUnit], period: Period) -> set[str]:
    """Devices that join, leave or change their row within the period."""
    return {
        unit.unit
        for unit in units
        if unit.kind is UnitKind.DEVICE
        and (covered := period.overlap(unit.start, unit.end)) is not None
        and covered != period
    }


def reads_in(groups: Mapping[Windows, Collection[str]]) -> tuple[dict[str, list[Read]], set[str]]:
    """Reads by device, one query for all: in both windows, and whatever is not a plain read from the opening on.

    Returns: the reads, and the devices with an install, reset, rollover, removal, estimate or correction among them.
    """
    table = frappe.qb.DocType("Meter Read")
    wanted = None
    for window, devices in groups.items():
        (low, open_end), (close, high) = window.opening, window.closing
        at = table.taken_at
        inside = at.between(midnight(low), midnight(open_end + DAY)) | at.between(
            midnight(close), midnight(high + DAY)
        )
        special = (table.kind != PLAIN) & at.between(midnight(low), midnight(high + DAY))
        group = is_one_of(table.device, devices) & (inside | special)
        wanted = group if wanted is None else wanted | group
    found: defaultdict[str, list[Read]] = defaultdict(list)
    unusual: set[str] = set()
    if wanted is None:
        return found, unusual
    odd = (table.kind != PLAIN) | (table.supersedes != "") | (table.superseded_by != "")
    rows = packed_rows(
        frappe.qb.from_(table)
        .where(wanted)
        .where((table.status != WITHDRAWN) & (table.not_for_billing == 0)),
        [buckets(table.device, sum(map(len, groups.values())))],
        (table.device, table.meter, table.taken_at, table.value, table.source, table.name, odd),
    )
    zone = site_zone()
    for device, meter, at, value, source, name, special in rows:
        if special:
            unusual.add(device)
        moment = datetime.fromisoformat(at).replace(tzinfo=zone)
        found[device].append(Read(device, meter, moment, value, SOURCES[source], read_id=name))
    for device in unusual:
        del found[device]
    return found, unusual


def unsettled(made: Bill) -> Iterator[str]:
    """Devices of a bill with a boundary that is not a plain read in its window."""
    for line in made.lines:
        for usage in real_usages(line.proof.usages if line.proof else ()):
            for edge in (usage.opening, usage.closing):
                if edge is None or edge.basis is not Basis.ACTUAL or not edge.in_tolerance:
                    yield usage.unit
                    break


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())
