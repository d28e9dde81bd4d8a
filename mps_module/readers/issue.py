"""What is wrong with a row, and how many rows became what. Values, never exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mps_module.engine.reads import Verdict
from mps_module.engine.result import Severity

MESSAGE_LENGTH = 500
NO_RECORD = -1
VALUE_LENGTH = 120  # a pasted novel in a cell must not fill the report

# Worst last: a row that is both flagged and a duplicate is a no-op, one that is also unreadable stays aside.
RANK = {Verdict.ACCEPTED: 0, Verdict.FLAGGED: 1, Verdict.DUPLICATE: 2, Verdict.QUARANTINED: 3}
VERDICTS = tuple(sorted(RANK, key=lambda verdict: RANK[verdict]))
SEVERITY = {
    Verdict.ACCEPTED: Severity.INFO,
    Verdict.DUPLICATE: Severity.INFO,
    Verdict.FLAGGED: Severity.WARN,
    Verdict.QUARANTINED: Severity.BLOCK,
}


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that a person should know about one place in one file.

    Attributes:
        file: path inside the folder; ``book.xlsx#March`` for a further sheet of a workbook.
        row: row as a spreadsheet shows it, line for YAML; 0: the file as a whole.
        field: column or key; `value`: what stands there (shortened).
        code: stable for programs; `message` says what is wrong and `todo` what to do about it.
        verdict: what became of the row because of it. ACCEPTED: only a note.
        unit, meter: the device (and meter) that it concerns, where known.
        record: number of the record in its file, where it is not the row (YAML). 0: same as `row`; NO_RECORD: the
            place is no record, and counts as none.
        reads: how many meter reads stand on the row (wide files: one a meter column).
    """

    file: str
    row: int
    field: str
    value: str
    code: str
    message: str
    todo: str = ""
    verdict: Verdict = Verdict.QUARANTINED
    unit: str = ""
    meter: str = ""
    record: int = 0
    reads: int = 1

    @property
    def severity(self) -> Severity:
        return SEVERITY[self.verdict]

    @property
    def place(self) -> str:
        return f"{self.file}:{self.row}" if self.row else self.file


class BadValue(ValueError):
    """A cell that cannot be used. Caught by the readers, which know file, row and field.

    `field`, `value`: where only the whole row shows what is wrong, the cell that it comes down to.
    """

    def __init__(self, code: str, message: str, todo: str = "", field: str = "", value: object = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.todo = todo
        self.field = field
        self.value = value


@dataclass(frozen=True, slots=True)
class Remark:
    """A cell that is used, but that somebody should look at; or, with ACCEPTED, only a note."""

    code: str
    message: str
    todo: str = ""
    verdict: Verdict = Verdict.FLAGGED


def shown(value: object, length: int = VALUE_LENGTH) -> str:
    """`value` as text for a report, control characters made visible, shortened."""
    text = value if isinstance(value, str) else str(value)
    if len(text) > length:
        text = text[: length - 1] + "…"
    return text if text.isprintable() else text.encode("unicode_escape", "replace").decode("ascii")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 row``, ``1,204 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@dataclass(frozen=True, slots=True)
class Counts:
    """accepted + flagged + quarantined + duplicate = received, always."""

    received: int = 0
    accepted: int = 0
    flagged: int = 0
    quarantined: int = 0
    duplicate: int = 0

    @property
    def adds_up(self) -> bool:
        parts = (self.accepted, self.flagged, self.quarantined, self.duplicate)
        return min(parts) >= 0 and sum(parts) == self.received

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.received + other.received,
            self.accepted + other.accepted,
            self.flagged + other.flagged,
            self.quarantined + other.quarantined,
            self.duplicate + other.duplicate,
        )

    @classmethod
    def of(cls, received: int, worst: Iterable[Verdict], quarantined: int = 0) -> Counts:
        """`worst` holds one verdict for each row that is not plainly accepted; `quarantined` more were set aside
        together, with their file."""
        seen = dict.fromkeys(Verdict, 0)
        for verdict in worst:
            seen[verdict] += 1
        flagged, duplicate = seen[Verdict.FLAGGED], seen[Verdict.DUPLICATE]
        aside = seen[Verdict.QUARANTINED] + quarantined
        return cls(received, received - flagged - duplicate - aside, flagged, aside, duplicate)


@dataclass(frozen=True, slots=True)
class FileTally:
    """Counts of one file: by row, and by meter read where it holds reads (a wide row holds several)."""

    file: str
    kind: str
    rows: Counts
    reads: Counts | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of all files of a folder."""

    files: tuple[FileTally, ...] = ()

    @property
    def rows(self) -> Counts:
        return sum((file.rows for file in self.files), Counts())

    @property
    def reads(self) -> Counts:
        return sum((file.reads for file in self.files if file.reads), Counts())

    @property
    def adds_up(self) -> bool:
        return all(file.rows.adds_up and (file.reads is None or file.reads.adds_up) for file in self.files)
