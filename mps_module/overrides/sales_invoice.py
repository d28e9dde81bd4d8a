"""Sales Invoice: an invoice of a click bill stays true to it, and gives it back when it is cancelled or deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import flt

from mps_module.billing import release
from mps_module.billing.invoice import check_net_total
from mps_module.service import aftercare

if TYPE_CHECKING:
    from frappe.model.document import Document


def before_validate(doc: Document, method: str | None = None) -> None:
    """Let credit rows of a bill through.

    A true-up or discount has a negative rate, which the ERP refuses on submit unless Selling Settings allow it for
    everybody. The check hangs on the update of Sales Orders, and a bill's rows have none: leaving that update out for
    this one document (as the ERP does itself for returns) lets them through and leaves the setting to the site.
    """
    if not doc.get("mps_contract"):
        return
    rows = doc.get("items") or []
    if all(row.get("mps_line_id") is not None and not row.get("so_detail") for row in rows):
        doc.status_updater = []


def validate(doc: Document, method: str | None = None) -> None:
    """A copy that a bill knows nothing of is no invoice of that bill."""
    if not doc.get("mps_click_bill") or doc.flags.mps_part:
        return
    if doc.is_new() and not doc.amended_from:
        doc.mps_click_bill = None


def after_insert(doc: Document, method: str | None = None) -> None:
    if doc.get("mps_click_bill") and doc.amended_from:
        release.invoice_amended(doc.name, doc.amended_from, doc.mps_click_bill)


def before_submit(doc: Document, method: str | None = None) -> None:
    """The net total of a bill's invoice is the bill's, also when somebody edited the draft."""
    if not doc.get("mps_click_bill"):
        return
    if doc.flags.mps_part:
        amount = doc.flags.mps_part[1]
    else:
        filters = {"parent": doc.mps_click_bill, "sales_invoice": doc.name, "cancelled": 0}
        found = frappe.db.get_value("Click Bill Invoice", filters, "amount")
        if found is None:
            frappe.throw(
                _("Bill {0} has no open part for this invoice. Delete it.").format(doc.mps_click_bill)
            )
        amount = Decimal(str(flt(found, 9)))
    check_net_total(doc, amount)


def on_cancel(doc: Document, method: str | None = None) -> None:
    if doc.get("mps_click_bill"):
        # The bill keeps the cancelled invoice in its list, and the ERP refuses to cancel what is linked.
        doc.ignore_linked_doctypes = (*(doc.get("ignore_linked_doctypes") or ()), "Click Bill")
        release.invoice_gone(doc.name, doc.mps_click_bill)
    else:
        aftercare.invoice_gone(doc)


def on_trash(doc: Document, method: str | None = None) -> None:
    if doc.get("mps_click_bill"):
        release.invoice_deleted(doc.name, doc.mps_click_bill)
    else:
        aftercare.invoice_gone(doc)
