"""Goods on their way: Stock Entries in transit, what of them is still open, and their arrival on a trunk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType

from mps_module.stock import levels
from mps_module.stock.act import Act
from mps_module.stock.answers import Conflict, Refused
from mps_module.stock.entries import TRANSFER, book
from mps_module.stock.levels import EPSILON, NO_LIMIT
from mps_module.stock.lines import Line, number, rows_of, text, texts
from mps_module.stock.trunks import Trunk

Marks = dict[str, list[tuple[str, str, float]]]
"""Row -> (serial, batch, quantity) of its bundle."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A Stock Entry into a transit warehouse. `open_lines`: what has not arrived; a row with two batches gives two."""

    name: str
    transit: str
    source: str
    sent_at: datetime
    cancelled: bool
    transfer: str
    material_request: str
    open_lines: tuple[Line, ...]


def load(name: str) -> Delivery | None:
    """A delivery by the name of its Stock Entry; None where it is none."""
    return next(iter(find(names=[name])), None)


def find(*, names: Collection[str] | None = None, transit: Collection[str] | None = None) -> list[Delivery]:
    """Deliveries of these names, or the submitted ones into these warehouses that are not all received.

    A constant number of queries, however many there are.
    """
    rows = _rows(names, transit)
    if not rows:
        return []
    marks = _open_marks(rows)
    by_entry: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_entry[row.parent].append(row)
    return [_delivery(name, found, marks) for name, found in by_entry.items()]


def _rows(names: Collection[str] | None, transit: Collection[str] | None) -> list[Any]:
    head, row = DocType("Stock Entry"), DocType("Stock Entry Detail")
    query = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .select(
            row.name,
            row.parent,
            row.item_code,
            row.transfer_qty,
            row.transferred_qty,
            row.s_warehouse,
            row.t_warehouse,
            row.serial_and_batch_bundle,
            row.material_request,
            head.docstatus,
            head.posting_date,
            head.posting_time,
            head.mps_transfer,
        )
        .where(head.add_to_transit == 1)
        .orderby(head.posting_date, head.posting_time, head.name, row.idx)
        .limit(NO_LIMIT)
    )
    if names is not None:
        return query.where(head.name.isin(sorted(names)) & (head.docstatus > 0)).run(as_dict=True)
    query = query.where(row.t_warehouse.isin(sorted(transit or [""])) & (head.docstatus == 1))
    return query.where(row.transferred_qty < row.transfer_qty).run(as_dict=True)


def _delivery(name: str, rows: Sequence[Any], marks: Marks) -> Delivery:
    first = rows[0]
    lines: list[Line] = []
    for row in rows:
        left = float(row.transfer_qty or 0) - float(row.transferred_qty or 0)
        if first.docstatus == 1 and left > EPSILON:
            lines += _open_lines(row, left, marks.get(row.name, []))
    midnight = datetime.combine(first.posting_date, datetime.min.time())
    return Delivery(
        name,
        first.t_warehouse,
        first.s_warehouse or "",
        midnight + first.posting_time,
        first.docstatus != 1,
        first.mps_transfer or "",
        next((row.material_request for row in rows if row.material_request), ""),
        tuple(lines),
    )


def _open_lines(row: Any, left: float, marks: list[tuple[str, str, float]]) -> list[Line]:
    serials = [serial for serial, _batch, _qty in marks if serial]
    if serials:
        return [Line(row.item_code, float(len(serials)), tuple(serials), "", row.name)]
    by_batch: defaultdict[str, float] = defaultdict(float)
    for _serial, batch, qty in marks:
        by_batch[batch] += qty
    open_batches = [(batch, qty) for batch, qty in by_batch.items() if batch and qty > EPSILON]
    if open_batches:
        return [Line(row.item_code, qty, (), batch, row.name) for batch, qty in open_batches]
    return [Line(row.item_code, left, (), "", row.name)]


def _open_marks(rows: Iterable[Any]) -> Marks:
    """Serials and batches of each row that have not arrived: those sent, less those of the entries that received it."""
    sent = {row.serial_and_batch_bundle: row.name for row in rows if row.serial_and_batch_bundle}
    if not sent:
        return {}
    detail = DocType("Stock Entry Detail")
    arrived = (
        frappe.qb.from_(detail)
        .select(detail.serial_and_batch_bundle, detail.ste_detail)
        .where(detail.ste_detail.isin(sorted(sent.values())) & (detail.docstatus == 1))
        .where(detail.serial_and_batch_bundle.isnotnull())
        .orderby(detail.name)
        .limit(NO_LIMIT)
        .run()
    )
    back = dict(arrived)
    entry = DocType("Serial and Batch Entry")
    found = (
        frappe.qb.from_(entry)
        .select(entry.parent, entry.serial_no, entry.batch_no, entry.qty)
        .where(entry.parent.isin(sorted({*sent, *back})))
        .orderby(entry.parent, entry.idx)
        .limit(NO_LIMIT)
        .run()
    )
    left: defaultdict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for bundle, serial, batch, qty in found:
        key = (serial or "", batch or "")
        if bundle in sent:
            left[sent[bundle]][key] += abs(float(qty or 0))
        else:
            left[back[bundle]][key] -= abs(float(qty or 0))
    return {
        name: [(serial, batch, qty) for (serial, batch), qty in marks.items() if qty > EPSILON]
        for name, marks in left.items()
    }


def chosen(delivery: Delivery, payload: Mapping[str, Any]) -> list[Line]:
    """The open lines of a delivery that a payload says have come; all of them where it names none.

    Raises Refused for a row that is not of this delivery, Conflict for more than is open.
    """
    if not payload.get("items"):
        return list(delivery.open_lines)
    open_by_row: defaultdict[str, list[Line]] = defaultdict(list)
    for line in delivery.open_lines:
        open_by_row[line.row].append(line)
    found = []
    for row in rows_of(payload):
        name = text(row, "row", required=True)
        serials = texts(row.get("serials"), name)
        batch = text(row, "batch")
        qty = float(len(serials)) if serials else number(row.get("qty"), name)
        if qty <= EPSILON:
            continue
        fitting = [line for line in open_by_row.get(name, []) if not batch or line.batch == batch]
        if not fitting:
            raise Conflict("closed", _("A line of {0} is received already.").format(delivery.name))
        found.append(_part_of(fitting[0], qty, serials))
    if not found:
        raise Refused("payload", _("Nothing of {0} has come.").format(delivery.name))
    if len({(line.row, line.batch) for line in found}) < len(found):
        raise Refused("payload", _("A line of {0} is named twice.").format(delivery.name))
    return found


def _part_of(line: Line, qty: float, serials: tuple[str, ...]) -> Line:
    if qty > line.qty + EPSILON:
        short = {"item": line.item, "wanted": qty, "available": line.qty, "row": line.row}
        raise Conflict(
            "short", _("{0}: only {1:g} are on the way.").format(line.item, line.qty), {"items": [short]}
        )
    if line.serials:
        strange = [serial for serial in serials if serial not in line.serials]
        if strange:
            raise Conflict(
                "serial",
                _("{0}: {1} is not in this delivery.").format(line.item, ", ".join(strange)),
                {"items": [{"item": line.item, "serial": each, "serials": list(line.serials)} for each in strange]},
            )  # fmt: skip
        if not serials and qty < line.qty - EPSILON:
            raise Conflict(
                "serial",
                _("{0}: choose the serial numbers that have come.").format(line.item),
                {"items": [{"item": line.item, "serials": list(line.serials)}]},
            )
        return Line(line.item, qty, serials or line.serials, line.batch, line.row)
    return Line(line.item, qty, (), line.batch, line.row)


def arrive(
    act: Act,
    delivery: Delivery,
    lines: Sequence[Line],
    move: str,
    trunk: Trunk,
    remarks: str = "",
    **links: Any,
) -> str:
    """Book goods out of transit onto the trunk; the delivery's own rows say what of them is left."""
    facts = levels.item_facts(line.item for line in lines)
    references = [{"against_stock_entry": delivery.name, "ste_detail": line.row} for line in lines]
    booking = act.booking(move, remarks, trunk, outgoing_stock_entry=delivery.name, **links)
    return book(
        booking,
        TRANSFER,
        lines,
        facts,
        source=delivery.transit,
        target=trunk.warehouse,
        row_values=references,
    )
