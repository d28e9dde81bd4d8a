"""Trunk to trunk: asked for or offered, answered, and handed over with the confirmation of both.

The parts leave the giver's trunk, into transit, with the giver's confirmation, and are on the receiver's trunk when
both have confirmed, in whichever order the phones find a signal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from mps_module.stock import deliveries, levels, notices
from mps_module.stock.act import Act, Done
from mps_module.stock.answers import Conflict, Refused
from mps_module.stock.entries import TRANSFER, book
from mps_module.stock.levels import EPSILON
from mps_module.stock.lines import Line, read_lines, short_message, take_from, text, totals

if TYPE_CHECKING:
    from frappe.model.document import Document

DOCTYPE = "Trunk Transfer"
OPEN = ("Requested", "Accepted", "Handover")


def request(act: Act, payload: Mapping[str, Any]) -> Done:
    """Ask a colleague for parts."""
    return _start(act, payload, text(payload, "from_trunk", required=True), act.trunk.name, "Receiver")


def offer(act: Act, payload: Mapping[str, Any]) -> Done:
    """Offer parts of the own trunk to a colleague; they are promised as soon as the colleague accepts."""
    return _start(act, payload, act.trunk.name, text(payload, "to_trunk", required=True), "Giver")


def _start(act: Act, payload: Mapping[str, Any], giver: str, receiver: str, by: str) -> Done:
    if giver == receiver:
        raise Refused("trunk", _("That is your own trunk."))
    companies = {act.other(giver).company, act.other(receiver).company}
    if len(companies) > 1:
        raise Refused("trunk", _("The trunks belong to two companies; parts cannot go across."))
    lines, _facts = read_lines(payload)
    _must_be_free(act, giver, lines)
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "from_trunk": giver,
            "to_trunk": receiver,
            "started_by": by,
            "status": "Requested",
            "note": text(payload, "note"),
            "items": [_row(line) for line in lines],
        }
    )
    doc.insert(ignore_permissions=True)
    notices.tell(act, doc, by)
    return Done({"transfer": doc.name, "status": doc.status}, DOCTYPE, doc.name)


def _row(line: Line) -> dict[str, Any]:
    serials = "\n".join(line.serials)
    return {"item": line.item, "qty": line.qty, "serial_no": serials or None, "batch_no": line.batch or None}


def _must_be_free(act: Act, giver: str, lines: Sequence[Line]) -> None:
    """Raises Conflict("short") where the giver has too little that is not promised to somebody else."""
    trunk = act.other(giver)
    wanted = totals(lines)
    found = levels.bins([trunk.warehouse], list(wanted))
    given = levels.promised([giver], list(wanted))
    short = []
    for item, qty in sorted(wanted.items()):
        have = found.get((item, trunk.warehouse), levels.NOTHING).on_hand
        taken = given.get((item, giver), 0.0)
        if qty > have - taken + EPSILON:
            free = max(0.0, have - taken)
            short.append({"item": item, "wanted": qty, "available": free, "promised": taken})
    if not short:
        return
    mine = giver == act.trunk.name
    where = _("your trunk") if mine else _("the trunk of {0}").format(trunk.technician or trunk.title)
    message = short_message(short, where)
    if any(row["promised"] for row in short):
        message += " " + _("The rest is promised to a colleague.")
    raise Conflict("short", message, {"items": short})


def _open(act: Act, payload: Mapping[str, Any], *statuses: str) -> Document:
    """The transfer, locked, in one of these states. Raises Refused (not the user's), Conflict("closed")."""
    name = text(payload, "transfer", required=True)
    if not frappe.db.exists(DOCTYPE, name):
        raise Refused("transfer", _("There is no transfer {0}.").format(name))
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    if act.trunk.name not in (doc.from_trunk, doc.to_trunk):
        raise Refused("transfer", _("Transfer {0} is between other technicians.").format(name))
    if doc.status not in statuses:
        raise Conflict(
            "closed", _("Transfer {0} is {1} already.").format(name, _(doc.status).lower()), {"status": doc.status}
        )  # fmt: skip
    return doc


def _asked(doc: Document) -> str:
    """The trunk whose technician answers."""
    return doc.from_trunk if doc.started_by == "Receiver" else doc.to_trunk


def _save(act: Act, doc: Document, told: str = "") -> Done:
    """Keep it. `told`: what the other side is told of (see `notices`)."""
    doc.save(ignore_permissions=True)
    if told:
        notices.tell(act, doc, told)
    else:
        notices.mark_read(act, doc)
    return Done({"transfer": doc.name, "status": doc.status}, DOCTYPE, doc.name)


def accept(act: Act, payload: Mapping[str, Any]) -> Done:
    """Say yes. From then on the parts are promised; a second yes to somebody else finds only what is left."""
    doc = _open(act, payload, "Requested")
    if _asked(doc) != act.trunk.name:
        raise Refused("transfer", _("The other side answers {0}.").format(doc.name))
    _must_be_free(act, doc.from_trunk, [Line(row.item, row.qty) for row in doc.items])
    doc.status = "Accepted"
    doc.answered_at = act.made_at
    return _save(act, doc, "Accepted")


def decline(act: Act, payload: Mapping[str, Any]) -> Done:
    """Say no."""
    doc = _open(act, payload, "Requested")
    if _asked(doc) != act.trunk.name:
        raise Refused("transfer", _("The other side answers {0}.").format(doc.name))
    doc.status = "Declined"
    doc.answered_at = act.made_at
    doc.reason = text(payload, "reason")
    return _save(act, doc, "Declined")


def cancel(act: Act, payload: Mapping[str, Any]) -> Done:
    """Call it off, from either side, as long as the parts have not left the giver's trunk."""
    doc = _open(act, payload, *OPEN)
    if doc.given_at:
        raise Conflict(
            "closed", _("The parts of {0} have left the giver already.").format(doc.name), {"status": doc.status}
        )  # fmt: skip
    doc.status = "Cancelled"
    doc.reason = text(payload, "reason")
    return _save(act, doc, "Cancelled")


def handover(act: Act, payload: Mapping[str, Any]) -> Done:
    """One side's confirmation. Confirming twice changes nothing."""
    doc = _open(act, payload, "Accepted", "Handover")
    giving = act.trunk.name == doc.from_trunk
    again = bool(doc.given_at if giving else doc.received_at)
    if giving and not doc.given_at:
        _give(act, doc, payload)
    elif not giving and not doc.received_at:
        doc.received_at = act.made_at
    doc.status = "Handover"
    if doc.given_at and doc.received_at and not doc.incoming_entry:
        _arrive(act, doc)
    waits = doc.status == "Handover" and not again  # for the other side's word
    done = _save(act, doc, ("Given" if giving else "Got") if waits else "")
    entry = doc.incoming_entry or doc.outgoing_entry or None
    return Done({**done.result, "stock_entry": entry}, DOCTYPE, doc.name)


def _give(act: Act, doc: Document, payload: Mapping[str, Any]) -> None:
    """Book the parts out of the giver's trunk, into the receiver's transit."""
    if payload.get("items"):
        lines, facts = read_lines(payload)
        _within(doc, lines)
    else:
        lines = [
            Line(row.item, row.qty, tuple((row.serial_no or "").split()), row.batch_no or "")
            for row in doc.items
        ]
        facts = levels.item_facts(line.item for line in lines)
    lines = take_from(act.trunk.warehouse, _("your trunk"), lines, facts)
    booking = act.booking("Transfer", doc.note or "", mps_transfer=doc.name)
    target = act.other(doc.to_trunk).transit
    doc.outgoing_entry = book(
        booking, TRANSFER, lines, facts, source=act.trunk.warehouse, target=target, transit=True
    )
    doc.given_at = act.made_at
    doc.set("items", [_row(line) for line in lines])


def _within(doc: Document, lines: Sequence[Line]) -> None:
    """Raises Refused for other parts, or more, than were agreed."""
    agreed = totals([Line(row.item, row.qty) for row in doc.items])
    for item, qty in totals(lines).items():
        if qty > agreed.get(item, 0.0) + EPSILON:
            raise Refused("transfer", _("{0}: {1:g} were agreed.").format(item, agreed.get(item, 0.0)))


def _arrive(act: Act, doc: Document) -> None:
    """Book the parts onto the receiver's trunk."""
    delivery = deliveries.load(doc.outgoing_entry)
    if delivery is None or delivery.cancelled:
        raise Conflict("gone", _("{0} was taken back.").format(doc.outgoing_entry))
    doc.status = "Completed"
    if delivery.open_lines:  # else the office has received it on the desk
        doc.incoming_entry = deliveries.arrive(
            act,
            delivery,
            delivery.open_lines,
            "Transfer",
            act.other(doc.to_trunk),
            doc.note or "",
            mps_transfer=doc.name,
        )
