"""Where Frappe and ERPNext of version 15 and 16 differ."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.utils import getdate


def books_frozen_through(company: str) -> date | None:
    """Last day on which accounts are frozen: a field of the company in v16, one for all in Accounts Settings in v15."""
    if frappe.get_meta("Company").has_field("accounts_frozen_till_date"):
        day = frappe.get_cached_value("Company", company, "accounts_frozen_till_date")
    else:
        day = frappe.get_cached_doc("Accounts Settings").get("acc_frozen_upto")
    return getdate(day) if day else None
