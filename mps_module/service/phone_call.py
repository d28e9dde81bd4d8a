"""A call that a technician opens on the phone: seen on the spot, or told in passing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html

from mps_module.service import assign, find
from mps_module.stock.act import Act, Done
from mps_module.stock.answers import Conflict, Refused
from mps_module.stock.lines import text


def new_call(act: Act, payload: Mapping[str, Any]) -> Done:
    """Open a call: {"device": id, serial, tag or scanned code, "subject", "description", "problem", "mine": true}.

    With `mine` it is the technician's own at once. Raises Refused for an unknown device or no subject, and
    Conflict("device") with the candidates where the code means several.
    """
    code = text(payload, "device", required=True)
    subject = text(payload, "subject", required=True, most=140)
    rows = find.candidates(code)
    devices = [row for row in rows if row["kind"] == "Device"]
    exact = [row for row in devices if row["name"] == code]
    found = exact or devices
    if not found:
        raise Refused("device", _("There is no device {0}.").format(code))
    if len(found) > 1:
        told = _("{0} could be {1}.").format(code, ", ".join(row["name"] for row in found[:5]))
        raise Conflict("device", told, {"candidates": [row["name"] for row in found]})
    problem = text(payload, "problem")
    if problem and frappe.db.get_value("MPS Service Code", problem, "kind") != "Problem":
        raise Refused("problem", _("There is no problem {0}.").format(problem))
    doc = frappe.get_doc(
        {
            "doctype": "Issue",
            "subject": subject,
            "description": escape_html(text(payload, "description", most=5000)) or None,
            "mps_device": found[0]["name"],
            "mps_problem_code": problem or None,
            "raised_by": act.user,
            "opening_date": act.made_at.date(),
            "opening_time": act.made_at.time(),
        }
    )
    doc.insert(ignore_permissions=True)
    assignment = _mine(act, doc.name) if payload.get("mine") is True else ""
    result = {"issue": doc.name, "device": doc.mps_device, "assignment": assignment}
    return Done(result, "Issue", doc.name)


def _mine(act: Act, issue: str) -> str:
    technician = frappe.db.get_value(
        "MPS Technician", {"user": act.user, "disabled": 0}, "name", order_by="creation"
    )
    if not technician:
        raise Refused("technician", _("No technician is set up for you. Ask the office."))
    return assign.assign(issue, technician, act.made_at).assignment
