"""The life of a device in clicks: one count that runs on through board swaps, rollovers and new installs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mps_module.engine.meterlog import MeterLog
from mps_module.engine.page_meters import page_meters

NO_PAGES = ("scan", "duplex", "sheet")


def life_meters(meters: Iterable[str]) -> frozenset[str]:
    """The counters of a device that together count every page once (`page_meters`); where none does, copies and prints."""
    found = tuple(meters)
    pages = [meter for meter in found if not any(word in meter.lower() for word in NO_PAGES)]
    return frozenset(page_meters(found) or pages or found)


@dataclass(frozen=True, slots=True)
class LifeCounter:
    """Clicks of one device since its first read, whatever its counters show. Built by `LifeCounter.of`."""

    logs: tuple[MeterLog, ...] = ()

    @classmethod
    def of(cls, logs: Mapping[str, MeterLog]) -> LifeCounter:
        """From the logs of the device's real counters by meter."""
        read = {meter: log for meter, log in logs.items() if log.times}
        wanted = life_meters(read)
        return cls(tuple(log for meter, log in sorted(read.items()) if meter in wanted))

    def at(self, moment: datetime) -> int | None:
        """Clicks at a moment, on the straight line between two reads, and those of the nearest read outside them.

        None: never read.
        """
        if not self.logs:
            return None
        return sum(_odometer(log, moment.timestamp()) for log in self.logs)

    def between(self, start: datetime, end: datetime) -> int:
        """Clicks that the reads show from `start` to `end`; 0 where it was not read."""
        if not self.logs:
            return 0
        return (self.at(end) or 0) - (self.at(start) or 0)


def _odometer(log: MeterLog, moment: float) -> int:
    times, odometers = log.times, log.odometers
    at = bisect_right(times, moment)
    if at == 0:
        return odometers[0]
    if at == len(times):
        return odometers[-1]
    share = (moment - times[at - 1]) / (times[at] - times[at - 1])
    return odometers[at - 1] + round((odometers[at] - odometers[at - 1]) * share)
