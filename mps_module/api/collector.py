"""The door for collectors: software at the customers' that reads meters over the network.

A collector signs in with the API key of a user that has the role MPS Collector and User Permissions on the customers
that it serves. It can push reads and supply levels of their devices; it can see and do nothing else.
"""

import json
from typing import Any

import frappe
from frappe import _

from mps_module.api.reads import told
from mps_module.engine.reads import ReadSource
from mps_module.fleet.access import collector_customers, only_for
from mps_module.fleet.intake import enter_reads
from mps_module.service import alerts as service_alerts
from mps_module.service.toner_levels import enter_levels

ROLE = "MPS Collector"
MOST_ROWS = 10_000
MOST_ALERTS = 1_000
#: What a collector may say of a reading. Corrections, resets and installs are for people to say.
FIELDS = ("device", "serial", "meter", "meters", "taken_at", "value")
LEVEL_FIELDS = ("device", "serial", "supply", "levels", "level", "max", "filled", "taken_at")


@frappe.whitelist(methods=["POST"])
def push_reads(reads: str | list[dict[str, Any]]) -> dict[str, Any]:
    """Send readings. Sending the same ones again changes nothing and says `duplicate`.

    Args:
        reads: [{"device": "DEV-00012", "meter": "mono", "taken_at": "2026-10-31T23:30:00-04:00", "value": 12345}, …];
            `serial` instead of device; {"meters": {"mono": 12345, "colour": 678}} instead of meter and value. A time
            without an offset is the site's.

    Returns:
        {"counts": {"received", "accepted", "flagged", "quarantined", "duplicate"},
         "rows": [{"row", "verdict", "code", "message", "read", "quarantine"}, …]}: one a reading, in their order; `row`
        is the number of the sent one, from 1.

    Raises:
        frappe.PermissionError: no collector, or a collector without customers.
        frappe.ValidationError: no list of objects, or more than 10,000.
    """
    user, customers = _collector()
    rows = _rows(reads)
    entry = enter_reads(rows, ReadSource.COLLECTOR, batch=user, customers=customers, fresh=True)
    answer = told(entry)
    numbers = [
        number
        for number, row in enumerate(rows, start=1)
        for _one in range(len(row.get("meters") or ()) or 1)
    ]
    answer["rows"] = [{"row": number, **row} for number, row in zip(numbers, answer["rows"], strict=True)]
    return answer


@frappe.whitelist(methods=["POST"])
def push_levels(levels: str | list[dict[str, Any]]) -> dict[str, Any]:
    """Send levels of supplies. Sending the same ones again changes nothing and says `duplicate`.

    Args:
        levels: [{"device": "DEV-00012", "supply": "Black Toner", "taken_at": "2026-10-31T23:30:00-04:00", "level": 42}, …];
            `serial` instead of device; {"levels": {"black": 42, "cyan": "low"}} instead of supply and level. A level is
            a percentage or ok, low, empty; with "max" it is as the Printer-MIB has it (-3 for some, -2 for unknown), with
            "filled": true that of a waste box. Without a time it is now.

    Returns:
        {"counts": {"received", "accepted", "duplicate", "refused"},
         "rows": [{"row", "device", "supply", "verdict", "code", "message", "name"}, …]}; `row` is the number of the sent
        one, from 1.

    Raises:
        frappe.PermissionError: no collector, or a collector without customers.
        frappe.ValidationError: no list of objects, or more than 10,000.
    """
    user, customers = _collector()
    rows = _rows(levels, "levels", LEVEL_FIELDS, "levels")
    answer = enter_levels(rows, ReadSource.COLLECTOR, batch=user, customers=customers).told()
    numbers = [
        number
        for number, row in enumerate(rows, start=1)
        for _one in range(len(row.get("levels") or ()) or 1)
    ]
    answer["rows"] = [{"row": number, **row} for number, row in zip(numbers, answer["rows"], strict=True)]
    return answer


def _collector() -> tuple[str, list[str]]:
    """The signed-in key and the customers that it serves."""
    only_for(ROLE)
    user = frappe.session.user
    customers = collector_customers(user)
    if not customers:
        frappe.throw(
            _("This key serves no customer: add User Permissions on Customer."), frappe.PermissionError
        )
    return user, customers


def _rows(
    sent: str | list[dict[str, Any]],
    name: str = "reads",
    fields: tuple[str, ...] = FIELDS,
    wide: str = "meters",
) -> list[dict[str, Any]]:
    """What was sent, without what a collector has no say in."""
    try:
        given = json.loads(sent) if isinstance(sent, str) else sent
    except ValueError:
        given = None
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        frappe.throw(_("{0} must be a list of objects.").format(name))
    if len(given) > MOST_ROWS:
        frappe.throw(_("At most {0} readings at once.").format(MOST_ROWS))
    rows = [{field: row[field] for field in fields if row.get(field) is not None} for row in given]
    for row in rows:
        if not isinstance(row.get(wide, {}), dict):
            frappe.throw(_("{0} must be an object of names and values.").format(wide))
    return rows


@frappe.whitelist(methods=["POST"])
def push_alerts(alerts: str | list[dict[str, Any]]) -> dict[str, Any]:
    """Send alerts of devices; each makes one call, however often it is sent.

    Args:
        alerts: [{"key": the collector's own of this alert, "device" or "serial", "text": "Paper jam, tray 2",
            "code": "J-2011", "severity": "High"}, …]; code and severity may be missing.

    Returns:
        {"rows": [{"row", "verdict": created, known or refused, "issue", "message"}, …]}

    Raises:
        frappe.PermissionError: no collector, or a collector without customers.
        frappe.ValidationError: no list of objects, or more than 1,000.
    """
    only_for(ROLE)
    user = frappe.session.user
    customers = collector_customers(user)
    if not customers:
        frappe.throw(
            _("This key serves no customer: add User Permissions on Customer."), frappe.PermissionError
        )
    try:
        given = json.loads(alerts) if isinstance(alerts, str) else alerts
    except ValueError:
        given = None
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        frappe.throw(_("alerts must be a list of objects."))
    if len(given) > MOST_ALERTS:
        frappe.throw(_("At most {0} alerts at once.").format(MOST_ALERTS))
    rows = [service_alerts.take(row, customers, user) for row in given]
    return {"rows": [{"row": number, **row} for number, row in enumerate(rows, start=1)]}
