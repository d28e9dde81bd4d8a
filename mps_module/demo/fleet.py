"""Customers, models and devices of a folder as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe

from mps_module.cli.store import DeviceRow, Store
from mps_module.readers.records import Customer, Model

if TYPE_CHECKING:
    from mps_module.demo.load import Loader

OWNERS = {"dealer": "Dealer", "customer": "Customer", "lease": "Lease", "leased": "Lease"}


def customer(site: Loader, row: Customer) -> None:
    """A Customer with its billing address."""
    name = row.name or row.customer
    site.insert(
        "Customer",
        row.customer,
        customer_name=name,
        customer_type="Company",
        customer_group=first_leaf("Customer Group"),
        territory=first_leaf("Territory"),
        tax_id=row.tax_id,
    )
    if row.address and not frappe.db.exists("Address", f"{row.customer}-Billing"):
        site.insert(
            "Address",
            f"{row.customer}-Billing",
            address_title=name,
            address_type="Billing",
            address_line1=row.address,
            city=row.city or "-",
            pincode=row.zip,
            country=row.country or frappe.get_cached_value("Company", site.company, "country"),
            email_id=row.email,
            links=[{"link_doctype": "Customer", "link_name": row.customer}],
        )


def first_leaf(doctype: str) -> str:
    """A group of the tree that customers may stand in."""
    return frappe.get_all(doctype, filters={"is_group": 0}, pluck="name", order_by="lft", limit=1)[0]


def model(site: Loader, row: Model) -> None:
    """An MPS Device Model with its meters (and their types)."""
    for meter in row.meters.values():
        site.insert("MPS Meter Type", meter.key, label=meter.label or meter.key, unit=meter.unit.value)
    if row.brand:
        site.insert("Brand", row.brand, brand=row.brand)
    meters = [
        {
            "meter": meter.key,
            "digits": meter.digits or 0,
            "formula": " + ".join(f"{factor:f} * {key}" for key, factor in meter.formula.items()).replace(
                "+ -", "- "
            ),
            "monthly_volume": int(row.monthly_volume.get(meter.key) or 0),
        }
        for meter in row.meters.values()
    ]
    site.insert("MPS Device Model", row.model, model_name=row.model, brand=row.brand, meters=meters)


def device(site: Loader, row: DeviceRow, data: Store) -> None:
    """An MPS Device where it stands now. What has no model with meters (a PC, a block of seats) is none: its contract's
    covers name it."""
    known = row.device
    if known.model not in data.models:
        return
    removed = row.removed is not None
    site.insert(
        "MPS Device",
        known.device,
        device_id=known.device,
        customer=known.customer or None,
        company=site.company,
        device_model=known.model or None,
        serial_no_text=known.serial,
        site=known.site,
        department=known.department,
        cost_center=row.cost_center,
        po_no=row.po,
        owned_by=OWNERS.get(row.owner.lower(), "Dealer"),
        status="Removed" if removed else "Installed",
        installed_on=row.installed,
        removed_on=row.removed,
        volumes=[{"meter": meter, "monthly_volume": int(v)} for meter, v in known.monthly_volume.items()],
    )
