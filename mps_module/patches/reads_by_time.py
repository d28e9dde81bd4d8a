"""Reads are found by device and time; the index of before had the meter between them."""

from __future__ import annotations

import frappe

from mps_module.managed_print.doctype.meter_read.meter_read import on_doctype_update

OLD = "device_meter_taken_at"


def execute() -> None:
    on_doctype_update()
    if frappe.db.has_index("tabMeter Read", OLD):
        frappe.db.sql_ddl(f"ALTER TABLE `tabMeter Read` DROP INDEX `{OLD}`")
