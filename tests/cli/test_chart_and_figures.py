"""The picture of volume by month, in whole points that can be checked by hand, and figures as people read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mps_module.cli import formats
from mps_module.cli.chart import PALETTE, Chart, Drawing, Series, draw, legend, nice_top
from mps_module.engine.periods import Period

# Letters of 10: the axis takes 52 at the left, the months 19 below, and 8 stay free above. So 200 x 100 are left for
# bars of up to 100 prints: one point a print.
STACKED = Chart(
    "Prints by month",
    ("Jan 26", "Feb 26"),
    (Series("Black", (60, 40)), Series("Colour", (40, 0)), Series("Correction", (-5, 20))),
)


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return draw(STACKED, 252, 127, 10)


@pytest.mark.parametrize(
    ("highest", "axis"),
    [
        (-3, (1, 1)), (0, (1, 1)), (1, (1, 1)), (5, (5, 1)), (6, (6, 2)), (10, (10, 2)), (11, (15, 5)), (25, (25, 5)),
        (26, (30, 10)), (50, (50, 10)), (51, (60, 20)), (999, (1000, 200)), (1001, (1500, 500)),
        (123_456, (150_000, 50_000)),
    ],
)  # fmt: skip
def test_the_axis_ends_at_a_round_number(highest: int, axis: tuple[int, int]) -> None:
    assert nice_top(highest) == axis


def test_bars_are_stacked_from_the_bottom(drawing: Drawing) -> None:
    assert [(b.x, b.y, b.width, b.height) for b in drawing.bars] == [
        pytest.approx((70, 48, 64, 60)),
        pytest.approx((70, 8, 64, 40)),
        pytest.approx((170, 68, 64, 40)),
        pytest.approx((170, 48, 64, 20)),
    ]


def test_what_is_nought_or_below_has_no_bar_and_takes_no_place(drawing: Drawing) -> None:
    assert [bar.title for bar in drawing.bars] == [
        "Jan 26: Black 60",
        "Jan 26: Colour 40",
        "Feb 26: Black 40",
        "Feb 26: Correction 20",
    ]


def test_a_series_keeps_its_colour_in_every_month(drawing: Drawing) -> None:
    assert [bar.fill for bar in drawing.bars] == [PALETTE[0], PALETTE[1], PALETTE[0], PALETTE[2]]
    assert legend(STACKED) == (("Black", PALETTE[0]), ("Colour", PALETTE[1]), ("Correction", PALETTE[2]))


def test_rules_stand_at_round_numbers_and_say_which(drawing: Drawing) -> None:
    assert [rule.y for rule in drawing.rules] == pytest.approx([108, 88, 68, 48, 28, 8])
    assert {(rule.x1, rule.x2) for rule in drawing.rules} == {(52, 252)}
    axis = [label for label in drawing.labels if label.anchor == "end"]
    assert [label.text for label in axis] == ["0", "20", "40", "60", "80", "100"]
    assert [label.y for label in axis] == pytest.approx([111.5, 91.5, 71.5, 51.5, 31.5, 11.5])


def test_months_stand_under_the_middle_of_their_bars(drawing: Drawing) -> None:
    months = [label for label in drawing.labels if label.anchor == "middle"]
    assert [(m.text, m.x, m.y) for m in months] == [("Jan 26", 102, 123), ("Feb 26", 202, 123)]


def test_thousands_are_marked_in_the_picture() -> None:
    large = draw(Chart("", ("Jan",), (Series("Black", (12_500,)),)), 252, 127, 10)
    assert large.bars[0].title == "Jan: Black 12,500"
    assert [x.text for x in large.labels if x.anchor == "end"] == ["0", "5,000", "10,000", "15,000"]


def test_a_seventh_series_begins_the_colours_again() -> None:
    chart = Chart("", ("Jan",), tuple(Series(str(i), (1,)) for i in range(7)))
    colours = [colour for _, colour in legend(chart)]
    assert len(set(colours[:6])) == 6 and colours[6] == colours[0]


@pytest.mark.parametrize(
    ("values", "empty"), [((), True), ((0, 0), True), ((-4, 0), True), ((0, 1), False), ((-4, 9), False)]
)
def test_a_chart_without_a_print_is_empty(values: tuple[int, ...], empty: bool) -> None:
    chart = Chart("", tuple("ab"[: len(values)]), (Series("Black", values),))
    assert chart.empty is empty
    assert (draw(chart, 252, 127, 10).bars == ()) is empty


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"), ("-0", "0"), ("-0.00", "0"), ("12345.50", "12345.5"), ("1E+5", "100000"), ("1E-7", "0.0000001"),
        ("-12.0", "-12"), ("100", "100"),
    ],
)  # fmt: skip
def test_numbers_for_programs(value: str, text: str) -> None:
    assert formats.plain(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12345", "12,345"), ("0.5", "0.5"), ("0.74194", "0.7419"), ("-0.5", "-0.5"), ("-1234.50", "-1,234.5"),
        ("0.00001", "0"), ("1E+6", "1,000,000"), ("999.99996", "1,000"),
    ],
)  # fmt: skip
def test_quantities_for_people(value: str, text: str) -> None:
    assert formats.number(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "currency", "decimals", "text"),
    [
        ("1234.5", "USD", 2, "$1,234.50"), ("12", "CHF", 2, "CHF 12.00"), ("-3", "EUR", 2, "-€3.00"),
        ("0", "GBP", 2, "£0.00"), ("1500", "JPY", 0, "JPY 1,500"), ("0.0085", "CAD", 2, "CA$0.0085"),
        ("-1000000", "AUD", 2, "-A$1,000,000.00"), ("1.5", "KWD", 3, "KWD 1.500"),
    ],
)  # fmt: skip
def test_money_with_its_currency(value: str, currency: str, decimals: int, text: str) -> None:
    assert formats.money(Decimal(value), currency, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"), [("45", "45.00"), ("0.0085", "0.0085"), ("0.010", "0.01"), ("0.123456789", "0.12345679")]
)  # fmt: skip
def test_a_price_shows_the_digits_that_it_has(value: str, text: str) -> None:
    assert formats.rate(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "money", "quantity"),
    [("12", "+12.00", "+12"), ("-3.5", "-3.50", "-3.5"), ("0", "0.00", "0"), ("1307", "+1,307.00", "+1,307")],
)
def test_differences_carry_their_sign(value: str, money: str, quantity: str) -> None:
    assert formats.signed(Decimal(value)) == money
    assert formats.signed_number(Decimal(value)) == quantity


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (date(2026, 10, 31), date(2026, 10, 31), "31 Oct 2026"),
        (date(2026, 10, 1), date(2026, 10, 31), "1 – 31 Oct 2026"),
        (date(2026, 8, 1), date(2026, 10, 31), "1 Aug – 31 Oct 2026"),
        (date(2026, 12, 15), date(2027, 1, 14), "15 Dec 2026 – 14 Jan 2027"),
        (date(2026, 1, 1), date(2027, 1, 31), "1 Jan 2026 – 31 Jan 2027"),
    ],
)
def test_periods_say_no_month_or_year_twice(start: date, end: date, text: str) -> None:
    assert formats.period(Period(start, end)) == text


def test_months_in_full_and_under_a_bar() -> None:
    assert formats.month(date(2026, 3, 9)) == "Mar 2026"
    assert formats.short_month(date(2026, 3, 9)) == "Mar 26"
    assert formats.short_month(date(2105, 3, 9)) == "Mar 05"
