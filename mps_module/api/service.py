"""Calls on the desk: what a call is for, what is shown beside it, and what the office does with it."""

import json
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime

from mps_module.fleet.access import only_for
from mps_module.service import aftercare, calls, classes, clock, find, intake, panel, warranty

OFFICE = ("MPS Service", "MPS Manager", "System Manager", "Support Team")
MANAGERS = ("MPS Manager", "System Manager")
SHOWN = (
    "name", "customer", "opening_date", "mps_device", "mps_asset", "mps_unit_label", "mps_problem_code",
)  # fmt: skip


@frappe.whitelist(methods=["GET"])
def candidates(txt: str = "", customer: str = "") -> list[dict[str, Any]]:
    """Devices, IT assets and seat blocks that a call could be for, by what was typed or scanned. See `find.candidates`."""
    only_for(*OFFICE)
    return find.candidates(txt, customer)


@frappe.whitelist(methods=["GET"])
def call_panel(issue: str = "", values: str | None = None) -> dict[str, Any]:
    """What stands beside a call. See `panel.of`.

    Args:
        issue: the saved call. values: fields of one that is not saved yet, as JSON.
    """
    only_for(*OFFICE)
    if issue:
        doc = frappe.get_doc("Issue", issue)
        doc.check_permission("read")
        return panel.of(doc)
    try:
        given = json.loads(values or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        frappe.throw(_("values must be an object."))
    return panel.of({name: given.get(name) for name in SHOWN})


@frappe.whitelist(methods=["POST"])
def fixed_remotely(issue: str, at: str | None = None) -> None:
    """Solved without a trip: that is the response, and the call is resolved. `at`: site time; empty: now."""
    only_for(*OFFICE)
    frappe.get_doc("Issue", issue).check_permission("write")
    when = get_datetime(at) if at else None
    if when and when > clock.now():
        frappe.throw(_("It cannot have been fixed in the future."))
    calls.fixed_remotely(issue, when)


@frappe.whitelist(methods=["POST"])
def decide_again(issue: str) -> dict[str, str]:
    """Who pays, by contracts and warranties as they are now; refused once a visit of the call is billed."""
    only_for(*OFFICE)
    doc = frappe.get_doc("Issue", issue)
    doc.check_permission("write")
    billed = {
        "mps_issue": issue,
        "docstatus": 1,
        "mps_billing_state": ("in", (aftercare.ON_BILL, aftercare.DRAFT, aftercare.BOTH)),
    }
    if frappe.db.exists("Maintenance Visit", billed):
        frappe.throw(_("A visit of this call is billed already as it was decided."))
    intake.cover(doc)
    doc.save()
    return {"note": doc.mps_coverage_note or ""}


@frappe.whitelist(methods=["POST"])
def settle_visit(visit: str) -> dict[str, str]:
    """Bill a visit that could not be billed when it was booked. See `aftercare.settle`."""
    only_for("MPS Billing", *OFFICE)
    frappe.get_doc("Maintenance Visit", visit).check_permission("read")
    return aftercare.settle(visit)


@frappe.whitelist(methods=["POST"])
def warranty_claim(issue: str) -> str:
    """The Warranty Claim of a call, made where there is none. See `warranty.raise_for`."""
    only_for(*OFFICE)
    frappe.get_doc("Issue", issue).check_permission("write")
    return warranty.raise_for(issue)


@frappe.whitelist(methods=["POST"])
def make_class(
    title: str, response_hours: float, restore_hours: float, holiday_list: str = "", all_days: bool = False
) -> dict[str, Any]:
    """A class of service that contracts can choose: a Service Level Agreement with hours and its condition.

    Args:
        all_days: around the clock, seven days; else 8 to 17 from Monday to Friday (edit the agreement for others).

    Returns: {"name", "rivals": agreements that hold for every call and may win over it}
    """
    only_for(*MANAGERS)
    frappe.has_permission("Service Level Agreement", "create", throw=True)
    if response_hours <= 0 or restore_hours < response_hours:
        frappe.throw(_("The response takes some time, and the restore no less than the response."))
    hours: dict[str, Any] = {}
    if all_days:
        hours = {"start": "00:00:00", "end": "23:59:59", "days": clock.WEEKDAYS}
    name = classes.make(classes.NewClass(title, response_hours, restore_hours, holiday_list, **hours))
    return {"name": name, "rivals": classes.rivals(name)}


@frappe.whitelist(methods=["POST"])
def use_as_class(agreement: str) -> dict[str, Any]:
    """Let contracts choose an agreement that exists."""
    only_for(*MANAGERS)
    classes.use(agreement)
    return {"name": agreement, "rivals": classes.rivals(agreement)}
