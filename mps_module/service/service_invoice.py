"""Draft Sales Invoices for time and material, with the customer's own prices, currency and taxes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import format_date

from mps_module.service import priced

if TYPE_CHECKING:
    from mps_module.service.aftercare import Case

INVOICE = "Sales Invoice"


def draft(case: Case) -> tuple[str, list[str]]:
    """Insert the draft of what a visit leaves to time and material.

    Returns: (its name, items without a price).

    Raises:
        frappe.ValidationError: an item for labour or travel is not set, or what the ERP refuses.
    """
    visit, work = case.visit, case.settlement.invoice
    settings = frappe.get_cached_doc("MPS Service Settings")
    rows = []
    if work.hours:
        rows.append((_item(settings, "labour_item"), work.hours))
    if work.travel:
        rows.append((_item(settings, "travel_item"), work.travel))
    rows += [(part.item, part.quantity) for part in work.parts]
    doc = priced.new(INVOICE, visit.customer, visit.company, rows, update_stock=0)
    about = visit.mps_issue or visit.name
    doc.remarks = _("Service call {0}, visit {1} of {2}").format(
        about, visit.name, format_date(visit.mntc_date)
    )
    for row in doc.items:
        row.description = (
            f"{row.description or row.item_name or row.item_code}<br>{frappe.utils.escape_html(doc.remarks)}"
        )
    doc.flags.ignore_permissions = True  # who may book a visit may leave its draft to the billing clerk
    doc.insert()
    return doc.name, [row.item_code for row in doc.items if not row.rate]


def _item(settings: Any, field: str) -> str:
    item = settings.get(field)
    if not item:
        label = _(settings.meta.get_label(field))
        frappe.throw(_("set {0} in MPS Service Settings").format(frappe.bold(label)))
    return item


def prices(customer: str, company: str, currency: str, items: Sequence[str]) -> dict[str, float]:
    """What the customer pays for items now, by the ERP's own rules (price list, pricing rules), in a currency."""
    if not items:
        return {}
    rows = [(item, Decimal(1)) for item in items]
    doc = priced.new(INVOICE, customer, company, rows, currency, update_stock=0)
    return {row.item_code: row.rate for row in doc.items}


def drop(name: str) -> None:
    """Delete a draft. Raises frappe.ValidationError where it is an invoice by now."""
    status = frappe.db.get_value(INVOICE, name, "docstatus")
    if status == 1:
        frappe.throw(
            _("The work is billed by Sales Invoice {0}: cancel or credit that first.").format(
                frappe.bold(name)
            ),
            title=_("Billed"),
        )
    if status == 0:
        frappe.delete_doc(INVOICE, name, ignore_permissions=True)
