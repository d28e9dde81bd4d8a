"""The chance that no part is missing: shares of past calls, drawn towards wider kinds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.dispatch import Demand, PartShare, PastCall
from mps_module.engine.dispatch.history import kinds_of
from mps_module.engine.kit import Job
from tests.engine.service.dispatch_build import call, demand, past

FUSER = {"FUSER": 1}
JAM = call(model="MX", brand="Sharp", problem="JAM")


def test_the_share_of_all_calls_where_nothing_else_is_known():
    known = demand(past(FUSER, 3), past({}, 7))
    stranger = call(model="", brand="")
    assert known.chance(stranger, {}) == pytest.approx(0.7)
    assert known.chance(stranger, FUSER) == 1


def test_parts_that_fail_together_are_counted_together():
    """4 of 10 calls need fuser and belt, 2 the belt alone: the fuser alone completes no more than an empty trunk."""
    known = demand(past({"FUSER": 1, "BELT": 1}, 4), past({"BELT": 1}, 2), past({}, 4))
    stranger = call()
    assert known.chance(stranger, {}) == pytest.approx(0.4)
    assert known.chance(stranger, FUSER) == pytest.approx(0.4)
    assert known.chance(stranger, {"BELT": 1}) == pytest.approx(0.6)
    assert known.chance(stranger, {"BELT": 1, "FUSER": 1}) == 1


def test_units_count():
    known = demand(past({"ROLLER": 2}, 1), past({"ROLLER": 1}, 1))
    assert known.chance(call(), {"ROLLER": 1}) == pytest.approx(0.5)
    assert known.chance(call(), {"ROLLER": 2}) == 1


def test_a_few_calls_of_the_model_lean_on_its_brand_and_that_on_all():
    """All: 20 calls, 5 filled -> .25. Brand: 10 calls, 5 filled -> (5 + 10 x .25) / 20 = .375.
    Model: 2 calls, both filled -> (2 + 10 x .375) / 12 = .479167."""
    known = demand(
        past({}, 2, model="MX"),
        past({}, 3, model="AR"),
        past(FUSER, 5, model="AR"),
        past(FUSER, 10, model="iR", brand="Canon"),
    )
    assert known.chance(call(model="MX", brand="Sharp"), {}) == pytest.approx(0.479167, abs=1e-6)
    assert known.chance(call(model="new one", brand="Sharp"), {}) == pytest.approx(0.375)
    assert known.chance(call(model="new one", brand="Ricoh"), {}) == pytest.approx(0.25)


def test_the_problem_narrows_the_model():
    """All of 20 calls: 10 filled -> .5; brand the same -> .5; model the same -> .5.
    Problem on the brand: 10 calls, 0 filled -> (0 + 5) / 20 = .25, drawn into the model -> (10 + 2.5) / 30 = .416667;
    problem on the model: (0 + 4.16667) / 20 = .208333."""
    known = demand(past(FUSER, 10, problem="JAM"), past({}, 10, problem="SCAN"))
    assert known.chance(JAM, {}) == pytest.approx(0.208333, abs=1e-6)
    assert known.chance(JAM, FUSER) > 0.99


def test_without_any_history_the_parts_say_nothing():
    empty = demand()
    assert empty.chance(JAM, {}) == 1
    assert empty.shares(JAM, {}) == ()
    assert empty.told_kind(JAM) == (("all", "", ""), 0.0)


def test_kinds_from_wide_to_narrow():
    assert kinds_of("MX", "Sharp", "JAM") == (
        ("all", "", ""),
        ("brand", "Sharp", ""),
        ("brand", "Sharp", "JAM"),
        ("model", "MX", ""),
        ("model", "MX", "JAM"),
    )
    assert kinds_of("", "", "JAM") == (("all", "", ""),)


def test_what_is_told_of_parts_is_of_the_narrowest_kind_with_three_calls():
    known = demand(past(FUSER, 2, problem="JAM"), past({"BELT": 2}, 3, problem="SCAN"), past({}, 1))
    assert known.told_kind(JAM) == (("model", "MX", ""), 6)
    assert known.shares(JAM, {"BELT": 1}) == (
        PartShare("BELT", 3, 6, 2, 1),
        PartShare("FUSER", 2, 6, 1, 0),
    )
    scan = call(model="MX", brand="Sharp", problem="SCAN")
    assert known.shares(scan, {}) == (PartShare("BELT", 3, 3, 2, 0),)
    assert len(known.shares(JAM, {}, most=1)) == 1


PARTS = st.sampled_from(["A", "B", "C", "D"])
KITS = st.dictionaries(PARTS, st.integers(0, 3), max_size=4)
HISTORY = st.lists(
    st.tuples(
        st.dictionaries(PARTS, st.integers(1, 3), max_size=3),
        st.sampled_from(["M1", "M2", ""]),
        st.sampled_from(["X", "Y", ""]),
        st.sampled_from(["JAM", ""]),
    ),
    max_size=25,
)
ASKED = st.builds(
    call,
    model=st.sampled_from(["M1", "M2", "M3", ""]),
    brand=st.sampled_from(["X", "Y", "Z", ""]),
    problem=st.sampled_from(["JAM", "SCAN", ""]),
)


def of(history, strength: float) -> Demand:
    calls = [
        PastCall(Job.of(str(number), needs, model=model), brand, problem)
        for number, (needs, model, brand, problem) in enumerate(history)
    ]
    return Demand.of(calls, strength)


@given(HISTORY, KITS, ASKED, st.floats(0, 100))
def test_a_chance_is_a_chance(history, kit, asked, strength):
    assert 0 <= of(history, strength).chance(asked, kit) <= 1


@given(HISTORY, KITS, ASKED, PARTS, st.integers(1, 3))
def test_one_more_part_aboard_never_lowers_the_chance(history, kit, asked, part, more):
    known = of(history, 10)
    better = {**kit, part: kit.get(part, 0) + more}
    assert known.chance(asked, better) >= known.chance(asked, kit) - 1e-12


@given(HISTORY, ASKED)
def test_a_full_trunk_completes_everything(history, asked):
    assert of(history, 10).chance(asked, dict.fromkeys("ABCD", 3)) == pytest.approx(1)
