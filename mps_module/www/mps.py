"""The technicians' phone app at /mps: a plain page, for whoever is logged in to the ERP."""

from __future__ import annotations

import frappe
from frappe.utils.jinja_globals import is_rtl

from mps_module.stock import phone_page

no_cache = 1
sitemap = 0


def get_context(context) -> None:
    """What the page is rendered with. Guests are sent to the ERP's own login and come back here."""
    if frappe.session.user == "Guest":
        frappe.local.flags.redirect_location = "/login?redirect-to=/mps"
        raise frappe.Redirect(302)
    context.update(
        boot=phone_page.boot(),
        build=phone_page.build(),
        assets=phone_page.import_map(),
        style=phone_page.versioned("app.css"),
        script=phone_page.versioned("app.js"),
        lang=frappe.local.lang,
        direction="rtl" if is_rtl() else "ltr",
    )
    # The token made for this page must outlive the request, and a GET is not committed by Frappe.
    frappe.db.commit()
