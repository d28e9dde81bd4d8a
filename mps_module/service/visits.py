"""A technician's visit: its steps as they happen, and the whole of it as one Maintenance Visit, booked once.

Everything that a visit brings (reads, parts, missing parts, the call's state, its pictures) is booked in the one
transaction of the phone's action, or nothing of it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import escape_html

from mps_module.engine.life import LifeCounter
from mps_module.fleet.clock import site_zone
from mps_module.fleet.ledger import ledger_for
from mps_module.service import assign, call_state, held, visit_doc, visit_report
from mps_module.service.visit_doc import VISIT
from mps_module.service.visit_report import HELD, Report
from mps_module.stock import moves, readings
from mps_module.stock.act import Act, Done
from mps_module.stock.answers import Conflict, Refused
from mps_module.stock.entries import ISSUE, book
from mps_module.stock.lines import take_from, text

if TYPE_CHECKING:
    from frappe.model.document import Document

OVER = ("Resolved", "Closed")
STEPS = {"accept": "Accepted", "travel": "Travelling", "arrive": "On Site"}
CONTENTS = ("outcome", "items", "missing", "reads", "problem", "cause", "repair", "note", "maintenance")
CALL_FIELDS = [
    "name", "status", "customer", "contact", "issue_type", "company", "mps_device", "mps_asset", "mps_contract",
    "mps_maintenance_due",
]  # fmt: skip


def visit_step(act: Act, payload: Mapping[str, Any]) -> Done:
    """Accepted, on the way, on site: {"issue", "step"}. A late or repeated step changes nothing."""
    step = text(payload, "step", required=True)
    if step not in STEPS:
        raise Refused("payload", _("{0} is no step of a visit.").format(repr(step)))
    issue = text(payload, "issue", required=True)
    call = _call(issue)
    _check_mine(act, call)
    assignment = call_state.reached(issue, STEPS[step], act.made_at)
    result = {"issue": issue, "status": STEPS[step], "assignment": assignment or ""}
    return Done(result, "Issue", issue)


def book_visit(act: Act, payload: Mapping[str, Any]) -> Done:
    """A whole visit. Sent again, under whatever action's key, it is answered by the visit that is there.

    Raises Conflict: closed, assigned, gone (settled with `anyway`), customer, short, serial, batch, read, ledger;
    booked where the visit that is there says something else.
    """
    report = visit_report.read(act, payload)
    before = _booked(act, report, payload)
    if before:
        return before
    call = _call_or_none(report)
    if not report.anyway:
        _check_mine(act, call)
    doc = visit_doc.draft(act, report, call)
    taken = _reads(act, report, doc)
    entry = _parts(act, report, doc)
    ordered = {"missing": [], "material_request": ""}
    if report.missing:
        ordered = held.order(act, call.name, doc.mps_device or "", report.missing, report.note, doc.name)
    doc.mps_clicks = _clicks(doc.mps_device, report.left_at) if doc.mps_device else 0
    _submit(doc)
    _pictures(report, doc)
    _conclude(act, report, call, doc)
    result = {
        "visit": doc.name,
        "issue": call.name or "",
        "outcome": report.outcome,
        "stock_entry": entry,
        "reads": taken.get("rows", []),
        **ordered,
    }
    return Done(result, VISIT, doc.name)


def _booked(act: Act, report: Report, payload: Mapping[str, Any]) -> Done | None:
    """The visit of this key, as told before. One of another technician's phone would be a clash of keys."""
    found = frappe.db.get_value(
        VISIT, {"mps_key": report.key}, ["name", "mps_issue", "mps_outcome", "owner"], as_dict=True
    )
    if not found:
        return None
    if found.owner != act.user:
        raise Refused("key", _("This visit belongs to another user."))
    if _told_otherwise(found.name, payload):
        told = _("The visit was booked before, as {0}. What was changed since is not in it: tell the office.")
        raise Conflict("booked", told.format(found.name), {"visit": found.name})
    filters = {"mps_visit": found.name, "docstatus": 1}
    entry = frappe.db.get_value("Stock Entry", filters, "name", order_by="creation") or ""
    result = {
        "visit": found.name,
        "issue": found.mps_issue or "",
        "outcome": found.mps_outcome,
        "stock_entry": entry,
    }
    return Done(result, VISIT, found.name)


def _told_otherwise(visit: str, payload: Mapping[str, Any]) -> bool:
    """Whether the report that was booked had other contents. One that was opened again and changed must not pass for
    sent when the earlier one was booked meanwhile."""
    filters = {"reference_doctype": VISIT, "reference_name": visit, "status": "Done"}
    kept = frappe.db.get_value("MPS Phone Action", filters, "payload", order_by="creation, name")
    booked = json.loads(kept) if kept else payload
    return any((booked.get(field) or None) != (payload.get(field) or None) for field in CONTENTS)


def _call(issue: str) -> Any:
    """The call, held until the transaction ends, as it was committed last. Raises Conflict("gone")."""
    row = frappe.db.get_value("Issue", issue, CALL_FIELDS, as_dict=True, for_update=True)
    if row is None:
        raise Conflict("gone", _("Call {0} is not there any more.").format(issue))
    return row


def _call_or_none(report: Report) -> Any:
    """A call that was deleted leaves its visit without one, where the technician books it all the same."""
    try:
        return _call(report.issue)
    except Conflict:
        if not report.anyway:
            raise
        return frappe._dict()


def _check_mine(act: Act, call: Any) -> None:
    """Raises Conflict where the call is over, or somebody else's by now."""
    if call.status in OVER:
        told = _("Call {0} was closed meanwhile ({1}).").format(call.name, _(call.status))
        raise Conflict("closed", told, {"status": call.status})
    now = assign.active(call.name, lock=True)
    if now is not None and now.technician == visit_doc.technician_of(act.user):
        return
    if now is not None:
        told = _("Call {0} is with {1} now.").format(call.name, now.technician_name or now.technician)
        raise Conflict("assigned", told, {"technician": now.technician_name or now.technician})
    listed = {
        "reference_type": "Issue",
        "reference_name": call.name,
        "allocated_to": act.user,
        "status": "Open",
    }
    if not frappe.db.exists("ToDo", listed):
        raise Conflict("assigned", _("Call {0} is not yours any more.").format(call.name), {"technician": ""})


def _reads(act: Act, report: Report, doc: Document) -> dict[str, Any]:
    if not report.reads:
        return {}
    if not doc.mps_device:
        raise Refused("device", _("The call names no device whose meter could be read."))
    at = report.arrived_at.isoformat()
    rows = [{"taken_at": at, **row} for row in report.reads]
    return readings.take(
        act,
        doc.mps_device,
        rows,
        batch=doc.name,
        keep=report.keep_reads,
        service=not report.for_billing,
    )


def _parts(act: Act, report: Report, doc: Document) -> str:
    """The parts that went into the device leave the trunk with the visit's name on them."""
    if not report.lines:
        return ""
    lines = take_from(act.trunk.warehouse, _(moves.YOURS), report.lines, report.facts)
    links = {
        "mps_issue": doc.mps_issue,
        "mps_device": doc.mps_device,
        "mps_contract": doc.mps_contract,
        "mps_visit": doc.name,
    }
    booking = act.booking("Use", report.note, **links)
    return book(booking, ISSUE, lines, report.facts, source=act.trunk.warehouse)


def _clicks(device: str, moment: datetime) -> int:
    """Clicks of a device since its first read, through board swaps; 0 where it was never read. `moment`: site time."""
    logs = {meter: log for (_device, meter), log in ledger_for([device], moment).logs.items()}
    return LifeCounter.of(logs).at(moment.replace(tzinfo=site_zone())) or 0


def _submit(doc: Document) -> None:
    doc.flags.ignore_permissions = True
    with visit_doc.refusals():
        doc.submit()


def _pictures(report: Report, doc: Document) -> None:
    """At the end: a file on the disk is not taken back with the transaction."""
    for field, picture in (("mps_photo", report.photo), ("mps_signature", report.signature)):
        if picture:
            doc.db_set(field, picture.attach(VISIT, doc.name, field.removeprefix("mps_")))


def _conclude(act: Act, report: Report, call: Any, doc: Document) -> None:
    """What the visit means for the call; nothing where the call is over or somebody else's."""
    if not call.name:
        return
    if report.anyway:
        try:
            _check_mine(act, call)
        except Conflict as conflict:
            told = _("{0} had been there all the same ({1}): {2}").format(
                act.trunk.technician or act.user, _(report.outcome), doc.name
            )
            frappe.get_doc("Issue", call.name).add_comment(
                "Info", f"{escape_html(conflict.message)} {escape_html(told)}"
            )
            return
    call_state.ended(
        act.user,
        call.name,
        report.outcome,
        came=report.arrived_at,
        left=report.left_at,
        remote=report.remote,
    )


__all__ = ["HELD", "book_visit", "visit_step"]
