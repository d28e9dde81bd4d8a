"""A customer's calls on the portal: what they could be for, their own ones, and a new one. Limited to the customers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, format_datetime, formatdate

from mps_module.service import find, intake
from mps_module.service.clock import CLOSED

MOST = 50
WORDS = {
    "To Assign": "We have it", "Assigned": "A technician is planned", "Travelling": "On the way", "On Site": "On site",
    "Held for Part": "Waiting for a part", "Needs Help": "We are working on it", "Follow-up": "We come again",
    "Done": "Solved",
}  # fmt: skip


def units(customers: Collection[str]) -> list[dict[str, str]]:
    """What a call can be for: installed devices, and the seats and assets of contracts."""
    if not customers:
        return []
    rows = frappe.get_all(
        "MPS Device",
        {"customer": ["in", list(customers)], "status": "Installed"},
        ["name", "device_model", "serial_no_text", "site", "department"],
        order_by="site, name",
        limit=5_000,
    )
    told = [
        {
            "value": f"Device:{row.name}",
            "label": " · ".join(
                part
                for part in (row.device_model, row.serial_no_text or row.name, row.site, row.department)
                if part
            ),
        }
        for row in rows
    ]
    told += [
        {"value": f"Asset:{row.name}", "label": " · ".join(filter(None, (row.asset_name, row.name)))}
        for row in find.assets_of(customers)
    ]
    return told + [
        {"value": f"Seat:{row.unit_label}", "label": _("Workplaces: {0}").format(row.unit_label)}
        for row in find.seats_of(customers)
    ]


def calls(customers: Collection[str]) -> list[dict[str, Any]]:
    """The newest calls of these customers, open ones first."""
    if not customers:
        return []
    rows = frappe.get_all(
        "Issue",
        {"customer": ["in", list(customers)]},
        [
            "name", "subject", "status", "opening_date", "mps_device", "mps_asset", "mps_board", "mps_restored_at",
            "sla_resolution_by",
        ],
        order_by="opening_date desc, name desc",
        limit=MOST,
    )  # fmt: skip
    told = [
        {
            "name": row.name,
            "subject": row.subject,
            "device": row.mps_device or row.mps_asset or "",
            "opened": formatdate(row.opening_date),
            "open": row.status not in CLOSED,
            "state": _("Solved") if row.status in CLOSED else _(WORDS.get(row.mps_board or "", "We have it")),
            "solved": format_datetime(row.mps_restored_at) if row.mps_restored_at else "",
        }
        for row in rows
    ]
    return sorted(told, key=lambda row: not row["open"])


def new(values: dict[str, str], customers: Collection[str], user: str) -> str:
    """Open a call for a unit of these customers; name of the Issue.

    Args:
        values: unit (of `units`), subject, description, problem.

    Raises:
        frappe.ValidationError: no such unit here, or no subject.
    """
    subject = (values.get("subject") or "").strip()[:140]
    if not subject:
        frappe.throw(_("Say in a few words what is wrong."))
    kind, _colon, name = (values.get("unit") or "").partition(":")
    fields: dict[str, Any] = {}
    if kind == "Device":
        owner = frappe.db.get_value("MPS Device", {"name": name, "status": "Installed"}, "customer")
        if owner not in customers:
            frappe.throw(_("This device is not at your place."), frappe.PermissionError)
        fields = {"mps_device": name, "customer": owner}
    elif kind == "Asset":
        owner = next(
            (row.customer for row in find.assets_called([name], customers) if row.name == name), None
        )
        if owner is None:
            frappe.throw(_("No contract of yours names {0}.").format(name), frappe.PermissionError)
        fields = {"mps_asset": name, "customer": owner}
    elif kind == "Seat":
        owner = next((row.customer for row in find.seats_of(customers) if row.unit_label == name), None)
        if owner is None:
            frappe.throw(_("No contract of yours names {0}.").format(name), frappe.PermissionError)
        fields = {"mps_unit_label": name, "customer": owner}
    elif len(customers) == 1:
        fields = {"customer": next(iter(customers))}
    else:
        frappe.throw(_("Choose the device."))
    problem = values.get("problem") or ""
    doc = frappe.get_doc(
        {
            "doctype": "Issue",
            "subject": subject,
            "description": escape_html((values.get("description") or "").strip()[:10_000]) or None,
            "raised_by": user,
            "via_customer_portal": 1,
            "mps_problem_code": problem if problem in intake.codes() else None,
            **fields,
        }
    )
    return doc.insert(ignore_permissions=True).name
