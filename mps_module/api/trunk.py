"""Trunk stock on the desk: set-up of technicians, refilling, sending, counts."""

import json
from typing import Any

import frappe
from frappe import _

from mps_module.stock import counts, phone_stock, replenish, trunks
from mps_module.stock.access import only_managers, only_staff
from mps_module.stock.answers import Unbooked

AT_ONCE = 10
"""Trunks that are refilled while the user waits; more go to the background."""
JOB = "mps_refill_trunks"


def _names(given: str | list[str] | None) -> list[str] | None:
    if not given:
        return None
    return [str(each) for each in (json.loads(given) if isinstance(given, str) else given)]


@frappe.whitelist(methods=["POST"])
def set_up_technician(
    employee: str,
    source_warehouse: str,
    territory: str = "",
    trunk_name: str = "",
    copy_levels_from: str = "",
) -> str:
    """Everything a new technician needs, in one step; the Trunk Stock is returned."""
    only_managers()
    return trunks.set_up(
        trunks.NewTechnician(employee, source_warehouse, territory, trunk_name, copy_levels_from)
    )


@frappe.whitelist(methods=["GET"])
def stock(trunk: str) -> list[dict[str, Any]]:
    """What is in a trunk, on its way and asked for, straight from the stock ledger."""
    frappe.get_doc("Trunk Stock", trunk).check_permission("read")
    found = trunks.load([trunk])
    return phone_stock.stock_of(found[trunk]) if found else []


@frappe.whitelist(methods=["GET", "POST"])
def refill_preview(names: str | list[str] | None = None) -> list[dict[str, Any]]:
    """What would be requested now, for some trunks or all, with what the sources cannot give."""
    only_staff()
    return [refill.as_dict() for refill in replenish.plan(_names(names))]


@frappe.whitelist(methods=["POST"])
def refill(names: str | list[str] | None = None) -> dict[str, Any]:
    """Request what trunks lack, one Material Request for each. Many trunks are done in the background."""
    only_staff()
    wanted = _names(names)
    if wanted is not None and len(wanted) <= AT_ONCE:
        return replenish.run(wanted)
    queued = frappe.enqueue(
        "mps_module.stock.replenish.run",
        queue="long",
        job_id=JOB,
        deduplicate=True,
        enqueue_after_commit=True,
        names=wanted,
    )
    return {"queued": queued is not None}


@frappe.whitelist(methods=["POST"])
def send(material_request: str) -> str:
    """Pick a trunk's request into transit; the draft Stock Entry is returned, to be checked and submitted."""
    frappe.has_permission("Stock Entry", "create", throw=True)
    return replenish.send(material_request)


@frappe.whitelist(methods=["POST"])
def decide_count(name: str, approve: bool, reason: str = "") -> str:
    """Approve the variance of a count (the Stock Reconciliation is returned) or reject it with a reason."""
    only_managers()
    try:
        return counts.decide(name, bool(approve), reason)
    except Unbooked as refused:
        frappe.throw(refused.message, title=_("Not booked"))
        raise
