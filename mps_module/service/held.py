"""Calls that wait for a part: the part is requested for the technician's trunk once, and the call comes back with it.

What was missed stands in MPS Missing Part, a row a call and item; what is on its way stands in the ERP's own ledger.
Only the difference is requested, so neither two visits nor the nightly refill ask for the same part twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import now_datetime

from mps_module.service import assign, calls
from mps_module.stock import levels, replenish, trunks
from mps_module.stock.act import Act
from mps_module.stock.answers import Refused
from mps_module.stock.levels import EPSILON, NO_LIMIT, NOTHING
from mps_module.stock.lines import check_item, number, rows_of, text

if TYPE_CHECKING:
    from frappe.model.document import Document

    from mps_module.stock.trunks import Trunk

DOCTYPE = "MPS Missing Part"
HELD = "Held for Part"
OVER = ("Resolved", "Closed")


def wanted(payload: Mapping[str, Any], field: str = "items") -> dict[str, float]:
    """Item -> quantity that a payload says is missing. Raises Refused for what cannot be had at all."""
    sums: defaultdict[str, float] = defaultdict(float)
    for row in rows_of(payload, field):
        item = text(row, "item", required=True)
        sums[item] += number(row.get("qty", 1), item)
    facts = levels.item_facts(sums)
    for item, qty in sums.items():
        check_item(item, qty, facts)
        if qty <= EPSILON:
            raise Refused("payload", _("{0}: the quantity must be above 0.").format(item))
    return dict(sums)


def order(
    act: Act, issue: str, device: str, missing: Mapping[str, float], note: str = "", visit: str = ""
) -> dict[str, Any]:
    """Note what a call lacks, and request for the trunk what is not on its way to it yet.

    Returns:
        {"missing": MPS Missing Part names, "material_request": name, or "" where enough was coming already}
    """
    names = {item: _note(act, issue, device, item, qty, note, visit) for item, qty in missing.items()}
    refill = _lacking(act.trunk, list(missing))
    request = replenish.request(refill) if refill.needs else ""
    for need in refill.needs:
        frappe.db.set_value(DOCTYPE, names[need.item], "material_request", request)
    return {"missing": list(names.values()), "material_request": request}


def _note(act: Act, issue: str, device: str, item: str, qty: float, note: str, visit: str) -> str:
    """A new row. A visit that lacks what its call waits for already raises that row to what is missing now."""
    same = {"issue": issue or None, "item": item, "trunk": act.trunk.name, "aboard_at": ("is", "not set")}
    fields, found = ["name", "qty"], None
    if visit and issue:
        found = frappe.db.get_value(DOCTYPE, same, fields, as_dict=True, order_by="creation")
    if found:
        frappe.db.set_value(DOCTYPE, found.name, {"qty": max(found.qty, qty), "maintenance_visit": visit})
        return found.name
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "issue": issue or None,
            "device": device or None,
            "maintenance_visit": visit or None,
            "item": item,
            "qty": qty,
            "trunk": act.trunk.name,
            "missed_at": act.made_at,
            "note": note,
            **_evidence(act.trunk, item),
        }
    )
    return doc.insert(ignore_permissions=True).name


def _evidence(trunk: Trunk, item: str) -> dict[str, float]:
    """What the trunk and the colleagues had at that moment."""
    others = [each.warehouse for name, each in trunks.load().items() if name != trunk.name]
    found = levels.bins([trunk.warehouse, *others], [item])
    elsewhere = sum(
        max(0.0, each.on_hand) for (_item, place), each in found.items() if place != trunk.warehouse
    )
    return {"on_hand": found.get((item, trunk.warehouse), NOTHING).on_hand, "elsewhere": elsewhere}


def _lacking(trunk: Trunk, items: Collection[str]) -> replenish.Refill:
    """What calls wait for and nothing brings. What lies on the trunk was no help: it counts not."""
    facts = levels.item_facts(items)
    bins = levels.bins([trunk.warehouse, trunk.transit], items)
    lacking: dict[str, float] = {}
    for item, qty in _waited_for(trunk.name, items).items():
        coming = bins.get((item, trunk.warehouse), NOTHING).requested
        coming += bins.get((item, trunk.transit), NOTHING).on_hand
        if qty > coming + EPSILON:
            lacking[item] = qty - coming
    return replenish.refill_of(trunk, lacking, facts, bins)


def _waited_for(trunk: str, items: Collection[str]) -> dict[str, float]:
    """Item -> what calls that are not over still wait for on a trunk. One query."""
    sums: defaultdict[str, float] = defaultdict(float)
    for row in _open_rows([trunk], items):
        if not row.aboard_at:
            sums[row.item] += row.qty
    return dict(sums)


def _open_rows(trunk_names: Collection[str], items: Collection[str]) -> list[Any]:
    """What calls that are not over were held for, the oldest first. One query."""
    missing, issue = DocType(DOCTYPE), DocType("Issue")
    return (
        frappe.qb.from_(missing)
        .join(issue)
        .on(issue.name == missing.issue)
        .select(missing.name, missing.issue, missing.trunk, missing.item, missing.qty, missing.aboard_at)
        .where(missing.trunk.isin(sorted(trunk_names)) & missing.item.isin(sorted(items)))
        .where(issue.status.notin(OVER))
        .orderby(missing.missed_at, missing.name)
        .limit(NO_LIMIT)
        .run(as_dict=True)
    )


def arrived(entry: Document) -> None:
    """A Stock Entry was submitted: calls that waited for what it put on a trunk are dispatched again."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    for row in entry.items:
        if row.t_warehouse:
            places[row.t_warehouse].add(row.item_code)
    if not places or not frappe.db.exists("Trunk Stock", {"warehouse": ("in", sorted(places))}):
        return
    for trunk in trunks.load().values():
        if trunk.warehouse in places:
            _bring_back(trunk, places[trunk.warehouse])


def _bring_back(trunk: Trunk, items: Collection[str]) -> None:
    """What lies on the trunk now is given to the calls that waited longest; those that lack nothing more return."""
    left = {item: each.on_hand for (item, _place), each in levels.bins([trunk.warehouse], items).items()}
    rows = _open_rows([trunk.name], items)
    for row in rows:
        if row.aboard_at:
            left[row.item] = left.get(row.item, 0.0) - row.qty
    served: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if not row.aboard_at and row.qty <= left.get(row.item, 0.0) + EPSILON:
            left[row.item] -= row.qty
            frappe.db.set_value(DOCTYPE, row.name, "aboard_at", now_datetime())
            served[row.issue].append(row.item)
    still = _still_waiting(served)
    for issue, parts in served.items():
        if issue not in still:
            _return(issue, parts, trunk)


def _still_waiting(issues: Iterable[str]) -> set[str]:
    return set(
        frappe.get_all(
            DOCTYPE,
            {"issue": ("in", sorted(issues) or [""]), "aboard_at": ("is", "not set")},
            pluck="issue",
            order_by="issue",
            limit=NO_LIMIT,
        )
    )


def _return(issue: str, parts: list[str], trunk: Trunk) -> None:
    """A held call waits for a dispatcher again. One that was taken up otherwise meanwhile stays as it is."""
    if frappe.db.get_value("Issue", issue, "mps_board") != HELD:
        return
    calls.set_board(issue, "To Assign")
    told = _("{0} is aboard {1}: the call can be finished.").format(
        ", ".join(sorted(set(parts))), trunk.title
    )
    frappe.get_doc("Issue", issue).add_comment("Info", told)
    assign.publish(issue)


__all__ = ["HELD", "arrived", "order", "wanted"]
