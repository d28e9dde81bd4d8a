"""Actions of the phone: each booked once, however often it is sent, and answered the same way every time.

The answer is kept beside what it booked, in one transaction: either both are there or neither is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from mps_module.fleet.clock import site_zone, stored
from mps_module.service import phone_call, visits
from mps_module.stock import counts, moves, readings, transfers, trunks
from mps_module.stock.access import trunk_of
from mps_module.stock.act import Act, Done
from mps_module.stock.answers import Conflict, Refused, Unbooked

DOCTYPE = "MPS Phone Action"
SAVEPOINT = "mps_phone_action"
LONGEST_KEY = 140
TRIES = 3

HANDLERS: dict[str, Callable[[Act, Mapping[str, Any]], Done]] = {
    "receive": moves.receive,
    "transfer_request": transfers.request,
    "transfer_offer": transfers.offer,
    "transfer_accept": transfers.accept,
    "transfer_decline": transfers.decline,
    "transfer_cancel": transfers.cancel,
    "transfer_handover": transfers.handover,
    "use_on_call": moves.use_on_call,
    "need_part": moves.need_part,
    "return_part": moves.return_part,
    "scrap": moves.scrap,
    "count": counts.count,
    "meter_read": readings.meter_read,
    "visit_step": visits.visit_step,
    "visit": visits.book_visit,
    "new_call": phone_call.new_call,
}


def submit(key: str, action: str, payload: Mapping[str, Any], made_at: str) -> dict[str, Any]:
    """Book an action of the signed-in user, or tell again what became of it.

    Deadlocks are tried again here; whatever else goes wrong is raised with nothing kept, for the phone to send again.

    Raises:
        frappe.ValidationError: no usable key.
    """
    if not key or len(key) > LONGEST_KEY:
        frappe.throw(_("An action needs a key of at most {0} characters.").format(LONGEST_KEY))
    for attempt in range(TRIES):
        try:
            return _once(key, action, payload, made_at)
        except (frappe.QueryDeadlockError, frappe.UniqueValidationError):
            # A deadlock undid everything. A duplicate: the same key came in at the same moment and is answered now.
            frappe.db.rollback()
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _once(key: str, action: str, payload: Mapping[str, Any], made_at: str) -> dict[str, Any]:
    involved = _involved(payload)
    # What this request has read so far would be all that it sees. A new transaction that begins with the lock sees
    # what the one that held the lock before has booked.
    frappe.db.commit()
    locked = trunks.load(involved, lock=True) if involved else {}
    before = _answered(key)
    if before:
        return before
    name = _begin(key, action, payload, made_at)
    frappe.db.savepoint(SAVEPOINT)
    try:
        done = _run(action, payload, made_at, locked)
    except Unbooked as unbooked:
        frappe.db.rollback(save_point=SAVEPOINT)
        frappe.clear_messages()
        return _keep(name, key, unbooked.status, unbooked.code, unbooked.message, unbooked.result)
    return _keep(name, key, "Done", "", "", done.result, done)


def _involved(payload: Mapping[str, Any]) -> set[str]:
    """Names of the trunks that take part: the user's own and those that the payload names."""
    names = {trunk_of()}
    names |= {payload.get(field) for field in ("from_trunk", "to_trunk")}
    transfer = payload.get("transfer")
    if transfer and isinstance(transfer, str):
        names |= set(frappe.db.get_value("Trunk Transfer", transfer, ["from_trunk", "to_trunk"]) or ())
    return {name for name in names if name and isinstance(name, str)}


def _run(action: str, payload: Mapping[str, Any], made_at: str, locked: Mapping[str, trunks.Trunk]) -> Done:
    handler = HANDLERS.get(action)
    if handler is None:
        raise Refused("action", _("There is no action {0}.").format(repr(action)))
    act = Act(frappe.session.user, trunks.own(), locked, _moment(made_at))
    return handler(act, payload)


def _moment(made_at: str) -> datetime:
    """When it was done, in the site's time. A phone whose clock runs ahead is not believed: nothing was read or moved
    in the future."""
    try:
        moment = datetime.fromisoformat(made_at.strip().replace("Z", "+00:00"))
    except ValueError as error:
        raise Refused("payload", _("{0} is not a time.").format(repr(made_at)[:60])) from error
    return min(stored(moment, site_zone()), now_datetime()).replace(microsecond=0)


def _begin(key: str, action: str, payload: Mapping[str, Any], made_at: str) -> str:
    """Take the key. A second one that does so waits here for the first, and then fails on the unique key."""
    try:
        when = _moment(made_at)
    except Refused:  # the action itself is refused for it
        when = None
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "key": key,
            "made_at": when,
            "action": action[:140],
            "user": frappe.session.user,
            "trunk": trunk_of(),
            "payload": json.dumps(_without_photo(payload), ensure_ascii=False),
        }
    )
    return doc.insert(ignore_permissions=True).name


def _without_photo(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as it is kept: a picture is stored as a file, not a second time here."""
    kept = dict(payload)
    for field in ("photo", "signature"):
        picture = kept.get(field)
        if isinstance(picture, str) and picture.startswith("data:"):
            kept[field] = picture.partition(",")[0]
    return kept


def _keep(
    name: str,
    key: str,
    status: str,
    code: str,
    message: str,
    result: dict[str, Any],
    done: Done | None = None,
) -> dict[str, Any]:
    frappe.db.set_value(
        DOCTYPE,
        name,
        {
            "status": status,
            "code": code,
            "message": message,
            "result": json.dumps(result, ensure_ascii=False, default=str),
            "reference_doctype": (done.doctype if done else "") or None,
            "reference_name": (done.name if done else "") or None,
        },
    )
    return _answer(key, status, code, message, result, repeated=False)


def _answered(key: str) -> dict[str, Any] | None:
    """What was answered to this key before. Another user's key is refused and tells nothing."""
    fields = ["user", "status", "code", "message", "result"]
    row = frappe.db.get_value(DOCTYPE, {"key": key}, fields, as_dict=True, order_by="creation")
    if not row:
        return None
    if row.user != frappe.session.user:
        message = _("This action belongs to another user.")
        return _answer(key, Refused.status, "key", message, {}, repeated=True)
    return _answer(key, row.status, row.code, row.message, json.loads(row.result or "{}"), repeated=True)


def _answer(
    key: str, status: str, code: str | None, message: str | None, result: dict[str, Any], *, repeated: bool
) -> dict[str, Any]:
    return {
        "key": key,
        "status": status,
        "code": code or "",
        "message": message or "",
        "result": json.loads(json.dumps(result, default=str)),
        "repeated": repeated,
    }


__all__ = ["HANDLERS", "Conflict", "Refused", "submit"]
