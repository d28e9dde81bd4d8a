"""What was sold and what is covered: invoice rows on their side of the business, units of contracts on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder import DocType
from frappe.utils import getdate

from mps_module.billing.contracts import NO_LIMIT
from mps_module.billing.terms import exact
from mps_module.engine.contract import LineKind
from mps_module.service.facts import Span, limited

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sold:
    """One invoice row: when, to whom, under which contract, which side of the business, how much."""

    month: str
    customer: str
    contract: str
    side: str
    amount: Decimal


@dataclass(slots=True)
class Covered:
    """Units of one contract on a day, and whether it ever covered a device."""

    seats: Decimal = ZERO
    assets: int = 0
    devices: int = 0
    prints: bool = False


def covered(contracts: Iterable[str], day: date) -> dict[str, Covered]:
    """What contracts cover on a day. One query."""
    found = {name: Covered() for name in contracts}
    rows = frappe.get_all(
        "Click Contract Cover",
        {"parent": ["in", [*found, ""]], "parenttype": "Click Contract"},
        ["parent", "unit_kind", "quantity", "start_date", "end_date"],
        order_by="parent, idx",
        limit=NO_LIMIT,
    )
    for row in rows:
        one = found[row.parent]
        one.prints |= row.unit_kind == "Device"
        if (row.start_date and getdate(row.start_date) > day) or (
            row.end_date and getdate(row.end_date) < day
        ):
            continue
        if row.unit_kind == "Seat":
            one.seats += exact(row.quantity)
        elif row.unit_kind == "Asset":
            one.assets += 1
        else:
            one.devices += 1
    return found


def sales(span: Span, covers: Mapping[str, Covered]) -> list[Sold]:
    """Rows of submitted Sales Invoices and returns in the span, each on its side. Four queries."""
    invoice, item, good = DocType("Sales Invoice"), DocType("Sales Invoice Item"), DocType("Item")
    query = (
        frappe.qb.from_(item)
        .join(invoice)
        .on(invoice.name == item.parent)
        .left_join(good)
        .on(good.name == item.item_code)
        .select(
            invoice.name, invoice.return_against, invoice.posting_date, invoice.customer, invoice.mps_contract,
            invoice.mps_click_bill, item.mps_line_id, item.base_net_amount, good.is_stock_item,
        )
        .where(invoice.docstatus == 1)
        .where(invoice.is_opening != "Yes")
        .where(invoice.posting_date.between(span.start, span.end))
        .orderby(invoice.posting_date, invoice.name, item.idx)
        .limit(NO_LIMIT)
    )  # fmt: skip
    rows = limited(query, invoice, span).run(as_dict=True)
    calls = calls_invoiced(
        {row.name for row in rows} | {row.return_against for row in rows if row.return_against}
    )
    seats = seat_lines({row.mps_contract for row in rows if row.mps_contract})
    found = []
    for row in rows:
        called = calls.get(row.name, calls.get(row.return_against))  # "": under no contract
        contract = row.mps_contract or called or ""
        if called is not None:
            side = "calls"
        elif row.mps_contract:
            seat = (row.mps_contract, row.mps_line_id) in seats
            known = covers.get(row.mps_contract)
            side = "msp" if seat or (known is not None and not known.prints) else "mps"
        elif row.is_stock_item:
            continue
        else:
            side = "other"
        month = f"{row.posting_date.year}-{row.posting_date.month:02}"
        found.append(Sold(month, row.customer, contract, side, exact(row.base_net_amount)))
    return found


def calls_invoiced(names: Iterable[str]) -> dict[str, str]:
    """Sales Invoice for time and material -> contract of its visit ("" for none)."""
    rows = frappe.get_all(
        "Maintenance Visit",
        {"mps_sales_invoice": ["in", [*names, ""]], "docstatus": 1},
        ["mps_sales_invoice", "mps_contract"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.mps_sales_invoice: row.mps_contract or "" for row in rows if row.mps_sales_invoice}


def seat_lines(contracts: Iterable[str]) -> set[tuple[str, str]]:
    """(contract, line) of every seat line."""
    line, version = DocType("Click Contract Line"), DocType("Click Contract Version")
    rows = (
        frappe.qb.from_(line)
        .join(version)
        .on(version.name == line.parent)
        .select(version.contract, line.line_id)
        .where(version.contract.isin([*contracts, ""]))
        .where(version.docstatus == 1)
        .where(line.kind == LineKind.SEAT.value)
        .orderby(version.contract, line.line_id)
        .limit(NO_LIMIT)
    ).run()
    return set(rows)
