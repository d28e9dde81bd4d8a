"""Meter Read documents -> the engine's ledger, in a constant number of queries however many devices there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import frappe
from frappe.query_builder import DocType

from mps_module.engine.contract import ServiceCall
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device, MeterType, MeterUnit, parse_formula
from mps_module.engine.reads import Read, ReadKind, ReadSource
from mps_module.engine.result import Boundary
from mps_module.fleet.clock import site_zone
from mps_module.fleet.wide import is_one_of

NO_LIMIT = 10_000_000  # more rows than any fleet has; Frappe's own default is 20
CHUNK = 2_000  # names in one IN (...)
WITHDRAWN = "Withdrawn"
NEW_COUNTER = (ReadKind.INSTALL.value, ReadKind.RESET.value)
KINDS: Mapping[str, ReadKind] = {kind.value: kind for kind in ReadKind}
SOURCES: Mapping[str, ReadSource] = {source.value: source for source in ReadSource}
DEVICE_COLUMNS = ("name", "customer", "serial_no_text", "device_model", "site", "department")
Pins = Mapping[tuple[str, str, date, bool], Boundary]


def ledger_for(
    devices: Iterable[str],
    until: date | datetime | None = None,
    pins: Pins | None = None,
    calls: Sequence[ServiceCall] = (),
    timezone: str | None = None,
) -> Ledger:
    """The engine's ledger of some devices. Five queries, however many they are.

    Args:
        devices: names of MPS Device.
        until: leave later reads out (a date: up to its end, in the site's time zone); None: take all.
        pins, calls: see `engine.ledger.Ledger`.
        timezone: IANA name of the zone in which the bill's days begin; None: the site's.
    """
    names = sorted(set(devices))
    return Ledger.build(
        reads_of(names, until),
        devices_of(names),
        calls,
        pins,
        timezone or site_zone(),
    )


def reads_of(
    devices: Sequence[str], until: date | datetime | None = None, *, billing: bool = False
) -> list[Read]:
    """Reads of these devices that count, superseded ones included (the engine shows them beside their successors).

    Args:
        billing: leave out those that were taken for the service only, save the last one before a new counter: what was
            printed up to it would be nobody's.
    """
    if not devices:
        return []
    table = DocType("Meter Read")
    query = (
        frappe.qb.from_(table)
        .select(
            table.device, table.meter, table.taken_at, table.value, table.source, table.kind, table.name,
            table.supersedes, table.reason, table.not_for_billing,
        )
        .where(table.device.isin(list(devices)))
        .where(table.status != WITHDRAWN)
        .orderby(table.device, table.meter, table.taken_at)
    )  # fmt: skip
    if until is not None:
        query = query.where(table.taken_at < _after(until))
    rows = _for_bills(query.run()) if billing else query.run()
    zone = site_zone()
    kinds, sources = KINDS, SOURCES
    return [
        Read(
            device,
            meter,
            at.replace(tzinfo=zone),
            value,
            sources[source],
            kinds[kind],
            name,
            old or "",
            why or "",
        )
        for device, meter, at, value, source, kind, name, old, why, _service in rows
    ]


def _for_bills(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows (ordered by device, meter and time) that a bill may rest on."""
    kept, following = [], None
    for row in reversed(rows):
        service = row[9]
        opens = following is not None and following[:2] == row[:2] and following[5] in NEW_COUNTER
        if not service or opens:
            kept.append(row)
        following = row
    return kept[::-1]


def _after(until: date | datetime) -> datetime:
    if isinstance(until, datetime):
        return until + timedelta(microseconds=1)
    return datetime.combine(until + timedelta(days=1), time())


def devices_of(names: Sequence[str] | None = None) -> dict[str, Device]:
    """The engine's devices by name, with their models' meters. Four queries. None: all devices of the site."""
    if names is not None and not names:
        return {}
    table = DocType("MPS Device")
    query = frappe.qb.from_(table).select(*(table[column] for column in DEVICE_COLUMNS)).orderby(table.name)
    if names is not None:
        query = query.where(table.name.isin(list(names)))
    return devices_from(query.run(), whole=names is None)


def devices_from(rows: Sequence[tuple], whole: bool = False) -> dict[str, Device]:
    """As `devices_of`, of rows with `DEVICE_COLUMNS`. Three queries.

    Args:
        whole: they are all devices of the site.
    """
    if not rows:
        return {}
    volumes = _volumes("MPS Device Volume", None if whole else [row[0] for row in rows])
    models = _models({row[3] for row in rows if row[3]})
    empty: tuple[dict[str, MeterType], dict[str, Decimal]] = ({}, {})
    found = {}
    for name, customer, serial, model, site, department in rows:
        meters, usual = models.get(model, empty)
        own = volumes.get(name)
        found[name] = Device(
            name, customer or "", serial or "", model or "", site or "", department or "", meters,
            {**usual, **own} if own else usual,
        )  # fmt: skip
    return found


def _volumes(doctype: str, parents: list[str] | None) -> dict[str, dict[str, Decimal]]:
    table = DocType(doctype)
    query = (
        frappe.qb.from_(table)
        .select(table.parent, table.meter, table.monthly_volume)
        .where(table.monthly_volume > 0)
        .orderby(table.parent, table.idx)
    )
    if parents is not None:
        query = query.where(is_one_of(table.parent, parents))
    found: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for parent, meter, volume in query.run():
        found[parent][meter] = Decimal(volume)
    return found


def _models(names: set[str]) -> dict[str, tuple[dict[str, MeterType], dict[str, Decimal]]]:
    """Model -> (its meters by key, their usual monthly volumes)."""
    types = {
        row.name: row
        for row in frappe.get_all(
            "MPS Meter Type", fields=["name", "label", "unit"], order_by="name", limit=NO_LIMIT
        )
    }
    rows = frappe.get_all(
        "MPS Model Meter",
        {"parent": ["in", sorted(names)], "parenttype": "MPS Device Model"},
        ["parent", "meter", "digits", "formula", "monthly_volume"],
        order_by="parent, idx",
        limit=NO_LIMIT,
    )
    found: defaultdict[str, tuple[dict[str, MeterType], dict[str, Decimal]]] = defaultdict(lambda: ({}, {}))
    for row in rows:
        known = types.get(row.meter) or frappe._dict(label=row.meter, unit="impression")
        meters, volumes = found[row.parent]
        meters[row.meter] = MeterType(
            row.meter,
            known.label or row.meter,
            MeterUnit(known.unit or "impression"),
            row.digits or None,
            parse_formula(row.formula) if row.formula else {},
        )
        if row.monthly_volume:
            volumes[row.meter] = Decimal(row.monthly_volume)
    return found


def chunks(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """`values` in lists of at most `size`."""
    iterator = iter(values)
    while part := list(islice(iterator, size)):
        yield part
