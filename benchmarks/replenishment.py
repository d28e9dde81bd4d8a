"""Refilling 200 trunks x 150 items beside ERPNext's own reorder_item on the same stock and the same levels.

    cd ~/frappe-bench/sites && ../env/bin/python PROJECT/benchmarks/replenishment.py SITE [TRUNKS] [ITEMS] [LOW]

The site is one made for tests (mps_test_site in its site_config.json). Everything is rolled back at the end.

Both are given the same work: every trunk has a level for every item, and LOW items of each lie at their minimum. Ours
makes one Material Request for each trunk, with its source warehouse; reorder_item makes one for the company. What each
makes is checked before times are told.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import frappe

COMPANY = "Print Dealer Inc"
STORE = "Stores - PDI"
NOW = "2026-01-01 00:00:00"


def bulk(doctype: str, fields: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Rows of reference data, without the documents' ceremony; the same for both sides."""
    every = ["name", "creation", "modified", "owner", "modified_by", *fields]
    values = [(row[0], NOW, NOW, "Administrator", "Administrator", *row[1:]) for row in rows]
    frappe.db.bulk_insert(doctype, every, values, chunk_size=5_000)


def build(trunks: int, items: int, low: int) -> None:
    """Items, warehouses, trunks with levels, and bins: the state before a refill."""
    group = frappe.get_all("Item Group", {"is_group": 0}, pluck="name", order_by="name", limit=1)[0]
    codes = [f"BENCH-{number:04}" for number in range(items)]
    bulk(
        "Item",
        [
            "item_code",
            "item_name",
            "item_group",
            "stock_uom",
            "is_stock_item",
            "valuation_rate",
            "description",
        ],
        [(code, code, code, group, "Nos", 1, 10, code) for code in codes],
    )
    parent = frappe.db.get_value("Warehouse", STORE, "parent_warehouse")
    places = [(f"Bench {number:03}", f"Bench {number:03} in transit") for number in range(trunks)]
    bulk(
        "Warehouse",
        ["warehouse_name", "company", "parent_warehouse", "is_group", "lft", "rgt"],
        [(name, name, COMPANY, parent, 0, 0, 0) for pair in places for name in pair],
    )
    bulk(
        "Trunk Stock",
        ["trunk_name", "company", "warehouse", "transit_warehouse", "source_warehouse", "disabled"],
        [(name, name, COMPANY, name, transit, STORE, 0) for name, transit in places],
    )
    bulk(
        "Trunk Stock Item",
        ["parent", "parenttype", "parentfield", "idx", "item", "min_qty", "par_qty"],
        [
            (f"{name}-{code}", name, "Trunk Stock", "items", at, code, 1, 3)
            for name, _transit in places
            for at, code in enumerate(codes, 1)
        ],
    )
    bulk(
        "Item Reorder",
        [
            "parent", "parenttype", "parentfield", "idx", "warehouse", "warehouse_reorder_level",
            "warehouse_reorder_qty", "material_request_type",
        ],
        [
            (f"r-{name}-{code}", code, "Item", "reorder_levels", at, name, 1, 2, "Transfer")
            for code in codes
            for at, (name, _transit) in enumerate(places, 1)
        ],
    )  # fmt: skip
    fields = ["item_code", "warehouse", "actual_qty", "projected_qty", "stock_uom"]
    aboard = [
        (f"b-{name}-{code}", code, name, have, have, "Nos")
        for at, (name, _transit) in enumerate(places)
        for number, code in enumerate(codes)
        for have in [1 if (number + at) % items < low else 3]
    ]
    stored = [(f"b-store-{code}", code, STORE, 10**6, 10**6, "Nos") for code in codes]
    bulk("Bin", fields, aboard + stored)


def timed(label: str, work: Callable[[], Any]) -> tuple[Any, int]:
    """Run, and tell seconds and statements."""
    sent, real = [0], frappe.db.sql

    def sql(*args: Any, **kwargs: Any) -> Any:
        sent[0] += 1
        return real(*args, **kwargs)

    frappe.db.sql = sql
    began, busy = time.perf_counter(), time.process_time()
    try:
        result = work()
    finally:
        frappe.db.sql = real
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    print(f"{label:<34}{seconds:9.2f} s{cpu:9.2f} s CPU{sent[0]:10,} statements", flush=True)
    return result, sent[0]


def undo() -> None:
    frappe.db.rollback(save_point="bench")
    frappe.clear_messages()
    frappe.local.document_cache = {}


def main() -> None:
    site, *sizes = sys.argv[1:]
    trunks, items, low = [*map(int, sizes), *(200, 150, 15)[len(sizes) :]]
    frappe.init(site, sites_path=".")
    frappe.connect()
    if not frappe.conf.get("mps_test_site"):
        sys.exit(f"{site} is not a site made for tests")
    from erpnext.stock.reorder_item import _reorder_item

    from mps_module.stock import replenish

    frappe.flags.in_test = True
    frappe.db.commit = lambda **_more: None  # measured without the disk, and rolled back at the end
    build(trunks, items, low)
    frappe.db.savepoint("bench")
    names = [f"Bench {number:03}" for number in range(trunks)]
    print(f"{trunks} trunks x {items} items, {low} of each at their minimum")

    replenish.plan(names[:1])  # reads what Frappe keeps of the doctypes, once
    plans, sent = timed("our plan for all", lambda: replenish.plan(names))
    assert sum(len(each.needs) for each in plans) == trunks * low
    _one, single = timed("our plan for one trunk", lambda: replenish.plan(names[:1]))
    assert sent == single, "the number of queries must not grow"
    told, _sent = timed("our run: a request for each trunk", lambda: replenish.run(names))
    assert len(told["requests"]) == trunks and not told["failed"], told["failed"]
    made = frappe.get_all(
        "Material Request Item", {"from_warehouse": STORE}, pluck="qty", order_by="parent, idx", limit=10**6
    )
    assert sum(made) == trunks * low * 2
    again, _sent = timed("our run again: nothing to do", lambda: replenish.run(names))
    assert again["requests"] == {}
    undo()

    requests, _sent = timed("ERPNext's reorder_item", _reorder_item)
    rows = sum(len(request.items) for request in requests or [])
    print(f"reorder_item made {len(requests or [])} request(s) with {rows:,} rows and no source warehouse")
    frappe.db.rollback()
    frappe.destroy()


if __name__ == "__main__":
    main()
