"""On which day an invoice is posted: the bill's own, or the first day on which the books are open again."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.utils import getdate

from mps_module.compat import books_frozen_through


def posting_date(company: str, due: date) -> date:
    """The bill's date while its period is open, else today.

    Where today is closed too, the ERP refuses the invoice and the bill is listed as failed until the period is opened.
    """
    return getdate() if is_closed(company, due) else due


def is_closed(company: str, day: date) -> bool:
    """Whether the ERP takes no Sales Invoice of that day: frozen accounts, a closed year, or a closed period."""
    frozen = books_frozen_through(company)
    if frozen and day <= frozen:
        return True
    closing = frappe.get_all(
        "Period Closing Voucher",
        filters={"company": company, "docstatus": 1, "period_end_date": [">=", day]},
        pluck="name",
        order_by="name",
        limit=1,
    )
    return bool(closing) or in_closed_period(company, day)


def in_closed_period(company: str, day: date) -> bool:
    period, closed = frappe.qb.DocType("Accounting Period"), frappe.qb.DocType("Closed Document")
    return bool(
        frappe.qb.from_(period)
        .join(closed)
        .on(closed.parent == period.name)
        .select(period.name)
        .where(period.company == company)
        .where(closed.document_type == "Sales Invoice")
        .where(closed.closed == 1)
        .where(period.start_date <= day)
        .where(period.end_date >= day)
        .orderby(period.name)
        .limit(1)
        .run()
    )
