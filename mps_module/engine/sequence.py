"""Judging new reads of one meter in order of reading time: same moment, order of counter, expected volume (section 2).

Rows come in any order and leave with the same verdicts: what disagrees at one moment is put aside on all sides, the
rest is merged with the ledger by time of reading. Ledger reads stand; a new read has to fit between its neighbours.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from mps_module.engine.meterlog import OPENS_EPOCH, RANK, MeterLog, step
from mps_module.engine.reads import Judgement, Read, ReadKind, Verdict
from mps_module.engine.volume import MEMORY, Standing, excess, excess_after

_ACTUAL = ReadKind.ACTUAL
_ESTIMATE = ReadKind.ESTIMATE
_ROLLOVER = ReadKind.ROLLOVER
_ACCEPTED = Verdict.ACCEPTED
_RANK_ROLLOVER = RANK[ReadKind.ROLLOVER]
_RANK_RESET = RANK[ReadKind.RESET]
_RANK_ESTIMATE = RANK[ReadKind.ESTIMATE]

Row = tuple[float, int, int, str, int]
"""(moment, rank of kind, value, read_id, position among the rows that came in)."""


@dataclass(slots=True)
class MeterJudge:
    """Judges rows of one meter against its ledger.

    Attributes:
        log: the accepted reads. gone: superseded ones by moment (the same read again stays a duplicate).
        daily: expected clicks a day where the reads tell too little; None: unknown.
        factor: 1 + buffer.
        verdicts: position of the row -> judgement; filled by `run`.
    """

    log: MeterLog
    gone: dict[float, list[Read]]
    incoming: Sequence[Read]
    daily: float | None
    factor: float
    zone: tzinfo
    fresh: frozenset[int] = frozenset()  # rows that supersede another read
    verdicts: dict[int, Judgement] = field(default_factory=dict)

    def run(self, rows: list[Row]) -> dict[int, Judgement]:
        """Verdicts for `rows`, which are sorted."""
        kept = self._moments(rows)
        if kept:
            self._sequence(kept)
        return self.verdicts

    def _put(self, n: int, verdict: Verdict, code: str, message: str) -> None:
        self.verdicts[n] = Judgement(self.incoming[n], verdict, code, message)

    def _shown(self, value: int, at: float) -> str:
        return f"{value:,} on {datetime.fromtimestamp(at, self.zone):%Y-%m-%d %H:%M}"

    # Same moment: duplicates and conflicts

    def _moments(self, rows: list[Row]) -> list[Row]:
        """The rows that are neither duplicates nor in conflict."""
        kept: list[Row] = []
        log, times, count = self.log, self.log.times, len(rows)
        estimates = dict(zip(log.estimate_times, log.estimates, strict=True)) if log.estimates else {}
        size = len(times)
        i = 0
        while i < count:
            row = rows[i]
            at = row[0]
            j = i + 1
            while j < count and rows[j][0] == at:
                j += 1
            k = bisect_left(times, at)
            shared = k < size and times[k] == at
            if j == i + 1 and not shared and at not in estimates and at not in self.gone:
                kept.append(row)
            else:
                stop = bisect_right(times, at, k)
                standing = [*log.reads[k:stop]]
                if at in estimates:
                    standing.append(estimates[at])
                kept.extend(self._moment(rows[i:j], standing, self.gone.get(at, ())))
            i = j
        return kept

    def _moment(self, rows: list[Row], standing: list[Read], gone: Iterable[Read]) -> list[Row]:
        """Rows of one moment, against the reads that stand or stood there."""
        open_rows = []
        for row in rows:
            read = self.incoming[row[4]]
            again = any(_says_again(read, other) for other in standing)
            if again or (row[4] not in self.fresh and any(other.value == read.value for other in gone)):
                self._put(row[4], Verdict.DUPLICATE, "duplicate", "Already in the ledger.")
            elif rival := next((other for other in standing if _disagree(read, other)), None):
                self._conflict(row, rival.value)
            else:
                open_rows.append(row)
        rivals = {row[4]: self._rival(row, open_rows) for row in open_rows} if len(open_rows) > 1 else {}
        kept: list[Row] = []
        # Kinds that say more come first, so that a plain read of the same value is the one that says nothing new.
        for row in sorted(
            open_rows, key=lambda row: (row[1] == RANK[_ACTUAL], row[1] == RANK[_ESTIMATE], row)
        ):
            read = self.incoming[row[4]]
            rival = rivals.get(row[4])
            if rival is not None:
                self._conflict(row, rival)
            elif any(_says_again(read, self.incoming[other[4]]) for other in kept):
                self._put(row[4], Verdict.DUPLICATE, "duplicate", "Came in twice.")
            else:
                kept.append(row)
        return sorted(kept)

    def _rival(self, row: Row, rows: list[Row]) -> int | None:
        read = self.incoming[row[4]]
        others = (self.incoming[other[4]] for other in rows)
        return next((other.value for other in others if _disagree(read, other)), None)

    def _conflict(self, row: Row, value: int) -> None:
        message = (
            f"Another value, {value:,}, was read at the same time. Supersede the wrong one, with a reason."
        )
        self._put(row[4], Verdict.QUARANTINED, "conflict", message)

    # Order of the counter

    def _sequence(self, rows: list[Row]) -> None:
        """Merge the rows with the ledger by time of reading; linear in both."""
        log, incoming, verdicts = self.log, self.incoming, self.verdicts
        times, reads, size = log.times, log.reads, len(log.times)
        at = max(0, bisect_left(times, rows[0][0] - MEMORY) - 1)  # and the read before, however old
        last = len(rows) - 1
        shift = 0
        standing = Standing()
        for i, row in enumerate(rows):
            now, rank, value, _, n = row
            k = at
            if k < size and times[k] <= now:
                k = bisect_left(times, now, at)
                while k < size and times[k] == now and RANK[reads[k].kind] <= rank:
                    k += 1
                if k > at:
                    self._pass_ledger(standing, at, k, shift)
                    at = k
            read = incoming[n]
            nxt = reads[k] if k < size else None
            refused = None
            before = standing.value
            plain = rank < _RANK_ROLLOVER and nxt is None and (before is None or value >= before)
            if not plain or (i < last and rows[i + 1][2] < value):
                refused = self._misfit(read, row, standing, nxt) or self._spike(rows, i, standing, k)
            if refused:
                self._put(n, Verdict.QUARANTINED, *refused)
                continue
            odometer = 0
            if before is not None:
                odometer = standing.odometers[-1] + step(read.kind, before, value, log.digits)
            flagged = self._remarkable(read, row, odometer, standing, nxt)
            if flagged:
                self._put(n, Verdict.FLAGGED, *flagged)
            else:
                verdicts[n] = Judgement(read, _ACCEPTED)
            if read.kind is _ESTIMATE:
                continue
            if read.kind is ReadKind.INSTALL:
                standing.start = len(standing.times)
            standing.times.append(now)
            standing.odometers.append(odometer)
            standing.value = value
            if nxt is not None:
                shift = odometer + step(nxt.kind, value, nxt.value, log.digits) - log.odometers[k]

    def _pass_ledger(self, standing: Standing, at: int, stop: int, shift: int) -> None:
        """Let the ledger's reads at..stop-1 stand."""
        log = self.log
        for install in log.installs:
            if at <= install < stop:
                standing.start = len(standing.times) + install - at
        standing.times.extend(log.times[at:stop])
        odometers = log.odometers[at:stop]
        standing.odometers.extend([value + shift for value in odometers] if shift else odometers)
        standing.value = log.reads[stop - 1].value

    def _misfit(self, read: Read, row: Row, standing: Standing, nxt: Read | None) -> tuple[str, str] | None:
        """Why a read does not fit between the ones before and after it; None: it fits."""
        value, before, kind = row[2], standing.value, read.kind
        if before is not None and value < before and kind not in OPENS_EPOCH:
            return self._lower(read, before, standing.times[-1])
        if kind is _ROLLOVER and before is not None and value >= before:
            shown = self._shown(before, standing.times[-1])
            return (
                "rollover-not-lower",
                f"{value:,} is no rollover: the read before is {shown}. Send it as actual.",
            )
        if nxt is not None and value > nxt.value and nxt.kind not in OPENS_EPOCH:
            shown = self._shown(nxt.value, nxt.taken_at.timestamp())
            return (
                "above-next",
                f"{value:,} is above the read after it, {shown}. Correct it, or supersede that one.",
            )
        return None

    def _lower(self, read: Read, before: int, at: float) -> tuple[str, str]:
        parts = [f"{read.value:,} is lower than the read before, {self._shown(before, at)}."]
        digits = self.log.digits
        if digits is not None and 10**digits - before + read.value < 10**digits // 10:
            parts.append(f"A counter of {digits} digits may have run over: then send it as rollover,")
            parts.append("after a swap of the board as reset,")
        else:
            parts.append("Send it as reset after a swap of the board, as rollover if the counter ran over,")
        return "lower-than-before", " ".join([*parts, "or supersede the read before if that was wrong."])

    def _spike(self, rows: list[Row], i: int, standing: Standing, k: int) -> tuple[str, str] | None:
        """A new read above the two new ones after it, while those fit the read before: it is the odd one out."""
        if i + 2 >= len(rows) or standing.value is None:
            return None
        row, after, later = rows[i], rows[i + 1], rows[i + 2]
        if not standing.value <= after[2] <= later[2] < row[2]:
            return None
        if k < len(self.log.times) and self.log.times[k] <= later[0]:
            return None  # the ledger has a read in between, which has judged already
        kinds = {self.incoming[each[4]].kind for each in (row, after, later)}
        if not kinds.isdisjoint(OPENS_EPOCH) or _ESTIMATE in kinds:
            return None
        shown = self._shown(after[2], after[0])
        return (
            "above-next",
            f"{row[2]:,} is above the reads after it, {shown} and on, which fit the ones before.",
        )

    def _remarkable(
        self, read: Read, row: Row, odometer: int, standing: Standing, nxt: Read | None
    ) -> tuple[str, str] | None:
        """Why somebody should look at a read that fits; None: nothing odd."""
        now, rank, value = row[0], row[1], row[2]
        if standing.value is None:
            return None
        if rank < _RANK_RESET or rank == _RANK_ESTIMATE:
            found = excess(standing, now, odometer, self.daily, self.factor)
        elif rank == _RANK_RESET and value >= standing.value:
            shown = self._shown(standing.value, standing.times[-1])
            return "reset-not-lower", f"A reset to {value:,}, which is not below the read before, {shown}."
        elif nxt is None or nxt.kind in OPENS_EPOCH:
            return None
        else:
            seconds = nxt.taken_at.timestamp() - now
            found = excess_after(standing, nxt.value - value, seconds, self.daily, self.factor)
        return None if found is None else ("above-expected", found.message)


def _says_again(read: Read, other: Read) -> bool:
    """Whether `read` says nothing that `other`, of the same moment, does not say."""
    if read.value != other.value:
        return False
    if read.kind is other.kind or read.kind is _ESTIMATE:
        return True
    return read.kind is _ACTUAL and other.kind is not _ESTIMATE


def _disagree(read: Read, other: Read) -> bool:
    """Whether two values of one moment contradict each other. An old counter's last value and a new one's first do
    not; an actual read overrules an estimate, not the other way round."""
    if read.value == other.value or other.kind is _ESTIMATE:
        return read.value != other.value and read.kind is _ESTIMATE
    return read.kind is _ESTIMATE or (read.kind in OPENS_EPOCH) == (other.kind in OPENS_EPOCH)
