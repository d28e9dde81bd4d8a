"""What a meter showed last and what it should show now: for the entry grid and the device's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from mps_module.engine.forecast import History, forecast
from mps_module.engine.ledger import Ledger
from mps_module.engine.meterlog import MeterLog
from mps_module.engine.meters import SumCheck, sum_checks
from mps_module.engine.reads import Read


@dataclass(frozen=True, slots=True)
class Standing:
    """One counter of one device. `low` and `high`: between them the counter should be at the moment asked for."""

    device: str
    meter: str
    label: str
    last: Read | None = None
    low: int | None = None
    high: int | None = None


def standing(ledger: Ledger, at: datetime, buffer: Decimal) -> list[Standing]:
    """Every real counter of the ledger's devices, in the order of their models; counters that only reads name follow."""
    found = []
    for name, device in ledger.devices.items():
        real = [key for key, kind in device.meters.items() if not kind.formula]
        real += sorted(meter for owner, meter in ledger.logs if owner == name and meter not in device.meters)
        for meter in real:
            log = ledger.logs.get((name, meter), MeterLog())
            kind = device.meters.get(meter)
            label = kind.label if kind is not None else meter
            found.append(_one(name, meter, label, log, at, device.monthly_volume.get(meter), buffer))
    return found


def last_sum(ledger: Ledger, device: str) -> SumCheck | None:
    """The check of a device's total against its parts when they were last read together; None: they never were."""
    reads = (read for (owner, _meter), log in ledger.logs.items() if owner == device for read in log.reads)
    return max(sum_checks(reads), key=lambda check: check.taken_at, default=None)


def _one(
    device: str, meter: str, label: str, log: MeterLog, at: datetime, monthly: Decimal | None, buffer: Decimal
) -> Standing:
    count = sum(1 for moment in log.times if moment <= at.timestamp())
    if not count:
        return Standing(device, meter, label)
    last = log.reads[count - 1]
    first_day = last.taken_at.astimezone(at.tzinfo).date() + timedelta(days=1)
    days = max(0, (at.date() - first_day).days + 1)
    start = max((i for i in log.installs if i < count), default=0)
    known = monthly is not None or count - start > 1
    if not known:
        return Standing(device, meter, label, last, last.value)
    guess = forecast(History(log.times, log.odometers, count, start, log.gaps), first_day, days, monthly)
    most = int(guess.clicks * (1 + buffer))
    return Standing(device, meter, label, last, last.value + guess.low, last.value + max(most, guess.high))
