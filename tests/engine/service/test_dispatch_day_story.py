"""One morning at a dealer's desk, from eight to ten, with every figure worked out by hand.

Ana (north) is good at Sharp (90 %) and carries a fuser and two rollers. Ben (north) solves 60 % of everything and carries a roller.
Cem (south) knows Canon (95 %), nothing else is recorded, and carries a belt.
The past: 10 Sharp MX calls (5 roller, 3 fuser, 2 nothing) and 10 Canon iR calls (6 belt, 4 nothing).
Doors are half an hour apart within a territory, an hour between two.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from mps_module.engine.dispatch import Demand, Skill, Stop, Technician, make_room, rank_all
from tests.engine.service.dispatch_build import TRAVEL, at, call, demand, past, place, technician

KNOWN: Demand = demand(
    past({"ROLLER": 1}, 5), past({"FUSER": 1}, 3), past({}, 2),
    past({"BELT": 1}, 6, model="iR", brand="Canon"), past({}, 4, model="iR", brand="Canon"),
)  # fmt: skip
NORTH, SOUTH = place("north desk", "North"), place("south desk", "South")
ANA = technician(
    "Ana", skills=(Skill(0.9, brand="Sharp"),), aboard={"FUSER": 1, "ROLLER": 2}, home=place("a", "North")
)
BEN = technician("Ben", skills=(Skill(0.6),), aboard={"ROLLER": 1}, home=place("b", "North"))
CEM = technician("Cem", skills=(Skill(0.95, brand="Canon"),), aboard={"BELT": 1}, home=place("c", "South"))
TEAM = (ANA, BEN, CEM)
SHARP = call("S1", model="MX", brand="Sharp", place=NORTH, respond_by=12)
CANON = call("C1", model="iR", brand="Canon", place=SOUTH, respond_by=9.25)


def parts(own: int, everybody: int) -> float:
    """Brand and model have the same ten calls, `own` of them filled; of all twenty `everybody` were."""
    brand = (own + 10 * everybody / 20) / 20
    return (own + 10 * brand) / 20


def ranked(name: str, now: float = 8, team: tuple[Technician, ...] = TEAM):
    return rank_all([SHARP, CANON], team, KNOWN, at(now), TRAVEL)[name]


def sent(who: Technician, what, start: float) -> Technician:
    stops = (*who.stops, Stop(f"A-{what.key}", what, at(start), what.minutes))
    return replace(who, stops=tuple(sorted(stops, key=lambda each: each.start)))


def test_eight_the_sharp_call():
    """Ana fills all ten Sharp calls and the four Canon calls without part; Ben seven and 5 + 2 + 4 = 11 of all; Cem two of
    the Sharp, and all Canon calls: 12 of all."""
    ana, ben, cem = ranked("S1")
    assert (ana.technician, ana.parts) == ("Ana", pytest.approx(parts(10, 14)))
    assert (ben.technician, ben.parts) == ("Ben", pytest.approx(parts(7, 11)))
    assert (cem.technician, cem.parts) == ("Cem", pytest.approx(parts(2, 12)))
    assert ana.chance == pytest.approx(0.9 * parts(10, 14))
    assert ben.chance == pytest.approx(0.6 * parts(7, 11))
    assert cem.chance == pytest.approx(0.3 * parts(2, 12))  # Sharp is not among his skills
    assert [each.arrive for each in (ana, ben, cem)] == [at(8.5), at(8.5), at(9)]
    assert [each.spare for each in (ana, ben, cem)] == [210, 210, 180]


def test_eight_the_canon_call_belongs_to_cem_who_is_near_and_has_the_belt():
    cem, ben, ana = ranked("C1")
    assert (cem.technician, cem.arrive, cem.spare) == ("Cem", at(8.5), 45)
    assert cem.chance == pytest.approx(0.95 * parts(10, 12))
    assert (ben.technician, ben.arrive, ben.spare) == ("Ben", at(9), 15)
    assert (ana.technician, ana.chance) == ("Ana", pytest.approx(0.3 * parts(4, 14)))


def test_half_past_eight_nobody_but_cem_is_in_time_for_the_canon_call():
    cem, *others = ranked("C1", now=8.5)
    assert (cem.technician, cem.spare) == ("Cem", 15)
    assert [each.spare for each in others] == [-15, -15]
    assert not any(each.in_time for each in others)


def test_nine_ana_took_a_roller_out_and_is_still_the_best():
    fewer = replace(ANA, aboard={"FUSER": 1, "ROLLER": 1})
    (ana, *_others) = ranked("S1", team=(fewer, BEN, CEM))
    assert ana.parts == pytest.approx(parts(10, 14))
    without = replace(ANA, aboard={"FUSER": 1})
    (best, *_others) = ranked("S1", team=(without, BEN, CEM))
    assert best.technician == "Ana"  # .9 of what five of ten calls leave is still more than Ben's .6 of seven
    assert best.parts == pytest.approx(parts(5, 9))


def test_ten_a_call_is_dropped_in_and_anas_afternoon_gives_way():
    """It is eight; the dropped Sharp call has to be met by ten. Ana is booked from 8:30 to 12:30 at a door that can wait
    till three, and from 13:00 on. Pushed back: 10:00 and 14:30."""
    first = call("W1", model="MX", brand="Sharp", hours=4, respond_by=15, place=place("w1"))
    second = call("W2", model="MX", brand="Sharp", hours=1, respond_by=16, place=place("w2"))
    ana = sent(sent(ANA, first, 8.5), second, 13)
    dropped = call("D", model="MX", brand="Sharp", place=place("d"), respond_by=10)
    found = make_room(dropped, (ana,), KNOWN, at(8), TRAVEL)
    assert len(found) == 1
    assert (found[0].start, found[0].chance) == (at(8.5), pytest.approx(0.9 * parts(10, 14)))
    assert [(move.call, move.start, move.to_start) for move in found[0].moves] == [
        ("W1", at(8.5), at(10)),
        ("W2", at(13), at(14.5)),
    ]
    assert found[0].worth == pytest.approx(found[0].chance - 0.02)


def test_ten_ben_is_free_and_less_likely_so_both_are_offered():
    first = call("W1", model="MX", brand="Sharp", hours=4, respond_by=15, place=place("w1"))
    dropped = call("D", model="MX", brand="Sharp", place=place("d"), respond_by=10)
    found = make_room(dropped, (sent(ANA, first, 8.5), BEN, CEM), KNOWN, at(8), TRAVEL)
    assert [(each.technician, len(each.moves)) for each in found] == [("Ana", 1), ("Ben", 0), ("Cem", 0)]


def test_ten_where_the_waiting_call_cannot_wait_ben_takes_it_and_ana_the_dropped_one():
    """W1 has to be met by 9: Ben can be there at 8:30. Ana then gains .9, and W1 loses the difference between both."""
    first = call("W1", model="MX", brand="Sharp", hours=4, respond_by=9, place=place("w1"))
    dropped = call("D", model="MX", brand="Sharp", place=place("d"), respond_by=10)
    found = make_room(dropped, (sent(ANA, first, 8.5), BEN), KNOWN, at(8), TRAVEL)
    handed = next(each for each in found if each.technician == "Ana")
    assert [(move.call, move.to_technician, move.to_start) for move in handed.moves] == [
        ("W1", "Ben", at(8.5))
    ]
    assert handed.change == pytest.approx(0.6 * parts(7, 11) - 0.9 * parts(10, 14))
    ben = next(each for each in found if each.technician == "Ben")
    assert (ben.moves, ben.chance) == ((), pytest.approx(0.6 * parts(7, 11)))
