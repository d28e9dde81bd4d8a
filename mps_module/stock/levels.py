"""Quantities of trunks, always read from the ERP's own ledger: Bin, serial numbers, batches. Nothing is kept here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Sum

from mps_module.stock.trunks import Trunk

NO_LIMIT = 10_000_000
EPSILON = 1e-6
"""Quantities of the ERP are floats with up to 9 decimals; closer than this is the same."""

Place = tuple[str, str]  # (item, warehouse)


@dataclass(frozen=True, slots=True)
class InBin:
    """One item in one warehouse. `requested`: on open material requests, not yet sent. `reserved`: for sales orders."""

    on_hand: float = 0.0
    requested: float = 0.0
    reserved: float = 0.0
    value: float = 0.0
    rate: float = 0.0


NOTHING = InBin()


def bins(warehouses: Collection[str], items: Collection[str] | None = None) -> dict[Place, InBin]:
    """What the bins of these warehouses say. One query."""
    if not warehouses or (items is not None and not items):
        return {}
    table = DocType("Bin")
    query = (
        frappe.qb.from_(table)
        .select(
            table.item_code,
            table.warehouse,
            table.actual_qty,
            table.indented_qty,
            table.reserved_qty,
            table.stock_value,
            table.valuation_rate,
        )
        .where(table.warehouse.isin(sorted(warehouses)))
        .orderby(table.item_code, table.warehouse)
        .limit(NO_LIMIT)
    )
    if items is not None:
        query = query.where(table.item_code.isin(sorted(items)))
    return {(row[0], row[1]): InBin(*(float(value or 0) for value in row[2:])) for row in query.run()}


def promised(trunks: Collection[str], items: Collection[str] | None = None) -> dict[Place, float]:
    """What trunks have promised to colleagues and not yet handed over: {(item, trunk): quantity}. One query."""
    if not trunks:
        return {}
    head, row = DocType("Trunk Transfer"), DocType("Trunk Transfer Item")
    query = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .select(row.item, head.from_trunk, Sum(row.qty))
        .where(head.from_trunk.isin(sorted(trunks)))
        .where(head.status.isin(("Accepted", "Handover")) & head.given_at.isnull())
        .groupby(row.item, head.from_trunk)
        .orderby(row.item)
        .limit(NO_LIMIT)
    )
    if items is not None:
        query = query.where(row.item.isin(sorted(items) or [""]))
    return {(item, trunk): float(qty or 0) for item, trunk, qty in query.run()}


def serials(warehouses: Collection[str], items: Collection[str] | None = None) -> dict[Place, list[str]]:
    """Serial numbers that lie in these warehouses. One query."""
    table = DocType("Serial No")
    query = (
        frappe.qb.from_(table)
        .select(table.item_code, table.warehouse, table.name)
        .where(table.warehouse.isin(sorted(warehouses) or [""]))
        .orderby(table.name)
        .limit(NO_LIMIT)
    )
    if items is not None:
        query = query.where(table.item_code.isin(sorted(items) or [""]))
    found: defaultdict[Place, list[str]] = defaultdict(list)
    for item, warehouse, serial in query.run():
        found[(item, warehouse)].append(serial)
    return dict(found)


def batches(
    warehouses: Collection[str], items: Collection[str] | None = None
) -> dict[Place, dict[str, float]]:
    """{(item, warehouse): {batch: quantity}} of what is left of each batch. Two queries.

    Bundles are how v15 and v16 keep batches; rows that older versions wrote name the batch themselves.
    """
    ledger, entry = DocType("Stock Ledger Entry"), DocType("Serial and Batch Entry")
    bundled = (
        frappe.qb.from_(ledger)
        .join(entry)
        .on(entry.parent == ledger.serial_and_batch_bundle)
        .select(ledger.item_code, ledger.warehouse, entry.batch_no, Sum(entry.qty))
        .where(entry.batch_no.isnotnull() & (entry.batch_no != ""))
        .groupby(ledger.item_code, ledger.warehouse, entry.batch_no)
        .orderby(entry.batch_no)
    )
    plain = (
        frappe.qb.from_(ledger)
        .select(ledger.item_code, ledger.warehouse, ledger.batch_no, Sum(ledger.actual_qty))
        .where(ledger.batch_no.isnotnull() & (ledger.batch_no != ""))
        .where(ledger.serial_and_batch_bundle.isnull() | (ledger.serial_and_batch_bundle == ""))
        .groupby(ledger.item_code, ledger.warehouse, ledger.batch_no)
        .orderby(ledger.batch_no)
    )
    found: defaultdict[Place, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for query in (bundled, plain):
        query = query.where(ledger.warehouse.isin(sorted(warehouses) or [""]) & (ledger.is_cancelled == 0))
        if items is not None:
            query = query.where(ledger.item_code.isin(sorted(items) or [""]))
        for item, warehouse, batch, qty in query.limit(NO_LIMIT).run():
            found[(item, warehouse)][batch] += float(qty or 0)
    return {
        place: {batch: qty for batch, qty in held.items() if qty > EPSILON} for place, held in found.items()
    }


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the moves must know of an item."""

    item: str
    name: str
    uom: str
    has_serial: bool
    has_batch: bool
    is_stock: bool
    disabled: bool
    group: str
    image: str
    whole: bool


def item_facts(items: Iterable[str]) -> dict[str, ItemFacts]:
    """Items by code; those that do not exist are left out. One query."""
    wanted = sorted(set(items))
    if not wanted:
        return {}
    table, unit = DocType("Item"), DocType("UOM")
    rows = (
        frappe.qb.from_(table)
        .left_join(unit)
        .on(unit.name == table.stock_uom)
        .select(
            table.name,
            table.item_name,
            table.stock_uom,
            table.has_serial_no,
            table.has_batch_no,
            table.is_stock_item,
            table.disabled,
            table.item_group,
            table.image,
            unit.must_be_whole_number,
        )
        .where(table.name.isin(wanted))
        .orderby(table.name)
        .limit(NO_LIMIT)
        .run()
    )
    return {
        row[0]: ItemFacts(
            row[0],
            row[1] or row[0],
            row[2],
            bool(row[3]),
            bool(row[4]),
            bool(row[5]),
            bool(row[6]),
            row[7] or "",
            row[8] or "",
            bool(row[9]),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Held:
    """One item of one trunk, now. `promised`: to colleagues, still aboard."""

    item: str
    on_hand: float
    in_transit: float
    requested: float
    promised: float
    value: float


def held(trunks: Iterable[Trunk], items: Collection[str] | None = None) -> dict[Place, Held]:
    """{(item, trunk name): quantities} of every item that a trunk has, waits for or asked for. Two queries."""
    listed = list(trunks)
    found = bins({place for trunk in listed for place in (trunk.warehouse, trunk.transit)}, items)
    given = promised({trunk.name for trunk in listed}, items)
    by_warehouse: defaultdict[str, list[str]] = defaultdict(list)
    for item, warehouse in found:
        by_warehouse[warehouse].append(item)
    result: dict[Place, Held] = {}
    for trunk in listed:
        for item in {*by_warehouse[trunk.warehouse], *by_warehouse[trunk.transit]}:
            here = found.get((item, trunk.warehouse), NOTHING)
            coming = found.get((item, trunk.transit), NOTHING)
            result[(item, trunk.name)] = Held(
                item,
                here.on_hand,
                coming.on_hand,
                here.requested,
                given.get((item, trunk.name), 0.0),
                here.value,
            )
    return result
