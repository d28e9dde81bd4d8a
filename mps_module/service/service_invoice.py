"""Draft Sales Invoices for time and material, with the customer's own prices, currency and taxes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import format_date

if TYPE_CHECKING:
    from frappe.model.document import Document

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
    doc = _new(visit.customer, visit.company, "", rows)
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
    doc = _new(customer, company, currency, [(item, Decimal(1)) for item in items])
    return {row.item_code: row.rate for row in doc.items}


def _new(customer: str, company: str, currency: str, rows: Sequence[tuple[str, Decimal]]) -> Document:
    """An invoice, not saved, with all that the ERP fills in for this customer."""
    doc = frappe.new_doc(INVOICE)
    # The site's own price list and currency, which a new document begins with, would stand before the customer's.
    for name in ("selling_price_list", "price_list_currency", "plc_conversion_rate", "conversion_rate"):
        doc.set(name, None)
    doc.update({"customer": customer, "company": company, "update_stock": 0, "currency": currency or None})
    doc.selling_price_list = _price_list(customer)
    for item, quantity in rows:
        facts = frappe.get_cached_value("Item", item, ["stock_uom", "item_name"], as_dict=True)
        doc.append(
            "items",
            {"item_code": item, "qty": float(quantity), "uom": facts.stock_uom, "conversion_factor": 1},
        )
    doc.flags.ignore_permissions = True
    doc.set_missing_values()
    if not doc.taxes:
        _taxes(doc)
    doc.calculate_taxes_and_totals()
    return doc


def _price_list(customer: str) -> str | None:
    """The customer's own, its group's, else the site's: the ERP takes the last one only where a form was begun with it."""
    from erpnext.accounts.party import get_default_price_list

    own = get_default_price_list(frappe.get_cached_doc("Customer", customer))
    return own or frappe.db.get_single_value("Selling Settings", "selling_price_list")


def _taxes(doc: Document) -> None:
    """The customer's template, else the company's usual one."""
    from erpnext.controllers.accounts_controller import get_default_taxes_and_charges, get_taxes_and_charges

    template = doc.taxes_and_charges
    if not template:
        usual = get_default_taxes_and_charges("Sales Taxes and Charges Template", company=doc.company) or {}
        template = usual.get("taxes_and_charges")
    if template:
        doc.taxes_and_charges = template
        doc.extend("taxes", get_taxes_and_charges("Sales Taxes and Charges Template", template) or [])


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
