"""Meter reads, long form (one read a row) or wide (one device and time a row, a column a meter).

The usual row of the usual file goes through a short loop of dictionary look-ups; whatever that cannot take is read
again, slowly and with a reason for everything. Both give the same reads.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence

from mps_module.engine.reads import ReadKind, ReadSource, Verdict
from mps_module.readers.columns import READ_FIELDS, MeterNames, plain_name
from mps_module.readers.issue import BadValue, Issue, shown
from mps_module.readers.numbers import COUNTER_LIMIT, SENTINELS
from mps_module.readers.read_row import ReadRow
from mps_module.readers.read_words import (
    BLANKS,
    KIND_WORDS,
    SOURCE_WORDS,
    Extra,
    RawRead,
    ReadSink,
    tag_of,
    untag,
)
from mps_module.readers.records import report_unused
from mps_module.readers.settings import FileRule, Settings
from mps_module.readers.sheet import FileLog, Header, Recogniser, Sheet, open_sheet, text_of
from mps_module.readers.table import Cell, Table
from mps_module.readers.times import Moments

CHUNK = 5_000


def read_reads(
    table: Table,
    settings: Settings,
    meters: MeterNames,
    log: FileLog,
    sink: ReadSink,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Read a table of reads into `sink`. Rows that give no read are reported to `log`.

    Args:
        progress: called with the number of rows read so far, every few thousand rows.
    """
    rule = settings.rule_for(table.name)
    recogniser = Recogniser(READ_FIELDS, _enough(rule, table.name), rule, meters)
    sheet = open_sheet(table, recogniser, rule, settings.clock(rule), log, numeric=("value",))
    if sheet is None:
        return
    _only_time(sheet.header)
    report_unused(sheet, log)
    job = _Job(sheet, meters, log, sink, progress)
    if job.wide:
        job.run_careful(job.wide_row)
    elif sheet.table.raw is not None and job.fast_columns():
        job.run_fast(sheet.table.raw())
    else:
        job.run_careful(job.long_row)
    if not log.rows:
        log.sink(
            Issue(log.name, 0, "", "", "file-no-rows", "has column names but no rows", "", Verdict.ACCEPTED)
        )


def _enough(rule: FileRule, name: str) -> Callable[[Header], bool]:
    def enough(header: Header) -> bool:
        have = set(header.at) | set(rule.fixed)
        if not have & {"taken_at", "time"}:
            return False
        return ("value" in have and "meter" in have) or bool(header.meters)

    return enough


def _only_time(header: Header) -> None:
    """A column “Reading Time” beside no date holds the whole moment."""
    if "taken_at" not in header.at and "time" in header.at:
        header.at["taken_at"] = header.at.pop("time")


class _Refs(dict[str, int]):
    """Text -> device number; unknown ones are looked up once. Bounded, so that memory does not grow with the fleet."""

    def __init__(self, find: Callable[[str], int], limit: int = 1 << 13) -> None:
        super().__init__()
        self._find = find
        self._limit = limit

    def __missing__(self, text: str) -> int:
        try:
            ref = self._find(text)
        except BadValue:
            raise KeyError(text) from None
        if len(self) >= self._limit:
            self.clear()
        self[text] = ref
        return ref


class _Job:
    """One table on its way into the sink."""

    def __init__(
        self,
        sheet: Sheet,
        meters: MeterNames,
        log: FileLog,
        sink: ReadSink,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.sheet = sheet
        self.meters = meters
        self.log = log
        self.sink = sink
        self.progress = progress
        header = sheet.header
        self.wide = not ("value" in header.at and ("meter" in header.at or "meter" in sheet.fixed))
        self.stem_device = "" if self._names_device() else self._file_stem()
        self.default_source = ReadSource.COLLECTOR if self.wide else ReadSource.IMPORT
        self.chunk: list[RawRead] = []
        self.odd_sources: set[str] = set()

    def _names_device(self) -> bool:
        sheet = self.sheet
        return any(name in sheet.header.at or name in sheet.fixed for name in ("device", "serial"))

    def _file_stem(self) -> str:
        """Collectors export one device a file, without its name: then the file's name is the device's."""
        return self.log.name.partition("#")[0].rpartition("/")[2].rpartition(".")[0]

    def flush(self) -> None:
        if self.chunk:
            self.sink.add_reads(self.log, self.chunk)
            self.chunk = []
        if self.progress:
            self.progress(self.log.rows)

    # The short way

    def fast_columns(self) -> bool:
        """Whether the table has the plain shape that `run_fast` is made for."""
        header = self.sheet.header
        names = set(header.at)
        if (
            not header.single
            or header.meters
            or "time" in names
            or not {"taken_at", "value", "meter"} <= names
        ):
            return False
        return ("device" in names) != ("serial" in names)

    def run_fast(self, rows: Iterator[list[str]]) -> None:
        """Rows of plain text. Each cell must be found in a dictionary (or be digits); if not, `long_row` decides."""
        at = {name: places[0] for name, places in self.sheet.header.at.items()}
        by = "device" if "device" in at else "serial"
        i_device, i_meter, i_time, i_value = at[by], at["meter"], at["taken_at"], at["value"]
        i_kind, i_source = at.get("kind", -1), at.get("source", -1)
        rare = [at[name] for name in ("reason", "supersedes", "read_id") if name in at]
        width = self.sheet.header.width
        devices, meters, tags = self._device_refs(by), self._meter_refs(), self._tags()
        moments = Moments(self.sheet.clock)
        plain = tag_of(ReadKind.ACTUAL, self.default_source)
        if i_kind < 0 and i_source < 0:
            tags = None
        first = self.sheet.header.row
        count = 0
        add, careful = self.chunk.append, self._careful_row
        for number, row in enumerate(rows, start=1):
            if number <= first or not row:
                continue
            count += 1
            try:
                text = row[i_value]
                value = int(text)
                if (
                    not (text.isdecimal() and value < COUNTER_LIMIT and len(row) == width)
                    or value in SENTINELS
                ):
                    raise KeyError(text)
                for place in rare:
                    if row[place]:
                        raise KeyError(text)
                tag = (
                    plain
                    if tags is None
                    else tags[row[i_kind] if i_kind >= 0 else "", row[i_source] if i_source >= 0 else ""]
                )
                add((devices[row[i_device]], meters[row[i_meter]], moments[row[i_time]], value, tag, number))
            except (KeyError, ValueError, IndexError):
                count -= 1
                careful(number, row)
                add = self.chunk.append
            if len(self.chunk) >= CHUNK:
                self.log.rows += count
                self.log.reads += count
                count = 0
                self.flush()
                add = self.chunk.append
        self.log.rows += count
        self.log.reads += count
        self.flush()
        self.sheet.report_notes()

    def _careful_row(self, number: int, row: Sequence[Cell]) -> None:
        for cells in self.sheet.checked(number, row):
            self.long_row(number, cells)

    def _device_refs(self, by: str) -> _Refs:
        find = self.sink.device_ref
        if by == "device":
            return _Refs(lambda text: find(text.strip(), "")[0])
        return _Refs(lambda text: find("", text.strip())[0])

    def _meter_refs(self) -> dict[str, int]:
        key, ref = self.meters.cell_key, self.sink.meter_ref

        class Refs(dict[str, int]):
            def __missing__(self, text: str) -> int:
                name = key(text)
                if name is None or len(self) > 5000:
                    raise KeyError(text)
                self[text] = found = ref(name)
                return found

        return Refs()

    def _tags(self) -> dict[tuple[str, str], int]:
        default = self.default_source

        class Tags(dict[tuple[str, str], int]):
            def __missing__(self, words: tuple[str, str]) -> int:
                kind = KIND_WORDS[plain_name(words[0])] if words[0].strip() else ReadKind.ACTUAL
                source = SOURCE_WORDS[plain_name(words[1])] if words[1].strip() else default
                self[words] = tag = tag_of(kind, source)
                return tag

        return Tags()

    # The careful way

    def run_careful(self, take: Callable[[int, Sequence[Cell]], None]) -> None:
        for number, cells in self.sheet.rows():
            take(number, cells)
            if len(self.chunk) >= CHUNK:
                self.flush()
        self.flush()

    def long_row(self, number: int, cells: Sequence[Cell]) -> None:
        """One row with one read."""
        row = ReadRow(self, number, cells)
        self.log.reads += 1
        device = row.device()
        moment = row.moment()
        kind, source = row.kind(), row.source()
        meter = row.part("meter", lambda cell: self._meter_key(text_of(cell)), needed=True)
        value = row.part("value", self.sheet.counter, needed=True)
        if not row.bad and device and meter is not None:
            self._keep(row, device, (meter,), (value,), moment, kind, source)

    def wide_row(self, number: int, cells: Sequence[Cell]) -> None:
        """One row with a read a meter column. A value that cannot be used sets only its own read aside."""
        row = ReadRow(self, number, cells)
        columns = self.sheet.header.meters
        filled = {meter: places for meter, places in columns.items() if not _is_blank(cells, places)}
        row.reads = max(len(filled), 1)
        self.log.reads += row.reads
        device = row.device()
        moment = row.moment()
        kind, source = row.kind(), row.source()
        if not filled:
            row.problem("", "", BadValue("value-missing", "no meter column has a value", "Remove the row."))
        if row.bad or not device:
            return
        values: dict[str, int] = {}
        for meter, places in filled.items():
            cell: Cell = None
            try:
                cell, remark = self.sheet.raw(cells, places)
                if remark:
                    row.problem(self.sheet.header.names[meter], cell, remark, meter)
                values[meter] = self.sheet.counter(cell)
            except BadValue as problem:
                row.problem(self.sheet.header.names[meter], cell, problem, meter)
        self._keep(row, device, tuple(values), tuple(values.values()), moment, kind, source)

    def _meter_key(self, text: str) -> str:
        key = self.meters.cell_key(text)
        if key is not None:
            return key
        known = sorted(self.meters.own)
        near = difflib.get_close_matches(text.lower(), known, n=1, cutoff=0.6)
        todo = f"Is “{near[0]}” meant?" if near else "Add the meter to models.csv, or correct the name."
        raise BadValue("meter-unknown", f"no model has a meter “{shown(text)}”", todo)

    def _keep(
        self,
        row: ReadRow,
        device: tuple[int, str],
        meters: tuple[str, ...],
        values: tuple[int, ...],
        moment: int,
        kind: ReadKind,
        source: ReadSource,
    ) -> None:
        tag = tag_of(kind, source, row.reads)
        read_id, supersedes, reason = row.texts("read_id"), row.texts("supersedes"), row.texts("reason")
        for meter, value in zip(meters, values, strict=True):
            if read_id or supersedes or reason:
                self.sink.add_extra(self.log, Extra(row.number, meter, read_id, supersedes, reason))
            self.chunk.append(RawRead(device[0], self.sink.meter_ref(meter), moment, value, tag, row.number))


def _is_blank(cells: Sequence[Cell], places: Sequence[int]) -> bool:
    """No value in any of these columns. Collectors write N/A or - for what a device does not count."""
    for place in places:
        cell = cells[place] if place < len(cells) else None
        if cell is None or (isinstance(cell, str) and (not cell.strip() or cell.strip().lower() in BLANKS)):
            continue
        return False
    return True


__all__ = [
    "BLANKS",
    "KIND_WORDS",
    "SOURCE_WORDS",
    "Extra",
    "RawRead",
    "ReadSink",
    "read_reads",
    "tag_of",
    "untag",
]
