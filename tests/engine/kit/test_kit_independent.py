"""One job per restock: every best kit, hull, core search, bounds."""

from __future__ import annotations

import random
from decimal import Decimal
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.kit import (
    Axis,
    IndependentModel,
    KitError,
    Part,
    Take,
    best_for_budget,
    cheapest_for,
    solve,
)
from mps_module.engine.kit import independent as independent_module
from mps_module.engine.kit import sums as sums_module
from mps_module.engine.kit.hull import core_of, core_search, envelope, hull_of, pareto, unfold
from tests.engine.kit.brute import costs_of, every_kit, front_of, parts_of


@st.composite
def problems(draw: st.DrawFn, most: int = 6) -> tuple[list[Part], dict[str, tuple[float, ...]]]:
    count = draw(st.integers(1, most))
    parts = parts_of([draw(st.integers(0, 40)) / 4 for _ in range(count)])
    needs = {}
    for part in parts:
        raw = draw(st.lists(st.floats(0.02, 1), min_size=2, max_size=3))
        needs[part.code] = tuple(value / sum(raw) for value in raw)
    return parts, needs


@given(problems())
@settings(max_examples=120, deadline=None)
def test_the_frontier_holds_every_best_kit(problem: tuple[list[Part], dict[str, tuple[float, ...]]]) -> None:
    parts, needs = problem
    model = IndependentModel.of(parts, needs)
    solved = solve(model)
    expected = front_of(
        (costs_of(parts, stock), model.rate(stock)) for stock in every_kit(model.shelf.limits)
    )
    assert [point.money for point in solved.points] == [cost for cost, _ in expected]
    assert [point.rate for point in solved.points] == pytest.approx([rate for _, rate in expected])
    assert solved.frontier.exact and solved.frontier.worst_gap == 0


@given(problems(), st.integers(2, 3), st.sampled_from(Take))
@settings(max_examples=60, deadline=None)
def test_so_it_does_for_tours(problem: tuple[list[Part], dict], jobs: int, take: Take) -> None:
    parts, needs = problem
    parts = [Part(part.code, part.holding_cost, max_units=2) for part in parts[:4]]
    model = IndependentModel.of(parts, needs, jobs, take)
    solved = solve(model)
    expected = front_of(
        (costs_of(parts, stock), model.rate(stock)) for stock in every_kit(model.shelf.limits)
    )
    assert [point.money for point in solved.points] == [cost for cost, _ in expected]
    assert [point.rate for point in solved.points] == pytest.approx([rate for _, rate in expected])


def test_fifteen_parts_equal_brute_force() -> None:
    draw = random.Random(15)
    parts = parts_of([round(draw.uniform(0.2, 9), 2) for _ in range(15)])
    needs = {part.code: draw.uniform(0.01, 0.3) for part in parts}
    model = IndependentModel.of(parts, needs)
    cells = [(0, 1.0)]  # by hand and in cents, since 32,768 kits in Decimal take long
    for part in parts:
        cost, p = int(part.holding_cost * 100), needs[part.code]
        cells = [(c, r * (1 - p)) for c, r in cells] + [(c + cost, r) for c, r in cells]
    expected = front_of((Decimal(cost) / 100, rate) for cost, rate in cells)
    points = solve(model).points
    assert [point.money for point in points] == [cost for cost, _ in expected]
    assert [point.rate for point in points] == pytest.approx([rate for _, rate in expected])


def medium(count: int, seed: int) -> tuple[list[Part], dict[str, float]]:
    draw = random.Random(seed)
    parts = parts_of([round(draw.lognormvariate(1, 0.8), 2) for _ in range(count)])
    return parts, {part.code: min(0.4, draw.paretovariate(1.2) / 100) for part in parts}


@pytest.mark.parametrize("seed", range(4))
def test_hull_and_core_search_agree_with_listing_every_best_kit(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, needs = medium(30, seed)
    model = IndependentModel.of(parts, needs)
    exact = solve(model)
    assert exact.frontier.exact
    monkeypatch.setattr(sums_module, "PARETO_WORK", 0)
    bounded = solve(model)
    assert not bounded.frontier.exact
    for budget in range(1, 100, 7):
        best, found = best_for_budget(exact, budget), best_for_budget(bounded, budget)
        assert found.point.rate == pytest.approx(best.point.rate, abs=1e-12)
        assert found.proven
    for target in ("0.6", "0.75", "0.9", "0.99"):
        best, found = cheapest_for(exact, Decimal(target)), cheapest_for(bounded, Decimal(target))
        assert found.value == best.value and found.proven


@pytest.mark.parametrize("seed", range(3))
def test_bounds_of_a_drawn_frontier_hold(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a kit and the next one nothing is better than the bound says."""
    parts, needs = medium(25, seed + 50)
    model = IndependentModel.of(parts, needs)
    exact = solve(model).points
    monkeypatch.setattr(sums_module, "PARETO_WORK", 0)
    drawn = solve(model).points
    for at, point in enumerate(drawn):
        until = drawn[at + 1].money if at + 1 < len(drawn) else Decimal("Infinity")
        best = max(p.rate for p in exact if p.money < until)
        assert point.rate <= best + 1e-12 <= point.bound + 2e-12


@pytest.mark.parametrize("take", Take)
def test_bounds_for_tours_hold(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, needs = medium(9, 3)
    parts = [Part(part.code, part.holding_cost, max_units=2) for part in parts]
    needs = {code: min(0.5, 4 * p) for code, p in needs.items()}
    model = IndependentModel.of(parts, needs, 4, take)
    exact = solve(model)
    assert exact.frontier.exact
    monkeypatch.setattr(independent_module, "GRID_WORK", 0)
    drawn = solve(model)
    assert not drawn.frontier.exact
    for at, point in enumerate(drawn.points):
        until = drawn.points[at + 1].money if at + 1 < len(drawn.points) else Decimal("Infinity")
        best = max(p.rate for p in exact.points if p.money < until)
        assert point.rate <= best + 1e-12 <= point.bound + 2e-12
        assert point.rate == pytest.approx(model.rate(model.shelf.stock(point.kit)))
    for budget in (3, 8, 15, 25):
        found, best = best_for_budget(drawn, budget), best_for_budget(exact, budget)
        assert found.point.rate <= best.point.rate + 1e-12
        assert float(found.bound) >= best.point.rate - 1e-12
        if take is Take.PARTIAL:
            assert found.point.rate >= best.point.rate * 0.99


def test_cost_and_rate_rise_together_and_the_kit_is_what_it_says() -> None:
    parts, needs = medium(200, 9)
    model = IndependentModel.of(parts, needs)
    points = solve(model).points
    prices = {part.code: part.holding_cost for part in parts}
    for before, after in zip(points, points[1:], strict=False):
        assert before.money < after.money and before.rate < after.rate
    for point in points[:: len(points) // 25]:
        assert point.money == sum(prices[code] * qty for code, qty in point.kit.units)
        assert point.slots == sum(qty for _, qty in point.kit.units)
        assert point.rate == pytest.approx(model.rate(model.shelf.stock(point.kit)))
    assert points[-1].rate == pytest.approx(1.0)


def test_a_part_may_be_limited_or_free() -> None:
    parts = [Part("A", Decimal(0)), Part("B", Decimal(2), max_units=0), Part("C", Decimal(1))]
    model = IndependentModel.of(parts, {"A": 0.5, "B": 0.1, "C": (0.6, 0.2, 0.2)})
    points = solve(model).points
    assert [point.kit.as_dict() for point in points] == [{"A": 1}, {"A": 1, "C": 1}, {"A": 1, "C": 2}]
    assert [point.rate for point in points] == pytest.approx([0.54, 0.72, 0.9])


def test_slots_as_the_axis() -> None:
    parts = [Part("A", Decimal(1), slots=5), Part("B", Decimal(9), slots=1)]
    points = solve(IndependentModel.of(parts, {"A": 0.3, "B": 0.2}), Axis.SLOTS).points
    assert [(point.slots, point.kit.codes) for point in points] == [
        (0, ()),
        (1, ("B",)),
        (5, ("A",)),
        (6, ("A", "B")),
    ]


def test_models_refuse_what_they_cannot_use() -> None:
    part = Part("A", Decimal(1))
    with pytest.raises(KitError, match="how often"):
        IndependentModel.of([part], {})
    with pytest.raises(KitError, match="listed twice"):
        IndependentModel.of([part, part], {"A": 0.1})
    with pytest.raises(KitError, match="add up"):
        IndependentModel.of([part], {"A": 1.2})


def test_no_parts_at_all() -> None:
    model = IndependentModel.of([], {})
    assert model.rate(()) == 1
    assert [point.rate for point in solve(model).points] == [1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_an_envelope_is_concave_and_covers(levels: list[float]) -> None:
    levels = sorted(levels)
    corner = envelope(levels)
    slopes = [(levels[b] - levels[a]) / (b - a) for a, b in zip(corner, corner[1:], strict=False)]
    assert slopes == sorted(slopes, reverse=True)
    for units, value in enumerate(levels):
        inside = [(a, b) for a, b in zip(corner, corner[1:], strict=False) if a <= units <= b]
        for a, b in inside:
            line = levels[a] + (levels[b] - levels[a]) * (units - a) / (b - a)
            assert value <= line + 1e-9


def test_hull_bounds_turn_cost_into_value_and_back() -> None:
    hull = hull_of([[0.0, 3.0], [0.0, 2.0]], [1, 2])
    assert [hull.bound(b) for b in (-1, 0, 0.5, 1, 2, 9)] == [float("-inf"), 0, 1.5, 3, 4, 5]
    assert [hull.cost_bound(v) for v in (0, 1.5, 3, 4, 5)] == [0, 0.5, 1, 2, 3]
    assert hull.cost_bound(5.1) == float("inf")


def test_core_search_answers_both_ways() -> None:
    """B(.20, 1) F(.08, .5) D(.12, 2) A(.10, 4) C(.05, 3) E(.03, 5) in halves; 85 % is the split of BDF and A."""
    chances, costs = [0.2, 0.08, 0.12, 0.1, 0.05, 0.03], [2, 1, 4, 8, 6, 10]
    values = [[log(1 - p), 0.0] for p in chances]
    hull = hull_of(values, costs)
    core = core_of(values, costs, hull, 3)
    need = log(0.85) - hull.values[3]
    found = core_search(values, costs, core, need=need, first=(8, log(0.9215 / 0.82935), (None, 3, 1)))
    assert hull.costs[3] + found.cost == 13 and found.stock == (1, 1, 1, 0, 1, 0) and found.slack == 0
    found = core_search(values, costs, core, room=14 - hull.costs[3])
    assert found.stock == (1, 1, 1, 0, 1, 0)
    short = core_search(values, costs, core, room=14 - hull.costs[3], cap=0)
    assert short.slack > 0, "a search that was cut short must say what it may have missed"


def test_listing_stops_at_its_work() -> None:
    values = [[0.0, 1.0 + i / 7] for i in range(12)]
    costs = [2**i for i in range(12)]
    assert pareto(values, costs, 100) is None
    states = pareto(values, costs, 100_000)
    assert states is not None
    assert unfold(states[-1][2], [0] * 12) == (1,) * 12
