"""Who goes to a call, and when. A call has one assignment that counts: the unique `active_key` in the database says so.

Every change of the board is one `Step`: "this call is to be planned so, given that I saw it like that". The answer holds
the step that takes it back, so undo is the same function again, with the same checks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import format_datetime, get_datetime, now_datetime

from mps_module.fleet import clock
from mps_module.service.assign_follow import (
    ACTIVE,
    BOARD_OF,
    DOCTYPE,
    OPEN_CALLS,
    OVER,
    TIMES,
    muted,
    publish,
)

__all__ = [
    "ACTIVE", "BOARD_OF", "DOCTYPE", "OPEN_CALLS", "OVER", "TIMES", "Done", "Step", "Taken", "active", "apply",
    "apply_all", "assign", "end_with_call", "moment", "norm_minutes", "publish", "set_status", "token", "unassign",
]  # fmt: skip

if TYPE_CHECKING:
    from frappe.model.document import Document


class Taken(frappe.ValidationError):
    """Somebody else changed the call since it was looked at. The message says who has it, and since when."""

    http_status_code = 409


@dataclass(frozen=True, slots=True)
class Step:
    """What a call's plan is to become.

    Attributes:
        technician: who goes; empty takes the call from whoever has it.
        start: arrival, in the site's time zone; minutes: work on the spot.
        seen: what the board showed of the call's assignment (its `token`); empty: that nobody had it.
        restores: a cancelled assignment that comes back as it was (undo of taking it away).
    """

    issue: str
    technician: str = ""
    start: datetime | None = None
    minutes: int = 0
    seen: str = ""
    restores: str = ""
    note: str = ""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Step:
        """From what a browser sends. Raises frappe.ValidationError for what is no step."""
        try:
            return cls(
                issue=str(values["issue"]),
                technician=str(values.get("technician") or ""),
                start=moment(values.get("start")),
                minutes=int(values.get("minutes") or 0),
                seen=str(values.get("seen") or ""),
                restores=str(values.get("restores") or ""),
                note=str(values.get("note") or "")[:500],
            )
        except (KeyError, TypeError, ValueError):
            frappe.throw(_("This is no plan for a call."))

    def told(self) -> dict[str, Any]:
        values = asdict(self)
        return {**values, "start": str(self.start) if self.start else ""}


@dataclass(frozen=True, slots=True)
class Done:
    """`token` of the call's assignment now (empty: none), and the step that takes the change back."""

    issue: str
    assignment: str
    token: str
    undo: Step

    def told(self) -> dict[str, Any]:
        return {
            "issue": self.issue,
            "assignment": self.assignment,
            "seen": self.token,
            "undo": self.undo.told(),
        }


def moment(given: object) -> datetime | None:
    """A time of a browser or a phone, as the database keeps it: in the site's zone, without one."""
    if not given:
        return None
    return clock.stored(get_datetime(given), clock.site_zone()).replace(microsecond=0)


def token(row: Any) -> str:
    """What a board holds of an assignment, to notice that another dispatcher changed it."""
    return f"{row.name}|{row.modified}" if row else ""


TRIES = 3
"""How often a change is tried that the database sent back for another one."""


def active(issue: str, *, lock: bool = False) -> Any:
    """The assignment of a call that counts, or None. `lock`: as committed last, held until the transaction ends."""
    return frappe.db.get_value(
        DOCTYPE,
        {"active_key": issue},
        ["name", "modified", "technician", "technician_name", "status", "planned_start", "planned_minutes",
         "assigned_by", "creation"],
        as_dict=True,
        for_update=lock,
        order_by="name",
    )  # fmt: skip


def assign(
    issue: str, technician: str, start: object = None, minutes: int = 0, seen: str = "", note: str = ""
) -> Done:
    """Send a technician to a call, or change when or who.

    Raises:
        Taken: somebody else was faster.
        frappe.ValidationError: the call is over, or the technician does not work.
    """
    return apply(Step(issue, technician, moment(start), minutes, seen, note=note))


def unassign(issue: str, seen: str = "") -> Done:
    """Take a call from whoever has it; it waits on the board again."""
    return apply(Step(issue, seen=seen))


def apply_all(steps: Iterable[Step]) -> list[Done]:
    """All of them or none. The undo of the whole is their undos in reverse.

    Two dispatchers at the same moment may lock each other out: the one whom the database sends back looks again, and
    is told who was faster.
    """
    wanted = list(steps)
    for _attempt in range(TRIES - 1):
        try:
            return [apply(step) for step in wanted]
        except frappe.QueryDeadlockError:
            frappe.db.rollback()
    return [apply(step) for step in wanted]


def apply(step: Step) -> Done:
    """See `Step`. Raises as `assign`."""
    now = active(step.issue, lock=True) if step.seen else None
    if step.seen and token(now) != step.seen:
        raise_taken(step.issue, now)
    if now is not None and now.status == "On Site" and step.technician != now.technician:
        frappe.throw(
            _("{0} is on site with call {1}; the visit has to end first.").format(
                now.technician_name, step.issue
            )
        )
    before = _as_step(step.issue, now)
    if not step.technician:
        return _taken_away(step, now)
    _check(step)
    if now is not None and now.technician == step.technician:
        doc = frappe.get_doc(DOCTYPE, now.name)
    else:
        if now is not None:
            _end(now.name, "Cancelled")
            before = Step(**{**asdict(before), "restores": now.name})
        doc = _reopened(step) if step.restores else frappe.new_doc(DOCTYPE)
    doc.update({"issue": step.issue, "technician": step.technician})
    doc.planned_start = step.start or doc.planned_start or now_datetime().replace(microsecond=0)
    doc.planned_minutes = step.minutes or doc.planned_minutes or norm_minutes()
    doc.note = step.note or doc.note
    _save_as_the_one(doc)
    return Done(step.issue, doc.name, token(doc), Step(**{**asdict(before), "seen": token(doc)}))


def _as_step(issue: str, now: Any) -> Step:
    if now is None:
        return Step(issue)
    return Step(issue, now.technician, now.planned_start, now.planned_minutes or 0)


def _taken_away(step: Step, now: Any) -> Done:
    if now is None:
        now = active(step.issue, lock=True)
        if now is not None:  # the board showed nobody: whoever has it by now keeps it
            raise_taken(step.issue, now)
        frappe.throw(_("Nobody has call {0}.").format(step.issue))
    _end(now.name, "Cancelled")
    back = Step(step.issue, now.technician, now.planned_start, now.planned_minutes or 0, restores=now.name)
    return Done(step.issue, "", "", back)


def _check(step: Step) -> None:
    status = frappe.db.get_value("Issue", step.issue, "status", order_by="name")
    if status is None:
        frappe.throw(_("There is no call {0}.").format(step.issue), frappe.DoesNotExistError)
    if status not in OPEN_CALLS:
        frappe.throw(_("Call {0} is over: it is {1}.").format(step.issue, _(status)))
    if frappe.db.get_value("MPS Technician", step.technician, "disabled", order_by="name") is None:
        frappe.throw(_("There is no technician {0}.").format(step.technician), frappe.DoesNotExistError)
    if not 0 <= step.minutes <= 24 * 60:
        frappe.throw(_("A visit lasts up to a day."))


def _reopened(step: Step) -> Document:
    """A cancelled assignment as it stood before; a new one where it has gone or belongs to another call."""
    doc = frappe.get_doc(DOCTYPE, step.restores) if frappe.db.exists(DOCTYPE, step.restores) else None
    if doc is None or doc.issue != step.issue or doc.status != "Cancelled":
        return frappe.new_doc(DOCTYPE)
    doc.ended_at = None
    reached = [status for status, field in TIMES.items() if doc.get(field)]
    doc.status = reached[-1] if reached else "Planned"
    return doc


def _save_as_the_one(doc: Document) -> None:
    """The database's unique key decides between two dispatchers; the one who came second is told who has the call."""
    point = "mps_assign"
    frappe.db.savepoint(point)
    try:
        with muted():
            doc.save(ignore_permissions=True)
    except (frappe.UniqueValidationError, frappe.DuplicateEntryError):
        frappe.db.rollback(save_point=point)
        raise_taken(doc.issue, active(doc.issue, lock=True))


def raise_taken(issue: str, now: Any) -> None:
    """Raises Taken with what is so by now."""
    frappe.clear_last_message()
    if now is None:
        frappe.throw(
            _("Call {0} was changed meanwhile: nobody has it any more.").format(issue),
            Taken,
            title=_("Changed meanwhile"),
        )
    by = frappe.utils.get_fullname(now.assigned_by) if now.assigned_by else _("somebody")
    frappe.throw(
        _("Call {0} is with {1}, assigned by {2} since {3}. Nothing was changed.").format(
            issue, now.technician_name or now.technician, by, format_datetime(now.modified)
        ),
        Taken,
        title=_("Somebody was faster"),
    )


def _end(name: str, status: str, at: datetime | None = None, board: str = "") -> None:
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.status = status
    doc.ended_at = at or now_datetime().replace(microsecond=0)
    doc.flags.mps_board = board
    with muted():
        doc.save(ignore_permissions=True)


def set_status(issue: str, status: str, at: object = None, board: str = "") -> str | None:
    """How far the technician is with a call. For the phone: a late or repeated message changes nothing.

    Args:
        status: one of MPS Assignment's; Held, Done and Cancelled end the assignment.
        at: when it was so; the present moment if empty.
        board: where the call stands afterwards, where the status alone does not say (Needs Help, Follow-up).

    Returns:
        The assignment, or None where the call has none that counts.
    """
    if status not in ACTIVE + OVER:
        frappe.throw(_("{0} is no status of an assignment.").format(status))
    now = active(issue, lock=True)
    if now is None:
        return None
    when = moment(at) or now_datetime().replace(microsecond=0)
    if status in OVER:
        _end(now.name, status, when, board)
        return now.name
    doc = frappe.get_doc(DOCTYPE, now.name)
    if status in TIMES and not doc.get(TIMES[status]):
        doc.set(TIMES[status], when)
    if ACTIVE.index(status) > ACTIVE.index(doc.status):
        doc.status = status
    doc.flags.mps_board = board
    with muted():
        doc.save(ignore_permissions=True)
    return doc.name


def norm_minutes() -> int:
    return frappe.get_cached_doc("MPS Service Settings").visit_minutes or 60


def end_with_call(issue: str, status: str) -> None:
    """A call that was closed past the board and the phone takes its assignment along."""
    now = active(issue) if status not in OPEN_CALLS else None
    if now is not None:
        _end(now.name, "Done" if now.status == "On Site" else "Cancelled")
