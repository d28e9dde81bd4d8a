"""Who may see and open what."""

from __future__ import annotations

import frappe

#: The app's own roles that work on the desk. Kept as records in fixtures/role.json.
DESK_ROLES = frozenset({"MPS Manager", "MPS Billing", "MPS Service", "MPS Technician"})


def has_app_permission() -> bool:
    """Whether the signed-in user finds the app on the apps screen."""
    return frappe.session.user == "Administrator" or not DESK_ROLES.isdisjoint(frappe.get_roles())
