"""Technicians, parts and stock that the tests of the trunks build for themselves."""

from __future__ import annotations

import itertools
from typing import Any

import frappe

from tests.site import make

COMPANY = "Print Dealer Inc"
STORE = "Stores - PDI"
_KEYS = itertools.count()


def employee(first_name: str, user: str = "") -> str:
    """An employee with a user of their own."""
    email = user or f"{first_name.lower()}@trunks.example.com"
    if not frappe.db.exists("User", email):
        make.doc("User", email=email, first_name=first_name, send_welcome_email=0)
    found = frappe.db.get_value("Employee", {"user_id": email})
    if found:
        return found
    doc = frappe.get_doc(
        {
            "doctype": "Employee",
            "first_name": first_name,
            "last_name": "Tech",
            "gender": "Other",
            "date_of_birth": "1990-01-01",
            "date_of_joining": "2020-01-01",
            "company": COMPANY,
            "user_id": email,
            "status": "Active",
            "create_user_permission": 0,
        }
    )
    return doc.insert().name


def technician(
    first_name: str, territory: str = "", levels: dict[str, tuple[float, float]] | None = None
) -> Any:
    """The Trunk Stock of a technician who is set up in one step. `levels`: item -> (min, par)."""
    from mps_module.stock import trunks

    name = trunks.set_up(trunks.NewTechnician(employee(first_name), STORE, territory))
    frappe.flags.warehouse_account_map = {}  # kept by ERPNext for one request; a test is many
    doc = frappe.get_doc("Trunk Stock", name)
    if levels is not None:
        doc.set(
            "items",
            [{"item": item, "min_qty": least, "par_qty": par} for item, (least, par) in levels.items()],
        )
        doc.save()
    return doc


def territory(name: str, parent: str = "All Territories", is_group: int = 0) -> str:
    if not frappe.db.exists("Territory", name):
        make.doc("Territory", territory_name=name, parent_territory=parent, is_group=is_group)
    return name


def part(code: str, **values: Any) -> str:
    """A part that is kept in stock."""
    if not frappe.db.exists("Item", code):
        make.item(code, is_stock_item=1, valuation_rate=10, **values)
    return code


def serial_part(code: str = "BOARD-S") -> str:
    return part(code, has_serial_no=1, serial_no_series=f"{code}-.#####")


def batch_part(code: str = "GREASE-B") -> str:
    return part(code, has_batch_no=1, create_new_batch=1, batch_number_series=f"{code}-.#####")


def put(item: str, warehouse: str, qty: float, **values: Any) -> Any:
    """Receive stock into a warehouse, with an ordinary Stock Entry."""
    row = {"item_code": item, "qty": qty, "t_warehouse": warehouse, "basic_rate": 10, **values}
    if values:
        row["use_serial_batch_fields"] = 1
    doc = frappe.get_doc(
        {
            "doctype": "Stock Entry",
            "stock_entry_type": "Material Receipt",
            "company": COMPANY,
            "items": [row],
        }
    )
    doc.insert()
    doc.submit()
    return doc


def batch(item: str, name: str) -> str:
    if not frappe.db.exists("Batch", name):
        make.doc("Batch", batch_id=name, item=item)
    return name


def on_hand(item: str, warehouse: str) -> float:
    """What the stock ledger says: the last balance of item and warehouse."""
    from erpnext.stock.utils import get_stock_balance

    return get_stock_balance(item, warehouse)


def send(request: str, trunk: Any) -> str:
    """Pick a material request into transit with the ERP's own function; name of the Stock Entry."""
    from erpnext.stock.doctype.material_request.material_request import make_in_transit_stock_entry

    entry = make_in_transit_stock_entry(request, trunk.transit_warehouse)
    entry.mps_trunk = trunk.name
    entry.mps_move = "Refill"
    entry.insert()
    entry.submit()
    return entry.name


def ship(trunk: Any, item: str, qty: float, **values: Any) -> str:
    """Send stock to a trunk without a request; name of the Stock Entry in transit."""
    row = {
        "item_code": item,
        "qty": qty,
        "s_warehouse": STORE,
        "t_warehouse": trunk.transit_warehouse,
        "use_serial_batch_fields": 1,
        **values,
    }
    entry = frappe.get_doc(
        {
            "doctype": "Stock Entry",
            "stock_entry_type": "Material Transfer",
            "add_to_transit": 1,
            "company": COMPANY,
            "items": [row],
        }
    )
    entry.insert()
    entry.submit()
    return entry.name


def act(trunk: Any, action: str, payload: dict[str, Any], key: str = "", made_at: str = "") -> dict[str, Any]:
    """What the trunk's technician does on the phone; the answer."""
    from mps_module.api import phone

    before = frappe.session.user
    frappe.set_user(trunk.user)
    try:
        return phone.submit_action(
            key or f"key-{next(_KEYS)}", action, payload, made_at or "2026-01-05T09:00:00-05:00"
        )
    finally:
        frappe.set_user(before)


def ask(trunk: Any, function: str, *args: Any) -> dict[str, Any]:
    """What a GET of the phone answers to the trunk's technician."""
    from mps_module.api import phone

    before = frappe.session.user
    frappe.set_user(trunk.user)
    try:
        return getattr(phone, function)(*args)
    finally:
        frappe.set_user(before)


def call(subject: str = "Paper jam", to: Any = None, **values: Any) -> str:
    """An open Issue, assigned to a trunk's technician in the ERP's own way."""
    doc = make.doc("Issue", subject=subject, customer=make.customer().name, **values)
    if to is not None:
        make.doc(
            "ToDo", allocated_to=to.user, reference_type="Issue", reference_name=doc.name, description=subject
        )
    return doc.name


def aboard(trunk: Any, item: str) -> dict[str, Any]:
    """The line of an item on the phone's own-trunk page."""
    lines = {line["item"]: line for line in ask(trunk, "my_trunk")["items"]}
    return lines.get(item) or {"on_hand": 0.0, "in_transit": 0.0, "requested": 0.0, "promised": 0.0}
