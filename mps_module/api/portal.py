"""The customers' portal: their devices, meters handed in, history, statements. Everything is limited to their own."""

import json
from typing import Any

import frappe
from frappe import _
from frappe.utils.pdf import get_pdf

from mps_module.fleet import portal
from mps_module.fleet.access import customers_of

MOST_ROWS = 2_000


def own_customers() -> list[str]:
    """Customers of the signed-in user; nobody else gets any further."""
    customers = customers_of(frappe.session.user) if frappe.session.user != "Guest" else []
    if not customers:
        raise frappe.PermissionError(_("This login belongs to no customer."))
    return customers


@frappe.whitelist(methods=["GET"])
def devices() -> list[dict[str, Any]]:
    """The installed devices of the user's customers, with meters and last values."""
    return portal.devices(own_customers())


@frappe.whitelist(methods=["POST"])
def enter(
    rows: str | list[dict[str, Any]], day: str | None = None, sure: bool = False
) -> list[dict[str, Any]]:
    """Hand in meter values.

    Args:
        rows: a list of {device, meter, value}.
        day: when they were read (YYYY-MM-DD); None: now.
        sure: the user was told what does not fit and says it is right: the dealer looks at it.

    Returns: for each row {device, meter, state: taken | refused | passed, message}.
    """
    customers = own_customers()
    given = json.loads(rows) if isinstance(rows, str) else rows
    if (
        not isinstance(given, list)
        or len(given) > MOST_ROWS
        or not all(isinstance(row, dict) for row in given)
    ):
        frappe.throw(_("Send at most {0} values at a time.").format(MOST_ROWS))
    return portal.hand_in(given, customers, day, bool(sure))


@frappe.whitelist(methods=["GET"])
def history(device: str) -> list[dict[str, Any]]:
    """The newest reads of one of the user's devices."""
    customers = own_customers()
    if frappe.db.get_value("MPS Device", device, "customer") not in customers:
        raise frappe.PermissionError(_("This device is not yours."))
    return portal.history(device, customers)


@frappe.whitelist(methods=["GET"])
def statement(bill: str) -> None:
    """The device statement of an invoiced bill, as PDF."""
    if not portal.may_see_statement(bill, own_customers()):
        raise frappe.PermissionError(_("There is no such statement for you."))
    frappe.flags.ignore_print_permissions = True
    try:
        html = frappe.get_print("Click Bill", bill, "Device Statement")
    finally:
        frappe.flags.ignore_print_permissions = False
    frappe.local.response.filename = f"{bill}.pdf"
    frappe.local.response.filecontent = get_pdf(html)
    frappe.local.response.type = "pdf"
