"""Supplies, levels and maintenance intervals for a demo site, after `mps_module.demo.load`:

bench --site SITE execute mps_module.demo.upkeep.add
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import frappe

from mps_module.engine.meter_names import is_colour
from mps_module.fleet import clock
from mps_module.fleet.ledger import NO_LIMIT
from mps_module.service.clicks import Clicks
from mps_module.service.toner import supplies_by_device
from mps_module.service.toner_levels import enter_levels

YIELDS = {"black": 12_000, "cyan": 8_000, "magenta": 8_000, "yellow": 8_000}
EVERY_CLICKS, EVERY_DAYS = 60_000, 540
WEEK = timedelta(days=7)
WEEKS = 10


def add(weeks: int = WEEKS) -> dict[str, int]:
    """Give every model toner and intervals, and every installed device weekly levels at the pace of its clicks.

    Safe to repeat: what a model has stays, and the levels of a day are taken once.

    Returns: {"models", "levels"} that were new.
    """
    models = sum(
        _equip(name)
        for name in frappe.get_all("MPS Device Model", pluck="name", order_by="name", limit=NO_LIMIT)
    )
    devices = frappe.get_all(
        "MPS Device", {"status": "Installed"}, pluck="name", order_by="name", limit=NO_LIMIT
    )
    now = _last_collection()
    for name in devices:
        _maintained(name, now)
    clicks, supplies = Clicks.of(devices, now), supplies_by_device(devices)
    rows = [row for name in devices for row in _levels(name, supplies.get(name, {}), clicks, now, weeks)]
    return {"models": models, "levels": enter_levels(rows, "collector", batch="demo").counts["accepted"]}


def _last_collection() -> datetime:
    """The last 06:00 that has passed; a level of the future would be refused."""
    now = clock.now()
    at = now.replace(hour=6, minute=0, second=0, microsecond=0)
    return at if at <= now else at - timedelta(days=1)


def _equip(name: str) -> bool:
    """Toner of each colour that the model counts, and maintenance."""
    model = frappe.get_doc("MPS Device Model", name)
    if model.supplies:
        return False
    colours = list(YIELDS) if any(is_colour(row.meter) for row in model.meters) else ["black"]
    for colour in colours:
        row = {
            "item": _item(f"TONER-{name}-{colour}".upper()[:140], f"{colour.title()} Toner {name}"),
            "colour": colour,
        }
        model.append("supplies", {**row, "yield_pages": YIELDS[colour], "quantity": 1})
    model.maintenance_clicks = model.maintenance_clicks or EVERY_CLICKS
    model.maintenance_days = model.maintenance_days or EVERY_DAYS
    model.save()
    return True


def _maintained(name: str, now: datetime) -> None:
    """One maintenance visit within the last year and a half; which day, the name of the device decides."""
    row = frappe.db.get_value("MPS Device", name, ["customer", "company", "installed_on"], as_dict=True)
    day = (now - timedelta(days=crc32(name.encode()) % EVERY_DAYS)).date()
    if day <= (row.installed_on or day) or frappe.db.exists("Maintenance Visit", {"mps_device": name}):
        return
    visit = {
        "doctype": "Maintenance Visit", "customer": row.customer, "company": row.company, "mntc_date": day,
        "mntc_time": "10:00:00", "completion_status": "Fully Completed", "maintenance_type": "Scheduled",
        "mps_device": name, "mps_outcome": "Complete",
        "purposes": [{"service_person": _person(), "work_done": "Cleaned, rollers and filter changed"}],
    }  # fmt: skip
    frappe.get_doc(visit).submit()


def _person() -> str:
    found = frappe.get_all("Sales Person", {"is_group": 0}, pluck="name", order_by="lft", limit=1)
    if found:
        return found[0]
    root = frappe.get_all("Sales Person", {"is_group": 1}, pluck="name", order_by="lft", limit=1)
    values = {
        "doctype": "Sales Person",
        "sales_person_name": "Service",
        "parent_sales_person": root[0] if root else None,
    }
    return frappe.get_doc(values).insert().name


def _item(code: str, title: str) -> str:
    if not frappe.db.exists("Item", code):
        group = frappe.get_all("Item Group", {"is_group": 0}, pluck="name", order_by="lft", limit=1)[0]
        values = {"item_code": code, "item_name": title[:140], "item_group": group, "stock_uom": "Nos"}
        frappe.get_doc({"doctype": "Item", "is_stock_item": 1, "valuation_rate": 40, **values}).insert()
    return code


def _levels(
    device: str, supplies: dict[str, Any], clicks: Clicks, now: datetime, weeks: int
) -> Iterator[dict[str, Any]]:
    """A toner that is replaced when it is nearly empty; where in its life it is, the name of the device decides."""
    for key, supply in supplies.items():
        daily = clicks.daily(device, key)
        if not daily or not supply.yield_pages:
            continue
        begun = crc32(f"{device}|{key}".encode()) % supply.yield_pages
        for week in range(weeks, -1, -1):
            printed = begun + daily * 7 * (weeks - week)
            left = 100 - 97 * (printed % supply.yield_pages) / supply.yield_pages
            yield {"device": device, "supply": key, "level": round(left, 1), "taken_at": now - week * WEEK}
