"""What billing adds to Sales Invoices: links to contract and bill, and rates of six decimals."""

from __future__ import annotations

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

MODULE = "Managed Print"
PRECISION = "6"
INVOICE_FIELDS = (
    "qty", "stock_qty", "rate", "net_rate", "base_rate", "base_net_rate", "price_list_rate", "base_price_list_rate",
    "rate_with_margin", "base_rate_with_margin", "stock_uom_rate", "discount_amount",
)  # fmt: skip
"""Fields of a Sales Invoice row that take part in rate x quantity."""

CUSTOM_FIELDS = {
    "Sales Invoice": [
        {
            "fieldname": "mps_section",
            "fieldtype": "Section Break",
            "label": "Managed Print",
            "insert_after": "remarks",
            "collapsible": 1,
            "depends_on": "eval:doc.mps_contract",
        },
        {
            "fieldname": "mps_contract",
            "fieldtype": "Link",
            "label": "Click Contract",
            "options": "Click Contract",
            "insert_after": "mps_section",
            "read_only": 1,
            "search_index": 1,
            "in_standard_filter": 1,
            "description": "The contract that this invoice bills.",
        },
        {
            "fieldname": "mps_column",
            "fieldtype": "Column Break",
            "insert_after": "mps_contract",
        },
        {
            "fieldname": "mps_click_bill",
            "fieldtype": "Link",
            "label": "Click Bill",
            "options": "Click Bill",
            "insert_after": "mps_column",
            "read_only": 1,
            "no_copy": 1,
            "search_index": 1,
            "description": "The frozen bill with its proof. Cancelling this invoice releases it.",
        },
        {
            "fieldname": "mps_split_value",
            "fieldtype": "Data",
            "label": "For",
            "insert_after": "mps_click_bill",
            "read_only": 1,
            "depends_on": "mps_split_value",
            "description": "Site, department, cost center or PO that the bill was split by.",
        },
    ],
    "Sales Invoice Item": [
        {
            "fieldname": "mps_line_id",
            "fieldtype": "Data",
            "label": "Contract Line",
            "insert_after": "description",
            "read_only": 1,
            "print_hide": 1,
            "description": "Line of the click contract that this row charges.",
        },
    ],
}


def apply() -> None:
    """Custom fields and precisions of Sales Invoice. Safe to repeat."""
    for fields in CUSTOM_FIELDS.values():
        for field in fields:
            field["module"] = MODULE
    create_custom_fields(CUSTOM_FIELDS, update=True)
    meta = frappe.get_meta("Sales Invoice Item")
    for fieldname in INVOICE_FIELDS:
        if meta.has_field(fieldname):
            set_precision("Sales Invoice Item", fieldname)
    from erpnext.accounts.doctype.accounting_dimension.accounting_dimension import (
        create_accounting_dimensions_for_doctype,
    )

    # Dimensions that the site had before the app came; later ones reach contracts by the hook.
    create_accounting_dimensions_for_doctype("Click Contract")
    frappe.clear_cache(doctype="Sales Invoice Item")


def set_precision(doctype: str, fieldname: str) -> None:
    """Six decimals, as a property setter of our module; a higher precision that the site chose is left alone."""
    filters = {"doc_type": doctype, "field_name": fieldname, "property": "precision"}
    found = frappe.get_all(
        "Property Setter", filters=filters, fields=["name", "value"], order_by="creation", limit=1
    )
    if found and frappe.utils.cint(found[0].value) >= int(PRECISION):
        return
    if found:
        frappe.db.set_value("Property Setter", found[0].name, {"value": PRECISION, "module": MODULE})
        return
    frappe.make_property_setter(
        {
            "doctype": doctype,
            "fieldname": fieldname,
            "property": "precision",
            "value": PRECISION,
            "property_type": "Select",
        },
        module=MODULE,
    )
