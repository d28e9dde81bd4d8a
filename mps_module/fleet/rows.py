"""Readings as they come in from desk, portal, collector or technician -> rows that the intake can judge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from frappe import _

from mps_module.engine.reads import ReadKind, ReadSource
from mps_module.fleet.clock import site_zone, stored
from mps_module.fleet.fleet import Fleet
from mps_module.fleet.ledger import KINDS
from mps_module.readers.columns import plain_name
from mps_module.readers.issue import BadValue
from mps_module.readers.numbers import to_counter
from mps_module.readers.reads import KIND_WORDS
from mps_module.readers.times import Clock

TEXT = 140  # what a Data field holds
Problem = tuple[str, str, str]
OWN = frozenset({ReadSource.TECHNICIAN, ReadSource.STAFF})  # who may say what a read is for


@dataclass(slots=True)
class Incoming:
    """One reading on its way into the ledger.

    Attributes:
        device: MPS Device, empty where none was found. `meter`: MPS Meter Type.
        taken_at: time of reading as the site keeps it (its own zone, no offset).
        supersedes: Meter Read that this one replaces (or `read_id` of another row that came in with it), with `reason`.
        read_id: the sender's own id.
        device_text, serial, meter_text, raw_taken_at, raw_value: as received, for the quarantine.
        file, row_no: where it stood.
        not_for_billing: a service read that no bill opens or closes with. A new epoch (reset, rollover) is everybody's.
        photo: of the panel. problem: (code, message, what to do) that is known before judging; the row is then quarantined.
    """

    source: ReadSource
    device: str = ""
    meter: str = ""
    taken_at: datetime | None = None
    value: int | None = None
    kind: ReadKind = ReadKind.ACTUAL
    supersedes: str = ""
    reason: str = ""
    read_id: str = ""
    device_text: str = ""
    serial: str = ""
    meter_text: str = ""
    raw_taken_at: str = ""
    raw_value: str = ""
    file: str = ""
    row_no: int = 0
    photo: str = ""
    not_for_billing: bool = False
    customer: str = ""  # whose read it is, where the day alone does not tell (a device changes hands)
    problem: Problem | None = None
    remark: tuple[str, str] | None = None  # (code, message): taken, but somebody should look


def incoming_rows(
    rows: Iterable[Mapping[str, Any]], source: ReadSource, customers: Collection[str] | None = None
) -> tuple[list[Incoming], Fleet]:
    """Typed rows of plain ones, and the devices that they are about.

    Args:
        rows: each with device or serial, meter, taken_at (datetime, or ISO text), value, and if need be kind, supersedes,
            reason, photo, read_id, not_for_billing. A row with `meters` (key -> value) instead of meter and value gives a reading each.
        customers: only devices of these customers can be meant; None: any.
    """
    plain = [one for number, row in enumerate(rows, start=1) for one in _single(row, number)]
    fleet = Fleet.named(
        [_text(row.get("device")) for row in plain], [_text(row.get("serial")) for row in plain], customers
    )
    zone = site_zone()
    clock = Clock(zone)
    return [_incoming(row, source, fleet, clock, zone) for row in plain], fleet


def raw_row(row: Mapping[str, Any], source: ReadSource, fleet: Fleet, clock: Clock) -> Incoming:
    """One row of texts, read by the clock of its file."""
    return _incoming(row, source, fleet, clock, site_zone())


def _single(row: Mapping[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """A wide row as one row a meter."""
    one = {"row_no": number, **row}
    meters = one.pop("meters", None)
    if isinstance(meters, Mapping) and meters:
        for meter, value in meters.items():
            yield {**one, "meter": meter, "value": value}
    else:
        yield one


def _incoming(
    row: Mapping[str, Any], source: ReadSource, fleet: Fleet, clock: Clock, zone: tzinfo
) -> Incoming:
    found = Incoming(
        source,
        device_text=_text(row.get("device")),
        serial=_text(row.get("serial")),
        meter_text=_text(row.get("meter")),
        raw_taken_at=_text(row.get("taken_at")),
        raw_value=_text(row.get("value")),
        supersedes=_text(row.get("supersedes")),
        reason=str(row.get("reason") or "")[:1000],
        read_id=_text(row.get("read_id")),
        file=_text(row.get("file")),
        row_no=int(row.get("row_no") or 0),
        photo=str(row.get("photo") or ""),
        customer=_text(row.get("customer")),
    )
    found.device, code, message = fleet.find(found.device_text, found.serial)
    if code:
        found.problem = code, message, TODO.get(code, "")
    found.meter = fleet.meter(found.meter_text)
    if not found.meter:
        _problem(found, "meter-unknown", _("There is no meter {0}.").format(repr(found.meter_text)))
    _take_time(found, row.get("taken_at"), clock, zone)
    try:
        found.value = to_counter(row.get("value"))
    except BadValue as bad:
        _problem(found, bad.code, bad.message, bad.todo)
    kind = _text(row.get("kind")) or "actual"
    known = KINDS.get(kind) or KIND_WORDS.get(plain_name(kind))
    if known is None:
        _problem(found, "kind-unknown", _("{0} is no kind of read.").format(repr(kind)))
    else:
        found.kind = known
    found.not_for_billing = (
        bool(row.get("not_for_billing")) and source in OWN and found.kind is ReadKind.ACTUAL
    )
    return found


def _take_time(found: Incoming, cell: Any, clock: Clock, zone: tzinfo) -> None:
    try:
        if not isinstance(cell, (datetime, date, str)) or cell == "":
            raise BadValue("not-a-date", _("The row has no time of reading."))
        moment, _remark = clock.moment(cell)
        found.taken_at = stored(moment, zone)
    except BadValue as bad:
        _problem(found, bad.code, bad.message, bad.todo)


def _problem(row: Incoming, code: str, message: str, todo: str = "") -> None:
    """The first problem of a row is the one that is told."""
    if row.problem is None:
        row.problem = code, message, todo or TODO.get(code, "")


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()[:TEXT]


#: What to do about a row that was put aside, by code. English here, translated where it is shown.
TODO: Mapping[str, str] = {
    "serial-blank": "Choose the device.",
    "serial-unknown": "Choose the device, or register it and enter the row again.",
    "serial-ambiguous": "Choose the device; several share this serial number.",
    "device-unknown": "Choose the device, or register it and enter the row again.",
    "device-serial-differ": "Choose the device that was really read.",
    "meter-unknown": "Choose the meter.",
    "lower-than-before": "Say reset (new board) or rollover (ran over), correct the value, or dismiss it.",
    "rollover-not-lower": "Take it as an actual read, or correct the value.",
    "above-next": "Correct the value, or dismiss it.",
    "conflict": "Say that this value is the right one (it then replaces the other), or dismiss it.",
    "future-time": "Correct the time of reading, or take it as an estimate.",
    "absurd": "Correct the value.",
    "too-many-digits": "Correct the value, or the digits of the model's meter.",
    "negative": "Correct the value.",
    "virtual-meter": "Enter the counters that this meter is computed from, and dismiss this row.",
    "supersedes-unknown": "Enter it as a read of its own, or dismiss it.",
    "no-reason": "Give the reason for the correction.",
}
