"""Working hours of a service level: nights, weekends, holidays and hold do not count."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.worktime import WorkWeek

OFFICE = WorkWeek({day: (time(8), time(17)) for day in range(5)}, frozenset({date(2026, 1, 19)}))
# Friday 16 January 2026, Monday the 19th is a holiday.


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(14, 9), at(14, 11, 30), 2.5),
        (at(14, 16), at(15, 9), 2),  # an hour in the evening and one in the morning
        (at(14, 5), at(14, 9), 1),  # before opening nothing counts
        (at(14, 18), at(14, 23), 0),
        (at(16, 16), at(20, 9), 2),  # over a weekend and a holiday
        (at(17, 10), at(18, 10), 0),
        (at(14, 9), at(14, 9), 0),
        (at(15, 9), at(14, 9), 0),  # back to front
        (at(12, 8), at(16, 17), 45),  # a week
    ],
)
def test_only_working_hours_count(start, end, hours):
    assert OFFICE.between(start, end) == hours


def test_a_day_to_midnight():
    around = WorkWeek({day: (time(0), time(0)) for day in range(7)})
    assert around.between(at(14, 22), at(16, 1)) == 27


def test_hold_is_taken_off_by_its_share_of_the_span():
    # 09:00 to 09:00 the next day: 9 working hours; 2 of 24 hours on hold take 0.75 off.
    assert OFFICE.worked(at(14, 9), at(15, 9), timedelta(hours=2)) == pytest.approx(8.25)
    assert OFFICE.worked(at(14, 9), at(15, 9)) == 9
    assert OFFICE.worked(at(14, 9), at(15, 9), timedelta(days=3)) == 0
    assert OFFICE.worked(at(15, 9), at(14, 9), timedelta(hours=1)) == 0


MINUTES = st.integers(0, 21 * 24 * 60)


@given(MINUTES, MINUTES, MINUTES)
def test_hours_add_up_over_any_cut(a, b, c):
    start, middle, end = (datetime(2026, 1, 5) + timedelta(minutes=m) for m in sorted((a, b, c)))
    parts = OFFICE.between(start, middle) + OFFICE.between(middle, end)
    assert parts == pytest.approx(OFFICE.between(start, end))
    assert 0 <= parts <= (end - start).total_seconds() / 3600 + 1e-9
