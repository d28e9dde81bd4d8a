"""The order of a meter's reads, and the odometer that runs on through swaps, rollovers and moves."""

from __future__ import annotations

from datetime import timedelta, timezone
from itertools import permutations

import pytest

from mps_module.engine.meterlog import counter_span, step
from mps_module.engine.reads import ReadKind
from tests.engine.reads.build import at, log, read


@pytest.mark.parametrize(
    ("digits", "last", "span"),
    [
        (6, 999_990, 1_000_000),
        (5, 7, 100_000),
        (None, 999_990, 1_000_000),
        (None, 7, 10),
        (None, 1_000, 10_000),
    ],
)
def test_where_a_counter_starts_again(digits, last, span):
    assert counter_span(digits, last) == span


@pytest.mark.parametrize(
    ("kind", "last", "value", "digits", "clicks"),
    [
        ("actual", 900, 1_000, None, 100),
        ("actual", 1_000, 1_000, 6, 0),
        ("removal", 900, 1_000, None, 100),
        ("install", 900, 5_000, None, 0),
        ("reset", 900, 0, None, 0),
        ("rollover", 999_990, 15, 6, 25),
        ("rollover", 99_900, 50, 5, 150),
        ("rollover", 9_999, 0, None, 1),  # digits not known: the next power of ten
        ("rollover", 9_500, 500, 6, 991_000),
    ],
)
def test_clicks_between_two_reads(kind, last, value, digits, clicks):
    assert step(ReadKind(kind), last, value, digits) == clicks


def test_nothing_read_is_an_empty_log():
    empty = log(digits=6)
    assert (empty.reads, empty.odometers, empty.estimates, empty.digits) == ((), (), (), 6)
    assert empty.index_of(read("2024-01-01", 1)) == -1
    assert not empty.has_estimate(read("2024-01-01", 1, "estimate"))


def test_the_odometer_starts_at_the_first_read_wherever_the_counter_stands():
    made = log(read("2024-03-01", 70_500), read("2024-01-01", 70_000), read("2024-02-01", 70_100))
    assert made.odometers == (0, 100, 500)
    assert made.epochs == (0, 0, 0)
    assert [each.value for each in made.reads] == [70_000, 70_100, 70_500]


def test_a_life_of_swaps_moves_and_rollovers():
    made = log(
        read("2024-01-01", 99_000, "install"),
        read("2024-02-01", 99_900),
        read("2024-02-10", 50, "rollover"),  # 100 up to the end and 50 beyond
        read("2024-03-01", 250),
        read("2024-03-05", 0, "reset"),
        read("2024-04-01", 300),
        read("2024-04-10", 340, "removal"),
        read("2024-05-01", 400, "install"),  # 60 printed in the workshop are nobody's
        read("2024-06-01", 900),
        digits=5,
    )
    assert made.odometers == (0, 900, 1_050, 1_250, 1_250, 1_550, 1_590, 1_590, 2_090)
    assert made.epochs == (0, 0, 1, 1, 2, 2, 2, 3, 3)
    assert made.installs == (0, 7)
    assert made.removals == (6,)
    assert made.gaps == (0, 4, 7)  # a rollover goes on counting


def test_a_first_read_of_any_kind_opens_the_first_epoch():
    for kind in ("actual", "install", "reset", "rollover", "removal"):
        made = log(read("2024-01-01", 70, kind), read("2024-02-01", 100))
        assert made.odometers == (0, 30)
        assert made.epochs == (0, 0)


def test_at_one_moment_the_old_board_comes_before_the_new_one_whatever_the_order():
    day = "2024-02-10"
    rows = [read(day, 4_200), read(day, 0, "reset"), read("2024-01-01", 4_000), read("2024-03-01", 80)]
    for order in permutations(rows):
        made = log(*order)
        assert [each.value for each in made.reads] == [4_000, 4_200, 0, 80]
        assert made.odometers == (0, 200, 200, 280)


def test_a_device_that_changes_hands_at_one_moment():
    day = "2024-02-10"
    made = log(read(day, 510, "install"), read("2024-01-01", 100), read(day, 500, "removal"))
    assert [each.kind.value for each in made.reads] == ["actual", "removal", "install"]
    assert made.odometers == (0, 400, 400)


def test_estimates_stand_aside_in_their_own_order():
    made = log(
        read("2024-02-29", 950, "estimate"),
        read("2024-01-01", 100),
        read("2024-01-31", 500, "estimate"),
        read("2024-03-31", 1_300),
    )
    assert made.odometers == (0, 1_200)
    assert [each.value for each in made.estimates] == [500, 950]
    assert made.estimate_times == (at("2024-01-31").timestamp(), at("2024-02-29").timestamp())


def test_the_moment_counts_and_not_its_time_zone():
    """Noon in Kolkata is 06:30 UTC: the read before noon UTC comes first."""
    kolkata = timezone(timedelta(hours=5, minutes=30))
    later, sooner = read("2024-01-31 07:00", 200), read(at("2024-01-31").replace(tzinfo=kolkata), 150)
    assert [each.value for each in log(later, sooner).reads] == [150, 200]


class TestSuperseded:
    wrong = read("2024-02-01", 9_000, read_id="r2")
    right = read("2024-02-01", 900, read_id="r3", supersedes="r2", reason="slipped digit")

    def test_the_read_that_replaces_counts(self):
        made = log(read("2024-01-01", 0, read_id="r1"), self.wrong, self.right)
        assert made.odometers == (0, 900)
        assert made.superseded == ((self.wrong, self.right),)
        assert made.superseded[0][1].reason == "slipped digit"

    def test_a_chain_of_corrections_leaves_the_last(self):
        last = read("2024-02-01", 910, read_id="r4", supersedes="r3", reason="read once more")
        made = log(last, self.right, read("2024-01-01", 0, read_id="r1"), self.wrong)
        assert made.odometers == (0, 910)
        assert set(made.superseded) == {(self.wrong, self.right), (self.right, last)}

    def test_a_wrong_reset_that_is_taken_back_closes_no_epoch(self):
        rows = [read("2024-01-01", 500, read_id="a"), read("2024-02-01", 520, "reset", read_id="b")]
        rows += [
            read("2024-02-01", 520, read_id="c", supersedes="b", reason="no swap"),
            read("2024-03-01", 600),
        ]
        made = log(*rows)
        assert (made.odometers, made.epochs, made.gaps) == ((0, 20, 100), (0, 0, 0), ())

    def test_what_was_superseded_has_no_place(self):
        made = log(read("2024-01-01", 0, read_id="r1"), self.wrong, self.right)
        assert (made.index_of(self.wrong), made.index_of(self.right)) == (-1, 1)

    def test_nothing_left_but_what_replaces_a_read_that_is_not_here(self):
        made = log(self.right)
        assert (made.odometers, made.superseded) == ((0,), ())


class TestFinding:
    swap = log(read("2024-02-10", 4_200, read_id="x"), read("2024-02-10", 0, "reset", read_id="y"))

    @pytest.mark.parametrize(
        ("value", "kind", "read_id", "index"),
        [
            (4_200, "actual", "x", 0),
            (0, "reset", "y", 1),
            (0, "reset", "", 1),  # loaded from a store that gives no name
            (0, "reset", "x", -1),
            (4_200, "reset", "x", -1),
            (4_201, "actual", "x", -1),
        ],
    )
    def test_by_moment_value_kind_and_name(self, value, kind, read_id, index):
        assert self.swap.index_of(read("2024-02-10", value, kind, read_id=read_id)) == index

    def test_another_moment_is_another_read(self):
        assert self.swap.index_of(read("2024-02-10 12:01", 4_200, read_id="x")) == -1

    def test_an_estimate_is_found_among_the_estimates_only(self):
        told = read("2024-01-31", 500, "estimate", read_id="e")
        made = log(read("2024-01-01", 100), told)
        assert made.has_estimate(told)
        assert made.index_of(told) == -1
        assert not made.has_estimate(read("2024-01-31", 501, "estimate", read_id="e"))
