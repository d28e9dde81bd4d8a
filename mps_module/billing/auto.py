"""Billing by itself: runs made by the schedule, what is ready invoiced, the rest told to people."""

from __future__ import annotations

from collections.abc import Mapping

import frappe
from frappe import _
from frappe.desk.doctype.notification_log.notification_log import enqueue_create_notification
from frappe.utils import add_days, add_to_date, now_datetime, nowdate

from mps_module.billing import prepare, run
from mps_module.billing.contracts import NO_LIMIT

RUN = "Click Billing Run"
STALLED_MINUTES = 30


def daily() -> None:
    """Scheduler: one run a company for what has fallen due, where the settings ask for it."""
    settings = frappe.get_cached_doc("MPS Settings")
    if not settings.auto_run:
        return
    through = add_days(nowdate(), -int(settings.lag_days or 0))
    companies = frappe.get_all(
        "Click Contract",
        filters={"status": "Active"},
        pluck="company",
        distinct=True,
        order_by="company",
        limit=NO_LIMIT,
    )
    for company in companies:
        build(company, through, settings.invoice_mode or "Draft")


def build(company: str, through: str, mode: str) -> str | None:
    """The company's scheduled run, prepared up to `through`; None: nothing is due. A run that waits is carried on."""
    wanted = frappe._dict(
        company=company, through=through, contract=None, customer=None, customer_group=None, territory=None
    )
    due, _norms = prepare.due_contracts(wanted)
    if not due:
        return None
    waiting = frappe.get_all(
        RUN,
        filters={"company": company, "by_schedule": 1, "status": ["in", ("Draft", "Review")]},
        pluck="name",
        order_by="creation desc",
        limit=1,
    )
    if waiting:
        doc = frappe.get_doc(RUN, waiting[0])
        doc.db_set({"through": through, "invoice_mode": mode})
    else:
        doc = frappe.get_doc(
            {"doctype": RUN, "company": company, "through": through, "invoice_mode": mode, "by_schedule": 1}
        ).insert(ignore_permissions=True)
    run.start_preparing(doc)
    return doc.name


def step_done(name: str, prepared: bool, counts: Mapping[str, float]) -> None:
    """After each step of a scheduled run: go on with what is ready, tell the rest."""
    doc = frappe.get_doc(RUN, name)
    if not doc.by_schedule:
        return
    if prepared and counts["ready"] and frappe.get_cached_doc("MPS Settings").auto_submit:
        run.start_invoicing(doc)
        return
    if doc.status == "Review":
        tell(doc, counts)


def tell(doc: Mapping, counts: Mapping[str, float]) -> None:
    """A notification for everybody of the settings' role."""
    role = frappe.get_cached_doc("MPS Settings").notify_role
    if not role:
        return
    people = frappe.get_all(
        "Has Role",
        filters={"role": role, "parenttype": "User", "parent": ["not in", ("Administrator", "Guest")]},
        pluck="parent",
        order_by="parent",
        limit=NO_LIMIT,
    )
    enabled = frappe.get_all(
        "User", filters={"name": ["in", people], "enabled": 1}, pluck="name", order_by="name", limit=NO_LIMIT
    )
    if not enabled:
        return
    subject = _("Billing run {0} waits for you: {1}").format(frappe.bold(doc.name), run.summary(counts))
    enqueue_create_notification(
        enabled,
        {
            "type": "Alert",
            "document_type": RUN,
            "document_name": doc.name,
            "subject": subject,
            "from_user": frappe.session.user,
        },
    )


def resume_stalled() -> None:
    """Scheduler: runs whose workers were lost go on where they stopped."""
    names = frappe.get_all(
        RUN,
        filters={
            "status": ["in", ("Preparing", "Invoicing")],
            "modified": ["<", add_to_date(now_datetime(), minutes=-STALLED_MINUTES)],
        },
        pluck="name",
        order_by="name",
        limit=NO_LIMIT,
    )
    for name in names:
        run.resume(frappe.get_doc(RUN, name))
