"""Settling rows of the quarantine: repaired (and then in the ledger) or dismissed, each with who, when and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import frappe
from frappe import _

from mps_module.engine.reads import Verdict
from mps_module.fleet import store
from mps_module.fleet.intake import Outcome, enter_reads


def repair(
    name: str,
    *,
    device: str = "",
    meter: str = "",
    taken_at: datetime | str | None = None,
    value: int | str | None = None,
    kind: str = "",
    replaces: bool = False,
    reason: str = "",
) -> Outcome:
    """Enter a refused row again, with what was wrong put right. Without any change: try again as it is.

    Args:
        device, meter, taken_at, value, kind: what is given takes the place of what came in.
        replaces: this value is the right one of two at the same time: the read that stands there is superseded, with
            `reason`.

    Raises:
        frappe.ValidationError: it is settled already, or still cannot be taken; the message says why.
    """
    outcome = attempt(
        name,
        device=device,
        meter=meter,
        taken_at=taken_at,
        value=value,
        kind=kind,
        replaces=replaces,
        reason=reason,
    )
    if outcome.verdict is Verdict.QUARANTINED:
        frappe.throw(_(outcome.message), title=_("Not repaired"))
    return outcome


def attempt(name: str, *, replaces: bool = False, **changes: Any) -> Outcome:
    """`repair` that tells a second refusal by its outcome."""
    doc = frappe.get_doc("Meter Read Quarantine", name, for_update=True)
    if doc.status != "Open":
        frappe.throw(_("{0} is settled already: {1}.").format(name, _(doc.status)))
    row: dict[str, Any] = {
        "device": doc.device or doc.device_text,
        "serial": "" if doc.device else doc.serial,
        "meter": doc.meter or doc.meter_text,
        "taken_at": doc.taken_at or doc.raw_taken_at,
        "value": doc.raw_value if doc.raw_value else doc.value,
        "kind": doc.kind,
        "supersedes": doc.supersedes,
        "reason": doc.reason,
        "photo": doc.photo,
        "file": doc.file,
        "row_no": doc.row_no,
    }
    row.update({key: given for key, given in changes.items() if given not in (None, "")})
    if changes.get("device"):
        row["serial"] = ""
    if replaces:
        row["supersedes"] = _standing_at(row)
    outcome = enter_reads([row], doc.source or "staff", batch=doc.batch or "", keep_refused=False).outcomes[0]
    if outcome.verdict is not Verdict.QUARANTINED:
        store.resolve(name, "Repaired", read=outcome.read, reason=str(changes.get("reason") or ""))
    return outcome


def _standing_at(row: dict[str, Any]) -> str:
    """The read of the ledger at the time of `row`."""
    found = frappe.get_all(
        "Meter Read",
        {
            "device": row["device"],
            "meter": row["meter"],
            "taken_at": row["taken_at"],
            "superseded_by": ["is", "not set"],
            "status": ["!=", "Withdrawn"],
        },
        pluck="name",
        order_by="name desc",
        limit=1,
    )
    if not found:
        frappe.throw(_("No other read stands at this time. Take it as it is."))
    return found[0]


def dismiss(name: str, reason: str) -> None:
    """Leave a row out for good. It stays in the list of the dismissed, with the reason.

    Raises:
        frappe.ValidationError: there is no reason, or it is settled already.
    """
    doc = frappe.get_doc("Meter Read Quarantine", name, for_update=True)
    if doc.status != "Open":
        frappe.throw(_("{0} is settled already: {1}.").format(name, _(doc.status)))
    if not (reason or "").strip():
        frappe.throw(_("Say why this row is left out."))
    store.resolve(name, "Dismissed", reason=reason.strip())
