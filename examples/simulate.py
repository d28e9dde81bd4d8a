"""What the example's devices really print, day by day: the truth that the reads are taken from.

Only `random.Random(text).random()` is used as a source of chance, which Python keeps stable between versions, so that
the same seed gives the same bytes everywhere.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

FIRST_DAY = date(2024, 10, 25)
LAST_DAY = date(2026, 11, 22)
STREAMS = ("mono_a4", "mono_a3", "colour_a4", "colour_a3", "scan")
# Which streams a counter counts. A counter that is not named here does not exist in the example.
COUNTS: Mapping[str, tuple[str, ...]] = {
    "mono": ("mono_a4", "mono_a3"),
    "colour": ("colour_a4", "colour_a3"),
    "total": ("mono_a4", "mono_a3", "colour_a4", "colour_a3"),
    "a3": ("mono_a3", "colour_a3"),
    **{stream: (stream,) for stream in STREAMS},
}
OPENS, CLOSES = 8, 16  # the hours in which everybody prints; technicians and collectors read before or after


@dataclass(frozen=True, slots=True)
class Volumes:
    """Monthly averages of a device in impressions; `a3` in percent of mono and of colour."""

    mono: int
    colour: int
    a3: int
    scan: int


@dataclass(frozen=True, slots=True)
class Season:
    """Twelve monthly factors in percent of the average, and what a weekend day has of a working day, in percent."""

    months: tuple[int, ...]
    weekend: int


@dataclass(slots=True)
class Odometer:
    """True clicks of one device since it left the factory, and what its counters show of them.

    Attributes:
        sums: per stream the clicks up to and including each day since FIRST_DAY.
        digits: per counter, where it rolls over.
        resets: moments at which a new board began to count from nothing.
        gap: what `total` shows more than mono + colour.
    """

    sums: dict[str, list[int]]
    digits: Mapping[str, int] = field(default_factory=dict)
    resets: list[datetime] = field(default_factory=list)
    gap: int = 0

    def _stream(self, stream: str, at: datetime) -> int:
        index = (at.date() - FIRST_DAY).days
        sums = self.sums[stream]
        before = sums[index - 1]
        minutes = min(max((at.hour - OPENS) * 60 + at.minute, 0), (CLOSES - OPENS) * 60)
        return before + (sums[index] - before) * minutes // ((CLOSES - OPENS) * 60)

    def clicks(self, counter: str, at: datetime) -> int:
        """True clicks of `counter` up to `at` (local time)."""
        return sum(self._stream(stream, at) for stream in COUNTS[counter])

    def shows(self, counter: str, at: datetime) -> int:
        """What a person reads off the device at `at`."""
        value = self.clicks(counter, at)
        count = bisect_right(self.resets, at)
        if count:
            value -= self.clicks(counter, self.resets[count - 1])
        elif counter == "total":
            value += self.gap
        return value % 10 ** self.digits.get(counter, 9)


def chance(*key: object) -> random.Random:
    """A generator of its own for each thing, so that adding a device changes no other one."""
    return random.Random("harbor office technology:" + ":".join(map(str, key)))


def _whole(amount: float, rng: random.Random) -> int:
    """`amount` as a whole number, rounded up with the chance of its fraction."""
    return int(amount + rng.random())


def _bends(season: Season, rng: random.Random) -> dict[tuple[int, int], float]:
    """Each month's factor: the season, a slow decline of print (3 % a year) and the month's own luck."""
    bends = {}
    for months in range((LAST_DAY.year - FIRST_DAY.year) * 12 + 12):
        year, month = FIRST_DAY.year + months // 12, months % 12 + 1
        luck = 0.92 + 0.08 * (rng.random() + rng.random())
        bends[year, month] = season.months[month - 1] / 100 * luck * (1 - 0.0025 * (months - 9))
    return bends


def days(first: date = FIRST_DAY, last: date = LAST_DAY) -> Iterable[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def simulate(
    device: str,
    volumes: Volumes,
    season: Season,
    active: Iterable[tuple[date, date]],
    start: Mapping[str, int],
    extra: Mapping[tuple[int, int], float],
) -> Odometer:
    """Print for two years.

    Args:
        active: first and last days on which the device stands somewhere; it is idle on all others.
        start: clicks of each stream before the first day.
        extra: (year, month) -> factor for months in which something happened (an election, a closed office).
    """
    rng = chance("clicks", device)
    bends, spans = _bends(season, rng), tuple(active)
    # A month has about 21.3 working days; weekends add their share.
    per_day = 1 / (21.3 + 9.1 * season.weekend / 100)
    sums: dict[str, list[int]] = {stream: [] for stream in STREAMS}
    so_far = dict(start)
    for day in days():
        luck = 0.55 + 0.45 * (rng.random() + rng.random())
        factor = per_day * luck * bends[day.year, day.month] * extra.get((day.year, day.month), 1.0)
        if day.weekday() >= 5:
            factor *= season.weekend / 100
        wide = volumes.a3 / 100
        amounts = (
            volumes.mono * (1 - wide),
            volumes.mono * wide,
            volumes.colour * (1 - wide),
            volumes.colour * wide,
            volumes.scan,
        )
        idle = not any(first <= day <= last for first, last in spans)
        for stream, amount in zip(STREAMS, amounts, strict=True):
            clicks = _whole(amount * factor, rng)
            so_far[stream] += 0 if idle or not amount else clicks
            sums[stream].append(so_far[stream])
    return Odometer(sums)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Local wall-clock time."""
    return datetime.combine(day, time(hour, minute))
