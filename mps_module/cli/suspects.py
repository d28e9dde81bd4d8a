"""Reads that a bill rests on, or should rest on, and that somebody should look at first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from mps_module.cli.billing import Case
from mps_module.engine.contract import Line, LineKind, UnitKind
from mps_module.engine.meterlog import MeterLog
from mps_module.engine.result import Bill, BillLine, ChargeKind, Finding, MeterUsage, Severity
from mps_module.engine.usage import Covers, real_usages
from mps_module.readers.issue import Issue

SILENT_DAYS = 35  # a device that reports monthly is late after so many days without a read
HISTORY_DAYS = 180


def flagged_reads(bill: Bill, flags: Mapping[tuple[str, str, str], Issue]) -> Iterator[Finding]:
    """Flagged reads that close a meter on the bill, with the money of what was used up to them.

    Args:
        flags: (device, meter, value) -> why the read was flagged.
    """
    if not flags:
        return
    for line in bill.lines:
        for usage in real_usages(line.proof.usages if line.proof else ()):
            read = usage.closing.read if usage.closing else None
            if read is None or usage.closing.taken_at is None:
                continue
            issue = flags.get((usage.unit, read.meter, str(read.value)))
            if issue is not None:
                yield Finding(
                    code="read-flagged",
                    severity=Severity.WARN,
                    message=f"{usage.unit}: {read.meter} {read.value:,} ({issue.place}): {issue.message}",
                    todo=issue.todo,
                    at_stake=worth(line, usage),
                    contract=bill.contract,
                    unit=usage.unit,
                    line_id=line.line_id,
                )


def worth(line: BillLine, usage: MeterUsage) -> Decimal:
    """The usage at the line's first rate; on a line of blocks what the blocks came to."""
    if line.kind is ChargeKind.BLOCK:
        return abs(line.amount)
    rate = line.proof.tiers[0].rate if line.proof and line.proof.tiers else line.rate
    return round(abs(usage.usage * usage.weight * rate), 2)


def overdue_reads(case: Case, until: date) -> Iterator[Finding]:
    """Devices without an actual read for SILENT_DAYS before `until`, with what they print meanwhile at stake.

    Found long before a quarter's end, where nothing is billed yet and no estimate tells.
    """
    contract, ledger = case.contract, case.ledger
    day = until - timedelta(days=1)
    if contract.start > day or (contract.end and contract.end < day):
        return
    lines = [x for x in contract.version_on(day).lines if x.kind in (LineKind.CLICK, LineKind.BLOCK)]
    covers = Covers(contract, ledger, case.units)
    edge = datetime.combine(until, time(), ZoneInfo(contract.timezone)).timestamp()
    for unit in case.units:
        covered = unit.start <= day and (unit.end is None or unit.end >= day)
        if unit.kind is not UnitKind.DEVICE or not covered:
            continue
        oldest, stake = edge, Decimal(0)
        for line in lines:
            if line.groups and unit.group not in line.groups:
                continue
            for meter, weight in covers.meters_of(unit.unit, line):
                log = ledger.logs.get((unit.unit, meter))
                if log is not None and log.times:
                    oldest = min(oldest, log.times[-1])
                    stake += _exposure(log, edge) * weight * _rate(line)
        days = int((edge - oldest) // 86_400)
        if days > SILENT_DAYS:
            yield Finding(
                code="read-overdue",
                severity=Severity.WARN,
                message=f"{unit.unit}: not read for {days} days",
                todo="Ask the customer for a read, or see why the collector is silent",
                at_stake=round(stake, 2),
                contract=contract.contract,
                unit=unit.unit,
            )


def _rate(line: Line) -> Decimal:
    rate = line.price.tiers[0].rate if line.price.tiers else Decimal(0)
    return rate / line.block if line.kind is LineKind.BLOCK and line.block else rate


def _exposure(log: MeterLog, edge: float) -> Decimal:
    """Clicks since the last read, at the daily volume of the last half-year of reads."""
    last = log.times[-1]
    since = next(i for i, t in enumerate(log.times) if t >= last - HISTORY_DAYS * 86_400)
    span = last - log.times[since]
    used = log.odometers[-1] - log.odometers[since]
    return Decimal(int(max(used, 0) * (edge - last) / span)) if span else Decimal(0)
