"""How values are written on paper: numbers, edges, formulas."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

from mps_module.billing import statement as paper
from mps_module.engine.periods import Period
from mps_module.engine.reads import Read
from mps_module.engine.result import Basis, Boundary, MeterUsage

D = Decimal
MONTH = Period(date(2026, 1, 1), date(2026, 1, 31))
LABELS = {"total": "Total", "colour": "Colour", "mono": "Black & White", "a3": "A3"}


def boundary(value: int, basis=Basis.ACTUAL, **values) -> Boundary:
    read = Read("D-1", "mono", datetime(2026, 1, 30, 9, tzinfo=timezone.utc), value)
    return Boundary(MONTH.end, basis, value, value, taken_at=read.taken_at, read=read, **values)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("5750", "5,750"),
        ("0.0085", "0.0085"),
        ("0.008500", "0.0085"),
        ("350.00", "350"),
        ("-1234.50", "-1,234.5"),
        ("0", "0"),
        ("1000", "1,000"),
        ("1E+3", "1,000"),
    ],
)
def test_numbers_carry_no_digit_that_means_nothing(value, text):
    assert paper.number(D(value)) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.0085, "$ 0.0085"), (350, "$ 350.00"), (12.5, "$ 12.50"), (0.007632, "$ 0.007632"), (0, "$ 0.00")],
)
def test_rates_keep_all_their_decimals_and_two_at_least(rate, text):
    assert paper.mps_rate(rate, "USD") == text


def test_an_actual_read_shows_the_day_it_was_taken():
    assert paper.edge(boundary(1_500)) == paper.Edge("1,500", "01-30-2026")


def test_a_read_outside_the_window_is_marked():
    assert paper.edge(boundary(1_500, in_tolerance=False)).mark == "*"


def test_an_estimate_shows_its_day_mark_and_range():
    edge = paper.edge(boundary(1_500, Basis.ESTIMATE, low=1_300, high=1_700))
    assert edge == paper.Edge("1,500", "01-31-2026", "E", "1,300 – 1,700")
    assert paper.edge(boundary(1_500, Basis.ESTIMATE)).interval == ""


def test_a_meter_that_was_never_read_says_so():
    assert paper.edge(boundary(0, Basis.MISSING)) == paper.Edge("–", "not read")
    assert paper.edge(None).value == "–"


def test_a_virtual_meter_shows_the_counters_behind_it():
    total = MeterUsage("D-1", "total", MONTH, D(900), D(1), boundary(100), boundary(1_000))
    colour = MeterUsage("D-1", "colour", MONTH, D(300), D(-1), boundary(50), boundary(350))
    mono = MeterUsage("D-1", "mono", MONTH, D(600), D(1), terms=(total, colour))
    rows = list(paper.meter_rows(mono, LABELS))
    assert [(row.meter, row.shown, row.part) for row in rows] == [
        ("Black & White (Total − Colour)", "600", False),
        ("Total", "900", True),
        ("Colour", "300", True),
    ]


def test_factors_stand_in_the_formula():
    terms = tuple(
        MeterUsage("D-1", name, MONTH, D(1), weight) for name, weight in (("mono", D(1)), ("a3", D(2)))
    )
    assert paper.formula(MeterUsage("D-1", "x", MONTH, D(3), terms=terms), LABELS) == "Black & White + 2 × A3"
