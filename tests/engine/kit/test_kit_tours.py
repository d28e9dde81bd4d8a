"""Several jobs between two restocks, against the sum over every sequence of needs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.kit import IndependentModel, KitError, Part, Take, solve
from mps_module.engine.kit.tours import MAX_WORD_JOBS, check_pmf, table, term_weights, useful_units
from tests.engine.kit.brute import every_kit, parts_of, tour_rate

chances = st.floats(0.01, 0.9)


@st.composite
def pmfs(draw: st.DrawFn) -> tuple[float, ...]:
    raw = draw(st.lists(st.floats(0.05, 1), min_size=2, max_size=3))
    return tuple(value / sum(raw) for value in raw)


@given(st.lists(pmfs(), min_size=1, max_size=2), st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_both_modes_equal_the_sum_over_all_sequences(
    needs: list[tuple[float, ...]], jobs: int, data: st.DataObject
) -> None:
    parts = parts_of([1] * len(needs))
    by_code = {part.code: pmf for part, pmf in zip(parts, needs, strict=True)}
    stock = tuple(data.draw(st.integers(0, useful_units(pmf, jobs))) for pmf in needs)
    for take in Take:
        model = IndependentModel.of(parts, by_code, jobs, take)
        assert model.rate(stock) == pytest.approx(tour_rate(needs, stock, jobs, take), abs=1e-12)


@given(st.lists(chances, min_size=2, max_size=4), st.integers(2, 5), st.data())
@settings(max_examples=60, deadline=None)
def test_partial_is_a_lower_bound_for_all_or_nothing(ps: list[float], jobs: int, data: st.DataObject) -> None:
    parts = parts_of([1] * len(ps))
    needs = {part.code: p for part, p in zip(parts, ps, strict=True)}
    stock = tuple(data.draw(st.integers(0, jobs)) for _ in ps)
    rates = {take: IndependentModel.of(parts, needs, jobs, take).rate(stock) for take in Take}
    assert rates[Take.PARTIAL] <= rates[Take.ALL_OR_NOTHING] + 1e-12


@given(chances, st.integers(2, 6), st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_with_one_part_both_modes_are_the_same(p: float, jobs: int, units: int) -> None:
    part = [Part("X", Decimal(1))]
    rates = [IndependentModel.of(part, {"X": p}, jobs, take).rate([min(units, jobs)]) for take in Take]
    assert rates[0] == pytest.approx(rates[1], abs=1e-12)


def test_a_tour_of_one_job_is_the_plain_product() -> None:
    parts = parts_of([1, 1, 1])
    needs = {"P000": 0.3, "P001": 0.2, "P002": (0.5, 0.3, 0.2)}
    for take in Take:
        assert IndependentModel.of(parts, needs, 1, take).rate((0, 1, 1)) == pytest.approx(0.7 * 1 * 0.8)


def test_a_trunk_that_never_runs_out_fills_every_job() -> None:
    parts = parts_of([1, 1])
    for take in Take:
        model = IndependentModel.of(parts, {"P000": 0.9, "P001": (0.1, 0.4, 0.5)}, 5, take)
        assert model.shelf.limits == (5, 10)
        assert model.rate((5, 10)) == pytest.approx(1.0, abs=1e-12)
        assert model.rate((4, 10)) < 1


@given(st.lists(chances, min_size=1, max_size=3), st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_in_partial_tours_one_more_unit_never_costs_a_job(ps: list[float], jobs: int) -> None:
    parts = parts_of([1] * len(ps))
    model = IndependentModel.of(parts, {p.code: c for p, c in zip(parts, ps, strict=True)}, jobs)
    for stock in every_kit([jobs - 1] * len(ps)):
        for number in range(len(ps)):
            assert model.shift(stock, number, 1) >= -1e-12


def test_a_part_that_every_job_needs_breaks_all_jobs_while_it_is_missing() -> None:
    model = IndependentModel.of(parts_of([1, 1]), {"P000": 1.0, "P001": 0.5}, 3)
    assert model.rate((0, 3)) == 0
    assert model.rate((1, 3)) == pytest.approx(1 / 3)
    assert solve(model).points[0].rate == 0


@pytest.mark.parametrize("bad", [(), (0.5, 0.6), (1.2, -0.2), (0.4, 0.4)])
def test_chances_must_add_up(bad: tuple[float, ...]) -> None:
    with pytest.raises(KitError, match="X: the chances"):
        check_pmf("X", bad)


def test_chances_end_at_the_last_that_can_happen() -> None:
    assert check_pmf("X", (0.5, 0.5, 0.0)) == (0.5, 0.5)
    assert check_pmf("X", (1.0, 0.0)) == (1.0,)


def test_tours_that_cannot_be_worked_out_say_what_to_do_instead() -> None:
    with pytest.raises(KitError, match="one job at least"):
        term_weights(0, Take.PARTIAL)
    with pytest.raises(KitError, match="use partial"):
        term_weights(MAX_WORD_JOBS + 1, Take.ALL_OR_NOTHING)
    many = parts_of([1] * 300)
    with pytest.raises(KitError, match="too many parts"):
        IndependentModel.of(many, {part.code: 0.1 for part in many}, 12, Take.ALL_OR_NOTHING)


def test_long_partial_tours_have_no_such_limit() -> None:
    model = IndependentModel.of(parts_of([1, 1]), {"P000": 0.1, "P001": 0.05}, 60)
    assert 0.99 < model.rate((10, 8)) < 1


def test_weights_of_the_words_add_up_to_the_whole() -> None:
    """With every part always there each word is worth 1: the signed weights must give a rate of 1."""
    for jobs in range(1, 9):
        assert sum(term_weights(jobs, Take.ALL_OR_NOTHING)) == pytest.approx(1.0, abs=1e-9)
        assert len(term_weights(jobs, Take.ALL_OR_NOTHING)) == 2**jobs - 1


def test_factors_of_a_partial_tour_fall_from_job_to_job() -> None:
    rows = table((0.7, 0.3), 3, 5, Take.PARTIAL)
    for row in rows:
        assert list(row) == sorted(row, reverse=True)
    # one unit: job 2 lacks it when it needs it and job 1 did too
    assert rows[1][:2] == pytest.approx((1.0, 1 - 0.3 * 0.3))
