"""Figures for the reports of trunk stock, each one query over the ERP's own ledger and the calls' records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, Max, Min, Sum

from mps_module.stock import levels, trunks
from mps_module.stock.levels import NO_LIMIT, Place
from mps_module.stock.trunks import Trunk


def trunks_for(filters: Any) -> dict[str, Trunk]:
    """Trunks in use that a report is about: one, those of a company or territory, or all."""
    found = trunks.load([filters["trunk"]] if filters.get("trunk") else None)
    for name in ("company", "territory"):
        if filters.get(name):
            found = {key: each for key, each in found.items() if getattr(each, name) == filters[name]}
    return found


def value_change(warehouses: Collection[str], since: date) -> dict[str, float]:
    """How much more a warehouse's stock is worth now than it was when `since` began."""
    ledger = DocType("Stock Ledger Entry")
    rows = (
        frappe.qb.from_(ledger)
        .select(ledger.warehouse, Sum(ledger.stock_value_difference))
        .where(ledger.warehouse.isin(sorted(warehouses) or [""]))
        .where((ledger.is_cancelled == 0) & (ledger.posting_date >= since))
        .groupby(ledger.warehouse)
        .orderby(ledger.warehouse)
        .limit(NO_LIMIT)
        .run()
    )
    return {warehouse: float(value or 0) for warehouse, value in rows}


@dataclass(frozen=True, slots=True)
class Used:
    """Parts used on calls: units, their value, calls, and the last day."""

    units: float
    value: float
    calls: int
    last: date


def used(names: Collection[str], since: date | None = None, until: date | None = None) -> dict[Place, Used]:
    """{(item, trunk): what was used on calls} in a period."""
    head, row = DocType("Stock Entry"), DocType("Stock Entry Detail")
    query = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .select(
            row.item_code,
            head.mps_trunk,
            Sum(row.transfer_qty),
            Sum(row.amount),
            Count(head.mps_issue).distinct(),
            Max(head.posting_date),
        )
        .where((head.docstatus == 1) & (head.mps_move == "Use"))
        .where(head.mps_trunk.isin(sorted(names) or [""]))
        .groupby(row.item_code, head.mps_trunk)
        .orderby(row.item_code)
        .limit(NO_LIMIT)
    )
    if since:
        query = query.where(head.posting_date >= since)
    if until:
        query = query.where(head.posting_date <= until)
    return {
        (row[0], row[1]): Used(float(row[2] or 0), float(row[3] or 0), row[4], row[5]) for row in query.run()
    }


def first_arrivals(warehouses: Collection[str]) -> dict[Place, date]:
    """{(item, warehouse): the day on which the item first came in}."""
    ledger = DocType("Stock Ledger Entry")
    rows = (
        frappe.qb.from_(ledger)
        .select(ledger.item_code, ledger.warehouse, Min(ledger.posting_date))
        .where(ledger.warehouse.isin(sorted(warehouses) or [""]))
        .where((ledger.is_cancelled == 0) & (ledger.actual_qty > 0))
        .groupby(ledger.item_code, ledger.warehouse)
        .orderby(ledger.item_code)
        .limit(NO_LIMIT)
        .run()
    )
    return {(item, warehouse): day for item, warehouse, day in rows}


@dataclass(frozen=True, slots=True)
class Missed:
    """A part that a call was held for."""

    issue: str
    item: str
    trunk: str
    qty: float
    at: datetime
    elsewhere: float


def missed(names: Collection[str] | None, since: date, until: date) -> list[Missed]:
    """Parts that calls were held for in a period (both days included), oldest first."""
    table = DocType("MPS Missing Part")
    query = (
        frappe.qb.from_(table)
        .select(table.issue, table.item, table.trunk, table.qty, table.missed_at, table.elsewhere)
        .where((table.missed_at >= since) & (table.missed_at < until + timedelta(days=1)))
        .orderby(table.missed_at, table.name)
        .limit(NO_LIMIT)
    )
    if names is not None:
        query = query.where(table.trunk.isin(sorted(names) or [""]))
    return [
        Missed(issue or "", item, trunk or "", float(qty or 0), at, float(elsewhere or 0))
        for issue, item, trunk, qty, at, elsewhere in query.run()
    ]


@dataclass(slots=True)
class Completes:
    """What a part would have done for the calls that were held.

    Attributes:
        alone: calls that lacked nothing else: one of it aboard would have completed them.
        together: calls that lacked other parts as well. others: those parts, the most frequent first.
        units: most that one call lacked.
    """

    alone: int = 0
    together: int = 0
    units: float = 0.0
    others: tuple[str, ...] = ()


def completing(rows: Iterable[Missed]) -> dict[Place, Completes]:
    """{(item, trunk): which held calls it would have completed}. A call is one job, however often it was held."""
    calls: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for number, row in enumerate(rows):
        lacking = calls[(row.issue or f"#{number}", row.trunk)]
        lacking[row.item] = max(lacking.get(row.item, 0.0), row.qty)
    found: defaultdict[Place, Completes] = defaultdict(Completes)
    beside: defaultdict[Place, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (_issue, trunk), lacking in calls.items():
        for item, qty in lacking.items():
            each = found[(item, trunk)]
            each.units = max(each.units, qty)
            if len(lacking) == 1:
                each.alone += 1
                continue
            each.together += 1
            for other in lacking.keys() - {item}:
                beside[(item, trunk)][other] += 1
    for place, counts in beside.items():
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        found[place].others = tuple(item for item, _count in ranked)
    return dict(found)


def pars(names: Collection[str]) -> dict[Place, tuple[float, float]]:
    """{(item, trunk): (min, par)}."""
    rows = frappe.get_all(
        "Trunk Stock Item",
        {"parent": ("in", sorted(names) or [""]), "parenttype": "Trunk Stock"},
        ["item", "parent", "min_qty", "par_qty"],
        order_by="parent, idx",
        limit=NO_LIMIT,
    )
    return {(row.item, row.parent): (row.min_qty or 0.0, row.par_qty or 0.0) for row in rows}


def item_names(items: Iterable[str]) -> dict[str, str]:
    return {code: fact.name for code, fact in levels.item_facts(items).items()}
