"""A date in one column and the time of day in another (``Reading Date``, ``Reading Time``), put together."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from mps_module.readers.issue import BadValue, Remark, shown
from mps_module.readers.times import EXCEL_EPOCH, Clock

_TIME = re.compile(
    r"^(?P<hour>\d{1,2})[:.hH](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)$",
    re.ASCII,
)
_SHOWS_TIME = re.compile(r"\d:\d{2}")


def joined(clock: Clock, day: object, cell: object) -> tuple[datetime, Remark | None]:
    """The moment of a date cell and a cell with the time of day.

    A date cell that holds a time other than midnight keeps it: then the other column is of something else or says the
    same, which is flagged where it differs.

    Raises:
        BadValue: either cannot be read.
    """
    if _has_time(day):
        moment, remark = clock.moment(day)
        if remark is None and moment.replace(second=0, microsecond=0).time() != _clock_of(cell)[0].replace(
            second=0
        ):
            remark = Remark(
                "time-differs",
                f"the date column says {moment:%H:%M}, the time column {shown(cell)}; the first one was taken",
                'Correct one of them, or leave the column out (columns: {…: "-"}).',
            )
        return moment, remark
    found, zone = _clock_of(cell)
    text = f"{clock.day(day).isoformat()} {found:%H:%M:%S}{zone}"
    return clock.moment(text)


def _has_time(day: object) -> bool:
    """Does the date cell name a time of its own? A workbook's date is often a midnight."""
    if isinstance(day, datetime):
        return day.time() != time()
    if isinstance(day, str):
        return bool(_SHOWS_TIME.search(day)) and not re.search(r"[ T]0?0:00(:00(\.0+)?)?$", day)
    return isinstance(day, float) and not day.is_integer()


def _clock_of(cell: object) -> tuple[time, str]:
    """(time of day, offset as text) of a cell: ``14:05``, ``2:05 PM``, ``14h05``, or a workbook's time."""
    if isinstance(cell, datetime):
        return cell.time(), ""
    if isinstance(cell, time):
        return cell, ""
    if isinstance(cell, timedelta) and timedelta(0) <= cell < timedelta(days=1):
        return (EXCEL_EPOCH + cell).time(), ""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 0 <= cell < 1:
        return (EXCEL_EPOCH + timedelta(seconds=round(cell * 86400) % 86400)).time(), ""
    found = _TIME.match(cell.strip()) if isinstance(cell, str) and not isinstance(cell, date) else None
    if found is not None:
        hour, half = int(found["hour"]), (found["half"] or "").lower()
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half.startswith("p") else 0)
        elif half:
            hour = 24  # 14:05 PM is no time
        try:
            return time(hour, int(found["minute"]), int(found["second"] or 0)), found["zone"]
        except ValueError:
            pass
    raise BadValue(
        "not-a-time", f"“{shown(cell)}” is not a time of day", "Write it as 14:05, or leave it empty."
    )
