"""Work that the warranty pays: the ERP's Warranty Claim of the call, raised with the visit and kept true to its visits.

Labour and parts under warranty bring no bill; what brings the money back is the claim at the maker. So nobody has to
remember it: a visit on which the warranty paid for something raises the claim, and it says what was found, done and used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import escape_html, format_date, get_datetime, getdate

from mps_module.engine.coverage import Kind, Source
from mps_module.service import aftercare, coverage, desk_visit
from mps_module.stock.entries import plain

if TYPE_CHECKING:
    from frappe.model.document import Document

CLAIM, VISIT = "Warranty Claim", "Maintenance Visit"
OPEN, RUNNING, CLOSED, CANCELLED = "Open", "Work In Progress", "Closed", "Cancelled"
SAVEPOINT = "mps_claim"


def of(issue: str) -> str:
    """The claim of a call; empty: none."""
    return (
        frappe.db.get_value(CLAIM, {"mps_issue": issue, "status": ("!=", CANCELLED)}, order_by="creation")
        or ""
    )


def raise_for(issue: str) -> str:
    """The claim of a call, made where there is none. Whoever calls has checked the rights.

    Raises:
        frappe.ValidationError: the call names no device or no customer.
    """
    known = of(issue)
    if known:
        return known
    call = frappe.get_doc("Issue", issue)
    if not call.mps_device or not call.customer:
        frappe.throw(_("A claim needs the call's device and customer."))
    device = frappe.get_cached_doc("MPS Device", call.mps_device)
    opened, until = getdate(call.opening_date), _until(call.mps_device)
    stands = until is not None and opened <= until
    doc = frappe.new_doc(CLAIM)
    doc.update(
        {
            "customer": call.customer,
            "company": call.company or device.company,
            "contact_person": call.contact,
            "customer_address": device.customer_address,
            "complaint_date": opened,
            "complaint": call.description or escape_html(call.subject),
            "serial_no": device.serial_no,
            "item_code": device.item,
            "description": " · ".join(
                filter(None, (device.device_model, device.serial_no_text, device.asset_tag))
            ),
            "warranty_amc_status": "Under Warranty" if stands else "Out of Warranty",
            "warranty_expiry_date": until,
            "status": OPEN,
            "mps_issue": call.name,
            "mps_device": device.name,
        }
    )
    doc.flags.ignore_permissions = True
    doc.insert()
    follow(issue)
    return doc.name


def _until(device: str) -> Any:
    found = coverage.warranty_of(device)
    return found.until if found else None


def visited(visit: Document) -> None:
    """A visit was submitted: the call's claim follows, and is raised where the warranty paid for something on it.

    A visit is booked even where the ERP refuses the claim; it says so.
    """
    if not (visit.mps_issue and visit.mps_device):
        return
    frappe.db.savepoint(SAVEPOINT)
    try:
        if of(visit.mps_issue):
            follow(visit.mps_issue)
        elif _paid(visit):
            raise_for(visit.mps_issue)
    except frappe.ValidationError as error:
        frappe.db.rollback(save_point=SAVEPOINT)
        visit.add_comment("Info", _("No Warranty Claim was raised: {0}").format(plain(error)))


def _paid(visit: Document) -> bool:
    """Whether the warranty, and not the contract, paid for something that this visit took."""
    if coverage.warranty_of(visit.mps_device) is None:
        return False
    call = frappe.db.get_value(
        "Issue",
        visit.mps_issue,
        ["customer", "opening_date", "mps_device", "mps_asset", "mps_unit_label"],
        as_dict=True,
    )
    shares = coverage.decision(coverage.unit_of(call), getdate(call.opening_date)).coverage.shares
    paid = {kind for kind, share in shares.items() if share.source is Source.WARRANTY}
    parts = aftercare.parts_of(visit)
    took = {
        Kind.LABOUR: bool(visit.mps_labour_hours),
        Kind.TRAVEL: bool(visit.mps_travel) and not visit.mps_remote,
        Kind.PARTS: any(not part.supply for part in parts),
        Kind.SUPPLIES: any(part.supply for part in parts),
    }
    return any(took[kind] for kind in paid)


def follow(issue: str) -> None:
    """State and resolution of the call's claim, from the visits that stand; nothing where there is no claim."""
    name = of(issue)
    if not name:
        return
    names = frappe.get_all(
        VISIT,
        {"mps_issue": issue, "docstatus": 1},
        pluck="name",
        order_by="mntc_date, mntc_time, creation",
        limit=100,
    )
    visits = [frappe.get_doc(VISIT, each) for each in names]
    done = [visit for visit in visits if visit.mps_outcome == "Complete"]
    doc = frappe.get_doc(CLAIM, name)
    doc.status = CLOSED if done else RUNNING if visits else OPEN
    doc.resolution_details = "\n".join(_told(visit) for visit in visits) or None
    doc.resolution_date = desk_visit.times(done[-1])[1] if done else None
    technician = done[-1].mps_technician if done else None
    doc.resolved_by = frappe.db.get_value("MPS Technician", technician, "user") if technician else None
    doc.flags.ignore_permissions = True
    doc.save()


def _told(visit: Document) -> str:
    """One line for the maker: when, what was found and done, with which parts, in which time."""
    codes = " → ".join(filter(None, (visit.mps_problem_code, visit.mps_cause_code, visit.mps_repair_code)))
    parts = ", ".join(f"{part.quantity.normalize():f} × {part.item}" for part in aftercare.parts_of(visit))
    work = "; ".join(row.work_done for row in visit.purposes if row.work_done)
    hours = _("{0} hours").format(f"{visit.mps_labour_hours or 0:g}")
    told = [format_date(get_datetime(visit.mntc_date)), visit.name, codes, work, parts, hours]
    return " · ".join(filter(None, told))
