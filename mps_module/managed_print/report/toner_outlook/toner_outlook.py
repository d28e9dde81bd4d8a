"""Toner Outlook: what runs out when, on which device, and what stands in the way of sending one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import frappe
from frappe import _

from mps_module.engine.toner_guard import Rules, asks
from mps_module.fleet import clock
from mps_module.managed_print.report.columns import MOST, Column, Filters, chosen, column
from mps_module.service import toner
from mps_module.service.supply_requests import words
from mps_module.service.toner import Standing

SEND, ASK, SPARE, LATER, UNKNOWN = "Send", "Ask First", "Spare on the Shelf", "Later", "Unknown"
ORDER = (SEND, ASK, "Held Back", "Approved", "Ordered", SPARE, LATER, UNKNOWN)
OF_A_REQUEST = frozenset({"enough-left", "not-moving"})
"""Questions that only somebody who asks early has to answer."""
SPANS = ((7, "up to 7"), (14, "8 to 14"), (30, "15 to 30"), (60, "31 to 60"), (float("inf"), "more"))


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = filters or {}
    devices = devices_for(filters)
    rules = toner.rules()
    ahead = float(filters.get("days") or rules.days_ahead)
    today = clock.now().date()
    rows = [
        row_of(one, devices[one.device], rules, ahead, today)
        for one in toner.standings(devices)
        if one.outlook is not None or one.request or one.spares
    ]
    shown = sorted(rows, key=_soonest)
    if filters.get("state"):
        shown = [row for row in shown if row["action"] == filters["state"]]
    elif not filters.get("everything"):
        shown = [row for row in shown if row["action"] not in (LATER, UNKNOWN)]
    return columns(), shown, None, chart(rows), summary(rows, int(ahead))


def devices_for(filters: Filters) -> dict[str, Any]:
    """Installed devices that the user may see."""
    rows = frappe.get_list(
        "MPS Device",
        filters={"status": "Installed", **chosen(filters, "company", "customer", "device_model")},
        fields=["name", "device_model", "customer", "customer_name", "site"],
        order_by="name",
        limit=MOST,
    )
    return {row.name: row for row in rows}


def action_of(one: Standing, rules: Rules, ahead: float) -> str:
    """What to do with a supply now."""
    if one.status:
        return one.status
    if one.spares:
        return SPARE
    look = one.outlook
    if look is None or not look.due(ahead):
        return (
            LATER if look is not None and (look.days_left is not None or look.level is not None) else UNKNOWN
        )
    return ASK if questions_of(one, rules) else SEND


def questions_of(one: Standing, rules: Rules) -> list[str]:
    return [words(ask) for ask in asks(one.facts, rules) if ask.code not in OF_A_REQUEST]


def row_of(
    one: Standing, device: Mapping[str, Any], rules: Rules, ahead: float, today: date
) -> dict[str, Any]:
    look, zone = one.outlook, clock.site_zone()
    told = clock.stored(look.taken_at, zone) if look else None
    return {
        "device": one.device,
        "model": device["device_model"],
        "customer": device["customer"],
        "customer_name": device["customer_name"],
        "site": device["site"],
        "supply": one.key,
        "item": one.supply.item if one.supply else None,
        "left": look.level if look else None,
        "told": look.state.value if look else "",
        "days_left": round(look.days_left, 1) if look and look.days_left is not None else None,
        "empty_on": look.empty_on(today) if look else None,
        "basis": _(look.pace.basis.value) if look else "",
        "taken_at": told,
        "fill": round(float(one.fill), 1) if one.fill is not None else None,
        "action": action_of(one, rules, ahead),
        "asks": " ".join(questions_of(one, rules)),
        "spares": one.spares,
        "request": one.request or None,
    }


def _soonest(row: Mapping[str, Any]) -> tuple[int, float, str, str]:
    days = (
        row["days_left"] if row["days_left"] is not None else (0 if row["told"] in ("Low", "Empty") else 9999)
    )
    return ORDER.index(row["action"]), days, row["device"], row["supply"]


def chart(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Supplies by the days that they last."""
    known = [row["days_left"] for row in rows if row["days_left"] is not None]
    if not known:
        return None
    counts = Counter(next(name for most, name in SPANS if days <= most) for days in known)
    return {
        "data": {
            "labels": [_(name) for _most, name in SPANS],
            "datasets": [
                {"name": _("Supplies by Days Left"), "values": [counts[name] for _most, name in SPANS]}
            ],
        },
        "type": "bar",
        "colors": ["#ecad4b"],
        "fieldtype": "Int",
    }


def summary(rows: list[dict[str, Any]], ahead: int) -> list[dict[str, Any]]:
    counts = Counter(row["action"] for row in rows)
    under_way = sum(counts[name] for name in ("Held Back", "Approved", "Ordered"))
    return [
        {
            "label": _("To Send Within {0} Days").format(ahead),
            "value": counts[SEND],
            "datatype": "Int",
            "indicator": "Red" if counts[SEND] else "Green",
        },
        {
            "label": _("Ask First"),
            "value": counts[ASK] + counts["Held Back"],
            "datatype": "Int",
            "indicator": "Orange",
        },
        {"label": _("Requested"), "value": under_way, "datatype": "Int"},
        {"label": _("Spares on the Shelf"), "value": sum(row["spares"] for row in rows), "datatype": "Int"},
    ]


def columns() -> list[Column]:
    return [
        column("action", _("To Do"), width=130),
        column("device", _("Device"), "Link", "MPS Device", 110),
        column("customer_name", _("Customer Name"), width=170),
        column("site", _("Site"), width=110),
        column("model", _("Model"), "Link", "MPS Device Model", 130),
        column("supply", _("Supply"), width=100),
        column("item", _("Item"), "Link", "Item", 130),
        {**column("left", _("Left"), "Percent", width=80), "precision": 1},
        column("told", _("Told"), width=90),
        {**column("days_left", _("Days Left"), "Float", width=90), "precision": 1},
        column("empty_on", _("Empty On"), "Date", width=110),
        column("asks", _("To Be Asked"), width=320),
        {**column("fill", _("Cover of the Page %"), "Float", width=140), "precision": 1},
        column("spares", _("Spares"), "Int", width=70),
        column("request", _("Request"), "Link", "MPS Supply Request", 120),
        column("basis", _("Pace By"), width=120),
        column("taken_at", _("Level Of"), "Datetime", width=150),
        column("customer", _("Customer"), "Link", "Customer", 110),
    ]
