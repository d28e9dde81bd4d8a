"""XLSX, streamed. Formulas are told from values: a formula's last saved value is used and flagged, without one the
cell is set aside. Every visible and hidden sheet that holds rows is a table."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from mps_module.engine.reads import Verdict
from mps_module.readers.issue import Issue, Remark
from mps_module.readers.table import Cell, Formula, Row, Table, is_blank, unreadable

HIDDEN = Remark(
    "sheet-hidden",
    "the sheet is hidden in the workbook, and read like the others",
    "Delete it where its rows are not meant to count.",
)
MAX_UNPACKED = 2 << 30
MAX_ROWS = 1 << 20  # of the file format
MAX_RATIO = 400  # unpacked bytes per packed byte; real sheets reach 20 to 60
_BROKEN = "Open it in a spreadsheet program and save it again, or export CSV."


def open_workbook(path: Path, name: str) -> list[Table] | Issue:
    """The tables of a workbook: one a sheet that has rows."""
    try:
        import openpyxl
    except ImportError:
        return unreadable(
            name, "file-kind", "reading XLSX needs openpyxl", "pip install openpyxl, or save the file as CSV."
        )
    try:
        if not path.stat().st_size:
            return unreadable(name, "file-empty", "the file is empty", "Export it again, or remove it.")
        formulas = _check_archive(path)
        book = _load(openpyxl, path, values=True)
        sheets = [(sheet.title, sheet.sheet_state != "visible") for sheet in book.worksheets]
        book.close()
    except _TooBig as error:
        return unreadable(name, "file-too-big", str(error), "Split the workbook, or export CSV.")
    except Exception as error:  # whatever a damaged archive makes zipfile, expat or openpyxl raise
        return unreadable(name, "file-broken", f"is no readable workbook ({_told(error)})", _BROKEN)
    if not sheets:
        return unreadable(name, "file-empty", "the workbook has no sheet with cells", "Remove it.")
    return [
        _sheet(openpyxl, path, name if position == 0 else f"{name}#{title}", position, formulas, hidden)
        for position, (title, hidden) in enumerate(sheets)
    ]


class _TooBig(Exception):
    pass


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _check_archive(path: Path) -> bool:
    """Refuse what unpacks to an absurd size; tell whether any sheet holds formulas."""
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        size = sum(info.file_size for info in infos)
        packed = sum(info.compress_size for info in infos) or 1
        if size > MAX_UNPACKED or (size > 50 << 20 and size / packed > MAX_RATIO):
            raise _TooBig(f"unpacks to {size >> 20} MB")
        return any(_has_formula(archive, info) for info in infos if "worksheets/" in info.filename)


def _has_formula(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    tail = b""
    with archive.open(info) as stream:
        while chunk := stream.read(1 << 18):
            block = tail + chunk
            if b"<f>" in block or b"<f " in block or b"<f/" in block:
                return True
            tail = block[-3:]
    return False


def _load(openpyxl: Any, path: Path, values: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing styles and unknown extensions concern nobody here
        return openpyxl.load_workbook(path, read_only=True, data_only=values, keep_links=False)


def _sheet(openpyxl: Any, path: Path, name: str, position: int, formulas: bool, hidden: bool) -> Table:
    table = Table(name, lambda: iter(()))
    if hidden:
        table.notes.append(HIDDEN)

    def rows() -> Iterator[Row]:
        books = [_load(openpyxl, path, values=True)]
        try:
            if formulas:
                books.append(_load(openpyxl, path, values=False))
                pair = zip_longest(*(_cells(book, position) for book in books), fillvalue=())
                numbered = (_merged(values, sources) for values, sources in pair)
            else:
                numbered = _cells(books[0], position)
            number = 0
            for number, cells in enumerate(numbered, start=1):
                if number > MAX_ROWS:
                    raise _TooBig(f"more rows than the {MAX_ROWS:,} that a sheet can have")
                if not is_blank(cells):
                    yield number, cells
        except Exception as error:  # a sheet that breaks off in the middle: the rest cannot be read
            table.notes.append(
                Remark(
                    "file-broken",
                    f"breaks off after row {number} ({_told(error)})",
                    _BROKEN,
                    Verdict.QUARANTINED,
                )
            )
        finally:
            for book in books:
                book.close()

    table.rows = rows
    return table


def _cells(book: Any, position: int) -> Iterator[tuple[Cell, ...]]:
    sheet = book.worksheets[position]
    sheet.reset_dimensions()  # many exporters write a wrong size, which would cut rows off
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from sheet.iter_rows(values_only=True)


def _merged(values: tuple[Cell, ...], sources: tuple[Cell, ...]) -> list[Cell]:
    """Values, with a Formula wherever the other reading of the same cell shows one."""
    merged: list[Cell] = []
    for value, source in zip_longest(values, sources):
        if isinstance(source, str) and source.startswith("=") and source != value:
            merged.append(Formula(source, value))
        elif source is not None and not isinstance(source, (str, int, float)) and hasattr(source, "text"):
            merged.append(Formula(str(source.text or "="), value))  # array formulas, data tables
        else:
            merged.append(value)
    return merged
