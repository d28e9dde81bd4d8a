"""Selling documents as a clerk would get them: with the customer's own prices, currency and taxes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe

if TYPE_CHECKING:
    from frappe.model.document import Document


def new(
    doctype: str,
    customer: str,
    company: str,
    rows: Sequence[tuple[str, Decimal]],
    currency: str = "",
    row_values: Sequence[dict[str, Any]] = (),
    **values: Any,
) -> Document:
    """A selling document, not saved, with all that the ERP fills in for this customer.

    Args:
        rows: (item, quantity in its stock unit). currency: empty: the customer's. row_values, values: of each row, of the document.
    """
    doc = frappe.new_doc(doctype)
    # The site's own price list and currency, which a new document begins with, would stand before the customer's.
    for name in ("selling_price_list", "price_list_currency", "plc_conversion_rate", "conversion_rate"):
        doc.set(name, None)
    doc.update({"customer": customer, "company": company, "currency": currency or None, **values})
    doc.selling_price_list = _price_list(customer)
    for number, (item, quantity) in enumerate(rows):
        facts = frappe.get_cached_value("Item", item, ["stock_uom", "item_name"], as_dict=True)
        row = {"item_code": item, "qty": float(quantity), "uom": facts.stock_uom, "conversion_factor": 1}
        doc.append("items", {**row, **(row_values[number] if row_values else {})})
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
