"""What a device says of its supplies: percentages, words, Printer-MIB figures; refills, noise and misreadings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.supply_levels import (
    Level,
    State,
    dropped_suddenly,
    of_percent,
    of_snmp,
    of_text,
    ordered,
    runs,
    supply_key,
)
from tests.engine.supplies.build import at, level, levels, told


@pytest.mark.parametrize(
    ("text", "percent", "state"),
    [
        ("42", 42.0, State.MEASURED),
        ("42 %", 42.0, State.MEASURED),
        ("7,5%", 7.5, State.MEASURED),
        ("0", 0.0, State.EMPTY),
        ("100", 100.0, State.MEASURED),
        ("OK", None, State.OK),
        ("Low", None, State.LOW),
        ("near-empty", None, State.LOW),
        ("NEAR_EMPTY", None, State.LOW),
        ("empty", 0.0, State.EMPTY),
        ("Replace", 0.0, State.EMPTY),
    ],
)
def test_words_and_percentages(text, percent, state):
    assert of_text(text, at(0)) == Level(at(0), percent, state)


@pytest.mark.parametrize("text", ["", "101", "-5", "half", "4 2", "1e2", "nan"])
def test_what_is_no_level_is_refused(text):
    with pytest.raises(ValueError):
        of_text(text, at(0))


@pytest.mark.parametrize(
    ("value", "most", "filled", "percent", "state"),
    [
        (28, 100, False, 28.0, State.MEASURED),
        (17208, 25000, False, 68.832, State.MEASURED),  # a drum that counts pages
        (0, 100, False, 0.0, State.EMPTY),
        (-3, 100, False, None, State.OK),
        (-3, -2, False, None, State.OK),
        (0, -2, False, 0.0, State.EMPTY),
        (120, 100, False, 100.0, State.MEASURED),
        (30, 100, True, 70.0, State.MEASURED),  # a waste box with 30 % in it
        (100, 100, True, 0.0, State.EMPTY),
    ],
)
def test_printer_mib(value, most, filled, percent, state):
    found = of_snmp(value, most, at(0), filled)
    assert found.state is state
    assert found.percent == (None if percent is None else pytest.approx(percent))


@pytest.mark.parametrize(
    ("value", "most", "filled"), [(-2, 100, False), (-1, 100, False), (40, -2, False), (0, -2, True)]
)
def test_what_the_device_does_not_know_is_no_level(value, most, filled):
    assert of_snmp(value, most, at(0), filled) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Black Toner Cartridge", "black"),
        ("Toner Cartridge", "black"),
        ("Toner (Yellow)", "yellow"),
        ("TK-8335M Magenta", "magenta"),
        ("K", "black"),
        ("c", "cyan"),
        ("Cyan Drum 828A HP CF359A", "drum cyan"),
        ("Imaging Drum HP CF219A", "drum"),
        ("Waste Toner", "waste"),
        ("Waste Toner Box", "waste"),
        ("Transfer Kit", "transfer"),
        ("Fuser Kit 110V", "fuser"),
        ("Maintenance Kit", "maintenance"),
        ("Jaune", "yellow"),
        ("Something Else", "something else"),
        ("", ""),
    ],
)
def test_names_of_supplies(name, key):
    assert supply_key(name) == key


@given(st.text(max_size=80))
def test_a_key_stands_for_itself(name):
    key = supply_key(name)
    assert supply_key(key) == key


class TestRuns:
    def test_a_refill_cuts(self):
        first, second = runs(levels(d0=100, d30=40, d60=5, d61=100, d80=70))
        assert [each.percent for each in first.levels] == [100, 40, 5]
        assert (first.refilled, second.refilled, second.left_before) == (False, True, 5)
        assert (first.used, second.used) == (95, 30)
        assert (first.days, second.days) == (60, 19)

    def test_a_percent_or_two_up_is_noise_and_no_use(self):
        (only,) = runs(levels(d0=80, d5=79, d10=81, d15=78, d20=80, d25=77))
        assert only.used == 3

    def test_a_shaken_cartridge_is_no_refill(self):
        (only,) = runs(levels(d0=20, d10=8, d11=14, d20=6))
        assert only.used == 14

    def test_an_early_swap_that_ends_full_is_a_refill(self):
        first, second = runs(levels(d0=100, d10=93, d11=100))
        assert second.refilled and second.left_before == 93 and first.used == 7

    def test_a_device_that_warms_up_says_nothing_for_a_moment(self):
        rows = [level(0, 60), level(0.5, 0), level(1, 60), level(2, 59)]
        assert [each.percent for each in ordered(rows)] == [60, 60, 59]
        (only,) = runs(rows)
        assert only.used == 1

    def test_a_full_reading_between_two_low_ones_is_a_misreading_too(self):
        (only,) = runs([level(0, 40), level(0.5, 100), level(1, 39)])
        assert only.used == 1

    def test_weeks_apart_the_same_figures_are_a_refill(self):
        assert len(runs(levels(d0=100, d30=10, d60=100))) == 2

    def test_low_and_ok_again_is_a_refill(self):
        found = runs([told(0, State.OK), told(30, State.LOW), told(33, State.EMPTY), told(34, State.OK)])
        assert [run.refilled for run in found] == [False, True]
        assert found[1].left_before == 0  # it was empty

    def test_low_then_ok_leaves_unknown_what_was_left(self):
        found = runs([told(0, State.LOW), told(3, State.OK)])
        assert found[1].left_before is None

    def test_low_then_a_percentage_is_a_refill_where_it_is_high(self):
        assert len(runs([told(0, State.LOW), level(1, 95)])) == 2
        assert len(runs([told(0, State.LOW), level(1, 9)])) == 1

    def test_two_cartridges_of_one_name_count_once_by_the_fuller(self):
        rows = [told(0, State.EMPTY), told(0, State.OK)]
        assert ordered(rows) == [told(0, State.OK)]

    def test_nothing_known(self):
        assert runs([]) == []


percents = st.integers(0, 100)
series = st.lists(st.tuples(st.integers(0, 400), percents), min_size=1, max_size=40).map(
    lambda rows: [of_percent(percent, at(day)) for day, percent in rows]
)


@given(series)
def test_no_level_is_lost_or_counted_twice_by_the_cuts(rows):
    assert [each for run in runs(rows) for each in run.levels] == ordered(rows)


@given(series)
def test_use_is_never_negative_nor_more_than_what_was_there(rows):
    for run in runs(rows):
        assert 0 <= run.used <= run.levels[0].percent


@given(st.lists(percents, min_size=2, max_size=12))
def test_what_only_falls_is_one_run_and_all_of_it_is_use(values):
    falling = sorted(values, reverse=True)
    (only,) = runs([level(10 * n, percent) for n, percent in enumerate(falling)])
    assert only.used == falling[0] - falling[-1]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=6), st.integers(71, 100))
def test_a_refill_never_counts_as_consumption(values, filled):
    """Use before and after a refill is the same as without it."""
    before = sorted(values, reverse=True)
    plain = [level(10 * n, percent) for n, percent in enumerate(before)]
    after = [level(10 * len(before) + 10 * n, filled - n) for n in range(3)]
    found = runs([*plain, *after])
    assert [run.used for run in found] == [before[0] - before[-1], 2]
    assert found[1].left_before == before[-1]


@given(series, st.randoms())
def test_the_order_in_which_levels_come_in_does_not_matter(rows, random):
    mixed = list(rows)
    random.shuffle(mixed)
    assert runs(mixed) == runs(rows)


def test_a_sudden_drop_waits_for_the_next_level():
    assert dropped_suddenly([level(0, 80), level(1, 20)])
    assert not dropped_suddenly([level(0, 80), level(1, 20), level(2, 20)])
    assert not dropped_suddenly([level(0, 80), level(9, 20)])
    assert not dropped_suddenly([level(0, 80)])
