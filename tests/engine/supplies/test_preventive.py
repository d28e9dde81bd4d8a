"""Maintenance by clicks or days, whichever comes first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.preventive import FARTHEST, Interval, days_until, next_due

LAST = date(2026, 1, 1)
READ = date(2026, 3, 2)  # 60 days later


def steady(daily: float):
    return lambda days: daily * days


def due(interval: Interval, clicks: int = 0, daily: float = 0.0, today: date = READ):
    return next_due(interval, LAST, clicks, READ, today, steady(daily))


def test_by_days():
    found = due(Interval(days=180))
    assert (found.on, found.by) == (LAST + timedelta(days=180), "days")
    assert found.on == date(2026, 6, 30)
    assert found.share == pytest.approx(60 / 180)


def test_by_clicks_at_the_pace_to_come():
    """30,000 of 50,000 clicks are made; 20,000 more at 500 a day take 40 days."""
    found = due(Interval(clicks=50_000), clicks=30_000, daily=500)
    assert (found.on, found.by, found.clicks) == (READ + timedelta(days=40), "clicks", 30_000)
    assert found.on == date(2026, 4, 11)
    assert found.share == 0.6


def test_the_earlier_of_both():
    both = Interval(clicks=50_000, days=180)
    assert due(both, clicks=30_000, daily=500).by == "clicks"
    slow = due(both, clicks=30_000, daily=100)
    assert (slow.by, slow.on) == ("days", date(2026, 6, 30))
    assert slow.by_clicks == READ + timedelta(days=200)


def test_what_is_reached_is_due_on_the_day_it_was_read():
    found = due(Interval(clicks=50_000), clicks=50_000, daily=500)
    assert (found.on, found.share) == (READ, 1.0)
    assert due(Interval(clicks=50_000), clicks=61_000).on == READ


def test_a_device_that_stands_still_is_never_due_by_clicks():
    found = due(Interval(clicks=50_000), clicks=10)
    assert (found.on, found.by) == (None, "")
    assert due(Interval(clicks=50_000, days=365), clicks=10).by == "days"


def test_a_device_that_needs_none():
    assert due(Interval()) is None


def test_a_season_moves_the_day():
    """No clicks in the first 30 days (holidays), then 100 a day: 500 clicks take 35 days."""
    assert days_until(500, lambda days: max(0, days - 30) * 100.0) == 35


@pytest.mark.parametrize(
    ("clicks", "days"), [(0, 0), (-5, 0), (1, 1), (100, 1), (101, 2), (110_000, 1100), (110_001, None)]
)
def test_days_until(clicks, days):
    assert days_until(clicks, steady(100)) == days


@given(st.integers(1, 10**7), st.floats(0, 10**5))
def test_the_day_found_is_the_first_that_suffices(clicks, daily):
    days = days_until(clicks, steady(daily))
    if days is None:
        assert daily * FARTHEST < clicks
    else:
        assert daily * days >= clicks and daily * (days - 1) < clicks


@given(st.integers(0, 60_000), st.integers(0, 60_000), st.floats(0.1, 2000))
def test_more_clicks_never_put_it_off(a, b, daily):
    few, many = sorted((a, b))
    interval = Interval(clicks=50_000)
    later, sooner = due(interval, few, daily).on, due(interval, many, daily).on
    assert sooner is not None or later is None
    assert later is None or sooner <= later


@given(st.integers(0, 60_000), st.floats(0, 2000), st.integers(1, 400), st.integers(1, 90_000))
def test_with_both_it_is_never_later_than_with_one(clicks, daily, days, every):
    both = due(Interval(every, days), clicks, daily).on
    for one in (Interval(clicks=every), Interval(days=days)):
        alone = due(one, clicks, daily).on
        assert alone is None or both <= alone
