"""Times of reading: ISO always, the rest as declared or beyond doubt, clock changes shown."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.readers.issue import BadValue
from mps_module.readers.times import Clock, Moments, from_micros, micros, zone_named

NEW_YORK = zone_named("America/New_York")
US = Clock(NEW_YORK)
DECLARED = Clock(zone_named("Europe/Berlin"), ("%d/%m/%Y",))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-05 14:28:30", utc(2026, 8, 5, 18, 28, 30)),  # New York is four hours behind in summer
        ("2026-08-05T14:28", utc(2026, 8, 5, 18, 28)),
        ("2026-08-05T14:28:30Z", utc(2026, 8, 5, 14, 28, 30)),
        ("2026-08-05T14:28:30.25+02:00", utc(2026, 8, 5, 12, 28, 30, 250000)),
        ("2026-08-05T14:28+02", utc(2026, 8, 5, 12, 28)),
        ("2026-01-31", utc(2026, 1, 31, 17)),  # a date alone is noon
        ("20260131", utc(2026, 1, 31, 17)),
        ("2026/1/31", utc(2026, 1, 31, 17)),
        ("25/04/2026", utc(2026, 4, 25, 16)),  # there is no 25th month
        ("4/25/2026 2:05 PM", utc(2026, 4, 25, 18, 5)),
        ("31-Jan-2026 09:00", utc(2026, 1, 31, 14)),
        ("Jan 31, 2026", utc(2026, 1, 31, 17)),
        ("05/05/2026", utc(2026, 5, 5, 16)),  # the same day either way
        (date(2026, 1, 31), utc(2026, 1, 31, 17)),
        (datetime(2026, 1, 31, 9), utc(2026, 1, 31, 14)),
    ],
)
def test_times_that_can_be_read_in_one_way(text, moment):
    found, remark = US.moment(text)
    assert found == moment
    assert remark is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("03/04/2026", "date-ambiguous"), ("03.04.2026 10:00", "date-ambiguous"), ("2026-02-30", "not-a-date"),
        ("2026-13-01 10:00:00", "not-a-date"), ("2026-01-01 25:00:00", "not-a-date"), ("31/01/26", "not-a-date"),
        ("yesterday", "not-a-date"), ("", "not-a-date"), ("1899-12-30", "date-absurd"), ("0001-01-01", "date-absurd"),
        ("2150-01-01", "date-absurd"), ("2026-08-05 14:28 EST", "time-zone"), ("45231", "not-a-date"),
        ("2026-08-05 14:28+23:00", "not-a-date"), (True, "not-a-date"), (None, "not-a-date"), (1e300, "not-a-date"),
    ],
)  # fmt: skip
def test_what_is_set_aside(text, code):
    with pytest.raises(BadValue) as caught:
        US.moment(text)
    assert caught.value.code == code
    assert caught.value.todo


def test_a_declared_format_decides_and_nothing_contradicts_it():
    assert DECLARED.day("03/04/2026") == date(2026, 4, 3)
    assert DECLARED.moment("03/04/2026 08:15")[0] == utc(2026, 4, 3, 6, 15)
    with pytest.raises(BadValue):
        DECLARED.day("04/25/2026")  # month first, which this file is declared not to be


def test_two_declared_formats_that_disagree_leave_it_open():
    both = Clock(NEW_YORK, ("%d/%m/%Y", "%m/%d/%Y"))
    with pytest.raises(BadValue) as caught:
        both.day("03/04/2026")
    assert caught.value.code == "date-ambiguous"
    assert both.day("25/04/2026") == date(2026, 4, 25)


def test_the_hour_that_happens_twice_is_flagged_and_the_first_taken():
    moment, remark = US.moment("2026-11-01 01:30:00")
    assert micros(moment) == micros(utc(2026, 11, 1, 5, 30))
    assert remark is not None
    assert remark.code == "time-twice"


def test_the_hour_that_never_happens_is_flagged():
    moment, remark = US.moment("2026-03-08 02:30:00")
    assert micros(moment) == micros(utc(2026, 3, 8, 7, 30))
    assert remark is not None
    assert remark.code == "time-never"


def test_a_spreadsheets_day_number_is_read_and_flagged():
    moment, remark = US.moment(46053.375)  # 31 January 2026, 9:00
    assert moment == utc(2026, 1, 31, 14)
    assert remark is not None
    assert remark.code == "date-serial"


def test_the_quick_dictionary_leaves_doubtful_times_to_the_careful_way():
    quick = Moments(US)
    for text in ("2026-11-01 01:30:00", "2026-03-08 02:30:00", "03/04/2026", "2026-02-30 10:00:00", "x"):
        with pytest.raises(KeyError):
            quick[text]
    assert quick["2026-11-01 03:30:00"] == micros(utc(2026, 11, 1, 8, 30))
    assert quick["2021-08-05T14:28+02"] == micros(utc(2021, 8, 5, 12, 28))


@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_quick_and_careful_agree(moment, zone):
    clock = Clock(zone_named(zone))
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    careful, remark = clock.moment(text)
    try:
        quick = Moments(clock)[text]
    except KeyError:
        assert remark is not None
    else:
        assert quick == micros(careful)
        assert from_micros(quick, clock.zone) == careful


@given(st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1), timezones=st.just(timezone.utc)))
def test_stored_moments_are_exact(moment):
    assert from_micros(micros(moment), NEW_YORK) == moment


@given(st.text(max_size=25))
def test_any_text_is_a_time_or_a_reason(text):
    try:
        moment, _ = US.moment(text)
        assert moment.utcoffset() is not None
    except BadValue as bad:
        assert bad.code


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "/etc/passwd", "../x", "America"])
def test_unknown_zones_are_reasons_not_crashes(name):
    with pytest.raises(BadValue):
        zone_named(name)


def test_the_declared_form_may_carry_its_own_clock():
    clock = Clock(NEW_YORK, ("%d.%m.%Y %H.%M",))
    assert clock.moment("03.04.2026 09.05")[0] - utc(2026, 4, 3, 13, 5) == timedelta(0)
