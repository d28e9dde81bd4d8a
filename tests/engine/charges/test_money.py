"""Money: what may become a number, how it is rounded, and that a split loses no cent."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mps_module.engine.money import D, largest_remainder, round_money, round_rate, total_of


@pytest.mark.parametrize(
    ("given_value", "number"),
    [
        ("0.0085", "0.0085"),
        (" 350.00 ", "350.00"),
        (20_000, "20000"),
        ("-3", "-3"),
        (Decimal("1.10"), "1.10"),
    ],
)
def test_exact_numbers_come_through_unchanged(given_value: object, number: str) -> None:
    assert str(D(given_value)) == number


@pytest.mark.parametrize("value", [0.1, True, None, [1]])
def test_a_float_or_another_type_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="give a Decimal, an int or a text"):
        D(value)


@pytest.mark.parametrize(
    "value",
    ["0,0085", "1,000.00", "1_000", "", "  ", "nan", "Infinity", "abc", "٣", Decimal("NaN"), "1e300", 10**15],
)
def test_a_text_that_is_no_plain_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        D(value)


def test_a_decimal_comma_is_named_as_the_reason() -> None:
    with pytest.raises(ValueError, match="decimal point"):
        D("0,0085")


@pytest.mark.parametrize(
    ("amount", "decimals", "money"),
    [
        ("2.345", 2, "2.35"),
        ("-2.345", 2, "-2.35"),
        ("48.875", 2, "48.88"),
        ("79.475", 2, "79.48"),
        ("2.344999", 2, "2.34"),
        ("-0.001", 2, "0.00"),
        ("1234.5", 0, "1235"),
        ("0.0005", 3, "0.001"),
    ],
)
def test_money_is_rounded_half_up_and_never_minus_zero(amount: str, decimals: int, money: str) -> None:
    assert str(round_money(Decimal(amount), decimals)) == money


def test_a_rate_keeps_its_decimals_up_to_six() -> None:
    assert str(round_rate(Decimal("0.0085"))) == "0.0085"
    assert str(round_rate(Decimal("0.0089250"))) == "0.008925"
    assert str(round_rate(Decimal("0.00937125"))) == "0.009371"


def test_the_total_of_nothing_is_a_decimal_zero() -> None:
    assert total_of([]) == Decimal(0)
    assert isinstance(total_of([]), Decimal)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        ("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("-100.00", [1, 1, 1], ["-33.34", "-33.33", "-33.33"]),
        ("0.05", [3, 0, 1], ["0.04", "0.00", "0.01"]),
        ("10.00", [0, 0], ["5.00", "5.00"]),
        ("0.01", [0, 0, 7], ["0.00", "0.00", "0.01"]),
        ("1.00", [3, -1], ["1.50", "-0.50"]),
        ("1.00", [-3, 1], ["1.50", "-0.50"]),
        ("0.00", [5, 6], ["0.00", "0.00"]),
    ],
)
def test_split_by_largest_remainder(total: str, weights: list[int], parts: list[str]) -> None:
    assert [str(part) for part in largest_remainder(Decimal(total), weights)] == parts


def test_a_split_needs_weights_that_do_not_cancel_and_a_total_on_the_grid() -> None:
    with pytest.raises(ValueError, match="nothing to split"):
        largest_remainder(Decimal(1), [])
    with pytest.raises(ValueError, match="cancel out"):
        largest_remainder(Decimal(1), [1, -1])
    with pytest.raises(ValueError, match="more than 2 decimals"):
        largest_remainder(Decimal("0.005"), [1, 1])


money = st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents).scaleb(-2))
weight_lists = st.lists(
    st.one_of(
        st.integers(0, 10**7),
        st.decimals(0, 10**6, places=3),
        st.fractions(0, 1000, max_denominator=366),
    ),
    min_size=1,
    max_size=12,
)


@given(money, weight_lists)
def test_parts_add_up_and_none_is_a_cent_off_its_share(total: Decimal, weights: list) -> None:
    parts = largest_remainder(total, weights)
    assert sum(parts) == total
    whole = sum(map(Fraction, weights))
    for part, weight in zip(parts, weights, strict=True):
        share = Fraction(weight) / whole if whole else Fraction(1, len(weights))
        assert abs(Fraction(part) - Fraction(total) * share) < Fraction(1, 100)
        if whole and not weight:
            assert part == 0


@given(money, weight_lists)
def test_a_credit_is_the_mirror_image_of_the_charge(total: Decimal, weights: list) -> None:
    assert [-part for part in largest_remainder(total, weights)] == list(largest_remainder(-total, weights))


@given(money, st.lists(st.integers(-1000, 1000), min_size=1, max_size=8))
def test_weights_of_both_signs_add_up_too(total: Decimal, weights: list[int]) -> None:
    assume(sum(weights) != 0)
    assert sum(largest_remainder(total, weights)) == total


@given(money, st.lists(st.integers(0, 1000), min_size=2, max_size=8))
def test_a_larger_weight_never_gets_less(total: Decimal, weights: list[int]) -> None:
    assume(total >= 0)
    parts = largest_remainder(total, weights)
    ranked = sorted(zip(weights, parts, strict=True), key=lambda pair: pair[0])
    for (light, small), (heavy, large) in pairwise(ranked):
        if heavy > light:
            assert large >= small
