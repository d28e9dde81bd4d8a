"""Values refuse nonsense and cannot be changed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.kit import Axis, Job, Kit, KitError, Part
from mps_module.engine.kit.shelf import Shelf

D = Decimal


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"code": ""}, "needs a code"),
        ({"holding_cost": 1.5}, "must be a Decimal, not float"),
        ({"holding_cost": D(-1)}, "must be 0 or more"),
        ({"holding_cost": D("NaN")}, "must be 0 or more"),
        ({"slots": -1}, "slots -1"),
        ({"max_units": -1}, "max_units -1"),
    ],
)
def test_parts_are_checked(values: dict, what: str) -> None:
    with pytest.raises(KitError, match=what):
        Part(**{"code": "A", "holding_cost": D(1), **values})


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"needs": (("A", 1), ("A", 2))}, "named twice"),
        ({"needs": (("A", 0),)}, "1 or more"),
        ({"weight": 1}, "weight must be"),
        ({"weight": D(-1)}, "weight must be"),
    ],
)
def test_jobs_are_checked(values: dict, what: str) -> None:
    with pytest.raises(KitError, match=what):
        Job("J", **values)


def test_jobs_from_dicts_and_lists() -> None:
    assert Job.of("1", {"B": 2, "A": 1}).needs == (("A", 1), ("B", 2))
    assert Job.of("1", ["B", "A", "B"]).needs == (("A", 1), ("B", 2))
    assert Job.of("1").needs == ()


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.integers(0, 5)))
def test_kits_hold_what_is_there(units: dict[str, int]) -> None:
    kit = Kit.of(units)
    assert kit.as_dict() == {code: qty for code, qty in units.items() if qty}
    assert kit.codes == tuple(sorted(kit.as_dict()))
    assert all(kit.qty(code) == units.get(code, 0) for code in "ABCDEFG")
    assert Kit.of(kit.as_dict()) == kit and hash(Kit.of(kit.as_dict())) == hash(kit)


def test_a_kit_holds_no_less_than_nothing() -> None:
    with pytest.raises(KitError, match="fewer than 0"):
        Kit.of({"A": -1})


def test_values_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Part("A", D(1)).code = "B"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Kit().units = ()  # type: ignore[misc]


@given(st.lists(st.decimals(0, 100, places=3), min_size=1, max_size=6))
def test_money_is_counted_exactly(costs: list[Decimal]) -> None:
    parts = [Part(f"P{i}", cost) for i, cost in enumerate(costs)]
    shelf = Shelf.of(parts, {part.code: 3 for part in parts})
    stock = tuple(1 + i % 3 for i in range(len(parts)))
    total = sum((cost * units for cost, units in zip(costs, stock, strict=True)), D(0))
    assert shelf.as_money(shelf.cost_of(stock)) == total
    assert shelf.as_units(Axis.MONEY, total) == shelf.cost_of(stock)
    assert shelf.holding(shelf.kit(stock)) == (total, sum(stock))
    assert shelf.stock(shelf.kit(stock)) == stock


def test_a_budget_is_rounded_down() -> None:
    shelf = Shelf.of([Part("A", D("0.3"))], {"A": 1})
    assert shelf.as_units(Axis.MONEY, D("0.29")) == 2
    assert shelf.as_units(Axis.SLOTS, D("1.9")) == 1


def test_more_than_is_of_use_does_not_count() -> None:
    shelf = Shelf.of([Part("A", D(1), max_units=2), Part("B", D(1))], {"A": 5, "B": 1})
    assert shelf.limits == (2, 1)
    assert shelf.stock(Kit.of({"A": 9, "B": 9, "C": 9})) == (2, 1)
