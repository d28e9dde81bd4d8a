"""Volume by month for the chart: what the ledger says each month, whatever cycle the contract is billed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from mps_module.cli import formats
from mps_module.cli.chart import Chart, Series
from mps_module.engine.contract import Contract, CoveredUnit, LineKind, UnitKind
from mps_module.engine.forecast import History, odometer_at
from mps_module.engine.ledger import Ledger
from mps_module.engine.periods import Period
from mps_module.engine.result import Basis, Boundary, MeterUsage
from mps_module.engine.usage import Covers

MONTHS = 12


def months_until(last: date, count: int = MONTHS) -> list[Period]:
    """The `count` whole calendar months that had ended on `last`, oldest first."""
    found = []
    start = (last + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    start = start.replace(day=1)
    for _ in range(count):
        after = (start + timedelta(days=32)).replace(day=1)
        found.append(Period(start, after - timedelta(days=1)))
        start = (start - timedelta(days=1)).replace(day=1)
    return found[::-1]


def volume_chart(
    contract: Contract, ledger: Ledger, units: Sequence[CoveredUnit], last: date, count: int = MONTHS
) -> Chart | None:
    """Billed counters by month, one series a meter, weights left out; None: the contract has no click lines.

    `last`: the day on which the last month shown had ended.
    """
    if not any(u.kind is UnitKind.DEVICE for u in units):
        return None
    version = contract.version_on(last)
    lines = [x for x in version.lines if x.kind in (LineKind.CLICK, LineKind.BLOCK) and x.meters]
    if not lines:
        return None
    covers = Covers(contract, ledger, units)
    zone = ZoneInfo(contract.timezone)
    months = [p for p in months_until(last, count) if p.end >= contract.start]
    values: dict[str, list[int]] = {}
    labels: dict[str, set[str]] = {}
    for i, month in enumerate(months):
        seen = set()
        for line in lines:
            for _, usages in covers.usages(line, month, version.rules):
                for usage in usages:
                    key = (usage.unit, usage.meter, usage.period)
                    if key not in seen:
                        seen.add(key)
                        values.setdefault(usage.meter, [0] * len(months))[i] += int(
                            _printed(ledger, zone, usage)
                        )
                        labels.setdefault(usage.meter, set()).add(_label(ledger, usage.unit, usage.meter))
    # Models name the same meter in their own ways; the shortest name says enough for all of them.
    names = {meter: min(given, key=lambda x: (len(x), x)) for meter, given in labels.items()}
    series = tuple(Series(names[meter], tuple(v)) for meter, v in values.items())
    under = tuple(formats.short_month(p.start) for p in months)
    return Chart(f"Volume of the last {len(months)} months", under, series)


def _printed(ledger: Ledger, zone: ZoneInfo, usage: MeterUsage) -> Decimal:
    """What a meter moved in a month. A bill never looks ahead, a picture of the past may: where no read lies near the
    month's end, but one after it, the clicks between two reads are spread evenly over their days."""
    if usage.terms:
        return sum((_printed(ledger, zone, term) * term.weight for term in usage.terms), Decimal(0))
    if usage.opening is None or usage.closing is None:
        return usage.usage
    edges = [_between_reads(ledger, zone, usage, edge) for edge in (usage.opening, usage.closing)]
    if edges == [None, None]:
        return usage.usage
    opening, closing = (
        edge.odometer if at is None else at
        for edge, at in zip((usage.opening, usage.closing), edges, strict=True)
    )
    return Decimal(closing - opening)


def _between_reads(ledger: Ledger, zone: ZoneInfo, usage: MeterUsage, edge: Boundary) -> int | None:
    """The odometer at an edge that was not read, straight between the reads around it; None: it was, or none follows."""
    if edge.basis is Basis.ACTUAL:
        return None
    log = ledger.logs.get((usage.unit, usage.meter))
    day = edge.day if edge.opening else edge.day + timedelta(days=1)
    at = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
    if log is None or not log.times or not log.times[0] <= at <= log.times[-1]:
        return None
    return round(odometer_at(History(log.times, log.odometers, len(log.times)), at))


def _label(ledger: Ledger, device: str, meter: str) -> str:
    kind = ledger.meter_type(device, meter)
    return (kind.label if kind else "") or meter
