"""What becomes of a bill when its invoices are cancelled, deleted or amended.

A bill is released when the last of its invoices is gone: its once-only key is freed and the contract's cursor goes back,
so that the next run bills the period again. While a split bill still has invoices it keeps its key as Part Cancelled, and
only what is missing can be made again.
"""

from __future__ import annotations

from collections.abc import Mapping

import frappe
from frappe import _
from frappe.utils import getdate

from mps_module.billing import bills
from mps_module.billing.prepare import lock_contracts

FIELDS = ["name", "contract", "due_date", "status", "billed_before", "billing_key", "run"]


def bill_row(name: str) -> Mapping | None:
    return frappe.db.get_value("Click Bill", name, FIELDS, as_dict=True)


def invoice_gone(invoice: str, bill: str) -> None:
    """An invoice of `bill` was cancelled or deleted."""
    row = bill_row(bill)
    if row is None or row.status not in ("Invoiced", "Part Cancelled"):
        return
    lock_contracts([row.contract])
    frappe.db.set_value("Click Bill Invoice", {"parent": bill, "sales_invoice": invoice}, "cancelled", 1)
    if all(part.cancelled for part in bills.with_parts([row])[bill]):
        release(row, "Released")
    else:
        frappe.db.set_value("Click Bill", bill, "status", "Part Cancelled")


def invoice_deleted(invoice: str, bill: str) -> None:
    """As cancelled; the link goes with the invoice, since the ERP keeps no document that another one links."""
    invoice_gone(invoice, bill)
    frappe.db.delete("Click Bill Invoice", {"parent": bill, "sales_invoice": invoice})


def release(row: Mapping, status: str) -> None:
    """Free a bill's key, and the contract's cursor where this was the last bill."""
    frappe.db.set_value("Click Bill", row.name, {"status": status, "billing_key": None})
    cursor = frappe.db.get_value("Click Contract", row.contract, "billed_through")
    if cursor and getdate(cursor) == getdate(row.due_date):
        frappe.db.set_value(
            "Click Contract", row.contract, "billed_through", row.billed_before, update_modified=False
        )


def invoice_amended(invoice: str, before: str, bill: str) -> None:
    """An amended invoice takes its predecessor's place on the bill.

    Raises:
        frappe.ValidationError: the period was billed anew meanwhile.
    """
    row = bill_row(bill)
    if row is None:
        return
    lock_contracts([row.contract])
    key = bills.billing_key(row.contract, getdate(row.due_date))
    holder = frappe.db.get_value("Click Bill", {"billing_key": key}, ["name", "status"], as_dict=True)
    if holder and holder.name != bill:
        if holder.status in ("Invoiced", "Part Cancelled"):
            frappe.throw(
                _("{0} is billed by {1} already: delete this amended invoice.").format(
                    getdate(row.due_date), frappe.utils.get_link_to_form("Click Bill", holder.name)
                )
            )
        bills.delete([holder.name])
    frappe.db.set_value(
        "Click Bill Invoice",
        {"parent": bill, "sales_invoice": before},
        {"sales_invoice": invoice, "cancelled": 0},
    )
    whole = all(not part.cancelled for part in bills.with_parts([row])[bill])
    frappe.db.set_value(
        "Click Bill", bill, {"status": "Invoiced" if whole else "Part Cancelled", "billing_key": key}
    )
    # The bill stands again: so does the cursor.
    cursor = frappe.db.get_value("Click Contract", row.contract, "billed_through")
    if not cursor or getdate(cursor) < getdate(row.due_date):
        frappe.db.set_value(
            "Click Contract", row.contract, "billed_through", row.due_date, update_modified=False
        )
