"""Refilling the trunks: par - on hand - in transit - requested, where at or under the minimum (domain: section 5).

All quantities are the ERP's own, so that whatever was requested by anybody counts and nothing is asked for twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Sum
from frappe.utils import flt, nowdate

from mps_module.stock import levels, trunks
from mps_module.stock.entries import submit
from mps_module.stock.levels import EPSILON, NO_LIMIT, NOTHING, ItemFacts, Place
from mps_module.stock.trunks import Trunk

TRANSFER = "Material Transfer"


@dataclass(frozen=True, slots=True)
class Need:
    """One part that a trunk lacks. `short`: what of `qty` the source cannot give now."""

    item: str
    name: str
    uom: str
    least: float
    par: float
    on_hand: float
    in_transit: float
    requested: float
    qty: float
    short: float = 0.0


@dataclass(frozen=True, slots=True)
class Refill:
    """What one trunk is to be sent."""

    trunk: Trunk
    needs: tuple[Need, ...]

    @property
    def short(self) -> tuple[Need, ...]:
        return tuple(need for need in self.needs if need.short > EPSILON)

    def as_dict(self) -> dict[str, Any]:
        return {
            "trunk": self.trunk.name,
            "technician": self.trunk.technician,
            "source": self.trunk.source,
            "needs": [
                {
                    "item": need.item,
                    "item_name": need.name,
                    "uom": need.uom,
                    "min": need.least,
                    "par": need.par,
                    "on_hand": need.on_hand,
                    "in_transit": need.in_transit,
                    "requested": need.requested,
                    "qty": need.qty,
                    "short": need.short,
                }
                for need in self.needs
            ],
        }


def missing(least: float, par: float, on_hand: float, in_transit: float, requested: float) -> float:
    """Units to request; 0 while the trunk is above its minimum or will reach its par anyway."""
    coming = on_hand + in_transit + requested
    if coming > least + EPSILON:
        return 0.0
    return max(0.0, flt(par - coming, 9))


def plan(names: Collection[str] | None = None, *, lock: bool = False) -> list[Refill]:
    """What the trunks (all of them without `names`) lack. Five queries, however many there are.

    The source's stock is shared out in the order of the trunks' names: what one takes the next finds missing. Stock
    that is reserved for sales orders or requested by others already is not given twice.
    """
    found = trunks.load(names, lock=lock)
    wanted = _levels(found)
    facts = levels.item_facts({item for rows in wanted.values() for item, _least, _par in rows})
    places = {place for trunk in found.values() for place in (trunk.warehouse, trunk.transit, trunk.source)}
    bins = levels.bins(places, list(facts))
    free = _free({trunk.source for trunk in found.values()}, bins)
    refills = []
    for name, trunk in found.items():
        needs = []
        for item, least, par in wanted.get(name, ()):
            need = _need(trunk, item, least, par, bins, facts)
            if need is None:
                continue
            left = free.get((item, trunk.source), 0.0)
            needs.append(replace(need, short=flt(max(0.0, need.qty - max(0.0, left)), 9)))
            free[(item, trunk.source)] = left - need.qty
        if needs:
            refills.append(Refill(trunk, tuple(needs)))
    return refills


def _need(
    trunk: Trunk,
    item: str,
    least: float,
    par: float,
    bins: dict[Place, levels.InBin],
    facts: dict[str, ItemFacts],
) -> Need | None:
    fact = facts.get(item)
    if fact is None or fact.disabled or not fact.is_stock:
        return None
    here = bins.get((item, trunk.warehouse), NOTHING)
    coming = bins.get((item, trunk.transit), NOTHING).on_hand
    qty = missing(least, par, here.on_hand, coming, here.requested)
    qty = float(ceil(qty - EPSILON)) if fact.whole else qty
    if qty <= EPSILON:
        return None
    return Need(item, fact.name, fact.uom, least, par, here.on_hand, coming, here.requested, qty)


def refill_of(
    trunk: Trunk,
    wanted: Mapping[str, float],
    facts: Mapping[str, ItemFacts],
    bins: Mapping[Place, levels.InBin],
) -> Refill:
    """What a trunk is to be sent beside its levels: item -> quantity, such as the parts that a call waits for."""
    if not wanted:
        return Refill(trunk, ())
    free = _free([trunk.source], levels.bins([trunk.source], list(wanted)))
    needs = []
    for item, qty in sorted(wanted.items()):
        fact, here = facts[item], bins.get((item, trunk.warehouse), NOTHING)
        qty = float(ceil(qty - EPSILON)) if fact.whole else qty
        short = flt(max(0.0, qty - max(0.0, free.get((item, trunk.source), 0.0))), 9)
        coming = bins.get((item, trunk.transit), NOTHING).on_hand
        needs.append(
            Need(item, fact.name, fact.uom, 0.0, 0.0, here.on_hand, coming, here.requested, qty, short)
        )
    return Refill(trunk, tuple(needs))


def _levels(found: dict[str, Trunk]) -> dict[str, list[tuple[str, float, float]]]:
    """{trunk: [(item, min, par)]} in the order of the form. One query."""
    row = DocType("Trunk Stock Item")
    query = (
        frappe.qb.from_(row)
        .select(row.parent, row.item, row.min_qty, row.par_qty)
        .where((row.parenttype == "Trunk Stock") & row.parent.isin(sorted(found) or [""]) & (row.par_qty > 0))
        .orderby(row.parent, row.idx)
        .limit(NO_LIMIT)
    )
    wanted: defaultdict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for parent, item, least, par in query.run():
        wanted[parent].append((item, float(least or 0), float(par or 0)))
    return wanted


def _free(sources: Iterable[str], bins: dict[Place, levels.InBin]) -> dict[Place, float]:
    """What the sources can still give: on hand, less reserved, less requested from there and not sent. One query."""
    wanted = sorted(set(sources)) or [""]
    head, row = DocType("Material Request"), DocType("Material Request Item")
    asked = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .select(row.item_code, row.from_warehouse, Sum(row.stock_qty - row.ordered_qty))
        .where((head.docstatus == 1) & (head.status != "Stopped") & (head.material_request_type == TRANSFER))
        .where(row.from_warehouse.isin(wanted) & (row.ordered_qty < row.stock_qty))
        .groupby(row.item_code, row.from_warehouse)
        .orderby(row.item_code)
        .limit(NO_LIMIT)
        .run()
    )
    free = {place: each.on_hand - each.reserved for place, each in bins.items() if place[1] in set(wanted)}
    for item, source, qty in asked:
        free[(item, source)] = free.get((item, source), 0.0) - float(qty or 0)
    return free


def request(refill: Refill) -> str:
    """One submitted Material Request for a trunk, from its source warehouse; its name."""
    trunk, today = refill.trunk, nowdate()
    doc = frappe.new_doc("Material Request")
    doc.update(
        {
            "material_request_type": TRANSFER,
            "company": trunk.company,
            "transaction_date": today,
            "schedule_date": today,
            "set_from_warehouse": trunk.source,
            "set_warehouse": trunk.warehouse,
            "mps_trunk": trunk.name,
            "mps_shortage": shortage_text(refill),
        }
    )
    for need in refill.needs:
        doc.append(
            "items",
            {
                "item_code": need.item,
                "qty": need.qty,
                "uom": need.uom,
                "stock_uom": need.uom,
                "conversion_factor": 1,
                "schedule_date": today,
                "warehouse": trunk.warehouse,
                "from_warehouse": trunk.source,
            },
        )
    return submit(doc)


def shortage_text(refill: Refill) -> str:
    """A line for each part of which the source has too little; empty where it has enough or nobody wants to know."""
    if not frappe.get_cached_doc("Trunk Stock Settings").notify_shortage:
        return ""
    line = _("{0}: {1:g} of {2:g} are not in {3}")
    return "\n".join(
        line.format(need.item, need.short, need.qty, refill.trunk.source) for need in refill.short
    )


def run(names: Collection[str] | None = None) -> dict[str, Any]:
    """Request what the trunks lack, trunk by trunk, each in a transaction of its own.

    A trunk's row is locked before its stock is read again, so that two runs at once request nothing twice; a trunk that
    fails is logged and the others go on.

    Returns:
        {"requests": {trunk: Material Request}, "short": {trunk: text}, "failed": {trunk: message}}
    """
    lacking = [refill.trunk.name for refill in plan(names)]
    told: dict[str, Any] = {"requests": {}, "short": {}, "failed": {}}
    for number, name in enumerate(lacking):
        frappe.db.commit()
        frappe.db.savepoint("mps_refill")
        try:
            for refill in plan([name], lock=True):
                told["requests"][name] = request(refill)
                if refill.short:
                    told["short"][name] = shortage_text(refill)
        except Exception as error:
            frappe.db.rollback(save_point="mps_refill")
            frappe.clear_messages()
            frappe.log_error(title=_("Trunk {0} was not refilled").format(name))
            told["failed"][name] = str(error)
        frappe.publish_progress((number + 1) * 100 / len(lacking), title=_("Refilling trunks"))
    frappe.db.commit()
    return told


def daily() -> None:
    """The scheduler's run of the morning."""
    if frappe.get_cached_doc("Trunk Stock Settings").auto_replenish:
        run()


def send(material_request: str) -> str:
    """Pick what the source has of a trunk's request: a draft Stock Entry into transit, by the ERP's own function.

    Raises:
        frappe.ValidationError: not the request of a trunk, all sent, or nothing there to send.
    """
    from erpnext.stock.doctype.material_request.material_request import make_in_transit_stock_entry

    name = frappe.db.get_value("Material Request", material_request, "mps_trunk")
    trunk = trunks.load([name]).get(name) if name else None
    if trunk is None:
        frappe.throw(_("{0} is no request of a trunk that is in use.").format(material_request))
    entry = make_in_transit_stock_entry(material_request, trunk.transit)
    bins = levels.bins([trunk.source], {row.item_code for row in entry.items})
    left = {item: each.on_hand for (item, _place), each in bins.items()}
    rows = []
    for row in entry.items:
        qty = min(row.qty, left.get(row.item_code, 0.0))
        if qty <= EPSILON:
            continue
        left[row.item_code] -= qty
        row.update({"qty": qty, "transfer_qty": qty, "s_warehouse": trunk.source})
        rows.append(row)
    if not rows:
        frappe.throw(_("{0} has nothing of what {1} asks for.").format(trunk.source, material_request))
    entry.set("items", rows)
    entry.update({"mps_trunk": trunk.name, "mps_move": "Refill", "from_warehouse": trunk.source})
    return entry.insert().name
