"""What supplies and preventive maintenance add to the ERP's documents: the request that a row sends, what a call is due for."""

from __future__ import annotations

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

from mps_module.setup.stock import field, link

ROWS = (
    "Material Request Item",
    "Stock Entry Detail",
    "Sales Order Item",
    "Delivery Note Item",
    "Sales Invoice Item",
)
"""The ERP's own mapping carries the field from one document to the next."""

CUSTOM_FIELDS = {
    **{
        doctype: [
            link("mps_supply_request", "Supply Request", "MPS Supply Request", "description", read_only=1, no_copy=0,
                 description="The customer's request that this row sends."),
        ]
        for doctype in ROWS
    },
    "Issue": [
        field("mps_maintenance_due", "Check", "Maintenance Due Too", "mps_callback_of", read_only=1,
              in_standard_filter=1, depends_on="mps_maintenance_due",
              description="Preventive maintenance of the device is due as well: do it on the same visit."),
        field("mps_due_on", "Date", "Maintenance Due On", "mps_maintenance_due", read_only=1, depends_on="mps_due_on"),
        field("mps_maintenance_key", "Data", "Maintenance", "mps_due_on", unique=1, hidden=1, read_only=1,
              description="Device and its last maintenance: what falls due is opened once."),
    ],
    "Maintenance Visit": [
        field("mps_maintenance_open", "Check", "Maintenance Not Done", "mps_repair_code",
              description="Preventive maintenance was due on this call, but was left for another visit."),
    ],
}  # fmt: skip


def apply() -> None:
    """Custom fields. Safe to repeat."""
    create_custom_fields(CUSTOM_FIELDS, update=True)
    for doctype in CUSTOM_FIELDS:
        frappe.clear_cache(doctype=doctype)
