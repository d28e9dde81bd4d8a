"""Records that site tests build: small, real documents, rolled back with the test."""

from __future__ import annotations

import frappe


def doc(doctype: str, **values):
    """Insert a document and return it."""
    return frappe.get_doc({"doctype": doctype, **values}).insert()


def customer(name: str = "Test Law LLP", **values):
    """A customer of that name; the one that exists, if it does."""
    if frappe.db.exists("Customer", name):
        return frappe.get_doc("Customer", name)
    return doc(
        "Customer",
        customer_name=name,
        customer_type="Company",
        customer_group=values.pop("customer_group", "Commercial"),
        territory=values.pop("territory", "All Territories"),
        **values,
    )


def item(code: str = "MPS-CLICKS", **values):
    """A service item that is sold and not kept in stock."""
    if frappe.db.exists("Item", code):
        return frappe.get_doc("Item", code)
    return doc(
        "Item",
        item_code=code,
        item_name=values.pop("item_name", code),
        item_group="All Item Groups",
        stock_uom="Nos",
        is_stock_item=values.pop("is_stock_item", 0),
        **values,
    )


def model(name: str = "MX-3570N", meters=("mono", "colour"), **values):
    """A device model with these meters."""
    if frappe.db.exists("MPS Device Model", name):
        return frappe.get_doc("MPS Device Model", name)
    for meter in meters:
        if not frappe.db.exists("MPS Meter Type", meter):
            doc("MPS Meter Type", __newname=meter, name=meter, label=meter.title(), unit="impression")
    rows = [{"meter": meter, "digits": 7} for meter in meters]
    return doc("MPS Device Model", model_name=name, meters=rows, **values)


def device(device_id: str = "D-1", of: str | None = None, **values):
    """An installed device of a customer."""
    values.setdefault("device_model", model().name)
    return doc(
        "MPS Device",
        device_id=device_id,
        customer=of or customer().name,
        company="Print Dealer Inc",
        status="Installed",
        installed_on=values.pop("installed_on", "2026-01-01"),
        **values,
    )


def contract(*devices: str, of: str | None = None, start: str = "2026-01-01", **values):
    """A draft contract that covers the devices from its start on."""
    covers = [{"unit_kind": "Device", "device": name, "start_date": start} for name in devices]
    return doc(
        "Click Contract",
        title=values.pop("title", "Test contract"),
        customer=of or customer().name,
        company="Print Dealer Inc",
        currency=values.pop("currency", "USD"),
        start_date=start,
        covers=values.pop("covers", covers),
        **values,
    )


def version(of, *lines: dict, effective: str | None = None, submit: bool = True, **values):
    """A version of a contract with these lines, submitted."""
    made = doc(
        "Click Contract Version",
        contract=of.name,
        effective_date=effective or of.start_date,
        lines=list(lines),
        tiers=values.pop("tiers", []),
        **values,
    )
    if submit:
        made.submit()
    return made


def click_line(line_id: str = "mono", rate: float = 0.0085, **values) -> dict:
    return {"line_id": line_id, "kind": "click", "meters": line_id, "rate": rate, **values}
