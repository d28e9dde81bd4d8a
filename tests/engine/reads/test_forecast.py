"""Expected volume: the plain vector, the season, robustness, and what the interval is worth."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from mps_module.engine.forecast import (
    DAY,
    History,
    Method,
    daily_volume,
    forecast,
    monthly_rates,
    recent_daily,
    seasonal_indices,
)
from tests.engine.reads.build import UTC

START = date(2021, 1, 1)


def history(days: int, per_day, step: int = 1, start: date = START) -> History:
    """Reads every `step` days at midnight; `per_day(day)` clicks each day."""
    times, odometers, total = [], [], 0.0
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp()
    for n in range(days + 1):
        if n % step == 0:
            times.append(begin + n * DAY)
            odometers.append(round(total))
        total += per_day(start + timedelta(days=n))
    return History(times, odometers, len(times))


def school(day: date) -> float:
    """A school: 200 clicks a day, next to none in July and August, many in September."""
    return {7: 15.0, 8: 25.0, 9: 380.0}.get(day.month, 200.0)


def wave(day: date) -> float:
    return 100 * (1 + 0.5 * math.cos(2 * math.pi * day.timetuple().tm_yday / 365))


def actual(per_day, first: date, days: int) -> float:
    return sum(per_day(first + timedelta(days=n)) for n in range(days))


def test_the_vector_1671_a_month_for_91_days():
    alone = History([0.0], [575_232], 1)
    assert forecast(alone, date(2024, 4, 1), 91, Decimal(1671)).clicks == 5027
    assert round(daily_volume(Decimal(1671)), 4) == Decimal("55.2397")


def test_the_same_volume_out_of_a_quarter_of_reads():
    known = History([0.0, 91 * DAY], [570_205, 575_232], 2)
    expected = forecast(known, date(1970, 4, 2), 91, Decimal(99_999))
    assert (expected.clicks, expected.method) == (5027, Method.RECENT)


def test_only_the_last_quarter_counts_for_the_plain_volume():
    faster_lately = history(300, lambda day: 10 if day < date(2021, 7, 29) else 90)
    volume, days = recent_daily(faster_lately)
    assert days == 91
    assert volume == pytest.approx(90)


def test_few_reads_give_way_to_the_device_and_then_to_nothing():
    week = history(7, lambda day: 10)
    assert forecast(week, date(2021, 1, 9), 30, Decimal(3025)).method is Method.DEVICE
    assert forecast(week, date(2021, 1, 9), 30, Decimal(3025)).clicks == 3000
    assert forecast(week, date(2021, 1, 9), 30).clicks == 300
    alone = History([0.0], [7], 1)
    unknown = forecast(alone, date(2021, 1, 9), 30)
    assert (unknown.clicks, unknown.low, unknown.method) == (0, 0, Method.NONE)
    assert unknown.high == 4959  # 5,000 a month / 30.25 x 30, rounded up: wide on purpose


def test_no_days_no_clicks():
    assert forecast(history(400, wave), date(2022, 2, 6), 0).clicks == 0
    nothing = forecast(History([0.0], [7], 1), date(2022, 2, 6), 0)
    assert (nothing.clicks, nothing.high) == (0, 0)


@pytest.mark.parametrize("per_day", [school, wave])
@pytest.mark.parametrize("months", [13, 18, 26, 37])
def test_the_season_beats_the_last_quarter(per_day, months):
    """Over a year of boundaries: the mean miss of a month's estimate, with and without the season."""
    miss = {True: 0.0, False: 0.0}
    for later in range(12):
        days = round((months + later) * 30.44)
        known = history(days, per_day)
        first = START + timedelta(days=days)
        for seasonal in miss:
            clicks = forecast(known, first, 30, seasonal=seasonal).clicks
            miss[seasonal] += abs(clicks - actual(per_day, first, 30))
    assert miss[True] < 0.6 * miss[False]


def test_under_13_months_there_is_no_season_yet():
    assert forecast(history(390, school), date(2022, 1, 27), 30).method is Method.RECENT
    assert forecast(history(430, school), date(2022, 3, 8), 30).method is Method.SEASON


def test_quarterly_reads_know_a_season_too():
    known = history(3 * 365, wave, step=91)
    spring = START + timedelta(days=3 * 365)  # the last read was in autumn
    with_season = forecast(known, spring, 91)
    assert with_season.method is Method.SEASON
    plain = forecast(known, spring, 91, seasonal=False)
    truth = actual(wave, spring, 91)
    assert abs(with_season.clicks - truth) < abs(plain.clicks - truth)


def test_indices_are_those_of_the_year_and_average_one():
    rates, first = monthly_rates(history(3 * 365 + 1, school))
    assert len(rates) == 36
    assert first == 2021 * 12
    indices = seasonal_indices(rates, first)
    assert sum(indices) == pytest.approx(12)
    assert min(indices) == indices[6]  # July
    assert max(indices) == indices[8]  # September


def test_one_odd_month_in_three_years_does_not_bend_the_season():
    def odd(day: date) -> float:
        return 9_000.0 if (day.year, day.month) == (2022, 3) else school(day)

    first = date(2024, 3, 1)
    days = (first - START).days
    usual = forecast(history(days, school), first, 31).clicks
    assert forecast(history(days, odd), first, 31).clicks == pytest.approx(usual, rel=0.1)


def test_one_odd_month_just_before_does_not_carry_the_level():
    def odd(day: date) -> float:
        return 2_000.0 if (day.year, day.month) == (2024, 2) else wave(day)

    first = date(2024, 3, 1)
    days = (first - START).days
    truth = actual(wave, first, 31)
    assert forecast(history(days, odd), first, 31).clicks == pytest.approx(truth, rel=0.25)
    assert forecast(history(days, odd), first, 31, seasonal=False).clicks > 4 * truth


def test_uncounted_days_of_a_board_swap_do_not_thin_the_volume():
    """30 days of 100, 61 days without counter, 30 days of 100: still 100 a day."""
    times = [0.0, 30 * DAY, 91 * DAY, 121 * DAY]
    swapped = History(times, [0, 3000, 3000, 6000], 4, gaps=(2,))
    assert forecast(swapped, date(1970, 5, 2), 10).clicks == 1000


def test_what_was_printed_before_an_install_tells_nothing():
    times = [n * 10 * DAY for n in range(20)]
    odometers = [n * 5000 for n in range(10)] + [45_000 + 100 * n for n in range(10)]
    moved = History(times, odometers, 20, start=10, gaps=(10,))
    assert forecast(moved, date(1970, 7, 20), 30).clicks == 300


def test_the_interval_holds_about_nine_times_in_ten():
    """Noisy devices: how often the month that came lay inside the interval."""
    dice = random.Random(7)
    held = tried = 0
    for _ in range(40):
        noise = {n: dice.lognormvariate(0, 0.25) for n in range(80)}

        def per_day(day: date, noise=noise) -> float:
            return wave(day) * noise[(day.year - 2021) * 12 + day.month]

        for months in (9, 16, 30, 40):
            first = date(2021 + months // 12, months % 12 + 1, 1)
            expected = forecast(history((first - START).days, per_day), first, 30)
            held += expected.low <= actual(per_day, first, 30) <= expected.high
            tried += 1
            assert expected.low <= expected.clicks <= expected.high
    assert 0.82 <= held / tried <= 0.99


def test_fewer_days_scatter_more():
    known = history(200, lambda day: 50 + (day.month % 3) * 20)
    month, week = (forecast(known, date(2021, 7, 20), days) for days in (30, 7))
    assert (week.high - week.low) / week.clicks > (month.high - month.low) / month.clicks
