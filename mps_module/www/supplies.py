"""The portal page at /supplies: a customer sees the toner of their devices, hands in levels and asks for more."""

from __future__ import annotations

import frappe
from frappe import _

from mps_module.fleet.access import customers_of
from mps_module.service import supply_portal

no_cache = 1
sitemap = 0


def get_context(context) -> None:
    """Devices and supplies of the signed-in user's customers. Guests are sent to the login."""
    if frappe.session.user == "Guest":
        frappe.local.flags.redirect_location = "/login?redirect-to=/supplies"
        raise frappe.Redirect(302)
    customers = customers_of(frappe.session.user)
    context.update(
        title=_("Supplies"),
        show_sidebar=False,
        known=bool(customers),
        devices=supply_portal.devices(customers),
    )
