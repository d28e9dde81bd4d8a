"""Entry of meter reads: every row gets one verdict, and none is dropped (domain: section 2).

accepted + flagged + quarantined + duplicate = rows received. Rows are judged in the order of their reading times,
whatever the order they came in, against the reads that the ledger has already taken.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from mps_module.engine.forecast import daily_volume
from mps_module.engine.meterlog import RANK, MeterLog
from mps_module.engine.meters import Device, MeterType
from mps_module.engine.reads import Judgement, Read, ReadKind, Verdict
from mps_module.engine.result import Boundary
from mps_module.engine.sequence import MeterJudge, Row
from mps_module.engine.serials import Resolution, SerialIndex, resolve

__all__ = ["Resolution", "SerialIndex", "Tally", "judge", "removal_refusal", "resolve", "tally"]

DEFAULT_BUFFER = Decimal("0.60")
ABSURD = 10**12  # no counter of a printer has more digits
EARLIEST = datetime.fromisoformat("1990-01-01T00:00:00+00:00").timestamp()
_ESTIMATE = ReadKind.ESTIMATE
_QUARANTINED = Verdict.QUARANTINED
_NO_METER = MeterType("")


def judge(
    device: Device,
    incoming: Sequence[Read],
    accepted: Sequence[Read] | Mapping[str, MeterLog],
    now: datetime,
    tz: str | tzinfo = "UTC",
    buffer: Decimal | float = DEFAULT_BUFFER,
) -> list[Judgement]:
    """Judge the rows of one device that came in together.

    Args:
        device: whose reads these are (`resolve` a serial number first).
        incoming: rows in any order. A read that supersedes another one carries its `read_id` and a reason.
        accepted: reads already accepted or flagged, superseded ones included; or the device's logs by meter.
        now: the moment of entry, zone-aware; a later time of reading is taken as an estimate only.
        tz: zone in which messages show times.
        buffer: share of the expected volume by which a read may exceed it (0.60: 60 %).

    Returns:
        One judgement a row, in the order of `incoming`.

    Raises:
        ValueError: `now` is without a zone.
    """
    if now.tzinfo is None:
        raise ValueError("The moment of entry needs a time zone.")
    verdicts: list[Judgement | None] = [None] * len(incoming)
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    refused: defaultdict[str, set[str]] = defaultdict(set)
    entry = now.timestamp()
    types = device.meters
    for n, read in enumerate(incoming):
        kind = types.get(read.meter, _NO_METER)
        refusal = _refusal(read, device, kind, entry)
        if refusal is None:
            rows[read.meter].append((read.taken_at.timestamp(), RANK[read.kind], read.value, read.read_id, n))
        else:
            verdicts[n] = Judgement(read, _QUARANTINED, *refusal)
            refused[read.meter].add(read.read_id)
    zone = ZoneInfo(tz) if isinstance(tz, str) else tz
    taken = accepted if isinstance(accepted, Mapping) else _by_meter(device, accepted)
    for meter, own in rows.items():
        own.sort()
        monthly = device.monthly_volume.get(meter)
        log = taken.get(meter) or MeterLog(digits=types.get(meter, _NO_METER).digits)
        expected = float(daily_volume(monthly)) if monthly is not None else None
        job = _MeterJob(log, incoming, expected, 1 + float(buffer), zone, refused.get(meter, frozenset()))
        for n, verdict in job.run(own).items():
            verdicts[n] = verdict
    return [verdict for verdict in verdicts if verdict is not None]


def _by_meter(device: Device, reads: Iterable[Read]) -> dict[str, MeterLog]:
    by_meter: defaultdict[str, list[Read]] = defaultdict(list)
    for read in reads:
        by_meter[read.meter].append(read)
    return {meter: MeterLog.build(own, device.meters.get(meter)) for meter, own in by_meter.items()}


def _refusal(read: Read, device: Device, kind: MeterType, entry: float) -> tuple[str, str] | None:
    """Why a row cannot be taken whatever else was read; None: it can."""
    taken_at, value = read.taken_at, read.value
    if taken_at.tzinfo is None:
        return "no-timezone", "The time of reading has no time zone."
    if read.device != device.device:
        return "other-device", f"This read is of device {read.device!r}, not of {device.device!r}."
    if kind.formula:
        return "virtual-meter", f"{read.meter} is computed from other meters and cannot be read."
    if value < 0:
        return "negative", f"A counter cannot show {value:,}."
    if kind.digits is not None and value >= 10**kind.digits:
        return "too-many-digits", f"{value:,} is more than a counter of {kind.digits} digits can show."
    if value >= ABSURD:
        return "absurd", f"No counter shows {value:,}."
    at = taken_at.timestamp()
    if at < EARLIEST:
        return "absurd-time", f"Read on {taken_at:%Y-%m-%d}? The clock that said so was not set."
    if at > entry and read.kind is not _ESTIMATE:
        return "future-time", "The time of reading is still to come: only an estimate can be given for it."
    return None


@dataclass(slots=True)
class _MeterJob:
    """The rows of one meter: which reads they supersede, then their order.

    `refused`: ids of rows that cannot be taken whatever else was read; a correction of one stands for itself.
    """

    log: MeterLog
    incoming: Sequence[Read]
    daily: float | None
    factor: float
    zone: tzinfo
    refused: Collection[str] = frozenset()

    def run(self, rows: list[Row]) -> dict[int, Judgement]:
        """Verdicts by position. A superseded read leaves the log before the others are judged; where the read that
        should replace it cannot be taken itself, the old one stays and all is judged again without that row."""
        incoming = self.incoming
        claiming = [row for row in rows if incoming[row[4]].supersedes]
        if not claiming:
            return self._judge(rows, {})
        claims, settled = self._claims(rows, claiming)
        while True:
            verdicts = self._judge([row for row in rows if row[4] not in settled], claims)
            failed = [n for n in claims if verdicts[n].verdict is _QUARANTINED]
            if not failed:
                return {**verdicts, **settled}
            for n in failed:
                settled[n] = verdicts[n]
                del claims[n]

    def _judge(self, rows: list[Row], claims: Mapping[int, str]) -> dict[int, Judgement]:
        log = self.log
        gone: dict[float, list[Read]] = {}
        for old, _ in log.superseded:
            gone.setdefault(old.taken_at.timestamp(), []).append(old)
        if not claims:
            return MeterJudge(log, gone, self.incoming, self.daily, self.factor, self.zone).run(rows)
        targets = set(claims.values())
        for old in (*log.reads, *log.estimates):
            if old.read_id in targets:
                gone.setdefault(old.taken_at.timestamp(), []).append(old)
        log = without(log, targets)
        withdrawn = self._withdrawn(rows, claims)
        rows = [row for row in rows if row[4] not in withdrawn]
        judged = MeterJudge(log, gone, self.incoming, self.daily, self.factor, self.zone, frozenset(claims))
        return {**judged.run(rows), **withdrawn}

    def _withdrawn(self, rows: list[Row], claims: Mapping[int, str]) -> dict[int, Judgement]:
        """Rows that another row of the same batch supersedes: into the ledger, but not into the log."""
        by = {target: self.incoming[n] for n, target in claims.items()}
        return {
            row[4]: Judgement(
                self.incoming[row[4]], Verdict.ACCEPTED, "superseded", f"Superseded: {by[row[3]].reason}"
            )
            for row in rows
            if row[3] in by
        }

    def _claims(self, rows: list[Row], claiming: list[Row]) -> tuple[dict[int, str], dict[int, Judgement]]:
        """Which rows rightly claim to supersede a read (position -> its read_id), and the refusals of the others."""
        log = self.log
        known = {read.read_id for read in (*log.reads, *log.estimates)}
        known.update(row[3] for row in rows)
        known.update(self.refused)
        replaced = {old.read_id: new for old, new in log.superseded}
        chain = {row[3]: self.incoming[row[4]].supersedes for row in claiming}
        values: defaultdict[str, set[tuple[datetime, int, str]]] = defaultdict(set)
        for row in claiming:
            read = self.incoming[row[4]]
            values[read.supersedes].add(_said(read))
        claims: dict[int, str] = {}
        refused: dict[int, Judgement] = {}
        for row in claiming:
            read = self.incoming[row[4]]
            already = replaced.get(read.supersedes)
            if already is not None and _said(read) == _said(already):
                continue  # the same correction again is a duplicate like any other
            if _runs_in_circle(read, chain):
                problem = "supersedes-itself", "A read cannot supersede itself."
            elif len(values[read.supersedes]) > 1:
                problem = "conflict", f"Several rows, with different values, supersede {read.supersedes!r}."
            else:
                problem = _claim_problem(read, read.supersedes in known, already)
            if problem is None:
                claims[row[4]] = read.supersedes
            else:
                refused[row[4]] = Judgement(read, _QUARANTINED, *problem)
        return claims, refused


def _said(read: Read) -> tuple[datetime, int, str]:
    return read.taken_at, read.value, read.kind.value


def _runs_in_circle(read: Read, chain: Mapping[str, str]) -> bool:
    """Whether following `supersedes` from read to read comes back to this one."""
    seen: set[str] = set()
    target = read.supersedes
    while target and target not in seen:
        if target == read.read_id:
            return True
        seen.add(target)
        target = chain.get(target, "")
    return False


def _claim_problem(read: Read, known: bool, already: Read | None) -> tuple[str, str] | None:
    if already is not None:
        return (
            "supersedes-again",
            f"{read.supersedes!r} is superseded already; supersede the read that replaced it.",
        )
    if not known:
        return "supersedes-unknown", (
            f"{read.supersedes!r} is no read of this meter in the ledger. If that read was never accepted, send this "
            "one as a new read."
        )
    if not read.reason.strip():
        return "no-reason", "A read can only be superseded with a reason."
    return None


def without(log: MeterLog, targets: set[str]) -> MeterLog:
    """The log without the reads of these ids."""
    rows = [read for read in (*log.reads, *log.estimates) if read.read_id not in targets]
    return MeterLog.build(rows, MeterType("", digits=log.digits))


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of verdicts. `received` is their sum, always."""

    accepted: int = 0
    flagged: int = 0
    quarantined: int = 0
    duplicate: int = 0

    @property
    def received(self) -> int:
        return self.accepted + self.flagged + self.quarantined + self.duplicate


def tally(judgements: Iterable[Judgement]) -> Tally:
    """How many rows came to which verdict."""
    counts = Counter([judgement.verdict for judgement in judgements])
    return Tally(*(counts[verdict] for verdict in Verdict))


def removal_refusal(read: Read, boundaries: Iterable[Boundary]) -> str:
    """Why a read may not be taken out of the ledger: a posted bill rests on it. Empty: none does.

    Args:
        boundaries: pins of posted bills of the read's device and meter.
    """
    for boundary in boundaries:
        for used in (boundary.read, boundary.estimate):
            if used is not None and used == read:
                return (
                    f"A bill rests on this read ({read.value:,}, boundary {boundary.day}). It cannot be removed, only "
                    "superseded, with a reason."
                )
    return ""
