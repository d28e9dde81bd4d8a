"""A call fills itself in: what it is for, whose it is, contract, coverage, class, problem, type, what it repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate

from mps_module.engine.call_text import plain_text, problem_of
from mps_module.fleet.ledger import NO_LIMIT
from mps_module.service import calls, coverage, find
from mps_module.service.clock import is_ours

if TYPE_CHECKING:
    from frappe.model.document import Document

DECIDING = ("mps_device", "mps_asset", "mps_unit_label", "customer", "opening_date")
"""Fields that coverage depends on."""
USUAL = "Break/Fix"


def fill(doc: Document) -> None:
    """Before a call is validated. A call that is for nothing of the fleet costs at most two queries when it is new, none
    later."""
    new = doc.is_new()
    unread = new or doc.flags.mps_read_again
    if unread and not _named(doc):
        _read_text(doc)
    if not _named(doc):
        if not new and doc.get("mps_coverage_note") and _changed(doc):
            _forget(doc)
        return
    if doc.mps_device:
        _from_device(doc)
    if new or not doc.mps_coverage_labour or _changed(doc):
        cover(doc)
    if unread:
        _suggest(doc)
        doc.mps_callback_of = doc.mps_callback_of or calls.repeats(doc)
    doc.mps_board = doc.mps_board or "To Assign"


def _named(doc: Document) -> bool:
    return bool(doc.get("mps_device") or doc.get("mps_asset") or doc.get("mps_unit_label"))


def _changed(doc: Document) -> bool:
    return any(doc.has_value_changed(name) for name in DECIDING)


def _read_text(doc: Document) -> None:
    """Serial number, tag, id or sticker in subject and text; else the only thing that the customer has."""
    text = _text(doc)
    device, asset, others = find.one_in(text, doc.customer or _customer_of(doc))
    doc.mps_device, doc.mps_asset = device or None, asset or None
    if others:
        doc.mps_coverage_note = _("It could be for {0}: choose one.").format(", ".join(others[:5]))
    elif not _named(doc) and doc.customer and problem_of(text, codes()) == "SOFTWARE":
        seats = find.seats_of([doc.customer])
        if len(seats) == 1:
            doc.mps_unit_label = seats[0].unit_label


def _text(doc: Document) -> str:
    """Subject and description without mark-up and without the mail that it answers."""
    return f"{doc.subject or ''}\n{plain_text(doc.description or '')}"


def _customer_of(doc: Document) -> str:
    """Whose contact wrote it; the ERP finds that out only after us."""
    if not doc.raised_by:
        return ""
    contact = frappe.db.get_value("Contact", {"email_id": doc.raised_by}, "name", order_by="creation")
    if not contact:
        return ""
    return (
        frappe.db.get_value(
            "Dynamic Link",
            {"parent": contact, "parenttype": "Contact", "link_doctype": "Customer"},
            "link_name",
            order_by="idx",
        )
        or ""
    )


def _from_device(doc: Document) -> None:
    row = frappe.db.get_value("MPS Device", doc.mps_device, ["customer", "contact", "company"], as_dict=True)
    if not row:
        return
    doc.customer = doc.customer or row.customer
    doc.contact = doc.contact or (row.contact if doc.customer == row.customer else None)
    doc.company = doc.company or row.company


def cover(doc: Document) -> None:
    """Decide who pays, as of the day on which the call was opened."""
    made = coverage.decision(coverage.unit_of(doc), getdate(doc.opening_date))
    changed = doc.mps_contract != (made.contract or None)
    doc.mps_contract = made.contract or None
    doc.customer = doc.customer or made.customer or None
    doc.update({f"mps_coverage_{kind}": payer for kind, payer in made.payers.items()})
    doc.mps_coverage_note = made.note
    if made.customer and doc.customer and made.customer != doc.customer:
        doc.mps_coverage_note += "\n" + _("The contract is with {0}, the call is from {1}.").format(
            made.customer, doc.customer
        )
    if changed or not doc.mps_sla:
        doc.mps_sla = made.sla or None


def _forget(doc: Document) -> None:
    doc.update({"mps_contract": None, "mps_sla": None, "mps_coverage_note": None})
    doc.update({f"mps_coverage_{kind}": None for kind in coverage.KINDS})


def _suggest(doc: Document) -> None:
    if not doc.mps_problem_code:
        doc.mps_problem_code = problem_of(_text(doc), codes()) or None
    if not doc.issue_type:
        kind = "Supplies" if doc.mps_problem_code == "SUPPLY" else USUAL
        doc.issue_type = kind if frappe.db.exists("Issue Type", kind) else None


def codes() -> dict[str, str]:
    """Problem codes in use -> their descriptions."""
    rows = frappe.get_all(
        "MPS Service Code",
        {"kind": "Problem", "disabled": 0},
        ["name", "description"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.name: row.description or "" for row in rows}


def mail_came(mail: Any) -> None:
    """A mail that made a call, or answers in one that names no device yet: what it says is read.

    The ERP makes the Issue of a mail first, with the subject alone; the text comes with the Communication.
    """
    fields = ["mps_device", "mps_asset", "mps_unit_label", "description", "status"]
    row = frappe.db.get_value("Issue", mail.reference_name, fields, as_dict=True)
    if not row or is_ours(row) or row.status == "Closed":
        return
    if not any(char.isdigit() for char in plain_text(mail.content or "")):
        return
    doc = frappe.get_doc("Issue", mail.reference_name)
    written = doc.description
    doc.description = mail.content
    doc.flags.mps_read_again = True
    fill(doc)
    doc.description = written or mail.content
    if not _named(doc) and not doc.mps_coverage_note:
        return
    doc.flags.ignore_permissions = True
    doc.flags.ignore_mandatory = True
    doc.save()
