"""Assignments as a calendar shows them, within what the user may see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe

from mps_module.service import assign


def day_of(technician: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Assignments of a technician (or of all, where empty) in a span, for the calendar."""
    filters: dict[str, Any] = {"planned_start": ("between", (start, end)), "status": ("!=", "Cancelled")}
    if technician:
        filters["technician"] = technician
    rows = frappe.get_list(
        assign.DOCTYPE,
        filters=filters,
        fields=["name", "issue", "technician_name", "status", "planned_start", "planned_minutes"],
        order_by="planned_start, name",
        limit=1_000,
    )
    subjects = dict(
        frappe.get_all(
            "Issue",
            {"name": ("in", [row.issue for row in rows] or [""])},
            ["name", "subject"],
            as_list=True,
            order_by="name",
            limit=1_000,
        )
    )
    return [
        {
            **row,
            "planned_end": row.planned_start + timedelta(minutes=row.planned_minutes or 60),
            "title": f"{row.technician_name}: {subjects.get(row.issue) or row.issue}",
        }
        for row in rows
        if row.planned_start
    ]
