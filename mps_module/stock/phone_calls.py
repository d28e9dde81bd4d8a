"""What the phone page shows of calls and devices. Calls are the ERP's Issues, assigned in the ERP's own way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from html import unescape
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Max
from frappe.utils import now_datetime, strip_html

from mps_module.service import phone_facts
from mps_module.stock.access import is_staff
from mps_module.stock.levels import NO_LIMIT
from mps_module.stock.phone_contacts import contacts_of
from mps_module.stock.phone_stock import moment

OPEN_STATUSES = ("Open", "Replied", "On Hold")
MOST_CALLS = 200
MOST_DEVICES = 20
CALL_FIELDS = (
    "name", "subject", "status", "priority", "customer", "customer_name", "contact", "opening_date", "opening_time",
    "response_by", "sla_resolution_by", "resolution_by", "raised_by", "description", "mps_device",
    *phone_facts.FIELDS,
)  # fmt: skip


def _call_fields() -> list[str]:
    """Those of the fields above that this version's Issue has."""
    meta = frappe.get_meta("Issue")
    return [field for field in CALL_FIELDS if field == "name" or meta.has_field(field)]


def _assigned(user: str) -> list[str]:
    return frappe.get_all(
        "ToDo",
        {"allocated_to": user, "reference_type": "Issue", "status": "Open"},
        pluck="reference_name",
        order_by="creation",
        limit=NO_LIMIT,
    )


def my_calls() -> dict[str, Any]:
    """See api.phone.my_calls. A constant number of queries."""
    names = sorted(set(_assigned(frappe.session.user)))
    rows = frappe.get_all(
        "Issue",
        {"name": ("in", names or [""]), "status": ("in", OPEN_STATUSES)},
        _call_fields(),
        order_by="opening_date, opening_time",
        limit=MOST_CALLS,
    )
    told = _told(rows)
    return {"calls": sorted(told, key=lambda row: (row["resolve_by"] or "9999", row["opened_at"] or "9999"))}


def _told(rows: Iterable[Any]) -> list[dict[str, Any]]:
    listed = list(rows)
    devices = _devices({row.get("mps_device") for row in listed} - {None, ""})
    contacts = contacts_of(listed, devices)
    now = now_datetime()
    told = []
    for row in listed:
        device = devices.get(row.get("mps_device") or "") or frappe._dict()
        due = row.get("sla_resolution_by") or row.get("resolution_by")
        opened = None
        if row.opening_date:
            opened = f"{row.opening_date} {row.opening_time or '00:00:00'}"
        told.append(
            {
                "issue": row.name,
                "subject": unescape(row.subject or ""),
                "status": row.status,
                "priority": row.get("priority") or "",
                "customer": row.get("customer") or "",
                "customer_name": row.get("customer_name") or row.get("customer") or "",
                "contact": contacts[row.name].name,
                "phone": contacts[row.name].number,
                "address": device.get("address") or "",
                "device": device.get("name") or "",
                "device_model": device.get("device_model") or "",
                "serial": device.get("serial_no_text") or device.get("serial_no") or "",
                "site": device.get("site") or "",
                "opened_at": moment(frappe.utils.get_datetime(opened)) if opened else None,
                "respond_by": moment(row.get("response_by")),
                "resolve_by": moment(due),
                "late": bool(due and due < now),
                **phone_facts.facts(row),
            }
        )
    return told


def _devices(names: Collection[str]) -> dict[str, Any]:
    if not names:
        return {}
    rows = frappe.get_all(
        "MPS Device",
        {"name": ("in", sorted(names))},
        [
            "name", "device_model", "customer", "customer_address", "serial_no_text", "serial_no", "asset_tag", "site",
            "department", "status", "contact",
        ],
        order_by="name",
        limit=NO_LIMIT,
    )  # fmt: skip
    addresses = _addresses({row.customer_address for row in rows if row.customer_address})
    for row in rows:
        row.address = addresses.get(row.customer_address or "", "")
    return {row.name: row for row in rows}


def _addresses(names: Collection[str]) -> dict[str, str]:
    if not names:
        return {}
    fields = ["name", "address_line1", "address_line2", "city", "state", "pincode"]
    rows = frappe.get_all("Address", {"name": ("in", sorted(names))}, fields, order_by="name", limit=NO_LIMIT)
    return {row.name: ", ".join(str(row[field]) for field in fields[1:] if row[field]) for row in rows}


def may_see(issue: str) -> bool:
    """A call is shown to those whom it is (or was) assigned to, and to the office."""
    if is_staff():
        return True
    return bool(
        frappe.db.exists(
            "ToDo", {"allocated_to": frappe.session.user, "reference_type": "Issue", "reference_name": issue}
        )
    )


def call(issue: str) -> dict[str, Any]:
    """See api.phone.call."""
    rows = frappe.get_all("Issue", {"name": issue}, _call_fields(), order_by="name", limit=1)
    if not rows:
        frappe.throw(_("There is no call {0}.").format(issue), frappe.DoesNotExistError)
    if not may_see(issue):
        frappe.throw(_("Call {0} is not assigned to you.").format(issue), frappe.PermissionError)
    told = _told(rows)[0]
    device = told["device"]
    return {
        **told,
        "description": strip_html(rows[0].get("description") or "").strip(),
        "meters": meters_of([device]).get(device, []) if device else [],
        "maintenance": phone_facts.maintenance(rows[0], device),
        "booked_visits": phone_facts.visits_of(issue),
        "likely": phone_facts.likely(told["device_model"], told["problem"]),
        "steps": phone_facts.steps_of(issue, frappe.session.user),
        "parts_used": _parts_used(issue),
        "missing": frappe.get_all(
            "MPS Missing Part", {"issue": issue}, ["item", "qty"], order_by="missed_at", limit=500
        ),
        "history": _history(device, issue) if device else [],
    }


def _parts_used(issue: str) -> list[dict[str, Any]]:
    head, row = DocType("Stock Entry"), DocType("Stock Entry Detail")
    return (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .select(row.item_code.as_("item"), row.qty, head.name.as_("stock_entry"))
        .where((head.mps_issue == issue) & (head.docstatus == 1) & (head.mps_move == "Use"))
        .orderby(head.posting_date, head.name, row.idx)
        .limit(500)
        .run(as_dict=True)
    )


def _history(device: str, issue: str) -> list[dict[str, Any]]:
    if not frappe.get_meta("Issue").has_field("mps_device"):
        return []
    rows = frappe.get_all(
        "Issue",
        {"mps_device": device, "name": ("!=", issue)},
        ["name", "subject", "opening_date", "status"],
        order_by="opening_date desc",
        limit=5,
    )
    return [
        {"issue": row.name, "subject": row.subject, "opened_at": str(row.opening_date), "status": row.status}
        for row in rows
    ]


def devices(txt: str) -> dict[str, Any]:
    """See api.phone.device. The whole text is tried first, then the pieces of a scanned code, longest first."""
    text = txt.strip()[:500]
    pieces = [piece for piece in re.split(r"[^\w.\-]+", text) if len(piece) > 2]
    tried = [text, *sorted(dict.fromkeys(pieces), key=len, reverse=True)]
    names: list[str] = []
    for each in dict.fromkeys(tried):
        names = _find_devices(each)
        if names:
            break
    found = _devices(names)
    meters = meters_of(list(found))
    customers = _customer_names({row.customer for row in found.values() if row.customer})
    return {
        "devices": [
            {
                "device": row.name,
                "model": row.device_model,
                "customer": row.customer or "",
                "customer_name": customers.get(row.customer or "", ""),
                "site": row.site or "",
                "department": row.department or "",
                "serial": row.serial_no_text or row.serial_no or "",
                "asset_tag": row.asset_tag or "",
                "status": row.status,
                "meters": meters.get(row.name, []),
            }
            for row in found.values()
        ]
    }


def _find_devices(text: str) -> list[str]:
    if not text:
        return []
    table = DocType("MPS Device")
    columns = (table.name, table.serial_no_text, table.serial_no, table.asset_tag)
    condition = columns[0] == text
    for column in columns[1:]:
        condition = condition | (column == text)
    query = frappe.qb.from_(table).select(table.name).where(condition).orderby(table.name).limit(MOST_DEVICES)
    return query.run(pluck=True)


def _customer_names(names: Collection[str]) -> dict[str, str]:
    if not names:
        return {}
    rows = frappe.get_all(
        "Customer",
        {"name": ("in", sorted(names))},
        ["name", "customer_name"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.name: row.customer_name for row in rows}


def meters_of(devices: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The real counters of devices with their last readings. Three queries."""
    if not devices:
        return {}
    device, meter, kind = DocType("MPS Device"), DocType("MPS Model Meter"), DocType("MPS Meter Type")
    rows = (
        frappe.qb.from_(device)
        .join(meter)
        .on((meter.parent == device.device_model) & (meter.parenttype == "MPS Device Model"))
        .join(kind)
        .on(kind.name == meter.meter)
        .select(device.name, meter.meter, kind.label, meter.digits, meter.formula)
        .where(device.name.isin(sorted(devices)))
        .orderby(device.name, meter.idx)
        .limit(NO_LIMIT)
        .run(as_dict=True)
    )
    last = _last_reads(devices)
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row.formula:
            continue
        value, at = last.get((row.name, row.meter), (None, None))
        found[row.name].append(
            {
                "meter": row.meter,
                "label": row.label,
                "last_value": value,
                "last_taken_at": moment(at),
                "digits": row.digits or 0,
            }
        )
    return dict(found)


def _last_reads(devices: Collection[str]) -> dict[tuple[str, str], tuple[int, Any]]:
    read = DocType("Meter Read")
    standing = read.superseded_by.isnull() | (read.superseded_by == "")
    latest = (
        frappe.qb.from_(read)
        .select(read.device, read.meter, Max(read.taken_at).as_("at"))
        .where(read.device.isin(sorted(devices)) & standing & (read.status != "Withdrawn"))
        .groupby(read.device, read.meter)
    )
    rows = (
        frappe.qb.from_(read)
        .join(latest)
        .on((latest.device == read.device) & (latest.meter == read.meter) & (latest.at == read.taken_at))
        .select(read.device, read.meter, read.value, read.taken_at)
        .where(standing & (read.status != "Withdrawn"))
        .orderby(read.device, read.meter, read.creation)
        .limit(NO_LIMIT)
        .run()
    )
    return {(device, meter): (value, at) for device, meter, value, at in rows}
