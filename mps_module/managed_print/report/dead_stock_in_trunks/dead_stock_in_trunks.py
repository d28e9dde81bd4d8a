"""Dead Stock in Trunks: parts that have lain in a trunk for long and were not used from it meanwhile."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, date_diff, nowdate

from mps_module.managed_print.report.columns import Column, Filters, column
from mps_module.stock import figures, levels


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart."""
    filters = filters or {}
    limit = cint(filters.get("days")) or frappe.get_cached_doc("Trunk Stock Settings").dead_after_days or 180
    trunks = figures.trunks_for(filters)
    places = {trunk.warehouse: name for name, trunk in trunks.items()}
    used = figures.used(trunks)
    since = figures.first_arrivals(places)
    pars = figures.pars(trunks)
    held = {place: each for place, each in levels.bins(places).items() if each.on_hand > levels.EPSILON}
    names = figures.item_names({item for item, _warehouse in held})
    rows: list[dict[str, Any]] = []
    for (item, warehouse), each in held.items():
        trunk = places[warehouse]
        last = used.get((item, trunk))
        quiet = date_diff(nowdate(), last.last if last else since.get((item, warehouse), nowdate()))
        if quiet < limit:
            continue
        rows.append(
            {
                "trunk": trunk,
                "technician": trunks[trunk].technician,
                "item": item,
                "item_name": names.get(item, item),
                "on_hand": each.on_hand,
                "value": each.value,
                "last_used": last.last if last else None,
                "days": quiet,
                "par": pars.get((item, trunk), (0.0, 0.0))[1],
            }
        )
    rows.sort(key=lambda row: (-row["value"], row["trunk"], row["item"]))
    return columns(), rows


def columns() -> list[Column]:
    return [
        column("trunk", _("Trunk"), "Link", "Trunk Stock", 150),
        column("technician", _("Technician"), width=140),
        column("item", _("Item"), "Link", "Item", 140),
        column("item_name", _("Item Name"), width=180),
        column("on_hand", _("On Hand"), "Float", width=90),
        column("value", _("Value"), "Currency", width=110),
        column("last_used", _("Last Used"), "Date", width=110),
        column("days", _("Days without Use"), "Int", width=130),
        column("par", _("Par"), "Float", width=80),
    ]
