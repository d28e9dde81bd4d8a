"""Supplies on the desk: levels entered, taken from a file or withdrawn; requests made, answered, sent and closed."""

import json
from typing import Any

import frappe
from frappe import _

from mps_module.fleet.access import only_for
from mps_module.service import (
    supply_fitted,
    supply_requests,
    supply_shipping,
    toner,
    toner_file,
    toner_levels,
)

OFFICE = ("System Manager", "MPS Manager", "MPS Service")
STAFF = (*OFFICE, "MPS Technician")
MOST = 500


@frappe.whitelist(methods=["GET"])
def of_device(device: str) -> list[dict[str, Any]]:
    """The supplies of a device: level, days left, open request."""
    frappe.get_doc("MPS Device", device).check_permission("read")
    return toner.levels_of(device)


@frappe.whitelist(methods=["POST"])
def enter_level(device: str, supply: str, level: str, taken_at: str | None = None) -> dict[str, Any]:
    """Enter a level that somebody read or was told on the phone: a percentage, or low, ok, empty.

    Returns: {"counts", "rows": [{"verdict", "code", "message", "name"}]}
    """
    only_for(*STAFF)
    frappe.get_doc("MPS Device", device).check_permission("read")
    source = "staff" if not _is_technician() else "technician"
    row = {"device": device, "supply": supply, "level": level, "taken_at": taken_at}
    return toner_levels.enter_levels([row], source).told()


@frappe.whitelist(methods=["POST"])
def withdraw_level(name: str, reason: str) -> None:
    """Take out a level that should never have counted."""
    only_for(*OFFICE)
    frappe.get_doc(toner_levels.DOCTYPE, name).check_permission("read")
    toner_levels.withdraw(name, reason)


@frappe.whitelist(methods=["POST"])
def import_levels(file_url: str) -> dict[str, Any]:
    """Levels from an uploaded CSV or XLSX file: counts, and the first rows that could not be taken."""
    only_for(*OFFICE)
    file = frappe.get_doc("File", {"file_url": file_url})
    file.check_permission("read")
    return toner_file.import_file(file.get_full_path(), file.file_name, file.name)


@frappe.whitelist(methods=["GET"])
def questions(device: str, supply: str) -> list[str]:
    """What is to be asked before this supply is requested; empty: nothing."""
    only_for(*STAFF)
    frappe.get_doc("MPS Device", device).check_permission("read")
    return supply_requests.questions(device, supply)


@frappe.whitelist(methods=["POST"])
def request(
    device: str, supply: str = "", item: str = "", qty: int = 1, answer: str = "", issue: str | None = None
) -> dict[str, str]:
    """Request a supply; the open request of this device and supply, if there is one.

    Returns: {"name", "status", "reasons"}
    """
    only_for(*STAFF)
    frappe.get_doc("MPS Device", device).check_permission("read")
    by = "Technician" if _is_technician() else "Desk"
    doc = supply_requests.request(
        device, supply, asked_by=by, item=item, qty=qty, answer=answer or None, issue=issue
    )
    return {"name": doc.name, "status": doc.status, "reasons": doc.reasons or ""}


@frappe.whitelist(methods=["POST"])
def request_many(rows: str | list[dict[str, Any]]) -> list[dict[str, str]]:
    """Request several: a list of {device, supply}. A row that cannot be requested says why and spoils no other."""
    only_for(*OFFICE)
    answers = []
    for row in _listed(rows):
        frappe.db.savepoint("mps_request_many")
        try:
            answers.append({**row, **request(str(row.get("device")), str(row.get("supply")))})
        except (frappe.ValidationError, frappe.PermissionError) as error:
            frappe.db.rollback(save_point="mps_request_many")
            frappe.clear_messages()
            answers.append({**row, "name": "", "status": "", "reasons": str(error)})
    return answers


@frappe.whitelist(methods=["POST"])
def approve(names: str | list[str], decision: str) -> None:
    """Let held back requests go out, with the reason."""
    for name in _mine(names):
        supply_requests.approve(name, decision)


@frappe.whitelist(methods=["POST"])
def refuse(names: str | list[str], decision: str) -> None:
    """Do not send these requests, with the reason."""
    for name in _mine(names):
        supply_requests.refuse(name, decision)


@frappe.whitelist(methods=["POST"])
def order(names: str | list[str]) -> list[dict[str, Any]]:
    """Make the ERP's documents for approved requests: one parcel for each customer, address and contract."""
    return supply_shipping.order(_mine(names))


@frappe.whitelist(methods=["POST"])
def fitted(name: str) -> None:
    """Say that a supply that was sent is in the device, where no level shows it."""
    only_for(*STAFF)
    frappe.get_doc(supply_requests.DOCTYPE, name).check_permission("read")
    supply_fitted.close(name)


def _mine(names: str | list[str]) -> list[str]:
    """Requests that the user may change."""
    only_for(*OFFICE)
    found = [str(name) for name in _listed(names)]
    for name in found:
        frappe.get_doc(supply_requests.DOCTYPE, name).check_permission("write")
    return found


def _listed(given: Any) -> list[Any]:
    try:
        rows = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        rows = [given]
    if not isinstance(rows, list) or len(rows) > MOST:
        frappe.throw(_("Name at most {0} at once.").format(MOST))
    return rows


def _is_technician() -> bool:
    return set(OFFICE).isdisjoint(frappe.get_roles())
