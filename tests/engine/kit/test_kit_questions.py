"""Answers and refusals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.kit import (
    Axis,
    Goal,
    HistoryModel,
    IndependentModel,
    Job,
    Kit,
    KitError,
    Part,
    Take,
    ask,
    best_for_budget,
    best_under_penalty,
    cheapest_for,
    solve,
)
from mps_module.engine.kit.frontier import Solved
from tests.engine.kit.brute import service_history

D = Decimal


@pytest.fixture(scope="module")
def solved() -> Solved:
    parts, jobs = service_history(80, 700, 12)
    return solve(HistoryModel.of(parts, jobs))


@pytest.mark.parametrize("target", ["0.5", "0.62", "0.71", "0.8", "0.873", "0.95", "1"])
def test_a_target_is_reached_and_nothing_cheaper_is_known_to(solved: Solved, target: str) -> None:
    answer = cheapest_for(solved, D(target))
    assert answer.goal is Goal.TARGET
    assert answer.point.rate >= float(target) - 1e-9
    assert answer.bound <= answer.value == answer.point.money
    assert answer.gap < D("0.03")
    cheaper = best_for_budget(solved, answer.value - D("0.01"))
    if answer.proven:
        assert cheaper.point.rate < float(target)
    assert answer.kit == answer.point.kit


@pytest.mark.parametrize("budget", ["0", "3.33", "17", "60", "99999"])
def test_a_budget_is_kept(solved: Solved, budget: str) -> None:
    answer = best_for_budget(solved, D(budget))
    assert answer.point.money <= D(budget)
    assert float(answer.bound) >= answer.point.rate
    assert answer.value == D(repr(answer.point.rate))
    drawn = max(p.rate for p in solved.points if p.money <= D(budget))
    assert answer.point.rate >= drawn, "the answer may not be worse than the drawn frontier"


def test_more_money_never_fills_less(solved: Solved) -> None:
    rates = [best_for_budget(solved, D(budget)).point.rate for budget in range(0, 120, 5)]
    assert rates == sorted(rates)


@given(st.integers(0, 200))
@settings(max_examples=30)
def test_a_penalty_is_at_its_least(solved: Solved, penalty: int) -> None:
    answer = best_under_penalty(solved, D(penalty))
    assert answer.proven
    for point in solved.points:
        assert float(point.money) + penalty * (1 - point.rate) >= float(answer.value) - 1e-9


def test_a_penalty_counts_every_job_of_the_tour() -> None:
    parts = [Part("A", D(3))]
    jobs = [Job.of(f"J{i}", ["A"] if i % 4 == 0 else [], tour=str(i // 4)) for i in range(40)]
    from mps_module.engine.kit import tours_of

    solved = solve(HistoryModel.of(parts, tours_of(jobs)))
    # one job in four needs A; four jobs a tour: one broken job a tour without it
    assert best_under_penalty(solved, D("2.9")).kit == Kit()
    assert best_under_penalty(solved, D("2.9")).value == D("2.9")
    assert best_under_penalty(solved, D("3.1")).kit == Kit.of({"A": 1})
    # told that 8 jobs lie between two restocks, half the penalty is enough
    assert best_under_penalty(solved, D("1.6"), jobs=D(8)).kit == Kit.of({"A": 1})


def test_under_a_penalty_a_tour_is_bounded_where_it_is_not_proven() -> None:
    parts, jobs = service_history(40, 300, 3)
    needs = {part.code: 0.03 for part in parts}
    solved = solve(IndependentModel.of(parts, needs, 4, Take.PARTIAL))
    answer = best_under_penalty(solved, D(30))
    assert not answer.proven
    assert D(0) < answer.bound <= answer.value
    assert answer.gap < D("0.05")
    del jobs


def test_ask_is_the_three_questions(solved: Solved) -> None:
    assert ask(solved, Goal.TARGET, D("0.8")) == cheapest_for(solved, D("0.8"))
    assert ask(solved, Goal.BUDGET, D(20)) == best_for_budget(solved, D(20))
    assert ask(solved, Goal.PENALTY, D(20)) == best_under_penalty(solved, D(20))


def test_slots_are_asked_for_in_slots() -> None:
    parts = [Part("A", D(1), slots=3), Part("B", D(7), slots=1)]
    solved = solve(IndependentModel.of(parts, {"A": 0.3, "B": 0.2}), Axis.SLOTS)
    assert best_for_budget(solved, 3).kit.codes == ("A",)
    answer = cheapest_for(solved, D("0.7"))
    assert answer.kit.codes == ("B",) or answer.kit.codes == ("A",)
    assert answer.value == D(answer.point.slots)
    with pytest.raises(KitError, match="not slots"):
        best_under_penalty(solved, D(1))


def test_questions_without_an_answer(solved: Solved) -> None:
    for target in ("-0.1", "1.01"):
        with pytest.raises(KitError, match="between 0 and 1"):
            cheapest_for(solved, D(target))
    with pytest.raises(KitError, match="budget must be 0"):
        best_for_budget(solved, D(-1))
    with pytest.raises(KitError, match="penalty must be 0"):
        best_under_penalty(solved, D(-1))


def test_a_rate_that_no_kit_reaches_is_refused_with_the_best_there_is() -> None:
    jobs = [Job.of("1", ["A"]), Job.of("2", ["B"])]
    solved = solve(HistoryModel.of([Part("A", D(1))], jobs))
    with pytest.raises(KitError, match=r"0\.500000"):
        cheapest_for(solved, D("0.75"))
