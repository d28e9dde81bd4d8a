"""What the technicians' phone page calls. A technician reaches the own trunk and nothing beyond it."""

import json
from typing import Any

import frappe
from frappe import _

from mps_module.service import phone_facts
from mps_module.stock import actions, phone_calls, phone_stock
from mps_module.stock.access import only_phone_users


@frappe.whitelist(methods=["POST"])
def submit_action(key: str, action: str, payload: dict[str, Any] | str, made_at: str) -> dict[str, Any]:
    """Book an action once.

    Args:
        key: the phone's own, unique key; sent again, it is answered as before and booked no second time.
        payload: what the action needs (docs/trunk-stock.md lists it), as an object or its JSON text.
        made_at: when the technician did it, ISO 8601 with offset.

    Returns:
        {"key", "status": Done, Conflict or Refused, "code", "message", "result", "repeated"}
    """
    only_phone_users()
    try:
        given = json.loads(payload) if isinstance(payload, str) else payload
    except json.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        frappe.throw(_("The payload is not an object."))
    return actions.submit(key, action, given, made_at)


@frappe.whitelist(methods=["GET"])
def my_trunk() -> dict[str, Any]:
    """What is on the user's trunk, on its way to it and asked for, item by item."""
    only_phone_users()
    return phone_stock.my_trunk()


@frappe.whitelist(methods=["GET"])
def incoming() -> dict[str, Any]:
    """Deliveries on their way, transfers between colleagues, and what the store has not sent yet."""
    only_phone_users()
    return phone_stock.incoming()


@frappe.whitelist(methods=["GET"])
def search_part(txt: str, limit: int = 20) -> dict[str, Any]:
    """Who carries a part: colleagues, the nearest first, and the stores."""
    only_phone_users()
    return phone_stock.search_part(txt, limit)


@frappe.whitelist(methods=["GET"])
def colleagues() -> dict[str, Any]:
    """The other technicians' trunks, the nearest first."""
    only_phone_users()
    return phone_stock.colleagues()


@frappe.whitelist(methods=["GET"])
def my_calls() -> dict[str, Any]:
    """Open calls that are assigned to the user, the most urgent first."""
    only_phone_users()
    return phone_calls.my_calls()


@frappe.whitelist(methods=["GET"])
def call(issue: str) -> dict[str, Any]:
    """One call with its device, its meters, its parts and the calls before it."""
    only_phone_users()
    return phone_calls.call(issue)


@frappe.whitelist(methods=["GET"])
def service_codes() -> dict[str, Any]:
    """Codes of problem, cause and repair that a visit is told with, and how the firm counts travel."""
    only_phone_users()
    return phone_facts.codes()


@frappe.whitelist(methods=["GET"])
def device(txt: str) -> dict[str, Any]:
    """Devices by id, serial number, asset tag, or a code that holds one of them."""
    only_phone_users()
    return phone_calls.devices(txt)
