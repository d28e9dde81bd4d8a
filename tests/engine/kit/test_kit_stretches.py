"""Whole stretches of a frontier at once: every bound is true and every kit real, and no stretch misses the aim."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise, product
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.kit import HistoryModel, IndependentModel, estimate, solve
from mps_module.engine.kit.cover import Cover
from mps_module.engine.kit.fork import Fork
from mps_module.engine.kit.front import State, extended, insert, undominated, unfold
from mps_module.engine.kit.hull import core_of, hull_of, stretch
from mps_module.engine.kit.search import Cores, settle
from mps_module.engine.kit.tree import Ladder
from tests.engine.kit.test_kit_closure import best_within, covers, every


def test_a_front_keeps_only_kits_that_fill_more_than_every_cheaper_one() -> None:
    front: list[tuple[int, int]] = []
    assert [insert(front, *kit) for kit in ((5, 10), (3, 4), (5, 9), (4, 4), (5, 12), (2, 11), (9, 12))] == [
        True, True, False, False, True, True, False,
    ]  # fmt: skip
    assert front == [(2, 11), (5, 12)]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25))
def test_a_front_knows_the_best_within_every_budget(kits: list[tuple[int, int]]) -> None:
    front: list[tuple[int, int]] = []
    for kit in kits:
        insert(front, *kit)
    for budget in range(13):
        at = bisect_right(front, (budget, 99))
        known = front[at - 1][1] if at else -1
        assert known == max((weight for cost, weight in kits if cost <= budget), default=-1)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(front))


@given(covers(), st.integers(0, 200), st.integers(0, 4), st.floats(0, 20))
@settings(max_examples=200)
def test_cases_bound_every_budget_of_their_stretch(cover: Cover, place: int, splits: int, gap: float) -> None:
    ladder, kits = Ladder.of(cover, cover.chunks()), every(cover)
    if not ladder.steps:
        return
    chunk = place % len(ladder.steps)
    budgets = range(ladder.costs[chunk], ladder.costs[chunk + 1])
    if not budgets:
        return
    front = [(0, 0)]
    fork = Fork(cover, ladder, front, [*budgets][-3:])
    fork.start(gap)
    for number in range(splits):
        if not fork.cases or not fork.split(number % len(fork.ends)):
            break
    fork.renew([*budgets])
    for budget in budgets:
        assert fork.bound(budget) >= best_within(kits, budget) - 1e-6
    for cost, weight, items in fork.kits:
        assert (cover.cost(items), cover.settled(items)) == (cost, items)
        assert cover.value(items) >= weight
        assert weight <= best_within(kits, cost)


@given(covers(), st.integers(0, 40), st.integers(0, 5))
@settings(max_examples=200)
def test_a_search_with_slack_ends_within_it(cover: Cover, budget: int, slack: int) -> None:
    ladder = Ladder.of(cover, cover.chunks())
    best = best_within(every(cover), budget)
    found = settle(Cores(cover, ladder), budget, (0, 0, frozenset()), slack=slack)
    assert best - slack <= found.best[1] <= best <= found.bound <= found.best[1] + slack


@given(covers(), st.lists(st.integers(0, 40), min_size=2, max_size=5))
@settings(max_examples=100)
def test_what_is_left_around_a_chunk_serves_the_next_budgets_too(cover: Cover, budgets: list[int]) -> None:
    cores = Cores(cover, Ladder.of(cover, cover.chunks()))
    kits = every(cover)
    for budget in budgets:
        found = settle(cores, budget, (0, 0, frozenset()))
        assert (found.best[1], found.bound) == (best_within(kits, budget),) * 2


SUMS = st.tuples(st.integers(-9, 9), st.integers(-9, 9))


@given(st.lists(SUMS, min_size=1, max_size=30), st.lists(SUMS, max_size=3))
@settings(max_examples=300)
def test_a_front_grows_by_the_changed_kits_that_no_other_matches(
    kits: list[tuple[int, int]], changes: list[tuple[int, int]]
) -> None:
    front: list[State] = undominated([(cost, float(value), None) for cost, value in kits])
    every = kits + [(cost + more, value + gain) for cost, value in kits for more, gain in changes]
    best = {cost: max(v for c, v in every if c <= cost) for cost, _ in every}
    wanted = [(c, v) for c, v in sorted(best.items()) if all(v > best[d] for d in best if d < c)]
    found = extended(front, 0, [(units, more, gain) for units, (more, gain) in enumerate(changes, 1)])
    assert [(cost, value) for cost, value, _ in found] == wanted
    for cost, value, node in found:
        more, gain = changes[node[2] - 1] if node else (0, 0)
        assert (cost - more, value - gain, None) in front


LEVELS = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(
    lambda gains: [sum(gains[:units]) / 10 for units in range(len(gains) + 1)]
)


@given(
    st.lists(st.tuples(LEVELS, st.integers(1, 9)), min_size=1, max_size=5),
    st.integers(0, 50),
    st.floats(0.01, 6),
    st.sampled_from([1, 3, 1000]),
)
@settings(max_examples=200)
def test_one_pass_finds_the_kits_of_a_whole_step(
    parts: list[tuple[list[float], int]], place: int, limit: float, cap: int
) -> None:
    values: Sequence[Sequence[float]] = [levels for levels, _ in parts]
    costs = [cost for _, cost in parts]
    hull = hull_of(values, costs)
    if not hull.steps:
        return
    count = place % len(hull.steps)
    core = core_of(values, costs, hull, count)
    states, reached, _spent = stretch(values, costs, core, limit, cap)
    kits = []
    for units in product(*(range(len(levels)) for levels in values)):
        cost = sum(map(int.__mul__, units, costs))
        kits.append((cost, sum(levels[n] for levels, n in zip(values, units, strict=True))))
    base, value = hull.costs[count], hull.values[count]
    for budget in range(base, hull.costs[count + 1]):
        best = max(v for c, v in kits if c <= budget)
        listed = max((value + v for c, v, _ in states if base + c <= budget), default=float("-inf"))
        assert listed <= best + 1e-9
        assert best <= max(listed, hull.bound(budget) - reached) + 1e-9
    for cost, gain, node in states:
        units = unfold(node, core.stock)
        assert sum(map(int.__mul__, units, costs)) == base + cost
        assert isclose(
            sum(levels[n] for levels, n in zip(values, units, strict=True)), value + gain, abs_tol=1e-9
        )


@pytest.mark.parametrize("seed", [1, 2, 5])
@pytest.mark.parametrize("kind", ["history", "independent"])
def test_no_stretch_of_a_frontier_misses_more_than_a_fifth_of_a_percent(kind: str, seed: int) -> None:
    from benchmarks.kit import dealer

    parts, jobs = dealer(160, 1600, seed)
    needs = {need.part: need.pmf for need in estimate(parts, jobs)}
    solved = solve(HistoryModel.of(parts, jobs) if kind == "history" else IndependentModel.of(parts, needs))
    assert len(solved.points) > 100
    assert max(point.gap / point.rate for point in solved.points) <= Decimal("0.002")
    for share in (0.02, 0.07, 0.2, 0.5):  # a question is answered to the end, and lies within the drawn bound
        budget = int(solved.kits[-1].cost * share)
        drawn, asked = solved.at(budget), solved.ruling(budget)
        assert drawn and asked and asked.proven
        assert drawn.best.rate - 1e-12 <= asked.best.rate <= drawn.bound + 1e-12
