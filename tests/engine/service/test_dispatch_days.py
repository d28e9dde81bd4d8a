"""A day's free time: between stops, across days, around what runs over, and with the clock changing."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.dispatch import (
    Call,
    Place,
    Stop,
    Technician,
    Travel,
    first_slot,
    gaps,
    minutes_of,
    moment_of,
)
from mps_module.engine.dispatch.days import running
from tests.engine.service.dispatch_build import DEPOT, TRAVEL, at, call, place, stop, technician

ZONE = ZoneInfo("America/New_York")


def spans(day: Technician, now: float) -> list[tuple[float, float]]:
    """Gaps in hours after midnight."""
    return [((gap.start - at(0)) / 60, (gap.end - at(0)) / 60) for gap in gaps(day, at(now))]


def test_an_empty_day_is_one_gap_from_home():
    assert spans(technician(), 7) == [(8, 17), (32, 41)]
    first = gaps(technician(), at(7))[0]
    assert (first.place, first.onward) == (DEPOT, None)


def test_before_during_and_after_the_day():
    assert spans(technician(), 12.5) == [(12.5, 17), (32, 41)]
    assert spans(technician(), 17) == [(32, 41)]
    assert spans(technician(), 41) == []


def test_a_stop_splits_the_day_and_says_where_to_go_on():
    free = gaps(technician("Ana", stop(call("X", hours=2), 10)), at(7))
    assert [(gap.start, gap.end) for gap in free[:2]] == [(at(8), at(10)), (at(12), at(17))]
    assert free[0].onward == free[1].place == place("door of X")


def test_stops_of_tomorrow_leave_today_free():
    assert spans(technician("Ana", stop(call("X"), 33)), 8) == [(8, 17), (32, 33), (34, 41)]


def test_back_to_back_stops_leave_nothing_between():
    day = technician("Ana", stop(call("X"), 9), stop(call("Y"), 10), stop(call("Z"), 11))
    assert spans(day, 8)[:2] == [(8, 9), (12, 17)]


def test_two_plans_for_the_same_hour_are_one_busy_time():
    """Dropped onto each other by hand: ten to twelve and half past ten to eleven."""
    day = technician("Ana", stop(call("X", hours=2), 10), stop(call("Y", hours=0.5), 10.5))
    assert spans(day, 8)[:2] == [(8, 10), (12, 17)]


def test_a_stop_over_the_end_of_the_day_leaves_no_evening():
    assert spans(technician("Ana", stop(call("X", hours=3), 15)), 8) == [(8, 15), (32, 41)]


def test_work_before_the_day_begins_counts_from_where_it_ends():
    day = technician("Ana", stop(call("X", hours=2), 7))
    assert spans(day, 6)[0] == (9, 17)
    assert gaps(day, at(6))[0].place == place("door of X")


@pytest.mark.parametrize(
    ("fixed", "now", "expected"),
    [
        (False, 8, (9, 10)),  # to come
        (False, 9.5, (9.5, 10.5)),  # should have begun: begins now
        (False, 12, (12, 13)),
        (True, 9.5, (9, 10)),  # is at it
        (True, 12, (9, 12)),  # runs over
    ],
)
def test_when_a_stop_will_really_be(fixed, now, expected):
    planned = stop(call("X"), 9, fixed)
    assert running(planned, at(now)) == tuple(at(hour) for hour in expected)


def test_a_slot_in_a_later_gap_starts_from_the_stop_before_it():
    """Free 8 to 9 (too short with the way), then after X at ten: 10:30."""
    day = technician("Ana", stop(call("X"), 9))
    slot = first_slot(gaps(day, at(8)), call("C"), 60, TRAVEL)
    assert (slot.arrive, slot.travel) == (at(10.5), 30)


def test_the_way_home_is_the_technicians_own_time():
    """An hour's work that ends at five sharp fits; a minute more does not, and goes to the next day."""
    day = technician(windows=((at(15.5), at(17)), (at(32), at(41))))
    assert first_slot(gaps(day, at(8)), call(), 60, TRAVEL).arrive == at(16)
    assert first_slot(gaps(day, at(8)), call(), 61, TRAVEL).arrive == at(32.5)


def test_a_visit_longer_than_any_day_has_no_slot():
    assert first_slot(gaps(technician(), at(8)), call(), 9 * 60 + 1, TRAVEL) is None


def test_nobody_drives_before_the_day_begins():
    assert first_slot(gaps(technician(), at(5)), call(), 60, TRAVEL).arrive == at(8.5)


def test_the_day_on_which_the_clock_goes_forward_is_as_long_as_its_hours():
    """8 March 2026, New York: from midnight to eight are seven hours; from eight to five still nine."""
    opens, closes = (minutes_of(datetime(2026, 3, 8, hour, tzinfo=ZONE)) for hour in (8, 17))
    midnight = minutes_of(datetime(2026, 3, 8, tzinfo=ZONE))
    assert (opens - midnight, closes - opens) == (7 * 60, 9 * 60)
    (gap,) = gaps(Technician("Ana", windows=((opens, closes),)), midnight)
    assert moment_of(gap.start, ZONE).hour == 8


def test_an_hour_that_comes_twice_is_two_hours():
    """1 November 2026, New York: half past one, and half past one again."""
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZONE)
    assert minutes_of(first.replace(fold=1)) - minutes_of(first) == 60


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)), st.integers(-12, 14))
def test_moments_survive_the_way_there_and_back(moment, offset):
    from datetime import timezone

    zone = timezone(timedelta(hours=offset))
    aware = moment.replace(tzinfo=zone, second=0, microsecond=0)
    assert moment_of(minutes_of(aware), zone) == aware


LAT, LON = st.floats(-80, 80), st.floats(-179, 179)
PLACES = st.builds(
    Place, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "N", "S"]), st.none() | LAT, st.none() | LON
)


@given(PLACES, PLACES)
def test_the_way_back_is_as_long_as_the_way_there_and_never_negative(one, two):
    travel = Travel()
    assert travel.minutes(one, two) == travel.minutes(two, one) >= 0


@given(LAT, LON)
def test_next_door_costs_the_door_alone(latitude, longitude):
    assert (
        Travel(door=5).minutes(Place("a", "", latitude, longitude), Place("b", "", latitude, longitude)) == 5
    )


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 16)), max_size=6),
    st.integers(28, 68),
    st.integers(1, 20),
)
def test_a_slot_never_overlaps_a_stop_that_is_to_come(stops, now, length):
    planned = tuple(
        sorted(
            (
                Stop(
                    f"A{n}",
                    Call(f"X{n}", place=place(f"door {n}")),
                    at(8) + start * 15,
                    minutes * 15,
                )
                for n, (start, minutes) in enumerate(stops)
            ),
            key=lambda each: each.start,
        )
    )
    day = Technician("Ana", home=DEPOT, windows=((at(8), at(18)),), stops=planned)
    begin = at(now / 4)
    slot = first_slot(gaps(day, begin), call(), length * 15, TRAVEL)
    if slot is None:
        return
    assert slot.arrive >= begin + slot.travel or slot.travel == 0
    assert slot.arrive + length * 15 <= at(18)
    for each in planned:
        if each.start >= begin:
            assert slot.arrive + length * 15 <= each.start or each.end <= slot.arrive
