"""What a customer sees of supplies, and asks for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate

from mps_module.fleet import clock
from mps_module.fleet.ledger import NO_LIMIT
from mps_module.service import supply_requests, toner
from mps_module.service.toner import Standing

SAID = {"Held Back": "We look at your request", "Approved": "Requested", "Ordered": "Being packed"}


def devices(customers: Collection[str]) -> list[dict[str, Any]]:
    """Installed devices of these customers by site, each with the supplies of its model."""
    if not customers:
        return []
    rows = frappe.get_all(
        "MPS Device",
        {"customer": ["in", list(customers)], "status": "Installed"},
        ["name", "device_model", "serial_no_text", "site", "department"],
        order_by="site, name",
        limit=NO_LIMIT,
    )
    supplies: dict[str, list[dict[str, Any]]] = {}
    for one in toner.standings([row.name for row in rows]):
        if one.supply is not None:
            supplies.setdefault(one.device, []).append(shown(one))
    return [
        {**row, "site": row.site or "", "supplies": supplies[row.name]}
        for row in rows
        if row.name in supplies
    ]


def shown(one: Standing) -> dict[str, Any]:
    """A supply in a customer's words."""
    look = one.outlook
    return {
        "supply": one.key,
        "label": _((one.supply.colour or one.key).title()),
        "item_name": one.supply.item_name,
        "level": round(look.level) if look and look.level is not None else None,
        "state": _(look.state.value) if look else "",
        "low": bool(look and look.due(toner.rules().days_ahead)),
        "day": formatdate(look.taken_at.astimezone(clock.site_zone()).date()) if look else "",
        "days_left": int(look.days_left) if look and look.days_left is not None else None,
        "spares": one.spares,
        "request": _(SAID[one.status]) if one.status in SAID else "",
    }


def request(device: str, supply: str, answer: str, sure: bool) -> dict[str, Any]:
    """Request a supply. What is to be asked is asked first; with `sure` it is put before the dealer, with the answer."""
    if supply_requests.open_request(device, supply):
        return {"state": "known", "message": _("We have your request already."), "questions": []}
    asked = supply_requests.questions(device, supply)
    if asked and not sure:
        return {"state": "asked", "message": "", "questions": asked}
    doc = supply_requests.request(device, supply, asked_by="Portal", answer=answer or None)
    if doc.status == supply_requests.HELD:
        return {
            "state": "passed",
            "message": _("Passed on: we look at it and come back to you."),
            "questions": [],
        }
    return {"state": "requested", "message": _("Thank you, it is on its way to our store."), "questions": []}
