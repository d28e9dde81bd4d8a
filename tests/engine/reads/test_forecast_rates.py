"""What a forecast is made of, by hand: the quarter's pace, calendar months, season indices and the interval."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.forecast import (
    DAY,
    Forecast,
    History,
    Method,
    forecast,
    monthly_rates,
    recent_daily,
    seasonal_indices,
)

YEAR_0 = 1970 * 12  # days are counted from 1 January 1970: January has 31, February 28
MONTH_STARTS = (0, 31, 59, 90, 120, 151, 181)


def history(*points: tuple[int, int], start: int = 0, gaps: tuple[int, ...] = ()) -> History:
    """Reads as (day, odometer)."""
    return History([d * DAY for d, _ in points], [v for _, v in points], len(points), start, gaps)


def steady(*days: int) -> History:
    return history(*((day, day * 100) for day in days))


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (history((0, 0)), None),
        (history((0, 0), (6, 600)), None),
        (history((0, 0), (7, 700)), (100, 7)),
        (history((0, 0), (9, 90_000), (100, 99_100)), (100, 91)),
        (history((0, 0), (10, 10_000), (100, 19_000)), (190, 100)),  # the read before the quarter's edge
        (history((0, 0), (5, 500), (10, 500), (14, 900), gaps=(2,)), (100, 9)),
        (history((0, 0), (3, 300), (10, 300), (13, 600), gaps=(2,)), None),  # six counted days
        (history((0, 0), (30, 90_000), (40, 90_500), start=1, gaps=(1,)), (50, 10)),
        (history((0, 0), (30, 90_000), start=1, gaps=(1,)), None),
        (history((0, 500), (30, 500)), (0, 30)),
    ],
)
def test_the_pace_of_the_last_quarter(known, found):
    assert recent_daily(known) == found


def test_reads_after_the_boundary_tell_nothing():
    known = History([0.0, 10 * DAY, 20 * DAY], [0, 1_000, 90_000], 2)
    assert recent_daily(known) == (100, 10)


@pytest.mark.parametrize(
    ("known", "rates", "first"),
    [
        (steady(0, 31, 59, 90), [100, 100, 100], YEAR_0),
        (steady(10, 31, 59), [100], YEAR_0 + 1),  # January is not whole
        (steady(0, 20), [], YEAR_0),
        (steady(5, 20), [], YEAR_0 + 1),
        # 100 a day up to day 40, 200 after it: February has 9 days of the one and 19 of the other
        (history((0, 0), (40, 4_000), (80, 12_000)), [100, (900 + 3_800) / 28], YEAR_0),
        (history((0, 0), (10, 1_000), (20, 1_000), (59, 4_900), gaps=(2,)), [100, 100], YEAR_0),
        (history((0, 0), (31, 3_100), (59, 3_100), (90, 6_200), gaps=(2,)), [100, 0, 100], YEAR_0),
        (history((0, 0), (31, 9_000), (59, 9_280), start=1, gaps=(1,)), [10], YEAR_0 + 1),
    ],
)
def test_clicks_a_day_of_every_whole_month(known, rates, first):
    found, month = monthly_rates(known)
    assert (found, month) == (pytest.approx(rates), first)


@pytest.mark.parametrize("month", range(12))
def test_a_year_in_which_one_month_has_it_all(month):
    """Its ratio is 12, the others' 0; one year goes three quarters of the way: 9.25 and 0.25, which average 1."""
    rates = [12.0 if n == month else 0.0 for n in range(12)]
    expected = [9.25 if n == month else 0.25 for n in range(12)]
    assert seasonal_indices(rates, YEAR_0) == pytest.approx(expected)


def test_indices_belong_to_calendar_months_wherever_the_reads_begin():
    indices = seasonal_indices([12.0] + [0.0] * 11, YEAR_0 + 3)
    assert indices.index(max(indices)) == 3  # April


@pytest.mark.parametrize("rate", [0.0, 1.0, 350.0])
def test_an_even_year_has_no_season(rate):
    assert seasonal_indices([rate] * 12, YEAR_0) == pytest.approx([1.0] * 12)


@pytest.mark.parametrize(
    ("days", "clicks", "low", "high"),
    [
        (30, 3_000, 1_192, 4_808),  # 60 % a month, x the root of 30.25 / 30
        (121, 12_100, 4_840, 19_360),  # more days than a month scatter like a month
        (1, 100, 0, 430),  # the root of 30.25 is 5.5
        (0, 0, 0, 0),
    ],
)
def test_the_interval_where_only_the_devices_volume_is_known(days, clicks, low, high):
    found = forecast(history((0, 0)), date(1970, 1, 2), days, Decimal(3025))
    assert (found.clicks, found.low, found.high, found.method) == (clicks, low, high, Method.DEVICE)


def test_a_meter_that_never_missed_has_no_spread():
    found = forecast(steady(*MONTH_STARTS), date(1970, 7, 1), 30)
    assert found == Forecast(3_000, 3_000, 3_000, 100.0, Method.RECENT)


def test_four_past_months_are_needed_to_know_the_spread():
    found = forecast(steady(*MONTH_STARTS[:5]), date(1970, 5, 1), 121)
    assert (found.clicks, found.low, found.high) == (12_100, 4_840, 19_360)  # three misses: the usual 60 %


def test_a_meter_that_stood_still_goes_on_standing():
    still = history(*((day, 0) for day in MONTH_STARTS))
    assert forecast(still, date(1970, 7, 1), 30, Decimal(3025)).clicks == 0
