"""Work and travel of a visit, by hand-computed times."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.visit import DISTANCE, HOUR, TRIP, hours, travel, worked

NINE = datetime(2026, 3, 2, 9)


def at(hour: int, minute: int = 0) -> datetime:
    return NINE.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("pauses", "minutes"),
    [
        ([], 180),
        ([(at(10), at(10, 30))], 150),
        ([(at(10), at(10, 30)), (at(10, 15), at(10, 45))], 135),  # overlap: 10:00-10:45
        ([(at(8), at(9, 20))], 160),  # began before the arrival
        ([(at(11, 50), at(14))], 170),  # was never ended
        ([(at(6), at(7))], 180),
        ([(at(8), at(13))], 0),
        ([(at(10), at(11)), (at(10, 20), at(10, 40))], 120),  # one inside the other
        ([(at(11), at(11, 10)), (at(9, 30), at(9, 40))], 160),  # not in order
    ],
)
def test_work_is_the_time_on_the_spot_without_pauses(pauses, minutes):
    assert worked(at(9), at(12), pauses) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("left", "pauses"), [(at(8), []), (at(12), [(at(11), at(10))])])
def test_what_ends_before_it_begins_is_no_visit(left, pauses):
    with pytest.raises(ValueError, match="ends before it begins"):
        worked(at(9), left, pauses)


@pytest.mark.parametrize(
    ("span", "told"),
    [((0, 0), "0.00"), ((90, 0), "1.50"), ((20, 0), "0.33"), ((0, 17), "0.00"), ((0, 18), "0.01")],
)
def test_hours_to_the_hundredth(span, told):
    assert hours(timedelta(minutes=span[0], seconds=span[1])) == Decimal(told)


@pytest.mark.parametrize(
    ("basis", "set_out", "distance", "remote", "counts"),
    [
        (TRIP, at(8), "12.5", False, "1"),
        (TRIP, None, "0", False, "1"),
        (HOUR, at(8), "12.5", False, "1.00"),
        (HOUR, at(8, 15), "0", False, "0.75"),
        (HOUR, None, "0", False, "0"),
        (HOUR, at(10), "0", False, "0"),  # a clock that was put right on the way
        (DISTANCE, at(8), "12.5", False, "12.5"),
        (TRIP, at(8), "12.5", True, "0"),
        (DISTANCE, at(8), "12.5", True, "0"),
    ],
)
def test_travel_counts_as_the_firm_counts_it(basis, set_out, distance, remote, counts):
    assert travel(basis, set_out, at(9), Decimal(distance), remote=remote) == Decimal(counts)


MINUTES = st.integers(min_value=-300, max_value=900)


@given(st.integers(min_value=0, max_value=600), st.lists(st.tuples(MINUTES, MINUTES).map(sorted), max_size=6))
def test_every_minute_is_work_or_pause_and_never_both(length, pauses):
    left = NINE + timedelta(minutes=length)
    off = {minute for begin, end in pauses for minute in range(max(begin, 0), min(end, length))}
    given_pauses = [(NINE + timedelta(minutes=a), NINE + timedelta(minutes=b)) for a, b in pauses]
    assert worked(NINE, left, given_pauses) == timedelta(minutes=length - len(off))
