"""A table as it comes out of a file: cells, row numbers as a spreadsheet shows them, and what was odd about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mps_module.engine.reads import Verdict
from mps_module.readers.issue import Issue, Remark

HEADER_SEARCH = 15  # collectors print a title or two above the column names
Cell = object  # str from CSV; str, int, float, bool, date, datetime, None or Formula from XLSX


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula. `cached`: the value that the spreadsheet program last saved for it, if it did."""

    text: str
    cached: object = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A stretch of the file that gave no cells (an open quote). Stands in the place of a row's cells."""

    code: str
    message: str
    todo: str
    text: str


Row = tuple[int, Sequence[Cell] | Broken]
Numbered = Callable[[], Iterator[Row]]


@dataclass(slots=True)
class Table:
    """One sheet. `rows()` starts anew each time and never raises for bad content.

    Attributes:
        name: file name inside the folder, ``book.xlsx#March`` for a further sheet.
        rows: yields (row number, cells), the header and rows above it included, blank rows left out.
        raw: for a CSV without a single quotation mark, whose records are its lines: yields them unnumbered, blank ones
            as empty lists, which spares the fast path one generator.
        notes: remarks on the file as a whole (encoding).
        others: the same file cut by other delimiters, in case that no header is found in this one.
    """

    name: str
    rows: Numbered
    raw: Callable[[], Iterator[list[str]]] | None = None
    notes: list[Remark] = field(default_factory=list)
    others: tuple[Table, ...] = ()


def unreadable(name: str, code: str, message: str, todo: str) -> Issue:
    """A file that gives no rows at all."""
    return Issue(name, 0, "", "", code, message, todo, Verdict.QUARANTINED)


def is_blank(cells: Sequence[Cell]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def open_tables(path: Path, name: str, encoding: str = "", delimiter: str = "") -> list[Table] | Issue:
    """All tables of a file, by its ending; an Issue where there are none."""
    from mps_module.readers import csv_table, xlsx_table

    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm"):
        return xlsx_table.open_workbook(path, name)
    return csv_table.open_csv(path, name, encoding, delimiter)
