"""When a new read is too much: hand-computed spans, the week, the quarter, the season and the answerable read."""

from __future__ import annotations

import pytest

from mps_module.engine.forecast import DAY
from mps_module.engine.volume import Excess, Standing, excess, excess_after, expected_daily, last_year


def standing(*points: tuple[int, int], start: int = 0) -> Standing:
    """Reads as (day, odometer)."""
    return Standing([day * DAY for day, _ in points], [clicks for _, clicks in points], None, start)


STEADY = standing((0, 0), (30, 3_000))  # 100 a day


@pytest.mark.parametrize(
    ("day", "clicks", "days", "expected"),
    [
        (10, 1_500, None, None),  # 100 a day and half as much again: just what is let pass
        (10, 1_501, 10, 1_000),
        (7, 1_051, 7, 700),
        (2, 1_050, None, None),  # two days count as a week
        (2, 1_051, 7, 700),
        (365, 54_750, None, None),
        (365, 54_751, 365, 36_500),
    ],
)
def test_after_a_single_read_the_devices_volume_is_the_measure(day, clicks, days, expected):
    found = excess(standing((0, 0)), day * DAY, clicks, 100.0, 1.5)
    assert found == (None if days is None else Excess(clicks, days, expected, 1.5))


def test_where_nothing_is_known_nothing_is_remarkable():
    assert excess(standing((0, 0)), 10 * DAY, 999_999, None, 1.5) is None
    assert excess(Standing(), 10 * DAY, 999_999, 100.0, 1.5) is None


def test_the_message_names_the_span_the_measure_and_the_buffer():
    found = excess(standing((0, 0)), 10 * DAY, 1_501, 100.0, 1.5)
    assert found.message == (
        "1,501 clicks in 10 days, 1,000 expected: above by more than the buffer of 50 %."
    )


@pytest.mark.parametrize(
    ("points", "monthly", "daily"),
    [
        ([(0, 0), (28, 2_800)], 10.0, 100.0),  # four weeks of reads say more than the device's volume
        ([(0, 0), (27, 2_700)], 10.0, 10.0),
        ([(0, 0), (27, 2_700)], None, 100.0),
        ([(0, 0), (7, 700)], None, 100.0),
        ([(0, 0), (6, 600)], None, None),
        ([(0, 0)], None, None),
        ([(0, 0)], 10.0, 10.0),
        ([(0, 0), (9, 90_000), (100, 99_100)], 10.0, 100.0),  # a quarter back, and no further
        ([(0, 0), (10, 10_000), (100, 19_000)], 10.0, 190.0),  # the read at the quarter's edge or before
    ],
)
def test_the_expected_daily_volume(points, monthly, daily):
    assert expected_daily(standing(*points), len(points) - 1, monthly) == daily


def test_what_was_printed_elsewhere_is_no_measure():
    moved = standing((0, 0), (30, 90_000), start=1)
    assert expected_daily(moved, 1, 20.0) == 20.0
    assert excess(moved, 40 * DAY, 90_000 + 301, 20.0, 1.5) == Excess(301, 10, 200, 1.5)
    assert excess(moved, 40 * DAY, 90_000 + 300, 20.0, 1.5) is None


def test_an_install_that_was_not_taken_in_yet_leaves_nothing_to_compare():
    assert excess(standing((0, 0), (30, 3_000), start=2), 40 * DAY, 99_999, 100.0, 1.5) is None


def test_the_quarters_own_pace_beats_the_devices_volume():
    assert excess(STEADY, 40 * DAY, 4_500, 1.0, 1.5) is None
    assert excess(STEADY, 40 * DAY, 4_501, 9_999.0, 1.5) == Excess(1_501, 10, 1_000, 1.5)


class TestTheReadThatBroughtIt:
    jumped = standing((0, 0), (30, 3_000), (35, 10_000))

    def test_it_is_flagged_itself(self):
        assert excess(STEADY, 37 * DAY, 10_000, None, 1.5) == Excess(7_000, 7, 700, 1.5)

    def test_the_next_one_answers_for_its_own_part(self):
        assert excess(self.jumped, 37 * DAY, 10_200, None, 1.5) is None
        assert excess(self.jumped, 37 * DAY, 11_050, None, 1.5) is None

    def test_and_is_flagged_where_its_own_part_is_too_much(self):
        assert excess(self.jumped, 37 * DAY, 11_051, None, 1.5) == Excess(1_051, 7, 700, 1.5)

    def test_many_small_steps_that_add_up_are_seen(self):
        """Each of three steps stays under the week's measure; together they do not."""
        creeping = standing((0, 0), (30, 3_000), (32, 3_400), (34, 3_800))
        assert excess(creeping, 37 * DAY, 4_050, None, 1.5) is None
        assert excess(creeping, 37 * DAY, 4_051, None, 1.5) == Excess(1_051, 7, 700, 1.5)


class TestTheYearBefore:
    # 100 a day, then 200 a day in the second month, then 50 a day up to day 395
    seasonal = standing((0, 0), (30, 3_000), (60, 9_000), (395, 25_750))

    @pytest.mark.parametrize(
        ("since", "now", "clicks"),
        [
            (395, 405, 2_000),  # days 30 to 40 of the year before
            (402, 405, 1_400),  # a week at least: days 33 to 40
            (385, 405, 1_000 + 2_000),  # days 20 to 40, over the turn of the pace
            (365, 375, 1_000),
            (364, 375, 0),  # a day before the first read
            (750, 761, 0),  # after the last one
        ],
    )
    def test_clicks_of_the_same_days(self, since, now, clicks):
        assert last_year(self.seasonal, since * DAY, now * DAY) == pytest.approx(clicks)

    def test_days_before_an_install_do_not_count(self):
        moved = standing((0, 0), (31, 3_200), (60, 9_000), (395, 25_750), start=1)
        assert last_year(moved, 395 * DAY, 405 * DAY) == 0

    def test_a_rise_that_comes_every_year_is_no_noise(self):
        """50 a day lately allows 600 in ten days at a buffer of a fifth; the year before had 2,000."""
        assert excess(self.seasonal, 405 * DAY, 25_750 + 2_400, None, 1.2) is None
        found = excess(self.seasonal, 405 * DAY, 25_750 + 2_401, None, 1.2)
        assert found == Excess(2_401, 10, 500, 1.2)


@pytest.mark.parametrize(
    ("used", "days", "found"),
    [
        (2_100, 14, None),
        (2_101, 14, Excess(2_101, 14, 1_400, 1.5)),
        (1_050, 1, None),  # a week at least
        (1_051, 1, Excess(1_051, 7, 700, 1.5)),
    ],
)
def test_between_a_reset_and_the_read_after_it(used, days, found):
    assert excess_after(STEADY, used, days * DAY, None, 1.5) == found


def test_a_reset_where_no_volume_is_known():
    assert excess_after(standing((0, 0)), 999_999, 14 * DAY, None, 1.5) is None
