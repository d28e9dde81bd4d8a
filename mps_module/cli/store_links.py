"""What rows refer to, checked over the whole folder at once: customers, models, contracts, devices, calls.

Set-based, in SQL, so that the fleet never has to be in memory.
"""

from __future__ import annotations

import json
import pickle
import sqlite3
from collections.abc import Iterable

from mps_module.cli.store_calls import idle_calls
from mps_module.cli.store_fill import add_issue
from mps_module.cli.store_schema import serial_key
from mps_module.engine.contract import Contract
from mps_module.engine.reads import Verdict
from mps_module.readers.issue import MESSAGE_LENGTH, Issue, shown
from mps_module.readers.records import Model

_FLAG = Verdict.FLAGGED
_FAR = "9999-12-31"


class Links:
    """Cross-checks of a filled store. Rows that refer to nothing are set aside, oddities flagged."""

    def __init__(self, sql: sqlite3.Connection, models: dict[str, Model]) -> None:
        self.sql = sql
        self.models = models

    def check(self) -> None:
        self._fleet()
        self._contract_customers()
        self._cover_contracts()
        self._cover_units()
        self._cover_allowances()
        self._cover_overlaps()
        self._calls()
        self._parts()
        for idle in idle_calls(self.sql):
            place = (idle.file, idle.row, idle.row)
            self._add(place, idle.field, idle.value, idle.code, idle.message, idle.todo, _FLAG, idle.unit)

    def _has(self, table: str) -> bool:
        return self.sql.execute(f"select 1 from {table} limit 1").fetchone() is not None

    def _add(
        self, place: tuple[str, int, int], where: str, value: str, code: str, message: str, todo: str,
        verdict: Verdict = Verdict.QUARANTINED, unit: str = "",
    ) -> None:  # fmt: skip
        file, row, record = place
        add_issue(
            self.sql,
            Issue(
                file,
                row,
                where,
                shown(value),
                code,
                shown(message, MESSAGE_LENGTH),
                todo,
                verdict,
                unit=unit,
                record=record,
            ),
        )

    def _aside(self, table: str, ids: Iterable[int]) -> None:
        self.sql.executemany(f"update {table} set sound = 0 where id = ?", [(number,) for number in ids])

    def _fleet(self) -> None:
        shared = """
            select d.file, d.row, d.device, d.serial, s.many from device d join (
                select serial_key, count(*) n, group_concat(device, ', ') many from device
                where serial_key <> '' group by serial_key having n > 1
            ) s using (serial_key) order by d.id"""
        for file, row, device, serial, many in self.sql.execute(shared).fetchall():
            self._add(
                (file, row, row), "serial", serial, "serial-twice", f"several devices have this serial number: {many}",
                "Reads that name only the serial cannot be told apart; correct it, or send reads with the device's id.",
                _FLAG, device,
            )  # fmt: skip
        if self._has("customer"):
            lost = """select file, row, device, customer from device
                where customer <> '' and customer not in (select customer from customer) order by id"""
            for file, row, device, customer in self.sql.execute(lost).fetchall():
                self._add(
                    (file, row, row), "customer", customer, "customer-unknown", "customers.csv has no such customer",
                    "Add the customer, or correct the id.", _FLAG, device,
                )  # fmt: skip
        if self.models:
            self._models()

    def _models(self) -> None:
        names = [row[0] for row in self.sql.execute("select distinct model from device where model <> ''")]
        for model in sorted(set(names) - set(self.models)):
            rows = self.sql.execute(
                """select file, row, device from device d where model = ?
                and exists (select 1 from cover c where c.unit = d.device and c.kind in ('', 'device')) order by id""",
                (model,),
            ).fetchall()
            for file, row, device in rows:
                self._add(
                    (file, row, row), "model", model, "model-unknown", "models.csv has no such model",
                    "Add its meters, or correct the name; its meters count as plain counters until then.", _FLAG, device,
                )  # fmt: skip

    def _contract_customers(self) -> None:
        if not self._has("customer"):
            return
        lost = """select file, row, record, customer from contract
            where customer not in (select customer from customer) order by id"""
        for file, row, record, customer in self.sql.execute(lost).fetchall():
            self._add(
                (file, row, record), "customer", customer, "customer-unknown", "customers.csv has no such customer",
                "Add the customer: without it the bill has no address.", _FLAG,
            )  # fmt: skip

    def _cover_contracts(self) -> None:
        lost = """select c.id, c.file, c.row, c.record, c.contract, c.unit, k.sound from cover c
            left join contract k using (contract) where k.sound is null or k.sound = 0 order by c.id"""
        gone = []
        for number, file, row, record, contract, unit, sound in self.sql.execute(lost).fetchall():
            place, name = (file, row, record), shown(contract)
            if sound is None:
                gone.append(number)
                self._add(
                    place, "contract", contract, "contract-unknown", f"there is no contract “{name}” that can be read",
                    "Add or correct the contract, or the id here.", unit=unit,
                )  # fmt: skip
            else:
                self._add(
                    place, "contract", contract, "contract-aside", f"the contract “{name}” is set aside",
                    "Correct the contract.", _FLAG, unit,
                )  # fmt: skip
        self._aside("cover", gone)
        outside = """select c.file, c.row, c.record, c.unit, k.start, ifnull(k.end, '') from cover c
            join contract k using (contract)
            where c.sound and (c.end < k.start or c.start > k.end) order by c.id"""
        for file, row, record, unit, start, end in self.sql.execute(outside).fetchall():
            self._add(
                (file, row, record), "start", unit, "cover-outside",
                f"lies outside of the contract, which runs from {start} to {end or 'further notice'}",
                "Correct the dates, or remove the row.", _FLAG, unit,
            )  # fmt: skip

    def _cover_units(self) -> None:
        lost = """select c.id, c.file, c.row, c.record, c.contract, c.unit, c.kind from cover c
            left join device d on d.device = c.unit
            where c.sound and d.id is null and c.kind in ('', 'device') order by c.id"""
        gone = []
        for number, file, row, record, contract, unit, kind in self.sql.execute(lost).fetchall():
            gone.append(number)
            todo = "Add it to fleet.csv, or correct the id" + (
                "." if kind else "; for seats or IT assets, say so in the column “kind”."
            )
            self._add(
                (file, row, record), "unit", unit, "device-unknown",
                f"contract {shown(contract)} covers “{shown(unit)}”, which is not in the fleet", todo, unit=unit,
            )  # fmt: skip
        self._aside("cover", gone)

    def _cover_allowances(self) -> None:
        gone = []
        lines: dict[str, set[str]] = {}
        rows = """select c.id, c.file, c.row, c.record, c.contract, c.unit, c.allowances, k.data from cover c
            join contract k using (contract) where c.sound and c.allowances <> '' order by c.contract"""
        for number, file, row, record, name, unit, allowances, data in self.sql.execute(rows):
            if name not in lines:
                contract: Contract = pickle.loads(data)
                lines = {name: {line.line_id for version in contract.versions for line in version.lines}}
            for line in json.loads(allowances):
                if line not in lines[name]:
                    gone.append(number)
                    self._add(
                        (file, row, record), f"allowance:{line}", line, "line-unknown",
                        f"contract {shown(name)} has no line “{shown(line)}”", "Correct the column's name.", unit=unit,
                    )  # fmt: skip
        self._aside("cover", gone)

    def _cover_overlaps(self) -> None:
        """The same unit twice on the same days: under one contract it would be charged twice, under two it may be.

        A blank day is the contract's, so a device that goes on under the contract that follows is no overlap."""
        pairs = f"""
            select b.id, b.file, b.row, b.record, b.unit, a.contract = b.contract and a.grp = b.grp, a.contract,
                a.file, a.row, b.contract
            from cover a join cover b on a.unit = b.unit and a.id < b.id
            left join contract ka on ka.contract = a.contract left join contract kb on kb.contract = b.contract
            where a.sound and b.sound and (a.contract <> b.contract or a.grp = b.grp)
              and (a.kind in ('', 'device') or a.contract = b.contract)
              and max(ifnull(a.start, ''), ifnull(ka.start, ''))
                  <= min(ifnull(b.end, '{_FAR}'), ifnull(kb.end, '{_FAR}'))
              and max(ifnull(b.start, ''), ifnull(kb.start, ''))
                  <= min(ifnull(a.end, '{_FAR}'), ifnull(ka.end, '{_FAR}'))
            order by b.id"""
        gone = []
        for number, file, row, record, unit, same, first, other_file, other_row, second in self.sql.execute(
            pairs
        ).fetchall():
            where = f"{other_file}:{other_row}"
            if same:
                gone.append(number)
                message = f"“{shown(unit)}” is covered by {first} on the same days already ({where})"
                self._add(
                    (file, row, record),
                    "unit",
                    unit,
                    "cover-twice",
                    message,
                    "Keep one of the two.",
                    unit=unit,
                )
            else:
                message = f"“{shown(unit)}” is covered by {first} ({where}) and by {second} on the same days"
                self._add(
                    (file, row, record), "unit", unit, "cover-overlap", message,
                    "End one of the covers, unless both contracts are meant to charge.", _FLAG, unit,
                )  # fmt: skip
        self._aside("cover", gone)

    def _calls(self) -> None:
        gone = []
        rows = self.sql.execute("select id, file, row, device, serial, day, contract from call").fetchall()
        for number, file, row, device, serial, day, contract in rows:
            fail = self._call_failure(number, device, serial, day, contract)
            if fail is not None:
                gone.append(number)
                where, value, code, message, todo = fail
                self._add((file, row, row), where, value, code, message, todo, unit=device)
        self._aside("call", gone)

    def _call_failure(
        self, number: int, device: str, serial: str, day: str, contract: str
    ) -> tuple[str, str, str, str, str] | None:
        """Fill in the call's unit and contract; else (field, value, code, message, to do)."""
        unit, fail = self._call_unit(device, serial)
        if fail is not None:
            return fail
        if not contract:
            found = self._covering(unit, day)
            if len(found) != 1:
                text = ", ".join(found) or "no contract"
                code = "contract-open" if found else "contract-missing"
                return (
                    "contract",
                    "",
                    code,
                    f"{text} covers {shown(unit)} on {day}",
                    "Name the call's contract.",
                )
            contract = found[0]
        elif not self._exists("contract", contract):
            return (
                "contract", contract, "contract-unknown", f"there is no contract “{shown(contract)}”",
                "Correct the id, or leave it empty.",
            )  # fmt: skip
        self.sql.execute("update call set unit = ?, contract = ? where id = ?", (unit, contract, number))
        return None

    def _call_unit(self, device: str, serial: str) -> tuple[str, tuple[str, str, str, str, str] | None]:
        if device:
            if (
                self._exists("device", device)
                or self.sql.execute(
                    "select 1 from cover where unit = ? and sound limit 1", (device,)
                ).fetchone()
            ):
                return device, None
            message = f"the fleet has no device “{shown(device)}”"
            return "", (
                "device",
                device,
                "device-unknown",
                message,
                "Add it to fleet.csv, or correct the id.",
            )
        found = self.sql.execute(
            "select device from device where serial_key = ?", (serial_key(serial),)
        ).fetchall()
        if len(found) == 1:
            return found[0][0], None
        message = f"{len(found) or 'no'} devices have the serial number “{shown(serial)}”"
        return "", (
            "serial",
            serial,
            "serial-ambiguous" if found else "serial-unknown",
            message,
            "Name the device.",
        )

    def _exists(self, table: str, key: str) -> bool:
        return self.sql.execute(f"select 1 from {table} where {table} = ?", (key,)).fetchone() is not None

    def _covering(self, unit: str, day: str) -> list[str]:
        rows = self.sql.execute(
            f"""select distinct contract from cover where unit = ? and sound
                and ifnull(start, '') <= ? and ifnull(end, '{_FAR}') >= ? order by contract""",
            (unit, day, day),
        )
        return [row[0] for row in rows]

    def _parts(self) -> None:
        lost = """select p.id, p.file, p.row, p.call, c.sound from part p left join call c using (call)
            where c.sound is null or c.sound = 0 order by p.id"""
        gone = []
        for number, file, row, call, sound in self.sql.execute(lost).fetchall():
            gone.append(number)
            message = "there is no such call" if sound is None else "its call is set aside"
            code = "call-unknown" if sound is None else "call-aside"
            self._add((file, row, row), "call", call, code, message, "Correct the call's number, or its row.")
        self._aside("part", gone)
