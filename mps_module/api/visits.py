"""Visits on the desk: what the form of a Maintenance Visit shows, and reads of a visit for the bill."""

from typing import Any

import frappe
from frappe import _

from mps_module.fleet.access import only_for
from mps_module.service import visit_facts


@frappe.whitelist(methods=["GET"])
def facts(visit: str) -> dict[str, Any]:
    """Parts used, meter reads and missing parts of a visit that the user may read."""
    frappe.get_doc("Maintenance Visit", visit).check_permission("read")
    return visit_facts.facts(visit)


@frappe.whitelist(methods=["POST"])
def use_for_billing(read: str) -> None:
    """Let bills open and close with a read that was taken for the service only."""
    only_for("System Manager", "MPS Manager", "MPS Billing")
    if not frappe.db.exists("Meter Read", read):
        frappe.throw(_("There is no read {0}.").format(read), frappe.DoesNotExistError)
    visit_facts.use_for_billing(read)
