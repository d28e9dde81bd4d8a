"""Where Frappe and ERPNext of version 15 and 16 differ."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.utils import getdate


def books_frozen_through(company: str) -> date | None:
    """Last day on which accounts are frozen: a field of the company in v16, one for all in Accounts Settings in v15."""
    per_company = "accounts_frozen_till_date"
    if frappe.get_meta("Company").has_field(per_company):
        day = frappe.get_cached_value("Company", company, per_company)
    else:
        for_all = frappe.get_cached_doc("Accounts Settings").as_dict()
        day = for_all.get("acc_frozen_upto")
    return getdate(day) if day else None
