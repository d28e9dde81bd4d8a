"""The portal page at /meters: a customer looks up their devices and hands in meters."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import nowdate

from mps_module.fleet import portal
from mps_module.fleet.access import customers_of

no_cache = 1
sitemap = 0


def get_context(context) -> None:
    """Devices and statements of the signed-in user's customers. Guests are sent to the login."""
    if frappe.session.user == "Guest":
        frappe.local.flags.redirect_location = "/login?redirect-to=/meters"
        raise frappe.Redirect(302)
    customers = customers_of(frappe.session.user)
    context.update(
        title=_("Meters"),
        show_sidebar=False,
        today=nowdate(),
        known=bool(customers),
        devices=portal.devices(customers),
        statements=portal.statements(customers),
    )
