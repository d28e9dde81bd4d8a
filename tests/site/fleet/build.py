"""Records that the tests of the fleet build for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe

COMPANY = "Print Dealer Inc"


def customer(name: str = "Ellery Schools") -> str:
    if not frappe.db.exists("Customer", name):
        frappe.get_doc({"doctype": "Customer", "customer_name": name, "customer_type": "Company"}).insert()
    return name


def model(name: str = "bizhub C360i", meters: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """By default mono and colour with 8 digits, and total as their sum."""
    if not frappe.db.exists("MPS Device Model", name):
        rows = meters or {
            "mono": {"digits": 8},
            "colour": {"digits": 8},
            "total": {"formula": "mono + colour"},
        }
        frappe.get_doc(
            {
                "doctype": "MPS Device Model",
                "model_name": name,
                "meters": [{"meter": meter, **rest} for meter, rest in rows.items()],
            }
        ).insert()
    return name


def device(name: str = "T-1", **values: Any) -> str:
    """A device of `model()` that is installed at `customer()` since 1 January 2026, unless `values` say otherwise."""
    frappe.get_doc(
        {
            "doctype": "MPS Device",
            "device_id": name,
            "device_model": values.pop("device_model", None) or model(),
            "company": COMPANY,
            "customer": values.pop("customer", None) or customer(),
            "status": values.pop("status", "Installed"),
            "installed_on": values.pop("installed_on", "2026-01-01"),
            **values,
        }
    ).insert()
    return name


def stock_device(name: str, **values: Any) -> str:
    """A device that stands in the dealer's stock."""
    frappe.get_doc(
        {
            "doctype": "MPS Device",
            "device_id": name,
            "device_model": values.pop("device_model", None) or model(),
            "company": COMPANY,
            "status": "In Stock",
            **values,
        }
    ).insert()
    return name


def row(device: str, meter: str, taken_at: str, value: object, **more: Any) -> dict[str, Any]:
    """A reading as a sender would give it; times are the site's (America/New_York)."""
    return {"device": device, "meter": meter, "taken_at": taken_at, "value": value, **more}


def user(email: str, *roles: str, customers: tuple[str, ...] = (), user_type: str = "System User") -> str:
    """A user with roles, limited to customers by User Permission."""
    if not frappe.db.exists("User", email):
        frappe.get_doc(
            {
                "doctype": "User",
                "email": email,
                "first_name": email.partition("@")[0],
                "send_welcome_email": 0,
                "user_type": user_type,
                "roles": [{"role": role} for role in roles],
            }
        ).insert()
    for name in customers:
        frappe.get_doc(
            {"doctype": "User Permission", "user": email, "allow": "Customer", "for_value": name}
        ).insert()
    return email
