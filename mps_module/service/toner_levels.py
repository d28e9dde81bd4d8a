"""The one way in for levels of supplies: collector, file, portal, technician and desk all come through here.

Levels bill nothing. What cannot be taken is said to the sender, row by row, and not kept; the same level (device,
supply and moment) is taken once, whoever sends it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import now

from mps_module.engine.reads import ReadSource
from mps_module.engine.supply_levels import Level, State, of_percent, of_snmp, of_text, supply_key
from mps_module.fleet import clock, store
from mps_module.fleet.fleet import Fleet
from mps_module.fleet.ledger import CHUNK, NO_LIMIT, chunks
from mps_module.readers.issue import BadValue
from mps_module.readers.times import Clock

DOCTYPE = "MPS Toner Level"
MEMORY = timedelta(days=400)
"""Older levels tell nothing about today's pace."""
AHEAD = timedelta(hours=2)
TEXT = 140
FIELDS = (
    "name", "creation", "modified", "modified_by", "owner", "device", "supply", "level", "state", "taken_at", "source",
    "customer", "withdrawn", "reported", "batch", "source_key",
)  # fmt: skip
ACCEPTED, DUPLICATE, REFUSED = "accepted", "duplicate", "refused"
Key = tuple[str, str]
"""Device, supply."""


@dataclass(slots=True)
class Incoming:
    """One level on its way in, and what became of it."""

    device: str = ""
    supply: str = ""
    taken_at: datetime | None = None  # as the site keeps it
    level: Level | None = None
    reported: str = ""
    key: str = ""
    verdict: str = ACCEPTED
    code: str = ""
    message: str = ""
    name: str = ""

    def refuse(self, code: str, message: str) -> None:
        if self.verdict == ACCEPTED:
            self.verdict, self.code, self.message = REFUSED, code, message


@dataclass(slots=True)
class Entry:
    """What became of all levels, in their order."""

    rows: list[Incoming] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        seen = Counter(row.verdict for row in self.rows)
        return {
            "received": len(self.rows),
            **{verdict: seen[verdict] for verdict in (ACCEPTED, DUPLICATE, REFUSED)},
        }

    def told(self) -> dict[str, Any]:
        """As plain values."""
        names = ("device", "supply", "verdict", "code", "message", "name")
        return {
            "counts": self.counts,
            "rows": [{name: getattr(row, name) for name in names} for row in self.rows],
        }


def enter_levels(
    rows: Iterable[Mapping[str, Any]],
    source: ReadSource | str,
    *,
    batch: str = "",
    customers: Collection[str] | None = None,
    now_at: datetime | None = None,
) -> Entry:
    """Enter levels. A constant number of queries, however many there are; entering them again changes nothing.

    Args:
        rows: each with device or serial, supply (any name that a device gives it), level, and taken_at (none: now).
            A level is a percentage or a word (ok, low, empty); with `max` it is a Printer-MIB level, with `filled` one
            of a receptacle that fills up. `levels` (supply -> level) instead of supply and level gives several.
        customers: only devices of these customers exist for the sender; None: all.
    """
    plain = [one for row in rows for one in _single(row)]
    fleet = Fleet.named(
        [_text(row.get("device")) for row in plain], [_text(row.get("serial")) for row in plain], customers
    )
    zone = clock.site_zone()
    moment = now_at or clock.now(zone)
    reader = Clock(zone)
    found = [_incoming(row, fleet, reader, zone, moment) for row in plain]
    _merge(found)
    _known(found)
    taken = [row for row in found if row.verdict == ACCEPTED]
    if taken:
        _insert(taken, fleet, ReadSource(source), batch)
        from mps_module.service import supply_fitted

        supply_fitted.see({row.device for row in taken})
    return Entry(found)


def _single(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    one = dict(row)
    levels = one.pop("levels", None)
    if isinstance(levels, Mapping) and levels:
        for supply, level in levels.items():
            yield {**one, "supply": supply, "level": level}
    else:
        yield one


def _text(value: Any) -> str:
    return str(value if value is not None else "").strip()[:TEXT]


def _incoming(
    row: Mapping[str, Any], fleet: Fleet, reader: Clock, zone: tzinfo, moment: datetime
) -> Incoming:
    found = Incoming(reported=_text(row.get("level")))
    found.device, code, message = fleet.find(_text(row.get("device")), _text(row.get("serial")))
    if code:
        found.refuse(code, message)
    found.supply = supply_key(_text(row.get("supply") or row.get("colour")))
    if not found.supply:
        found.refuse("supply-missing", _("The row names no supply."))
    at = _moment(row.get("taken_at"), reader, moment, found)
    if at > moment + AHEAD:
        found.refuse("in-future", _("The level lies in the future."))
    found.taken_at = clock.stored(at, zone).replace(microsecond=0)
    try:
        found.level = _level(row, clock.aware(found.taken_at, zone))
    except (ValueError, TypeError, OverflowError):
        found.refuse("level-unreadable", _("{0} is no level.").format(repr(found.reported)))
    if found.level is None:
        found.refuse("level-unknown", _("The device does not know this level."))
    found.key = hashlib.sha1(
        f"{found.device}|{found.supply}|{found.taken_at.isoformat()}".encode(), usedforsecurity=False
    ).hexdigest()
    return found


def _moment(cell: Any, reader: Clock, moment: datetime, found: Incoming) -> datetime:
    if cell in (None, ""):
        return moment
    try:
        if not isinstance(cell, (datetime, date, str)):
            raise BadValue("not-a-date", _("The row has no time."))
        at = reader.moment(cell)[0]
        return at if at.tzinfo else at.replace(tzinfo=moment.tzinfo)
    except BadValue as bad:
        found.refuse(bad.code, bad.message)
        return moment


def _level(row: Mapping[str, Any], at: datetime) -> Level | None:
    value, most = row.get("level"), row.get("max")
    if isinstance(value, bool):
        raise ValueError
    if most not in (None, ""):
        return of_snmp(int(value), int(most), at, bool(row.get("filled")))
    if isinstance(value, int | float):
        return None if value in (-1, -2) else of_snmp(-3, 100, at) if value == -3 else of_percent(value, at)
    text = _text(value)
    return of_text(text, at) if text else None


def _merge(found: Sequence[Incoming]) -> None:
    """Of two cartridges that a device shows under one name at one moment, the fuller one is in use."""
    best: dict[str, Incoming] = {}
    for row in found:
        if row.verdict != ACCEPTED:
            continue
        other = best.get(row.key)
        if other is None:
            best[row.key] = row
            continue
        loser, winner = (row, other) if row.level.rank <= other.level.rank else (other, row)
        loser.verdict, loser.code = DUPLICATE, "same-moment"
        loser.message = _("Told twice for this moment; the fuller one counts.")
        best[row.key] = winner


def _known(found: Sequence[Incoming]) -> None:
    """What is there already: the same again, or another level of the same moment."""
    waiting = {row.key: row for row in found if row.verdict == ACCEPTED}
    for keys in chunks(sorted(waiting), CHUNK):
        rows = frappe.get_all(
            DOCTYPE,
            {"source_key": ["in", keys]},
            ["name", "source_key", "level", "state"],
            order_by="name",
            limit=NO_LIMIT,
        )
        for known in rows:
            row = waiting[known.source_key]
            row.name = known.name
            same = known.state == row.level.state.value and abs(known.level - (row.level.percent or 0)) < 0.01
            if same:
                row.verdict, row.code, row.message = DUPLICATE, "duplicate", _("We have this level already.")
            else:
                row.refuse("conflict", _("Another level of this very moment is there already."))


def _insert(taken: Sequence[Incoming], fleet: Fleet, source: ReadSource, batch: str) -> None:
    names = sorted({row.device for row in taken})
    store.hold_devices(names)
    places = store.Places.of(names, {name: fleet.devices[name].customer for name in names})
    new_name, stamp, user = store.read_names("TL"), now(), frappe.session.user
    values = []
    for row in taken:
        row.name = new_name()
        customer = places.customer(row.device, row.taken_at.date())
        values.append((
            row.name, stamp, stamp, user, user, row.device, row.supply, row.level.percent or 0, row.level.state.value,
            row.taken_at, source.value, customer or None, 0, row.reported or None, batch or None, row.key,
        ))  # fmt: skip
    # The key is unique in the database: what somebody else entered at this very moment is not entered twice.
    frappe.db.bulk_insert(DOCTYPE, list(FIELDS), values, ignore_duplicates=True)


def load_levels(devices: Sequence[str], since: datetime | None = None) -> dict[Key, list[Level]]:
    """Levels that count by device and supply, in order of time. One query.

    Args:
        since: as the site keeps times; None: the last MEMORY.
    """
    if not devices:
        return {}
    zone = clock.site_zone()
    since = since or clock.stored(clock.now(zone), zone) - MEMORY
    table = DocType(DOCTYPE)
    rows = (
        frappe.qb.from_(table)
        .select(table.device, table.supply, table.taken_at, table.level, table.state)
        .where(table.device.isin(list(devices)) & (table.taken_at >= since) & (table.withdrawn == 0))
        .orderby(table.device, table.supply, table.taken_at)
        .limit(NO_LIMIT)
        .run()
    )
    found: defaultdict[Key, list[Level]] = defaultdict(list)
    states = {state.value: state for state in State}
    for device, supply, at, percent, told in rows:
        state = states[told]
        known = None if state in (State.OK, State.LOW) else float(percent or 0)
        found[device, supply].append(Level(at.replace(tzinfo=zone), known, state))
    return dict(found)


def withdraw(name: str, reason: str) -> None:
    """Take out a level that should never have counted; it stays, marked, with the reason.

    Raises:
        frappe.ValidationError: no reason.
    """
    if not reason.strip():
        frappe.throw(_("Say why."))
    frappe.db.set_value(DOCTYPE, name, {"withdrawn": 1, "reason": reason.strip()})
