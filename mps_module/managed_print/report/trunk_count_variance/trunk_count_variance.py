"""Trunk Count Variance: what counts found beside the ledger, in units and money, and what was decided."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import add_days, getdate, nowdate

from mps_module.managed_print.report.columns import MOST, Column, Filters, column
from mps_module.stock import figures


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart, summary."""
    filters = filters or {}
    until = getdate(filters.get("to_date") or nowdate())
    since = getdate(filters.get("from_date") or add_days(until, -364))
    found = counted(filters, since, until)
    rows = [row for row in found if filters.get("all_lines") or row["variance_qty"] or row["marks"]]
    return columns(), rows, None, None, summary(found)


def counted(filters: Filters, since: Any, until: Any) -> list[dict[str, Any]]:
    """Every line that was counted in the period, latest first. One query besides that for the trunks."""
    head, row = DocType("Trunk Count"), DocType("Trunk Count Item")
    found = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .select(
            head.name.as_("count"), head.trunk, head.counted_at, head.counted_by, head.status, head.decided_by, row.item,
            row.item_name, row.batch_no, row.expected_qty, row.counted_qty, row.variance_qty, row.variance_value,
            row.serials_missing, row.serials_found,
        )
        .where(head.trunk.isin(sorted(figures.trunks_for(filters)) or [""]))
        .where((head.counted_at >= since) & (head.counted_at < add_days(until, 1)))
        .orderby(head.counted_at, order=frappe.qb.desc)
        .orderby(row.idx)
        .limit(MOST)
        .run(as_dict=True)
    )  # fmt: skip
    for line in found:
        missing, extra = line.pop("serials_missing") or "", line.pop("serials_found") or ""
        line["marks"] = ", ".join(
            [*(f"-{serial}" for serial in missing.split()), *(f"+{serial}" for serial in extra.split())]
        )
    return found


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Share of lines that were right, and the money that was missing and found."""
    right = sum(1 for row in rows if not row["variance_qty"] and not row["marks"])
    approved = [row["variance_value"] or 0 for row in rows if row["status"] == "Approved"]
    share = round(100 * right / len(rows), 1) if rows else 0
    return [
        {"label": _("Lines Right"), "value": share, "datatype": "Percent"},
        {
            "label": _("Missing, Approved"),
            "value": sum(min(0, each) for each in approved),
            "datatype": "Currency",
        },
        {
            "label": _("Found, Approved"),
            "value": sum(max(0, each) for each in approved),
            "datatype": "Currency",
        },
    ]


def columns() -> list[Column]:
    return [
        column("count", _("Count"), "Link", "Trunk Count", 100),
        column("trunk", _("Trunk"), "Link", "Trunk Stock", 140),
        column("counted_at", _("Counted"), "Datetime", width=150),
        column("counted_by", _("By"), "Link", "User", 150),
        column("item", _("Item"), "Link", "Item", 140),
        column("item_name", _("Item Name"), width=160),
        column("batch_no", _("Batch"), "Link", "Batch", 100),
        column("expected_qty", _("In the Ledger"), "Float", width=110),
        column("counted_qty", _("Counted"), "Float", width=90),
        column("variance_qty", _("Variance"), "Float", width=90),
        column("variance_value", _("Value"), "Currency", width=110),
        column("marks", _("Serial Numbers"), width=160),
        column("status", _("Status"), width=100),
        column("decided_by", _("Decided By"), "Link", "User", 150),
    ]
