"""One meter's reads in order of reading time, with the odometer that runs through all its epochs (domain: section 2).

The odometer counts clicks since the first read and never jumps: an install or reset opens a new epoch at the odometer
of the read before (what was printed between is nobody's), a rollover goes on counting. Usage between two reads is the
difference of their odometers, which equals the sum over epochs of (close - open).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from mps_module.engine.meters import MeterType
from mps_module.engine.reads import Read, ReadKind

_ACTUAL = ReadKind.ACTUAL
_ESTIMATE = ReadKind.ESTIMATE
_INSTALL = ReadKind.INSTALL
_REMOVAL = ReadKind.REMOVAL
_RESET = ReadKind.RESET
_ROLLOVER = ReadKind.ROLLOVER
# At the same moment the old counter's last value comes before the new counter's first one.
RANK = {_ACTUAL: 0, _REMOVAL: 1, _ROLLOVER: 2, _RESET: 3, _INSTALL: 4, _ESTIMATE: 5}
OPENS_EPOCH = frozenset({_INSTALL, _RESET, _ROLLOVER})


def counter_span(digits: int | None, last: int) -> int:
    """Steps after which a counter shows 0 again: 10 ** digits; unknown digits: the next power of ten above `last`."""
    return 10**digits if digits is not None else 10 ** len(str(last))


def step(kind: ReadKind, last: int, value: int, digits: int | None) -> int:
    """Clicks that the odometer moves from a read of value `last` to the next read, of this kind and value."""
    if kind is _INSTALL or kind is _RESET:
        return 0
    if kind is _ROLLOVER:
        return counter_span(digits, last) - last + value
    return value - last


@dataclass(frozen=True, slots=True)
class MeterLog:
    """The reads of one meter that count, ordered; built by `MeterLog.build`, never changed.

    Attributes:
        reads: all but estimates and superseded ones, in order of reading.
        times: their moments, seconds since 1970 (UTC).
        odometers, epochs: clicks since the first read; index of the epoch.
        installs, removals: indexes of reads of these kinds.
        gaps: indexes of reads before which nothing was counted (install, reset).
        estimates, estimate_times: recorded estimates, which are not part of the chain.
        superseded: (old read, read that replaces it with its reason).
        digits: of the counter, if known.
    """

    reads: tuple[Read, ...] = ()
    times: tuple[float, ...] = ()
    odometers: tuple[int, ...] = ()
    epochs: tuple[int, ...] = ()
    installs: tuple[int, ...] = ()
    removals: tuple[int, ...] = ()
    gaps: tuple[int, ...] = ()
    estimates: tuple[Read, ...] = ()
    estimate_times: tuple[float, ...] = ()
    superseded: tuple[tuple[Read, Read], ...] = ()
    digits: int | None = None

    @classmethod
    def build(cls, reads: Iterable[Read], meter_type: MeterType | None = None) -> MeterLog:
        """Order the accepted reads of one meter. The order in which they are given does not matter.

        Args:
            reads: accepted and flagged reads of one device and meter, superseded ones included.
            meter_type: for the counter's digits.
        """
        rows = list(reads)
        digits = meter_type.digits if meter_type is not None else None
        superseded: tuple[tuple[Read, Read], ...] = ()
        by = {read.supersedes: read for read in rows if read.supersedes}
        if by:
            superseded = tuple((read, by[read.read_id]) for read in rows if read.read_id in by)
            rows = [read for read in rows if read.read_id not in by]
        if not [read for read in rows if read.kind is not _ACTUAL]:
            return cls._build_plain(rows, superseded, digits)
        return cls._build_mixed(rows, superseded, digits)

    @classmethod
    def _build_plain(
        cls, rows: list[Read], superseded: tuple[tuple[Read, Read], ...], digits: int | None
    ) -> MeterLog:
        """The usual log, actual reads only: one epoch, the odometer is the value less the first one."""
        if not rows:
            return cls(superseded=superseded, digits=digits)
        keyed = [(read.taken_at.timestamp(), read.value, read.read_id, n) for n, read in enumerate(rows)]
        keyed.sort()
        first = keyed[0][1]
        return cls(
            reads=tuple([rows[key[3]] for key in keyed]),
            times=tuple([key[0] for key in keyed]),
            odometers=tuple([key[1] - first for key in keyed]),
            epochs=(0,) * len(keyed),
            superseded=superseded,
            digits=digits,
        )

    @classmethod
    def _build_mixed(
        cls, rows: list[Read], superseded: tuple[tuple[Read, Read], ...], digits: int | None
    ) -> MeterLog:
        """The general case: epochs, installs and removals, estimates aside."""
        keyed = [
            (read.taken_at.timestamp(), RANK[read.kind], read.value, read.read_id, n)
            for n, read in enumerate(rows)
        ]
        keyed.sort()
        ordered = [(key[0], rows[key[4]]) for key in keyed]
        chain = [pair for pair in ordered if pair[1].kind is not _ESTIMATE]
        odometers: list[int] = []
        epochs: list[int] = []
        odometer = epoch = 0
        last: int | None = None
        for _, read in chain:
            if last is not None:
                odometer += step(read.kind, last, read.value, digits)
                if read.kind in OPENS_EPOCH:
                    epoch += 1
            last = read.value
            odometers.append(odometer)
            epochs.append(epoch)
        return cls(
            reads=tuple([read for _, read in chain]),
            times=tuple([at for at, _ in chain]),
            odometers=tuple(odometers),
            epochs=tuple(epochs),
            installs=tuple([i for i, (_, read) in enumerate(chain) if read.kind is _INSTALL]),
            removals=tuple([i for i, (_, read) in enumerate(chain) if read.kind is _REMOVAL]),
            gaps=tuple([i for i, (_, read) in enumerate(chain) if read.kind in (_INSTALL, _RESET)]),
            estimates=tuple([read for _, read in ordered if read.kind is _ESTIMATE]),
            estimate_times=tuple([at for at, read in ordered if read.kind is _ESTIMATE]),
            superseded=superseded,
            digits=digits,
        )

    def index_of(self, read: Read) -> int:
        """Position of a read (or of its equal, loaded again from a store) in the chain; -1: it does not count."""
        return _find(self.reads, self.times, read)

    def has_estimate(self, read: Read) -> bool:
        """Whether a recorded estimate still stands."""
        return _find(self.estimates, self.estimate_times, read) >= 0


def _find(reads: tuple[Read, ...], times: tuple[float, ...], read: Read) -> int:
    at = read.taken_at.timestamp()
    i = bisect_left(times, at)
    while i < len(times) and times[i] == at:
        found = reads[i]
        same = found.read_id == read.read_id or not (found.read_id and read.read_id)
        if same and found.value == read.value and found.kind is read.kind:
            return i
        i += 1
    return -1
