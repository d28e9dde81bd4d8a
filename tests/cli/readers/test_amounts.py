"""Money and counters cell by cell: what is read, and what is refused with which reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.readers.issue import BadValue
from mps_module.readers.numbers import (
    COMMA,
    DOT,
    bare_amount,
    is_ambiguous,
    plain,
    proven_style,
    to_counter,
    to_decimal,
)


def code_of(call, *args) -> str:
    with pytest.raises(BadValue) as caught:
        call(*args)
    assert caught.value.message and caught.value.todo, "it says what is wrong and what to do"
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("12.50", ("12.50", False)), ("$12.50", ("12.50", False)), ("12,50 €", ("12,50", False)), ("£ 9", ("9", False)),
        ("US$ 12.50", ("12.50", False)), ("CHF 1'200.00", ("1'200.00", False)), ("1 200,00 zł", ("1 200,00", False)),
        ("300 kr", ("300", False)), ("300 kr.", ("300", False)), ("(12.50)", ("12.50", True)), ("-$.50", (".50", True)),
        ("$(12.50)", ("12.50", True)), ("($12.50)", ("12.50", True)), ("−3,00 €", ("3,00", True)), ("3,00- €", ("3,00", True)),
        ("3,00-", ("3,00", True)), ("7.00 CR", ("7.00", True)), ("7.00 DR", ("7.00", False)), ("7.00\u00a0€", ("7.00", False)),
        ("12.50 EUR", ("12.50", False)), ("EUR12.50", ("12.50", False)),
    ],
)  # fmt: skip
def test_currency_and_sign_come_off(text: str, bare: tuple[str, bool]) -> None:
    assert bare_amount(text) == bare


@pytest.mark.parametrize(
    "text", ["free", "", "12.50 per page", "N/A", "$", "H-1001", "12.50 DOLLARS", "2026-03-31"]
)
def test_what_is_no_amount_stays_no_number(text: str) -> None:
    assert code_of(to_decimal, bare_amount(text)[0]) == "not-a-number"


@given(
    st.decimals(0, 10**9, places=2), st.sampled_from(["{}", "${}", "{} €", "USD {}", "{} EUR"]), st.booleans()
)
def test_every_amount_comes_back(value: Decimal, form: str, negative: bool) -> None:
    text = form.format(f"{value:f}")
    bare, minus = bare_amount(f"({text})" if negative else text)
    assert (to_decimal(bare, DOT), minus) == (value, negative)


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        (["1,234", "$1,000.50"], DOT), (["1.234", "1.000,50 €"], COMMA), (["1,234", "0.5"], DOT), (["1.234", "1.234.567"], COMMA),
        (["1,234"], None), (["0.5", "0,5"], None), (["12", "H-1001", ""], None), ([], None), (["x" * 5000, "0,5"], COMMA),
    ],
)  # fmt: skip
def test_what_the_amounts_of_a_file_prove(texts: list[str], style: object) -> None:
    assert proven_style(texts) == style


@pytest.mark.parametrize("text", ["1400%", "5 %", "%"])
def test_a_share_is_no_counter(text: str) -> None:
    assert code_of(to_counter, text) == "not-a-number"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (0, 0), ("0", 0), ("007", 7), (1234.0, 1234), ("1234.00", 1234), ("9999999999", 9_999_999_999), ("+12", 12),
        (2_147_483_646, 2_147_483_646), ("4294967292", 4_294_967_292), ("1 234 567", 1_234_567), ("1’234’567", 1_234_567),
    ],
)  # fmt: skip
def test_counters_at_the_edges(cell: object, value: int) -> None:
    assert to_counter(cell) == value


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (-1, "counter-negative"), ("-1", "counter-negative"), (0.5, "counter-fraction"), ("12.5", "counter-fraction"),
        (10**10, "counter-absurd"), ("10000000000", "counter-absurd"), (1e20, "counter-absurd"), ("9" * 60, "counter-absurd"),
        ("9" * 65, "not-a-number"), (4294967295, "counter-unknown"), ("2147483647", "counter-unknown"),
        ("4.294.967.295", "counter-unknown"), (True, "not-a-number"), (None, "not-a-number"), ("1.23E+05", "number-scientific"),
        ("١٢٣", "not-a-number"), ("1 2345", "not-a-number"), ("12 34", "not-a-number"), ("1,23,456", "not-a-number"),
        ("#REF!", "not-a-number"), ("12-34", "not-a-number"), ("", "not-a-number"),
    ],
)  # fmt: skip
def test_no_counters(cell: object, code: str) -> None:
    assert code_of(to_counter, cell) == code


@pytest.mark.parametrize(
    ("text", "style", "same"),
    [
        ("1.234", COMMA, "1234"), ("1.234", DOT, "1.234"), ("1,234", COMMA, "1.234"), ("1,234", DOT, "1234"),
        ("1.234.567,89", COMMA, "1234567.89"), ("1,234,567.89", DOT, "1234567.89"), (" 12 ", None, "12"), (".5", None, ".5"),
        ("1 234,5", None, "1234.5"), ("0,0085", None, "0.0085"), ("-1.234,5", COMMA, "-1234.5"), ("0.125", None, "0.125"),
    ],
)  # fmt: skip
def test_marks_are_taken_by_style(text: str, style: object, same: str) -> None:
    assert plain(text, style) == same


@pytest.mark.parametrize(
    ("text", "style", "code"),
    [
        ("1.234,5", DOT, "number-style"), ("1,234.5", COMMA, "number-style"), ("1,234", None, "number-ambiguous"),
        ("12.34.56", None, "not-a-number"), ("1,2,3", DOT, "not-a-number"), ("1.234,567.8", None, "not-a-number"),
        ("123,4567,890", COMMA, "not-a-number"),
    ],
)  # fmt: skip
def test_marks_that_contradict(text: str, style: object, code: str) -> None:
    assert code_of(plain, text, style) == code


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (0.0085, "0.0085"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (350, "350"),
        (1e15 - 1, "999999999999999.0"),
        ("5%", "5"),
    ],
)
def test_numbers_of_a_workbook_are_what_was_typed(cell: object, value: str) -> None:
    assert to_decimal(cell) == Decimal(value)


@pytest.mark.parametrize(
    "cell", [1e15, "1" + "0" * 15, float("inf"), float("nan"), "nan", "Infinity", "0x10"]
)
def test_absurd_numbers_are_refused(cell: object) -> None:
    assert code_of(to_decimal, cell) in ("number-absurd", "not-a-number")


@given(st.integers(1000, 999_999))
def test_a_number_of_one_group_is_open_until_a_style_is_known(value: int) -> None:
    for text, style in ((f"{value:,}", DOT), (f"{value:,}".replace(",", "."), COMMA)):
        assert is_ambiguous(text)
        assert code_of(to_counter, text) == "number-ambiguous"
        assert to_counter(text, style) == value
