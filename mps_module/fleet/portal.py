"""What a customer sees and hands in on the portal: their own devices, meters, history and statements."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from mps_module.billing.standing import POSTED
from mps_module.engine.reads import ReadSource, Verdict
from mps_module.fleet import clock
from mps_module.fleet.expected import Standing, standing
from mps_module.fleet.intake import Entry, buffer, enter_reads
from mps_module.fleet.ledger import NO_LIMIT, WITHDRAWN, ledger_for

HISTORY = 60  # reads of a device
BILLS = 24
GROUPED = re.compile(r"\d{1,3}(?:[.,'\s]\d{3})+")  # 12,345 or 12.345 or 12 345: a counter has no decimals
FIELDS = ("name", "device_model", "serial_no_text", "site", "department", "customer", "customer_name")


def devices(customers: Collection[str]) -> list[dict[str, Any]]:
    """Installed devices of these customers, by site, each with its meters and their last values."""
    if not customers:
        return []
    rows = frappe.get_all(
        "MPS Device",
        filters={"customer": ["in", list(customers)], "status": "Installed"},
        fields=list(FIELDS),
        order_by="site, name",
        limit=NO_LIMIT,
    )
    meters: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in standing(ledger_for([row.name for row in rows]), clock.now(), buffer()):
        meters[one.device].append(meter_of(one))
    return [{**row, "site": row.site or "", "meters": meters[row.name]} for row in rows]


def meter_of(one: Standing) -> dict[str, Any]:
    return {
        "meter": one.meter,
        "label": _(one.label),
        "last": one.last.value if one.last else None,
        "last_day": formatdate(one.last.taken_at.date()) if one.last else "",
    }


def hand_in(
    rows: Sequence[Mapping[str, Any]], customers: Collection[str], day: str | None, sure: bool
) -> list[dict[str, Any]]:
    """Enter the values that a customer read. What does not fit is said; said again (`sure`), it is put before the dealer.

    Args:
        rows: each with device, meter, value. Devices of other customers are not known here.
        day: of reading; None: now.
    """
    at = moment(day)
    given = [
        {
            "device": row.get("device"),
            "meter": row.get("meter"),
            "value": plain(row.get("value")),
            "taken_at": at,
        }
        for row in rows
    ]
    entry = enter_reads(given, ReadSource.PORTAL, customers=customers, keep_refused=sure)
    return [
        {"device": row["device"], "meter": row["meter"], **answer}
        for row, answer in zip(given, answers(entry, sure), strict=True)
    ]


def plain(value: Any) -> Any:
    """A counter as typed, without the marks that set thousands apart."""
    text = str(value if value is not None else "").strip()
    return re.sub(r"\D", "", text) if GROUPED.fullmatch(text) else text


def answers(entry: Entry, sure: bool) -> list[dict[str, Any]]:
    """In a customer's words: taken, known already, or why not."""
    told = []
    for outcome in entry.outcomes:
        if outcome.verdict in (Verdict.ACCEPTED, Verdict.FLAGGED):
            told.append({"state": "taken", "message": _("Thank you, noted.")})
        elif outcome.verdict is Verdict.DUPLICATE:
            told.append({"state": "taken", "message": _("We have this reading already.")})
        elif sure:
            told.append({"state": "passed", "message": _("Passed on: we look at it and come back to you.")})
        else:
            told.append({"state": "refused", "message": _(outcome.message)})
    return told


def moment(day: str | None) -> datetime:
    """When a value was read: now, or at noon of an earlier day."""
    now = clock.stored(clock.now(), clock.site_zone()).replace(microsecond=0)
    if not day or getdate(day) == now.date():
        return now
    if getdate(day) > now.date():
        frappe.throw(_("The day of reading lies in the future."))
    return datetime.combine(getdate(day), time(12))


def history(device: str, customers: Collection[str]) -> list[dict[str, Any]]:
    """The newest reads of a device at these customers; superseded and withdrawn ones left out."""
    rows = frappe.get_all(
        "Meter Read",
        filters={
            "device": device,
            "customer": ["in", list(customers)],
            "status": ["!=", WITHDRAWN],
            "superseded_by": ["is", "not set"],
        },
        fields=["meter", "taken_at", "value", "kind", "source"],
        order_by="taken_at desc, meter",
        limit=HISTORY,
    )
    labels = dict(
        frappe.get_all(
            "MPS Meter Type", fields=["name", "label"], order_by="name", limit=NO_LIMIT, as_list=True
        )
    )
    return [
        {
            "label": _(labels.get(row.meter) or row.meter),
            "day": formatdate(getdate(row.taken_at)),
            "value": f"{row.value:,}",
            "kind": _(row.kind) if row.kind != "actual" else "",
            "source": _(row.source),
        }
        for row in rows
    ]


def statements(customers: Collection[str]) -> list[dict[str, Any]]:
    """Invoiced bills of these customers, newest first, with their number of invoices that are out."""
    if not customers:
        return []
    rows = frappe.get_all(
        "Click Bill",
        filters={"customer": ["in", list(customers)], "status": ["in", POSTED]},
        fields=["name", "due_date", "overage_from", "overage_to", "total", "currency"],
        order_by="due_date desc, name",
        limit=BILLS,
    )
    return [
        {
            "name": row.name,
            "due": formatdate(row.due_date),
            "period": f"{formatdate(row.overage_from)} – {formatdate(row.overage_to)}"
            if row.overage_to
            else "",
            "total": frappe.utils.fmt_money(row.total, currency=row.currency),
        }
        for row in rows
    ]


def may_see_statement(bill: str, customers: Collection[str]) -> bool:
    """Whether it is a posted bill of one of these customers."""
    row = frappe.db.get_value("Click Bill", bill, ["customer", "status"], as_dict=True)
    return bool(row) and row.status in POSTED and row.customer in customers
