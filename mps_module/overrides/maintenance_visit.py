"""Maintenance Visit: the ERP's visit. Submitted, it is settled; made on the desk, it also moves its call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from mps_module.service import aftercare, calls, desk_visit, warranty

if TYPE_CHECKING:
    from frappe.model.document import Document


def validate(doc: Document, method: str | None = None) -> None:
    """A visit of a call, made on the desk, is for what the call is for."""
    if doc.get("mps_issue") and not doc.get("mps_key"):
        desk_visit.complete(doc)


def on_submit(doc: Document, method: str | None = None) -> None:
    if not (doc.get("mps_issue") or doc.get("mps_device") or doc.get("mps_asset")):
        return
    made = aftercare.settle(doc.name)
    doc.mps_billing_state, doc.mps_billing_note = made["state"], made["note"]
    doc.mps_service_charge, doc.mps_sales_invoice = made["charge"] or None, made["invoice"] or None
    if doc.mps_issue:
        desk_visit.count(doc.mps_issue)
        warranty.visited(doc)
    if doc.get("mps_key"):
        return  # the phone's action goes on with the call by itself
    if doc.mps_issue:
        desk_visit.conclude(doc)
    if made["state"] == aftercare.TO_BILL:
        frappe.msgprint(made["note"], title=_("Not Billed Yet"), indicator="orange")


def on_cancel(doc: Document, method: str | None = None) -> None:
    if not (doc.get("mps_issue") or doc.get("mps_device") or doc.get("mps_asset")):
        return
    aftercare.undo(doc)
    if doc.mps_issue and frappe.db.exists("Issue", doc.mps_issue):
        desk_visit.count(doc.mps_issue)
        calls.unrestored(doc.mps_issue)
        warranty.follow(doc.mps_issue)
