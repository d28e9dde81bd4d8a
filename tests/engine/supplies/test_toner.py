"""Days to empty, cover of the page, spares: hand-computed, and what must hold for any levels."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mps_module.engine.supply_levels import State, runs
from mps_module.engine.toner import (
    Basis,
    by_clicks,
    days_to_empty,
    fill_percent,
    outlook,
    pace_of,
    refills,
    spares,
    toners_used,
)
from tests.engine.supplies.build import at, level, levels, told


class TestDaysToEmpty:
    def test_level_by_slope_since_the_refill(self):
        """100 to 60 in 20 days is 2 % a day; 60 % last 30 days."""
        found = outlook(levels(d0=100, d10=80, d20=60), at(20))
        assert (found.level, found.pace.daily, found.days_left) == (60, 2.0, 30.0)
        assert found.pace.basis is Basis.LEVELS
        assert found.empty_on(date(2026, 1, 21)) == date(2026, 2, 20)

    def test_days_gone_by_since_the_level_count(self):
        assert outlook(levels(d0=100, d20=60), at(25)).days_left == 25.0
        assert outlook(levels(d0=100, d20=60), at(99)).days_left == 0.0

    def test_thirteen_days_are_too_few_and_fourteen_enough(self):
        assert outlook(levels(d0=100, d13=74), at(13)).days_left is None
        assert outlook(levels(d0=100, d14=72), at(14)).days_left == 36.0

    def test_one_level_is_too_few(self):
        assert outlook(levels(d0=50), at(30)).days_left is None

    def test_a_young_refill_goes_at_the_pace_of_the_runs_before(self):
        """100 to 10 in 45 days is 2 % a day; the new one at 96 % lasts 48 days."""
        found = outlook(levels(d0=100, d45=10, d46=100, d48=96), at(48))
        assert (found.pace.basis, found.pace.daily, found.days_left) == (Basis.EARLIER, 2.0, 48.0)
        assert (found.refilled_at, found.left_before) == (at(46), 10)

    def test_two_earlier_runs_count_by_their_days(self):
        """90 % in 30 days and 80 % in 55 days: 170 / 85 = 2 % a day."""
        pace = pace_of(runs(levels(d0=100, d30=10, d31=100, d86=20, d87=100)))
        assert (pace.daily, pace.basis) == (2.0, Basis.EARLIER)

    def test_clicks_serve_where_no_level_tells(self):
        """100 clicks a day on a 5,000-page toner are 2 % a day; two in the device, 1 %."""
        assert by_clicks(100, 5000) == 2.0
        assert by_clicks(100, 5000, toners=2) == 1.0
        assert by_clicks(100, 5000, cover=10) == 4.0
        found = outlook(levels(d0=50), at(0), by_clicks(100, 5000))
        assert (found.pace.basis, found.days_left) == (Basis.CLICKS, 25.0)
        assert by_clicks(100, 0) is None

    def test_nothing_used_has_no_end(self):
        found = outlook(levels(d0=70, d30=70), at(30))
        assert found.days_left is None and found.empty_on(date(2026, 2, 1)) is None
        assert not found.due(10)

    def test_empty_is_empty_whatever_the_pace(self):
        found = outlook([level(0, 0)], at(0))
        assert found.days_left == 0 and found.due(0)

    def test_a_device_that_only_says_low_is_due_and_ok_is_not(self):
        assert outlook([told(0, State.OK), told(20, State.LOW)], at(20)).due(10)
        ok = outlook([told(0, State.OK)], at(20))
        assert not ok.due(10) and ok.days_left is None and ok.level is None

    def test_due_within_the_days_asked_for(self):
        found = outlook(levels(d0=100, d40=20), at(40))
        assert found.days_left == 10.0
        assert found.due(10) and not found.due(9)

    def test_nobody_told_anything(self):
        assert outlook([], at(0)) is None


daily_levels = st.lists(st.integers(0, 100), min_size=1, max_size=60)


@given(daily_levels, st.integers(0, 90))
def test_days_to_empty_are_never_negative(values, later):
    found = outlook([level(n, percent) for n, percent in enumerate(values)], at(len(values) + later))
    assert found.days_left is None or found.days_left >= 0


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.01, 50))
def test_more_left_lasts_longer_at_the_same_pace(a, b, daily):
    low, high = sorted((a, b))
    assert days_to_empty(low, daily) <= days_to_empty(high, daily)


@given(st.floats(1, 100), st.floats(0.01, 50), st.floats(0.01, 50))
def test_the_faster_it_goes_the_sooner_it_is_empty(left, a, b):
    slow, fast = sorted((a, b))
    assert days_to_empty(left, fast) <= days_to_empty(left, slow)


@given(st.integers(15, 60), st.integers(1, 99), st.integers(1, 99))
def test_of_two_devices_that_began_full_the_emptier_one_runs_out_first(days, a, b):
    assume(a != b)
    low, high = sorted((a, b))
    first = outlook([level(0, 100), level(days, low)], at(days)).days_left
    second = outlook([level(0, 100), level(days, high)], at(days)).days_left
    assert first < second


@given(st.integers(1, 3), st.integers(14, 60), st.integers(0, 300))
def test_a_steady_pace_is_found_again(daily, days, later):
    """A toner that loses n % a day from 100 is empty after 100 / n days, whenever one asks."""
    last = min(days, 100 // daily)
    assume(last >= 14)
    rows = [level(day, 100 - daily * day) for day in range(last + 1)]
    found = outlook(rows, at(last + later))
    assert found.days_left == pytest.approx(max(0.0, 100 / daily - last - later))


class TestCover:
    @pytest.mark.parametrize(
        ("pages", "toners", "clicks", "fill"),
        [
            (3000, 1, 1500, "10"),  # domain: one 3,000-page toner in 1,500 clicks
            (3000, 1, 3000, "5"),
            (10000, 2, 20000, "5"),
            (20000, 1, 12500, "8"),
            (3000, Decimal("0.5"), 1500, "5"),
        ],
    )
    def test_five_percent_by_yield_and_toners_over_clicks(self, pages, toners, clicks, fill):
        assert fill_percent(pages, toners, clicks) == Decimal(fill)

    def test_without_clicks_or_yield_nothing_is_told(self):
        assert fill_percent(3000, 1, 0) is None
        assert fill_percent(0, 1, 1000) is None

    def test_toners_used_by_their_levels(self):
        assert toners_used(runs(levels(d0=100, d20=60, d21=100, d40=30))) == Decimal("1.1")
        assert toners_used(runs(levels(d0=100, d20=85))) is None  # too little to tell

    @given(st.integers(1, 10**6), st.integers(1, 9), st.integers(1, 10**7))
    def test_twice_the_clicks_are_half_the_cover(self, pages, toners, clicks):
        assert fill_percent(pages, toners, clicks) == pytest.approx(
            2 * fill_percent(pages, toners, 2 * clicks)
        )


class TestSpares:
    def test_sent_and_not_fitted(self):
        assert spares([(at(1), 1)], []) == 1
        assert spares([(at(1), 1)], [at(5)]) == 0
        assert spares([(at(1), 2)], [at(5)]) == 1

    def test_a_refill_before_it_was_sent_takes_nothing(self):
        assert spares([(at(5), 1)], [at(1)]) == 1

    def test_a_refill_out_of_another_stock_is_no_debt(self):
        assert spares([(at(5), 1)], [at(1), at(2), at(3)]) == 1

    @given(
        st.lists(st.tuples(st.integers(0, 99), st.integers(1, 3)), max_size=6),
        st.lists(st.integers(0, 99), max_size=6),
    )
    def test_never_below_none_nor_above_what_was_sent(self, sent, fitted):
        left = spares([(at(day), qty) for day, qty in sent], [at(day) for day in fitted])
        assert 0 <= left <= sum(qty for _day, qty in sent)


def test_refills_are_told_by_the_day_they_were_seen():
    assert refills(runs(levels(d0=100, d30=5, d31=100, d60=4, d62=99))) == [at(31), at(62)]
