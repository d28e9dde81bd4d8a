"""Volumes by month: laws that hold for any reads, and the season by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.meterlog import MeterLog
from mps_module.engine.reads import Read, ReadKind
from mps_module.fleet.volumes import (
    MonthVolume,
    by_month,
    months_of,
    next_month,
    odometer_at,
    season_of,
)

UTC = timezone.utc
START = datetime(2024, 1, 15, 8, tzinfo=UTC)


def log_of(*values: int, step: timedelta = timedelta(days=10), kinds=()) -> MeterLog:
    """Reads ten days apart."""
    kinds = [*kinds, *[ReadKind.ACTUAL] * len(values)]
    reads = [
        Read("D", "mono", START + n * step, value, kind=kind)
        for n, (value, kind) in enumerate(zip(values, kinds, strict=False))
    ]
    return MeterLog.build(reads, None)


@pytest.mark.parametrize(
    ("day", "after"),
    [
        (date(2024, 1, 31), date(2024, 2, 1)),
        (date(2024, 12, 1), date(2025, 1, 1)),
        (date(2024, 11, 30), date(2024, 12, 1)),
    ],
)
def test_the_month_after(day, after):
    assert next_month(day) == after


def test_between_two_reads_the_counter_runs_evenly():
    log = log_of(1_000, 1_100)
    at = START.timestamp()
    assert [odometer_at(log, at + days * 86_400) for days in (0, 1, 5, 10)] == [0, 10, 50, 100]
    assert odometer_at(log, at - 1) is None and odometer_at(log, at + 10 * 86_400 + 1) is None


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.integers(0, 50_000), min_size=1, max_size=40),
    days=st.integers(1, 45),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]),
)
def test_months_add_up_to_what_the_counter_ran(steps, days, zone):
    values = [100]
    for step in steps:
        values.append(values[-1] + step)
    found = by_month(log_of(*values, step=timedelta(days=days)), ZoneInfo(zone))
    assert sum(found.values()) == values[-1] - values[0]
    assert all(clicks >= 0 for clicks in found.values())
    months = sorted(found)
    assert all(next_month(a) == b for a, b in zip(months, months[1:], strict=False)), "a month is missing"


def test_what_was_printed_before_an_install_is_nobodys():
    log = log_of(1_000, 1_100, 5, 65, kinds=(ReadKind.ACTUAL, ReadKind.ACTUAL, ReadKind.INSTALL))
    assert sum(by_month(log, UTC).values()) == 100 + 60


def test_one_read_is_no_volume():
    assert by_month(log_of(1_000), UTC) == {} and by_month(MeterLog(), UTC) == {}


def test_the_season_needs_every_month_and_averages_the_years():
    year = {date(2024, month, 1): 100 for month in range(1, 12)}
    assert season_of(year) == {}
    year[date(2024, 12, 1)] = 100
    year[date(2025, 12, 1)] = 500  # December: 300 on average; the mean of all is (11 x 100 + 300) / 12
    seasons = season_of(year)
    assert seasons[12] == pytest.approx(300 / (1_400 / 12))
    assert seasons[1] == pytest.approx(100 / (1_400 / 12))
    assert sum(seasons.values()) == pytest.approx(12)


def test_a_year_without_a_click_has_no_season():
    assert season_of({date(2024, month, 1): 0 for month in range(1, 13)}) == {}


def test_half_a_month_is_no_year_to_compare_with():
    clicks = {date(2024, 10, 1): 3, date(2024, 11, 1): 100, date(2025, 10, 1): 90, date(2025, 11, 1): 110}
    latest = datetime(2025, 12, 1, tzinfo=UTC).timestamp()
    rows = {row.month: row for row in months_of(("", "mono"), clicks, latest, UTC)}
    assert (rows[date(2025, 10, 1)].year_before, rows[date(2025, 10, 1)].change) == (None, None)
    assert rows[date(2025, 11, 1)].change == pytest.approx(10)
    assert [rows[month].whole for month in sorted(rows)] == [False, True, True, True]


def test_change_against_nothing_is_not_told():
    assert MonthVolume("", "mono", date(2025, 1, 1), 10, 0, None, True).change is None
