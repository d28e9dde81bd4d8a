"""The choice of one boundary: which read of a meter serves on a day, with installs, removals, pins and estimates."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from datetime import date

from mps_module.engine.meterlog import MeterLog
from mps_module.engine.result import Basis, Boundary

_ACTUAL = Basis.ACTUAL
_MISSING = Basis.MISSING


OPENING, LAST_DAY, ESTIMATES = 1, 2, 4
"""Flags of an edge: a unit's first covered day; its last one; estimates may serve."""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A boundary day as moments (seconds since 1970): the window is low <= t < high, `closes` the day that ends here.

    `found` remembers (device, meter) -> boundary.
    """

    day: date
    instant: float
    low: float
    high: float
    closes: date
    opening: bool = False
    last_day: bool = False
    estimates: bool = True
    found: dict[tuple[str, str], Boundary] = field(default_factory=dict)


def at_read(log: MeterLog, i: int, edge: Edge, in_tolerance: bool) -> Boundary:
    """The boundary that stands on the read of index `i`."""
    read = log.reads[i]
    at, odometer, epoch = read.taken_at, log.odometers[i], log.epochs[i]
    return Boundary(
        edge.day, _ACTUAL, read.value, odometer, epoch, at, in_tolerance, None, None, read, edge.opening
    )


def nearest(log: MeterLog, edge: Edge, low: int, high: int) -> int:
    """Index of the read nearest to `instant` among low..high-1, of two equally near ones the earlier.

    Of reads at one moment (an old counter's last and a new one's first) a closing takes the first, an opening the last.
    """
    times, instant = log.times, edge.instant
    i = bisect_left(times, instant, low, high)
    if i == high or (i > low and instant - times[i - 1] <= times[i] - instant):
        i -= 1
    if edge.opening:
        while i + 1 < high and times[i + 1] == times[i]:
            i += 1
    else:
        while i > low and times[i - 1] == times[i]:
            i -= 1
    return i


def narrow(log: MeterLog, edge: Edge, low: int, high: int) -> tuple[int, int, int]:
    """Installs and removals: narrow the window's reads low..high-1 to those that may serve.

    Returns:
        (low, high, floor): nothing before index `floor` may serve at all.
    """
    floor = 0
    times = log.times
    if edge.opening:
        inside = [i for i in log.installs if low <= i < high]
        if inside:
            best = min(inside, key=lambda i: (abs(times[i] - edge.instant), i))
            return best, best + 1, best
        floor = max((i for i in log.installs if i < low), default=0)
        return max(low, floor), high, floor
    if edge.last_day:
        inside = [i for i in log.removals if low <= i < high]
        if inside:
            best = min(inside, key=lambda i: (abs(times[i] - edge.instant), i))
            return best, best + 1, 0
        # Installed elsewhere after the last day: what is read there is not this unit's.
        high = min([high, *(i for i in log.installs if times[i] >= edge.instant)])
        return min(low, high), high, 0
    return low, high, 0


def kept_pin(log: MeterLog, pin: Boundary, low: int, high: int) -> Boundary | None:
    """The pinned boundary as the ledger stands now; None: its read is gone, or an actual read came for its estimate."""
    if pin.read is None or pin.basis is _MISSING:
        return None
    if pin.basis is _ACTUAL:
        i = log.index_of(pin.read)
        odometer = log.odometers[i] if i >= 0 else 0
    elif low < high or (pin.estimate is not None and not log.has_estimate(pin.estimate)):
        return None
    else:
        i = log.index_of(pin.read)
        odometer = log.odometers[i] + pin.value - pin.read.value if i >= 0 else 0
    if i < 0:
        return None
    if pin.odometer == odometer and pin.epoch == log.epochs[i]:
        return pin
    return replace(pin, odometer=odometer, epoch=log.epochs[i])


def recorded_estimate(log: MeterLog, edge: Edge, last: int | None, floor: int) -> Boundary | None:
    """The recorded estimate in the window that lies nearest, as a boundary.

    Its odometer hangs on the last actual read before it (index `last`); without one on the first read after, without
    any on the first estimate.
    """
    times = log.estimate_times
    if not times:
        return None
    low, high = bisect_left(times, edge.low), bisect_left(times, edge.high)
    if low == high:
        return None
    read = log.estimates[min(range(low, high), key=lambda i: (abs(times[i] - edge.instant), i))]
    odometer = epoch = 0
    anchor = last if last is not None else floor
    base = log.reads[anchor] if anchor < len(log.reads) else None
    if last is not None and read.value < log.reads[last].value:
        return None  # a read that came in later shows that the meter was beyond it before
    if base is not None:
        odometer, epoch = log.odometers[anchor] + read.value - base.value, log.epochs[anchor]
    else:
        odometer = read.value - log.estimates[0].value
    return Boundary(
        edge.day,
        Basis.ESTIMATE,
        read.value,
        odometer,
        epoch,
        read.taken_at,
        read=base if last is not None else read,
        opening=edge.opening,
        estimate=read,
    )
