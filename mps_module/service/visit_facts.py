"""What a Maintenance Visit brought, from the documents that belong to it: for its form and for the customer's service report."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import fmt_money, format_datetime, formatdate

from mps_module.fleet import store

if TYPE_CHECKING:
    from frappe.model.document import Document

MOST = 500
CODES = ("problem", "cause", "repair")


@dataclass(frozen=True, slots=True)
class Part:
    item: str
    name: str
    qty: float
    uom: str
    serials: str
    stock_entry: str


def parts_of(visit: str) -> list[Part]:
    """What was used, as the submitted Stock Entries of the visit say. One query."""
    head, row = DocType("Stock Entry"), DocType("Stock Entry Detail")
    rows = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .select(row.item_code, row.item_name, row.qty, row.stock_uom, row.serial_no, head.name)
        .where((head.mps_visit == visit) & (head.docstatus == 1))
        .orderby(head.name, row.idx)
        .limit(MOST)
        .run()
    )
    return [
        Part(item, name or item, float(qty), uom or "", ", ".join((serials or "").split()), entry)
        for item, name, qty, uom, serials, entry in rows
    ]


def reads_of(visit: str) -> list[dict[str, Any]]:
    """Meter reads that the visit took, as they stand in the ledger. One query."""
    read, meter = DocType("Meter Read"), DocType("MPS Meter Type")
    return (
        frappe.qb.from_(read)
        .left_join(meter)
        .on(meter.name == read.meter)
        .select(
            read.name, read.meter, meter.label, read.value, read.taken_at, read.not_for_billing, read.status
        )
        .where(read.batch == visit)
        .orderby(read.meter, read.taken_at)
        .limit(MOST)
        .run(as_dict=True)
    )


def missing_of(visit: str) -> list[dict[str, Any]]:
    """Parts that the visit was held for."""
    return frappe.get_all(
        "MPS Missing Part",
        {"maintenance_visit": visit},
        ["name", "item", "item_name", "qty", "material_request", "aboard_at"],
        order_by="missed_at, name",
        limit=MOST,
    )


def facts(visit: str) -> dict[str, Any]:
    """Parts, reads and missing parts of a visit, as the form shows them. Three queries."""
    return {
        "parts": [
            {
                "item": part.item,
                "name": part.name,
                "qty": part.qty,
                "uom": part.uom,
                "stock_entry": part.stock_entry,
            }
            for part in parts_of(visit)
        ],
        "reads": reads_of(visit),
        "missing": missing_of(visit),
    }


def mps_service_report(doc: Document) -> dict[str, Any]:
    """For the print format: everything in words of the customer's language; no cost, and nothing of other visits."""
    device = {}
    if doc.mps_device:
        fields = ["name", "device_model", "serial_no_text", "serial_no", "site", "department"]
        device = frappe.db.get_value("MPS Device", doc.mps_device, fields, as_dict=True) or {}
    codes = {
        code: frappe.db.get_value("MPS Service Code", doc.get(f"mps_{code}_code"), "description")
        or doc.get(f"mps_{code}_code")
        for code in CODES
        if doc.get(f"mps_{code}_code")
    }
    issue = {}
    if doc.mps_issue:
        issue = frappe.db.get_value("Issue", doc.mps_issue, ["subject", "opening_date"], as_dict=True) or {}
    return {
        "device": device,
        "serial": device.get("serial_no_text") or device.get("serial_no") or "",
        "place": " · ".join(part for part in (device.get("site"), device.get("department")) if part),
        "subject": plain(issue.get("subject")),
        "reported": formatdate(issue.opening_date) if issue.get("opening_date") else "",
        "day": formatdate(doc.mntc_date),
        "arrived": format_datetime(doc.mps_arrived_at) if doc.mps_arrived_at else "",
        "left": format_datetime(doc.mps_left_at) if doc.mps_left_at else "",
        "codes": {code: _(text) for code, text in codes.items()},
        "work": [plain(row.work_done) for row in doc.purposes if row.work_done],
        "by": frappe.db.get_value("MPS Technician", doc.mps_technician, "technician_name")
        if doc.mps_technician
        else "",
        "parts": parts_of(doc.name),
        "reads": [
            {**row, "shown": fmt_money(row.value, precision=0)}
            for row in reads_of(doc.name)
            if row.status != "Withdrawn"
        ],
        "missing": missing_of(doc.name),
        "signature": picture(doc.mps_signature),
        "photo": picture(doc.mps_photo),
    }


def plain(stored: str | None) -> str:
    """A text as it was typed: the ERP keeps what could be markup as entities. (Escape it where it is shown.)"""
    return unescape(stored or "")


def picture(url: str | None) -> str:
    """A picture as a data URL: the PDF is made by a program that has no session to fetch a private file with."""
    name = frappe.db.get_value("File", {"file_url": url}, "name", order_by="creation") if url else None
    if not name:
        return ""
    file = frappe.get_doc("File", name)
    try:
        content = Path(file.get_full_path()).read_bytes()
    except OSError:
        return ""  # the file is not on this server's disk (any more)
    kind = {"png": "png", "webp": "webp"}.get((file.file_name or "").rpartition(".")[2].lower(), "jpeg")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def use_for_billing(read: str) -> None:
    """A service read becomes one that bills may open and close with; the ledger keeps who said so."""
    doc = frappe.get_doc("Meter Read", read)
    if not doc.not_for_billing:
        return
    table = DocType("Meter Read")
    frappe.qb.update(table).set(table.not_for_billing, 0).where(table.name == read).run()
    store.stamp_devices([doc.device])
    frappe.clear_document_cache("Meter Read", read)
    doc.add_comment("Info", _("May be used by bills."))
