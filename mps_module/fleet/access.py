"""Who may see which devices and reads, besides roles and User Permissions.

The firm's own people see what their roles (and User Permissions on Customer) allow. A portal user with the role
Customer sees what belongs to the customers whose portal user or contact they are. A collector's key sees nothing at
all: it can only push reads (`api.collector`), of devices of the customers in its User Permissions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.query_builder import DocType

from mps_module.fleet.ledger import NO_LIMIT
from mps_module.permissions import DESK_ROLES

if TYPE_CHECKING:
    from frappe.model.document import Document

#: What a portal user may read of a customer's own. (Quarantine, imports and sheets are the firm's.)
PORTAL_DOCTYPES = ("MPS Device", "Meter Read", "MPS Toner Level", "MPS Supply Request")


def is_portal_user(user: str) -> bool:
    """Whether somebody is here as a customer only."""
    roles = set(frappe.get_roles(user))
    return (
        user != "Administrator" and "Customer" in roles and roles.isdisjoint({*DESK_ROLES, "System Manager"})
    )


def customers_of(user: str) -> list[str]:
    """Customers of a portal user: those that name the user, and those whose contact has the user's login."""
    portal = DocType("Portal User")
    named = (
        frappe.qb.from_(portal)
        .select(portal.parent)
        .where((portal.user == user) & (portal.parenttype == "Customer"))
        .orderby(portal.parent)
        .limit(NO_LIMIT)
        .run(pluck=True)
    )
    contact, link = DocType("Contact"), DocType("Dynamic Link")
    linked = (
        frappe.qb.from_(contact)
        .join(link)
        .on((link.parent == contact.name) & (link.parenttype == "Contact"))
        .select(link.link_name)
        .where((contact.user == user) & (link.link_doctype == "Customer"))
        .orderby(link.link_name)
        .limit(NO_LIMIT)
        .run(pluck=True)
    )
    return sorted({*named, *linked})


def collector_customers(user: str) -> list[str]:
    """Customers whose devices a collector's key may send reads of: its User Permissions. None: none."""
    rows = frappe.get_all(
        "User Permission",
        {"user": user, "allow": "Customer"},
        ["for_value", "applicable_for"],
        order_by="for_value",
        limit=NO_LIMIT,
    )
    return sorted({row.for_value for row in rows if row.applicable_for in (None, "", *PORTAL_DOCTYPES)})


def only_for(*roles: str) -> None:
    """Refuse everybody who has none of these roles. (`frappe.only_for` lets everybody pass while tests run.)

    Raises:
        frappe.PermissionError
    """
    user = frappe.session.user
    if user != "Administrator" and set(roles).isdisjoint(frappe.get_roles(user)):
        frappe.throw(_("This is for {0}.").format(", ".join(map(_, roles))), frappe.PermissionError)


def conditions(user: str | None = None, doctype: str | None = None) -> str:
    """`permission_query_conditions`: a portal user's lists hold only their own; all others, what their roles allow."""
    user = user or frappe.session.user
    if not is_portal_user(user):
        return ""
    if doctype is not None and doctype not in PORTAL_DOCTYPES:
        return "1=0"
    own = ", ".join(frappe.db.escape(name) for name in customers_of(user))
    return f"`tab{doctype}`.`customer` in ({own})" if own else "1=0"


def device_conditions(user: str | None = None) -> str:
    return conditions(user, "MPS Device")


def read_conditions(user: str | None = None) -> str:
    return conditions(user, "Meter Read")


def level_conditions(user: str | None = None) -> str:
    return conditions(user, "MPS Toner Level")


def supply_conditions(user: str | None = None) -> str:
    return conditions(user, "MPS Supply Request")


def staff_conditions(user: str | None = None) -> str:
    """For what is the firm's alone."""
    return conditions(user, "Meter Read Quarantine")


def has_permission(doc: Document, ptype: str | None = None, user: str | None = None, **_more: object) -> bool:
    """A portal user may read their own customer's devices and reads, and nothing else here."""
    user = user or frappe.session.user
    if not is_portal_user(user):
        return True
    if doc.doctype not in PORTAL_DOCTYPES or (ptype or "read") not in ("read", "select", "print"):
        return False
    return bool(doc.get("customer")) and doc.customer in customers_of(user)
