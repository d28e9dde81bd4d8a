"""A bill as short JSON and back, exactly: what thousands of frozen bills with hundreds of meters each are kept as.

As `codec`, but the usages behind the lines are rows instead of objects: a boundary that rests on one plain actual read,
as nearly all do, is nine values. Anything else about a boundary is carried by `codec`, field by field. A text is a
third as long and made in a quarter of the time. The same bill always gives the same text.

    usage: [unit, meter, index of its days, usage, weight, opening, closing] or, of a virtual meter, [..., [its terms]]
    plain boundary: [day, value, odometer, epoch, time of reading, source, kind, read, is an opening]
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from mps_module.engine import codec
from mps_module.engine.periods import Period
from mps_module.engine.reads import Read, ReadKind, ReadSource
from mps_module.engine.result import Basis, Bill, BillLine, Boundary, MeterUsage
from mps_module.engine.usage import real_usages

FORMAT = 2
KNOWN = (
    ("day", "basis", "value", "odometer", "epoch", "taken_at", "in_tolerance", "low", "high", "read", "opening", "estimate"),
    ("device", "meter", "taken_at", "value", "source", "kind", "read_id", "supersedes", "reason"),
    ("unit", "meter", "period", "usage", "weight", "opening", "closing", "terms"),
)  # fmt: skip
"""Fields that the rows carry. A class that has others than these goes by `codec`, so that nothing is ever lost."""
COMPLETE = tuple(tuple(f.name for f in fields(cls)) for cls in (Boundary, Read, MeterUsage)) == KNOWN
ACTUAL = Basis.ACTUAL
SOURCES: Mapping[str, ReadSource] = {source.value: source for source in ReadSource}
KINDS: Mapping[str, ReadKind] = {kind.value: kind for kind in ReadKind}
Row = list[Any]


def pack(bill: Bill) -> dict[str, Any]:
    """The bill as a plain JSON-able dict."""
    if not COMPLETE:
        return codec.encode_bill(bill)
    writer = _Writer()
    usages = [[writer.usage(u) for u in line.proof.usages] if line.proof else [] for line in bill.lines]
    data = codec.encode_bill(replace(bill, lines=tuple(_without_usages(line) for line in bill.lines)))
    data["format"] = FORMAT
    data["days"] = [[p.start.isoformat(), p.end.isoformat()] for p in writer.days]
    data["usages"] = usages
    return data


def unpack(data: Mapping[str, Any]) -> Bill:
    """The bill back from `pack`'s dict, or from `codec.encode_bill`'s. Raises CodecError for anything else."""
    if data.get("format") != FORMAT:
        return codec.decode_bill(dict(data))
    made = rows_of(data)
    try:
        reader = _Reader(data["days"])
        usages = [tuple(map(reader.usage, rows)) for rows in data["usages"]]
        lines = list(zip(made.lines, usages, strict=True))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise codec.CodecError(f"usages cannot be read: {error!r}") from error
    return replace(made, lines=tuple(_with_usages(line, own) if own else line for line, own in lines))


def rows_of(data: Mapping[str, Any]) -> Bill:
    """The bill without the usages behind its lines: all that an invoice needs, at a fraction of the price."""
    head = {key: value for key, value in data.items() if key not in ("days", "usages")}
    return codec.decode_bill({**head, "format": codec.FORMAT})


def dumps(bill: Bill) -> str:
    """The bill as JSON text, as short as it gets. Write it as UTF-8."""
    return text_of(pack(bill))


def text_of(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def loads(text: str) -> Bill:
    """The bill back from `dumps`' text, squeezed or not, or from `codec.dumps`'. Raises CodecError."""
    return unpack(parsed(text))


def squeezed(text: str) -> str:
    """The text at a tenth of its length, for a database column; `parsed` and `loads` take it as it is."""
    return base64.b64encode(zlib.compress(text.encode(), 1)).decode("ascii")


def parsed(text: str) -> dict[str, Any]:
    """`pack`'s dict back from its text, squeezed or not. Raises CodecError."""
    try:
        if not text.startswith("{"):
            text = zlib.decompress(base64.b64decode(text, validate=True)).decode()
        return json.loads(text)
    except (ValueError, zlib.error) as error:
        raise codec.CodecError(f"not JSON, plain or squeezed: {error}") from error


def read_names(usages: Iterable[MeterUsage]) -> Iterator[str]:
    """Names of the reads that these usages open and close at, recorded estimates among them."""
    for usage in usages:
        yield from read_names(usage.terms)
        for edge in (usage.opening, usage.closing):
            if edge is not None and edge.basis is not Basis.MISSING:
                yield from (read.read_id for read in (edge.read, edge.estimate) if read and read.read_id)


def packed_read_names(data: Mapping[str, Any]) -> set[str]:
    """As `read_names`, straight from `pack`'s dict."""
    if data.get("format") != FORMAT:
        lines = codec.decode_bill(dict(data)).lines
        return {name for line in lines if line.proof for name in read_names(line.proof.usages)}
    found: set[str] = set()
    for rows in data["usages"]:
        _collect(rows, found)
    return found


def packed_boundaries(data: Mapping[str, Any]) -> Iterator[tuple[str, str, Boundary]]:
    """(device, meter, boundary) of all that a bill pins, straight from `pack`'s dict; some come more than once."""
    if data.get("format") == FORMAT:
        reader = _Reader(())
        for rows in data["usages"]:
            yield from reader.boundaries(rows)
        return
    made = codec.decode_bill(dict(data))
    if made.boundaries:
        yield from made.boundaries
        return
    for usage in real_usages(usage for line in made.lines if line.proof for usage in line.proof.usages):
        for edge in (usage.opening, usage.closing):
            if edge is not None and edge.basis is not Basis.MISSING:
                yield usage.unit, usage.meter, edge


def _collect(rows: Iterable[Row], found: set[str]) -> None:
    for row in rows:
        if len(row) > 7:
            _collect(row[7], found)
        for edge in row[5:7]:
            if type(edge) is list:
                if edge[7]:
                    found.add(edge[7])
            elif edge and edge["basis"] != Basis.MISSING.value:
                reads = (edge.get("read"), edge.get("estimate"))
                found.update(read["read_id"] for read in reads if read and read.get("read_id"))


def _without_usages(line: BillLine) -> BillLine:
    return replace(line, proof=replace(line.proof, usages=())) if line.proof and line.proof.usages else line


def _with_usages(line: BillLine, usages: tuple[MeterUsage, ...]) -> BillLine:
    if line.proof is None:
        raise codec.CodecError(f"line {line.line_id}: usages without a proof")
    return replace(line, proof=replace(line.proof, usages=usages))


class _Writer:
    """Usages to rows. Days and times are written once and looked up."""

    def __init__(self) -> None:
        self.days: dict[Period, int] = {}
        self.texts: dict[date, str] = {}

    def usage(self, usage: MeterUsage) -> Row:
        days = self.days.setdefault(usage.period, len(self.days))
        unit, meter = usage.unit, usage.meter
        row = [
            unit, meter, days, str(usage.usage), str(usage.weight),
            self.edge(usage.opening, unit, meter), self.edge(usage.closing, unit, meter),
        ]  # fmt: skip
        if usage.terms:
            row.append([self.usage(term) for term in usage.terms])
        return row

    def edge(self, edge: Boundary | None, unit: str, meter: str) -> Row | dict[str, Any] | None:
        if edge is None:
            return None
        read = edge.read
        if read is None or not is_plain(edge, read, unit, meter):
            return codec.encode_value(edge)
        day = edge.day
        text = self.texts.get(day) or self.texts.setdefault(day, day.isoformat())
        # `_value_`, since `value` is a property, which takes three times as long.
        return [
            text, edge.value, edge.odometer, edge.epoch, read.taken_at.isoformat(), read.source._value_,
            read.kind._value_, read.read_id, int(edge.opening),
        ]  # fmt: skip


def is_plain(edge: Boundary, read: Read, unit: str, meter: str) -> bool:
    """Whether a boundary says nothing but what its read, of this very meter, says."""
    return (
        edge.basis is ACTUAL
        and edge.in_tolerance
        and edge.low is None
        and edge.high is None
        and edge.estimate is None
        and edge.value == read.value
        and read.device == unit
        and read.meter == meter
        and not read.supersedes
        and not read.reason
        and (edge.taken_at is read.taken_at or same_time(edge.taken_at, read.taken_at))
    )


def same_time(one: datetime | None, other: datetime) -> bool:
    """The same moment, written the same way: an offset of its own is kept."""
    return one is not None and one.isoformat() == other.isoformat()


class _Reader:
    """Rows to usages."""

    def __init__(self, days: Iterable[list[str]]) -> None:
        self.days = [Period(date.fromisoformat(start), date.fromisoformat(end)) for start, end in days]
        self.dates: dict[str, date] = {}

    def usage(self, row: Row) -> MeterUsage:
        unit, meter, days, usage, weight, opening, closing = row[:7]
        return MeterUsage(
            unit,
            meter,
            self.days[days],
            Decimal(usage),
            Decimal(weight),
            self.edge(opening, unit, meter),
            self.edge(closing, unit, meter),
            tuple(map(self.usage, row[7])) if len(row) > 7 else (),
        )

    def boundaries(self, rows: Iterable[Row]) -> Iterator[tuple[str, str, Boundary]]:
        for row in rows:
            unit, meter = row[:2]
            if len(row) > 7:
                yield from self.boundaries(row[7])
                continue
            for edge in (self.edge(row[5], unit, meter), self.edge(row[6], unit, meter)):
                if edge is not None and edge.basis is not Basis.MISSING:
                    yield unit, meter, edge

    def edge(self, row: Row | dict[str, Any] | None, unit: str, meter: str) -> Boundary | None:
        if row is None:
            return None
        if isinstance(row, dict):
            return codec.decode_value(Boundary, row)
        day, value, odometer, epoch, taken, source, kind, name, opening = row
        at = datetime.fromisoformat(taken)
        found = self.dates.get(day) or self.dates.setdefault(day, date.fromisoformat(day))
        read = Read(unit, meter, at, value, SOURCES[source], KINDS[kind], name)
        return Boundary(found, ACTUAL, value, odometer, epoch, at, read=read, opening=bool(opening))
