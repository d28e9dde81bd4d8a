"""Meter Read Sheet: all counters of a site on one page, entered at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import get_datetime

from mps_module.fleet import clock
from mps_module.fleet.expected import Standing, standing
from mps_module.fleet.intake import buffer, enter_reads
from mps_module.fleet.ledger import NO_LIMIT, ledger_for

if TYPE_CHECKING:
    from frappe.model.document import Document


def fill(sheet: Document) -> None:
    """List every counter of the site's installed devices. Values that were typed already stay."""
    filters: dict[str, Any] = {"customer": sheet.customer, "status": "Installed"}
    for name in ("site", "department"):
        if sheet.get(name):
            filters[name] = sheet.get(name)
    devices = frappe.get_all(
        "MPS Device",
        filters,
        ["name", "device_model", "site", "department", "serial_no_text"],
        order_by="site, department, name",
        limit=NO_LIMIT,
    )
    at = get_datetime(sheet.taken_at).replace(tzinfo=clock.site_zone())
    counters: dict[str, list[Standing]] = {}
    for one in standing(ledger_for([device.name for device in devices]), at, buffer()):
        counters.setdefault(one.device, []).append(one)
    typed = {(row.device, row.meter): row for row in sheet.rows if row.value not in (None, "")}
    sheet.set("rows", [])
    for device in devices:
        where = " · ".join(
            filter(None, (device.site, device.department, device.device_model, device.serial_no_text))
        )
        for one in counters.get(device.name, ()):
            kept = typed.pop((one.device, one.meter), None)
            if kept is None and sheet.only_due and _read_this_month(one, at):
                continue
            row = sheet.append("rows", {"device": one.device, "meter": one.meter, "description": where[:140]})
            row.update(_seen(one))
            if kept is not None:
                row.update({name: kept.get(name) for name in ("value", "kind", "taken_at", "note")})
    for kept in typed.values():
        sheet.append("rows", kept.as_dict(no_default_fields=True))


def _seen(one: Standing) -> dict[str, Any]:
    if one.last is None:
        return {}
    return {
        "last_value": one.last.value,
        "last_taken_at": clock.stored(one.last.taken_at, clock.site_zone()),
        "expected_low": one.low,
        "expected_high": one.high,
    }


def _read_this_month(one: Standing, at: datetime) -> bool:
    return one.last is not None and one.last.taken_at.astimezone(at.tzinfo).strftime("%Y%m") == at.strftime(
        "%Y%m"
    )


def check(sheet: Document) -> None:
    """A counter stands once on a sheet; two values of it could only be a slip.

    Raises:
        frappe.ValidationError: with the row.
    """
    seen = set()
    for row in sheet.rows:
        key = row.device, row.meter, str(row.taken_at or "")
        if key in seen:
            frappe.throw(_("Row {0}: {1} of {2} is here twice.").format(row.idx, row.meter, row.device))
        seen.add(key)


def enter(sheet: Document) -> None:
    """Enter what was typed. Each row shows its verdict; what cannot be taken waits in quarantine.

    Raises:
        frappe.ValidationError: nothing was typed, or a device is not the customer's.
    """
    rows = [row for row in sheet.rows if str(row.value if row.value is not None else "").strip()]
    if not rows:
        frappe.throw(_("No value was entered."))
    entry = enter_reads(
        [
            {
                "device": row.device,
                "meter": row.meter,
                "taken_at": row.taken_at or sheet.taken_at,
                "value": str(row.value).strip(),
                "kind": row.kind or "actual",
                "reason": row.note,
                "row_no": row.idx,
            }
            for row in rows
        ],
        sheet.source or "staff",
        batch=sheet.name,
    )
    for row, outcome in zip(rows, entry.outcomes, strict=True):
        row.verdict, row.message = outcome.verdict.value, outcome.message
        row.read = outcome.read or outcome.quarantine
    counts = entry.counts
    sheet.accepted, sheet.flagged = counts["accepted"], counts["flagged"]
    sheet.quarantined, sheet.duplicates = counts["quarantined"], counts["duplicate"]
