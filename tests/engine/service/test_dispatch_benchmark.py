"""The benchmark's baseline and the engine agree on every pair, and the work of a ranking is that of its pairs."""

from __future__ import annotations

import pytest

from benchmarks import dispatch as bench
from mps_module.engine.dispatch import Demand, rank_all
from tests.work import counted


@pytest.fixture(scope="module")
def world():
    return bench.world(past=1_500, seed=7)


def test_ours_is_what_the_plain_way_finds(world):
    calls, team, history = world
    few, some = calls[:6], team[:10]
    ranked = rank_all(few, some, Demand.of(history), bench.NOW, bench.TRAVEL)
    plain = bench.per_pair(few, some, history)
    found = {
        (call, one.technician): (one.chance, one.arrive) for call, each in ranked.items() for one in each
    }
    assert len(found) == 60 and found.keys() == plain.keys()
    for pair, (chance, arrive) in plain.items():
        assert found[pair] == (pytest.approx(chance, abs=1e-12), arrive), pair


def test_the_work_of_a_ranking_grows_with_its_pairs_and_no_faster(world):
    """50 technicians and 300 calls; the benchmark tells how long that takes."""
    calls, team, history = world
    demand = Demand.of(history)
    ranked, work = counted(lambda: rank_all(calls, team, demand, bench.NOW, bench.TRAVEL))
    assert len(ranked) == 300 and all(len(each) == 50 for each in ranked.values())
    _, quarter = counted(lambda: rank_all(calls[:75], team, demand, bench.NOW, bench.TRAVEL))
    assert work < 4 * quarter
    assert work < 300 * len(ranked) * len(team), "a few hundred calls of a function for each pair"
