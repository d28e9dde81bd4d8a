"""The portal page at /service: a customer calls for service and sees how the calls stand."""

from __future__ import annotations

import frappe
from frappe import _

from mps_module.fleet.access import customers_of
from mps_module.service import intake, portal_calls

no_cache = 1
sitemap = 0


def get_context(context) -> None:
    """Devices and calls of the signed-in user's customers. Guests are sent to the login, a sticker's device with them."""
    device = frappe.form_dict.get("device") or ""
    if frappe.session.user == "Guest":
        target = f"/service?device={frappe.utils.quoted(device)}" if device else "/service"
        frappe.local.flags.redirect_location = f"/login?redirect-to={frappe.utils.quoted(target)}"
        raise frappe.Redirect(302)
    customers = customers_of(frappe.session.user)
    context.update(
        title=_("Service"),
        show_sidebar=False,
        known=bool(customers),
        several=len(customers) > 1,
        units=portal_calls.units(customers),
        calls=portal_calls.calls(customers),
        problems=intake.codes(),
        chosen=f"Device:{device}" if device else "",
    )
