"""Whose trunk is whose: a technician sees and touches one trunk, the people who manage stock see all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

if TYPE_CHECKING:
    from frappe.model.document import Document

MANAGERS = frozenset({"System Manager", "MPS Manager", "Stock Manager"})
"""Who set levels, approve counts and apply kits."""
STAFF = MANAGERS | {"MPS Service", "Stock User"}
"""Who see all trunks."""
TECHNICIAN = "MPS Technician"


def is_staff(user: str | None = None) -> bool:
    user = user or frappe.session.user
    return user == "Administrator" or not STAFF.isdisjoint(frappe.get_roles(user))


def is_manager(user: str | None = None) -> bool:
    user = user or frappe.session.user
    return user == "Administrator" or not MANAGERS.isdisjoint(frappe.get_roles(user))


def only_managers() -> None:
    """Raises frappe.PermissionError for all others."""
    if not is_manager():
        frappe.throw(_("Only a stock or print manager can do this."), frappe.PermissionError)


def only_staff() -> None:
    """Raises frappe.PermissionError for technicians and strangers."""
    if not is_staff():
        frappe.throw(_("Only the staff that looks after the trunks can do this."), frappe.PermissionError)


def only_phone_users() -> None:
    """Raises frappe.PermissionError for users who are neither technician nor staff."""
    if not is_staff() and TECHNICIAN not in frappe.get_roles():
        frappe.throw(_("The phone page is for technicians."), frappe.PermissionError)


def trunk_of(user: str | None = None) -> str | None:
    """Name of the user's own trunk, disabled or not."""
    user = user or frappe.session.user
    return frappe.db.get_value("Trunk Stock", {"user": user}, "name", order_by="creation")


#: Doctype -> its fields, one of which must name the user's own trunk.
TRUNK_FIELDS: dict[str, tuple[str, ...]] = {
    "Trunk Stock": ("name",),
    "Trunk Transfer": ("from_trunk", "to_trunk"),
    "Trunk Count": ("trunk",),
    "MPS Missing Part": ("trunk",),
}


def conditions(user: str | None = None, doctype: str | None = None) -> str:
    """`permission_query_conditions`: a technician's lists hold what concerns the own trunk."""
    user = user or frappe.session.user
    if is_staff(user) or doctype is None:
        return ""
    if doctype == "MPS Phone Action":
        return f"`tabMPS Phone Action`.`user` = {frappe.db.escape(user)}"
    own = trunk_of(user)
    if not own:
        return "1=0"
    name = frappe.db.escape(own)
    return "(" + " or ".join(f"`tab{doctype}`.`{field}` = {name}" for field in TRUNK_FIELDS[doctype]) + ")"


def trunk_conditions(user: str | None = None) -> str:
    return conditions(user, "Trunk Stock")


def transfer_conditions(user: str | None = None) -> str:
    return conditions(user, "Trunk Transfer")


def count_conditions(user: str | None = None) -> str:
    return conditions(user, "Trunk Count")


def missing_conditions(user: str | None = None) -> str:
    return conditions(user, "MPS Missing Part")


def action_conditions(user: str | None = None) -> str:
    return conditions(user, "MPS Phone Action")


def has_permission(doc: Document, ptype: str | None = None, user: str | None = None, **_more: Any) -> bool:
    """A technician may look at what concerns the own trunk. (What may be written, roles decide: the phone's API alone.)"""
    user = user or frappe.session.user
    if is_staff(user):
        return True
    if doc.doctype == "MPS Phone Action":
        return doc.user == user
    own = trunk_of(user)
    return bool(own) and any(doc.get(field) == own for field in TRUNK_FIELDS[doc.doctype])
