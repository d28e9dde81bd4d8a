"""Short ways to write reads, devices and ledgers in tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from mps_module.engine.contract import Tolerance
from mps_module.engine.ledger import Ledger, MeterLog
from mps_module.engine.meters import Device, MeterType
from mps_module.engine.periods import Period
from mps_module.engine.reads import Read, ReadKind, ReadSource

UTC = timezone.utc
TOLERANCE = Tolerance(before=10, after=6)
EXACT = Tolerance(before=0, after=0)


def at(text: str) -> datetime:
    """``2024-01-31`` (noon) or ``2024-01-31 08:15``, in UTC."""
    moment = datetime.fromisoformat(text if " " in text else f"{text} 12:00")
    return moment.replace(tzinfo=UTC)


def read(when: str | datetime, value: int, kind: str = "actual", meter: str = "mono", **more: object) -> Read:
    """A read of device ``d``."""
    moment = at(when) if isinstance(when, str) else when
    fields = {"device": "d", "source": ReadSource.COLLECTOR, **more}
    return Read(meter=meter, taken_at=moment, value=value, kind=ReadKind(kind), **fields)


def device(monthly: int | None = None, digits: int | None = None, **formulas: str) -> Device:
    """Device ``d`` with the meter mono, and virtual meters by keyword."""
    from mps_module.engine.meters import parse_formula

    meters = {"mono": MeterType("mono", digits=digits)}
    meters |= {key: MeterType(key, formula=parse_formula(text)) for key, text in formulas.items()}
    return Device("d", meters=meters, monthly_volume={} if monthly is None else {"mono": Decimal(monthly)})


def ledger(*reads: Read, of: Device | None = None, **more: object) -> Ledger:
    return Ledger.build(reads, [of or device()], **more)


def log(*reads: Read, digits: int | None = None) -> MeterLog:
    return MeterLog.build(reads, MeterType("mono", digits=digits))


def month(year: int, number: int) -> Period:
    return Period(date(year, number, 1), date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1))


def daily(start: str, values: Iterable[int], step: int = 1) -> list[Read]:
    """One read every `step` days."""
    first = at(start)
    return [read(first + timedelta(days=n * step), value) for n, value in enumerate(values)]
