"""The pages that devices made, from the read ledger: by the counters that count each page once, or that use up a supply."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mps_module.engine.forecast import History, daily_volume, forecast
from mps_module.engine.ledger import Ledger
from mps_module.engine.meterlog import MeterLog
from mps_module.engine.page_meters import meters_of_supply
from mps_module.fleet.ledger import ledger_for


@dataclass(frozen=True, slots=True)
class Clicks:
    """Pages of some devices up to `now`. `supply`: only those that use it up, as colour pages use cyan; empty: all."""

    ledger: Ledger
    now: datetime
    read: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, devices: Sequence[str], now: datetime) -> Clicks:
        """Five queries, however many devices."""
        ledger = ledger_for(devices)
        read: defaultdict[str, list[str]] = defaultdict(list)
        for owner, meter in ledger.logs:
            read[owner].append(meter)
        return cls(ledger, now, dict(read))

    def logs(self, device: str, supply: str = "") -> list[tuple[str, MeterLog]]:
        """The counters that use up a supply: those of the model that were read."""
        known = self.ledger.devices.get(device)
        real = [key for key, kind in known.meters.items() if not kind.formula] if known else []
        read = self.read.get(device, ())
        keys = [key for key in real if key in read] or real or list(read)
        return [
            (key, self.ledger.logs.get((device, key), MeterLog())) for key in meters_of_supply(supply, keys)
        ]

    def daily(self, device: str, supply: str = "") -> float | None:
        """Clicks a day expected in the month to come; None: nothing is known."""
        expected = self.expected(device, self.now.date(), 30, supply)
        return None if expected is None else expected / 30

    def expected(self, device: str, first_day: date, days: int, supply: str = "") -> float | None:
        """Clicks of `days` days from `first_day` on, with the season; None: nothing is known."""
        found = None
        volumes = self.ledger.devices[device].monthly_volume if device in self.ledger.devices else {}
        for meter, log in self.logs(device, supply):
            monthly = volumes.get(meter)
            count = bisect_right(log.times, self.now.timestamp())
            if count > 1:
                start = max((at for at in log.installs if at < count), default=0)
                history = History(log.times, log.odometers, count, start, log.gaps)
                found = (found or 0.0) + forecast(history, first_day, days, monthly).daily * days
            elif monthly is not None:
                found = (found or 0.0) + float(daily_volume(monthly)) * days
        return found

    def last_read(self, device: str) -> datetime | None:
        """When the newest read of the page counters was taken."""
        return max((log.reads[-1].taken_at for _meter, log in self.logs(device) if log.reads), default=None)

    def span(self, device: str, supply: str = "") -> tuple[datetime, datetime] | None:
        """From the first moment to the last one between which all of the counters were read; None: never twice."""
        logs = [log for _meter, log in self.logs(device, supply) if len(log.reads) > 1]
        if not logs:
            return None
        return max(log.reads[0].taken_at for log in logs), min(log.reads[-1].taken_at for log in logs)

    def between(self, device: str, supply: str, start: datetime, end: datetime) -> int | None:
        """Clicks from one moment to another, straight between reads; None: never read twice."""
        found = None
        for _meter, log in self.logs(device, supply):
            if len(log.times) > 1:
                found = (found or 0) + max(0, odometer(log, end) - odometer(log, start))
        return found


def odometer(log: MeterLog, moment: datetime) -> int:
    """Clicks on the odometer at a moment, on the straight line between two reads; before and after them, the nearest."""
    at = moment.timestamp()
    i = bisect_right(log.times, at)
    if i == 0:
        return log.odometers[0]
    if i == len(log.times):
        return log.odometers[-1]
    share = (at - log.times[i - 1]) / (log.times[i] - log.times[i - 1])
    return log.odometers[i - 1] + round((log.odometers[i] - log.odometers[i - 1]) * share)
