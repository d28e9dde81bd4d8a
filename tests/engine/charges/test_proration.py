"""Proration: the share of a cycle that was covered, for money and for allowances."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import Proration
from mps_module.engine.money import round_money
from mps_module.engine.months import add_months, anchored, month_index
from mps_module.engine.periods import Period
from mps_module.engine.proration import fraction, prorate

from .builders import period

LEAP_YEAR = period("2024-01-01", "2024-12-31")
AUGUST_ON = period("2024-08-01", "2024-12-31")


def test_a_year_by_days_and_by_months() -> None:
    by_days = fraction(AUGUST_ON, LEAP_YEAR, Proration.DAYS)
    assert by_days == Fraction(153, 366)
    assert round_money(prorate(Decimal(12_000), by_days)) == Decimal("5016.39")
    by_months = fraction(AUGUST_ON, LEAP_YEAR, Proration.MONTHS)
    assert round_money(prorate(Decimal(12_000), by_months)) == Decimal("5000.00")


def test_23_of_31_days_of_930_are_690_exactly() -> None:
    share = fraction(period("2024-01-09", "2024-01-31"), period("2024-01-01", "2024-01-31"))
    assert prorate(Decimal(930), share) == Decimal(690)


def test_an_allowance_is_prorated_like_the_base() -> None:
    share = fraction(period("2024-04-16", "2024-04-30"), period("2024-04-01", "2024-04-30"))
    assert prorate(Decimal(20_000), share) == Decimal(10_000)


def test_without_proration_a_covered_day_costs_the_cycle() -> None:
    day = period("2024-12-31", "2024-12-31")
    assert fraction(day, LEAP_YEAR, Proration.NONE) == 1
    assert fraction(None, LEAP_YEAR, Proration.NONE) == 0
    assert fraction(None, LEAP_YEAR) == 0


def test_by_months_a_broken_month_counts_by_its_days() -> None:
    # 16-29 February is 14 of 29 days of one month in three; March is whole
    share = fraction(period("2024-02-16", "2024-03-31"), period("2024-01-01", "2024-03-31"), Proration.MONTHS)
    assert share == (Fraction(14, 29) + 1) / 3


def test_by_months_on_a_clipped_anchor_every_month_weighs_the_same() -> None:
    # anchor 31: 31 Jan, 29 Feb, 31 Mar, 30 Apr
    quarter = period("2024-01-31", "2024-04-29")
    for month in ("2024-01-31", "2024-02-28"), ("2024-02-29", "2024-03-30"), ("2024-03-31", "2024-04-29"):
        assert fraction(period(*month), quarter, Proration.MONTHS) == Fraction(1, 3)


def test_a_part_outside_the_cycle_is_an_error() -> None:
    with pytest.raises(ValueError, match="is not inside"):
        fraction(period("2023-12-31", "2024-01-05"), LEAP_YEAR)


def test_half_a_cent_is_not_lost_on_the_way() -> None:
    # 0.045 / 3 = 0.015, which rounds up; through 0.333… it could come out below
    third = fraction(period("2024-04-01", "2024-04-10"), period("2024-04-01", "2024-04-30"))
    assert round_money(prorate(Decimal("0.045"), third)) == Decimal("0.02")


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-03-15", -3, "2023-12-15"),
        ("2024-12-01", 1, "2025-01-01"),
    ],
)
def test_months_are_added_with_clipping(day: str, months: int, then: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(then)


starts = st.dates(date(2000, 1, 1), date(2060, 12, 31))
ways = st.sampled_from([Proration.DAYS, Proration.MONTHS])


@given(
    starts,
    st.sampled_from([1, 2, 3, 4, 6, 12]),
    st.integers(1, 31),
    ways,
    st.lists(st.integers(0, 366), max_size=5),
)
def test_pieces_of_a_cycle_add_up_to_the_cycle(
    day: date, months: int, anchor: int, way: Proration, cuts: list[int]
) -> None:
    index = month_index(day)
    full = Period(anchored(index, anchor), anchored(index + months, anchor) - timedelta(days=1))
    edges = sorted({full.start + timedelta(days=cut % full.days) for cut in cuts} | {full.start})
    ends = [edge - timedelta(days=1) for edge in edges[1:]] + [full.end]
    pieces = [Period(low, high) for low, high in zip(edges, ends, strict=True)]
    assert sum(fraction(piece, full, way) for piece in pieces) == 1
    assert all(0 < fraction(piece, full, way) <= 1 for piece in pieces)
