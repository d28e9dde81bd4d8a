"""Section 5 of the domain, number by number."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mps_module.engine.kit import (
    IndependentModel,
    Kit,
    Part,
    Take,
    best_for_budget,
    best_under_penalty,
    cheapest_for,
    solve,
)

COSTS = {"B": "1", "F": "0.5", "D": "2", "A": "4", "C": "3", "E": "5"}
CHANCES = {"B": 0.20, "F": 0.08, "D": 0.12, "A": 0.10, "C": 0.05, "E": 0.03}


@pytest.fixture(scope="module")
def model() -> IndependentModel:
    return IndependentModel.of([Part(code, Decimal(cost)) for code, cost in COSTS.items()], CHANCES)


def rate(model: IndependentModel, codes: str) -> float:
    return model.rate(model.shelf.stock(Kit.of(dict.fromkeys(codes, 1))))


@pytest.mark.parametrize(
    ("aboard", "expected"),
    [("", 0.537153), ("B", 0.671442), ("BF", 0.729828), ("BDF", 0.82935), ("ABDF", 0.9215), ("ABCDF", 0.97),
     ("ABCDEF", 1.0)],
)  # fmt: skip
def test_job_fill_rate(model: IndependentModel, aboard: str, expected: float) -> None:
    assert rate(model, aboard) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("target", "aboard", "cost"),
    [("0.70", "BF", "1.5"), ("0.80", "BDF", "3.5"), ("0.85", "BCDF", "6.5"), ("0.90", "ABDF", "7.5"),
     ("0.95", "ABCDF", "10.5"), ("1", "ABCDEF", "15.5"), ("0", "", "0")],
)  # fmt: skip
def test_cheapest_kit_for_a_target(model: IndependentModel, target: str, aboard: str, cost: str) -> None:
    answer = cheapest_for(solve(model), Decimal(target))
    assert "".join(answer.kit.codes) == aboard
    assert answer.value == answer.point.money == Decimal(cost)
    assert answer.proven and answer.bound == answer.value and answer.gap == 0


def test_adding_by_ratio_pays_a_unit_more_for_85_percent(model: IndependentModel) -> None:
    """The trap of the greedy kit: it buys A before C and pays 7.5 where 6.5 do."""
    aboard = ""
    while rate(model, aboard) < 0.85:
        left = [code for code in COSTS if code not in aboard]
        aboard += max(left, key=lambda c: (rate(model, aboard + c) - rate(model, aboard)) / float(COSTS[c]))
    assert sum(Decimal(COSTS[code]) for code in aboard) == Decimal("7.5")
    assert cheapest_for(solve(model), Decimal("0.85")).value == Decimal("6.5")


@pytest.mark.parametrize(
    ("penalty", "aboard", "money"),
    [("20", "BF", "6.9034"), ("50", "ABDF", "11.425"), ("100", "ABCDF", "13.5")],
)
def test_best_kit_under_a_penalty(model: IndependentModel, penalty: str, aboard: str, money: str) -> None:
    answer = best_under_penalty(solve(model), Decimal(penalty))
    assert "".join(answer.kit.codes) == aboard
    assert abs(answer.value - Decimal(money)) < Decimal("0.00005")
    assert answer.proven


@pytest.mark.parametrize(
    ("budget", "aboard"),
    [("0.49", ""), ("0.5", "F"), ("1.49", "B"), ("1.5", "BF"), ("3.5", "BDF"), ("7.49", "BCDF"), ("7.5", "ABDF"),
     ("15.49", "ABCDF"), ("99", "ABCDEF")],
)  # fmt: skip
def test_best_kit_for_a_budget(model: IndependentModel, budget: str, aboard: str) -> None:
    answer = best_for_budget(solve(model), Decimal(budget))
    assert "".join(answer.kit.codes) == aboard
    assert answer.proven


@pytest.mark.parametrize(
    ("stock", "all_or_nothing", "partial"),
    [((1, 1), 0.849183, 0.846038), ((2, 1), 0.927884, 0.926717), ((2, 2), 0.970362, 0.970241)],
)
def test_four_jobs_per_restock(stock: tuple[int, int], all_or_nothing: float, partial: float) -> None:
    parts = [Part("X", Decimal(1)), Part("Y", Decimal(1))]
    for take, expected in ((Take.ALL_OR_NOTHING, all_or_nothing), (Take.PARTIAL, partial)):
        model = IndependentModel.of(parts, {"X": 0.3, "Y": 0.2}, jobs=4, take=take)
        assert model.rate(stock) == pytest.approx(expected, abs=5e-7)


def test_line_fill_is_not_job_fill() -> None:
    """95 % on each of five parts is about 77 % of the jobs that need all five."""
    parts = [Part(f"P{i}", Decimal(1)) for i in range(5)]
    model = IndependentModel.of(parts, {part.code: 0.05 for part in parts})
    assert model.rate([0] * 5) == pytest.approx(0.7737809, abs=1e-7)
