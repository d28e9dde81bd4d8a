"""The life of a device in clicks, through swaps of the board and of the place."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.callbacks import Call, Norm, Visit, is_callback
from mps_module.engine.life import LifeCounter, life_meters
from mps_module.engine.meterlog import MeterLog
from mps_module.engine.meters import MeterType
from mps_module.engine.reads import Read, ReadKind, ReadSource


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=timezone.utc)


def log(*rows: tuple, meter: str = "total", digits: int | None = 7) -> MeterLog:
    reads = [
        Read(
            "D", meter, at(day), value, ReadSource.STAFF, kind[0] if kind else ReadKind.ACTUAL, f"{meter}{n}"
        )
        for n, (day, value, *kind) in enumerate(rows)
    ]
    return MeterLog.build(reads, MeterType(meter, meter, digits=digits))


@pytest.mark.parametrize(
    ("read", "counted"),
    [
        (("total", "mono", "colour"), {"mono", "colour"}),
        (("total", "colour", "scan"), {"total"}),
        (("mono", "colour", "scan", "duplex", "a3"), {"mono", "colour"}),
        (("mono", "colour", "other"), {"mono", "colour"}),
        (("mono_a4", "mono_a3", "colour_a4"), {"mono_a4", "mono_a3", "colour_a4"}),
        (("copy", "print", "scan"), {"copy", "print"}),
        (("labels",), {"labels"}),
        ((), set()),
    ],
)
def test_every_page_is_counted_once(read, counted):
    assert life_meters(read) == counted


def test_clicks_lie_on_the_line_between_two_reads_and_stand_still_outside_them():
    life = LifeCounter.of({"total": log((1, 1_000), (11, 2_000))})
    assert [life.at(at(day)) for day in (1, 6, 11, 20)] == [0, 500, 1_000, 1_000]
    assert life.at(datetime(2026, 5, 1, tzinfo=timezone.utc)) == 0
    assert life.between(at(2), at(4)) == 200


def test_mono_and_colour_together_are_the_life_of_a_device_without_a_total():
    life = LifeCounter.of(
        {
            "mono": log((1, 100), (11, 1_100), meter="mono"),
            "colour": log((1, 0), (11, 500), meter="colour"),
            "scan": log((1, 0), (11, 9_000), meter="scan"),
        }
    )
    assert life.at(at(11)) == 1_500


def test_a_device_that_was_never_read_has_no_life():
    assert LifeCounter.of({"total": MeterLog()}).at(at(1)) is None
    assert LifeCounter().between(at(1), at(9)) == 0


def test_a_callback_across_a_board_swap_counts_what_was_printed_and_not_what_the_counter_shows():
    """The new board starts at 0: by raw values the device would have made -49,100 clicks since the repair."""
    life = LifeCounter.of({"total": log((1, 50_000), (5, 50_400), (5, 0, ReadKind.RESET), (9, 900))})
    since = life.at(at(9)) - life.at(at(1))
    assert since == 1_300  # 400 on the old board, 900 on the new one
    first = Call("A", at(1), at(1, 12), "D", visits=(Visit(at(1, 12)),), completed_life=life.at(at(1)))
    again = Call("B", at(9), device="D", norm=Norm(30, 1_200), opened_life=life.at(at(9)))
    assert not is_callback(first, again)  # 1,300 is not under 1,200
    again = Call("B", at(9), device="D", norm=Norm(30, 1_301), opened_life=life.at(at(9)))
    assert is_callback(first, again)


def test_what_was_printed_between_removal_and_a_new_install_elsewhere_is_nobodys():
    life = LifeCounter.of(
        {
            "total": log(
                (1, 10_000), (4, 10_600, ReadKind.REMOVAL), (8, 12_000, ReadKind.INSTALL), (10, 12_250)
            )
        }
    )
    assert life.at(at(10)) - life.at(at(1)) == 850  # 600 before, 250 after


def test_a_rollover_goes_on_counting():
    life = LifeCounter.of({"total": log((1, 9_999_900), (3, 150, ReadKind.ROLLOVER))})
    assert life.at(at(3)) == 250


@given(st.lists(st.integers(0, 5_000), min_size=2, max_size=12), st.integers(0, 11))
def test_a_board_swap_between_two_reads_changes_no_clicks(steps, where):
    """The same prints, once on one board and once with a swap: the life is the same."""
    plain, swapped, value, shown = [], [], 0, 0
    for day, clicks in enumerate(steps, 1):
        value += clicks
        shown += clicks
        plain.append((day, value))
        swapped.append((day, shown))
        if day == where:
            swapped.append((day, 0, ReadKind.RESET))
            shown = 0
    one, other = (LifeCounter.of({"total": log(*rows)}) for rows in (plain, swapped))
    assert one.at(at(len(steps))) == other.at(at(len(steps))) == sum(steps[1:])
