"""The exact hull: against the hull of all kits, and nested."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.kit.closure import Chunk, chunks
from mps_module.engine.kit.cover import Cover, downward, upward
from mps_module.engine.kit.search import Case, Cores, settle
from mps_module.engine.kit.tree import Ladder

Needs = dict[tuple[int, ...], int]


@st.composite
def covers(draw: st.DrawFn, free: bool = False) -> Cover:
    count = draw(st.integers(1, 7))
    low = 0 if free else 1
    costs = [draw(st.integers(low, 9)) for _ in range(count)]
    before = [-1] * count
    for item in range(1, count):  # some items are second units of the part before
        if draw(st.integers(0, 3)) == 0:
            before[item], costs[item] = item - 1, costs[item - 1]
    needs: Needs = {}
    for _ in range(draw(st.integers(1, 9))):
        wanted = set(draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3)))
        for item in sorted(wanted, reverse=True):
            while before[item] >= 0:
                item = before[item]
                wanted.add(item)
        needs[tuple(sorted(wanted))] = draw(st.integers(1, 5))
    return Cover.of(costs, before, needs)


def every(cover: Cover) -> list[tuple[int, int]]:
    items = range(len(cover.costs))
    return [
        (cover.cost(set(kit)), cover.value(set(kit)))
        for size in range(len(items) + 1)
        for kit in combinations(items, size)
    ]


def best_within(kits: list[tuple[int, int]], budget: int) -> int:
    return max(value for cost, value in kits if cost <= budget)


@given(covers())
@settings(max_examples=300)
def test_chunks_are_the_hull_of_all_kits(cover: Cover) -> None:
    kits = every(cover)
    found = cover.chunks()
    cost = value = 0
    aboard: set[int] = set()
    rates = []
    for chunk in found:
        cost, value = cost + chunk.cost, value + chunk.value
        aboard |= set(chunk.items)
        rates.append(Fraction(chunk.value, chunk.cost))
        assert (cover.cost(aboard), cover.value(aboard)) == (cost, value)
        assert cover.settled(aboard) == aboard, "a second unit without the first"
        assert value == best_within(kits, cost)
        # at this price nothing is worth more than the hull's kit
        assert max(v - rates[-1] * c for c, v in kits) == value - rates[-1] * cost
    assert rates == sorted(rates, reverse=True)
    assert value == max(v for _, v in kits)


@given(covers(free=True))
@settings(max_examples=100)
def test_free_items_come_first(cover: Cover) -> None:
    found = cover.chunks()
    assert [chunk.cost > 0 for chunk in found] == sorted(chunk.cost > 0 for chunk in found)
    assert sum(chunk.value for chunk in found) == sum(cover.weights)


@given(covers(), st.integers(0, 40))
@settings(max_examples=300)
def test_search_finds_the_best_kit_and_proves_it(cover: Cover, budget: int) -> None:
    ladder = Ladder.of(cover, cover.chunks())
    best = best_within(every(cover), budget)
    found = settle(Cores(cover, ladder), budget, (0, 0, frozenset()))
    assert found.best[1] == best and found.proven
    assert found.best[0] <= budget
    assert cover.value(found.best[2]) == found.best[1] and cover.cost(found.best[2]) == found.best[0]
    assert ladder.bound(budget) >= best


@given(covers(), st.integers(0, 40), st.integers(0, 6))
@settings(max_examples=200)
def test_a_search_that_is_cut_short_keeps_a_true_bound(cover: Cover, budget: int, nodes: int) -> None:
    best = best_within(every(cover), budget)
    cores = Cores(cover, Ladder.of(cover, cover.chunks()))
    found = settle(cores, budget, (0, 0, frozenset()), nodes)
    assert found.best[1] <= best <= found.bound


@given(covers(free=True))
@settings(max_examples=150)
def test_paths_up_and_down_say_what_they_win_and_lose(cover: Cover) -> None:
    aboard: set[int] = set()
    value = 0
    for items, won in upward(cover):
        aboard |= set(items)
        value += won
        assert cover.value(aboard) == value
        assert cover.settled(aboard) == aboard
    assert value == sum(cover.weights)
    left = set(aboard)
    for item, lost in downward(cover, frozenset(aboard)):
        left.discard(item)
        value -= lost
        assert cover.value(left) == value
        assert cover.settled(left) == left, "a first unit was dropped before the second"
    assert value == 0 and not left


def test_a_hand_made_hull() -> None:
    """Items 0 and 1 together fill 6 for 6; item 2 fills 3 for 4; item 3 only helps with 2: 1 for 5."""
    found = chunks([3, 3, 4, 5], [-1] * 4, {2: 3}, [(6, (0, 1)), (1, (2, 3))])
    assert found == [Chunk((0, 1), 6, 6), Chunk((2,), 3, 4), Chunk((3,), 1, 5)]


def test_jobs_across_two_chunks_count_with_the_outer_one() -> None:
    found = chunks([1, 10], [-1, -1], {0: 5, 1: 1}, [(9, (0, 1))])
    assert found == [Chunk((0,), 5, 1), Chunk((1,), 10, 10)]


def test_items_that_no_job_needs_are_left_out() -> None:
    assert chunks([1, 1, 1], [-1] * 3, {1: 2}, []) == [Chunk((1,), 2, 1)]
    assert chunks([], [], {}, []) == []


def test_the_ladder_between_and_beyond_its_rungs() -> None:
    cover = Cover.of([3, 4], [-1, -1], {(0,): 6, (1,): 3, (0, 1): 1})
    ladder = Ladder.of(cover, cover.chunks())
    assert ladder.steps == (Chunk((0,), 6, 3), Chunk((1,), 4, 4))
    assert ladder.rates == (2, 1) and ladder.book == (0, 1, 1)
    assert [ladder.bound(b) for b in (-1, 0, 1.5, 3, 5, 7, 99)] == [0, 0, 3, 6, 8, 10, 10]
    assert [ladder.price(b) for b in (0, 2, 3, 7)] == [2, 2, 1, 0]


@pytest.mark.parametrize("size", [30, 60])
def test_a_long_chain_of_jobs_is_solved(size: int) -> None:
    """Each job needs two neighbours: one component, many nested splits."""
    groups = [(1 + (i * 7) % 11, (i, i + 1)) for i in range(size - 1)]
    costs = [1 + (i * 5) % 7 for i in range(size)]
    found = chunks(costs, [-1] * size, {}, groups)
    assert sum(chunk.value for chunk in found) == sum(weight for weight, _ in groups)
    rates = [Fraction(chunk.value, chunk.cost) for chunk in found]
    assert rates == sorted(rates, reverse=True)


def test_a_thousand_open_decisions_do_not_exhaust_the_stack() -> None:
    """Every item alike and nothing to tell them apart: the search must give up in order, with a true bound."""
    needs = {(i, (i + 1) % 1500): 3 for i in range(1500)}
    cover = Cover.of([4] * 1500, [-1] * 1500, {tuple(sorted(pair)): weight for pair, weight in needs.items()})
    found = settle(Cores(cover, Ladder.of(cover, cover.chunks())), 2001, (0, 0, frozenset()), 30_000)
    assert found.best[1] <= found.bound
    assert cover.value(found.best[2]) == found.best[1] and cover.cost(found.best[2]) <= 2001
    # a run of 500 items, 2,000 of cost, fills 499 jobs of weight 3; no 500 items can fill more
    assert found.bound >= 499 * 3


@given(covers(), st.sets(st.integers(0, 6), max_size=3), st.sets(st.integers(0, 6), max_size=3))
@settings(max_examples=500)
def test_what_a_case_keeps_of_the_hull_before_is_what_a_new_one_would_be(
    cover: Cover, take: set[int], bar: set[int]
) -> None:
    items = set(range(len(cover.costs)))
    case = Case.whole(cover, Ladder.of(cover, cover.chunks()), sum(cover.costs))
    for wanted, unwanted in ((take & items, set()), (set(), bar & items), (take & items, bar & items)):
        decided = case.decided(wanted, frozenset(unwanted))
        if decided is not None:
            assert list(decided.ladder.steps) == decided.cover.chunks()
