"""The frontier: monotone, bounded, capped, fast; and against a MILP solver where one is installed."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.kit import (
    Axis,
    Frontier,
    HistoryModel,
    IndependentModel,
    Job,
    Kit,
    KitError,
    KitPoint,
    Part,
    best_for_budget,
    estimate,
    solve,
)
from mps_module.engine.kit import history as history_module
from tests.engine.kit.brute import costs_of, every_kit, front_of, service_history
from tests.work import counted

D = Decimal


@pytest.fixture(scope="module")
def large() -> tuple[list[Part], list[Job]]:
    return service_history(500, 5000, 2024)


def check(frontier: Frontier) -> None:
    for before, after in zip(frontier.points, frontier.points[1:], strict=False):
        assert frontier.cost(before) < frontier.cost(after)
        assert before.rate < after.rate
        assert before.bound <= after.bound + 1e-12
    for point in frontier.points:
        assert 0 <= point.rate <= point.bound <= 1 + 1e-12


def test_500_parts_and_5000_jobs(large: tuple[list[Part], list[Job]]) -> None:
    """The whole frontier, at work that grows no faster than the history (docs/kit.md has the measured times)."""
    parts, jobs = large
    solved, work = counted(lambda: solve(HistoryModel.of(parts, jobs)))
    _, half = counted(lambda: solve(HistoryModel.of(*service_history(250, 2500, 2024))))
    assert work < 2.5 * half
    check(solved.frontier)
    assert len(solved.points) > 300
    assert solved.points[0].kit == Kit() and solved.points[-1].rate == pytest.approx(1.0)
    gaps = sorted(point.gap / point.rate for point in solved.points)
    assert gaps[len(gaps) // 2] < 0.001, "half of the frontier must be proven to a tenth of a percent"
    assert gaps[-1] < 0.03


def test_500_independent_parts(large: tuple[list[Part], list[Job]]) -> None:
    solved, work = counted(lambda: solve(independent(*large)))
    _, half = counted(lambda: solve(independent(*service_history(250, 2500, 2024))))
    assert work < 3 * half, "four times as much would be quadratic"
    check(solved.frontier)
    gaps = sorted(point.gap / point.rate for point in solved.points)
    assert gaps[len(gaps) // 2] < 0.001


def independent(parts: list[Part], jobs: list[Job]) -> IndependentModel:
    return IndependentModel.of(parts, {need.part: need.pmf for need in estimate(parts, jobs)})


def milp_best(model: HistoryModel, budget: int) -> float:
    """The same question to HiGHS: x for units aboard, y for jobs, y <= x, money within the budget."""
    numpy = pytest.importorskip("numpy", reason="numpy is not installed: no comparison with a MILP solver")
    optimize = pytest.importorskip(
        "scipy.optimize", reason="scipy is not installed: no comparison with a MILP solver"
    )
    sparse = pytest.importorskip("scipy.sparse")
    parts, jobs = len(model.shelf.parts), len(model.demands)
    rows, cols, data = [], [], []
    row = 0
    for job, (needs, _) in enumerate(model.demands):
        for part, units in needs:
            assert units == 1
            rows += [row, row]
            cols += [parts + job, part]
            data += [1.0, -1.0]
            row += 1
    rows += [row] * parts
    cols += list(range(parts))
    data += [float(cost) for cost in model.shelf.money]
    upper = numpy.zeros(row + 1)
    upper[row] = budget
    weights = [float(weight) for _, weight in model.demands]
    found = optimize.milp(
        numpy.array([0.0] * parts + [-w for w in weights]),
        constraints=optimize.LinearConstraint(
            sparse.csr_matrix((data, (rows, cols)), shape=(row + 1, parts + jobs)), -numpy.inf, upper
        ),
        integrality=numpy.array([1] * parts + [0] * jobs),
        bounds=optimize.Bounds(0, 1),
        options={"time_limit": 30, "mip_rel_gap": 1e-7},
    )
    return (model.free - found.fun) / model.total


@pytest.mark.parametrize("share", [0.04, 0.15, 0.4])
@pytest.mark.parametrize("size", [(60, 400), (500, 5000)])
def test_answers_lie_within_two_permille_of_highs(size: tuple[int, int], share: float) -> None:
    parts, jobs = service_history(*size, 77)
    model = HistoryModel.of(parts, jobs)
    solved = solve(model)
    budget = (solved.points[-1].money * D(str(share))).quantize(D("0.01"))
    best = milp_best(model, model.shelf.as_units(Axis.MONEY, budget))
    answer = best_for_budget(solved, budget)
    assert answer.point.rate <= best + 1e-9 <= float(answer.bound) + 2e-9
    assert answer.point.rate >= best * 0.998
    if answer.proven:
        assert answer.point.rate == pytest.approx(best, abs=1e-9)


@given(st.integers(0, 10_000), st.integers(0, 9), st.sampled_from(Axis))
@settings(max_examples=60)
def test_under_a_cap_every_best_kit_of_a_small_problem_is_there(seed: int, cap: int, axis: Axis) -> None:
    parts, jobs = service_history(6, 30, seed)
    model = HistoryModel.of(parts, jobs)
    other = Axis.SLOTS if axis is Axis.MONEY else Axis.MONEY
    kits = [
        (costs_of(parts, stock, axis), model.rate(stock))
        for stock in every_kit(model.shelf.limits)
        if costs_of(parts, stock, other) <= cap
    ]
    solved = solve(model, axis, cap)
    expected = front_of(kits)
    assert [D(solved.frontier.cost(p)) for p in solved.points] == [cost for cost, _ in expected]
    assert [p.rate for p in solved.points] == pytest.approx([rate for _, rate in expected])
    check(solved.frontier)


@pytest.mark.parametrize("cap", [0, 3, 8, 14])
@pytest.mark.parametrize("kind", ["history", "independent"])
def test_a_capped_frontier_without_listing_is_bounded(
    cap: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, jobs = service_history(11, 150, 4)
    model: HistoryModel | IndependentModel = HistoryModel.of(parts, jobs)
    if kind == "independent":
        model = IndependentModel.of(parts, {need.part: need.pmf for need in estimate(parts, jobs)})
    exact = solve(model, cap=cap)
    assert exact.frontier.exact
    monkeypatch.setattr(type(model), "grid", lambda self: None)
    drawn = solve(model, cap=cap)
    check(drawn.frontier)
    assert not drawn.frontier.exact and drawn.frontier.cap == cap
    for at, point in enumerate(drawn.points):
        assert point.slots <= cap
        until = drawn.points[at + 1].money if at + 1 < len(drawn.points) else D("Infinity")
        best = max(p.rate for p in exact.points if p.money < until)
        assert point.rate <= best + 1e-12 <= point.bound + 2e-12
    assert drawn.points[-1].rate >= exact.points[-1].rate * 0.9


def test_a_large_capped_frontier_stays_close(large: tuple[list[Part], list[Job]]) -> None:
    parts, jobs = large
    solved = solve(HistoryModel.of(parts, jobs), cap=150)
    check(solved.frontier)
    assert all(point.slots <= 150 for point in solved.points)
    gaps = sorted(point.gap / point.rate for point in solved.points)
    assert gaps[len(gaps) // 2] < 0.01 and gaps[-1] < 0.06


def test_a_cap_that_does_not_bind_changes_nothing() -> None:
    parts, jobs = service_history(40, 300, 8)
    model = HistoryModel.of(parts, jobs)
    assert [p.rate for p in solve(model, cap=10_000).points] == [p.rate for p in solve(model).points]
    with pytest.raises(KitError, match="cap"):
        solve(model, cap=-1)


@given(st.integers(0, 1000))
@settings(max_examples=25)
def test_refined_frontiers_are_monotone_and_their_bounds_hold_for_any_budget(seed: int) -> None:
    draw = random.Random(seed)
    parts, jobs = service_history(draw.randint(3, 12), draw.randint(10, 150), seed)
    model = HistoryModel.of(parts, jobs)
    exact = solve(model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_module, "cells", lambda limits: None)
        drawn = solve(model)
    check(drawn.frontier)
    for number, point in enumerate(drawn.points):
        until = drawn.points[number + 1].money if number + 1 < len(drawn.points) else D("Infinity")
        assert max(p.rate for p in exact.points if p.money < until) <= point.bound + 1e-12


def points(rates: list[float]) -> Frontier:
    return Frontier(tuple(KitPoint(Kit(), D(i), i, rate, rate) for i, rate in enumerate(rates)))


def test_a_chart_gets_few_points_and_both_ends() -> None:
    frontier = points([i / 1000 for i in range(1000)])
    thin = frontier.thin(11)
    assert len(thin) == 11
    assert thin[0] is frontier.points[0] and thin[-1] is frontier.points[-1]
    assert [round(p.rate, 2) for p in thin] == pytest.approx([i / 10 for i in range(11)], abs=0.01)
    assert points([0.1, 0.2]).thin(5) == points([0.1, 0.2]).points
    with pytest.raises(KitError, match="two points"):
        frontier.thin(1)


def test_an_uneven_frontier_is_thinned_without_repeats() -> None:
    thin = points([0.0, 0.9, 0.91, 0.92, 0.93, 0.94, 1.0]).thin(4)
    assert [p.rate for p in thin] == [0.0, 0.9, 1.0]
