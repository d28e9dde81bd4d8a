"""Volumes by calendar month from the read ledger, and how they swing through the year."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from mps_module.engine.meterlog import MeterLog
from mps_module.engine.reads import Read
from mps_module.fleet.clock import site_zone
from mps_module.fleet.ledger import devices_of, reads_of

Key = tuple[str, str]  # device, meter


@dataclass(frozen=True, slots=True)
class MonthVolume:
    """Clicks of one meter in one month.

    Attributes:
        year_before: the same month a year earlier; None: not read through the whole of it.
        season: the usual share of this calendar month, 1.0 for an average one; None: fewer than 12 whole months known.
        whole: the reads reach over the month's end, so that nothing of it is still to come.
    """

    group: str
    meter: str
    month: date
    clicks: int
    year_before: int | None
    season: float | None
    whole: bool

    @property
    def change(self) -> float | None:
        """Percent against the year before."""
        return 100 * (self.clicks - self.year_before) / self.year_before if self.year_before else None


def next_month(day: date) -> date:
    """The first day of the month after the one of `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def odometer_at(log: MeterLog, moment: float) -> int | None:
    """Clicks on the odometer at a moment, on the straight line between two reads; None: outside the reads."""
    times, odometers = log.times, log.odometers
    if not times or moment < times[0] or moment > times[-1]:
        return None
    at = bisect_right(times, moment)
    if at == len(times):
        return odometers[-1]
    share = (moment - times[at - 1]) / (times[at] - times[at - 1])
    return odometers[at - 1] + round((odometers[at] - odometers[at - 1]) * share)


def by_month(log: MeterLog, zone: tzinfo) -> dict[date, int]:
    """Clicks by month. Their sum is exactly what the counter ran from its first read to its last."""
    if len(log.times) < 2:
        return {}
    month = datetime.fromtimestamp(log.times[0], zone).date().replace(day=1)
    found, before = {}, log.odometers[0]
    while True:
        following = next_month(month)
        edge = datetime(following.year, following.month, 1, tzinfo=zone).timestamp()
        now = odometer_at(log, edge)
        if now is None:
            found[month] = log.odometers[-1] - before
            return found
        found[month], before, month = now - before, now, following


def volumes(
    devices: Sequence[str], groups: Mapping[str, str], meters: Iterable[str] = ()
) -> list[MonthVolume]:
    """Clicks by group, meter and month, oldest first.

    Args:
        devices: whose reads are counted; their virtual meters are not.
        groups: device -> the group that it is counted in.
        meters: only these; none: all that were read.
    """
    wanted = frozenset(meters)
    known = devices_of(list(devices))
    reads: defaultdict[Key, list[Read]] = defaultdict(list)
    for read in reads_of(list(devices)):
        if not wanted or read.meter in wanted:
            reads[read.device, read.meter].append(read)
    zone = site_zone()
    totals: defaultdict[Key, defaultdict[date, int]] = defaultdict(lambda: defaultdict(int))
    latest: dict[Key, float] = {}
    for (device, meter), own in reads.items():
        log = MeterLog.build(own, known[device].meters.get(meter) if device in known else None)
        key = groups.get(device, ""), meter
        for month, clicks in by_month(log, zone).items():
            totals[key][month] += clicks
        if log.times:
            latest[key] = max(latest.get(key, 0.0), log.times[-1])
    return [row for key in sorted(totals) for row in months_of(key, totals[key], latest[key], zone)]


def months_of(key: Key, clicks: Mapping[date, int], latest: float, zone: tzinfo) -> list[MonthVolume]:
    """The months of one group and meter, with the year before and the season."""
    last_day = datetime.fromtimestamp(latest, zone).date()
    first = min(clicks)
    whole = {month for month in clicks if month > first and next_month(month) <= last_day}
    seasons = season_of({month: clicks[month] for month in whole})
    rows = []
    for month in sorted(clicks):
        then = month.replace(year=month.year - 1)
        before = clicks[then] if then in whole else None  # half a month tells nothing
        rows.append(MonthVolume(*key, month, clicks[month], before, seasons.get(month.month), month in whole))
    return rows


def season_of(clicks: Mapping[date, int]) -> dict[int, float]:
    """Calendar month -> its mean volume as a share of the mean of all twelve; empty while one month is not known."""
    of_month: defaultdict[int, list[int]] = defaultdict(list)
    for month, number in clicks.items():
        of_month[month.month].append(number)
    means = {month: sum(numbers) / len(numbers) for month, numbers in of_month.items()}
    mean = sum(means.values()) / 12
    return {month: one / mean for month, one in means.items()} if len(means) == 12 and mean else {}
