"""The short ways of the engine against the long ones: day by day, and level by level."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.preventive import FARTHEST, Interval, next_due
from mps_module.engine.supply_levels import FULL, NOISE, REFILL, runs
from mps_module.engine.toner import Basis, outlook, pace_of, spares
from tests.engine.supplies.build import at, level

LAST = date(2026, 1, 1)


def due_by_walking(interval: Interval, clicks: int, read_on: date, rates: list[float]) -> date | None:
    """Walk day by day until the clicks are made or the days are over."""
    by_days = LAST + timedelta(days=interval.days) if interval.days else None
    made, day = float(clicks), read_on
    by_clicks = read_on if interval.clicks and made >= interval.clicks else None
    walked = 0
    while interval.clicks and by_clicks is None and walked < FARTHEST:
        made += rates[walked % len(rates)]
        walked += 1
        day = read_on + timedelta(days=walked)
        if made >= interval.clicks:
            by_clicks = day
    return min((one for one in (by_days, by_clicks) if one is not None), default=None)


@settings(max_examples=60)
@given(
    st.integers(0, 20_000),
    st.integers(0, 400),
    st.integers(0, 25_000),
    st.lists(st.integers(0, 900), min_size=1, max_size=7),
)
def test_the_day_due_is_the_one_that_walking_finds(every, days, clicks, week):
    """`week`: clicks of the days of a week, so that the pace rises and falls."""
    interval = Interval(every, days)
    read_on = LAST + timedelta(days=30)
    sums = [0.0]
    for walked in range(FARTHEST):
        sums.append(sums[-1] + week[walked % len(week)])
    found = next_due(interval, LAST, clicks, read_on, read_on, lambda n: sums[n])
    expected = due_by_walking(interval, clicks, read_on, [float(rate) for rate in week])
    assert (found.on if found else None) == expected


def steady(daily: float, days: int, start: float = 100.0, noise: list[float] | None = None) -> list[float]:
    """Levels of a toner that loses `daily` a day and is replaced by a full one when less than a day is left."""
    values, left = [], start
    for day in range(days):
        wobble = noise[day % len(noise)] if noise else 0.0
        values.append(min(100.0, max(0.0, left + wobble)))
        left -= daily
        if left <= daily:
            left = 100.0
    return values


@settings(max_examples=50)
@given(st.sampled_from([1.0, 1.5, 2.0, 2.5, 4.0, 5.0]), st.integers(20, 300))
def test_every_replacement_of_a_steady_toner_is_found_and_nothing_else(daily, days):
    values = steady(daily, days)
    replaced = [day for day in range(1, days) if values[day] > values[day - 1]]
    found = runs([level(day, value) for day, value in enumerate(values)])
    assert [run.levels[0].taken_at for run in found if run.refilled] == [at(day) for day in replaced]
    assert sum(run.used for run in found) == pytest.approx(
        sum(max(0.0, before - after) for before, after in pairwise(values))
    )


@settings(max_examples=50)
@given(
    st.sampled_from([1.0, 2.0, 2.5]),
    st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=3, max_size=9),
    st.integers(60, 200),
)
def test_noise_of_a_percent_makes_no_refill(daily, noise, days):
    clean, noisy = steady(daily, days, noise=None), steady(daily, days, noise=noise)
    plain = [
        run.levels[0].taken_at for run in runs([level(n, v) for n, v in enumerate(clean)]) if run.refilled
    ]
    found = [
        run.levels[0].taken_at for run in runs([level(n, v) for n, v in enumerate(noisy)]) if run.refilled
    ]
    assert found == plain


@settings(max_examples=50)
@given(
    st.sampled_from([1.0, 2.0]),
    st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=3, max_size=9),
    st.integers(30, 45),
)
def test_noise_moves_the_days_left_little(daily, noise, days):
    """Within two points at each end of a slope of 30 days or more: under a tenth of the pace."""
    clean = outlook([level(n, v) for n, v in enumerate(steady(daily, days))], at(days))
    noisy = outlook([level(n, v) for n, v in enumerate(steady(daily, days, noise=noise))], at(days))
    assert clean.pace.basis is noisy.pace.basis is Basis.LEVELS
    assert noisy.pace.daily == pytest.approx(clean.pace.daily, abs=3 / 29)


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_what_rises_is_a_refill_by_ten_points_or_to_full(before, after):
    """Two levels a month apart."""
    found = runs([level(0, before), level(30, after)])
    rise = after - before
    expected = rise >= REFILL or (rise > NOISE and after >= FULL)
    assert (len(found) == 2) is expected


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=12))
def test_spares_by_a_shelf_that_is_walked(events):
    """True: one is sent; False: one is fitted, from the shelf if something lies there."""
    shelf = 0
    for _day, sent in sorted(((day, not sent) for day, sent in events)):
        shelf = shelf + 1 if not sent else max(0, shelf - 1)
    found = spares(
        [(at(day), 1) for day, sent in events if sent], [at(day) for day, sent in events if not sent]
    )
    assert found == shelf


@settings(max_examples=40)
@given(st.integers(14, 40), st.integers(1, 99), st.integers(0, 60), st.integers(0, 60))
def test_days_left_fall_by_one_a_day(days, left, early, late):
    """Asked later, with no newer level, a supply has exactly so many days fewer, until it has none."""
    first, second = sorted((early, late))
    rows = [level(0, 100), level(days, left)]
    a, b = outlook(rows, at(days + first)).days_left, outlook(rows, at(days + second)).days_left
    assert b == pytest.approx(max(0.0, a - (second - first)) if a > 0 else 0.0, abs=1e-6)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=30), st.floats(0.01, 9))
def test_clicks_are_asked_only_where_no_levels_tell(values, click_pace):
    found = runs([level(n, v) for n, v in enumerate(values)])
    with_clicks, without = pace_of(found, click_pace), pace_of(found)
    if without.basis is Basis.NONE:
        assert (with_clicks.basis, with_clicks.daily) == (Basis.CLICKS, click_pace)
    else:
        assert with_clicks == without
