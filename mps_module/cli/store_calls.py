"""Calls that bill nothing, or not all that stands on them: nobody would miss the money without being told."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from mps_module.engine.contract import Contract, LineKind

_CALLS = """select c.call, c.unit, c.day, c.incident, c.labour_hours, c.travel, c.file, c.row, k.data,
    exists (select 1 from part p where p.call = c.call and p.sound) parts
    from call c join contract k using (contract) where c.sound order by c.contract, c.id"""


class IdleCall(NamedTuple):
    """A call of which something is not billed. `field`: the column it is about."""

    file: str
    row: int
    unit: str
    field: str
    value: str
    code: str
    message: str
    todo: str


def idle_calls(sql: sqlite3.Connection) -> Iterator[IdleCall]:
    """Calls of sound rows that lie outside of their contract, name nothing to bill, or name what no line prices."""
    known, contract = b"", None
    rows = sql.execute(_CALLS).fetchall()
    for call, unit, day, incident, hours, travel, file, row, data, parts in rows:
        if contract is None or data != known:
            known, contract = data, pickle.loads(data)  # written by this process into its own private file
        for what in _idle(
            contract, date.fromisoformat(day), incident, Decimal(hours), Decimal(travel), parts
        ):
            yield IdleCall(file, row, unit, what[0], what[1] or call, *what[2:])


def _idle(
    contract: Contract, day: date, incident: int, hours: Decimal, travel: Decimal, parts: int
) -> Iterator[tuple[str, str, str, str, str]]:
    if day < contract.start or (contract.end and day > contract.end):
        yield (
            "date", day.isoformat(), "call-outside",
            f"{day} lies outside of contract {contract.contract}: the call is never billed",
            "Correct the date or the contract; bill it elsewhere, or remove the row.",
        )  # fmt: skip
        return
    if not (incident or hours or travel or parts):
        yield (
            "call", "", "call-nothing", "no incident, hours, travel or parts: nothing is billed",
            "Say what is billable (incident: yes), or remove the row.",
        )  # fmt: skip
        return
    version = contract.version_on(day)
    kinds = {line.kind for line in version.lines}
    by_call = incident and LineKind.INCIDENT in kinds  # its price stands for the work, not for parts
    for field, amount, kind, covered, free in (
        ("incident", "yes" if incident else "", LineKind.INCIDENT, "", False),
        ("labour_hours", f"{hours:f}" if hours else "", LineKind.LABOUR, "labour", by_call),
        ("travel", f"{travel:f}" if travel else "", LineKind.TRAVEL, "travel", by_call),
        ("call", "parts" if parts else "", LineKind.MATERIAL, "parts", False),
    ):
        if amount and kind not in kinds and not free and version.coverage.get(covered) != "included":
            yield (
                field, amount, "call-unpriced",
                f"contract {contract.contract} has no line of kind {kind.value}: {_WORDS[kind]} not billed",
                f"Add a line of kind {kind.value} to the contract, or remove it from the call.",
            )  # fmt: skip


_WORDS = {
    LineKind.INCIDENT: "the incident is",
    LineKind.LABOUR: "its hours are",
    LineKind.TRAVEL: "its travel is",
    LineKind.MATERIAL: "its parts are",
}
