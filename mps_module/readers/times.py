"""Dates and times of reading, without guessing: ISO always, everything else as declared or beyond doubt.

A time without an offset is local time of the folder (or of the file, where the settings say so). A date alone is
taken as noon: the windows of the engine look at local dates, and noon exists on every day in every time zone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from mps_module.readers.issue import BadValue, Remark, shown

OLDEST = date(
    1990, 1, 1
)  # before that nobody collected meters; spreadsheets show 1899, 1900 or 1970 for "empty"
NEWEST = date(2100, 1, 1)
NOON = time(12)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
EXCEL_EPOCH = datetime(1899, 12, 30)
MICROS = 1_000_000

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_CLOCK = r"(?:[ T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
_NUMERIC = re.compile(r"^(?P<one>\d{1,2})[./-](?P<two>\d{1,2})[./-](?P<year>\d{4})" + _CLOCK + "$", re.ASCII)
_YEAR_FIRST = re.compile(
    r"^(?P<year>\d{4})[./](?P<month>\d{1,2})[./](?P<day>\d{1,2})" + _CLOCK + "$", re.ASCII
)
_DAY_NAMED = re.compile(
    r"^(?P<day>\d{1,2})[ -](?P<name>[A-Za-z]{3})[a-z]*\.?[ -](?P<year>\d{4})" + _CLOCK + "$"
)
_MONTH_NAMED = re.compile(
    r"^(?P<name>[A-Za-z]{3})[a-z]*\.?[ -](?P<day>\d{1,2}),?[ -](?P<year>\d{4})" + _CLOCK + "$"
)
_COMPACT = re.compile(r"^(19|20)\d{6}$", re.ASCII)
_ISO_SHORT = re.compile(r"^(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2})?)(\.\d+)?(.*)$", re.ASCII)
_OFFSET = re.compile(r"^\s*([+-])(\d{2}):?(\d{2})?$", re.ASCII)
_TODO_DATE = (
    'Write dates as 2026-03-31, or say in mps.yaml how they are written (date_formats: ["%d/%m/%Y"]).'
)


class Clock:
    """Turns cells into dates and moments in one time zone, by declared formats.

    Attributes:
        zone: of times that carry no offset.
        formats: strptime formats of the settings (``%m/%d/%Y``, with or without a time).
    """

    def __init__(self, zone: tzinfo, formats: Sequence[str] = ()) -> None:
        self.zone = zone
        self.formats = tuple(formats)

    def day(self, cell: object) -> date:
        """A date from a cell; a time of day is dropped.

        Raises:
            BadValue: no date, open to two readings, or absurd.
        """
        if isinstance(cell, datetime):
            return _plausible(cell.date(), cell)
        if isinstance(cell, date):
            return _plausible(cell, cell)
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            return _from_serial(cell).date()
        if not isinstance(cell, str):
            raise _not_a_date(cell)
        moment, _ = self._parse(cell.strip())
        return _plausible(moment.date(), cell)

    def moment(self, cell: object) -> tuple[datetime, Remark | None]:
        """A zone-aware time from a cell, with a remark where the clock change leaves it open.

        Raises:
            BadValue: as `day`.
        """
        remark = None
        if isinstance(cell, datetime):
            moment = cell
        elif isinstance(cell, date):
            moment = datetime.combine(cell, NOON)
        elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
            moment = _from_serial(cell)
            remark = Remark(
                "date-serial",
                f"{cell} was read as the spreadsheet's number of {moment}",
                "Format the column as date and time.",
            )
        elif isinstance(cell, str):
            moment, has_time = self._parse(cell.strip())
            if not has_time:
                moment = datetime.combine(moment.date(), NOON)
        else:
            raise _not_a_date(cell)
        _plausible(moment.date(), cell)
        if moment.tzinfo is not None:
            return moment, remark
        moment = moment.replace(tzinfo=self.zone)
        return moment, _clock_change(moment) or remark

    def _parse(self, text: str) -> tuple[datetime, bool]:
        """Returns (moment, whether `text` named a time of day)."""
        found = _iso(text)
        if found is None and self.formats:
            found = self._declared(text)
        if found is None:
            found = _undeclared(text, numeric=not self.formats)
        if found is None:
            raise _not_a_date(text)
        return found

    def _declared(self, text: str) -> tuple[datetime, bool] | None:
        readings: dict[datetime, bool] = {}
        for form in self.formats:
            for pattern, has_time in _with_times(form):
                try:
                    moment = datetime.strptime(text, pattern)
                except (ValueError, OverflowError):
                    continue
                readings.setdefault(moment, has_time)
                break
        if len(readings) > 1:
            raise _ambiguous(text)
        return next(iter(readings.items()), None)


def _with_times(form: str) -> tuple[tuple[str, bool], ...]:
    if any(mark in form for mark in ("%H", "%I", "%X", "%c", "%T")):
        return ((form, True),)
    clocks = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%f")
    return ((form, False), *((f"{form} {clock}", True) for clock in clocks))


def _iso(text: str) -> tuple[datetime, bool] | None:
    """2026-03-31, with or without time and offset; 20260331."""
    if text[4:5] == "-" and text[7:8] == "-":
        if len(text) == 10:
            try:
                return datetime.fromisoformat(text), False
            except ValueError:
                return None
        found = _ISO_SHORT.match(text)
        if not found:
            return None
        base, fraction, rest = found.groups()
        try:
            moment = datetime.fromisoformat(base.replace(" ", "T"))
        except ValueError:
            return None
        if fraction:
            moment = moment.replace(microsecond=int(fraction[1:7].ljust(6, "0")))
        return _with_offset(moment, rest.strip(), text), True
    if _COMPACT.match(text):
        try:
            return datetime(int(text[:4]), int(text[4:6]), int(text[6:])), False
        except ValueError:
            return None
    return None


def _with_offset(moment: datetime, rest: str, text: str) -> datetime:
    if not rest:
        return moment
    if rest in ("Z", "z", "UTC", "GMT"):
        return moment.replace(tzinfo=timezone.utc)
    found = _OFFSET.match(rest)
    if not found:
        raise BadValue(
            "time-zone",
            f"“{shown(rest)}” in “{shown(text)}” does not name one time zone",
            "Write the offset (2026-03-31 23:30+02:00), or no zone at all for local time.",
        )
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset > timedelta(hours=15):
        raise _not_a_date(text)
    return moment.replace(tzinfo=timezone(-offset if sign == "-" else offset))


def _undeclared(text: str, numeric: bool) -> tuple[datetime, bool] | None:
    """Forms that can be read in one way only. `numeric`: also 25/04/2026, which no declared format contradicts."""
    for form in (_YEAR_FIRST, _DAY_NAMED, _MONTH_NAMED):
        found = form.match(text)
        if found:
            parts = found.groupdict()
            month = int(parts["month"]) if "month" in parts else _MONTHS.get(parts["name"].lower(), 0)
            return _assemble(int(parts["year"]), month, int(parts["day"]), parts)
    found = _NUMERIC.match(text) if numeric else None
    if not found:
        return None
    parts = found.groupdict()
    one, two, year = int(parts["one"]), int(parts["two"]), int(parts["year"])
    day_first = _assemble(year, two, one, parts)
    month_first = _assemble(year, one, two, parts)
    if day_first and month_first and day_first != month_first:
        raise _ambiguous(text)
    return day_first or month_first


def _assemble(year: int, month: int, day: int, parts: dict[str, str | None]) -> tuple[datetime, bool] | None:
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    half = (parts["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        return datetime(year, month, day, hour, minute, int(parts["second"] or 0)), parts["hour"] is not None
    except ValueError:
        return None


def _plausible(day: date, cell: object) -> date:
    if not OLDEST <= day < NEWEST:
        raise BadValue("date-absurd", f"{shown(cell)} lies before 1990 or after 2099", "Correct the date.")
    return day


def _from_serial(cell: int | float) -> datetime:
    low, high = (OLDEST - EXCEL_EPOCH.date()).days, (NEWEST - EXCEL_EPOCH.date()).days
    if not low <= cell < high:  # also refuses nan and infinities
        raise _not_a_date(cell)
    seconds = round(float(cell) * 86400)
    return EXCEL_EPOCH + timedelta(seconds=seconds)


def _not_a_date(cell: object) -> BadValue:
    return BadValue("not-a-date", f"“{shown(cell)}” is not a date that can be read", _TODO_DATE)


def _ambiguous(text: str) -> BadValue:
    return BadValue("date-ambiguous", f"“{shown(text)}” can be read as two dates", _TODO_DATE)


def _clock_change(moment: datetime) -> Remark | None:
    """A remark for a local time that the clock change made twice, or never (PEP 495)."""
    early, late = moment.replace(fold=0).utcoffset(), moment.replace(fold=1).utcoffset()
    if early == late or early is None or late is None:
        return None
    if early > late:
        return Remark(
            "time-twice",
            f"{moment:%Y-%m-%d %H:%M} happened twice (clock change); the first one was taken",
            "Give the offset if it matters.",
        )
    return Remark(
        "time-never",
        f"{moment:%Y-%m-%d %H:%M} never happened (clock change); the clock before the change was taken",
        "Give the offset if it matters.",
    )


def micros(moment: datetime) -> int:
    """Microseconds since 1970 in UTC, exact."""
    gap = moment - EPOCH
    return (gap.days * 86400 + gap.seconds) * MICROS + gap.microseconds


def from_micros(value: int, zone: tzinfo) -> datetime:
    """The moment of `micros`, in `zone`."""
    seconds, rest = divmod(value, MICROS)
    moment = datetime.fromtimestamp(seconds, zone)
    return moment.replace(microsecond=rest) if rest else moment


class Moments(dict[str, int]):
    """Texts -> micros, as a dict that fills itself: collectors repeat the same times thousandfold.

    Knows only what is beyond doubt: plain ISO texts, outside of clock changes. For all else a KeyError sends the row
    to the careful path. Never holds more than `limit` texts, so that memory does not grow with the file.
    """

    def __init__(self, clock: Clock, limit: int = 1 << 13) -> None:
        super().__init__()
        self._clock = clock
        self._limit = limit
        self._days: dict[str, int] = {}

    def __missing__(self, text: str) -> int:
        value = None
        if len(text) == 19 and text[4] == "-" and text[7] == "-" and text[13] == ":" == text[16]:
            midnight = self._midnight(text[:10])
            if midnight:
                try:
                    moment = datetime.fromisoformat(text)
                except ValueError:
                    raise KeyError(text) from None
                value = midnight + (moment.hour * 3600 + moment.minute * 60 + moment.second) * MICROS
        if value is None:
            try:
                moment, remark = self._clock.moment(text)
            except BadValue:
                raise KeyError(text) from None
            if remark is not None:
                raise KeyError(text)
            value = micros(moment)
        if len(self) >= self._limit:
            self.clear()
        self[text] = value
        return value

    def _midnight(self, text: str) -> int:
        """micros of a local midnight; 0 for days around which the offset changes."""
        found = self._days.get(text)
        if found is None:
            try:
                day = date.fromisoformat(text)
            except ValueError:
                raise KeyError(text) from None
            if not OLDEST <= day < NEWEST:
                raise KeyError(text)
            start = datetime.combine(day, time(), self._clock.zone)
            before, after = start - timedelta(hours=3), start + timedelta(hours=27)
            steady = before.utcoffset() == start.utcoffset() == after.utcoffset()
            if len(self._days) > 4096:
                self._days.clear()
            found = self._days[text] = micros(start) if steady else 0
        return found


def zone_named(name: str) -> ZoneInfo:
    """An IANA time zone.

    Raises:
        BadValue: no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, absolute path, directory
        raise BadValue(
            "time-zone",
            f"“{shown(name)}” is no time zone",
            "Write an IANA name such as America/New_York or Europe/Berlin.",
        ) from None
