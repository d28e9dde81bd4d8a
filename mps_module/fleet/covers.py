"""What removing or swapping a device means for the contracts that cover it."""

from __future__ import annotations

from datetime import date, timedelta

import frappe
from frappe.utils import getdate


def end(device: str, day: date) -> list[str]:
    """Let the contract lines that cover a device end on `day`, its last one.

    Returns:
        The contracts that were changed.
    """
    changed = []
    for contract in _contracts(device):
        doc = frappe.get_doc("Click Contract", contract)
        rows = [row for row in doc.covers if row.device == device and _covers(row, day)]
        for row in rows:
            if getdate(row.start_date) > day:
                doc.remove(row)
            else:
                row.end_date = day
        if rows:
            doc.save(ignore_permissions=True)
            changed.append(contract)
    return changed


def hand_over(old: str, new: str, day: date) -> list[str]:
    """The contract lines of a device that is swapped on `day` end with that day; its successor's begin the next day.

    On `day` itself the old device is covered and the new one is not, so that a base price per device is charged once;
    the successor opens at its install read, whose window reaches back over `day`.
    """
    changed = []
    for contract in _contracts(old):
        doc = frappe.get_doc("Click Contract", contract)
        rows = [row for row in doc.covers if row.device == old and _covers(row, day)]
        for row in rows:
            if getdate(row.start_date) > day:
                row.device = new
                continue
            successor = frappe.copy_doc(row)
            successor.update({"device": new, "start_date": day + timedelta(days=1), "end_date": row.end_date})
            successor.idx = None  # v16 copies the place as well; the successor comes last
            row.end_date = day
            doc.append("covers", successor)
        if rows:
            doc.save(ignore_permissions=True)
            changed.append(contract)
    return changed


def _contracts(device: str) -> list[str]:
    return frappe.get_all(
        "Click Contract Cover",
        {"device": device, "parenttype": "Click Contract"},
        pluck="parent",
        distinct=True,
        order_by="parent",
        limit=1000,
    )


def _covers(row: frappe._dict, day: date) -> bool:
    """Whether a line covers its device on `day` or later."""
    return not row.end_date or getdate(row.end_date) > day
