"""What the phone page shows of stock: the own trunk, what comes, and who carries a part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import now_datetime

from mps_module.fleet.clock import aware, site_zone
from mps_module.stock import deliveries, levels, trunks
from mps_module.stock.answers import Refused
from mps_module.stock.levels import EPSILON, NO_LIMIT
from mps_module.stock.lines import Line
from mps_module.stock.transfers import OPEN
from mps_module.stock.trunks import Trunk

SETTLED_FOR = timedelta(days=3)
MOST_FOUND = 50


def own_trunk() -> Trunk:
    """The user's trunk. Raises frappe.DoesNotExistError where there is none."""
    try:
        return trunks.own()
    except Refused as refused:
        frappe.throw(refused.message, frappe.DoesNotExistError)
        raise


def moment(stored: Any) -> str | None:
    """A stored time as the phone gets it: ISO 8601 with the site's offset."""
    return aware(stored, site_zone()).isoformat() if stored else None


def my_trunk() -> dict[str, Any]:
    """See api.phone.my_trunk. A constant number of queries."""
    trunk = own_trunk()
    return {
        "trunk": trunk.name,
        "title": trunk.title,
        "user": trunk.user,
        "technician": trunk.technician,
        "company": trunk.company,
        "warehouse": trunk.warehouse,
        "as_of": moment(now_datetime()),
        "items": stock_of(trunk),
    }


def stock_of(trunk: Trunk) -> list[dict[str, Any]]:
    """Every item that a trunk should carry, has, waits for or asked for."""
    wanted = _pars(trunk.name)
    held = {item: each for (item, _trunk), each in levels.held([trunk]).items()}
    busy = {
        item
        for item, each in held.items()
        if any(abs(qty) > EPSILON for qty in (each.on_hand, each.in_transit, each.requested, each.promised))
    }
    items = sorted(busy | set(wanted))
    facts = levels.item_facts(items)
    serials = levels.serials(
        [trunk.warehouse], [item for item in items if item in facts and facts[item].has_serial]
    )
    batched = [item for item in items if item in facts and facts[item].has_batch]
    batches = levels.batches([trunk.warehouse], batched) if batched else {}
    expiry = _expiry({batch for found in batches.values() for batch in found})
    barcodes = _barcodes(items)
    told = []
    for item in items:
        if item not in facts:
            continue
        fact, each = facts[item], held.get(item) or levels.Held(item, 0, 0, 0, 0, 0)
        least, par = wanted.get(item, (0.0, 0.0))
        told.append(
            {
                "item": item,
                "item_name": fact.name,
                "uom": fact.uom,
                "on_hand": each.on_hand,
                "in_transit": each.in_transit,
                "requested": each.requested,
                "promised": each.promised,
                "min": least,
                "par": par,
                "has_serial": fact.has_serial,
                "has_batch": fact.has_batch,
                "serials": serials.get((item, trunk.warehouse), []),
                "batches": [
                    {"batch": batch, "qty": qty, "expires": expiry.get(batch)}
                    for batch, qty in batches.get((item, trunk.warehouse), {}).items()
                ],
                "barcodes": barcodes.get(item, []),
                "image": fact.image,
                "group": fact.group,
            }
        )
    return told


def _pars(trunk: str) -> dict[str, tuple[float, float]]:
    rows = frappe.get_all(
        "Trunk Stock Item",
        {"parent": trunk, "parenttype": "Trunk Stock"},
        ["item", "min_qty", "par_qty"],
        order_by="idx",
        limit=NO_LIMIT,
    )
    return {row.item: (row.min_qty or 0.0, row.par_qty or 0.0) for row in rows}


def _barcodes(items: Collection[str]) -> dict[str, list[str]]:
    table = DocType("Item Barcode")
    query = (
        frappe.qb.from_(table)
        .select(table.parent, table.barcode)
        .where(table.parent.isin(sorted(items) or [""]))
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for item, barcode in query.orderby(table.parent, table.idx).limit(NO_LIMIT).run():
        found[item].append(barcode)
    return dict(found)


def _expiry(batches: Collection[str]) -> dict[str, str]:
    if not batches:
        return {}
    rows = frappe.get_all(
        "Batch", {"name": ("in", sorted(batches))}, ["name", "expiry_date"], order_by="name", limit=NO_LIMIT
    )
    return {row.name: str(row.expiry_date) for row in rows if row.expiry_date}


def incoming() -> dict[str, Any]:
    """See api.phone.incoming."""
    trunk = own_trunk()
    coming = [
        each for each in deliveries.find(transit=[trunk.transit]) if not each.transfer and each.open_lines
    ]
    transfers = _transfers(trunk.name)
    requests = _requests(trunk)
    items = {line.item for each in coming for line in each.open_lines}
    items |= {row["item"] for each in transfers for row in each["items"]}
    items |= {row["item"] for each in requests for row in each["items"]}
    facts = levels.item_facts(items)
    for each in (*transfers, *requests):
        each["items"] = [_named(row, facts) for row in each["items"]]
    return {
        "deliveries": [
            {
                "delivery": each.name,
                "sent_at": moment(each.sent_at),
                "from": each.source,
                "from_label": frappe.get_cached_value("Warehouse", each.source, "warehouse_name")
                if each.source
                else "",
                "material_request": each.material_request,
                "transfer": each.transfer,
                "items": [_named({**line.as_dict(), "row": line.row}, facts) for line in each.open_lines],
            }
            for each in coming
        ],
        "transfers": transfers,
        "requests": requests,
    }


def _named(row: dict[str, Any], facts: Mapping[str, levels.ItemFacts]) -> dict[str, Any]:
    fact = facts.get(row["item"])
    if fact is None:
        return row
    return {
        **row,
        "item_name": fact.name,
        "uom": fact.uom,
        "has_serial": fact.has_serial,
        "has_batch": fact.has_batch,
    }


def _transfers(own: str) -> list[dict[str, Any]]:
    """Open transfers of a trunk and those that were settled lately. Three queries."""
    head = DocType("Trunk Transfer")
    rows = (
        frappe.qb.from_(head)
        .select(
            head.name, head.from_trunk, head.to_trunk, head.started_by, head.status, head.note, head.reason,
            head.given_at, head.received_at, head.modified,
        )
        .where((head.from_trunk == own) | (head.to_trunk == own))
        .where(head.status.isin(OPEN) | (head.modified > now_datetime() - SETTLED_FOR))
        .orderby(head.modified, order=frappe.qb.desc)
        .limit(200)
        .run(as_dict=True)
    )  # fmt: skip
    lines: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    if rows:
        for line in frappe.get_all(
            "Trunk Transfer Item",
            {"parent": ("in", [row.name for row in rows])},
            ["parent", "item", "qty", "serial_no", "batch_no"],
            order_by="parent, idx",
            limit=NO_LIMIT,
        ):
            serials = tuple((line.serial_no or "").split())
            lines[line.parent].append(Line(line.item, line.qty, serials, line.batch_no or "").as_dict())
    people = trunks.load({name for row in rows for name in (row.from_trunk, row.to_trunk)}) if rows else {}
    told = []
    for row in rows:
        giving = row.from_trunk == own
        other = row.to_trunk if giving else row.from_trunk
        asked = row.from_trunk if row.started_by == "Receiver" else row.to_trunk
        mine, theirs = (row.given_at, row.received_at) if giving else (row.received_at, row.given_at)
        told.append(
            {
                "transfer": row.name,
                "role": "giver" if giving else "receiver",
                "status": row.status,
                "mine_to_answer": row.status == "Requested" and asked == own,
                "i_confirmed": bool(mine),
                "they_confirmed": bool(theirs),
                "colleague": (people[other].technician or people[other].title) if other in people else other,
                "colleague_trunk": other,
                "items": lines[row.name],
                "note": row.note or "",
                "reason": row.reason or "",
                "modified": moment(row.modified),
            }
        )
    return told


def _requests(trunk: Trunk) -> list[dict[str, Any]]:
    """What was asked of the store and has not been sent. One query."""
    head, row = DocType("Material Request"), DocType("Material Request Item")
    found = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .select(
            head.name, head.transaction_date, head.mps_shortage, row.item_code, row.stock_qty, row.ordered_qty
        )
        .where((row.warehouse == trunk.warehouse) & (head.docstatus == 1) & (head.status != "Stopped"))
        .where((head.material_request_type == "Material Transfer") & (row.ordered_qty < row.stock_qty))
        .orderby(head.transaction_date, head.name, row.idx)
        .limit(1000)
        .run(as_dict=True)
    )
    told: dict[str, dict[str, Any]] = {}
    for line in found:
        request = told.setdefault(
            line.name,
            {
                "material_request": line.name,
                "date": str(line.transaction_date),
                "items": [],
                "shortage": line.mps_shortage or "",
            },
        )
        request["items"].append(
            {"item": line.item_code, "qty": line.stock_qty, "sent": line.ordered_qty or 0.0}
        )
    return list(told.values())


def near(own: str, territories: Iterable[str]) -> dict[str, bool]:
    """Whether each territory is the own one, or hangs under the same parent. One query."""
    rows = frappe.get_all(
        "Territory",
        {"name": ("in", sorted({own, *territories} - {""}) or [""])},
        ["name", "parent_territory"],
        order_by="name",
        limit=NO_LIMIT,
    )
    parents = {row.name: row.parent_territory for row in rows}
    home = parents.get(own)
    return {
        each: bool(own) and (each == own or (bool(home) and parents.get(each) == home))
        for each in set(territories)
    }


def colleagues() -> dict[str, Any]:
    """See api.phone.colleagues."""
    mine = own_trunk()
    others = [trunk for trunk in trunks.load().values() if trunk.name != mine.name]
    close = near(mine.territory, [trunk.territory for trunk in others])
    told = [
        {
            "trunk": trunk.name,
            "technician": trunk.technician or trunk.title,
            "territory": trunk.territory,
            "near": close[trunk.territory],
        }
        for trunk in others
        if trunk.company == mine.company
    ]
    return {"trunks": sorted(told, key=lambda row: (not row["near"], row["technician"]))}


def search_part(txt: str, limit: int = 20) -> dict[str, Any]:
    """See api.phone.search_part. A constant number of queries."""
    mine = own_trunk()
    facts = levels.item_facts(_matching(txt.strip(), max(1, min(limit, MOST_FOUND))))
    everybody = {name: each for name, each in trunks.load().items() if each.company == mine.company}
    stores = {place for each in everybody.values() for place in (each.source, each.returns)} - {""}
    held = levels.held(everybody.values(), list(facts) or [""])
    in_store = levels.bins(stores, list(facts)) if facts else {}
    phones = _phones({each.user for each in everybody.values()})
    close = near(mine.territory, [each.territory for each in everybody.values()])
    told = []
    for item, fact in facts.items():
        places = []
        for name, each in everybody.items():
            found = held.get((item, name))
            free = found.on_hand - found.promised if found else 0.0
            if name != mine.name and free > EPSILON:
                places.append(
                    {
                        "trunk": name,
                        "technician": each.technician or each.title,
                        "phone": phones.get(each.user, ""),
                        "territory": each.territory,
                        "near": close[each.territory],
                        "available": free,
                    }
                )
        own = held.get((item, mine.name))
        told.append(
            {
                "item": item,
                "item_name": fact.name,
                "uom": fact.uom,
                "mine": own.on_hand if own else 0.0,
                "places": sorted(places, key=lambda row: (not row["near"], -row["available"], row["trunk"])),
                "stores": [
                    {"warehouse": store, "available": each.on_hand - each.reserved}
                    for (code, store), each in in_store.items()
                    if code == item and each.on_hand - each.reserved > EPSILON
                ],
            }
        )
    return {"items": told}


def _matching(txt: str, limit: int) -> list[str]:
    """Items whose code, name or barcode has the text; an exact barcode or code comes first."""
    if not txt:
        return []
    table, barcode = DocType("Item"), DocType("Item Barcode")
    exact = (
        frappe.qb.from_(barcode)
        .select(barcode.parent)
        .where(barcode.barcode == txt)
        .orderby(barcode.parent)
        .limit(limit)
    ).run(pluck=True)
    like = "%" + txt.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    found = (
        frappe.qb.from_(table)
        .select(table.name)
        .where((table.is_stock_item == 1) & (table.disabled == 0))
        .where(table.name.like(like) | table.item_name.like(like))
        .orderby(table.name)
        .limit(limit)
        .run(pluck=True)
    )
    return list(dict.fromkeys([*exact, *(item for item in found if item == txt), *found]))[:limit]


def _phones(users: Collection[str]) -> dict[str, str]:
    rows = frappe.get_all(
        "Employee",
        {"user_id": ("in", sorted(users - {""}) or [""])},
        ["user_id", "cell_number"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.user_id: row.cell_number for row in rows if row.cell_number}
