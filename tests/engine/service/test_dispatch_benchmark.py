"""The benchmark's baseline and the engine agree on every pair, and the ranking keeps to its second."""

from __future__ import annotations

import time

import pytest

from benchmarks import dispatch as bench
from mps_module.engine.dispatch import Demand, rank_all


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


def test_fifty_technicians_and_three_hundred_calls_in_a_second(world):
    """CPU time, so that a busy machine does not fail it; the benchmark tells 5,000 past calls."""
    calls, team, history = world
    begin = time.process_time()
    ranked = rank_all(calls, team, Demand.of(history), bench.NOW, bench.TRAVEL)
    took = time.process_time() - begin
    assert len(ranked) == 300 and all(len(each) == 50 for each in ranked.values())
    assert took < 1.0, took
