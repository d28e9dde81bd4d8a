"""One row of reads under the careful way: takes its cells one by one and reports all of its problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from mps_module.engine.reads import ReadKind, ReadSource, Verdict
from mps_module.readers.columns import plain_name
from mps_module.readers.day_times import joined
from mps_module.readers.issue import BadValue, Remark, shown
from mps_module.readers.read_words import KIND_WORDS, SOURCE_WORDS, ReadSink
from mps_module.readers.sheet import FileLog, Sheet, text_of
from mps_module.readers.table import Cell
from mps_module.readers.times import micros


class RowHost(Protocol):
    """What a row needs to know of the table that it stands in."""

    sheet: Sheet
    log: FileLog
    sink: ReadSink
    stem_device: str
    default_source: ReadSource
    odd_sources: set[str]


class ReadRow:
    """One row under the careful way: takes its cells and reports its problems."""

    def __init__(self, job: RowHost, number: int, cells: Sequence[Cell]) -> None:
        self.job = job
        self.sheet = job.sheet
        self.number = number
        self.cells = cells
        self.reads = 1
        self.unit = ""
        self.bad = False

    def problem(self, where: str, value: object, problem: BadValue | Remark, meter: str = "") -> None:
        if isinstance(problem, BadValue) and not meter:
            self.bad = True
        self.job.log.add(self.number, where, value, problem, unit=self.unit, meter=meter, reads=self.reads)

    def part(self, name: str, parse: Callable[[Cell], object], needed: bool = False) -> object:
        """A field, parsed; None, with the problem reported, where that fails."""
        cell: Cell = None
        try:
            cell, remark = self.sheet.cell(self.cells, name)
            if remark:
                self.problem(name, cell, remark)
            if cell is None:
                if needed:
                    raise BadValue("value-missing", f"“{name}” is empty", "Fill it in, or remove the row.")
                return None
            return parse(cell)
        except BadValue as problem:
            self.problem(name, "" if cell is None else cell, problem)
            return None

    def texts(self, name: str) -> str:
        try:
            return text_of(self.sheet.cell(self.cells, name)[0])[:500]
        except BadValue as problem:
            self.problem(name, "", problem)
            return ""

    def device(self) -> tuple[int, str] | None:
        """The device by its id, else by its serial; what both name must be the same device."""
        device, serial = self.texts("device"), self.texts("serial")
        if not device and not serial and self.job.stem_device:
            return self._by_stem()
        find = self.job.sink.device_ref
        try:
            found = self._by_id(device, serial) if device else find("", serial)
        except BadValue as problem:
            self.problem("device" if device else "serial", device or serial, problem)
            return None
        self.unit = found[1]
        return found

    def _by_id(self, device: str, serial: str) -> tuple[int, str]:
        """An id of another system (an asset tag) may be unknown here; then the serial decides."""
        find = self.job.sink.device_ref
        try:
            found = find(device, "")
        except BadValue:
            if not serial:
                raise
            return find("", serial)
        if serial:
            try:
                other = find("", serial)
            except BadValue:  # blank, unknown or shared serials are common: the id stands
                return found
            if other != found:
                raise BadValue(
                    "device-serial-differ",
                    f"{shown(device)} is not the device with the serial number {shown(serial)}, which is {other[1]}",
                    "Correct one of them.",
                )
        return found

    def _by_stem(self) -> tuple[int, str] | None:
        stem = self.job.stem_device
        find = self.job.sink.device_ref
        try:
            try:
                found = find(stem, "")
            except BadValue:
                found = find("", stem)
        except BadValue:
            problem = BadValue(
                "device-missing",
                "no column names the device, and the file's name is no device either",
                "Name the file after the device, or say files: {…: {device: …}} in mps.yaml.",
            )
            self.problem("device", stem, problem)
            return None
        self.unit = found[1]
        return found

    def moment(self) -> int:
        time = self.part("time", lambda cell: cell)

        def parse(cell: Cell) -> int:
            clock = self.sheet.clock
            moment, remark = clock.moment(cell) if time is None else joined(clock, cell, time)
            if remark:
                self.problem("taken_at", cell, remark)
            return micros(moment)

        return self.part("taken_at", parse, needed=True)  # type: ignore[return-value]

    def kind(self) -> ReadKind:
        return self.part("kind", _kind) or ReadKind.ACTUAL  # type: ignore[return-value]

    def source(self) -> ReadSource:
        """Who says so. An unknown word is no reason to lose a read: it counts as an import, with a note a file."""
        word = self.texts("source")
        if not word:
            return self.job.default_source
        source = SOURCE_WORDS.get(plain_name(word))
        if source is None:
            source = ReadSource.IMPORT
            if word not in self.job.odd_sources and len(self.job.odd_sources) < 20:
                self.job.odd_sources.add(word)
                remark = Remark(
                    "source-unknown", f"“{shown(word)}” counts as an import", "", Verdict.ACCEPTED
                )
                self.problem("source", word, remark)
        return source


def _kind(cell: Cell) -> ReadKind:
    word = text_of(cell)
    kind = KIND_WORDS.get(plain_name(word))
    if kind is None:
        options = ", ".join(kind.value for kind in ReadKind)
        raise BadValue("kind-unknown", f"“{shown(word)}” is no kind of read", f"Use one of: {options}.")
    return kind
