"""Which calls and visits a technician sees on the desk: those that are or were assigned, and the own visits.

Whoever has another role that may read them sees what that role allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe

if TYPE_CHECKING:
    from frappe.model.document import Document

TECHNICIAN = "MPS Technician"
OTHERS = frozenset(
    {
        "System Manager", "MPS Manager", "MPS Service", "MPS Billing", "Support Team", "Maintenance User",
        "Maintenance Manager",
    }
)  # fmt: skip


def only_technician(user: str) -> bool:
    """Whether somebody sees calls as a technician alone."""
    if user == "Administrator":
        return False
    roles = set(frappe.get_roles(user))
    return TECHNICIAN in roles and roles.isdisjoint(OTHERS)


def issue_conditions(user: str | None = None) -> str:
    """`permission_query_conditions` of Issue."""
    user = user or frappe.session.user
    if not only_technician(user):
        return ""
    name = frappe.db.escape(user)
    return (
        "`tabIssue`.`name` in (select `reference_name` from `tabToDo` where `reference_type` = 'Issue' "
        f"and `allocated_to` = {name} and `status` != 'Cancelled')"
    )


def visit_conditions(user: str | None = None) -> str:
    """`permission_query_conditions` of Maintenance Visit."""
    user = user or frappe.session.user
    if not only_technician(user):
        return ""
    own = frappe.db.get_value("MPS Technician", {"user": user}, "name", order_by="disabled, creation")
    return f"`tabMaintenance Visit`.`mps_technician` = {frappe.db.escape(own)}" if own else "1=0"


def has_permission(doc: Document, ptype: str | None = None, user: str | None = None, **_more: Any) -> bool:
    """A technician may read what the lists show; writing goes through the phone's own functions."""
    user = user or frappe.session.user
    if not only_technician(user):
        return True
    if (ptype or "read") not in ("read", "select", "print"):
        return False
    if doc.doctype == "Maintenance Visit":
        own = frappe.db.get_value("MPS Technician", {"user": user}, "name", order_by="disabled, creation")
        return bool(own) and doc.get("mps_technician") == own
    filters = {
        "reference_type": "Issue",
        "reference_name": doc.name,
        "allocated_to": user,
        "status": ("!=", "Cancelled"),
    }
    return bool(frappe.db.exists("ToDo", filters))
