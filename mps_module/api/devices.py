"""Devices: the guided actions, and what their page shows."""

import json
from datetime import datetime
from typing import Any

import frappe
from frappe.utils import cint

from mps_module.fleet import clock, devices
from mps_module.fleet.expected import last_sum, standing
from mps_module.fleet.intake import buffer
from mps_module.fleet.ledger import ledger_for


@frappe.whitelist(methods=["POST"])
def install(
    device: str,
    place: str | dict[str, Any],
    reads: str | dict[str, Any],
    at: str,
    source: str = "staff",
    reason: str = "",
    unread: str = "",
) -> str:
    """Put a device at a customer's place, with its first reads (meter -> value)."""
    _may_act(device)
    return devices.install(
        device, _plain(place), _plain(reads), devices.act_of(at, source, reason, unread)
    ).name


@frappe.whitelist(methods=["POST"])
def move(
    device: str,
    place: str | dict[str, Any],
    reads: str | dict[str, Any],
    at: str,
    source: str = "staff",
    reason: str = "",
    unread: str = "",
) -> str:
    """Bring an installed device to another place, with its reads."""
    _may_act(device)
    return devices.move(device, _plain(place), _plain(reads), devices.act_of(at, source, reason, unread)).name


@frappe.whitelist(methods=["POST"])
def remove(
    device: str,
    reads: str | dict[str, Any],
    at: str,
    source: str = "staff",
    reason: str = "",
    unread: str = "",
    retire: bool = False,
) -> str:
    """Take a device away, with its last reads."""
    _may_act(device)
    return devices.remove(
        device, _plain(reads), devices.act_of(at, source, reason, unread), retire=bool(cint(retire))
    ).name


@frappe.whitelist(methods=["POST"])
def swap(
    device: str,
    other: str,
    reads: str | dict[str, Any],
    other_reads: str | dict[str, Any],
    at: str,
    source: str = "staff",
    reason: str = "",
    unread: str = "",
    retire: bool = False,
) -> str:
    """Replace an installed device by another one; the last reads of the one, the first of the other."""
    _may_act(device)
    _may_act(other)
    act = devices.act_of(at, source, reason, unread)
    return devices.swap(
        device, other, _plain(reads), _plain(other_reads), act, retire=bool(cint(retire))
    ).name


@frappe.whitelist(methods=["GET", "POST"])
def counters(device: str, at: str | None = None) -> list[dict[str, Any]]:
    """Every real counter of a device: label, last read, and what is expected at a moment (default: now)."""
    frappe.get_doc("MPS Device", device).check_permission("read")
    zone = clock.site_zone()
    moment = datetime.fromisoformat(at).replace(tzinfo=zone) if at else clock.now(zone)
    return [
        {
            "meter": one.meter,
            "label": one.label,
            "last_value": one.last.value if one.last else None,
            "last_taken_at": str(clock.stored(one.last.taken_at, zone)) if one.last else None,
            "last_read": one.last.read_id if one.last else None,
            "low": one.low,
            "high": one.high,
        }
        for one in standing(ledger_for([device]), moment, buffer())
    ]


@frappe.whitelist(methods=["GET", "POST"])
def sums(device: str) -> dict[str, Any]:
    """The last total beside the sum of its parts: {"message", "difference", "taken_at"}; empty where there is none."""
    frappe.get_doc("MPS Device", device).check_permission("read")
    check = last_sum(ledger_for([device]), device)
    if check is None:
        return {}
    taken_at = str(clock.stored(check.taken_at, clock.site_zone()))
    return {"message": check.message, "difference": check.difference, "taken_at": taken_at}


def _may_act(device: str) -> None:
    frappe.get_doc("MPS Device", device).check_permission("write")


def _plain(given: str | dict[str, Any]) -> dict[str, Any]:
    return json.loads(given) if isinstance(given, str) else dict(given)
