"""Hold for Parts by Item: what calls waited for, how often a colleague had it, and whether it is aboard by now."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from frappe import _
from frappe.utils import add_days, getdate, nowdate

from mps_module.managed_print.report.columns import Column, Filters, column
from mps_module.stock import figures
from mps_module.stock.figures import Missed


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart."""
    filters = filters or {}
    until = getdate(filters.get("to_date") or nowdate())
    since = getdate(filters.get("from_date") or add_days(until, -364))
    trunks = figures.trunks_for(filters)
    by_item: defaultdict[str, list[Missed]] = defaultdict(list)
    for row in figures.missed(trunks, since, until):
        by_item[row.item].append(row)
    names = figures.item_names(by_item)
    carried: defaultdict[str, set[str]] = defaultdict(set)
    for (item, trunk), (_least, par) in figures.pars(trunks).items():
        if par > 0:
            carried[item].add(trunk)
    rows = [row_of(item, found, names.get(item, item), carried[item]) for item, found in by_item.items()]
    rows.sort(key=lambda row: (-row["calls"], row["item"]))
    return columns(), rows, None, chart(rows)


def row_of(item: str, found: list[Missed], name: str, carried: set[str]) -> dict[str, Any]:
    trunks = {row.trunk for row in found}
    return {
        "item": item,
        "item_name": name,
        "calls": len({row.issue or str(at) for at, row in enumerate(found)}),
        "units": sum(row.qty for row in found),
        "trunks": len(trunks),
        "elsewhere": sum(1 for row in found if row.elsewhere >= row.qty),
        "not_carried": len(trunks - carried),
        "last": max(row.at for row in found),
    }


def chart(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None
    shown = rows[:15]
    return {
        "data": {
            "labels": [row["item"] for row in shown],
            "datasets": [{"name": _("Calls Held"), "values": [row["calls"] for row in shown]}],
        },
        "type": "bar",
        "fieldtype": "Int",
    }


def columns() -> list[Column]:
    return [
        column("item", _("Item"), "Link", "Item", 150),
        column("item_name", _("Item Name"), width=180),
        column("calls", _("Calls Held"), "Int", width=100),
        column("units", _("Units"), "Float", width=90),
        column("trunks", _("Trunks"), "Int", width=90),
        column("elsewhere", _("A Colleague Had It"), "Int", width=150),
        column("not_carried", _("Trunks without a Level"), "Int", width=170),
        column("last", _("Last"), "Datetime", width=160),
    ]
