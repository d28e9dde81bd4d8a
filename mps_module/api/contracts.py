"""Click contracts from the desk: activate, suspend, end, renew, amend, and what an amendment changes."""

import frappe
from frappe import _

from mps_module.billing import contract_actions as actions


def permitted(contract: str, ptype: str = "write"):
    doc = frappe.get_doc("Click Contract", contract)
    doc.check_permission(ptype)
    return doc


@frappe.whitelist(methods=["POST"])
def activate(contract: str) -> str:
    """Start billing the contract. It needs a submitted version and a covered unit or a flat line."""
    return actions.activate(permitted(contract))


@frappe.whitelist(methods=["POST"])
def suspend(contract: str) -> str:
    """Stop billing until it is activated again; nothing is lost, missed periods are caught up."""
    return actions.set_status(permitted(contract), "Suspended")


@frappe.whitelist(methods=["POST"])
def end(contract: str, end_date: str) -> str:
    """Set the last covered day; open covers end with it. The last overage is still billed."""
    return actions.end(permitted(contract), end_date)


@frappe.whitelist(methods=["POST"])
def renew(contract: str, months: int) -> str:
    """Move the end by `months`."""
    return actions.renew(permitted(contract), months)


@frappe.whitelist(methods=["POST"])
def amend(contract: str, effective_date: str, reason: str = "") -> str:
    """A draft of a new version, copied from the one in force on that day. Returns its name."""
    permitted(contract)
    frappe.has_permission("Click Contract Version", "create", throw=True)
    return actions.amend(contract, effective_date, reason)


@frappe.whitelist(methods=["GET"])
def changes(version: str) -> list[dict[str, str]]:
    """What a version changes against the one before it: rows of what, old, new."""
    doc = frappe.get_doc("Click Contract Version", version)
    doc.check_permission("read")
    return actions.changes(doc)


@frappe.whitelist(methods=["POST"])
def add_devices(contract: str, start_date: str, group_label: str = "") -> int:
    """Cover every installed device of the contract's customer that no contract covers yet. Returns how many."""
    doc = permitted(contract)
    count = actions.add_devices(doc, start_date, group_label)
    if not count:
        frappe.msgprint(
            _("Every installed device of {0} is covered already.").format(doc.customer_name or doc.customer)
        )
    return count
