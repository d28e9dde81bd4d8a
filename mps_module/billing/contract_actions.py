"""What can be done to a Click Contract, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import add_months, formatdate, getdate

from mps_module.billing.contracts import compare_versions, load_contracts, version_of
from mps_module.engine.contract import LineKind
from mps_module.engine.schedule import due_periods

if TYPE_CHECKING:
    from frappe.model.document import Document


def activate(doc: Document) -> str:
    """Draft or suspended -> active, once there is something to bill."""
    versions = frappe.get_all(
        "Click Contract Version",
        filters={"contract": doc.name, "docstatus": 1},
        pluck="name",
        order_by="name",
        limit=1,
    )
    if not versions:
        frappe.throw(_("Submit a version of contract {0} first: it has no prices yet.").format(doc.name))
    kinds = frappe.get_all(
        "Click Contract Line", filters={"parent": versions[0]}, pluck="kind", order_by="idx", limit=500
    )
    if not doc.covers and set(kinds) != {LineKind.FLAT.value}:
        frappe.throw(_("Contract {0} covers no unit yet: add devices or seats first.").format(doc.name))
    return set_status(doc, "Active")


def set_status(doc: Document, status: str) -> str:
    doc.status = status
    doc.save()
    return status


def end(doc: Document, end_date: str) -> str:
    """The contract's last covered day; refuses a day that lies before what was billed in advance."""
    last = getdate(end_date)
    if last < getdate(doc.start_date):
        frappe.throw(_("End {0} lies before start {1}.").format(formatdate(last), formatdate(doc.start_date)))
    doc.end_date = last
    for row in doc.covers:
        if row.end_date and getdate(row.end_date) > last:
            row.end_date = last
    doc.save()
    return str(last)


def renew(doc: Document, months: int) -> str:
    """The end moves by `months`, from the present end."""
    if not doc.end_date:
        frappe.throw(_("Contract {0} has no end: there is nothing to renew.").format(doc.name))
    if months < 1:
        frappe.throw(_("Renew by at least one month."))
    # Through the day after, so that a contract to 28 February is renewed to the end of the month.
    after = add_months(frappe.utils.add_days(getdate(doc.end_date), 1), months)
    doc.end_date = frappe.utils.add_days(after, -1)
    if doc.status == "Ended":
        doc.status = "Active"
    doc.save()
    return str(doc.end_date)


def amend(contract: str, effective_date: str, reason: str = "") -> str:
    """A draft version that copies the one in force on `effective_date`."""
    source = frappe.get_all(
        "Click Contract Version",
        filters={"contract": contract, "docstatus": 1, "effective_date": ["<=", effective_date]},
        pluck="name",
        order_by="effective_date desc",
        limit=1,
    )
    if not source:
        frappe.throw(
            _("No version of {0} is in force on {1} to amend.").format(contract, formatdate(effective_date))
        )
    draft = frappe.copy_doc(frappe.get_doc("Click Contract Version", source[0]))
    draft.docstatus = 0
    for row in draft.get_all_children():
        row.docstatus = 0
    draft.effective_date = effective_date
    draft.reason = reason
    draft.insert()
    return draft.name


def changes(doc: Document) -> list[dict[str, str]]:
    """Side by side with the version that was in force the day before."""
    before = frappe.get_all(
        "Click Contract Version",
        filters={
            "contract": doc.contract,
            "docstatus": 1,
            "effective_date": ["<", doc.effective_date],
            "name": ["!=", doc.name],
        },
        pluck="name",
        order_by="effective_date desc",
        limit=1,
    )
    if not before:
        return []
    old, new = (engine_version(one) for one in (frappe.get_doc("Click Contract Version", before[0]), doc))
    return [{"what": what, "old": was, "new": now} for what, was, now in compare_versions(old, new)]


def engine_version(doc: Document):
    return version_of(doc.as_dict(), [r.as_dict() for r in doc.lines], [r.as_dict() for r in doc.tiers])


def add_devices(doc: Document, start_date: str, group_label: str = "") -> int:
    """Cover rows for the customer's installed devices that no running contract covers from `start_date` on."""
    device, cover, contract = (
        frappe.qb.DocType(n) for n in ("MPS Device", "Click Contract Cover", "Click Contract")
    )
    covered = (
        frappe.qb.from_(cover)
        .join(contract)
        .on(contract.name == cover.parent)
        .select(cover.device)
        .where(cover.device.isnotnull())
        .where(contract.status != "Ended")
        .where(cover.end_date.isnull() | (cover.end_date >= start_date))
    )
    free = (
        frappe.qb.from_(device)
        .select(device.name)
        .where(device.customer == doc.customer)
        .where(device.status == "Installed")
        .where(device.name.notin(covered))
        .orderby(device.name)
        .limit(10_000)
    ).run(pluck=True)
    for name in free:
        doc.append(
            "covers",
            {
                "unit_kind": "Device",
                "device": name,
                "start_date": start_date,
                "quantity": 1,
                "group_label": group_label,
            },
        )
    if free:
        doc.save()
    return len(free)


def end_finished_contracts() -> None:
    """Daily: active contracts whose last bill is out end; those that renew by themselves are renewed."""
    today = getdate()
    over = frappe.get_all(
        "Click Contract",
        filters={"status": "Active", "end_date": ["<", today]},
        fields=["name", "auto_renew", "renewal_months", "billed_through"],
        order_by="name",
        limit=10_000,
    )
    agreed = load_contracts([row.name for row in over])
    for row in over:
        doc = frappe.get_doc("Click Contract", row.name)
        if row.auto_renew:
            renew(doc, row.renewal_months or 12)
        elif row.name in agreed and not due_periods(agreed[row.name], row.billed_through, today):
            set_status(doc, "Ended")
