"""What a Click Contract and its versions must fulfil before they are saved: clear messages, row by row."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import add_days, cstr, formatdate, getdate

from mps_module.billing.contracts import contract_of, version_of
from mps_module.billing.units import unit_of
from mps_module.engine.result import Finding, Severity
from mps_module.engine.validate import validate_contract

if TYPE_CHECKING:
    from frappe.model.document import Document

FAR = date(9999, 12, 31)


def fill_defaults(doc: Document) -> None:
    """Currency from the customer, else the company."""
    if not doc.currency and doc.customer:
        doc.currency = frappe.get_cached_value("Customer", doc.customer, "default_currency")
    if not doc.currency and doc.company:
        doc.currency = frappe.get_cached_value("Company", doc.company, "default_currency")
    for row in doc.covers:
        row.start_date = row.start_date or doc.start_date
        row.quantity = row.quantity or 1


def check_contract(doc: Document) -> None:
    """Dates in order, each unit named, no unit covered twice on one day."""
    if doc.end_date and getdate(doc.end_date) < getdate(doc.start_date):
        frappe.throw(
            _("End {0} lies before start {1}.").format(formatdate(doc.end_date), formatdate(doc.start_date))
        )
    for row in doc.covers:
        check_cover(doc, row)
    check_overlaps(doc)
    check_other_contracts(doc)


def check_cover(doc: Document, row: Document) -> None:
    """One cover row by itself."""
    if row.unit_kind == "Device" and not row.device:
        frappe.throw(_("Covered units, row {0}: choose a device.").format(row.idx))
    if row.unit_kind != "Device" and not (row.asset or row.unit_label):
        frappe.throw(_("Covered units, row {0}: give the seat block or asset a name.").format(row.idx))
    if row.end_date and getdate(row.end_date) < getdate(row.start_date):
        frappe.throw(
            _("Covered units, row {0}: To {1} lies before From {2}.").format(
                row.idx, formatdate(row.end_date), formatdate(row.start_date)
            )
        )
    if row.unit_kind == "Device" and row.quantity != 1:
        frappe.throw(_("Covered units, row {0}: a device counts 1, not {1}.").format(row.idx, row.quantity))
    try:
        unit_of(row.as_dict(), {})
    except ValueError as error:
        frappe.throw(_("Covered units: {0}").format(cstr(error)))


def days_of(doc: Document, row: Document) -> tuple[date, date]:
    """First and last covered day; open covers end with the contract."""
    end = row.end_date or doc.end_date
    return getdate(row.start_date), getdate(end) if end else FAR


def check_overlaps(doc: Document) -> None:
    """A unit may stand in several rows (after a move) as long as no day is covered twice."""
    seen: dict[str, list[tuple[date, date, int]]] = {}
    for row in doc.covers:
        unit = row.device or row.asset or row.unit_label
        start, end = days_of(doc, row)
        for other_start, other_end, idx in seen.get(unit, []):
            if start <= other_end and other_start <= end:
                frappe.throw(
                    _(
                        "Covered units, row {0}: {1} is covered in row {2} too on {3}. End the earlier row first."
                    ).format(row.idx, frappe.bold(unit), idx, formatdate(max(start, other_start)))
                )
        seen.setdefault(unit, []).append((start, end, row.idx))


def check_other_contracts(doc: Document) -> None:
    """A device is billed by one contract on any day."""
    devices = {row.device: row for row in doc.covers if row.device}
    if not devices:
        return
    cover, contract = frappe.qb.DocType("Click Contract Cover"), frappe.qb.DocType("Click Contract")
    others = (
        frappe.qb.from_(cover)
        .join(contract)
        .on(contract.name == cover.parent)
        .select(
            cover.device,
            cover.start_date,
            cover.end_date,
            contract.end_date.as_("contract_end"),
            contract.name,
        )
        .where(cover.device.isin(list(devices)))
        .where(contract.name != (doc.name or ""))
        .where(contract.status != "Ended")
        .orderby(cover.device)
        .limit(10_000)
    ).run(as_dict=True)
    for other in others:
        row = devices[other.device]
        start, end = days_of(doc, row)
        ends = [getdate(day) for day in (other.end_date, other.contract_end) if day]
        if start <= (min(ends) if ends else FAR) and getdate(other.start_date) <= end:
            frappe.throw(
                _(
                    "Covered units, row {0}: device {1} is covered by contract {2} on {3} already. End its cover there, or "
                    "start here a day later."
                ).format(
                    row.idx,
                    frappe.bold(row.device),
                    frappe.utils.get_link_to_form("Click Contract", other.name),
                    formatdate(max(start, getdate(other.start_date))),
                )
            )


def check_version(doc: Document) -> None:
    """The engine's own checks on the version within its contract; anything that would bill wrong stops the save."""
    same_day = frappe.get_all(
        "Click Contract Version",
        filters={
            "contract": doc.contract,
            "effective_date": doc.effective_date,
            "docstatus": ["<", 2],
            "name": ["!=", doc.name or ""],
        },
        pluck="name",
        order_by="name",
        limit=1,
    )
    if same_day:
        frappe.throw(
            _("Version {0} takes effect on {1} too: amend that one, or choose another day.").format(
                same_day[0], formatdate(doc.effective_date)
            )
        )
    head = frappe.get_doc("Click Contract", doc.contract)
    known = {row.line_id for row in doc.lines}
    for tier in doc.tiers:
        if tier.line_id not in known:
            frappe.throw(
                _("Tiers, row {0}: there is no line {1}.").format(tier.idx, frappe.bold(tier.line_id))
            )
    try:
        version = version_of(
            doc.as_dict(), [r.as_dict() for r in doc.lines], [r.as_dict() for r in doc.tiers]
        )
    except ValueError as error:
        frappe.throw(cstr(error))
    report(validate_contract(contract_of(head.as_dict(), [version])))


def report(findings: list[Finding]) -> None:
    """Blocking findings stop the save; the rest is said."""
    blocking = [f for f in findings if f.severity is Severity.BLOCK]
    if blocking:
        frappe.throw(
            [f"{f.message}. {f.todo}".strip() for f in blocking],
            title=_("This version cannot be billed"),
            as_list=True,
        )
    for finding in findings:
        frappe.msgprint(f"{finding.message}. {finding.todo}".strip(), indicator="orange", alert=True)


def next_version_number(contract: str) -> int:
    """One more than the highest number so far."""
    last = frappe.get_all(
        "Click Contract Version",
        filters={"contract": contract},
        pluck="version",
        order_by="version desc",
        limit=1,
    )
    return (last[0] if last else 0) + 1


def refuse_if_billed(doc: Document) -> None:
    """A version that bills rest on stays; amend it by a further version."""
    billed_through = frappe.db.get_value("Click Contract", doc.contract, "billed_through")
    if billed_through and getdate(doc.effective_date) <= add_days(getdate(billed_through), -1):
        frappe.throw(
            _(
                "Contract {0} is billed through {1}, and this version took effect before. Amend the contract by a further "
                "version, or cancel those invoices first."
            ).format(doc.contract, formatdate(billed_through))
        )


def refuse_deletion(doc: Document) -> None:
    if doc.billed_through:
        frappe.throw(_("Contract {0} has been billed: end it instead of deleting it.").format(doc.name))
