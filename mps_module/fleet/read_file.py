"""A file of reads -> rows for the intake, by the same readers as the command line."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from mps_module.engine.reads import ReadSource, Verdict
from mps_module.fleet.clock import site_zone
from mps_module.fleet.file_notes import note_of, sum_notes, todo_here
from mps_module.fleet.ledger import SOURCES
from mps_module.fleet.rows import TODO, Incoming, raw_row
from mps_module.readers.columns import READ_FIELDS, plain_name
from mps_module.readers.issue import BadValue, Issue
from mps_module.readers.numbers import NumberStyle
from mps_module.readers.reads import BLANKS, SOURCE_WORDS, Extra, RawRead, read_reads, untag
from mps_module.readers.settings import FIXED_COLUMNS, FileRule, Settings
from mps_module.readers.sheet import FileLog, Header, Recogniser, text_of
from mps_module.readers.table import Broken, Cell, Formula, Table, open_tables
from mps_module.readers.times import MICROS, Clock, zone_named

if TYPE_CHECKING:
    from mps_module.fleet.fleet import Fleet

MOST_NOTES = 200


@dataclass(slots=True)
class FileRows:
    """What a file holds.

    Attributes:
        reads: readable readings by device, in the order of the file. `names`: number of a device or meter -> its name.
        refused: rows that cannot be read, with their problem.
        received: readings on all rows of the file, read or refused or left unread.
        unread: readings on sheets whose columns are not known; no row of theirs is taken.
        notes: remarks on the file as a whole.
    """

    reads: dict[int, list[tuple[int, RawRead]]] = field(default_factory=dict)
    devices: list[str] = field(default_factory=list)
    meters: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    extras: dict[tuple[int, int, str], Extra] = field(default_factory=dict)
    remarks: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    refused: list[Incoming] = field(default_factory=list)
    received: int = 0
    unread: int = 0
    notes: list[str] = field(default_factory=list)

    def in_order(self) -> list[tuple[str, list[tuple[int, RawRead]]]]:
        """(device, its readings) in order of the devices' names: the order in which an import goes on after a stop."""
        return sorted((self.devices[ref], rows) for ref, rows in self.reads.items())

    def incoming(self, device: str, rows: Sequence[tuple[int, RawRead]], zone: tzinfo) -> Iterator[Incoming]:
        """Rows of one device for the intake."""
        for at, raw in rows:
            kind, source, _count = untag(raw.tag)
            row = Incoming(
                source, device, self.meters[raw.meter], _moment(raw.micros, zone), raw.value, kind,
                file=self.tables[at], row_no=raw.row, remark=self.remarks.get((at, raw.row)),
            )  # fmt: skip
            if self.extras:
                extra = self.extras.get((at, raw.row, row.meter))
                if extra is not None:
                    row.read_id, row.supersedes, row.reason = extra.read_id, extra.supersedes, extra.reason
            yield row


def _moment(micros: int, zone: tzinfo) -> datetime:
    seconds, rest = divmod(micros, MICROS)
    return datetime.fromtimestamp(seconds, zone).replace(tzinfo=None, fold=0, microsecond=rest)


def settings_of(doc: Any) -> Settings:
    """How the file of a Meter Read Import is written.

    Raises:
        frappe.ValidationError: the mapping is no JSON object of texts, or zone or sample cannot be understood.
    """
    try:
        mapping = json.loads(doc.column_mapping or "{}")
    except ValueError:
        mapping = None
    if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
        frappe.throw(_("Column Mapping must be JSON such as {0}").format('{"Datum": "taken_at"}'))
    columns = {name: target for name, target in mapping.items() if name not in FIXED_COLUMNS}
    fixed = {name: target for name, target in mapping.items() if name in FIXED_COLUMNS}
    if doc.source:
        fixed["source"] = doc.source
    try:
        return Settings(
            timezone=zone_named(doc.time_zone).key if doc.time_zone else site_zone().key,
            date_formats=(doc.date_format.strip(),) if doc.date_format else (),
            numbers=NumberStyle.from_sample(doc.number_sample) if doc.number_sample else None,
            files=(FileRule("*", columns, fixed),),
        )
    except BadValue as bad:
        frappe.throw(f"{bad.message}. {bad.todo}")


def read_file(
    path: Path, name: str, settings: Settings, fleet: Fleet, progress: Callable[[int], None] | None = None
) -> FileRows:
    """Read a file, as far as it can be read."""
    found = FileRows()
    tables = open_tables(path, name)
    if isinstance(tables, Issue):
        found.notes.append(note_of(tables))
        return found
    sink = _Sink(found, fleet)
    for table in tables:
        _read_table(table, settings, fleet, found, sink, progress)
    found.notes += sum_notes(found, settings.zone)
    return found


def _read_table(
    table: Table,
    settings: Settings,
    fleet: Fleet,
    found: FileRows,
    sink: _Sink,
    progress: Callable[[int], None] | None,
) -> None:
    sink.table = len(found.tables)
    found.tables.append(table.name)
    issues: list[Issue] = []
    log = FileLog(table.name, "reads", issues.append)
    read_reads(table, settings, fleet.meters, log, sink, progress)
    found.received += log.reads
    found.unread += log.aside
    bad: defaultdict[int, list[Issue]] = defaultdict(list)
    for issue in issues:
        if issue.row == 0 or log.aside or issue.verdict is Verdict.ACCEPTED:
            if len(found.notes) < MOST_NOTES:
                found.notes.append(note_of(issue))
        elif issue.verdict is Verdict.QUARANTINED:
            bad[issue.row].append(issue)
        else:
            found.remarks.setdefault((sink.table, issue.row), (issue.code, issue.message))
    if bad:
        found.refused += _Refused(table, settings, fleet).rows(bad)


class _Sink:
    """Where the readers put their reads; numbers stand for devices and meters."""

    def __init__(self, found: FileRows, fleet: Fleet) -> None:
        self.found = found
        self.fleet = fleet
        self.table = 0
        self._devices: dict[str, int] = {}
        self._meters: dict[str, int] = {}

    def device_ref(self, device: str, serial: str) -> tuple[int, str]:
        name, code, message = self.fleet.find(device, serial)
        if code:
            raise BadValue(code, message, TODO.get(code, ""))
        ref = self._devices.get(name)
        if ref is None:
            ref = self._devices[name] = len(self.found.devices)
            self.found.devices.append(name)
            self.found.reads[ref] = []
        return ref, name

    def meter_ref(self, meter: str) -> int:
        ref = self._meters.get(meter)
        if ref is None:
            if meter not in self.fleet.meter_keys:
                self.found.notes.append(
                    _("There is no meter type {0}; its column waits in quarantine.").format(meter)
                )
            ref = self._meters[meter] = len(self.found.meters)
            self.found.meters.append(meter)
        return ref

    def add_reads(self, log: FileLog, reads: Sequence[RawRead]) -> None:
        table, by_device = self.table, self.found.reads
        for raw in reads:
            by_device[raw[0]].append((table, RawRead._make(raw)))

    def add_extra(self, log: FileLog, extra: Extra) -> None:
        self.found.extras[self.table, extra.row, extra.meter] = extra


class _Refused:
    """Rows that the readers put aside, fetched again as they stand, so that a person can repair them."""

    def __init__(self, table: Table, settings: Settings, fleet: Fleet) -> None:
        self.table = table
        self.rule = settings.rule_for(table.name)
        self.clock: Clock = settings.clock(self.rule)
        self.fleet = fleet
        self.header: Header | None = Recogniser(READ_FIELDS, self._enough, self.rule, fleet.meters).find(
            table.rows()
        )

    def _enough(self, header: Header) -> bool:
        have = set(header.at) | set(self.rule.fixed)
        return "taken_at" in have and (("value" in have and "meter" in have) or bool(header.meters))

    def rows(self, bad: Mapping[int, Sequence[Issue]]) -> Iterator[Incoming]:
        left = dict(bad)
        for number, cells in self.table.rows():
            issues = left.pop(number, None)
            if issues:
                yield from self._row(number, cells, issues)
            if not left:
                return

    def _row(
        self, number: int, cells: Sequence[Cell] | Broken, issues: Sequence[Issue]
    ) -> Iterator[Incoming]:
        first = issues[0]
        values = {"row_no": number, "file": self.table.name, "device": first.unit}
        if isinstance(cells, Broken) or self.header is None:
            yield self._incoming({**values, "value": first.value}, first)
            return
        for name in ("device", "serial", "taken_at", "kind", "source", "supersedes", "reason", "read_id"):
            values[name] = self._cell(cells, name) or values.get(name, "")
        of_meter = {issue.meter: issue for issue in issues if issue.meter}
        whole = next((issue for issue in issues if not issue.meter), None)
        if not self.header.meters or ("value" in self.header.at and "meter" in self.header.at):
            yield self._incoming(
                {**values, "meter": self._cell(cells, "meter"), "value": self._cell(cells, "value")}, first
            )
            return
        given = 0
        for meter, places in self.header.meters.items():
            text = next((t for t in (_text(cells, at) for at in places) if t and t.lower() not in BLANKS), "")
            issue = whole or of_meter.get(meter)
            if text and issue:
                given += 1
                yield self._incoming({**values, "meter": meter, "value": text}, issue)
        if whole and not given:
            yield self._incoming({**values, "value": ""}, whole)

    def _cell(self, cells: Sequence[Cell], name: str) -> str:
        assert self.header is not None
        for at in self.header.at.get(name, ()):
            text = _text(cells, at)
            if text:
                return text
        return str(self.rule.fixed.get(name, ""))

    def _incoming(self, values: Mapping[str, Any], issue: Issue) -> Incoming:
        word = str(values.get("source") or "")
        source = SOURCES.get(word) or SOURCE_WORDS.get(plain_name(word)) or ReadSource.IMPORT
        row = raw_row(values, source, self.fleet, self.clock)
        row.problem = issue.code, issue.message, todo_here(issue)
        return row


def _text(cells: Sequence[Cell], at: int) -> str:
    cell = cells[at] if at < len(cells) else None
    if isinstance(cell, Formula):
        cell = cell.text if cell.cached is None else cell.cached
    return text_of(cell)
