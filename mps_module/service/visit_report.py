"""What a phone tells of a visit -> a checked value. Nothing here is looked up in the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from mps_module.engine import visit as engine
from mps_module.fleet.clock import site_zone, stored
from mps_module.service import held
from mps_module.stock.act import Act
from mps_module.stock.answers import Refused
from mps_module.stock.levels import ItemFacts
from mps_module.stock.lines import Line, number, read_lines, text
from mps_module.stock.readings import Picture, named_reads, picture_of

COMPLETE, HELD, NEEDS_HELP, FOLLOW_UP = "Complete", "Held for Part", "Needs Help", "Follow-up"
OUTCOMES = (COMPLETE, HELD, NEEDS_HELP, FOLLOW_UP)
CODES = {"problem": "Problem", "cause": "Cause", "repair": "Repair"}
LEFT = "left"
MAINTENANCE = ("", "done", LEFT)
MOST_PAUSES = 100


@dataclass(frozen=True, slots=True)
class Report:
    """A visit as the technician reports it. Times are the site's.

    Attributes:
        key: the phone's own key of the visit; it stays the same when a conflict is settled by sending it again.
        codes: field of the visit -> MPS Service Code. unknown: codes that are none (any more), kept as text.
        missing: item -> quantity that the call is held for.
        maintenance_left: preventive maintenance was due on this call too, and is left for another visit.
        anyway: book it though the call is over, or somebody else's; its state is then left to the office.
    """

    key: str
    issue: str
    device: str
    outcome: str
    travel_at: datetime | None
    arrived_at: datetime
    left_at: datetime
    labour: timedelta
    distance: Decimal
    remote: bool
    codes: Mapping[str, str]
    unknown: tuple[str, ...]
    note: str
    reads: Sequence[Mapping[str, Any]]
    keep_reads: bool
    for_billing: bool
    lines: Sequence[Line]
    facts: Mapping[str, ItemFacts]
    missing: Mapping[str, float]
    photo: Picture | None
    signature: Picture | None
    signed_by: str
    maintenance_left: bool
    anyway: bool


def read(act: Act, payload: Mapping[str, Any]) -> Report:
    """Raises Refused for a payload that no technician can have meant."""
    outcome = text(payload, "outcome", required=True)
    if outcome not in OUTCOMES:
        raise Refused("payload", _("{0} is no outcome of a visit.").format(repr(outcome)))
    clock = PhoneClock.of(payload)
    arrived = clock.moment(payload, "arrived_at") or act.made_at
    left = clock.moment(payload, "left_at") or act.made_at
    lines, facts = read_lines(payload) if payload.get("items") else ([], {})
    missing = held.wanted(payload, "missing") if payload.get("missing") else {}
    if outcome == HELD and not missing:
        raise Refused("payload", _("Name the part that the call is held for."))
    codes, unknown = _codes(payload)
    return Report(
        key=text(payload, "visit", required=True, most=140),
        issue=text(payload, "issue", required=True),
        device=text(payload, "device"),
        outcome=outcome,
        travel_at=clock.moment(payload, "travel_at"),
        arrived_at=arrived,
        left_at=left,
        labour=_labour(clock, arrived, left, payload.get("pauses")),
        distance=Decimal(str(number(payload.get("distance") or 0, _("Distance")))),
        remote=payload.get("remote") is True,
        codes=codes,
        unknown=unknown,
        note=text(payload, "note", most=2000),
        reads=_reads(clock, payload) if payload.get("reads") else (),
        keep_reads=payload.get("keep") is True,
        for_billing=payload.get("for_billing") is True,
        lines=lines,
        facts=facts,
        missing=missing if outcome == HELD else {},
        photo=picture_of(payload.get("photo")),
        signature=_signature(payload),
        signed_by=text(payload, "signed_by", most=140),
        maintenance_left=_maintenance(payload) == LEFT,
        anyway=payload.get("anyway") is True,
    )


@dataclass(frozen=True, slots=True)
class PhoneClock:
    """`ahead`: by how much the phone's clock is seen to run ahead; all its times are put back by that."""

    ahead: timedelta = timedelta()

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> PhoneClock:
        """A visit cannot end in the future: where it does, the clock is wrong, not the technician."""
        left = cls().moment(payload, "left_at")
        ahead = left - now_datetime().replace(microsecond=0) if left else timedelta()
        return cls(max(timedelta(), ahead))

    def moment(self, payload: Mapping[str, Any], field: str) -> datetime | None:
        """A time of the payload in the site's zone. Raises Refused for what is none."""
        given = text(payload, field)
        return self.time(given) if given else None

    def time(self, given: str) -> datetime:
        try:
            found = stored(datetime.fromisoformat(given.replace("Z", "+00:00")), site_zone())
        except ValueError as error:
            raise Refused("times", _("{0} is not a time.").format(repr(given)[:60])) from error
        return found.replace(microsecond=0) - self.ahead


def _reads(clock: PhoneClock, payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Reads with their times put right: one that seems to lie in the future would be taken for an estimate."""
    rows = named_reads(payload)
    return [
        {**row, "taken_at": clock.moment(row, "taken_at").isoformat()} if row.get("taken_at") else row
        for row in rows
    ]


def _labour(clock: PhoneClock, arrived: datetime, left: datetime, given: Any) -> timedelta:
    pauses = given or []
    if not isinstance(pauses, list) or len(pauses) > MOST_PAUSES:
        raise Refused("payload", _("These are no pauses."))
    try:
        spans = [(clock.time(str(begin)), clock.time(str(end)) if end else left) for begin, end in pauses]
        return engine.worked(arrived, left, spans)
    except (TypeError, ValueError) as error:
        raise Refused("times", _("The times of this visit do not follow one another.")) from error


def _codes(payload: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Codes that exist, by field of the visit; what does not exist is no reason to lose a visit."""
    given = {field: text(payload, field, most=140) for field in CODES}
    asked = sorted({code for code in given.values() if code})
    kinds = dict(
        frappe.get_all(
            "MPS Service Code",
            {"name": ("in", asked or [""])},
            ["name", "kind"],
            order_by="name",
            limit=10,
            as_list=True,
        )
    )
    known = {f"mps_{field}_code": code for field, code in given.items() if kinds.get(code) == CODES[field]}
    return known, tuple(code for field, code in given.items() if code and kinds.get(code) != CODES[field])


def _maintenance(payload: Mapping[str, Any]) -> str:
    given = text(payload, "maintenance")
    if given not in MAINTENANCE:
        raise Refused("payload", _("{0} is no word about the maintenance.").format(repr(given)))
    return given


def _signature(payload: Mapping[str, Any]) -> Picture | None:
    try:
        return picture_of(payload.get("signature"))
    except Refused as refused:
        raise Refused(
            "signature", _("The signature cannot be read: let it be signed again, or send without it.")
        ) from refused
