"""Room for a call dropped in: whose day moves, and that no other call is made late by it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.dispatch import Demand, Proposal, Technician, gaps, make_room
from mps_module.engine.dispatch.values import latest_start
from tests.engine.service.dispatch_build import TRAVEL, at, call, demand, past, stop, technician

DROPPED = call("NEW", respond_by=12)
"""It is eight o'clock: four hours are left."""


def room(*team: Technician, of=DROPPED, now: float = 8, known: Demand | None = None) -> tuple[Proposal, ...]:
    return make_room(of, team, known or demand(), at(now), TRAVEL)


def test_a_free_day_moves_nothing():
    (found,) = room(technician("Ana"))
    assert (found.technician, found.start, found.moves) == ("Ana", at(8.5), ())


def test_a_day_gives_way_by_pushing_back_what_can_wait():
    """Two calls from 8:30 to 13:00, due in the evening; the new one must be met by 10. It goes first, an hour; then
    half an hour on the road, X for two hours, half an hour, Y."""
    one, two = call("X", hours=2, respond_by=17), call("Y", hours=2, respond_by=17)
    (found,) = room(technician("Ana", stop(one, 8.5), stop(two, 11)), of=call("NEW", respond_by=10))
    assert (found.technician, found.start) == ("Ana", at(8.5))
    assert [(m.call, m.start, m.to_start, m.to_technician) for m in found.moves] == [
        ("X", at(8.5), at(10), "Ana"),
        ("Y", at(11), at(12.5), "Ana"),
    ]


def test_the_fewest_customers_are_moved():
    """X from 8:30 to 9:30 must be met by 9; Y can wait. New comes between: 10:00, and only Y moves."""
    one, two = call("X", respond_by=9), call("Y", hours=2, respond_by=17)
    (found,) = room(technician("Ana", stop(one, 8.5), stop(two, 10)))
    assert (found.start, [(m.call, m.to_start) for m in found.moves]) == (at(10), [("Y", at(11.5))])


def test_a_promise_of_another_call_is_not_broken():
    """Ana's only stop lasts from 8:30 to 12:30 and must begin by 9. Nothing fits before 12."""
    kept = call("X", hours=4, respond_by=9)
    assert room(technician("Ana", stop(kept, 8.5))) == ()


def test_a_restore_promise_is_kept_as_well():
    """Pushed to 10:00, X of three hours ends at 13:00. That is allowed where 13:00 was promised, not where 12:54."""
    soon = call("NEW", respond_by=11)
    assert room(technician("Ana", stop(call("X", hours=3, restore_by=13), 8.5)), of=soon)[0].start == at(8.5)
    assert room(technician("Ana", stop(call("X", hours=3, restore_by=12.9), 8.5)), of=soon) == ()


def test_nobody_on_the_way_or_on_site_is_called_off():
    fixed = stop(call("X", hours=4), 8, fixed=True)
    assert room(technician("Ana", fixed)) == ()
    (found,) = room(technician("Ana", fixed), of=call("NEW", respond_by=13))
    assert (found.start, found.moves) == (at(12.5), ())


def test_the_working_day_ends_when_it_ends():
    """Full from 8:30 to 17:00: what is pushed would end after hours."""
    full = technician("Ana", stop(call("X", hours=8.5), 8.5))
    assert room(full) == ()


def test_a_stop_goes_to_a_colleague_who_has_time_for_it():
    """Ana alone knows the new model. Her stop must begin by 9, so it cannot wait; Ben can be there at 8:30."""
    known = demand()
    kept = call("X", hours=4, respond_by=9)
    ana = technician("Ana", stop(kept, 8.5), level=0.9)
    ben = technician("Ben", level=0.2)
    best = room(ana, ben, known=known)
    assert [p.technician for p in best] == ["Ben", "Ana"]  # .9 + (.2 - .9) - .01 is less than Ben's own .2
    handed = best[1]
    assert [(m.call, m.technician, m.to_technician, m.to_start) for m in handed.moves] == [
        ("X", "Ana", "Ben", at(8.5))
    ]
    assert handed.start == at(8.5)
    assert (handed.chance, handed.change) == (pytest.approx(0.9), pytest.approx(-0.7))


def test_the_part_that_is_aboard_decides_whose_day_moves():
    """Every such call needs a fuser. Ana carries it and is full till one with calls that can wait: the
    last of them gives way, from 11:30 to 13:00. Ben is free without the part."""
    known = demand(past({"FUSER": 1}, 20), strength=0)
    asked = replace(DROPPED, model="MX", brand="Sharp")
    plain = [call(key, hours=1, model="PC", respond_by=17) for key in "XYZ"]
    ana = technician("Ana", *(stop(each, 8.5 + n * 1.5) for n, each in enumerate(plain)), aboard={"FUSER": 1})
    found = room(ana, technician("Ben"), of=asked, known=known)
    assert [(p.technician, round(p.chance, 2)) for p in found] == [("Ana", 1.0), ("Ben", 0.0)]
    assert [(m.call, m.to_start) for m in found[0].moves] == [("Z", at(13))]
    assert found[1].moves == ()


def test_a_call_that_is_late_already_is_not_made_later():
    """X had to be met by 7. Pushing it is no way; the new call goes behind it."""
    late = call("X", hours=1, respond_by=7)
    (found,) = room(technician("Ana", stop(late, 8.5)))
    assert (found.start, found.moves) == (at(10), ())


def test_a_call_that_cannot_be_in_time_any_more_is_placed_as_soon_as_it_goes():
    missed = call("NEW", respond_by=7.5)
    found = room(
        technician("Ana", stop(call("X", hours=2, respond_by=17), 8.5)), technician("Ben"), of=missed
    )
    assert [(p.technician, p.start, p.moves) for p in found] == [("Ben", at(8.5), ()), ("Ana", at(11), ())]


def test_a_day_off_is_no_room():
    assert room(technician("Ana", windows=())) == ()
    assert room(technician("Ana", windows=((at(13), at(17)),))) == ()


def test_at_most_five_and_one_for_each():
    team = [technician(f"T{number}") for number in range(8)]
    found = room(*team)
    assert len(found) == 5 and len({p.technician for p in found}) == 5


HOURS = st.integers(0, 36).map(lambda quarter: 8 + quarter / 4)


@st.composite
def days(draw, name: str) -> Technician:
    """A day of stops that do not overlap, some with promises, the first maybe begun."""
    stops, free = [], 8.0
    for number in range(draw(st.integers(0, 5))):
        start = free + draw(st.integers(2, 8)) / 4
        length = draw(st.integers(1, 8)) / 4
        if start + length > 17:
            break
        spare = draw(st.one_of(st.none(), st.integers(-2, 16)))
        of = call(
            f"{name}{number}",
            hours=length,
            respond_by=None if spare is None else start + spare / 4,
            restore_by=draw(st.one_of(st.none(), st.just(start + length + 1))),
        )
        stops.append(stop(of, start, fixed=not stops and draw(st.booleans())))
        free = start + length
    return technician(name, *stops, level=draw(st.floats(0, 1)))


@given(
    st.tuples(days("A"), days("B"), days("C")),
    st.one_of(st.none(), HOURS),
    st.integers(1, 12),
    st.integers(32, 56),
)
def test_moved_days_keep_every_deadline(team, due, length, quarter):
    now = at(quarter / 4)
    asked = call("NEW", hours=length / 4, respond_by=due)
    people = {one.key: one for one in team}
    before = {s.key: (s, one.key) for one in team for s in one.stops}
    for found in make_room(asked, team, demand(), now, TRAVEL):
        assert found.technician in people
        assert found.start >= now
        if due is not None and at(due) >= now:
            assert found.start <= at(due)
        plan = {key: (s.start, who) for key, (s, who) in before.items()}
        for move in found.moves:
            moved, owner = before[move.key]
            assert move.technician == owner and not moved.fixed
            assert move.to_start >= now
            assert move.to_start <= latest_start(moved.call, moved.minutes) or (
                not moved.in_time and move.to_start <= moved.start
            )
            assert move.to_start + move.minutes <= at(17)
            plan[move.key] = (move.to_start, move.to_technician)
        assert set(plan) == set(before)
        touched = {found.technician, *(m.to_technician for m in found.moves)}
        for who in touched:
            _fits(who, found, plan, before, now)


def _fits(who: str, found: Proposal, plan: dict, before: dict, now: int) -> None:
    """From now on nothing overlaps around what is new or moved, with the way between two doors."""
    blocks = []
    for key, (start, owner) in plan.items():
        kept = before[key][0]
        end = start + kept.minutes
        if kept.fixed:
            end = max(end, now)
        elif start < now:  # not begun: begins now
            start, end = now, now + kept.minutes
        if owner == who and end > now:
            blocks.append((start, end, kept.call.place, key in {m.key for m in found.moves}))
    if found.technician == who:
        new = call("NEW").place
        blocks.append((found.start, found.start + found.minutes, new, True))
        assert found.start + found.minutes <= at(17) or found.start > at(17)
    blocks.sort(key=lambda block: block[:2])
    for first, second in pairwise(blocks):
        if first[3] or second[3]:
            assert first[1] + TRAVEL.minutes(first[2], second[2]) <= second[0], (who, found)


@given(days("A"), st.integers(32, 60))
def test_gaps_are_free_in_order_and_within_hours(day, quarter):
    now = at(quarter / 4)
    free = gaps(day, now)
    assert all(gap.start < gap.end and gap.start >= now for gap in free)
    assert all(one.end <= two.start for one, two in pairwise(free))
    assert all(any(a <= gap.start and gap.end <= b for a, b in day.windows) for gap in free)
    for gap in free:
        assert not any(s.start < gap.end and gap.start < s.end and s.start >= now for s in day.stops)
