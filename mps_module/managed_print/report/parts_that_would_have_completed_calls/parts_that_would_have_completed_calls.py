"""Parts That Would Have Completed Calls: what to carry, by trunk, so that the calls that were held would not have been."""

from __future__ import annotations

from typing import Any

from frappe import _
from frappe.utils import add_days, getdate, nowdate

from mps_module.managed_print.report.columns import Column, Filters, column
from mps_module.stock import figures, kits


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart."""
    filters = filters or {}
    until = getdate(filters.get("to_date") or nowdate())
    since = getdate(filters.get("from_date") or add_days(until, -364))
    trunks = figures.trunks_for(filters)
    found = figures.completing(figures.missed(trunks, since, until))
    pars = figures.pars(trunks)
    names = figures.item_names({item for item, _trunk in found})
    worth = {
        name: kits.unit_values(trunks[name], {item for item, trunk in found if trunk == name})
        for name in {trunk for _item, trunk in found}
    }
    rows: list[dict[str, Any]] = []
    for (item, trunk), each in found.items():
        value = float(worth[trunk].get(item, 0))
        rows.append(
            {
                "trunk": trunk,
                "technician": trunks[trunk].technician,
                "item": item,
                "item_name": names.get(item, item),
                "alone": each.alone,
                "together": each.together,
                "others": ", ".join(each.others),
                "par": pars.get((item, trunk), (0.0, 0.0))[1],
                "units": each.units,
                "unit_value": value,
                "value": value * each.units,
            }
        )
    rows.sort(key=lambda row: (-row["alone"], -row["together"], row["trunk"], row["item"]))
    return columns(), rows


def columns() -> list[Column]:
    return [
        column("trunk", _("Trunk"), "Link", "Trunk Stock", 140),
        column("technician", _("Technician"), width=140),
        column("item", _("Item"), "Link", "Item", 140),
        column("item_name", _("Item Name"), width=170),
        column("alone", _("Completed by It Alone"), "Int", width=160),
        column("together", _("Together with Others"), "Int", width=160),
        column("others", _("The Others"), width=180),
        column("par", _("Par Now"), "Float", width=90),
        column("units", _("Units a Call Lacked"), "Float", width=140),
        column("unit_value", _("Unit Value"), "Currency", width=110),
        column("value", _("To Carry Them"), "Currency", width=120),
    ]
