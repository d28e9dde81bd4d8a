"""CSV of any program: encoding and delimiter found out, broken quotes contained, no line lost."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from mps_module.engine.reads import Verdict
from mps_module.readers.issue import Issue, Remark, shown
from mps_module.readers.table import Broken, Row, Table, is_blank, unreadable

DELIMITERS = (",", ";", "\t", "|")
CHUNK = 1 << 20
WINDOW = 1 << 15
SAMPLE_LINES = 25
# A quoted cell may hold a few lines of an address. More are the work of a quote that was never closed.
MAX_QUOTED_LINES = 12
MAX_FIELD = 100_000
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Bytes:
    """What one pass over a file's bytes tells."""

    size: int
    encoding: str
    quotes: bool
    nuls: bool
    long_lines: bool = False
    remark: Remark | None = None


def open_csv(path: Path, name: str, encoding: str = "", delimiter: str = "") -> list[Table] | Issue:
    """The table of a CSV file. `encoding` and `delimiter`: as the settings declare them, else found out."""
    try:
        known = survey(path, encoding)
    except OSError as error:
        return unreadable(
            name, "file-unreadable", f"cannot be opened: {error.strerror}", "Check the file's rights."
        )
    if not known.size:
        return unreadable(name, "file-empty", "the file is empty", "Export it again, or remove it.")
    try:
        sample = list(_first_lines(path, known))
    except (UnicodeError, LookupError) as error:
        return unreadable(name, "file-encoding", f"cannot be decoded: {error}", "Save it as UTF-8.")
    skip = 0
    if sample and sample[0].strip().lower()[:4] == "sep=" and len(sample[0].strip()) == 5:
        delimiter, skip = delimiter or sample[0].strip()[4], 1  # Excel's own hint
    delimiters = [delimiter] if delimiter else likely_delimiters(sample)
    notes = [known.remark] if known.remark else []
    if known.nuls:
        todo = "Check how the file was transferred."
        notes.append(Remark("file-nul", "zero bytes were left out", todo, Verdict.ACCEPTED))
    first, *others = [
        _table(path, name, known, mark, skip, _usual_width(sample, mark)) for mark in delimiters
    ]
    first.notes, first.others = notes, tuple(others)
    return [first]


def _table(path: Path, name: str, known: Bytes, delimiter: str, skip: int, width: int) -> Table:
    def rows() -> Iterator[Row]:
        with path.open("rb") as stream:
            lines = _lines(stream, known)
            if known.quotes:
                yield from _careful(lines, delimiter, skip, width)
            else:
                yield from _simple(lines, delimiter, skip)

    def raw() -> Iterator[list[str]]:
        with path.open("rb") as stream:
            yield from csv.reader(_lines(stream, known), delimiter=delimiter, quoting=csv.QUOTE_NONE)

    plain = not (known.quotes or known.long_lines or skip)
    return Table(name, rows, raw if plain else None)


def survey(path: Path, declared: str = "") -> Bytes:
    """Read the bytes once: encoding, quotation marks, zero bytes.

    UTF-8 is proven or refuted by the whole file, not by its first lines. What is neither Unicode nor declared is
    taken as Windows-1252 (Latin-1 where that has a hole), with a remark, since no byte tells them apart for sure.
    """
    size, quotes, nuls = 0, False, False
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8, holes, long_lines, head = True, False, False, b""
    even = odd = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if not size:
                head = chunk[:4096]
                even, odd = head[::2].count(0), head[1::2].count(0)
            size += len(chunk)
            quotes = quotes or b'"' in chunk
            nuls = nuls or b"\0" in chunk
            long_lines = long_lines or _has_long_line(chunk)
            if is_utf8:
                try:
                    utf8.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            holes = holes or any(byte in chunk for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))
    if is_utf8:
        try:
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    if declared:
        return Bytes(size, declared, True, nuls)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            wide = encoding != "utf-8-sig"
            return Bytes(size, encoding, quotes or wide, nuls and not wide, long_lines)
    half = max(len(head) // 2, 1)
    if max(even, odd) > 0.4 * half and min(even, odd) < 0.1 * half:
        return Bytes(size, "utf-16-le" if odd > even else "utf-16-be", True, False)
    if is_utf8:
        return Bytes(size, "utf-8", quotes, nuls, long_lines)
    guess = "latin-1" if holes else "cp1252"
    remark = Remark(
        "encoding-guessed",
        f"neither UTF-8 nor UTF-16: read as {'Latin-1' if holes else 'Windows-1252'}",
        "Look at names with accents; if they are wrong, save the file as UTF-8 or declare its encoding in mps.yaml.",
        Verdict.ACCEPTED,
    )
    return Bytes(size, guess, quotes, nuls, long_lines, remark)


def _has_long_line(chunk: bytes) -> bool:
    """Whether a line may be longer than csv's limit allows: a whole window without a line end."""
    starts = range(0, len(chunk) - WINDOW + 1, WINDOW)
    return any(
        chunk.find(b"\n", at, at + WINDOW) < 0 and chunk.find(b"\r", at, at + WINDOW) < 0 for at in starts
    )


def _lines(stream: BinaryIO, known: Bytes) -> Iterator[str]:
    """Lines with their ends. A broken byte becomes U+FFFD: its cell fails to parse, the file goes on."""
    text = TextIOWrapper(stream, encoding=known.encoding, errors="replace", newline="")
    return (line.replace("\0", "") for line in text) if known.nuls else iter(text)


def _first_lines(path: Path, known: Bytes) -> Iterator[str]:
    with path.open("rb") as stream:
        for number, line in enumerate(_lines(stream, known)):
            if number >= SAMPLE_LINES:
                return
            yield line[:10_000]


def likely_delimiters(sample: list[str]) -> list[str]:
    """All candidates, first the one that cuts the most lines into the same number (over one) of cells. Whose header
    is recognised in the end is the table's."""

    def score(delimiter: str) -> tuple[int, int]:
        counts = Counter(width for width in _widths(sample, delimiter) if width > 1)
        return max(((times, width) for width, times in counts.items()), default=(0, 0))

    return sorted(DELIMITERS, key=score, reverse=True)  # stable: the comma wins a tie


def _widths(sample: list[str], delimiter: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
    except csv.Error:
        return [line.count(delimiter) + 1 for line in sample]


def _usual_width(sample: list[str], delimiter: str) -> int:
    counts = Counter(_widths(sample, delimiter))
    return max(counts, key=lambda width: (counts[width], width), default=1)


def _simple(lines: Iterator[str], delimiter: str, skip: int) -> Iterator[Row]:
    """Records of a file without quotes: one a line."""
    reader = csv.reader(_short(lines), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    for number, cells in enumerate(reader, start=1):
        if number > skip and cells and not is_blank(cells):
            yield number, cells


def _short(lines: Iterator[str]) -> Iterator[str]:
    """Cut lines that no program means, so that csv's own limit never stops the file."""
    for line in lines:
        yield line if len(line) <= MAX_FIELD else line[:MAX_FIELD]


def _careful(lines: Iterator[str], delimiter: str, skip: int, width: int) -> Iterator[Row]:
    """Records of a file with quotes. A record over several lines that is not well formed (a quote that was never
    closed swallows the rows after it) is cut after its first line, which is set aside; the lines after it are read
    as records of their own."""
    feed = _Feed(_short(lines))
    reader = csv.reader(feed, delimiter=delimiter)
    number = 0
    while True:
        feed.taken.clear()
        problem = ""
        try:
            cells = next(reader)
        except StopIteration:
            if not feed.taken:
                return
            problem = "a quotation mark is never closed"
        except csv.Error as error:
            problem = f"the line is no valid CSV ({error})"
        number += 1
        if not problem and len(feed.taken) > 1 and not _well_formed(feed.taken, delimiter, width):
            problem = "a quotation mark is never closed"
        if problem:
            yield number, feed.cut("quote-open", problem)
            reader = csv.reader(feed, delimiter=delimiter)
        elif number > skip and cells and not is_blank(cells):
            yield number, cells


def _well_formed(taken: list[str], delimiter: str, width: int) -> bool:
    """Whether the lines of one record are a cell with line ends, and not several rows behind a stray quote."""
    if len(taken) > MAX_QUOTED_LINES:
        return False
    if all(line.count(delimiter) >= max(width - 1, 1) for line in taken):
        return False  # each of the lines would be a row by itself: two stray quotes enclose them
    try:
        records = list(csv.reader(taken, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return len(records) == 1 and len(records[0]) == width


class _Feed:
    """Lines with push-back; `taken` holds those of the current record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.taken) > MAX_QUOTED_LINES:
            raise StopIteration  # ends the record; `_careful` then cuts it
        line = self._back.pop() if self._back else next(self._lines)
        self.taken.append(line)
        return line

    def cut(self, code: str, message: str) -> Broken:
        first, *rest = self.taken
        self._back.extend(reversed(rest))
        return Broken(code, message, "Close the quotation mark, or remove it.", shown(first.rstrip("\r\n")))
