"""Supplies that the customer pays for: sold by a Delivery Note, or by a Sales Order where the settings or the ERP want one.

A draft Delivery Note at the customer's price is left for whoever packs the parcel. Submitting it leaves the billing clerk a
draft Sales Invoice, made by the ERP's own function. One that goes back on a Sales Order is invoiced by the ERP's list of
orders to bill, as that customer's other orders are.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import flt, nowdate

from mps_module.fleet.ledger import NO_LIMIT
from mps_module.service import priced, toner
from mps_module.stock.entries import plain

if TYPE_CHECKING:
    from frappe.model.document import Document

BY_NOTE, BY_ORDER = "Delivery Note and Draft Invoice", "Sales Order"
FIELD = "mps_supply_request"
SAVEPOINT = "mps_supply_invoice"


def sell(docs: Sequence[Document], warehouse: str) -> list[Document]:
    """The ERP's documents for requests of one parcel: [Delivery Note], [Sales Order, Delivery Note], or [Sales Order]
    alone, left as a draft, where a price is missing."""
    if _by_order():
        return _ordered(docs, warehouse)
    note = _new("Delivery Note", docs, warehouse)
    note.insert()
    if _unpriced(note):
        note.add_comment("Info", _("No price for {0}: fill it in.").format(", ".join(_unpriced(note))))
    return [note]


def _by_order() -> bool:
    """The ERP refuses a Delivery Note without Sales Order where Selling Settings demand one."""
    if toner.settings().get("billable_supplies") == BY_ORDER:
        return True
    return frappe.db.get_single_value("Selling Settings", "so_required") == "Yes"


def _ordered(docs: Sequence[Document], warehouse: str) -> list[Document]:
    from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

    sold = _new("Sales Order", docs, warehouse, delivery_date=nowdate())
    sold.insert()
    if _unpriced(sold):
        sold.add_comment("Info", _("An item has no price for this customer: give it one, then submit."))
        return [sold]
    sold.submit()
    note = make_delivery_note(sold.name)
    note.insert()
    return [sold, note]


def _new(doctype: str, docs: Sequence[Document], warehouse: str, **values: Any) -> Document:
    head = docs[0]
    return priced.new(
        doctype,
        head.customer,
        head.company,
        [(doc.item, Decimal(doc.qty)) for doc in docs],
        row_values=[{"warehouse": warehouse, FIELD: doc.name, **values} for doc in docs],
        set_warehouse=warehouse,
        shipping_address_name=head.customer_address or None,
        **values,
    )


def _unpriced(doc: Document) -> list[str]:
    return [row.item_code for row in doc.items if flt(row.rate) <= 0]


def left(note: Document) -> str:
    """A Delivery Note of supplies that no Sales Order asked for was submitted: its draft Sales Invoice; empty: none.

    The parcel is on its way whatever becomes of the invoice: what the ERP refuses is said on the note, which stays in the
    ERP's list of those to bill.
    """
    rows = [row for row in note.items if row.get(FIELD)]
    if note.get("is_return") or not rows or any(row.against_sales_order for row in note.items):
        return ""
    from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_invoice

    frappe.db.savepoint(SAVEPOINT)
    try:
        invoice = make_sales_invoice(note.name)
        invoice.flags.ignore_permissions = True  # the packer leaves the draft to the billing clerk
        invoice.insert()
    except frappe.ValidationError as error:
        frappe.db.rollback(save_point=SAVEPOINT)
        note.add_comment("Info", _("Not billed yet: {0}").format(plain(error)))
        return ""
    if _unpriced(invoice):
        told = _("No price for {0}: fill it in.").format(", ".join(_unpriced(invoice)))
        invoice.add_comment("Info", told)
    return invoice.name


def came_back(note: Document) -> None:
    """It was cancelled: a draft invoice that bills nothing else goes with it. (The ERP refuses where it is submitted.)"""
    if not any(row.get(FIELD) for row in note.items):
        return
    drafts = frappe.get_all(
        "Sales Invoice Item",
        {"delivery_note": note.name, "docstatus": 0},
        pluck="parent",
        order_by="parent",
        limit=NO_LIMIT,
    )
    for name in sorted(set(drafts)):
        invoice = frappe.get_doc("Sales Invoice", name)
        if all(row.delivery_note == note.name for row in invoice.items):
            frappe.delete_doc("Sales Invoice", name, ignore_permissions=True)
