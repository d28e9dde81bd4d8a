"""What the desk shows of a billing run: its bills, worst money first."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Count, Sum

from mps_module.billing.bills import with_parts

WORST = ("Failed", "Blocked", "Flagged", "Part Cancelled", "Accepted", "Ready", "Invoiced")
COLUMNS = (
    "name", "contract", "customer", "due_date", "status", "total", "last_total", "difference", "at_stake", "currency",
    "reason", "error", "estimate_share", "accept_reason", "base_from", "base_to", "overage_from", "overage_to",
)  # fmt: skip


def page(run: str, state: str, search: str, order: str, start: int, limit: int) -> dict[str, Any]:
    """One page of bills, the counts and sums by state."""
    bill, contract = frappe.qb.DocType("Click Bill"), frappe.qb.DocType("Click Contract")
    rank = Case()
    for number, name in enumerate(WORST):
        rank = rank.when(bill.status == name, number)
    query = (
        frappe.qb.from_(bill)
        .join(contract)
        .on(contract.name == bill.contract)
        .select(*(bill[column] for column in COLUMNS), contract.title, contract.customer_name)
        .where(bill.run == run)
        .where(bill.status.notin(("Released", "Credited")))
    )
    if state:
        query = query.where(bill.status == state)
    if search:
        like = f"%{search}%"
        query = query.where(
            bill.contract.like(like) | contract.title.like(like) | contract.customer_name.like(like)
        )
    desc = frappe.qb.desc
    if order == "worst":
        query = query.orderby(rank.else_(len(WORST))).orderby(bill.at_stake, order=desc)
    elif order in ("total", "difference", "at_stake"):
        query = query.orderby(bill[order], order=desc)
    query = query.orderby(bill.total, order=desc).orderby(bill.name)
    rows = query.offset(max(start, 0)).limit(min(max(limit, 1), 500)).run(as_dict=True)
    parts = with_parts(rows)
    for row in rows:
        row.invoices = [p.sales_invoice for p in parts[row.name] if not p.cancelled]
    return {"rows": rows, "states": states(run)}


def states(run: str) -> list[dict[str, Any]]:
    """How many bills there are in each state."""
    bill = frappe.qb.DocType("Click Bill")
    rows = (
        frappe.qb.from_(bill)
        .select(bill.status, Count(bill.name).as_("count"), Sum(bill.at_stake).as_("at_stake"))
        .where(bill.run == run)
        .where(bill.status.notin(("Released", "Credited")))
        .groupby(bill.status)
        .limit(20)
    ).run(as_dict=True)
    return sorted(rows, key=lambda row: WORST.index(row.status) if row.status in WORST else len(WORST))
