"""The read ledger: which value a meter closes and opens at, and what was used in between (domain: section 2).

Continuity is by construction: there is one value for a boundary day, B(day), and a period that follows another one
opens at B of the day before. Usage is the difference of two odometers, so it adds up over any cut into periods.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from mps_module.engine.boundaries import (
    ESTIMATES,
    LAST_DAY,
    OPENING,
    Edge,
    at_read,
    kept_pin,
    narrow,
    nearest,
    recorded_estimate,
)
from mps_module.engine.contract import ServiceCall, Tolerance
from mps_module.engine.forecast import History, forecast
from mps_module.engine.meterlog import MeterLog
from mps_module.engine.meters import Device, MeterType
from mps_module.engine.periods import Period
from mps_module.engine.reads import Read
from mps_module.engine.result import Basis, Boundary, MeterUsage

__all__ = ["Ledger", "MeterLog"]

_ONE_DAY = timedelta(days=1)
_NO_LOG = MeterLog()
_NO_DEVICE = Device("")
_MISSING = Basis.MISSING
_ZERO = Decimal(0)
Reading = tuple[Tolerance, bool]
"""How boundaries are chosen: the tolerance, and whether estimates are allowed."""
Pins = Mapping[tuple[str, str, date, bool], Boundary]


@dataclass(frozen=True)
class Ledger:
    """All that billing knows of reads, devices and calls. Never changed; boundaries are kept once they are found.

    Attributes:
        logs: (device, meter) -> its reads.
        devices: device id -> what is known of it.
        calls: closed service calls, for per-incident and time-and-material lines.
        pins: (device, meter, day, opening) -> the boundary that a posted bill closed or opened at.
        timezone: IANA name (or a tzinfo): in which the days begin.
    """

    logs: Mapping[tuple[str, str], MeterLog] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    calls: tuple[ServiceCall, ...] = ()
    pins: Pins = field(default_factory=dict)
    timezone: str | tzinfo = "UTC"
    _zone: tzinfo = field(init=False, repr=False, compare=False)
    _edges: dict[tuple[date, int, int, int], Edge] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _spans: dict[tuple[date, date, int, int, int], tuple[Edge, Edge]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        zone = ZoneInfo(self.timezone) if isinstance(self.timezone, str) else self.timezone
        object.__setattr__(self, "_zone", zone)

    @classmethod
    def build(
        cls,
        reads: Iterable[Read],
        devices: Iterable[Device] | Mapping[str, Device] = (),
        calls: Sequence[ServiceCall] = (),
        pins: Pins | None = None,
        timezone: str | tzinfo = "UTC",
    ) -> Ledger:
        """Build from accepted and flagged reads of any devices, in any order, superseded ones included."""
        by_id = devices if isinstance(devices, Mapping) else {device.device: device for device in devices}
        rows: defaultdict[tuple[str, str], list[Read]] = defaultdict(list)
        for read in reads:
            rows[read.device, read.meter].append(read)
        logs = {}
        for key, own in rows.items():
            logs[key] = MeterLog.build(own, by_id.get(key[0], _NO_DEVICE).meters.get(key[1]))
        return cls(logs, by_id, tuple(calls), pins if pins is not None else {}, timezone)

    def meter_type(self, device: str, meter: str) -> MeterType | None:
        """The meter's type on this device's model; None: not listed, a real counter."""
        return self.devices.get(device, _NO_DEVICE).meters.get(meter)

    def usage(
        self,
        device: str,
        meter: str,
        period: Period,
        tolerance: Tolerance,
        *,
        first: bool = False,
        last: bool = False,
        weight: Decimal | int = 1,
        estimates_allowed: bool = True,
        before: Reading | None = None,
    ) -> MeterUsage:
        """Clicks of one meter (real or virtual) in a period: closing odometer - opening odometer, never rounded.

        Args:
            first: the unit is covered from `period.start` on only; it then opens at a read of its own (an install).
            last: `period.end` is the unit's last covered day; it then closes at a removal read, if there is one.
            weight: clicks per step of the meter, carried into the result.
            before: (tolerance, estimates allowed) by which the period before was closed, if by others.

        Raises:
            ValueError: a virtual meter is made of itself.
        """
        known = self.devices.get(device)
        kind = known.meters.get(meter) if known is not None else None
        if not isinstance(weight, Decimal):
            weight = Decimal(weight)
        edges = self._span(period, tolerance, first + 2 * last + 4 * estimates_allowed)
        if before is not None and not first:
            edges = self._edge(period.start - _ONE_DAY, before[0], 4 * before[1]), edges[1]
        if kind is not None and kind.formula:
            return self._virtual(device, kind, period, weight, edges, (meter,))
        return self._real((device, meter), period, weight, edges)

    def _span(self, period: Period, tolerance: Tolerance, flags: int) -> tuple[Edge, Edge]:
        """Where a period opens and closes; found once for all devices that are billed alike."""
        key = (period.start, period.end, tolerance.before, tolerance.after, flags)
        edges = self._spans.get(key)
        if edges is None:
            allowed = flags & ESTIMATES
            if flags & OPENING:
                opening = self._edge(period.start, tolerance, OPENING | allowed)
            else:
                opening = self._edge(period.start - _ONE_DAY, tolerance, allowed)
            edges = opening, self._edge(period.end, tolerance, flags & ~OPENING)
            self._spans[key] = edges
        return edges

    def _real(
        self, key: tuple[str, str], period: Period, weight: Decimal, edges: tuple[Edge, Edge]
    ) -> MeterUsage:
        first, last = edges
        opening = first.found.get(key) or self._find(key, first)
        closing = last.found.get(key) or self._find(key, last)
        usage = _ZERO
        if opening.basis is not _MISSING and closing.basis is not _MISSING:
            usage = Decimal(closing.odometer - opening.odometer)
        return MeterUsage(key[0], key[1], period, usage, weight, opening, closing)

    def _virtual(
        self,
        device: str,
        kind: MeterType,
        period: Period,
        weight: Decimal,
        edges: tuple[Edge, Edge],
        seen: tuple[str, ...],
    ) -> MeterUsage:
        """Sum of factor x usage of the terms; 0 while one of them has no read at all, as half a formula is no usage."""
        terms = []
        for key, factor in kind.formula.items():
            if key in seen:
                raise ValueError(f"Meter {seen[0]!r} of device {device!r} is made of itself, by {key!r}.")
            inner = self.meter_type(device, key)
            if inner is not None and inner.formula:
                terms.append(self._virtual(device, inner, period, factor, edges, (*seen, key)))
            else:
                terms.append(self._real((device, key), period, factor, edges))
        usage = _ZERO
        if not any(map(_misses_a_read, terms)):
            usage = sum((term.weight * term.usage for term in terms), _ZERO)
        return MeterUsage(device, kind.key, period, usage, weight, terms=tuple(terms))

    def boundary(
        self,
        device: str,
        meter: str,
        day: date,
        tolerance: Tolerance,
        *,
        opening: bool = False,
        last_day: bool = False,
        estimates_allowed: bool = True,
    ) -> Boundary:
        """The value of a real counter at the end of `day` (with `opening`: at its beginning).

        Order: the pin of a posted bill, the actual read in the window that lies nearest to midnight (the earlier of
        two; an opening prefers an install, a unit's last day its removal), a recorded estimate in the window, a
        computed one from the reads before, the first read after.

        Args:
            opening: `day` is a unit's first covered day.
            last_day: `day` is a unit's last covered day.
            estimates_allowed: False: without an actual read in the window the boundary is missing.
        """
        edge = self._edge(day, tolerance, opening + 2 * last_day + 4 * estimates_allowed)
        return edge.found.get((device, meter)) or self._find((device, meter), edge)

    def _midnight(self, day: date) -> float:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp()

    def _edge(self, day: date, tolerance: Tolerance, flags: int) -> Edge:
        key = (day, tolerance.before, tolerance.after, flags)
        edge = self._edges.get(key)
        if edge is None:
            closes = day - _ONE_DAY if flags & OPENING else day
            edge = self._edges[key] = Edge(
                day,
                self._midnight(closes + _ONE_DAY),
                self._midnight(day - timedelta(days=tolerance.before)),
                self._midnight(day + timedelta(days=tolerance.after + 1)),
                closes,
                bool(flags & OPENING),
                bool(flags & LAST_DAY),
                bool(flags & ESTIMATES),
            )
        return edge

    def _find(self, key: tuple[str, str], edge: Edge) -> Boundary:
        log = self.logs.get(key, _NO_LOG)
        times = log.times
        low = bisect_left(times, edge.low)
        high = bisect_left(times, edge.high, low)
        floor = 0
        if log.installs or log.removals:
            low, high, floor = narrow(log, edge, low, high)
        found = self._pinned(log, key, edge, low, high) if self.pins else None
        if found is None and low < high:
            found = at_read(log, nearest(log, edge, low, high), edge, True)
        edge.found[key] = found = found or self._outside(log, key, edge, floor)
        return found

    def _pinned(
        self, log: MeterLog, key: tuple[str, str], edge: Edge, low: int, high: int
    ) -> Boundary | None:
        """What a posted bill opened or closed at. A contract that follows another one opens at what that one closed
        at, unless the device was installed anew since; even at its estimate, which the first read then trues up: that
        one charged by it."""
        pin = self.pins.get((*key, edge.day, edge.opening))
        kept = kept_pin(log, pin, low, high) if pin is not None else None
        if kept is not None or not edge.opening:
            return kept
        pin = self.pins.get((*key, edge.closes, False))
        kept = kept_pin(log, pin, 0, 0) if pin is not None else None
        if kept is None or kept.read is None:
            return None
        anew = low < high and low in log.installs and log.index_of(kept.read) < low
        return None if anew else replace(kept, day=edge.day, opening=True)

    def _outside(self, log: MeterLog, key: tuple[str, str], edge: Edge, floor: int) -> Boundary:
        """No actual read in the window: estimate, or the first read after."""
        before = bisect_left(log.times, edge.instant) - 1
        last = before if before >= floor else None
        if last is not None and last in log.removals:
            return at_read(log, last, edge, False)  # a device that was taken away prints nothing
        if not edge.estimates:
            return _not_read(log, edge, last)
        recorded = recorded_estimate(log, edge, last, floor)
        if recorded is not None:
            return recorded
        if edge.opening and before + 1 < len(log.reads) and before + 1 in log.installs:
            return at_read(log, before + 1, edge, False)  # what was printed before the install is nobody's
        if last is not None:
            return self._computed(log, key, edge, last, floor)
        if floor < len(log.reads):
            return at_read(log, floor, edge, False)
        return _not_read(log, edge, None)

    def _computed(self, log: MeterLog, key: tuple[str, str], edge: Edge, last: int, floor: int) -> Boundary:
        """Last actual read + expected volume x days, from the reads before the boundary only."""
        read = log.reads[last]
        # A read at midnight closes the day before: the day that begins with it is still to be printed, whole.
        first_day = (read.taken_at.astimezone(self._zone) - datetime.resolution).date() + _ONE_DAY
        days = max(0, (edge.closes - first_day).days + 1)
        start = max([floor, *(i for i in log.installs if i <= last)])
        history = History(log.times, log.odometers, last + 1, start, log.gaps)
        monthly = self.devices.get(key[0], _NO_DEVICE).monthly_volume.get(key[1])
        expected = forecast(history, first_day, days, monthly)
        return Boundary(
            edge.day,
            Basis.ESTIMATE,
            read.value + expected.clicks,
            log.odometers[last] + expected.clicks,
            log.epochs[last],
            low=read.value + expected.low,
            high=read.value + expected.high,
            read=read,
            opening=edge.opening,
        )

    def estimates_in_row(
        self, device: str, meter: str, days: Sequence[date], tolerance: Tolerance | Sequence[Tolerance]
    ) -> int:
        """How many of these closing days (newest first) were estimated without an actual read since.

        A read between two boundaries ends the row even outside their windows: the meter has been read. For a virtual
        meter: the longest row of its terms.

        Args:
            tolerance: one for all days, or one for each (an amendment may have changed it).
        """
        kind = self.meter_type(device, meter)
        if kind is not None and kind.formula:
            return max(self.estimates_in_row(device, key, days, tolerance) for key in kind.formula)
        row = 0
        base: Read | None = None
        each = [tolerance] * len(days) if isinstance(tolerance, Tolerance) else tolerance
        for day, own in zip(days, each, strict=True):
            found = self.boundary(device, meter, day, own)
            # A recorded estimate of a meter that was never read stands on itself.
            read = None if found.read is found.estimate else found.read
            if found.basis is not Basis.ESTIMATE or (row and read != base):
                break
            base = read
            row += 1
        return row

    def read_since(self, device: str, meter: str, day: date) -> Read | None:
        """The actual read of a real counter that follows the end of `day`, if it goes on counting (a counter that began
        anew does not tell what it had come to)."""
        log = self.logs.get((device, meter), _NO_LOG)
        after = bisect_left(log.times, self._midnight(day + _ONE_DAY))
        return log.reads[after] if after < len(log.reads) and after not in log.gaps else None


def _misses_a_read(usage: MeterUsage) -> bool:
    if usage.terms:
        return any(map(_misses_a_read, usage.terms))
    return any(edge is not None and edge.basis is _MISSING for edge in (usage.opening, usage.closing))


def _not_read(log: MeterLog, edge: Edge, last: int | None) -> Boundary:
    """Neither read nor estimate can be had; the last read before is shown, if there is one."""
    if last is None:
        return Boundary(edge.day, _MISSING, 0, 0, in_tolerance=False, opening=edge.opening)
    read, odometer, epoch = log.reads[last], log.odometers[last], log.epochs[last]
    return Boundary(
        edge.day, _MISSING, read.value, odometer, epoch, None, False, read=read, opening=edge.opening
    )
