"""Files into the store: typed rows go to their tables, problems to the table of issues."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from decimal import Decimal
from pathlib import Path

from mps_module.cli.store_schema import Database, iso, serial_key
from mps_module.engine.contract import Contract
from mps_module.engine.meters import Device
from mps_module.engine.reads import Verdict
from mps_module.engine.result import Severity
from mps_module.engine.serials import resolve
from mps_module.engine.validate import validate_contract
from mps_module.readers.contracts import ContractRow, read_contracts
from mps_module.readers.folder import CONTRACTS, Progress, Source, sources, strangers
from mps_module.readers.issue import MESSAGE_LENGTH, RANK, BadValue, Issue, Remark, shown
from mps_module.readers.reads import Extra, RawRead, read_reads
from mps_module.readers.records import (
    CALLS,
    COVERS,
    CUSTOMERS,
    FLEET,
    PARTS,
    CallRow,
    CoverRow,
    Customer,
    FleetRow,
    Kind,
    Model,
    PartRow,
    meter_names,
    meter_types,
    read_models,
    read_records,
)
from mps_module.readers.settings import SETTINGS_FILE, Settings
from mps_module.readers.sheet import FileLog
from mps_module.readers.table import Table, open_tables

_ADD_READS = "insert into read values (?, ?, ?, ?, ?, ?, ?)"
_DEVICE_NAMES = """device, serial, serial_key, model, customer, site, department, cost_center, po, installed,
    removed, owner, status, monthly_volume"""
SAME_AGAIN = Remark("same-again", "the row is there already", "", Verdict.DUPLICATE)


class Filler:
    """Reads all files of a folder into a database. The sink that `read_reads` asks for devices and meters."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.sql = database.sql
        self.settings = settings
        self.models: dict[str, Model] = {}
        self.meter_refs: dict[str, int] = {}
        self._file_refs: dict[str, int] = {}

    def fill(self, folder: Path, progress: Progress | None = None) -> None:
        """Read everything; the order is that of `folder.sources`."""
        files = sources(folder)
        total, done = sum(file.size for file in files), 0
        self._strangers(folder)
        for file in files:
            if progress:
                progress(file.name, done, total)
            if file.kind == CONTRACTS:
                self._contracts(file)
            else:
                self._tables(file, _moving(progress, file, done, total))
            done += file.size
        if progress:
            progress("", total, total)

    def _strangers(self, folder: Path) -> None:
        for file in strangers(folder):
            self.add_issue(
                Issue(
                    file.name, 0, "", file.path.suffix, "file-kind", "files of this kind are not read",
                    "Save it as CSV or XLSX (contracts: YAML).",
                )
            )  # fmt: skip
            self._end(FileLog(file.name, file.kind, self.add_issue))

    def _tables(self, file: Source, progress: Callable[[int], None] | None) -> None:
        rule = self.settings.rule_for(file.name)
        tables = open_tables(file.path, file.name, rule.encoding, rule.delimiter)
        if isinstance(tables, Issue):
            self.add_issue(tables)
            self._end(FileLog(file.name, file.kind, self.add_issue))
            return
        for table in tables:
            log = FileLog(table.name, file.kind, self.add_issue)
            self._table(file.kind, table, log, progress)
            self._end(log)

    def _table(self, kind: str, table: Table, log: FileLog, progress: Callable[[int], None] | None) -> None:
        if kind == "reads":
            self._begin(log)
            read_reads(table, self.settings, meter_names(self.models), log, self, progress)
        elif kind == "models":
            read_models(table, self.settings, log, self.models)
        else:
            self._records(kind, table, log)

    def _records(self, kind: str, table: Table, log: FileLog) -> None:
        reader, keep = self._readers()[kind]
        for number, record in read_records(reader, table, self.settings, log):
            keep(log, number, record)

    def _readers(self) -> Mapping[str, tuple[Kind, Callable[..., None]]]:
        return {
            "customers": (CUSTOMERS, self._customer),
            "fleet": (FLEET, self._device),
            "covers": (COVERS, self._cover),
            "calls": (CALLS, self._call),
            "parts": (PARTS, self._part),
        }

    # Counting

    def _begin(self, log: FileLog) -> int:
        """A number for the file, given once."""
        ref = self._file_refs.get(log.name)
        if ref is None:
            self.sql.execute("insert or ignore into file (name, kind) values (?, ?)", (log.name, log.kind))
            ref = self.sql.execute("select id from file where name = ?", (log.name,)).fetchone()[0]
            self._file_refs[log.name] = ref
        return ref

    def _end(self, log: FileLog) -> None:
        reads = log.reads if log.kind == "reads" else None
        values = (log.rows, reads, log.aside, log.aside, self._begin(log))
        self.sql.execute(
            "update file set rows = ?, reads = ?, aside = ?, reads_aside = ? where id = ?", values
        )

    def add_issue(self, issue: Issue) -> None:
        add_issue(self.sql, issue)

    # Records

    def _customer(self, log: FileLog, row: int, customer: Customer) -> None:
        known = self.sql.execute("select * from customer where customer = ?", (customer.customer,)).fetchone()
        if known is None:
            self.sql.execute(
                f"insert into customer values ({_marks(11)})", (*astuple(customer), log.name, row)
            )
        elif known[:9] == astuple(customer):
            log.add(row, "customer", customer.customer, SAME_AGAIN)
        else:
            log.add(row, "customer", customer.customer, _twice("customer", known[9], known[10]))

    def _device(self, log: FileLog, row: int, device: FleetRow) -> None:
        values = (
            device.device, device.serial, serial_key(device.serial), device.model, device.customer, device.site,
            device.department, device.cost_center, device.po, iso(device.installed), iso(device.removed), device.owner,
            device.status, _decimals(device.monthly_volume),
        )  # fmt: skip
        names = _DEVICE_NAMES
        known = self.sql.execute(
            f"select {names}, file, row from device where device = ?", (device.device,)
        ).fetchone()
        if known is None:
            self.sql.execute(
                f"insert into device ({names}, file, row) values ({_marks(16)})", (*values, log.name, row)
            )
            if device.installed and device.removed and device.removed < device.installed:
                remark = Remark(
                    "dates-crossed", "was removed before it was installed", "Correct one of the dates."
                )
                log.add(row, "removed", device.removed, remark, unit=device.device)
        elif known[:14] == values:
            log.add(row, "device", device.device, SAME_AGAIN)
        else:
            log.add(row, "device", device.device, _twice("device", known[14], known[15]), unit=device.device)

    def _contracts(self, file: Source) -> None:
        log = FileLog(file.name, file.kind, self.add_issue)
        for row in read_contracts(file.path, file.name, self.settings, log):
            self._contract(row)
        self._end(log)

    def _contract(self, row: ContractRow) -> None:
        for issue in row.issues:
            self.add_issue(issue)
        contract = row.contract
        if contract is None:
            self._covers_aside(row)
            return
        known = self.sql.execute(
            "select file, row from contract where contract = ?", (contract.contract,)
        ).fetchone()
        if known:
            problem = _twice("contract", *known)
            self.add_issue(
                Issue(
                    row.file, row.line, "contract", contract.contract, problem.code, problem.message, problem.todo,
                    record=row.record,
                )
            )  # fmt: skip
            self._covers_aside(row)
            return
        self.sql.execute(
            f"insert into contract values (null, {_marks(9)})",
            (
                contract.contract, contract.customer, iso(contract.start), iso(contract.end), pickle.dumps(contract),
                row.file, row.line, row.record, int(self._is_sound(row, contract)),
            ),
        )  # fmt: skip
        for record, line, cover in row.covers:
            self._add_cover(cover, row.file, line, record)

    def _covers_aside(self, row: ContractRow) -> None:
        """Covers that stand in a contract which is not taken are not lost: each is reported."""
        for record, line, cover in row.covers:
            self.add_issue(
                Issue(
                    row.file, line, "unit", shown(cover.unit), "contract-aside", "its contract is not read",
                    "Correct the contract.", unit=cover.unit, record=record,
                )
            )  # fmt: skip

    def _is_sound(self, row: ContractRow, contract: Contract) -> bool:
        """What the engine says about the contract itself; a blocking finding sets it aside."""
        sound = True
        verdicts = {Severity.BLOCK: Verdict.QUARANTINED, Severity.WARN: Verdict.FLAGGED}
        for finding in validate_contract(contract, meter_types(self.models)):
            verdict = verdicts.get(finding.severity, Verdict.ACCEPTED)
            sound = sound and verdict is not Verdict.QUARANTINED
            self.add_issue(
                Issue(
                    row.file, row.line, f"lines.{finding.line_id}" if finding.line_id else "", contract.contract,
                    finding.code, shown(finding.message, MESSAGE_LENGTH), finding.todo, verdict, record=row.record,
                )
            )  # fmt: skip
        return sound

    def _cover(self, log: FileLog, row: int, cover: CoverRow) -> None:
        self._add_cover(cover, log.name, row, row)

    def _add_cover(self, cover: CoverRow, file: str, row: int, record: int) -> None:
        self.sql.execute(
            f"insert into cover values (null, {_marks(15)}, 1)",
            (
                cover.contract, cover.unit, cover.kind.value if cover.kind else "", iso(cover.start), iso(cover.end),
                str(cover.quantity), cover.group, cover.site, cover.department, cover.cost_center, cover.po,
                _decimals(cover.allowances), file, row, record,
            ),
        )  # fmt: skip

    def _call(self, log: FileLog, row: int, call: CallRow) -> None:
        values = (
            call.call, call.device, call.serial, iso(call.day), call.contract, int(call.incident),
            str(call.labour_hours), str(call.travel), call.description,
        )  # fmt: skip
        names = "call, device, serial, day, contract, incident, labour_hours, travel, description"
        known = self.sql.execute(
            f"select {names}, file, row from call where call = ?", (call.call,)
        ).fetchone()
        if known is None:
            self.sql.execute(
                f"insert into call ({names}, file, row) values ({_marks(11)})", (*values, log.name, row)
            )
        elif known[:9] == values:
            log.add(row, "call", call.call, SAME_AGAIN)
        else:
            log.add(row, "call", call.call, _twice("call", known[9], known[10]))

    def _part(self, log: FileLog, row: int, part: PartRow) -> None:
        values = (part.call, part.item, str(part.quantity), str(part.rate), part.description, log.name, row)
        self.sql.execute(f"insert into part values (null, {_marks(7)}, 1)", values)

    # What `read_reads` asks for

    def device_ref(self, device: str, serial: str) -> tuple[int, str]:
        """(number, id) of a device by its id, or by its serial number where no id is given. Raises BadValue."""
        if device:
            found = self.sql.execute("select id, device from device where device = ?", (device,)).fetchone()
            if found is None:
                raise BadValue(
                    "device-unknown",
                    f"the fleet has no device “{shown(device)}”",
                    "Add it to fleet.csv, or correct the id.",
                )
            return found
        rows = self.sql.execute(
            "select id, device, serial from device where serial_key = ? limit 20", (serial_key(serial),)
        ).fetchall()
        numbers = {row[1]: row[0] for row in rows}
        found = resolve(serial, [Device(row[1], serial=row[2]) for row in rows])
        if found.device is None:
            raise BadValue(
                found.code, shown(found.message, MESSAGE_LENGTH), "Name the device, or correct fleet.csv."
            )
        return numbers[found.device.device], found.device.device

    def meter_ref(self, meter: str) -> int:
        ref = self.meter_refs.get(meter)
        if ref is None:
            ref = self.meter_refs[meter] = len(self.meter_refs)
            self.sql.execute("insert into meter values (?, ?)", (ref, meter))
        return ref

    def add_reads(self, log: FileLog, reads: Sequence[RawRead]) -> None:
        file = self._begin(log)
        self.sql.executemany(_ADD_READS, [(d, m, t, v, tag, file, row) for d, m, t, v, tag, row in reads])

    def add_extra(self, log: FileLog, extra: Extra) -> None:
        values = (
            self._begin(log), extra.row, self.meter_ref(extra.meter), extra.read_id, extra.supersedes, extra.reason
        )  # fmt: skip
        self.sql.execute("insert or replace into extra values (?, ?, ?, ?, ?, ?)", values)

    def settings_issues(self, issues: Sequence[Issue]) -> None:
        for issue in issues:
            self.add_issue(issue)
        self._end(FileLog(SETTINGS_FILE, "settings", self.add_issue))


def add_issue(sql: object, issue: Issue) -> None:
    """Write an issue to the table of issues."""
    sql.execute(  # type: ignore[attr-defined]
        f"insert into issue values (null, {_marks(12)})",
        (
            issue.file, issue.row, issue.record or issue.row, issue.field, issue.value, issue.code, issue.message,
            issue.todo, RANK[issue.verdict], issue.unit, issue.meter, issue.reads,
        ),
    )  # fmt: skip


def _moving(progress: Progress | None, file: Source, done: int, total: int) -> Callable[[int], None] | None:
    """Progress inside a file: bytes are guessed from rows, and never more than the file has."""
    if progress is None:
        return None
    return lambda rows: progress(file.name, done + min(file.size, rows * 45), total)


def _twice(what: str, file: str, row: int) -> BadValue:
    return BadValue(
        f"{what}-twice",
        f"the {what} stands in {file}:{row} already, with other values",
        "Keep one of the two.",
    )


def _decimals(values: Mapping[str, Decimal]) -> str:
    return json.dumps({key: str(value) for key, value in values.items()}) if values else ""


def _marks(count: int) -> str:
    return ", ".join("?" * count)
