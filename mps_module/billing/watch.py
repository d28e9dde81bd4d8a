"""Every day: what people should know before it costs something. Each thing is told once, to the role of MPS Settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.desk.doctype.notification_log.notification_log import make_notification_logs
from frappe.utils import add_days, formatdate, getdate

from mps_module.billing.contracts import load_contracts
from mps_module.billing.outlook import pool_uses, wanted_reads
from mps_module.billing.posted import MOST

DOCTYPE = "Click Contract"
LEVELS = (100, 80)
"""Percent of an allowance at which people are told."""
AHEAD = timedelta(days=7)
"""Missing reads are told when their bill falls due within this time, or fell due already."""

Told = tuple[str, str]  # contract, subject


def daily() -> None:
    """Scheduler: notices due, allowances nearly used, estimates in a row."""
    tell(news(getdate()))


def news(today: date) -> list[Told]:
    """Everything worth telling on a day."""
    heads = frappe.get_all(
        DOCTYPE,
        filters={"status": "Active"},
        fields=[
            "name",
            "customer",
            "customer_name",
            "end_date",
            "notice_days",
            "auto_renew",
            "renewal_months",
        ],
        order_by="name",
        limit=MOST,
    )
    names = [row.name for row in heads]
    customers = {row.name: row.customer_name or row.customer for row in heads}
    return [
        *notices(heads, today),
        *allowances(names, customers, today),
        *estimates(names, customers, today),
    ]


def notices(heads: Iterable[Any], today: date) -> Iterator[Told]:
    """Contracts whose notice has come due and that have not ended yet."""
    for row in heads:
        if not row.end_date or not row.notice_days:
            continue
        end = getdate(row.end_date)
        if getdate(add_days(end, -row.notice_days)) <= today <= end:
            text = _("{0} of {1} ends on {2}: it renews by itself unless notice is given")
            if not row.auto_renew:
                text = _("{0} of {1} ends on {2}: renew it, or plan its last reads")
            yield row.name, text.format(row.name, row.customer_name or row.customer, formatdate(end))


def allowances(names: Sequence[str], customers: dict[str, str], today: date) -> Iterator[Told]:
    """Pools of which most is used before their period is over."""
    for use in pool_uses(names, today - timedelta(days=1)):
        level = next((level for level in LEVELS if use.percent >= level), None)
        if level:
            text = _("{0} of {1}: {2} % of the allowance of {3} ({4}) are used before {5}")
            yield (
                use.contract,
                text.format(
                    use.contract,
                    customers[use.contract],
                    level,
                    use.description,
                    f"{use.allowance:,.0f}",
                    formatdate(use.period.end),
                ),
            )


def estimates(names: Sequence[str], customers: dict[str, str], today: date) -> Iterator[Told]:
    """Meters whose next estimate is the last one allowed, or one too many."""
    agreed = load_contracts(names)
    found: dict[tuple[str, date], None] = {}
    for one in wanted_reads(names, today + AHEAD):
        limit = agreed[one.contract].version_on(one.closes).rules.estimates.max_in_row
        if one.in_row > 1 and one.in_row >= limit:
            found[one.contract, one.closes] = None
    for contract, closes in found:
        text = _(
            "{0} of {1}: meters are estimated bill after bill; without a read for {2} the contract is blocked"
        )
        yield contract, text.format(contract, customers[contract], formatdate(closes))


def tell(news: Sequence[Told]) -> int:
    """Notify the people of the settings' role, each of them once. Returns how many things were new."""
    people = readers()
    if not people or not news:
        return 0
    known = set(
        frappe.get_all(
            "Notification Log",
            filters={"document_type": DOCTYPE, "document_name": ["in", sorted({name for name, _s in news})]},
            fields=["document_name", "subject"],
            order_by="name",
            limit=MOST,
            as_list=True,
        )
    )
    new = [one for one in dict.fromkeys(news) if one not in known]
    for name, subject in new:
        make_notification_logs(
            frappe._dict(
                type="Alert",
                document_type=DOCTYPE,
                document_name=name,
                subject=subject,
                from_user=frappe.session.user,
            ),
            people,
        )
    return len(new)


def readers() -> list[str]:
    """Enabled users of the role that MPS Settings names; MPS Manager where it names none."""
    role = frappe.get_cached_doc("MPS Settings").notify_role or "MPS Manager"
    holder, user = frappe.qb.DocType("Has Role"), frappe.qb.DocType("User")
    return (
        frappe.qb.from_(holder)
        .join(user)
        .on(user.name == holder.parent)
        .select(user.name)
        .where((holder.role == role) & (holder.parenttype == "User") & (user.enabled == 1))
        .where(user.name.notin(["Administrator", "Guest"]))
        .orderby(user.name)
        .limit(MOST)
    ).run(pluck=True)
