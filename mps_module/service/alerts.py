"""A device that reports trouble by itself makes a call: once an alert, by the collector's own key."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html

from mps_module.service import find

SAVEPOINT = "mps_alert"
LONGEST = 140
CREATED, KNOWN, REFUSED = "created", "known", "refused"


def key_of(user: str, key: str) -> str:
    """The key as it is kept: two collectors may count alike."""
    whole = f"{user}|{key}"
    return whole if len(whole) <= LONGEST else hashlib.sha256(whole.encode()).hexdigest()


def take(alert: Mapping[str, Any], customers: Collection[str], user: str) -> dict[str, str]:
    """Make the call of one alert.

    Args:
        alert: key, device or serial, text; code (the device's own), severity (High, Medium or Low, as priority).

    Returns: {"verdict": created, known or refused, "issue", "message"}
    """
    key, text = str(alert.get("key") or "").strip(), str(alert.get("text") or "").strip()
    if not key or not text:
        return _told(REFUSED, "", _("An alert needs a key and a text."))
    own = key_of(user, key)
    before = frappe.db.get_value("Issue", {"mps_alert_key": own}, "name")
    if before:
        return _told(KNOWN, before)
    named = [str(alert.get(field) or "") for field in ("device", "serial")]
    found = find.devices_called(named, customers)
    if len(found) != 1:
        names = ", ".join(row.name for row in found) or _("none")
        return _told(REFUSED, "", _("Which device? Found: {0}.").format(names))
    code = str(alert.get("code") or "").strip()
    doc = frappe.get_doc(
        {
            "doctype": "Issue",
            "subject": (f"{code}: {text}" if code else text)[:LONGEST],
            "description": escape_html(text),
            "mps_device": found[0].name,
            "customer": found[0].customer,
            "priority": _priority(alert.get("severity")),
            "mps_alert_key": own,
        }
    )
    frappe.db.savepoint(SAVEPOINT)
    try:
        doc.insert(ignore_permissions=True)
    except (frappe.UniqueValidationError, frappe.DuplicateEntryError):
        # The same alert at the same moment: the other one made the call.
        frappe.db.rollback(save_point=SAVEPOINT)
        frappe.clear_messages()
        return _told(KNOWN, frappe.db.get_value("Issue", {"mps_alert_key": own}, "name") or "")
    return _told(CREATED, doc.name)


def _priority(severity: Any) -> str | None:
    name = str(severity or "").strip().title()
    return name if name and frappe.db.exists("Issue Priority", name) else None


def _told(verdict: str, issue: str, message: str = "") -> dict[str, str]:
    return {"verdict": verdict, "issue": issue, "message": message}
