"""A colour device with toner, a contract, a store with toner in it; levels and clicks as a collector would send them.

The device is read and its levels are told as of NOW, so that nothing depends on the day on which the tests run.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime

from mps_module.fleet.intake import enter_reads
from mps_module.service import toner_levels
from tests.site import make
from tests.site.billing import dealer as billing

COMPANY = "Print Dealer Inc"
MODEL = "MX-3570N"
BLACK, CYAN = "TN-BLACK", "TN-CYAN"


def ago(days: float) -> datetime:
    return now_datetime().replace(microsecond=0) - timedelta(days=days)


def toner(code: str = BLACK, price: float | None = None, stock: float = 0) -> str:
    """A stock item at 40.00 a piece; with a selling price and stock in the store."""
    if not frappe.db.exists("Item", code):
        make.item(code, item_name=f"{code.partition('-')[2].title()} Toner", is_stock_item=1)
    if price is not None:
        make.doc("Item Price", item_code=code, price_list="Standard Selling", price_list_rate=price)
    if stock:
        entry = frappe.get_doc(
            {
                "doctype": "Stock Entry",
                "stock_entry_type": "Material Receipt",
                "company": COMPANY,
                "items": [{"item_code": code, "qty": stock, "t_warehouse": store(), "basic_rate": 40}],
            }
        )
        entry.submit()
    return code


def store() -> str:
    return frappe.db.get_value("Warehouse", {"company": COMPANY, "warehouse_name": "Stores"})


def model(name: str = MODEL, **values: Any) -> str:
    """mono and colour; black toner of 5,000 pages, cyan of 4,000."""
    toner(BLACK)
    toner(CYAN)
    made = make.model(name)
    made.set("supplies", [])
    made.append("supplies", {"item": BLACK, "colour": "black", "yield_pages": 5000, "quantity": 1})
    made.append("supplies", {"item": CYAN, "colour": "cyan", "yield_pages": 4000, "quantity": 1})
    made.update(values)
    made.save()
    return made.name


def device(name: str = "D-1", **values: Any) -> str:
    return make.device(name, device_model=model(), installed_on="2025-01-01", **values).name


def settings(**values: Any) -> None:
    doc = frappe.get_doc("MPS Service Settings")
    doc.update(
        {
            "toner_warehouse": store(),
            "toner_days_ahead": 10,
            "toner_fill_percent": 8,
            "early_swap_percent": 20,
        }
    )
    doc.update(values)
    doc.save()


def covered(name: str = "D-1", **values: Any) -> str:
    """An active contract over the device; coverage_supplies="excluded" makes toner billable."""
    return billing.contract(make.click_line(), devices=(name,), **values).name


def levels(name: str = "D-1", supply: str = "black", source: str = "collector", **by_ago: Any):
    """`levels(a20=100, a0=60)`: 100 % twenty days ago, 60 % now."""
    rows = [
        {"device": name, "supply": supply, "level": level, "taken_at": ago(float(days[1:].replace("_", ".")))}
        for days, level in by_ago.items()
    ]
    return toner_levels.enter_levels(rows, source)


def clicks(name: str = "D-1", **by_ago: tuple[int, int]) -> None:
    """`clicks(a20=(1000, 0), a0=(3000, 500))`: mono and colour."""
    rows = [
        {"device": name, "taken_at": ago(float(days[1:])), "meters": {"mono": mono, "colour": colour}}
        for days, (mono, colour) in by_ago.items()
    ]
    entry = enter_reads(rows, "import")
    assert entry.counts["quarantined"] == 0, entry.counts
