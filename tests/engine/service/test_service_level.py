"""How response and restore stand, in the working time of the agreement."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.service_level import OPEN, Clock, State, response_due, state
from mps_module.engine.worktime import WorkWeek

WEEK = WorkWeek({day: (time(8), time(17)) for day in range(5)}, frozenset({date(2026, 1, 19)}))
MONDAY = datetime(2026, 1, 12, 9)  # 8 to 17


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(12, 9), State.RUNNING),
        (at(12, 12), State.RUNNING),  # 1 of 4 hours left: a quarter is not less than a quarter
        (at(12, 12, 1), State.AT_RISK),
        (at(12, 13), State.AT_RISK),
        (at(12, 13, 1), State.LATE),
    ],
)
def test_four_hours_as_they_pass(now, expected):
    assert state(Clock(MONDAY, at(12, 13)), now, 0.25, WEEK) is expected


@pytest.mark.parametrize(
    ("share", "now", "expected"),
    [
        (0.5, at(12, 11), State.RUNNING),
        (0.5, at(12, 11, 1), State.AT_RISK),
        (0.0, at(12, 13), State.RUNNING),  # never at risk
        (1.0, at(12, 9), State.RUNNING),
        (1.0, at(12, 9, 1), State.AT_RISK),
        (0.1, at(12, 12, 36), State.RUNNING),
        (0.1, at(12, 12, 37), State.AT_RISK),
    ],
)
def test_the_share_that_makes_it_a_risk(share, now, expected):
    assert state(Clock(MONDAY, at(12, 13)), now, share, WEEK) is expected


@pytest.mark.parametrize(
    ("started", "due", "now", "expected"),
    [
        (at(12, 16), at(13, 11), at(12, 18), State.RUNNING),  # the night: three of four hours left
        (at(12, 16), at(13, 11), at(13, 7, 59), State.RUNNING),
        (at(12, 16), at(13, 11), at(13, 10, 1), State.AT_RISK),
        (at(12, 6), at(12, 12), at(12, 7), State.RUNNING),  # before the day begins
        (at(12, 9), at(12, 9), at(12, 9), State.AT_RISK),  # nothing was promised but at once
        (at(12, 9), at(12, 9), at(12, 9, 1), State.LATE),
        (
            at(10, 9),
            at(10, 12),
            at(10, 10),
            State.AT_RISK,
        ),  # due on a day off: no working time is left of none
    ],
)
def test_nights_and_odd_promises(started, due, now, expected):
    assert state(Clock(started, due), now, 0.25, WEEK) is expected


def test_the_weekend_takes_nothing_away():
    # Friday 15:00, eight hours: due on Monday at 14:00; all through the weekend six of eight are left.
    clock = Clock(at(9, 15), at(12, 14))
    assert state(clock, at(10, 12), 0.25, WEEK) is State.RUNNING
    assert state(clock, at(12, 7), 0.25, WEEK) is State.RUNNING
    assert state(clock, at(12, 12, 1), 0.25, WEEK) is State.AT_RISK
    # By the wall's clock it would have been at risk from Sunday evening on.
    assert state(clock, at(12, 7), 0.25) is State.AT_RISK


def test_a_holiday_takes_nothing_away():
    clock = Clock(at(16, 15), at(20, 14))  # Monday the 19th is off
    assert state(clock, at(19, 23), 0.25, WEEK) is State.RUNNING
    assert state(clock, at(20, 12, 1), 0.25, WEEK) is State.AT_RISK


def test_kept_to_the_minute():
    assert state(Clock(MONDAY, at(12, 13), at(12, 13)), at(14, 9), 0.25, WEEK) is State.KEPT
    assert state(Clock(MONDAY, at(12, 13), at(12, 13, 1)), at(14, 9), 0.25, WEEK) is State.MISSED


def test_on_hold_nothing_runs_and_a_withdrawn_call_has_no_state():
    assert state(Clock(MONDAY, at(12, 13), held=True), at(14, 9), 0.25, WEEK) is State.HELD
    assert state(Clock(MONDAY, at(12, 13), over=True), at(14, 9), 0.25, WEEK) is State.NONE
    assert state(Clock(MONDAY, None), at(14, 9), 0.25, WEEK) is State.NONE
    assert state(Clock(MONDAY, None, at(12, 10)), at(14, 9), 0.25, WEEK) is State.NONE


def test_a_hold_before_the_response_moves_it():
    assert response_due(at(12, 13), timedelta(hours=2)) == at(12, 15)
    assert response_due(at(12, 15), timedelta(hours=2), in_promised=True) == at(12, 15)
    assert response_due(at(12, 13), timedelta(hours=-2)) == at(12, 13)
    assert response_due(None, timedelta(hours=2)) is None


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 28))


@given(moments, st.integers(1, 40), moments, moments, st.floats(0, 1))
def test_states_only_get_worse_until_it_is_done(started, hours, one, two, share):
    clock = Clock(started, started + timedelta(hours=hours))
    order = [State.RUNNING, State.AT_RISK, State.LATE]
    first, later = sorted((one, two))
    states = [order.index(state(clock, moment, share, WEEK)) for moment in (first, later)]
    assert states[0] <= states[1]


@given(moments, st.none() | moments, st.none() | moments, st.booleans(), st.booleans(), moments)
def test_what_is_done_never_runs_again(started, due, done, held, over, now):
    found = state(Clock(started, due, done, held, over), now, 0.25, WEEK)
    assert (found in OPEN) <= (done is None and not over)
    assert (found in (State.KEPT, State.MISSED)) == (done is not None and due is not None)
