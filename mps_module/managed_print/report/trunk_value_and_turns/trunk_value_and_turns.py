"""Trunk Value and Turns: what each trunk is worth, what was used from it, and how often a year it turns over."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from frappe import _
from frappe.utils import add_days, date_diff, getdate, nowdate

from mps_module.managed_print.report.columns import Column, Filters, column
from mps_module.stock import figures, levels


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart."""
    filters = filters or {}
    since = getdate(filters.get("from_date") or add_days(nowdate(), -364))
    days = date_diff(nowdate(), since) + 1
    trunks = figures.trunks_for(filters)
    places = {trunk.warehouse: name for name, trunk in trunks.items()}
    worth: defaultdict[str, float] = defaultdict(float)
    units: defaultdict[str, float] = defaultdict(float)
    kinds: defaultdict[str, int] = defaultdict(int)
    for (_item, warehouse), each in levels.bins(places).items():
        worth[places[warehouse]] += each.value
        units[places[warehouse]] += each.on_hand
        kinds[places[warehouse]] += each.on_hand > 0
    change = figures.value_change(places, since)
    spent: defaultdict[str, float] = defaultdict(float)
    for (_item, name), each in figures.used(trunks, since).items():
        spent[name] += each.value
    rows = []
    for name, trunk in trunks.items():
        opening = worth[name] - change.get(trunk.warehouse, 0.0)
        rows.append(
            {
                "trunk": name,
                "technician": trunk.technician,
                "territory": trunk.territory,
                "items": kinds[name],
                "units": units[name],
                "value": worth[name],
                "opening": opening,
                "used": spent[name],
                "turns": turns(spent[name], opening, worth[name], days),
            }
        )
    rows.sort(key=lambda row: (-row["value"], row["trunk"]))
    return columns(), rows, None, chart(rows)


def turns(used: float, opening: float, closing: float, days: int) -> float | None:
    """Value used in a year by the mean of opening and closing value; None for a trunk that was empty."""
    mean = (opening + closing) / 2
    return round(used * 365 / days / mean, 2) if mean > 0 and days > 0 else None


def chart(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None
    shown = rows[:20]
    return {
        "data": {
            "labels": [row["trunk"] for row in shown],
            "datasets": [{"name": _("Value"), "values": [row["value"] for row in shown]}],
        },
        "type": "bar",
        "fieldtype": "Currency",
    }


def columns() -> list[Column]:
    return [
        column("trunk", _("Trunk"), "Link", "Trunk Stock", 150),
        column("technician", _("Technician"), width=150),
        column("territory", _("Territory"), "Link", "Territory", 130),
        column("items", _("Items"), "Int", width=80),
        column("units", _("Units"), "Float", width=90),
        column("value", _("Value"), "Currency", width=130),
        column("opening", _("Value Then"), "Currency", width=130),
        column("used", _("Used on Calls"), "Currency", width=130),
        {**column("turns", _("Turns a Year"), "Float", width=110), "disable_total": True},
    ]
