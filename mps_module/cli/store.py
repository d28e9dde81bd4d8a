"""A folder of files as typed, checked values, taken contract by contract.

Rows go from the files into a SQLite file of their own (private, deleted with the store), so that memory grows with a
contract and not with the fleet, and reads may stand in any order in any files. Reads are judged by the engine, device
by device, when a contract that covers the device is loaded; `judge_all` judges the rest.

    with store.load(folder) as data:
        for contract_id in data.contract_ids():
            contract, ledger, units = data.load(contract_id)
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone, tzinfo
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from mps_module.cli.store_counts import TODO, tally_of
from mps_module.cli.store_fill import Filler
from mps_module.cli.store_links import Links
from mps_module.cli.store_schema import INDEXES, Database, day
from mps_module.engine.contract import Contract, CoveredUnit, PartUsed, ServiceCall, UnitKind
from mps_module.engine.intake import judge
from mps_module.engine.ledger import Ledger, Pins
from mps_module.engine.meters import Device
from mps_module.engine.reads import Judgement, Read, ReadKind, ReadSource, Verdict
from mps_module.engine.result import Finding
from mps_module.engine.validate import validate_contract
from mps_module.readers.folder import Progress
from mps_module.readers.issue import MESSAGE_LENGTH, RANK, VERDICTS, Issue, Tally, shown
from mps_module.readers.reads import untag
from mps_module.readers.records import Customer, Model, meter_types
from mps_module.readers.settings import Settings, read_settings
from mps_module.readers.times import from_micros, zone_named

RawRow = tuple[int, int, int, int, int, int, int]
_TAKEN = (Verdict.ACCEPTED, Verdict.FLAGGED)
_NOT_OF_MODEL = "Add the meter to models.csv, or correct the read's meter or the device's model."
_READS = "select device, meter, micros, value, tag, file, row from read where device = ? order by rowid"
_COVERED = "select unit from cover where contract = ? and sound"
# "cross join" keeps SQLite to this order of tables: from the few units of a contract, never through the fleet.
_CONTRACT_READS = """select r.device, r.meter, r.micros, r.value, r.tag, r.file, r.row
    from (select distinct unit from cover where contract = ? and sound) u
    cross join device d on d.device = u.unit cross join read r on r.device = d.id
    order by r.device, r.rowid"""
_DEVICE = """select id, device, customer, serial, model, site, department, cost_center, po, installed, removed,
    monthly_volume, judged, owner, status from device"""
_ISSUE = "select file, row, field, value, code, message, todo, verdict, unit, meter, record, reads from issue"


class Loaded(NamedTuple):
    """All that bills of a contract are made from."""

    contract: Contract
    ledger: Ledger
    units: tuple[CoveredUnit, ...]


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device with what the engine does not need to know of it."""

    ref: int
    device: Device
    cost_center: str = ""
    po: str = ""
    installed: date | None = None
    removed: date | None = None
    owner: str = ""
    status: str = ""
    judged: bool = False


def load(path: Path | str, progress: Progress | None = None, now: datetime | None = None) -> Store:
    """Read a folder. Never fails for bad content: what is wrong is in `Store.issues`.

    Args:
        progress: called with (file, bytes done, bytes in all).
        now: the moment of entry; reads after it count only as estimates. Default: the present.

    Raises:
        NotADirectoryError: `path` is no folder.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    settings, issues = read_settings(folder)
    database = Database()
    filler = Filler(database, settings)
    filler.settings_issues(issues)
    filler.fill(folder, progress)
    for statement in INDEXES.split(";"):
        database.sql.execute(statement)
    Links(database.sql, filler.models).check()
    return Store(folder, settings, database, filler.models, now or datetime.now(timezone.utc))


class Store:
    """What a folder holds. Use as a context manager, or `close` it, to delete its database."""

    def __init__(
        self, folder: Path, settings: Settings, database: Database, models: Mapping[str, Model], now: datetime
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.models = models
        self.now = now
        self._database = database
        self._sql = database.sql
        self._zone: tzinfo = settings.zone
        self._buffer = settings.buffer_percent / 100
        self._meters = dict(self._sql.execute("select id, meter from meter"))
        self._files = dict(self._sql.execute("select id, name from file"))
        self._has_extras = self._sql.execute("select 1 from extra limit 1").fetchone() is not None
        self._tags: dict[int, tuple[ReadKind, ReadSource, int]] = {}
        self._moments: dict[int, datetime] = {}
        self._moments_zone: tzinfo = self._zone

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    # Contracts

    def contract_ids(self) -> list[str]:
        """Ids of all contracts that can be read, in order; `blocked_ids` are among them."""
        return [row[0] for row in self._sql.execute("select contract from contract order by contract")]

    def blocked_ids(self) -> list[str]:
        """Ids of contracts that must not be billed as they stand (`findings` says why), in order."""
        rows = self._sql.execute("select contract from contract where not sound order by contract")
        return [row[0] for row in rows]

    def findings(self, contract_id: str) -> list[Finding]:
        """What the engine says about the contract itself, before any read is looked at. Raises KeyError."""
        return validate_contract(self.contract(contract_id), meter_types(self.models))

    def contract(self, contract_id: str) -> Contract:
        """One contract, blocked or not.

        Raises:
            KeyError: no such contract.
        """
        row = self._sql.execute("select data from contract where contract = ?", (contract_id,)).fetchone()
        if row is None:
            raise KeyError(contract_id)
        return pickle.loads(row[0])  # written by this process into its own private file

    def contracts(self) -> Iterator[Contract]:
        """All contracts that can be read, one at a time."""
        for contract_id in self.contract_ids():
            yield self.contract(contract_id)

    def load(self, contract_id: str, pins: Pins | None = None) -> Loaded:
        """The contract with its covered units and a ledger of their judged reads and of its calls.

        Args:
            pins: boundaries of posted bills (`engine.adjust.pins_of`).

        Raises:
            KeyError: no such contract.
        """
        contract = self.contract(contract_id)
        rows = self._sql.execute(
            """select unit, kind, start, end, quantity, grp, site, department, cost_center, po, allowances
            from cover where contract = ? and sound order by unit, start, id""",
            (contract_id,),
        ).fetchall()
        zone = zone_named(contract.timezone)
        found = self._sql.execute(f"{_DEVICE} where device in ({_COVERED})", (contract_id,)).fetchall()
        devices = {row[1]: self._device_row(row) for row in found}
        raw = self._sql.execute(_CONTRACT_READS, (contract_id,)).fetchall()
        reads: list[Read] = []
        by_ref = {device.ref: device for device in devices.values()}
        for ref, rows_of_one in groupby(raw, key=itemgetter(0)):
            judged = self._judge(by_ref[ref], list(rows_of_one), zone)
            reads += [judgement.read for judgement in judged if judgement.verdict in _TAKEN]
        units = tuple(_unit(row, devices.get(row[0]), contract) for row in rows)
        plain = {unit: found.device for unit, found in devices.items()}
        ledger = Ledger.build(reads, plain, self._calls(contract_id), pins, zone)
        return Loaded(contract, ledger, units)

    def shared_units(self, contract_id: str) -> list[tuple[str, str]]:
        """(other contract, device) for every device of this contract that another one covers too, on whatever days."""
        return self._sql.execute(
            """select distinct b.contract, a.unit from cover a join cover b on a.unit = b.unit
            where a.contract = ? and b.contract <> a.contract and a.sound and b.sound and a.kind in ('', 'device')
            order by b.contract, a.unit""",
            (contract_id,),
        ).fetchall()

    def _calls(self, contract_id: str) -> tuple[ServiceCall, ...]:
        calls = self._sql.execute(
            """select call, unit, day, incident, labour_hours, travel, description from call
            where contract = ? and sound order by day, call""",
            (contract_id,),
        ).fetchall()
        return tuple(
            ServiceCall(
                call, unit, date.fromisoformat(on), bool(incident), Decimal(labour), Decimal(travel), self._parts(call), text
            )
            for call, unit, on, incident, labour, travel, text in calls
        )  # fmt: skip

    def _parts(self, call: str) -> tuple[PartUsed, ...]:
        rows = self._sql.execute(
            "select item, quantity, rate, description from part where call = ? and sound order by id", (call,)
        )
        return tuple(
            PartUsed(item, Decimal(quantity), Decimal(rate), text) for item, quantity, rate, text in rows
        )

    # Devices, customers and reads

    def customer(self, customer_id: str) -> Customer | None:
        row = self._sql.execute("select * from customer where customer = ?", (customer_id,)).fetchone()
        return None if row is None else Customer(*row[:9])

    def customers(self) -> Iterator[Customer]:
        for row in self._sql.execute("select * from customer order by customer").fetchall():
            yield Customer(*row[:9])

    def device(self, device_id: str) -> DeviceRow | None:
        """One device of the fleet."""
        return self._find(device_id)

    def devices(self) -> Iterator[DeviceRow]:
        """The fleet, one device at a time."""
        for row in self._sql.execute(f"{_DEVICE} order by device"):
            yield self._device_row(row)

    def uncovered_devices(self) -> list[str]:
        """Devices that no contract covers."""
        rows = self._sql.execute(
            "select device from device where device not in (select unit from cover where sound) order by device"
        )
        return [row[0] for row in rows]

    def judgements(self, device_id: str) -> list[Judgement]:
        """Every read of a device that could be typed, with its verdict, in the order of the files."""
        found = self._find(device_id)
        return [] if found is None else self._judged(found, self._zone)

    def _find(self, device_id: str) -> DeviceRow | None:
        row = self._sql.execute(f"{_DEVICE} where device = ?", (device_id,)).fetchone()
        return None if row is None else self._device_row(row)

    def _device_row(self, row: Sequence) -> DeviceRow:
        ref, name, customer, serial, model, site, department, cost_center, po, installed, removed, own = row[
            :12
        ]
        known = self.models.get(model)
        meters = known.meters if known else {}
        volumes = dict(known.monthly_volume) if known else {}
        if own:
            volumes.update(_volumes(json.loads(own), meters))
        device = Device(name, customer, serial, model, site, department, meters, volumes)
        return DeviceRow(
            ref, device, cost_center, po, day(installed), day(removed), row[13], row[14], bool(row[12])
        )

    def _judged(self, found: DeviceRow, zone: tzinfo) -> list[Judgement]:
        """All reads of one device, judged."""
        return self._judge(found, self._sql.execute(_READS, (found.ref,)).fetchall(), zone)

    def _judge(self, found: DeviceRow, rows: list[RawRow], zone: tzinfo) -> list[Judgement]:
        """A device's reads, judged. Verdicts that are not plain acceptance are written down, once."""
        judgements = judge(found.device, self._reads(found, rows, zone), (), self.now, zone, self._buffer)
        if not found.judged:
            self._sql.execute("update device set judged = 1 where id = ?", (found.ref,))
            self._write_down(found, rows, judgements)
        return judgements

    def _reads(self, found: DeviceRow, rows: list[RawRow], zone: tzinfo) -> list[Read]:
        """Rows of the database as the engine's values."""
        if zone is not self._moments_zone or len(self._moments) > 4096:
            self._moments, self._moments_zone = {}, zone
        moments, meters, files, tags = self._moments, self._meters, self._files, self._tags
        extras = self._extras(found.ref) if self._has_extras else None
        name = found.device.device
        reads = []
        for _, meter, micros, value, tag, file, number in rows:
            moment = moments.get(micros)
            if moment is None:
                moment = moments[micros] = from_micros(micros, zone)
            known = tags.get(tag)
            if known is None:
                known = tags[tag] = untag(tag)
            kind, source, many = known
            key = meters[meter]
            read_id = f"{files[file]}:{number}" if many == 1 else f"{files[file]}:{number}:{key}"
            extra = extras.get((file, number, meter)) if extras else None
            if extra is None:
                reads.append(Read(name, key, moment, value, source, kind, read_id))
            else:
                own, supersedes, reason = extra
                reads.append(Read(name, key, moment, value, source, kind, own or read_id, supersedes, reason))
        return reads

    def _extras(self, ref: int) -> dict[tuple[int, int, int], tuple[str, str, str]]:
        rows = self._sql.execute(
            """select e.file, e.row, e.meter, e.read_id, e.supersedes, e.reason
            from read r join extra e on e.file = r.file and e.row = r.row and e.meter = r.meter where r.device = ?""",
            (ref,),
        )
        return {row[:3]: row[3:] for row in rows}

    def _write_down(self, found: DeviceRow, rows: Sequence[RawRow], judgements: Sequence[Judgement]) -> None:
        issues = []
        strange = set(self._meters.values()).difference(found.device.meters) if found.device.meters else set()
        for (_, meter, _, value, tag, file, number), judgement in zip(rows, judgements, strict=True):
            key, many = self._meters[meter], tag >> 8
            if judgement.verdict is Verdict.ACCEPTED:
                if key in strange:  # told once a meter: a collector sends the same counters every day
                    strange.discard(key)
                    told = (f"the model {shown(found.device.model)} has no meter {key}", _NOT_OF_MODEL)
                    issues.append(
                        (
                            self._files[file], number, number, key, str(value), "meter-not-of-model", *told,
                            RANK[Verdict.FLAGGED], found.device.device, key, many,
                        )
                    )  # fmt: skip
                continue
            issues.append(
                (
                    self._files[file], number, number, key, str(value), judgement.code, shown(judgement.message, MESSAGE_LENGTH),
                    TODO.get(judgement.code, ""), RANK[judgement.verdict], found.device.device, key, many,
                )
            )  # fmt: skip
        if issues:
            self._sql.executemany(
                "insert into issue values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", issues
            )

    def judge_all(self) -> None:
        """Judge the reads of devices that no loaded contract covers, so that every row has its verdict."""
        last = -1
        while rows := self._sql.execute(
            f"{_DEVICE} where judged = 0 and id > ? order by id limit 500", (last,)
        ).fetchall():
            for row in rows:
                self._judged(self._device_row(row), self._zone)
            last = rows[-1][0]
            self._sql.execute("update device set judged = 1 where id <= ?", (last,))

    # What became of the rows

    def issues(
        self, verdict: Verdict | None = None, file: str = "", unit: str = "", code: str = ""
    ) -> Iterator[Issue]:
        """Everything that is wrong or odd, in the order of files and rows. Arguments narrow it down."""
        self.judge_all()
        wanted = {
            "verdict": None if verdict is None else RANK[verdict], "file": file, "unit": unit, "code": code
        }  # fmt: skip
        chosen = {name: value for name, value in wanted.items() if value not in (None, "")}
        where = " where " + " and ".join(f"{name} = ?" for name in chosen) if chosen else ""
        rows = self._sql.execute(f"{_ISSUE}{where} order by file, row, id", tuple(chosen.values()))
        for row in rows:
            yield Issue(*row[:7], VERDICTS[row[7]], *row[8:])

    def tally(self) -> Tally:
        """How many rows and reads of each file were used, flagged, set aside or duplicates."""
        self.judge_all()
        rows = self._sql.execute(
            "select name, kind, rows, reads, aside, reads_aside from file order by id"
        ).fetchall()
        return Tally(tuple(tally_of(self._sql, *row) for row in rows if row[2] is not None))


def _volumes(own: Mapping[str, str], meters: Mapping[str, object]) -> dict[str, Decimal]:
    """A device's own volumes. One without a meter is the device's total, or its mono where it has no total."""
    main = next((key for key in ("total", "mono") if key in meters), next(iter(meters), "total"))
    return {key or main: Decimal(value) for key, value in own.items()}


def _unit(row: Sequence, found: DeviceRow | None, contract: Contract) -> CoveredUnit:
    """A covered unit; what the cover leaves blank comes from the device and from the contract's dates."""
    unit, kind, start, end, quantity, group, site, department, cost_center, po, allowances = row
    first, last = day(start), day(end)
    if found is not None:
        site = site or found.device.site
        department = department or found.device.department
        cost_center = cost_center or found.cost_center
        po = po or found.po
        first = first or max(contract.start, found.installed or contract.start)
        last = last or found.removed
    own = {line: Decimal(value) for line, value in json.loads(allowances).items()} if allowances else {}
    return CoveredUnit(
        unit, UnitKind(kind or "device"), first or contract.start, last, Decimal(quantity), group, site, department,
        cost_center, po, own,
    )  # fmt: skip
