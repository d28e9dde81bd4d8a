"""Dates and times as cells hold them: spellings, declared forms, a workbook's numbers, the edges of what can be meant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest

from mps_module.readers.day_times import joined
from mps_module.readers.issue import BadValue
from mps_module.readers.times import Clock, Moments, from_micros, micros, zone_named

BERLIN = zone_named("Europe/Berlin")
PLAIN = Clock(BERLIN)


def code_of(clock: Clock, cell: object) -> str:
    """Why a cell is no day."""
    with pytest.raises(BadValue) as caught:
        clock.day(cell)
    return caught.value.code


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-31", " 2026-03-31 ", "2026-03-31 23:59", "2026-03-31T00:00:00Z", "20260331", "2026/3/31", "2026.03.31",
        "31/03/2026", "3/31/2026", "31.3.2026", "31-03-2026", "31 Mar 2026", "31-March-2026", "31 mar. 2026",
        "Mar 31, 2026", "March 31 2026", "Mar-31-2026", "31.03.2026 14:05", "3/31/2026 11:59 PM", 46112, 46112.999,
        date(2026, 3, 31), datetime(2026, 3, 31, 23, 59),
    ],
)  # fmt: skip
def test_one_day_in_many_spellings(cell: object) -> None:
    assert PLAIN.day(cell) == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("04/05/2026", "date-ambiguous"), ("4.5.2026", "date-ambiguous"), ("31/04/2026", "not-a-date"),
        ("29 Feb 2026", "not-a-date"), ("31 Foo 2026", "not-a-date"), ("31.03.26", "not-a-date"),
        ("20261301", "not-a-date"), ("1989-12-31", "date-absurd"), ("2100-01-01", "date-absurd"),
        (date(1900, 1, 1), "date-absurd"), (0, "not-a-date"), (32873, "not-a-date"), (73051, "not-a-date"),
        (float("nan"), "not-a-date"), (float("inf"), "not-a-date"), (True, "not-a-date"), (None, "not-a-date"),
        ("3/31/2026 13:05 PM", "not-a-date"), ("3/31/2026 0:05 AM", "not-a-date"),
    ],
)  # fmt: skip
def test_what_is_no_day(cell: object, code: str) -> None:
    assert code_of(PLAIN, cell) == code


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("1990-01-01", date(1990, 1, 1)),
        (32874, date(1990, 1, 1)),  # days since 30 December 1899
        ("2099-12-31", date(2099, 12, 31)),
        (73050, date(2099, 12, 31)),
        ("2028-02-29", date(2028, 2, 29)),
    ],
)
def test_the_first_and_the_last_day_that_can_be_meant(cell: object, day: date) -> None:
    assert PLAIN.day(cell) == day


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [
        ("%d/%m/%Y", "04/05/2026", date(2026, 5, 4)),
        ("%m/%d/%Y", "04/05/2026", date(2026, 4, 5)),
        ("%d.%m.%y", "04.05.26", date(2026, 5, 4)),
        ("%m/%d/%Y", "04/05/2026 2:05 PM", date(2026, 4, 5)),
        ("%d/%m/%Y", "2026-04-05", date(2026, 4, 5)),  # ISO stays ISO
        ("%d/%m/%Y", "5 Apr 2026", date(2026, 4, 5)),
    ],
)
def test_a_declared_form_decides(form: str, cell: str, day: date) -> None:
    assert Clock(BERLIN, (form,)).day(cell) == day


@pytest.mark.parametrize(
    ("cell", "hour", "minute"),
    [
        ("2026-03-31 12:00 ", 12, 0), ("3/31/2026 12:05 AM", 0, 5), ("3/31/2026 12:05 PM", 12, 5),
        ("3/31/2026 1:05 a.m.", 1, 5), ("31 Mar 2026, 14:05", 14, 5), ("31.03.2026 14:05:59.7", 14, 5),
        ("2026-03-31", 12, 0), (date(2026, 3, 31), 12, 0), (46112.75, 18, 0), (46112, 0, 0),
    ],
)  # fmt: skip
def test_the_time_of_day(cell: object, hour: int, minute: int) -> None:
    moment, _ = PLAIN.moment(cell)
    assert (moment.date(), moment.hour, moment.minute) == (date(2026, 3, 31), hour, minute)
    assert moment.utcoffset() == timedelta(hours=2)  # summer time in Berlin


@pytest.mark.parametrize(
    ("offset", "hour"),
    [("Z", 12), (" UTC", 12), ("+00:00", 12), ("+02:00", 10), ("-0500", 17), (" +05:45", 6)],
)
def test_an_offset_wins_over_the_folders_zone(offset: str, hour: int) -> None:
    moment, remark = PLAIN.moment(f"2026-03-31T12:00:00{offset}")
    assert moment.astimezone(timezone.utc).hour == hour
    assert remark is None


@pytest.mark.parametrize(
    ("text", "code", "utc"),
    [
        ("2026-10-25 02:30", "time-twice", 0),  # the first one, still in summer time
        ("2026-03-29 02:30", "time-never", 1),  # winter time held until then
    ],
)
def test_the_clock_change_is_said(text: str, code: str, utc: int) -> None:
    moment, remark = PLAIN.moment(text)
    assert remark is not None and remark.code == code
    assert moment.astimezone(timezone.utc).strftime("%H:%M") == f"{utc:02d}:30"


@pytest.mark.parametrize(
    ("day", "clock", "shown"),
    [
        ("2026-03-31", "14:05", "14:05:00"), ("2026-03-31", "2:05 pm", "14:05:00"), ("2026-03-31", "14h05", "14:05:00"),
        ("2026-03-31", "14.05.09", "14:05:09"), ("31.03.2026", time(14, 5), "14:05:00"), (46112, 0.25, "06:00:00"),
        (date(2026, 3, 31), timedelta(hours=14, minutes=5), "14:05:00"), ("2026-03-31", "12:00 AM", "00:00:00"),
        ("2026-03-31 00:00:00", "14:05", "14:05:00"), (datetime(2026, 3, 31), datetime(1900, 1, 1, 9), "09:00:00"),
        ("2026-03-31", "12:05Z", "12:05:00"), ("2026-03-31", "12:05 +02:00", "12:05:00"),
    ],
)  # fmt: skip
def test_a_day_and_its_time_in_two_cells(day: object, clock: object, shown: str) -> None:
    moment, remark = joined(PLAIN, day, clock)
    assert moment.strftime("%Y-%m-%d %H:%M:%S") == f"2026-03-31 {shown}"
    assert remark is None


@pytest.mark.parametrize(
    "clock", ["24:00", "12:60", "0:05 AM", "13:05 PM", "soon", 1, -0.1, True, timedelta(days=1)]
)
def test_what_is_no_time_of_day(clock: object) -> None:
    with pytest.raises(BadValue) as caught:
        joined(PLAIN, "2026-03-31", clock)
    assert caught.value.code == "not-a-time"


def test_a_date_cells_own_time_stays_and_another_one_beside_it_is_flagged() -> None:
    assert joined(PLAIN, "2026-03-31 08:15:20", "08:15") == (
        datetime(2026, 3, 31, 8, 15, 20, tzinfo=BERLIN),
        None,
    )
    moment, remark = joined(PLAIN, "2026-03-31 08:15", "09:00")
    assert (moment.hour, moment.minute) == (8, 15)
    assert remark is not None and remark.code == "time-differs"


def test_stored_times_count_from_1970() -> None:
    assert micros(datetime(1970, 1, 1, 1, 0, 0, 7, tzinfo=timezone(timedelta(hours=1)))) == 7
    assert micros(datetime(1970, 1, 2, tzinfo=timezone.utc)) == 86_400_000_000
    assert from_micros(86_400_000_007, BERLIN) == datetime(1970, 1, 2, 1, 0, 0, 7, tzinfo=BERLIN)


def test_the_quick_dictionary_never_grows_beyond_its_limit() -> None:
    quick = Moments(PLAIN, limit=3)
    for minute in range(10):
        text = f"2026-06-30 12:{minute:02d}:00"
        assert quick[text] == micros(datetime(2026, 6, 30, 10, minute, tzinfo=timezone.utc))
        assert len(quick) <= 3
