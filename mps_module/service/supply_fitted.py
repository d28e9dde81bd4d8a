"""A refill in the levels closes the request that it came from, and tells what the toner before it really gave."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_datetime, now_datetime

from mps_module.engine import toner as engine
from mps_module.engine.supply_levels import Run, runs
from mps_module.fleet import clock
from mps_module.fleet.ledger import NO_LIMIT
from mps_module.service import supply_requests, toner, toner_levels
from mps_module.service.clicks import Clicks

DOCTYPE = supply_requests.DOCTYPE
UNSENT = (supply_requests.APPROVED, supply_requests.ORDERED)


def see(devices: Collection[str]) -> list[str]:
    """Close the Sent requests of these devices whose refill the levels show. One query where none is under way.

    A refill that none of them brought (from the technician's trunk, a spare of old) makes a request that was not sent yet
    doubtful: it is asked whether it is still needed.
    """
    waiting = frappe.get_all(
        DOCTYPE,
        {"device": ["in", sorted(devices)], "status": ["in", (supply_requests.SENT, *UNSENT)]},
        ["name", "device", "supply", "status", "sent_at", "requested_at"],
        order_by="sent_at, requested_at, name",
        limit=NO_LIMIT,
    )
    if not waiting:
        return []
    names = sorted({row.device for row in waiting})
    zone = clock.site_zone()
    levels = toner_levels.load_levels(names)
    clicks = Clicks.of(names, clock.now(zone))
    models = toner.supplies_by_device(names)
    taken = _fitted_already(names)
    closed = []
    for row in sorted(waiting, key=lambda each: each.status != supply_requests.SENT):
        key, sent = (row.device, row.supply), row.status == supply_requests.SENT
        found = runs(levels.get(key, ()))
        since = clock.aware(row.sent_at if sent else row.requested_at, zone)
        refill = _first(found, since, taken.setdefault(key, set()))
        if refill is None:
            continue
        at = clock.stored(found[refill].levels[0].taken_at, zone)
        taken[key].add(at)
        if not sent:
            _doubt(row.name, at)
            continue
        close(row.name, at, _given(found[refill - 1], key, clicks, models.get(row.device, {})))
        closed.append(row.name)
    return closed


def _doubt(name: str, at: datetime) -> None:
    """Refilled though nothing was sent: an approved request is held back, the packer of an ordered one is told. Once."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    asked = _("Refilled on {0}, after this was requested: is it still needed?").format(format_datetime(at))
    if doc.status not in UNSENT or asked in (doc.reasons or ""):
        return
    reasons = "\n".join(filter(None, (doc.reasons, asked)))
    if doc.status == supply_requests.APPROVED:
        supply_requests.move(doc, supply_requests.HELD, reasons=reasons)
        return
    supply_requests.move(doc, doc.status, reasons=reasons)
    for doctype, draft in (("Stock Entry", doc.stock_entry), ("Delivery Note", doc.delivery_note)):
        if draft:
            frappe.get_doc(doctype, draft).add_comment("Info", f"{doc.device}: {asked}")


def _fitted_already(devices: list[str]) -> dict[tuple[str, str], set[datetime]]:
    """Refills that closed another request: each closes one."""
    found: dict[tuple[str, str], set[datetime]] = {}
    for row in frappe.get_all(
        DOCTYPE,
        {"device": ["in", devices], "status": supply_requests.FITTED},
        ["device", "supply", "fitted_at"],
        order_by="name",
        limit=NO_LIMIT,
    ):
        found.setdefault((row.device, row.supply), set()).add(row.fitted_at)
    return found


def _first(found: list[Run], sent_at: datetime, taken: set[datetime]) -> int | None:
    zone = clock.site_zone()
    for number, run in enumerate(found):
        at = run.levels[0].taken_at
        if number and run.refilled and at >= sent_at and clock.stored(at, zone) not in taken:
            return number
    return None


def _given(
    run: Run, key: toner_levels.Key, clicks: Clicks, models: dict[str, toner.Supply]
) -> dict[str, Any]:
    """What the toner before gave: clicks while it was watched, and the cover of the page that follows."""
    read, supply = clicks.span(*key), models.get(key[1])
    run = toner.watched(run, *read) if read else run
    rows = run.measured
    if len(rows) < 2:
        return {}
    pages = clicks.between(*key, rows[0].taken_at, rows[-1].taken_at)
    used = engine.toners_used([run])
    fill = None
    if pages and supply and used is not None:
        fill = engine.fill_percent(supply.yield_pages, used * supply.toners, pages)
    return {"used_clicks": pages or 0, "used_fill": float(fill) if fill is not None else 0}


def close(name: str, at: datetime | None = None, given: dict[str, Any] | None = None) -> None:
    """The supply was fitted: seen in the levels at a moment, or said by somebody now.

    Raises:
        frappe.ValidationError: it was not sent.
    """
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    if doc.status != supply_requests.SENT:
        frappe.throw(_("{0} was not sent.").format(name))
    supply_requests.move(doc, supply_requests.FITTED, fitted_at=at or now_datetime(), **(given or {}))
