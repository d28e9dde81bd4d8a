"""Ranking: skill, parts and the time that is left."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.dispatch import (
    DispatchError,
    Place,
    Skill,
    Travel,
    first_slot,
    gaps,
    minutes_of,
    moment_of,
    rank,
    rank_all,
    skill_for,
    urgency,
)
from tests.engine.service.dispatch_build import DEPOT, TRAVEL, at, call, demand, past, place, stop, technician

NEW_YORK = timezone(timedelta(hours=-5))


def test_moments_are_minutes_whatever_the_zone():
    moment = datetime(2026, 1, 12, 9, 30, 59, tzinfo=NEW_YORK)
    assert minutes_of(moment) == at(14.5)
    assert moment_of(at(14.5), NEW_YORK) == datetime(2026, 1, 12, 9, 30, tzinfo=NEW_YORK)
    with pytest.raises(DispatchError, match="no time zone"):
        minutes_of(datetime(2026, 1, 12))


def test_travel_by_distance_by_territory_and_next_door():
    """From 40.00 to 40.09 degrees north is 10.0 km; x 1.3 at 40 km/h is 19.5 minutes, and 5 for the door."""
    south, north = Place("a", "N", 40.0, -74.0), Place("b", "N", 40.09, -74.0)
    assert TRAVEL.minutes(south, north) == 25
    assert TRAVEL.minutes(south, Place("a")) == 0
    assert TRAVEL.minutes(place("x"), place("y")) == 30
    assert TRAVEL.minutes(place("x"), place("y", "South")) == 60
    assert TRAVEL.minutes(place("x"), place("y", "")) == 30
    assert Travel(norm=10).minutes(south, place("y", "N")) == 10


def test_the_narrowest_skill_counts():
    skills = (
        Skill(0.4),
        Skill(0.6, brand="Sharp"),
        Skill(0.9, model="MX", brand="Sharp"),
        Skill(0.5, category="PC"),
    )
    ana = technician(skills=skills)
    assert skill_for(ana, call(model="MX", brand="Sharp")) == (0.9, "model")
    assert skill_for(ana, call(model="AR", brand="Sharp")) == (0.6, "brand")
    assert skill_for(ana, call(category="PC")) == (0.5, "category")
    assert skill_for(ana, call(model="iR", brand="Canon")) == (0.4, "any")
    assert skill_for(technician(skills=skills[1:]), call(model="iR", brand="Canon")) == (0.3, "unlisted")
    assert skill_for(technician(level=None), call()) == (0.8, "none")
    with pytest.raises(DispatchError, match="no share"):
        Skill(80)


def test_the_chance_is_skill_times_parts():
    """6 of 10 past calls needed a fuser. Ben lacks it but is better: .95 x .4 = .38; Ana has it: .8 x 1."""
    known = demand(past({"FUSER": 1}, 6), past({}, 4), strength=0)
    ana = technician("Ana", level=0.8, aboard={"FUSER": 1})
    ben = technician("Ben", level=0.95)
    first, second = rank(call(model="MX", brand="Sharp"), (ben, ana), known, at(8), TRAVEL)
    assert (first.technician, first.chance, first.parts) == ("Ana", pytest.approx(0.8), 1)
    assert (second.technician, second.chance) == ("Ben", pytest.approx(0.38))


def test_who_can_be_there_in_time_comes_before_who_is_better():
    """The call wants somebody by 10. Ana is busy till 12, Ben is free: 8:00 + 30 minutes on the road."""
    busy = technician("Ana", stop(call("X", hours=4), 8), level=1)
    free = technician("Ben", level=0.5)
    first, second = rank(call(respond_by=10), (busy, free), demand(), at(8), TRAVEL)
    assert (first.technician, first.arrive, first.travel, first.spare) == ("Ben", at(8.5), 30, 90)
    assert (second.technician, second.arrive, second.spare) == ("Ana", at(12.5), -150)
    assert first.in_time and not second.in_time


def test_a_restore_promise_counts_with_the_work_that_it_takes():
    (one,) = rank(call(hours=2, restore_by=11), (technician(),), demand(), at(8), TRAVEL)
    assert (one.arrive, one.spare) == (at(8.5), 30)


def test_without_a_promise_the_better_one_of_the_same_day_wins():
    busy = technician("Ana", stop(call("X", hours=4), 8), level=1)
    free = technician("Ben", level=0.5)
    assert [c.technician for c in rank(call(), (free, busy), demand(), at(8), TRAVEL)] == ["Ana", "Ben"]
    tomorrow = technician("Ana", stop(call("X", hours=8.5), 8), level=1)
    ranked = rank(call(), (free, tomorrow), demand(), at(8), TRAVEL)
    assert [c.technician for c in ranked] == ["Ben", "Ana"]
    assert ranked[1].arrive == at(32.5)


def test_when_all_are_late_the_one_who_is_there_soon_goes_first():
    late = call(respond_by=7)
    today = technician("Ben", level=0.5)
    tomorrow = technician("Ana", stop(call("X", hours=8.5), 8), level=1)
    ranked = rank(late, (tomorrow, today), demand(), at(8), TRAVEL)
    assert [c.technician for c in ranked] == ["Ben", "Ana"]


def test_who_has_no_time_at_all_stands_last_but_stands_there():
    away = technician("Ana", windows=())
    ranked = rank(call(), (away, technician("Ben", level=0.1)), demand(), at(8), TRAVEL)
    assert [(c.technician, c.arrive) for c in ranked] == [("Ben", at(8.5)), ("Ana", None)]


def test_a_gap_must_hold_the_way_the_work_and_the_way_on():
    """Free from 9 to 11 between two doors 30 minutes apart from everything: an hour fits, 61 minutes do not."""
    day = technician("Ana", stop(call("X"), 8), stop(call("Y"), 11))
    free = gaps(day, at(8))
    assert [(gap.start, gap.end) for gap in free] == [(at(9), at(11)), (at(12), at(17)), (at(32), at(41))]
    assert first_slot(free, call(hours=1), 60, TRAVEL).arrive == at(9.5)
    assert first_slot(free, call(hours=1), 61, TRAVEL).arrive == at(12.5)
    same_door = call(hours=1, where="door of X")
    assert first_slot(free, same_door, 90, TRAVEL).arrive == at(9)


def test_the_day_begins_at_home_and_goes_on_where_the_last_call_was():
    home = technician("Ana", stop(call("X"), 8), home=DEPOT)
    free = gaps(home, at(10))
    assert free[0].place == place("door of X")  # she is still there, done since nine
    assert free[1].place == DEPOT
    assert gaps(home, at(18))[0].start == at(32)


def test_work_that_runs_over_keeps_its_technician():
    on_site = technician("Ana", stop(call("X"), 8, fixed=True))
    assert gaps(on_site, at(11))[0].start == at(11)
    not_begun = technician("Ana", stop(call("X"), 8))
    assert gaps(not_begun, at(8.5))[0].start == at(9.5)  # an hour from now, not from eight


@pytest.mark.parametrize(
    ("now", "due", "paused", "state"),
    [
        (9, 12, False, "Running"),
        (11.3, 12, False, "At Risk"),
        (11, 12, False, "Running"),
        (12.1, 12, False, "Late"),
        (12.1, 12, True, "On Hold"),
        (9, None, False, ""),
    ],
)
def test_urgency(now, due, paused, state):
    """Opened at 8, due at 12: at risk when less than a quarter of the four hours, one hour, is left."""
    assert urgency(at(now), at(8), at(due) if due else None, 0.25, paused)[0] == state


def test_the_queue_late_first_then_by_time_left_then_on_hold_then_without_promise():
    places = [
        urgency(at(9), at(8), at(8.5))[1],
        urgency(at(9), at(8), at(10))[1],
        urgency(at(9), at(8), at(12))[1],
        urgency(at(9), at(8), at(8.1), paused=True)[1],
        urgency(at(9), at(7), None)[1],
        urgency(at(9), at(8), None)[1],
    ]
    assert places == sorted(places)


LEVELS = st.one_of(st.none(), st.floats(0, 1))


@given(st.lists(st.tuples(LEVELS, st.integers(0, 2)), min_size=1, max_size=6), st.integers(7, 16), LEVELS)
def test_everybody_is_ranked_once_with_a_chance_and_in_order(people, hour, left):
    known = demand(past({"FUSER": 2}, 4), past({"FUSER": 1}, 4), past({}, 4))
    team = [
        technician(f"T{number}", level=level, aboard={"FUSER": fusers})
        for number, (level, fusers) in enumerate(people)
    ]
    asked = call(model="MX", brand="Sharp", respond_by=hour + left if left is not None else None)
    ranked = rank_all([asked], team, known, at(hour), TRAVEL)["C"]
    assert sorted(c.technician for c in ranked) == sorted(one.key for one in team)
    assert all(0 <= c.chance <= min(c.skill, c.parts) + 1e-12 for c in ranked)
    assert [c.in_time for c in ranked] == sorted((c.in_time for c in ranked), reverse=True)
    for better, worse in pairwise(ranked):
        if better.in_time and worse.in_time and asked.respond_by is not None:
            assert better.chance >= worse.chance - 1e-4
