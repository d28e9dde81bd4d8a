"""What the desk shows beside a call: coverage, clock, history, reads that wait, toner, and the parts aboard."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, Max, Sum
from frappe.utils import getdate

from mps_module.fleet.ledger import NO_LIMIT
from mps_module.service import clock, coverage, toner

HISTORY = 6
PARTS = 8


def of(row: Any) -> dict[str, Any]:
    """Everything for one call. `row`: an Issue document, or its fields where it is not saved yet.

    A dozen queries, however many calls and devices there are.
    """
    device = row.get("mps_device") or ""
    return {
        "coverage": _coverage(row),
        "clock": _clock(row),
        "device": _device(device) if device else None,
        "history": history(device, row.get("name") or "") if device else [],
        "reads": waiting(device) if device else [],
        "toner": toner.levels_of(device) if device else [],
        "parts": parts_aboard(device, row.get("mps_problem_code") or "") if device else [],
        "visits": _visits(row.get("name") or ""),
    }


def _coverage(row: Any) -> dict[str, str]:
    """As it stands on the call; of one that is not saved yet, as it would be."""
    told = {kind: row.get(f"mps_coverage_{kind}") or "" for kind in coverage.KINDS}
    if all(told.values()):
        return {**told, "note": row.get("mps_coverage_note") or "", "contract": row.get("mps_contract") or ""}
    unit = coverage.unit_of(row)
    if not unit:
        return {}
    made = coverage.decision(unit, getdate(row.get("opening_date")))
    return {**made.payers, "note": made.note, "contract": made.contract}


def _clock(row: Any) -> dict[str, Any]:
    if not row.get("name") or not row.get("service_level_agreement"):
        return {}
    now = clock.states(row, clock.Agreements(), clock.now())
    return {
        "sla": row.get("service_level_agreement"),
        "respond_by": now["mps_response_by"],
        "responded_at": row.get("mps_responded_at"),
        "response_kind": row.get("mps_response_kind") or "",
        "response": now["mps_response_state"],
        "restore_by": row.get("sla_resolution_by"),
        "restored_at": row.get("mps_restored_at"),
        "restore": now["mps_restore_state"],
        "other_agreement": bool(
            row.get("mps_sla") and row.get("mps_sla") != row.get("service_level_agreement")
        ),
    }


def _device(name: str) -> dict[str, Any]:
    fields = [
        "name", "device_model", "serial_no_text", "asset_tag", "status", "customer", "customer_name", "site",
        "department", "warranty_until",
    ]  # fmt: skip
    return frappe.db.get_value("MPS Device", name, fields, as_dict=True) or {}


def history(device: str, issue: str) -> list[dict[str, Any]]:
    """Calls for the device before this one, with how they ended. Two queries."""
    rows = frappe.get_all(
        "Issue",
        {"mps_device": device, "name": ("!=", issue)},
        ["name", "subject", "opening_date", "status", "mps_problem_code", "mps_callback_of"],
        order_by="opening_date desc, name desc",
        limit=HISTORY,
    )
    visits = defaultdict(list)
    for visit in frappe.get_all(
        "Maintenance Visit",
        {"mps_issue": ("in", [row.name for row in rows] or [""]), "docstatus": 1},
        ["mps_issue", "mps_outcome", "mps_cause_code", "mps_repair_code"],
        order_by="mntc_date, creation",
        limit=NO_LIMIT,
    ):
        visits[visit.mps_issue].append(visit)
    return [
        {
            **row,
            "visits": len(visits[row.name]),
            "outcome": visits[row.name][-1].mps_outcome if visits[row.name] else "",
            "cause": visits[row.name][-1].mps_cause_code if visits[row.name] else "",
            "repair": visits[row.name][-1].mps_repair_code if visits[row.name] else "",
        }
        for row in rows
    ]


def waiting(device: str) -> list[dict[str, Any]]:
    """Reads of the device that somebody should look at: in quarantine, or flagged and not billed yet."""
    held = frappe.get_all(
        "Meter Read Quarantine",
        {"device": device, "status": "Open"},
        ["name", "meter", "value", "taken_at", "message"],
        order_by="taken_at desc, name",
        limit=HISTORY,
    )
    flagged = frappe.get_all(
        "Meter Read",
        {"device": device, "status": "Flagged", "superseded_by": ("is", "not set")},
        ["name", "meter", "value", "taken_at"],
        order_by="taken_at desc, name",
        limit=HISTORY,
    )
    return [{"doctype": "Meter Read Quarantine", **row} for row in held] + [
        {"doctype": "Meter Read", "message": "", **row} for row in flagged
    ]


def parts_aboard(device: str, problem: str = "") -> list[dict[str, Any]]:
    """Parts that calls for this model have needed, with the trunks that carry them now. Three queries.

    Parts of calls with the same problem go first.
    """
    head, row, other, issue = (
        DocType(name) for name in ("Stock Entry", "Stock Entry Detail", "MPS Device", "Issue")
    )
    model = frappe.db.get_value("MPS Device", device, "device_model")
    used = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .join(other)
        .on(other.name == head.mps_device)
        .left_join(issue)
        .on(issue.name == head.mps_issue)
        .select(
            row.item_code, Max(row.item_name).as_("item_name"), issue.mps_problem_code,
            Count(head.mps_issue).distinct().as_("calls"),
        )
        .where((head.docstatus == 1) & (head.mps_move == "Use") & (other.device_model == model))
        .groupby(row.item_code, issue.mps_problem_code)
        .orderby(row.item_code)
        .limit(NO_LIMIT)
        .run(as_dict=True)
    )  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    for each in used:
        part = found.setdefault(
            each.item_code, {"item": each.item_code, "item_name": each.item_name, "calls": 0, "same": 0}
        )
        part["calls"] += each.calls
        if problem and each.mps_problem_code == problem:
            part["same"] += each.calls
    wanted = sorted(found.values(), key=lambda part: (-part["same"], -part["calls"], part["item"]))[:PARTS]
    trunks = _trunks({part["item"] for part in wanted})
    return [{**part, "trunks": trunks.get(part["item"], [])} for part in wanted]


def _trunks(items: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Item -> trunks that have it on hand."""
    if not items:
        return {}
    trunk, stock = DocType("Trunk Stock"), DocType("Bin")
    rows = (
        frappe.qb.from_(stock)
        .join(trunk)
        .on(trunk.warehouse == stock.warehouse)
        .select(stock.item_code, trunk.name, trunk.trunk_name, Sum(stock.actual_qty).as_("qty"))
        .where(stock.item_code.isin(sorted(items)) & (stock.actual_qty > 0) & (trunk.disabled == 0))
        .groupby(stock.item_code, trunk.name, trunk.trunk_name)
        .orderby(stock.item_code, trunk.name)
        .limit(NO_LIMIT)
        .run(as_dict=True)
    )
    found = defaultdict(list)
    for row in rows:
        found[row.item_code].append({"trunk": row.name, "title": row.trunk_name, "qty": row.qty})
    return dict(found)


def _visits(issue: str) -> list[dict[str, Any]]:
    if not issue:
        return []
    fields = ["name", "mntc_date", "mps_technician", "mps_outcome", "mps_billing_state", "mps_sales_invoice"]
    return frappe.get_all(
        "Maintenance Visit",
        {"mps_issue": issue, "docstatus": 1},
        [*fields, "mps_service_charge"],
        order_by="mntc_date, creation",
        limit=50,
    )
