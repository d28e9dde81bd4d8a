"""What happens to a call: where it stands on the board, that somebody is there, that it runs again, what it repeats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, getdate

from mps_module.engine.callbacks import Call, Norm, is_callback
from mps_module.engine.life import LifeCounter
from mps_module.fleet.clock import aware, site_zone
from mps_module.service import clock
from mps_module.setup.service import BOARD

CORRECTIVE = "Corrective"
RESPONSES = ("On Site", "Remote Fix")


def set_board(issue: str, state: str) -> None:
    """Where a call stands on the dispatch board; one of `setup.service.BOARD`.

    Past the document, so that a desk form that is open stays valid. Raises frappe.ValidationError for another state.
    """
    if state not in BOARD:
        frappe.throw(_("There is no place {0} on the board.").format(repr(state)))
    frappe.db.set_value("Issue", issue, "mps_board", state or None, update_modified=False)


def responded(issue: str, at: datetime, kind: str = "On Site") -> bool:
    """Somebody is on site, or has fixed it remotely. The earliest such time counts, in whatever order they come in.

    Args:
        at: in the site's time. kind: On Site or Remote Fix.

    Returns: whether this is the response now.
    """
    if kind not in RESPONSES:
        frappe.throw(_("A response is {0}.").format(" / ".join(RESPONSES)))
    at = get_datetime(at)
    row = frappe.db.get_value(
        "Issue", issue, [*clock.FIELDS, "mps_responded_at"], as_dict=True, for_update=True
    )
    if not row:
        frappe.throw(_("There is no call {0}.").format(issue), frappe.DoesNotExistError)
    if row.mps_responded_at and get_datetime(row.mps_responded_at) <= at:
        return False
    row.update({"mps_responded_at": at, "mps_response_kind": kind})
    values = clock.states(row, clock.Agreements(), clock.now())
    frappe.db.set_value(
        "Issue",
        issue,
        {"mps_responded_at": at, "mps_response_kind": kind, **values},
        update_modified=False,
    )
    return True


@contextmanager
def as_of(at: datetime) -> Iterator[None]:
    """The ERP's service levels book what is done here as done at `at`: a phone may send it hours later."""
    before, frappe.flags.current_time = frappe.flags.get("current_time"), at
    try:
        yield
    finally:
        frappe.flags.current_time = before


def restored(issue: str, at: datetime) -> None:
    """It runs again since `at`: the call is resolved, through the ERP's own document and its service level."""
    at = get_datetime(at)
    doc = frappe.get_doc("Issue", issue)
    doc.mps_restored_at = at
    doc.mps_board = "Done"
    if doc.status not in clock.CLOSED:
        doc.status = "Resolved"
    doc.flags.ignore_permissions = True
    doc.flags.ignore_mandatory = True
    doc.flags.ignore_links = True
    with as_of(at):
        doc.save()


def unrestored(issue: str) -> None:
    """The visit that ended the call never was: it is open again, and its response what the other visits say."""
    doc = frappe.get_doc("Issue", issue)
    rows = frappe.get_all(
        "Maintenance Visit",
        {"mps_issue": issue, "docstatus": 1},
        ["mps_arrived_at", "mps_left_at", "mps_remote", "mps_outcome"],
        order_by="creation",
        limit=200,
    )
    complete = [row for row in rows if row.mps_outcome == "Complete"]
    came = [
        (
            row.mps_left_at if row.mps_remote else row.mps_arrived_at,
            "Remote Fix" if row.mps_remote else "On Site",
        )
        for row in rows
        if not row.mps_remote or row.mps_outcome == "Complete"
    ]
    first = min(((at, kind) for at, kind in came if at), default=(None, ""))
    doc.mps_responded_at, doc.mps_response_kind = first
    if not complete:
        doc.mps_restored_at = None
        if doc.status in clock.CLOSED:
            doc.status = "Open"
        doc.mps_board = "To Assign"
    doc.flags.ignore_permissions = True
    doc.flags.ignore_mandatory = True
    doc.flags.ignore_links = True
    doc.save()


def fixed_remotely(issue: str, at: datetime | None = None) -> None:
    """Solved from the desk without a trip: the response, and the call is resolved."""
    at = get_datetime(at) if at else clock.now()
    responded(issue, at, "Remote Fix")
    restored(issue, at)


def kind_of(issue_type: str | None) -> str:
    """What calls of a type count as; one without a type counts as corrective."""
    if not issue_type:
        return CORRECTIVE
    return frappe.get_cached_value("Issue Type", issue_type, "mps_kind") or CORRECTIVE


def callback_of(issue: str) -> str | None:
    """The completed call that a call repeats, by the norm of its device (days, and clicks where they were read)."""
    fields = ["name", "mps_device", "issue_type", "opening_date", "opening_time", "creation"]
    row = frappe.db.get_value("Issue", issue, fields, as_dict=True)
    return repeats(row) if row else None


def repeats(row: Any) -> str | None:
    """`callback_of` for a call that need not be saved yet. Two queries where there is nothing to repeat."""
    device = row.get("mps_device")
    if not device or kind_of(row.get("issue_type")) != CORRECTIVE:
        return None
    opened = _opened(row)
    before = _completed_before(device, opened, row.get("name") or "")
    if before is None:
        return None
    norm = _norm(device)
    ended = get_datetime(before.mps_restored_at)
    if (opened.date() - ended.date()).days > norm.days:
        return None
    then = later = None
    if norm.clicks:
        then, later = _lives(device, ended, opened)
    first = Call(before.name, _opened(before), ended, device, completed_life=then)
    return (
        before.name
        if is_callback(first, Call("", opened, device=device, norm=norm, opened_life=later))
        else None
    )


def _completed_before(device: str, opened: datetime, own: str) -> Any:
    """The device's corrective call that was completed last before `opened`."""
    rows = frappe.get_all(
        "Issue",
        {
            "mps_device": device,
            "name": ("!=", own),
            "status": ("in", clock.CLOSED),
            "mps_restored_at": ("<", opened),
        },
        ["name", "issue_type", "mps_restored_at", "opening_date", "opening_time", "creation"],
        order_by="mps_restored_at desc, name desc",
        limit=20,
    )
    return next((row for row in rows if kind_of(row.issue_type) == CORRECTIVE), None)


def _norm(device: str) -> Norm:
    settings = frappe.get_cached_doc("MPS Service Settings")
    model = frappe.db.get_value("MPS Device", device, "device_model")
    own = frappe.get_cached_value("MPS Device Model", model, "callback_clicks") if model else 0
    return Norm(int(settings.callback_days or 0), int(own or settings.callback_clicks or 0))


def _lives(device: str, first: datetime, second: datetime) -> tuple[int | None, int | None]:
    """Clicks of the device's life at two moments."""
    from mps_module.service.facts import logs_of

    logs = logs_of([device], getdate(second)).get(device)
    if not logs:
        return None, None
    life, zone = LifeCounter.of(logs), site_zone()
    return life.at(aware(first, zone)), life.at(aware(second, zone))


def _opened(row: Any) -> datetime:
    if row.get("opening_date"):
        return get_datetime(f"{row.get('opening_date')} {row.get('opening_time') or '00:00:00'}")
    return get_datetime(row.get("creation")) if row.get("creation") else clock.now()
