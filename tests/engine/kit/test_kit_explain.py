"""Reasons, the trunk of today, changes, and all of it in one plan."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest

from mps_module.engine.kit import (
    Act,
    Axis,
    Goal,
    HistoryModel,
    IndependentModel,
    Job,
    Kit,
    Part,
    Take,
    Verdict,
    changes,
    plan,
    present,
    reasons,
    solve,
    tours_of,
)
from tests.engine.kit.brute import service_history

D = Decimal
PARTS = [
    Part("BELT", D(2)),
    Part("FUSER", D(6)),
    Part("LAMP", D(1)),
    Part("GEAR", D(3)),
    Part("NEVER", D(1)),
    Part("BANNED", D(1), max_units=0),
]
JOBS = (
    [Job.of(f"b{i}", ["BELT"]) for i in range(4)]
    + [Job.of(f"f{i}", ["FUSER", "LAMP"]) for i in range(3)]
    + [Job.of("g", ["GEAR"]), Job.of("n"), Job.of("x", ["BANNED"])]
)


@pytest.fixture(scope="module")
def model() -> HistoryModel:
    return HistoryModel.of(PARTS, JOBS)


def by_part(model: HistoryModel | IndependentModel, kit: Kit) -> dict:
    return {reason.part: reason for reason in reasons(model, kit)}


def test_every_part_has_its_reason(model: HistoryModel) -> None:
    found = by_part(model, Kit.of({"BELT": 1, "LAMP": 1}))
    belt, fuser, lamp, gear = (found[code] for code in ("BELT", "FUSER", "LAMP", "GEAR"))
    assert (belt.verdict, belt.units, belt.loses, belt.per_cost) == (Verdict.ABOARD, 1, 0.4, 0.2)
    assert belt.message.startswith("1 aboard: without it 40.00% of the jobs would break")
    assert (fuser.verdict, fuser.wins) == (Verdict.LEFT_OUT, pytest.approx(0.3))
    assert fuser.per_cost == pytest.approx(0.05)
    assert lamp.loses == 0, "the lamp completes nothing without the fuser"
    assert gear.wins == pytest.approx(0.1)
    assert found["NEVER"].verdict is Verdict.NO_USE and found["NEVER"].message == "No job can use it."
    assert found["BANNED"].message == "It may not be carried."


def test_parts_that_are_missed_together_are_named(model: HistoryModel) -> None:
    fuser = by_part(model, Kit())["FUSER"]
    assert fuser.wins == 0
    (pair,) = fuser.together
    assert pair.others == ("LAMP",) and pair.share == pytest.approx(0.3)
    assert "With LAMP it would complete another 30.00%" in fuser.message


def test_a_second_unit_has_its_own_worth() -> None:
    tours = [[("A", 1)], [("A", 1), ("A", 1)]]
    jobs = [
        Job.of(f"{t}{i}", {code: qty}, tour=str(t))
        for t, row in enumerate(tours)
        for i, (code, qty) in enumerate(row)
    ]
    model = HistoryModel.of([Part("A", D(2))], tours_of(jobs))
    (reason,) = reasons(model, Kit.of({"A": 2}))
    assert reason.carries == pytest.approx(1.0)
    assert reason.loses == pytest.approx(1 / 3)
    assert reason.wins == 0


def test_a_free_part_has_no_worth_per_cost() -> None:
    (reason,) = reasons(HistoryModel.of([Part("A", D(0))], [Job.of("1", ["A"])]), Kit.of({"A": 1}))
    assert reason.per_cost is None and "per unit of money" not in reason.message


def test_independent_parts_have_reasons_too() -> None:
    model = IndependentModel.of(PARTS[:2], {"BELT": 0.2, "FUSER": 0.5})
    found = by_part(model, Kit.of({"BELT": 1}))
    assert found["BELT"].loses == pytest.approx(0.5 - 0.4)
    assert found["FUSER"].wins == pytest.approx(1 - 0.5)
    assert found["FUSER"].together == ()


def test_all_or_nothing_tours_are_explained_by_replay() -> None:
    jobs = tours_of([Job.of("1", ["A", "B"], tour="t"), Job.of("2", ["A"], tour="t")])
    model = HistoryModel.of([Part("A", D(1)), Part("B", D(1))], jobs, Take.ALL_OR_NOTHING)
    found = by_part(model, Kit.of({"A": 1}))
    assert found["A"].loses == 0.5
    assert found["B"].wins == 0, "job 1 would be filled, but it takes the part of job 2"


def test_what_the_trunk_of_today_achieves(model: HistoryModel) -> None:
    trunk = Kit.of({"FUSER": 1, "NEVER": 2, "FOREIGN": 1})
    now = present(solve(model), trunk)
    assert now.rate == pytest.approx(0.1)
    assert now.money == D(8) and now.slots == 3, "useless parts cost too"
    assert now.same_money == pytest.approx(0.6), "for 8 the belt and the gear do more than fuser and lamp"
    assert now.same_rate == D(0)
    assert now.unknown == ("FOREIGN",)


def test_the_way_from_here_to_there(model: HistoryModel) -> None:
    moves = changes(
        model,
        Kit.of({"A": 1, "BELT": 1, "GEAR": 3, "LAMP": 1}),
        Kit.of({"BELT": 2, "FUSER": 1, "GEAR": 1, "LAMP": 1}),
    )
    assert [(move.part, move.act, move.units, move.money) for move in moves] == [
        ("FUSER", Act.ADD, 1, D(6)),
        ("BELT", Act.RAISE, 1, D(2)),
        ("GEAR", Act.DROP, -2, D(-6)),
        ("A", Act.RETURN, -1, None),
    ]
    assert changes(model, Kit.of({"BELT": 1}), Kit.of({"BELT": 1})) == ()


def test_changes_lead_from_the_trunk_to_the_kit() -> None:
    parts, jobs = service_history(60, 500, 6)
    model = HistoryModel.of(parts, jobs)
    trunk = Kit.of({part.code: 1 + number % 2 for number, part in enumerate(parts) if number % 3 == 0})
    found = plan(model, Goal.TARGET, D("0.9"), trunk=trunk)
    after = trunk.as_dict()
    for move in found.changes:
        assert after.get(move.part, 0) == move.have
        after[move.part] = move.want
    assert Kit.of(after) == found.answer.kit
    assert found.present is not None
    money = found.present.money + sum((move.money for move in found.changes if move.money is not None), D(0))
    assert money == found.answer.point.money


def test_a_plan_holds_frontier_answer_and_reasons(model: HistoryModel) -> None:
    found = plan(model, Goal.BUDGET, D(9))
    assert found.present is None and found.changes == ()
    assert found.answer.kit == Kit.of({"BELT": 1, "FUSER": 1, "LAMP": 1})
    assert len(found.reasons) == len(PARTS)
    assert {reason.part for reason in found.reasons if reason.units} == set(found.answer.kit.codes)
    with pytest.raises(FrozenInstanceError):
        found.answer = None  # type: ignore[misc]


def test_a_plan_under_a_cap_of_slots(model: HistoryModel) -> None:
    found = plan(model, Goal.BUDGET, D(99), cap=2, trunk=Kit.of({"GEAR": 1}))
    assert found.answer.point.slots <= 2
    assert found.answer.kit == Kit.of({"BELT": 1, "GEAR": 1})
    assert found.frontier.axis is Axis.MONEY and found.frontier.cap == 2


def test_a_part_aboard_wins_at_least_what_it_costs_under_a_penalty() -> None:
    """Under a penalty no part of the best kit may cost more than the broken jobs it saves, and none left out less."""
    parts, jobs = service_history(60, 500, 9)
    model = HistoryModel.of(parts, jobs)
    found = plan(model, Goal.PENALTY, D(150))
    for reason in found.reasons:
        if reason.units:
            assert D(repr(reason.loses)) * 150 >= reason.unit_cost - D("0.000001")
        else:
            assert D(repr(reason.wins)) * 150 <= reason.unit_cost + D("0.000001")
