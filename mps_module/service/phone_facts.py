"""What the phone shows of a call's service: who pays, how its clock stands, where it is on the board, the codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate

from mps_module.engine.dispatch import Call
from mps_module.service import past_calls, preventive
from mps_module.stock.phone_stock import moment

NO_LIMIT = 10_000_000
COVERED = ("labour", "travel", "parts", "supplies")
FIELDS = (
    "issue_type", "mps_board", "mps_problem_code", "mps_callback_of", "mps_contract", "mps_response_by", "mps_responded_at",
    "mps_response_state", "mps_restored_at", "mps_restore_state", "mps_held_for_part", "mps_visits",
    "mps_maintenance_due", "mps_due_on",
    *(f"mps_coverage_{part}" for part in COVERED), "mps_coverage_note",
)  # fmt: skip
"""Fields of the Issue that `facts` reads; those that a site lacks are left out by the caller."""


def facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """The service side of one call. No query."""
    return {
        "board": row.get("mps_board") or "",
        "kind": row.get("issue_type") or "",
        "problem": row.get("mps_problem_code") or "",
        "callback_of": row.get("mps_callback_of") or "",
        "visits": row.get("mps_visits") or 0,
        "coverage": coverage(row),
        "maintenance": maintenance(row),
        "clock": {
            "respond_by": moment(row.get("mps_response_by") or row.get("response_by")),
            "response": row.get("mps_response_state") or "",
            "responded_at": moment(row.get("mps_responded_at")),
            "restore_by": moment(row.get("sla_resolution_by") or row.get("resolution_by")),
            "restore": row.get("mps_restore_state") or "",
        },
    }


def coverage(row: Mapping[str, Any]) -> dict[str, str] | None:
    """Who pays labour, travel, parts and supplies (Included, Incident, Billable), and why; None: not decided yet."""
    found = {part: row.get(f"mps_coverage_{part}") or "" for part in COVERED}
    if not any(found.values()):
        return None
    return {**found, "note": row.get("mps_coverage_note") or ""}


def maintenance(row: Mapping[str, Any], device: str = "") -> dict[str, str] | None:
    """Preventive maintenance that is to be done on the same visit: until when; with a device also why. None: none."""
    if not row.get("mps_maintenance_due"):
        return None
    planned = [one for one in preventive.plan([device]) if one.due.on] if device else []
    due_on = row.get("mps_due_on")
    why = preventive.why(planned[0]) if planned else _("due {0}").format(formatdate(due_on))
    return {"due_on": str(due_on or ""), "why": why}


def codes() -> dict[str, Any]:
    """See api.phone.service_codes."""
    rows = frappe.get_all(
        "MPS Service Code",
        {"disabled": 0},
        ["name", "kind", "description"],
        order_by="kind, name",
        limit=NO_LIMIT,
    )
    return {
        "codes": [
            {"code": row.name, "kind": row.kind, "text": _(row.description) if row.description else row.name}
            for row in rows
        ],
        "travel": frappe.get_cached_doc("MPS Service Settings").travel_basis or "Trip",
    }


def visits_of(issue: str) -> list[dict[str, Any]]:
    """Visits of a call, the latest first."""
    rows = frappe.get_all(
        "Maintenance Visit",
        {"mps_issue": issue, "docstatus": 1},
        ["name", "mps_arrived_at", "mps_left_at", "mps_outcome", "mps_technician", "mntc_date"],
        order_by="mntc_date desc, name desc",
        limit=20,
    )
    return [
        {
            "visit": row.name,
            "at": moment(row.mps_left_at) or str(row.mntc_date),
            "outcome": row.mps_outcome or "",
            "technician": row.mps_technician or "",
        }
        for row in rows
    ]


def likely(model: str, problem: str) -> list[dict[str, Any]]:
    """Parts that such calls needed (problem on the model, or the next wider kind), the most frequent first.

    What of them is aboard, the phone knows from the trunk.
    """
    if not model:
        return []
    brand = frappe.get_cached_value("MPS Device Model", model, "brand") or ""
    shares = past_calls.demand().shares(Call("", model, brand, problem=problem), {})
    names = dict(
        frappe.get_all(
            "Item",
            {"name": ("in", [share.part for share in shares] or [""])},
            ["name", "item_name"],
            order_by="name",
            limit=NO_LIMIT,
            as_list=True,
        )
    )
    return [
        {
            "item": share.part,
            "item_name": names.get(share.part) or share.part,
            "seen": share.seen,
            "calls": share.calls,
        }
        for share in shares
    ]


def steps_of(issue: str, user: str) -> dict[str, str]:
    """When the user accepted the call, set out and arrived, as another of their phones told: {"accept": time, ...}."""
    technician = frappe.db.get_value("MPS Technician", {"user": user}, "name", order_by="creation")
    fields = {"accept": "accepted_at", "travel": "travel_at", "arrive": "arrived_at"}
    row = frappe.db.get_value(
        "MPS Assignment",
        {"active_key": issue, "technician": technician or ""},
        list(fields.values()),
        as_dict=True,
    )
    return {step: moment(row[field]) for step, field in fields.items() if row and row[field]}
