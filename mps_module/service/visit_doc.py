"""The Maintenance Visit of a report, as a draft: whose it is, when it was, what was found and done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import escape_html

from mps_module.engine import visit as engine
from mps_module.service.visit_report import COMPLETE, Report
from mps_module.stock import moves
from mps_module.stock.act import Act
from mps_module.stock.answers import Conflict
from mps_module.stock.entries import plain

if TYPE_CHECKING:
    from frappe.model.document import Document

VISIT = "Maintenance Visit"
TYPES = {"Corrective": "Breakdown", "Preventive": "Scheduled"}


def technician_of(user: str) -> str | None:
    return frappe.db.get_value("MPS Technician", {"user": user}, "name", order_by="disabled, creation")


def draft(act: Act, report: Report, call: Any) -> Document:
    device = report.device if frappe.db.exists("MPS Device", report.device) else call.mps_device or ""
    facts = _device_facts(device)
    customer = call.customer or facts.get("customer")
    if not customer:
        raise Conflict(
            "customer",
            _("Call {0} names no customer: the office must fill it in, then send again.").format(
                report.issue
            ),
        )
    basis = frappe.get_cached_doc("MPS Service Settings").travel_basis or engine.TRIP
    contract = call.mps_contract or (moves.contract_of(device, report.arrived_at.date()) if device else "")
    kind = frappe.db.get_value("Issue Type", call.issue_type, "mps_kind") if call.issue_type else ""
    doc = frappe.new_doc(VISIT)
    doc.update(
        {
            "customer": customer,
            "contact_person": call.contact or None,
            "company": act.trunk.company,
            "mntc_date": report.arrived_at.date(),
            "mntc_time": report.arrived_at.time(),
            "completion_status": "Fully Completed" if report.outcome == COMPLETE else "Partially Completed",
            "maintenance_type": TYPES.get(kind or "", "Unscheduled"),
            "mps_key": report.key,
            "mps_issue": call.name or None,
            "mps_device": device or None,
            "mps_asset": call.mps_asset or None,
            "mps_contract": contract or None,
            "mps_technician": technician_of(act.user),
            "mps_outcome": report.outcome,
            "mps_remote": int(report.remote),
            "mps_travel_at": report.travel_at,
            "mps_arrived_at": report.arrived_at,
            "mps_left_at": report.left_at,
            "mps_labour_hours": float(engine.hours(report.labour)),
            "mps_travel": float(
                engine.travel(
                    basis, report.travel_at, report.arrived_at, report.distance, remote=report.remote
                )
            ),
            "mps_signed_by": report.signed_by,
            "mps_maintenance_open": int(report.maintenance_left and bool(call.mps_maintenance_due)),
            **report.codes,
        }
    )
    doc.append("purposes", _purpose(act, report, call, facts))
    with refusals():
        doc.insert(ignore_permissions=True)
    return doc


def _device_facts(device: str) -> dict[str, Any]:
    if not device:
        return {}
    fields = ["customer", "item", "serial_no", "device_model"]
    return frappe.db.get_value("MPS Device", device, fields, as_dict=True) or {}


def _purpose(act: Act, report: Report, call: Any, device: Mapping[str, Any]) -> dict[str, Any]:
    """The ERP's row of work done, linked to the call."""
    done = [report.note, *(_("Code {0}").format(code) for code in report.unknown)]
    code = report.codes.get("mps_repair_code")
    told = frappe.db.get_value("MPS Service Code", code, "description") if code else ""
    return {
        "item_code": device.get("item"),
        "serial_no": device.get("serial_no"),
        "description": escape_html(device.get("device_model") or "") or None,
        "service_person": frappe.db.get_value("Trunk Stock", act.trunk.name, "sales_person"),
        "work_done": "\n".join(line for line in done if line) or told or _(report.outcome),
        "prevdoc_doctype": "Issue" if call.name else None,
        "prevdoc_docname": call.name or None,
    }


@contextmanager
def refusals() -> Iterator[None]:
    """What the ERP refuses becomes a conflict in the ERP's own words."""
    try:
        yield
    except frappe.UniqueValidationError:
        raise  # the same visit at the same moment: the action is tried again and finds it
    except frappe.ValidationError as error:
        raise Conflict("ledger", plain(error)) from error
