"""A table with its columns recognised: header found, cells reached by field, every row counted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mps_module.engine.reads import Verdict
from mps_module.readers.header import Header, Recogniser, name_of, needs
from mps_module.readers.issue import BadValue, Issue, Remark, counted, shown
from mps_module.readers.numbers import NumberStyle, is_ambiguous, proven_style, to_counter, to_decimal
from mps_module.readers.settings import FileRule
from mps_module.readers.table import Broken, Cell, Formula, Table, is_blank
from mps_module.readers.times import Clock

IssueSink = Callable[[Issue], None]


@dataclass(slots=True)
class FileLog:
    """Counts of one file (or sheet) while it is read. `aside`: rows set aside together with their file, without an
    Issue of their own; `reads_aside`: the same for its reads."""

    name: str
    kind: str
    sink: IssueSink
    rows: int = 0
    reads: int = 0
    aside: int = 0

    def add(
        self,
        row: int,
        where: str,
        value: object,
        problem: BadValue | Remark,
        *,
        unit: str = "",
        meter: str = "",
        reads: int = 1,
    ) -> None:
        """Report a problem of a row. A BadValue sets it (or the one read of `meter`) aside, a Remark flags it."""
        verdict = problem.verdict if isinstance(problem, Remark) else Verdict.QUARANTINED
        self.sink(
            Issue(
                self.name, row, where, shown(value), problem.code, problem.message, problem.todo, verdict, unit, meter,
                reads=reads,
            )
        )  # fmt: skip

    def set_aside(self, code: str, message: str, todo: str, value: str = "") -> None:
        """Report that the file's rows (counted in `aside`) are not read."""
        self.sink(Issue(self.name, 0, "", shown(value), code, message, todo, Verdict.QUARANTINED))


class Sheet:
    """A table whose columns are known. Cells are reached by field, numbers and dates read in the file's own way."""

    def __init__(
        self,
        table: Table,
        header: Header,
        rule: FileRule,
        clock: Clock,
        log: FileLog,
        numeric: Collection[str],
    ) -> None:
        self.table = table
        self.header = header
        self.clock = clock
        self.log = log
        self.fixed = rule.fixed
        self._numeric = numeric
        self._style = rule.numbers
        self._proven: NumberStyle | None = None
        self._searched = rule.numbers is not None

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Rows under the header that hold cells; broken and overfull ones are counted, reported and left out."""
        header = self.header
        for number, cells in self.table.rows():
            if number > header.row:
                yield from ((number, row) for row in self.checked(number, cells))
        self.report_notes()

    def report_notes(self) -> None:
        """Report what was odd about the file as a whole; some of it is known only at its end."""
        report_notes(self.table, self.log)

    def checked(self, number: int, cells: Sequence[Cell] | Broken) -> Iterator[Sequence[Cell]]:
        """The row itself, counted; nothing where it is blank, broken or overfull."""
        header, log = self.header, self.log
        if isinstance(cells, Broken):
            problem = BadValue(cells.code, cells.message, cells.todo)
            value: Cell = cells.text
        elif is_blank(cells):
            return
        elif len(cells) > header.width and not is_blank(cells[header.width :]):
            value = cells[header.width]
            problem = BadValue(
                "too-many-cells",
                f"the row has {len(cells)} cells, the header {header.width} names",
                "Put quotation marks around cells that hold the delimiter, such as 1,234.",
            )
        else:
            log.rows += 1
            yield cells
            return
        log.rows += 1
        log.reads += 1
        log.add(number, "", value, problem)

    def raw(self, cells: Sequence[Cell], places: Sequence[int]) -> tuple[Cell, Remark | None]:
        """The cell at one of `places`: text stripped, None for an empty one, a formula replaced by its saved value.

        Raises:
            BadValue: a formula without a value; columns of the same name that disagree.
        """
        found: Cell = None
        remark: Remark | None = None
        for place in places:
            cell = cells[place] if place < len(cells) else None
            if isinstance(cell, Formula):
                if cell.cached is None:
                    raise BadValue(
                        "formula-no-value",
                        f"the cell holds the formula {shown(cell.text)} and no value",
                        "Open the workbook in a spreadsheet program and save it, or paste the values.",
                    )
                remark = Remark(
                    "formula",
                    f"the value was computed by {shown(cell.text)}",
                    "Paste values, so that the number cannot change with its formula.",
                )
                cell = cell.cached
            if isinstance(cell, str):
                cell = _unwrapped(cell)
            if cell is None or cell == "":
                continue
            if found is not None and cell != found:
                raise BadValue(
                    "duplicate-header",
                    f"two columns of this name say {shown(found)} and {shown(cell)}",
                    "Rename or remove one of the columns, or map them in mps.yaml.",
                )
            found = cell
        return found, remark

    def cell(self, cells: Sequence[Cell], name: str) -> tuple[Cell, Remark | None]:
        """The cell of a field, see `raw`; what the settings fix for the file where it has no such column."""
        places = self.header.at.get(name)
        if places is None:
            return self.fixed.get(name), None
        return self.raw(cells, places)

    def counter(self, cell: Cell) -> int:
        return self._number(cell, to_counter)

    def decimal(self, cell: Cell) -> Decimal:
        return self._number(cell, to_decimal)

    def day(self, cell: Cell) -> date:
        return self.clock.day(cell)

    def _number(self, cell: Cell, parse: Callable[..., int | Decimal]) -> int | Decimal:
        if not self._searched and isinstance(cell, str) and is_ambiguous(cell):
            self._searched = True
            self._proven = proven_style(self._numbers())
        return parse(
            cell, self._style or (self._proven if isinstance(cell, str) and is_ambiguous(cell) else None)
        )

    def _numbers(self) -> Iterator[str]:
        """All texts of the table's number columns: the evidence for how its numbers are written."""
        header = self.header
        places = [at for name in self._numeric for at in header.at.get(name, ())]
        places += [at for columns in header.meters.values() for at in columns]
        for number, cells in self.table.rows():
            if number > header.row and not isinstance(cells, Broken):
                for place in places:
                    cell = cells[place] if place < len(cells) else None
                    if isinstance(cell, str):
                        yield cell


def report_notes(table: Table, log: FileLog) -> None:
    """The remarks on a table as a whole, as issues of its file."""
    for remark in table.notes:
        log.sink(Issue(log.name, 0, "", "", remark.code, remark.message, remark.todo, remark.verdict))
    table.notes.clear()


def _unwrapped(text: str) -> str:
    """Without outer blanks, and without the ``="00123"`` by which Excel's users keep leading zeros in a CSV."""
    text = text.strip()
    if len(text) > 3 and text.startswith('="') and text.endswith('"'):
        return text[2:-1].strip()
    return text


def text_of(cell: Cell) -> str:
    """A cell as text. A workbook's number 4711.0 is the text 4711."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).replace("\0", "").strip()


def open_sheet(
    table: Table,
    recogniser: Recogniser,
    rule: FileRule,
    clock: Clock,
    log: FileLog,
    numeric: Collection[str] = (),
) -> Sheet | None:
    """The sheet of a table; None, with all its rows counted as set aside, where its columns are not recognised."""
    for candidate in (table, *table.others):
        header = recogniser.find(candidate.rows())
        if header is not None:
            candidate.notes = table.notes
            return Sheet(candidate, header, rule, clock, log, numeric)
    first: Sequence[Cell] = ()
    for _, cells in table.rows():
        log.rows += 1
        if isinstance(cells, Broken):
            continue
        first = first or cells
    log.aside = log.reads = log.rows = max(log.rows - 1, 0)  # the first row is taken for the header
    report_notes(table, log)
    names = " | ".join(name_of(cell) for cell in first[:20])
    if not first and not log.rows:
        log.set_aside("file-empty", "the file holds no rows", "Export it again, or remove it.")
        return None
    log.set_aside(
        "columns-unknown",
        f"the columns are not recognised; {counted(log.rows, 'row')} of the file {'is' if log.rows == 1 else 'are'} not read",
        f"Name the columns ({', '.join(sorted(recogniser.fields))}), or map them under “columns” in mps.yaml.",
        names,
    )
    return None


__all__ = ["FileLog", "Header", "Recogniser", "Sheet", "needs", "open_sheet", "report_notes", "text_of"]
