"""Cycle counts: what was found beside what the ledger says; a manager's approval makes it a Stock Reconciliation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from mps_module.stock import levels, trunks
from mps_module.stock.act import Act, Done
from mps_module.stock.answers import Refused
from mps_module.stock.entries import submit
from mps_module.stock.levels import EPSILON, NOTHING, ItemFacts
from mps_module.stock.lines import check_item, number, rows_of, text, texts

if TYPE_CHECKING:
    from frappe.model.document import Document

DOCTYPE = "Trunk Count"


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found of an item. `batches`: (batch, quantity)."""

    item: str
    qty: float
    serials: tuple[str, ...] = ()
    batches: tuple[tuple[str, float], ...] = ()


def count(act: Act, payload: Mapping[str, Any]) -> Done:
    """Book a count of some items of the own trunk. Stock stays as it is until a manager has approved."""
    found = _read(payload)
    facts = levels.item_facts(each.item for each in found)
    for each in found:
        check_item(each.item, each.qty, facts)
        _check_marks(each, facts[each.item])
    warehouse = act.trunk.warehouse
    items = [each.item for each in found]
    bins = levels.bins([warehouse], items)
    serials = levels.serials([warehouse], items)
    batches = levels.batches([warehouse], items)
    rows: list[dict[str, Any]] = []
    for each in found:
        place = (each.item, warehouse)
        rate = bins.get(place, NOTHING).rate
        if facts[each.item].has_serial:
            lines = [_serial_row(each, serials.get(place, []))]
        elif facts[each.item].has_batch:
            lines = _batch_rows(each, batches.get(place, {}))
        else:
            lines = [_plain_row(each.item, bins.get(place, NOTHING).on_hand, each.qty)]
        rows += [{**row, "variance_value": row["variance_qty"] * rate} for row in lines]
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "trunk": act.trunk.name,
            "warehouse": warehouse,
            "company": act.trunk.company,
            "counted_at": act.made_at,
            "counted_by": act.user,
            "status": "Waiting" if any(_differs(row) for row in rows) else "No Variance",
            "total_variance_value": sum(row["variance_value"] for row in rows),
            "note": text(payload, "note"),
            "items": rows,
        }
    )
    doc.insert(ignore_permissions=True)
    told = [
        {
            "item": row["item"],
            "batch": row.get("batch_no") or "",
            "expected": row["expected_qty"],
            "counted": row["counted_qty"],
            "variance": row["variance_qty"],
        }
        for row in rows
        if _differs(row)
    ]
    return Done({"count": doc.name, "variances": told, "status": doc.status}, DOCTYPE, doc.name)


def _read(payload: Mapping[str, Any]) -> list[Counted]:
    found = []
    for row in rows_of(payload):
        item = text(row, "item", required=True)
        serials = texts(row.get("serials"), item)
        batches = tuple(
            (text(each, "batch", required=True), number(each.get("qty"), item))
            for each in row.get("batches") or []
        )
        if row.get("qty") is not None:
            qty = number(row["qty"], item)
        elif serials or batches:
            qty = float(len(serials)) if serials else sum(qty for _batch, qty in batches)
        else:
            raise Refused("payload", _("{0}: how many are there?").format(item))
        found.append(Counted(item, qty, serials, batches))
    if len({each.item for each in found}) < len(found):
        raise Refused("payload", _("An item is counted twice."))
    return found


def _check_marks(each: Counted, fact: ItemFacts) -> None:
    """Raises Refused where serials or batches do not make up the quantity."""
    if fact.has_serial and abs(each.qty - len(each.serials)) > EPSILON:
        raise Refused("payload", _("{0}: name the serial number of each one.").format(each.item))
    if fact.has_batch and not fact.has_serial:
        if abs(each.qty - sum(qty for _batch, qty in each.batches)) > EPSILON:
            raise Refused("payload", _("{0}: name the batch of each one.").format(each.item))
        for batch, _qty in each.batches:
            if frappe.db.get_value("Batch", batch, "item") != each.item:
                raise Refused("batch", _("{0}: there is no batch {1}.").format(each.item, batch))


def _plain_row(item: str, expected: float, counted: float) -> dict[str, Any]:
    variance = round(counted - expected, 9)
    return {"item": item, "expected_qty": expected, "counted_qty": counted, "variance_qty": variance}


def _serial_row(each: Counted, aboard: Sequence[str]) -> dict[str, Any]:
    return {
        **_plain_row(each.item, float(len(aboard)), each.qty),
        "serials_missing": "\n".join(sorted(set(aboard) - set(each.serials))),
        "serials_found": "\n".join(sorted(set(each.serials) - set(aboard))),
    }


def _batch_rows(each: Counted, aboard: Mapping[str, float]) -> list[dict[str, Any]]:
    counted = dict(each.batches)
    return [
        {**_plain_row(each.item, aboard.get(batch, 0.0), counted.get(batch, 0.0)), "batch_no": batch}
        for batch in sorted({*aboard, *counted})
    ]


def _differs(row: Mapping[str, Any]) -> bool:
    return bool(abs(row["variance_qty"]) > EPSILON or row.get("serials_missing") or row.get("serials_found"))


def decide(name: str, approve: bool, reason: str = "") -> str:
    """Approve a variance (Stock Reconciliation) or reject it. Returns the reconciliation, empty where there is none.

    The variance is booked, not the quantity counted: what moved since the count stays moved.

    Raises:
        frappe.ValidationError: decided already, or the ERP refuses the booking.
    """
    trunk = frappe.db.get_value(DOCTYPE, name, "trunk")
    trunks.load([trunk], lock=True)
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    if doc.status != "Waiting":
        frappe.throw(_("{0} is {1} already.").format(name, _(doc.status).lower()))
    if not approve and not (reason or "").strip():
        frappe.throw(_("Say why the count is rejected; the technician will ask."))
    doc.status = "Approved" if approve else "Rejected"
    doc.reason = (reason or "").strip()
    doc.decided_by = frappe.session.user
    doc.decided_at = now_datetime()
    if approve:
        doc.stock_reconciliation = _reconcile(doc)
    doc.save(ignore_permissions=True)
    return doc.stock_reconciliation or ""


def _reconcile(count: Document) -> str:
    rows = [row for row in count.items if _differs(row.as_dict())]
    items = sorted({row.item for row in rows})
    facts = levels.item_facts(items)
    bins = levels.bins([count.warehouse], items)
    serials = levels.serials([count.warehouse], items)
    batches = levels.batches([count.warehouse], items)
    doc = frappe.new_doc("Stock Reconciliation")
    doc.update({"company": count.company, "purpose": "Stock Reconciliation", "set_posting_time": 0})
    for row in rows:
        place = (row.item, count.warehouse)
        now = bins.get(place, NOTHING)
        values: dict[str, Any] = {
            "item_code": row.item,
            "warehouse": count.warehouse,
            "use_serial_batch_fields": 1,
        }
        if facts[row.item].has_serial:
            aboard = set(serials.get(place, [])) - set((row.serials_missing or "").split())
            kept = sorted(aboard | set((row.serials_found or "").split()))
            values |= {"qty": len(kept), "serial_no": "\n".join(kept)}
        elif row.batch_no:
            have = batches.get(place, {}).get(row.batch_no, 0.0)
            values |= {"qty": max(0.0, have + row.variance_qty), "batch_no": row.batch_no}
        else:
            values["qty"] = max(0.0, now.on_hand + row.variance_qty)
        values["valuation_rate"] = now.rate or _rate(row.item)
        doc.append("items", values)
    return submit(doc)


def _rate(item: str) -> float:
    """What a part is worth that this trunk never had: the item's own rate."""
    rate, last = frappe.db.get_value("Item", item, ["valuation_rate", "last_purchase_rate"]) or (0, 0)
    return float(rate or last or 0)
