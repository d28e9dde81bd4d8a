"""The customers' portal: their calls for service. Everything is limited to their own."""

from typing import Any

import frappe

from mps_module.api.portal import own_customers
from mps_module.service import portal_calls


@frappe.whitelist(methods=["GET"])
def calls() -> list[dict[str, Any]]:
    """The newest calls of the user's customers, in a customer's words."""
    return portal_calls.calls(own_customers())


@frappe.whitelist(methods=["POST"])
def new_call(unit: str = "", subject: str = "", description: str = "", problem: str = "") -> dict[str, str]:
    """Open a call. `unit`: "Device:ID" or "Seat:label", as the page lists them. Returns {"issue"}."""
    customers = own_customers()
    values = {"unit": unit, "subject": subject, "description": description, "problem": problem}
    return {"issue": portal_calls.new(values, customers, frappe.session.user)}
