"""What trunk stock adds to Stock Entries and Material Requests: which trunk, which call, done when."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

MODULE = "Managed Print"
MOVES = ("Refill", "Receive", "Transfer", "Use", "Return", "Scrap", "Supply")
"""What a Stock Entry of a trunk is; Supply: toner sent to a customer."""


def field(fieldname: str, fieldtype: str, label: str, after: str, **values: Any) -> dict[str, Any]:
    return {
        "fieldname": fieldname,
        "fieldtype": fieldtype,
        "label": label,
        "insert_after": after,
        "module": MODULE,
        "no_copy": 1,
        "print_hide": 1,
        **values,
    }


def link(fieldname: str, label: str, target: str, after: str, **values: Any) -> dict[str, Any]:
    return field(fieldname, "Link", label, after, options=target, search_index=1, **values)


CUSTOM_FIELDS = {
    "Stock Entry": [
        field("mps_stock_section", "Section Break", "Trunk Stock", "remarks", collapsible=1),
        field(
            "mps_move", "Select", "Move", "mps_stock_section", options="\n".join(("", *MOVES)), read_only=1,
            description="What this entry is for the technician's trunk.", in_standard_filter=1,
        ),
        link("mps_trunk", "Trunk", "Trunk Stock", "mps_move", description="The trunk that gives or gets the parts."),
        link("mps_transfer", "Trunk Transfer", "Trunk Transfer", "mps_trunk", read_only=1,
              description="The transfer between two technicians that this entry books a half of."),
        field("mps_stock_column", "Column Break", "", "mps_transfer"),
        link("mps_issue", "Call", "Issue", "mps_stock_column", description="The call on which the parts were used."),
        link("mps_device", "Device", "MPS Device", "mps_issue", description="The device that they went into."),
        link("mps_contract", "Click Contract", "Click Contract", "mps_device",
              description="The contract that covered the device on that day."),
        field("mps_made_at", "Datetime", "Done by the Technician", "mps_contract", read_only=1,
               description="When it was done; the entry is booked when the phone had a signal again."),
    ],
    "Material Request": [
        field("mps_stock_section", "Section Break", "Trunk Stock", "schedule_date", collapsible=1,
               depends_on="mps_trunk"),
        link("mps_trunk", "Trunk", "Trunk Stock", "mps_stock_section", in_standard_filter=1,
              description="The trunk that this request refills."),
        field("mps_stock_column", "Column Break", "", "mps_trunk"),
        field("mps_shortage", "Small Text", "Short at the Source", "mps_stock_column", read_only=1,
               description="What the source warehouse could not give when the request was made."),
    ],
}  # fmt: skip


def apply() -> None:
    """Custom fields of the stock documents. Safe to repeat."""
    create_custom_fields(CUSTOM_FIELDS, update=True)
    for doctype in CUSTOM_FIELDS:
        frappe.clear_cache(doctype=doctype)
