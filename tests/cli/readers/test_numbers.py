"""Numbers as people write them: read when only one reading is left, set aside otherwise."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.readers.issue import BadValue
from mps_module.readers.numbers import (
    COMMA,
    DOT,
    NumberStyle,
    proven_style,
    to_counter,
    to_decimal,
    yaml_decimal,
)


def code_of(text: object, style: NumberStyle | None = None) -> str:
    with pytest.raises(BadValue) as caught:
        to_counter(text, style)
    assert caught.value.message
    assert caught.value.todo, "somebody must be told what to do"
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), (" 1234 ", 1234), ("1 234 567", 1234567), ("1\u00a0234", 1234), ("1'234'567", 1234567),
        ("1,234,567", 1234567), ("1.234.567", 1234567), ("1234.0", 1234), ("1234,00", 1234), ("1.234,0", 1234),
        ("1,234.00", 1234), ("0012", 12), (1234.0, 1234), (1234, 1234), ("9999999999", 9999999999),
    ],
)  # fmt: skip
def test_counters_that_can_be_read_in_one_way_only(text, value):
    assert to_counter(text) == value


@pytest.mark.parametrize("text", ["1,234", "1.234", "12.345", "999,999"])
def test_a_thousand_or_a_little_more_than_one_is_not_guessed(text):
    assert code_of(text) == "number-ambiguous"


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("1,234", DOT, 1234),
        ("1.234", COMMA, 1234),
        ("12.345.678", COMMA, 12345678),
        ("12,345,678", DOT, 12345678),
    ],
)
def test_a_declared_style_decides(text, style, value):
    assert to_counter(text, style) == value


def test_a_number_against_the_declared_style_is_set_aside():
    assert code_of("1.234,5", DOT) == "number-style"
    assert code_of("1,234,567", COMMA) == "number-style"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-5", "counter-negative"), (-5, "counter-negative"), ("12.5", "counter-fraction"), (12.5, "counter-fraction"),
        ("12345678901", "counter-absurd"), ("9" * 20, "counter-absurd"), ("4294967295", "counter-unknown"),
        ("1.23E+05", "number-scientific"), ("see photo", "not-a-number"), ("12 pages", "not-a-number"),
        ("1,23,456", "not-a-number"), ("1.2.3", "not-a-number"), ("²", "not-a-number"), ("1_000", "not-a-number"),
        (True, "not-a-number"), (float("nan"), "not-a-number"), (float("inf"), "not-a-number"),
        ("9" * 5000, "not-a-number"), ("=A1+1", "not-a-number"),
    ],
)  # fmt: skip
def test_what_no_counter_can_be(text, code):
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.0085", "0.0085"), ("0,0085", "0.0085"), ("0,085", "0.085"), (".5", "0.5"), (0.0085, "0.0085"), ("5%", "5"),
     (1e-7, "0.0000001")],
)  # fmt: skip
def test_rates_stay_exact(text, value):
    assert to_decimal(text) == Decimal(value)


def test_the_numbers_of_a_file_prove_its_style_when_they_agree():
    assert proven_style(["12", "1.234", "1.234.567"]) == COMMA
    assert proven_style(["0.5", "1,234"]) == DOT
    assert proven_style(["1,234", "12,345"]) is None, "both could still be decimals"
    assert proven_style(["0.5", "0,5"]) is None, "the proofs disagree"


@pytest.mark.parametrize(
    ("sample", "style"), [("1,234.56", DOT), ("1.234,56", COMMA), ("1 234,56", COMMA), ("1234.56", DOT)]
)
def test_a_style_is_declared_by_a_sample(sample, style):
    assert NumberStyle.from_sample(sample) == style


@pytest.mark.parametrize("sample", ["1234", "1,234", "abc", ""])
def test_a_sample_must_show_the_decimal_mark(sample):
    with pytest.raises(BadValue):
        NumberStyle.from_sample(sample)


class TestYaml:
    def test_a_decimal_comma_is_read_and_flagged(self):
        value, remark = yaml_decimal(None)("0,0085")
        assert value == Decimal("0.0085")
        assert remark is not None
        assert remark.code == "decimal-comma"

    def test_twenty_point_thousand_is_twenty_but_flagged(self):
        value, remark = yaml_decimal(None)("20.000")
        assert value == 20
        assert remark is not None
        assert "20000" in remark.todo

    def test_a_dealer_who_writes_decimal_commas_must_say_which(self):
        with pytest.raises(BadValue) as caught:
            yaml_decimal(COMMA)("20.000")
        assert caught.value.code == "number-ambiguous"
        assert yaml_decimal(COMMA)("0,0085") == (Decimal("0.0085"), None)

    def test_a_comma_that_may_group_is_not_guessed(self):
        with pytest.raises(BadValue):
            yaml_decimal(None)("1,250")


@given(st.integers(0, 9_999_999_999), st.sampled_from([DOT, COMMA]))
def test_grouped_counters_come_back_in_their_own_style(value, style):
    text = f"{value:,}".replace(",", style.thousands)
    if value in (4294967295, 4294967294, 4294967293, 2147483647):
        return
    assert to_counter(text, style) == value


@given(st.decimals(0, 10**9, places=6), st.sampled_from([DOT, COMMA]))
def test_grouped_decimals_come_back_in_their_own_style(value, style):
    text = f"{value:,.6f}".translate(str.maketrans({",": style.thousands, ".": style.decimal}))
    assert to_decimal(text, style) == value
    assert to_decimal(text, None) == value, "six decimals prove the style by themselves"


@given(st.text(max_size=30), st.sampled_from([None, DOT, COMMA]))
def test_any_text_is_a_counter_or_a_reason(text, style):
    try:
        assert 0 <= to_counter(text, style) < 10**10
    except BadValue as bad:
        assert bad.code
        assert bad.todo
