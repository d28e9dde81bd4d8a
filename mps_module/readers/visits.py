"""Visits of calls, a row each: what `mps measures` reads. CSV or XLSX, columns by their usual names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from mps_module.engine.callbacks import COMPLETE, HELD, Call, Norm, Visit
from mps_module.readers import columns
from mps_module.readers.issue import BadValue, shown
from mps_module.readers.jobs import JOB_FIELDS
from mps_module.readers.records import Kind
from mps_module.readers.sheet import Sheet, text_of
from mps_module.readers.table import Cell
from mps_module.readers.yaml_keys import truth, whole

FIELDS = {
    "call": (*JOB_FIELDS["job"], "id_ords"),
    "device": (*columns.READ_FIELDS["device"], *columns.READ_FIELDS["serial"]),
    "model": (*columns.MODEL_FIELDS["model"], "brand"),
    "customer": columns.CUSTOMER_FIELDS["customer"],
    "contract": columns.COVER_FIELDS["contract"],
    "territory": (*JOB_FIELDS["territory"], "country"),
    "technician": (*JOB_FIELDS["technician"], "data_provider"),
    "problem": ("problem_code", "fault_type", "Problem Code", "Fault", "problem"),
    "opened": ("opened", "opened_on", "received", "Call Received", "Open Date", "created"),
    "date": (
        "date",
        "day",
        "visited",
        "visit_date",
        "event_date",
        "finished",
        "closed",
        "Close Date",
        "completed",
    ),
    "outcome": ("outcome", "result", "status", "repair_status", "disposition"),
    "remote": ("remote", "is_remote"),
    "cancelled": ("cancelled", "canceled"),
    "clicks": ("clicks", "meter", "Page Count", "life", "odometer"),
}
DONE = frozenset({"complete", "completed", "done", "fixed", "closed", "resolved", "ok", ""})
WAITS = frozenset({"held for part", "hold for parts", "held", "hold", "parts", "awaiting parts", "hp"})


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit. `opened`: of the call; None: the day of its first visit. `clicks`: of the device's life."""

    call: str
    date: date
    opened: date | None = None
    device: str = ""
    model: str = ""
    customer: str = ""
    contract: str = ""
    territory: str = ""
    technician: str = ""
    problem: str = ""
    outcome: str = COMPLETE
    remote: bool = False
    cancelled: bool = False
    clicks: int | None = None


def _day(sheet: Sheet, cell: Cell) -> date:
    return sheet.day(cell)


def _truth(_: Sheet, cell: Cell) -> bool:
    return truth(text_of(cell))


def _clicks(_: Sheet, cell: Cell) -> int:
    return whole(text_of(cell), 0, 10**12)


def _outcome(_: Sheet, cell: Cell) -> str:
    """Complete, held for a part, or any other word: then the call goes on."""
    word = text_of(cell).strip()
    if word.lower() in DONE:
        return COMPLETE
    return HELD if word.lower() in WAITS else word


def _row(**values: Any) -> VisitRow:
    row = VisitRow(**values)
    if row.opened and row.opened > row.date:
        raise BadValue(
            "call-later", f"the call was opened on {shown(str(row.opened))}, after the visit", "Correct the days.",
            "opened", 0,
        )  # fmt: skip
    return row


VISITS = Kind(
    "visits", FIELDS, ("call", "date"), _row,
    {
        "date": _day, "opened": _day, "remote": _truth, "cancelled": _truth, "outcome": _outcome, "clicks": _clicks,
    },
    numeric=("clicks",),
)  # fmt: skip


def calls_of(rows: Iterable[VisitRow], norm: Norm) -> list[Call]:
    """Calls of their visits. A call is completed when its last visit says so; days are taken at noon."""
    of_call: dict[str, list[VisitRow]] = defaultdict(list)
    for row in rows:
        of_call[row.call].append(row)
    return [_call(own, norm) for own in of_call.values()]


def _call(rows: list[VisitRow], norm: Norm) -> Call:
    """Opened at midnight of its day, so that a visit of that day lies after it."""
    rows = sorted(rows, key=lambda row: row.date)
    first, made = rows[0], [row for row in rows if not row.cancelled]
    last = made[-1] if made else None
    ended = bool(last) and last.outcome == COMPLETE
    call = Call(
        call=first.call,
        opened=datetime.combine(first.opened or first.date, time()),
        completed=datetime.combine(last.date, time(12)) if ended else None,
        visits=tuple(
            Visit(
                datetime.combine(row.date, time(12)), row.technician, row.outcome, row.remote, row.cancelled
            )
            for row in rows
        ),
        norm=norm,
        opened_life=first.clicks,
        completed_life=last.clicks if ended else None,
        counts_clicks=any(row.clicks is not None for row in rows),
    )
    texts = ("device", "model", "customer", "contract", "territory", "problem")
    return replace(
        call, **{name: next((getattr(row, name) for row in rows if getattr(row, name)), "") for name in texts}
    )
