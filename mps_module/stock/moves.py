"""Moves of one trunk: receive, use on a call, return, scrap, and parts that a call was held for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType

from mps_module.service import held
from mps_module.stock import deliveries
from mps_module.stock.act import Act, Done
from mps_module.stock.answers import Conflict, Refused
from mps_module.stock.entries import ISSUE, TRANSFER, book
from mps_module.stock.lines import read_lines, take_from, text

STOCK_ENTRY = "Stock Entry"
YOURS = "your trunk"


def receive(act: Act, payload: Mapping[str, Any]) -> Done:
    """Goods in transit to the trunk -> onto the trunk; all of a delivery, or what of it has come."""
    name = text(payload, "delivery", required=True)
    delivery = deliveries.load(name)
    if delivery is None or delivery.transit != act.trunk.transit:
        raise Refused("delivery", _("{0} is no delivery to your trunk.").format(name))
    if delivery.cancelled:
        raise Conflict("gone", _("Delivery {0} was taken back.").format(name))
    if delivery.transfer:
        raise Refused(
            "delivery", _("{0} is confirmed with its transfer {1}.").format(name, delivery.transfer)
        )
    if not delivery.open_lines:
        raise Conflict("closed", _("Delivery {0} is received already.").format(name), {"status": "Received"})
    lines = deliveries.chosen(delivery, payload)
    entry = deliveries.arrive(act, delivery, lines, "Receive", act.trunk, text(payload, "note"))
    left = sum(line.qty for line in delivery.open_lines) - sum(line.qty for line in lines)
    return Done({"stock_entry": entry, "open": max(0.0, round(left, 9))}, STOCK_ENTRY, entry)


def use_on_call(act: Act, payload: Mapping[str, Any]) -> Done:
    """Parts go into a device on a call: Material Issue with call, device and contract."""
    issue = call_of(payload)
    device = text(payload, "device") or device_of(issue)
    if device and not frappe.db.exists("MPS Device", device):
        raise Refused("device", _("There is no device {0}.").format(device))
    contract = contract_of(device, act.made_at.date()) if device else ""
    lines, facts = read_lines(payload)
    lines = take_from(act.trunk.warehouse, _(YOURS), lines, facts)
    links = {"mps_issue": issue, "mps_device": device or None, "mps_contract": contract or None}
    booking = act.booking("Use", text(payload, "note"), **links)
    entry = book(booking, ISSUE, lines, facts, source=act.trunk.warehouse)
    result = {"stock_entry": entry, "issue": issue, "device": device, "contract": contract}
    return Done(result, STOCK_ENTRY, entry)


def return_part(act: Act, payload: Mapping[str, Any]) -> Done:
    """Parts go back to where the trunk is refilled from, or to the place for defective ones."""
    lines, facts = read_lines(payload)
    lines = take_from(act.trunk.warehouse, _(YOURS), lines, facts)
    target = act.trunk.defective if payload.get("defective") is True else act.trunk.returns
    booking = act.booking("Return", text(payload, "reason"))
    entry = book(booking, TRANSFER, lines, facts, source=act.trunk.warehouse, target=target)
    return Done({"stock_entry": entry, "warehouse": target}, STOCK_ENTRY, entry)


def scrap(act: Act, payload: Mapping[str, Any]) -> Done:
    """Parts that are broken or lost leave the books, with a reason."""
    reason = text(payload, "reason", required=True)
    lines, facts = read_lines(payload)
    lines = take_from(act.trunk.warehouse, _(YOURS), lines, facts)
    entry = book(act.booking("Scrap", reason), ISSUE, lines, facts, source=act.trunk.warehouse)
    return Done({"stock_entry": entry}, STOCK_ENTRY, entry)


def need_part(act: Act, payload: Mapping[str, Any]) -> Done:
    """A call lacks parts: noted with what the trunk and colleagues had at that moment, and requested for the trunk."""
    issue = call_of(payload)
    told = held.order(act, issue, device_of(issue), held.wanted(payload), text(payload, "note"))
    return Done(told, "MPS Missing Part", told["missing"][0])


def call_of(payload: Mapping[str, Any]) -> str:
    """The call that a payload names. Raises Refused where there is none."""
    name = text(payload, "issue", required=True)
    if not frappe.db.exists("Issue", name):
        raise Refused("issue", _("There is no call {0}.").format(name))
    return name


def device_of(issue: str) -> str:
    """The device of a call; empty where the call names none."""
    if not frappe.get_meta("Issue").has_field("mps_device"):
        return ""
    return frappe.db.get_value("Issue", issue, "mps_device") or ""


def contract_of(device: str, day: date) -> str:
    """The running contract that covers a device on a day (the one that began last); empty: none."""
    cover, contract = DocType("Click Contract Cover"), DocType("Click Contract")
    rows = (
        frappe.qb.from_(cover)
        .join(contract)
        .on((contract.name == cover.parent) & (cover.parenttype == "Click Contract"))
        .select(contract.name)
        .where((cover.device == device) & contract.status.isin(("Active", "Suspended")))
        .where(cover.start_date.isnull() | (cover.start_date <= day))
        .where(cover.end_date.isnull() | (cover.end_date >= day))
        .orderby(contract.start_date, order=frappe.qb.desc)
        .orderby(contract.name)
        .limit(1)
        .run(pluck=True)
    )
    return rows[0] if rows else ""
