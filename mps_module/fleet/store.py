"""Rows of the read ledger and of the quarantine, written in bulk. Only `fleet.intake` calls this."""

from __future__ import annotations

import secrets
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import now

from mps_module.engine.reads import Judgement, Verdict
from mps_module.fleet.ledger import CHUNK, NO_LIMIT, WITHDRAWN, chunks
from mps_module.fleet.rows import TEXT, TODO, Incoming

if TYPE_CHECKING:
    from mps_module.fleet.fleet import Fleet
    from mps_module.fleet.intake import Outcome

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
STARTED = 1_577_836_800_000  # 2020, in milliseconds: keeps names short
ROWS_A_STATEMENT = 2_000
READ_FIELDS = (
    "name", "creation", "modified", "owner", "modified_by", "device", "meter", "taken_at", "value", "kind", "source",
    "customer", "status", "flag_code", "flag_message", "supersedes", "reason", "batch", "photo", "source_key",
    "not_for_billing",
)  # fmt: skip
QUARANTINE_FIELDS = (
    "name", "creation", "modified", "owner", "modified_by", "status", "code", "message", "todo", "device",
    "device_text", "serial", "meter", "meter_text", "taken_at", "raw_taken_at", "value", "raw_value", "kind", "source",
    "customer", "supersedes", "reason", "batch", "file", "row_no", "photo", "source_key",
)  # fmt: skip


@dataclass(slots=True)
class Accepted:
    """A row that goes into the ledger."""

    row: Incoming
    judged: Judgement
    name: str
    key: str
    customer: str


def read_key(row: Incoming) -> str:
    """The same reading has the same key, whoever sends it: device, meter, time, value, kind, and what it replaces."""
    text = f"{row.device}|{row.meter}|{row.taken_at}|{row.value}|{row.kind.value}|{row.supersedes}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def refused_key(row: Incoming) -> str:
    """The same row as it was received has the same key, whatever device it was found to mean."""
    device = row.device_text or ("" if row.serial else row.device)
    parts = (device, row.serial, row.meter_text or row.meter, row.raw_taken_at or row.taken_at)
    text = "|".join(map(str, (*parts, row.raw_value or row.value, row.kind.value, row.supersedes)))
    return blake2b(text.encode(), digest_size=16).hexdigest()


def read_names(prefix: str = "MR") -> Callable[[], str]:
    """Makes names that grow with time, so that a bulk insert fills the index from its end."""
    number = time.time_ns() // 1_000_000 - STARTED
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    lot = f"{prefix}-{text}{''.join(secrets.choice(DIGITS) for _ in range(4))}-"
    numbers = count(1)
    return lambda: f"{lot}{next(numbers):05d}"


def lock_devices(names: Sequence[str]) -> None:
    """Let nobody else enter reads of these devices until this transaction ends. In order of name: no deadlock.

    Raises:
        frappe.UniqueValidationError: this transaction looked at the database before somebody else's entry was
            committed, and so would judge by an old ledger. (Locking the reads themselves would lock the gaps between
            them, and two entries of neighbouring devices could stop one another.)
    """
    table = DocType("MPS Device")
    for part in chunks(names, CHUNK):
        query = (
            frappe.qb.from_(table)
            .select(table.name, table.ledger_stamp)
            .where(table.name.isin(part))
            .orderby(table.name)
            .limit(CHUNK)
        )
        if query.for_update().run() != query.run():
            raise frappe.UniqueValidationError("Meter Read", "", _at_this_moment())


def hold_devices(names: Sequence[str]) -> None:
    """Who else enters something of these devices waits until this transaction ends. Two that insert the same rows at the
    same moment would stop one another in the table's index, and one would lose what it sent."""
    table = DocType("MPS Device")
    for part in chunks(names, CHUNK):
        query = frappe.qb.from_(table).select(table.name).where(table.name.isin(part))
        query.orderby(table.name).limit(CHUNK).for_update().run()


def stamp_devices(names: Sequence[str]) -> None:
    """Let entries that began earlier notice that the ledger of these devices is another one now."""
    table, stamp = DocType("MPS Device"), read_names("")()
    for part in chunks(names, CHUNK):
        frappe.qb.update(table).set(table.ledger_stamp, stamp).where(table.name.isin(part)).run()


def _at_this_moment() -> str:
    return _("Reads of the same devices came in from elsewhere at this very moment. Enter them again.")


def withdrawn_keys(devices: Sequence[str]) -> dict[str, str]:
    """Keys of readings that were withdrawn -> their names: they are not taken again."""
    rows = frappe.get_all(
        "Meter Read",
        {"device": ["in", list(devices)], "status": WITHDRAWN},
        ["source_key", "name"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.source_key: row.name for row in rows}


def reads_with(keys: Sequence[str]) -> dict[str, str]:
    """Reads of the ledger by their keys."""
    if not keys:
        return {}
    rows = frappe.get_all(
        "Meter Read",
        {"source_key": ["in", list(keys)]},
        ["source_key", "name"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.source_key: row.name for row in rows}


@dataclass(slots=True)
class Places:
    """Where devices stood: whose a read is depends on its day, not on the day of entry."""

    present: Mapping[str, str]
    since: dict[str, tuple[list[date], list[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, devices: Sequence[str], present: Mapping[str, str]) -> Places:
        rows = frappe.get_all(
            "MPS Device Location",
            {"parent": ["in", list(devices)], "parenttype": "MPS Device"},
            ["parent", "from_date", "customer"],
            order_by="parent, from_date, idx",
            limit=NO_LIMIT,
        )
        found: defaultdict[str, tuple[list[date], list[str]]] = defaultdict(lambda: ([], []))
        for row in rows:
            days, customers = found[row.parent]
            days.append(row.from_date or date.min)
            customers.append(row.customer or "")
        return cls(present, {name: one for name, one in found.items() if len(set(one[1])) > 1})

    def customer(self, device: str, day: date) -> str:
        history = self.since.get(device)
        if history is None:
            return self.present.get(device, "")
        i = bisect_right(history[0], day) - 1
        return history[1][max(i, 0)]


def insert_reads(accepted: Sequence[Accepted], batch: str) -> None:
    """Write reads.

    Raises:
        frappe.UniqueValidationError: the same reading was entered by somebody else since this transaction began.
    """
    if accepted:
        stamp, user = now(), frappe.session.user
        _bulk("Meter Read", READ_FIELDS, [read_row(each, batch, stamp, user) for each in accepted])
        stamp_devices(sorted({each.row.device for each in accepted}))


def read_row(each: Accepted, batch: str, stamp: str, user: str) -> tuple[Any, ...]:
    """Values of READ_FIELDS."""
    row, judged = each.row, each.judged
    flagged = judged.verdict is Verdict.FLAGGED
    return (
        each.name, stamp, stamp, user, user, row.device, row.meter, row.taken_at, row.value, row.kind.value,
        row.source.value, each.customer or None, "Flagged" if flagged else "Accepted", judged.code if flagged else None,
        judged.message if flagged else None, row.supersedes or None, row.reason or None, batch or None,
        row.photo or None, each.key, int(row.not_for_billing),
    )  # fmt: skip


def _bulk(doctype: str, fields: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    try:
        frappe.db.bulk_insert(doctype, list(fields), rows, chunk_size=ROWS_A_STATEMENT)
    except Exception as problem:
        if frappe.db.is_unique_key_violation(problem) or frappe.db.is_primary_key_violation(problem):
            raise frappe.UniqueValidationError(doctype, "", _at_this_moment()) from problem
        raise


def mark_superseded(accepted: Sequence[Accepted]) -> None:
    """Tell the replaced reads what replaced them."""
    for each in accepted:
        if each.row.supersedes:
            frappe.db.set_value(
                "Meter Read", each.row.supersedes, "superseded_by", each.name, update_modified=False
            )


def quarantine(refused: Sequence[tuple[Incoming, Outcome]], batch: str, fleet: Fleet) -> None:
    """Put refused rows aside. A row that waits (or was settled) already counts as a duplicate."""
    if not refused:
        return
    keys = [refused_key(row) for row, _out in refused]
    known = _quarantined(keys)
    new_name = read_names("MRQ")
    stamp, user = now(), frappe.session.user
    rows = []
    for (row, outcome), key in zip(refused, keys, strict=True):
        if key in known:
            name, _status = known[key]
            outcome.verdict, outcome.code, outcome.quarantine = Verdict.DUPLICATE, "in-quarantine", name
            outcome.message = _("This very row is in quarantine already.")
            continue
        outcome.quarantine = name = new_name()
        known[key] = name, "Open"
        device = fleet.devices.get(row.device)
        rows.append((
            name, stamp, stamp, user, user, "Open", outcome.code, outcome.message,
            (row.problem and row.problem[2]) or TODO.get(outcome.code), row.device or None, row.device_text or None,
            row.serial or None, row.meter or None, row.meter_text or None, row.taken_at,
            row.raw_taken_at or (str(row.taken_at) if row.taken_at else None), row.value or 0,
            (row.raw_value or (str(row.value) if row.value is not None else ""))[:TEXT] or None, row.kind.value,
            row.source.value, (device.customer if device else None) or None, row.supersedes or None,
            row.reason or None, batch or None, row.file or None, row.row_no, row.photo or None, key,
        ))  # fmt: skip
    if rows:
        _bulk("Meter Read Quarantine", QUARANTINE_FIELDS, rows)


def _quarantined(keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    found = {}
    for part in chunks(keys, CHUNK):
        for row in frappe.get_all(
            "Meter Read Quarantine",
            {"source_key": ["in", part]},
            ["source_key", "name", "status"],
            order_by="name",
            limit=NO_LIMIT,
        ):
            found[row.source_key] = row.name, row.status
    return found


def settle_open(incoming: Sequence[Incoming], outcomes: Sequence[Outcome]) -> None:
    """Close what waited in quarantine and has now come in: the device was registered, the row was sent again."""
    waiting = {
        row.source_key: row.name
        for row in frappe.get_all(
            "Meter Read Quarantine",
            {"status": "Open", "source_key": ["is", "set"]},
            ["source_key", "name"],
            order_by="name",
            limit=NO_LIMIT,
        )
    }
    if not waiting:
        return
    for row, outcome in zip(incoming, outcomes, strict=True):
        if outcome.read and outcome.verdict is not Verdict.QUARANTINED:
            name = waiting.get(refused_key(row))
            if name is not None:
                resolve(name, "Repaired", read=outcome.read)


def resolve(name: str, status: str, *, read: str = "", reason: str = "") -> None:
    """Close a row of the quarantine."""
    frappe.db.set_value(
        "Meter Read Quarantine",
        name,
        {
            "status": status,
            "read": read or None,
            "dismiss_reason": reason or None,
            "resolved_by": frappe.session.user,
            "resolved_at": now(),
        },
    )
