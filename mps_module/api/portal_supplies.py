"""Supplies on the customers' portal: levels handed in, toner requested. Everything is limited to their own devices."""

from typing import Any

import frappe
from frappe import _

from mps_module.api.portal import own_customers
from mps_module.service import supply_portal, toner_levels


@frappe.whitelist(methods=["GET"])
def devices() -> list[dict[str, Any]]:
    """The installed devices of the user's customers with their supplies."""
    return supply_portal.devices(own_customers())


@frappe.whitelist(methods=["POST"])
def enter_level(device: str, supply: str, level: str) -> dict[str, str]:
    """Hand in what the panel shows now. Returns {"state": taken | refused, "message"}."""
    customers = own_customers()
    row = {"device": device, "supply": supply, "level": level}
    entry = toner_levels.enter_levels([row], "portal", customers=customers)
    found = entry.rows[0]
    if found.verdict == toner_levels.REFUSED:
        return {"state": "refused", "message": found.message}
    return {"state": "taken", "message": _("Thank you, noted.")}


@frappe.whitelist(methods=["POST"])
def request(device: str, supply: str, answer: str = "", sure: bool = False) -> dict[str, Any]:
    """Ask for a supply of one of the user's devices.

    Args:
        sure: the user was asked the questions and wants it all the same, with an answer; the dealer decides.

    Returns: {"state": requested | passed | asked | known, "message", "questions"}
    """
    customers = own_customers()
    if frappe.db.get_value("MPS Device", device, "customer") not in customers:
        raise frappe.PermissionError(_("This device is not yours."))
    return supply_portal.request(device, supply, answer.strip()[:500], bool(sure))
