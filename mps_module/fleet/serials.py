"""Devices follow their Serial No: a Delivery Note or Stock Entry that moves a serial moves the device.

Where a device is and whose it is stands on MPS Device. The ERP's Serial No forgets its customer when it is moved; the
device does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate

from mps_module.fleet import places
from mps_module.fleet.ledger import NO_LIMIT

if TYPE_CHECKING:
    from frappe.model.document import Document

#: Child doctypes whose rows move serials, and the field of the warehouse that they come to (or, of a return, go to).
TABLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Delivery Note": (("Delivery Note Item", "warehouse"), ("Packed Item", "warehouse")),
    "Stock Entry": (("Stock Entry Detail", "t_warehouse"),),
}


def delivered(doc: Document) -> None:
    """A submitted Delivery Note: its devices are at the customer's. A return brings them back."""
    for device, warehouse in _devices(doc):
        day = getdate(doc.posting_date)
        reference = doc.doctype, doc.name
        if doc.is_return:
            _come_back(device, warehouse, day, reference)
            continue
        place = {
            "customer": doc.customer,
            "customer_address": doc.shipping_address_name or doc.customer_address,
            "contact": doc.contact_person,
        }
        if device.customer == doc.customer:
            kept = {name: device.get(name) for name in ("site", "department", "cost_center", "po_no")}
            place = {**kept, **{name: value or device.get(name) for name, value in place.items()}}
        places.set_place(device, place)
        places.put_up_to_date(device, day, _("Delivered"), reference)
        _save(device)


def moved(doc: Document) -> None:
    """A submitted Stock Entry: its devices are in another warehouse. Whose they are does not change."""
    for device, warehouse in _devices(doc):
        if (device.warehouse or "") == (warehouse or ""):
            continue
        device.warehouse = warehouse
        places.put_up_to_date(
            device, getdate(doc.posting_date), doc.purpose or _("Stock Entry"), (doc.doctype, doc.name)
        )
        _save(device)


def undone(doc: Document) -> None:
    """A cancelled document: where nothing happened to the device since, it is where it was before."""
    rows = frappe.get_all(
        "MPS Device Location",
        {"reference_doctype": doc.doctype, "reference_name": doc.name, "parenttype": "MPS Device"},
        pluck="parent",
        distinct=True,
        order_by="parent",
        limit=NO_LIMIT,
    )
    for name in rows:
        device = frappe.get_doc("MPS Device", name, for_update=True)
        last = device.locations[-1]
        if (last.reference_doctype, last.reference_name) != (doc.doctype, doc.name):
            device.add_comment("Info", _("{0} was cancelled after the device had gone on.").format(doc.name))
            continue
        device.remove(last)
        before = device.locations[-1] if device.locations else None
        places.set_place(device, {**_unchanged(device), **_place_of(before)})
        if before is not None:
            before.to_date = None
        if doc.get("is_return") and before is not None and before.customer and device.status == "Removed":
            device.status, device.removed_on = "Installed", None
        device.flags.noted = True
        _save(device)
        device.add_comment("Info", _("{0} was cancelled.").format(doc.name))


def _come_back(device: Document, warehouse: str | None, day: date, reference: tuple[str, str]) -> None:
    was_installed = device.status == "Installed"
    if was_installed:
        device.status, device.removed_on = "Removed", day
    places.set_place(device, {"warehouse": warehouse})
    places.put_up_to_date(device, day, _("Returned"), reference)
    _save(device)
    if was_installed:
        device.add_comment(
            "Info",
            _("Came back by {0} without a last read: enter one, and end its contract lines.").format(
                reference[1]
            ),
        )


def _devices(doc: Document) -> Iterable[tuple[Document, str | None]]:
    """(device, warehouse that its serial came to) of the devices whose serials a document moves."""
    serials = serials_of(doc)
    if not serials:
        return
    names = frappe.get_all(
        "MPS Device",
        {"serial_no": ["in", sorted(serials)]},
        ["name", "serial_no"],
        order_by="name",
        limit=NO_LIMIT,
    )
    for row in names:
        yield frappe.get_doc("MPS Device", row.name, for_update=True), serials[row.serial_no]


def serials_of(doc: Document) -> dict[str, str | None]:
    """Serial No -> warehouse of the row, for all rows of a submitted document; its bundles included."""
    found: dict[str, str | None] = {}
    if not frappe.db.exists("MPS Device", {"serial_no": ["is", "set"]}):
        return found
    for table, field in TABLES[doc.doctype]:
        bundles: dict[str, str | None] = {}
        for row in frappe.get_all(
            table,
            {"parent": doc.name, "parenttype": doc.doctype},
            ["serial_no", "serial_and_batch_bundle", field],
            order_by="idx",
            limit=NO_LIMIT,
        ):
            for serial in (row.serial_no or "").splitlines():
                if serial.strip():
                    found[serial.strip()] = row[field]
            if row.serial_and_batch_bundle:
                bundles[row.serial_and_batch_bundle] = row[field]
        if bundles:
            for entry in frappe.get_all(
                "Serial and Batch Entry",
                {"parent": ["in", sorted(bundles)], "serial_no": ["is", "set"]},
                ["parent", "serial_no"],
                order_by="parent, idx",
                limit=NO_LIMIT,
            ):
                found[entry.serial_no] = bundles[entry.parent]
    return found


def _place_of(line: Any) -> dict[str, Any]:
    return {name: line.get(name) if line is not None else None for name in places.PLACE}


def _unchanged(device: Document) -> dict[str, Any]:
    return {name: device.get(name) for name in ("contact", "cost_center", "po_no")}


def _save(device: Document) -> None:
    device.flags.guided = True
    device.flags.ignore_permissions = (
        True  # who may post the stock document need not be allowed to edit devices
    )
    device.save()
