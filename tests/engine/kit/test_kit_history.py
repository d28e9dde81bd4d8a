"""Kits scored on past jobs, against replaying every job with every kit."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.kit import (
    Axis,
    HistoryModel,
    Job,
    Kit,
    KitError,
    Part,
    Take,
    best_for_budget,
    best_under_penalty,
    cheapest_for,
    solve,
    tours_of,
)
from mps_module.engine.kit import history as history_module
from mps_module.engine.kit import sketch as sketch_module
from tests.engine.kit.brute import costs_of, every_kit, front_of, parts_of, replayed, service_history

D = Decimal


@st.composite
def pasts(draw: st.DrawFn) -> tuple[list[Part], list[Job]]:
    count = draw(st.integers(1, 4))
    parts = [
        Part(f"P{i:03}", D(draw(st.integers(0, 12))) / 4, slots=draw(st.integers(0, 3))) for i in range(count)
    ]
    codes = [*(part.code for part in parts), "UNLISTED"]
    jobs = []
    for number in range(draw(st.integers(1, 14))):
        needs = draw(st.dictionaries(st.sampled_from(codes), st.integers(1, 2), max_size=3))
        weight = D(draw(st.integers(1, 4))) / 2
        tour = draw(st.sampled_from(["", "mon", "tue", "wed"]))
        jobs.append(Job.of(f"J{number:02}", needs, weight=weight, tour=tour, on=date(2024, 1, 1 + number)))
    return parts, jobs


@given(pasts(), st.sampled_from(Take))
@settings(max_examples=150)
def test_the_frontier_is_that_of_a_replay_with_every_kit(
    past: tuple[list[Part], list[Job]], take: Take
) -> None:
    parts, jobs = past
    model = HistoryModel.of(parts, tours_of(jobs), take)
    kits = []
    for stock in every_kit(model.shelf.limits):
        rate = replayed(parts, model.history, stock, take)
        assert model.rate(stock) == pytest.approx(rate, abs=1e-12)
        kits.append((costs_of(parts, stock), rate))
    expected = front_of(kits)
    solved = solve(model)
    assert [point.money for point in solved.points] == [cost for cost, _ in expected]
    assert [point.rate for point in solved.points] == pytest.approx([rate for _, rate in expected])
    assert solved.frontier.exact


@given(pasts(), st.sampled_from(Take), st.integers(0, 8))
@settings(max_examples=100)
def test_nothing_beyond_the_limits_helps_in_partial_tours(
    past: tuple[list[Part], list[Job]], take: Take, more: int
) -> None:
    parts, jobs = past
    model = HistoryModel.of(parts, tours_of(jobs), take)
    plenty = [limit + more for limit in model.shelf.limits]
    assert replayed(parts, model.history, plenty, take) == pytest.approx(model.rate(model.shelf.limits))


def small_grids_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "cells", lambda limits: None)


@given(past=pasts(), take=st.sampled_from(Take), axis=st.sampled_from(Axis))
@settings(max_examples=150)
def test_without_listing_kits_the_bounds_hold(
    past: tuple[list[Part], list[Job]], take: Take, axis: Axis
) -> None:
    parts, jobs = past
    model = HistoryModel.of(parts, tours_of(jobs), take)
    exact = solve(model, axis)
    with pytest.MonkeyPatch.context() as patch:
        small_grids_off(patch)
        drawn = solve(model, axis)
        costs = [drawn.frontier.cost(point) for point in drawn.points]
        for at, point in enumerate(drawn.points):
            until = costs[at + 1] if at + 1 < len(costs) else D("Infinity")
            best = max(p.rate for p in exact.points if exact.frontier.cost(p) < until)
            assert point.rate <= best + 1e-12 <= point.bound + 2e-12
            assert point.rate == pytest.approx(model.rate(model.shelf.stock(point.kit)))
        for budget in (0, 1, 2, 5):
            found, best = best_for_budget(drawn, budget), best_for_budget(exact, budget)
            assert found.point.rate <= best.point.rate + 1e-12 <= float(found.bound) + 2e-12
            assert found.proven is False or found.point.rate == pytest.approx(best.point.rate)
            assert drawn.frontier.cost(found.point) <= budget


@given(past=pasts(), target=st.integers(0, 10), penalty=st.integers(0, 40))
@settings(max_examples=150)
def test_without_listing_kits_questions_are_still_settled(
    past: tuple[list[Part], list[Job]], target: int, penalty: int
) -> None:
    """Partial tours and single jobs: proven answers are those of the complete list."""
    parts, jobs = past
    model = HistoryModel.of(parts, tours_of(jobs))
    exact = solve(model)
    wanted = D(repr(exact.points[-1].rate)) * target / 10
    with pytest.MonkeyPatch.context() as patch:
        small_grids_off(patch)
        drawn = solve(model)
        best, found = cheapest_for(exact, wanted), cheapest_for(drawn, wanted)
        assert found.point.rate >= float(wanted) - 1e-12
        assert found.bound <= best.value <= found.value
        if found.proven:
            assert found.value == best.value
        best, found = best_under_penalty(exact, D(penalty)), best_under_penalty(drawn, D(penalty))
        assert found.proven and float(found.value) == pytest.approx(float(best.value), abs=1e-9)


def test_parts_that_fail_together_are_bought_together() -> None:
    """Alone neither the fuser nor its lamp completes a job; a kit built part by part would never see them."""
    parts = parts_of([3, 3, 5])
    jobs = [Job.of(f"pair{i}", ["P000", "P001"]) for i in range(6)]
    jobs += [Job.of(f"lone{i}", ["P002"]) for i in range(3)] + [Job.of("none")]
    solved = solve(HistoryModel.of(parts, jobs))
    assert [(p.money, p.kit.codes, p.rate) for p in solved.points] == [
        (0, (), 0.1),
        (5, ("P002",), 0.4),
        (6, ("P000", "P001"), 0.7),
        (11, ("P000", "P001", "P002"), 1.0),
    ]


def test_a_tour_shares_its_trunk() -> None:
    """Three calls of one day need the belt: one belt aboard fills the first only."""
    jobs = [Job.of(f"J{i}", ["P000"], tour="monday", on=date(2024, 1, i + 1)) for i in range(3)]
    model = HistoryModel.of(parts_of([2]), tours_of(jobs))
    assert [model.rate([units]) for units in range(4)] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    fresh = HistoryModel.of(parts_of([2]), jobs)
    assert fresh.rate([1]) == 1


def test_what_a_broken_job_does_with_its_parts_matters() -> None:
    """The first job lacks P001. Partly: it takes the last P000, the second is broken too. All or nothing: it is not."""
    jobs = tours_of([Job.of("1", ["P000", "P001"], tour="t"), Job.of("2", ["P000"], tour="t")])
    rates = {take: HistoryModel.of(parts_of([1, 1]), jobs, take).rate((1, 0)) for take in Take}
    assert rates == {Take.PARTIAL: 0.0, Take.ALL_OR_NOTHING: 0.5}


def test_one_more_unit_can_cost_a_job_in_all_or_nothing_tours() -> None:
    """With P002 aboard job 1 is filled and takes what jobs 2 and 3 need."""
    tour = [
        Job.of("1", ["P000", "P001", "P002"], tour="t"),
        Job.of("2", ["P000"], tour="t"),
        Job.of("3", ["P001"], tour="t"),
    ]
    model = HistoryModel.of(parts_of([1, 1, 1]), tours_of(tour), Take.ALL_OR_NOTHING)
    assert model.rate((1, 1, 0)) == pytest.approx(2 / 3)
    assert model.rate((1, 1, 1)) == pytest.approx(1 / 3)
    best = best_for_budget(solve(model), 3)
    assert best.kit == Kit.of({"P000": 1, "P001": 1}), "the dearer kit is worse and must not be chosen"


def test_jobs_with_unlisted_parts_count_as_broken() -> None:
    jobs = [Job.of("1", ["P000"]), Job.of("2", ["P000", "GONE"]), Job.of("3")]
    model = HistoryModel.of(parts_of([1]), jobs)
    assert model.unknown_parts == ("GONE",)
    assert model.rate((1,)) == pytest.approx(2 / 3)
    with pytest.raises(KitError, match=r"all parts together fill 0\.666667"):
        cheapest_for(solve(model), D("0.9"))


def test_weights_count_and_no_jobs_is_no_score() -> None:
    jobs = [Job.of("1", ["P000"], weight=D("2.5")), Job.of("2", ["P001"], weight=D("0.5"))]
    model = HistoryModel.of(parts_of([1, 1]), jobs)
    assert model.rate((1, 0)) == pytest.approx(2.5 / 3)
    assert best_for_budget(solve(model), 1).kit.codes == ("P000",)
    with pytest.raises(KitError, match="no past job"):
        HistoryModel.of(parts_of([1]), [])
    with pytest.raises(KitError, match="no past job"):
        HistoryModel.of(parts_of([1]), [Job.of("1", weight=D(0))])


def test_max_units_is_kept() -> None:
    jobs = [Job.of("1", {"P000": 3}), Job.of("2", {"P000": 1})]
    model = HistoryModel.of([Part("P000", D(1), max_units=2)], jobs)
    assert model.rate(model.shelf.limits) == 0.5
    assert solve(model).points[-1].rate == 0.5


def test_a_shift_is_the_difference_of_two_rates() -> None:
    parts, jobs = service_history(12, 120, 5)
    toured = tours_of([Job.of(j.key, dict(j.needs), tour=str(i // 3)) for i, j in enumerate(jobs)])
    for take in Take:
        model = HistoryModel.of(parts, toured, take)
        stock = [min(1, limit) for limit in model.shelf.limits]
        for number, limit in enumerate(model.shelf.limits):
            for units in (-stock[number], 1):
                if 0 <= stock[number] + units <= limit:
                    other = list(stock)
                    other[number] += units
                    assert model.shift(stock, number, units) == pytest.approx(
                        model.rate(other) - model.rate(stock)
                    )


def test_fifteen_parts_equal_brute_force_with_parts_that_fail_together() -> None:
    parts, jobs = service_history(15, 400, 15)
    model = HistoryModel.of(parts, jobs)
    assert model.shelf.limits == (1,) * 15
    needs = [sum(1 << int(code[1:]) for code, _ in job.needs) for job in jobs]
    cents = [int(part.holding_cost * 100) for part in parts]
    tally = Counter(needs)
    kits = []
    for kit in range(1 << 15):
        won = sum(weight for mask, weight in tally.items() if mask & kit == mask)
        kits.append((sum(c for i, c in enumerate(cents) if kit >> i & 1), won / len(jobs)))
    expected = front_of((D(cost) / 100, rate) for cost, rate in kits)
    points = solve(model).points
    assert [point.money for point in points] == [cost for cost, _ in expected]
    assert [point.rate for point in points] == pytest.approx([rate for _, rate in expected])


def test_too_many_kits_are_not_listed() -> None:
    assert sketch_module.cells([1] * 16) == 1 << 16
    assert sketch_module.cells([1] * 17) is None
    parts, jobs = service_history(40, 200, 1)
    assert HistoryModel.of(parts, jobs).grid() is None
