"""Reads: what the desk calls to enter, correct, withdraw and repair them."""

import json
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from mps_module.fleet import importer, intake, quarantine, sheet
from mps_module.fleet.access import only_for

ENTRY_ROLES = ("System Manager", "MPS Manager", "MPS Billing", "MPS Service", "MPS Technician")
CORRECTION_ROLES = ("System Manager", "MPS Manager", "MPS Billing", "MPS Service")
#: What a person may say of a reading; whose it is and where it came from is the ledger's to say.
FIELDS = ("device", "serial", "meter", "meters", "taken_at", "value", "kind", "reason", "photo")


@frappe.whitelist(methods=["POST"])
def enter(rows: str | list[dict[str, Any]], source: str = "staff") -> dict[str, Any]:
    """Enter reads of devices that the user may see.

    Args:
        rows: a list of {device, meter, taken_at, value, kind, reason, photo}.
        source: staff, technician or portal: who took them.

    Returns:
        {"counts", "rows": [{"verdict", "code", "message", "read", "quarantine"}]}
    """
    only_for(*ENTRY_ROLES)
    if source not in ("staff", "technician", "portal"):
        frappe.throw(_("{0} is nobody who enters reads here.").format(repr(source)))
    given = [
        {name: row[name] for name in FIELDS if row.get(name) is not None}
        for row in (json.loads(rows) if isinstance(rows, str) else rows)
    ]
    for name in sorted({str(row.get("device") or "") for row in given} - {""}):
        if frappe.db.exists("MPS Device", name):
            frappe.get_doc("MPS Device", name).check_permission("read")
    return told(intake.enter_reads(given, source, fresh=True))


@frappe.whitelist(methods=["POST"])
def supersede(read: str, value: str | int, reason: str, taken_at: str | None = None, kind: str = "") -> str:
    """Replace a wrong read by a right one; the name of the new one is returned."""
    _may_correct(read)
    return intake.supersede(read, value, reason, taken_at, kind).read


@frappe.whitelist(methods=["POST"])
def withdraw(read: str, reason: str) -> None:
    """Take a read out of the count that should never have been in it."""
    _may_correct(read)
    intake.withdraw(read, reason)


@frappe.whitelist(methods=["POST"])
def repair(
    name: str,
    device: str = "",
    meter: str = "",
    taken_at: str | None = None,
    value: str | int | None = None,
    kind: str = "",
    replaces: bool = False,
    reason: str = "",
) -> dict[str, str]:
    """Put a quarantined row right and enter it."""
    _may_settle(name)
    if device:
        frappe.get_doc("MPS Device", device).check_permission("read")
    outcome = quarantine.repair(
        name,
        device=device,
        meter=meter,
        taken_at=taken_at,
        value=value,
        kind=kind,
        replaces=bool(cint(replaces)),
        reason=reason,
    )
    return {"verdict": outcome.verdict.value, "message": outcome.message, "read": outcome.read}


@frappe.whitelist(methods=["POST"])
def retry(names: str | list[str]) -> dict[str, int]:
    """Try quarantined rows again as they are, after the device was registered or a read before was corrected."""
    wanted = json.loads(names) if isinstance(names, str) else names
    taken = 0
    for name in wanted:
        _may_settle(name)
    for name in wanted:
        taken += quarantine.attempt(name).verdict is not intake.QUARANTINED
    return {"repaired": taken, "left": len(wanted) - taken}


@frappe.whitelist(methods=["POST"])
def dismiss(names: str | list[str], reason: str) -> None:
    """Leave quarantined rows out for good, with a reason."""
    wanted = json.loads(names) if isinstance(names, str) else names
    for name in wanted:
        _may_settle(name)
        quarantine.dismiss(name, reason)


@frappe.whitelist(methods=["POST"])
def fill_sheet(name: str) -> None:
    """List all counters of a site on its sheet."""
    doc = frappe.get_doc("Meter Read Sheet", name)
    doc.check_permission("write")
    sheet.fill(doc)
    doc.save()


@frappe.whitelist(methods=["POST"])
def start_import(name: str) -> bool:
    """Start an import, or take it up where it stopped. False: it is queued or running already."""
    doc = frappe.get_doc("Meter Read Import", name)
    doc.check_permission("write")
    if doc.status == "Completed":
        frappe.throw(_("This import is complete."))
    attached = frappe.db.get_value("File", {"file_url": doc.file}, "name", order_by="creation desc")
    if not attached:
        frappe.throw(_("The file {0} is not here.").format(doc.file))
    frappe.get_doc("File", attached).check_permission("read")
    return importer.start(name)


def told(entry: intake.Entry) -> dict[str, Any]:
    """An entry as plain values."""
    return {
        "counts": entry.counts,
        "rows": [
            {
                "verdict": out.verdict.value,
                "code": out.code,
                "message": _(out.message) if out.message else "",
                "read": out.read,
                "quarantine": out.quarantine,
            }
            for out in entry.outcomes
        ],
    }


def _may_correct(read: str) -> None:
    only_for(*CORRECTION_ROLES)
    frappe.get_doc("Meter Read", read).check_permission("read")


def _may_settle(name: str) -> None:
    frappe.get_doc("Meter Read Quarantine", name).check_permission("write")
