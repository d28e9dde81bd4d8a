"""Rows that an ERP can multiply again and come to the same cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import LineKind
from mps_module.engine.periods import Period
from mps_module.engine.result import ChargeKind
from mps_module.engine.rows import row, settle, short, total
from tests.engine.billing.build import NEW_YEAR, line

D = Decimal
DAYS = Period(NEW_YEAR, NEW_YEAR)
AGREED = line(LineKind.FLAT, "1", "base", item="MPS-BASE", description="Managed print base")


def made(quantity: str, rate: str, exact: str | None = None, decimals: int = 2):
    return row(
        AGREED,
        ChargeKind.BASE,
        DAYS,
        decimals,
        D(quantity),
        D(rate),
        exact=None if exact is None else D(exact),
    )


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1", True),
        ("0.000001", True),
        ("0.0000001", False),
        ("1.5000000000", True),
        ("1E+3", True),
        ("0", True),
    ],
)
def test_six_decimals_are_short(number, expected):
    assert short(D(number)) is expected


def test_a_row_shows_quantity_and_rate_where_their_product_is_the_amount():
    got = made("12345", "0.0085")
    assert (got.quantity, got.rate, got.amount) == (D("12345"), D("0.0085"), D("104.93"))


def test_a_third_of_a_month_stands_as_one_times_its_amount():
    got = made(str(D(1) / D(3)), "100", exact="33.333333333333")
    assert (got.quantity, got.rate, got.amount) == (D(1), D("33.33"), D("33.33"))


def test_a_charge_that_is_not_the_product_is_not_shown_as_one():
    got = made("10", "1.00", exact="9.50")
    assert (got.quantity, got.rate, got.amount) == (D(1), D("9.50"), D("9.50"))


def test_half_a_cent_goes_away_from_zero_on_both_sides():
    assert made("1", "0.005").amount == D("0.01")
    assert made("1", "-0.005").amount == D("-0.01")


def test_yen_have_no_decimals_and_dinars_three():
    assert made("3", "33.5", decimals=0).amount == D("101")
    assert made("3", "0.0005", decimals=3).amount == D("0.002")


def test_what_the_invoice_needs_comes_from_the_line():
    got = made("1", "5")
    assert (got.line_id, got.item, got.description, got.period) == (
        "base",
        "MPS-BASE",
        "Managed print base",
        DAYS,
    )


def test_settling_gives_the_last_row_the_cent_that_rounding_row_by_row_lost():
    rows = [made("1", "0.004"), made("1", "0.004"), made("1", "0.004")]
    assert total(rows) == 0
    settled = settle(rows, D("0.012"), 2)
    assert [r.amount for r in settled] == [D("0.00"), D("0.00"), D("0.01")]
    assert (settled[-1].quantity, settled[-1].rate) == (D(1), D("0.01"))


def test_settling_leaves_rows_alone_that_add_up():
    rows = [made("2", "1.25"), made("1", "0.50")]
    assert settle(rows, D("3.00"), 2) is rows


def test_nothing_to_settle_without_rows():
    assert settle([], D("5.00"), 2) == []


numbers = st.decimals(-100_000, 100_000, places=4)


@given(st.lists(st.tuples(numbers, st.decimals(0, 10, places=6)), min_size=1, max_size=8))
def test_settled_rows_add_up_and_each_multiplies_to_its_amount(pairs):
    rows = [made(str(q), str(r)) for q, r in pairs]
    exact = sum((q * r for q, r in pairs), D(0))
    settled = settle(rows, exact, 2)
    assert total(settled) == exact.quantize(D("0.01"), ROUND_HALF_UP)
    for one in settled:
        assert (one.quantity * one.rate).quantize(D("0.01"), ROUND_HALF_UP) == one.amount
