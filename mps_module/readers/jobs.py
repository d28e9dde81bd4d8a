"""Past jobs, parts and a trunk's stock: what `mps kit` reads. CSV or XLSX, columns by their usual names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from mps_module.engine.kit import Job, Part
from mps_module.engine.reads import Verdict
from mps_module.readers import columns
from mps_module.readers.issue import RANK, BadValue, Counts, FileTally, Issue, Remark, Tally, shown
from mps_module.readers.records import Kind, money_cell, read_records
from mps_module.readers.settings import Settings
from mps_module.readers.sheet import FileLog, Sheet, text_of
from mps_module.readers.table import Cell, open_tables
from mps_module.readers.yaml_keys import whole

MOST_UNITS = 10_000
UNPRICED = Remark(
    "value-missing", "a part without value or holding cost costs nothing to carry: it is aboard wherever it helps",
    "Write its value, or a holding cost of 0 where that is meant.",
)  # fmt: skip
R = TypeVar("R")

PART_NAMES = (*columns.PART_FIELDS["item"], "Item Number", "Part No", "Teil", "Artikel", "Pièce")
JOB_FIELDS = {
    "job": (
        "job",
        "job_id",
        "Job Number",
        "Job No",
        *columns.CALL_FIELDS["call"],
        "Call No",
        "Ticket ID",
        "Work Order",
        "Work Order Number",
        "WO Number",
        "Service Call",
        "Service Order",
        "Auftrag",
        "Auftragsnummer",
    ),
    "date": (*columns.CALL_FIELDS["date"], "done_on", "Completed", "Datum"),
    "technician": ("technician", "tech", "engineer", "trunk", "Technician Name", "Techniker"),
    "territory": ("territory", "region", "branch", "Gebiet"),
    "model": columns.MODEL_FIELDS["model"],
    "part": PART_NAMES,
    "quantity": ("quantity", "qty", "units", "Menge"),
    "tour": ("tour", "route", "restock"),
}
PART_FIELDS = {
    "part": PART_NAMES,
    "value": ("value", "cost", "Unit Cost", "Valuation Rate", "price", "Preis"),
    "holding_cost": ("holding_cost", "Holding Cost"),
    "slots": ("slots", "space", "room", "size"),
    "group": ("group", "item_group", "family", "Product Line"),
    "models": ("models", "fits", "compatible"),
    "most": ("most", "max", "max_units", "limit"),
    "since": ("since", "introduced", "available_from"),
}
STOCK_FIELDS = {"part": PART_NAMES, "units": ("units", "on_hand", "On Hand Qty", *JOB_FIELDS["quantity"])}


@dataclass(frozen=True, slots=True)
class JobRow:
    """One part of a job; or, with no part, a job that needed none."""

    job: str
    date: date | None = None
    technician: str = ""
    territory: str = ""
    model: str = ""
    part: str = ""
    quantity: int = 1
    tour: str = ""


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part. `value`: money for one; `holding_cost`: money for carrying one for a restock period, before `value`."""

    part: str
    value: Decimal | None = None
    holding_cost: Decimal | None = None
    slots: int = 1
    group: str = ""
    models: frozenset[str] = frozenset()
    most: int | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class StockRow:
    part: str
    units: int


def _units(sheet: Sheet, cell: Cell) -> int:
    """Whole units; ``2.0`` is 2."""
    value = sheet.decimal(cell)
    if value != value.to_integral_value() or not 0 <= value <= MOST_UNITS:
        raise BadValue(
            "units", f"“{shown(cell)}” is no number of units", f"Write 0 to {MOST_UNITS:,}, in whole units."
        )
    return int(value)


def _slots(_: Sheet, cell: Cell) -> int:
    return whole(text_of(cell), 0, MOST_UNITS)


def _price(sheet: Sheet, cell: Cell) -> Decimal:
    value = money_cell(sheet, cell)
    if value < 0:
        raise BadValue("number-negative", f"{value} is below 0", "Correct the cell.")
    return value


def _day(sheet: Sheet, cell: Cell) -> date:
    return sheet.day(cell)


def _models(_: Sheet, cell: Cell) -> frozenset[str]:
    """Names with semicolons (or, where there are none, commas) between them."""
    text = text_of(cell)
    return frozenset(filter(None, (name.strip() for name in text.split(";" if ";" in text else ","))))


def _job(**values: Any) -> JobRow:
    if values.get("quantity") == 0 and values.get("part"):
        raise BadValue(
            "units",
            f"0 of part {shown(values['part'])}",
            "Leave the row out, or write how many.",
            "quantity",
            0,
        )
    return JobRow(**values)


JOBS = Kind("jobs", JOB_FIELDS, ("job",), _job, {"date": _day, "quantity": _units}, numeric=("quantity",))
PARTS = Kind(
    "items", PART_FIELDS, ("part",), PartRow,
    {"value": _price, "holding_cost": _price, "slots": _slots, "models": _models, "most": _units, "since": _day},
    numeric=("value", "holding_cost", "most"),
)  # fmt: skip
STOCK = Kind("trunk", STOCK_FIELDS, ("part", "units"), StockRow, {"units": _units}, numeric=("units",))


class KitFiles:
    """Reads the three files, and keeps what could not be used. Raises BadValue for a file that holds no table."""

    def __init__(self, settings: Settings | None = None, issues: Iterable[Issue] = ()) -> None:
        """`issues`: what the settings themselves are wrong in."""
        self.settings = settings or Settings()
        self.issues: list[Issue] = list(issues)
        self.logs: list[FileLog] = []

    def jobs(self, path: Path) -> tuple[Job, ...]:
        """Jobs in order of their first row. A row that cannot be used sets its whole job aside: a job without one of
        its parts would teach the kit something false."""
        rows: dict[str, list[tuple[FileLog, int, JobRow]]] = {}
        spoiled: set[str] = set()
        for table_rows, log, table_issues in self._tables(JOBS, path):
            for number, row in table_rows:
                rows.setdefault(row.job, []).append((log, number, row))
            spoiled |= self._spoiled(path, table_issues)
        jobs = []
        for key, found in rows.items():
            problem = (
                _clash(found)
                if key not in spoiled
                else ("job-spoiled", "another row of this job cannot be used")
            )
            if problem:
                for log, number, _row in found:
                    log.add(
                        number,
                        "job",
                        key,
                        BadValue(*problem, "Correct the job's rows; the whole job is set aside."),
                    )
                continue
            jobs.append(_as_job(key, [row for _log, _number, row in found]))
        return tuple(jobs)

    def _spoiled(self, path: Path, issues: Iterable[Issue]) -> set[str]:
        """Jobs of rows that were set aside, as far as they can be read."""
        wanted = {
            (issue.file, issue.row) for issue in issues if issue.verdict is Verdict.QUARANTINED and issue.row
        }
        if not wanted:
            return set()
        only = Kind("jobs", {"job": JOB_FIELDS["job"]}, ("job",), lambda job: job)
        return {
            job
            for table in self._open(path)
            for number, job in read_records(
                only, table, self.settings, FileLog(table.name, "jobs", lambda _i: None)
            )
            if (table.name, number) in wanted
        }

    def parts(self, path: Path) -> tuple[PartRow, ...]:
        """Parts by code; one that is listed again in other words is set aside."""
        found: dict[str, PartRow] = {}
        for rows, log, _issues in self._tables(PARTS, path):
            for number, row in rows:
                before = found.setdefault(row.part, row)
                if before is not row:
                    log.add(number, "part", row.part, _again(before == row, row.part))
                elif row.value is None and row.holding_cost is None:
                    log.add(number, "value", "", UNPRICED)
        return tuple(found.values())

    def trunk(self, path: Path) -> dict[str, int]:
        """Units by part. Rows of one part (bins, batches) add up."""
        found: dict[str, int] = {}
        for rows, _log, _issues in self._tables(STOCK, path):
            for _number, row in rows:
                found[row.part] = found.get(row.part, 0) + row.units
        return found

    def tally(self) -> Tally:
        """Rows of every file: used + flagged + set aside + duplicate = received."""
        found = []
        for log in self.logs:
            worst: dict[int, Verdict] = {}
            for issue in self.issues:
                if issue.file == log.name and issue.row and issue.verdict is not Verdict.ACCEPTED:
                    worst[issue.row] = max(
                        worst.get(issue.row, Verdict.ACCEPTED), issue.verdict, key=RANK.__getitem__
                    )
            found.append(FileTally(log.name, log.kind, Counts.of(log.rows, worst.values(), log.aside)))
        return Tally(tuple(found))

    def _open(self, path: Path) -> Sequence[Any]:
        rule = self.settings.rule_for(path.name)
        tables = open_tables(path, path.name, rule.encoding, rule.delimiter)
        if isinstance(tables, Issue):
            raise BadValue(tables.code, f"{path}: {tables.message}", tables.todo)
        return tables

    def _tables(
        self, kind: Kind[R], path: Path
    ) -> Iterable[tuple[list[tuple[int, R]], FileLog, list[Issue]]]:
        for table in self._open(path):
            own: list[Issue] = []
            log = FileLog(
                table.name, kind.name, lambda issue, own=own: (own.append(issue), self.issues.append(issue))
            )
            self.logs.append(log)
            yield list(read_records(kind, table, self.settings, log)), log, own


def _again(same: bool, part: str) -> Remark | BadValue:
    if same:
        return Remark("same-again", "the row is there already", "", Verdict.DUPLICATE)
    return BadValue(
        "part-twice", f"part {shown(part)} is listed already, with other values", "Keep one of the rows."
    )


def _clash(found: Sequence[tuple[FileLog, int, JobRow]]) -> tuple[str, str] | None:
    """A job has one day, technician, territory, model and tour."""
    for name in ("date", "technician", "territory", "model", "tour"):
        values = {getattr(row, name) for _log, _number, row in found} - {"", None}
        if len(values) > 1:
            told = " and ".join(sorted(str(value) for value in values)[:2])
            return "job-clash", f"the job's rows name two values of {name}: {told}"
    return None


def _as_job(key: str, rows: Sequence[JobRow]) -> Job:
    def first(name: str) -> Any:
        return next((getattr(row, name) for row in rows if getattr(row, name)), "")

    needs: dict[str, int] = {}
    for row in rows:
        if row.part:
            needs[row.part] = needs.get(row.part, 0) + row.quantity
    return Job.of(
        key, needs, technician=first("technician"), territory=first("territory"), model=first("model"),
        tour=first("tour"), on=first("date") or None,
    )  # fmt: skip


def as_parts(
    rows: Sequence[PartRow] | None, jobs: Iterable[Job], aboard: Iterable[str], holding: Decimal
) -> list[Part]:
    """Parts for the engine.

    Args:
        rows: None: there is no list of parts; each part that a job needed or that is aboard costs 1 a unit.
        holding: share of a part's value that carrying it for one restock period costs.
    """
    if rows is None:
        codes = sorted({code for job in jobs for code, _units in job.needs} | set(aboard))
        return [Part(code, Decimal(1)) for code in codes]
    return [
        Part(
            row.part,
            row.holding_cost if row.holding_cost is not None else round((row.value or Decimal(0)) * holding, 4),
            row.slots, row.group, row.models, row.most, row.since,
        )
        for row in rows
    ]  # fmt: skip
