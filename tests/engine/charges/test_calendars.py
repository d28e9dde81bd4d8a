"""Whole calendars written by hand: cycles, anchors, parts at both ends, and amendments of the cycle."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from mps_module.engine.contract import Contract
from mps_module.engine.months import anchored, month_index
from mps_module.engine.schedule import DuePeriod, Stream, due_periods, periods

from .builders import click, contract, flat, version

FAR = date(2035, 12, 31)

# anchor day, months of the cycle, the first days of five cycles; the contract starts on the first of them
CALENDARS = [
    (1, 1, "2023-11-01 2023-12-01 2024-01-01 2024-02-01 2024-03-01"),
    (1, 2, "2023-11-01 2024-01-01 2024-03-01 2024-05-01 2024-07-01"),
    (1, 3, "2023-11-01 2024-02-01 2024-05-01 2024-08-01 2024-11-01"),
    (1, 4, "2023-11-01 2024-03-01 2024-07-01 2024-11-01 2025-03-01"),
    (1, 6, "2023-11-01 2024-05-01 2024-11-01 2025-05-01 2025-11-01"),
    (1, 12, "2023-11-01 2024-11-01 2025-11-01 2026-11-01 2027-11-01"),
    (15, 1, "2023-12-15 2024-01-15 2024-02-15 2024-03-15 2024-04-15"),
    (15, 2, "2023-12-15 2024-02-15 2024-04-15 2024-06-15 2024-08-15"),
    (15, 3, "2023-12-15 2024-03-15 2024-06-15 2024-09-15 2024-12-15"),
    (15, 4, "2023-12-15 2024-04-15 2024-08-15 2024-12-15 2025-04-15"),
    (15, 6, "2023-12-15 2024-06-15 2024-12-15 2025-06-15 2025-12-15"),
    (15, 12, "2023-12-15 2024-12-15 2025-12-15 2026-12-15 2027-12-15"),
    (29, 1, "2022-12-29 2023-01-29 2023-02-28 2023-03-29 2023-04-29"),
    (29, 2, "2023-12-29 2024-02-29 2024-04-29 2024-06-29 2024-08-29"),
    (29, 3, "2023-11-29 2024-02-29 2024-05-29 2024-08-29 2024-11-29"),
    (29, 4, "2022-10-29 2023-02-28 2023-06-29 2023-10-29 2024-02-29"),
    (29, 6, "2023-08-29 2024-02-29 2024-08-29 2025-02-28 2025-08-29"),
    (29, 12, "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
    (30, 1, "2023-12-30 2024-01-30 2024-02-29 2024-03-30 2024-04-30"),
    (30, 2, "2022-12-30 2023-02-28 2023-04-30 2023-06-30 2023-08-30"),
    (30, 3, "2024-11-30 2025-02-28 2025-05-30 2025-08-30 2025-11-30"),
    (30, 4, "2023-10-30 2024-02-29 2024-06-30 2024-10-30 2025-02-28"),
    (30, 6, "2023-08-30 2024-02-29 2024-08-30 2025-02-28 2025-08-30"),
    (30, 12, "2023-01-30 2024-01-30 2025-01-30 2026-01-30 2027-01-30"),
    (31, 1, "2024-01-31 2024-02-29 2024-03-31 2024-04-30 2024-05-31"),
    (31, 2, "2023-12-31 2024-02-29 2024-04-30 2024-06-30 2024-08-31"),
    (31, 3, "2023-08-31 2023-11-30 2024-02-29 2024-05-31 2024-08-31"),
    (31, 4, "2023-10-31 2024-02-29 2024-06-30 2024-10-31 2025-02-28"),
    (31, 6, "2023-03-31 2023-09-30 2024-03-31 2024-09-30 2025-03-31"),
    (31, 12, "2023-05-31 2024-05-31 2025-05-31 2026-05-31 2027-05-31"),
]


def days(text: str) -> list[date]:
    return [date.fromisoformat(day) for day in text.split()]


def cycling(start: date, months: int, end: date | None = None, **rules: object) -> Contract:
    """A base and a click line in the same cycle."""
    return contract(
        version(1, start, base_months=months, overage_months=months, **rules), start=start, end=end
    )


@pytest.mark.parametrize(("anchor", "months", "first_days"), CALENDARS)
def test_cycles_begin_on_the_days_of_the_calendar(anchor: int, months: int, first_days: str) -> None:
    expected = days(first_days)
    one = cycling(expected[0], months, anchor_day=anchor)
    ahead = periods(one, Stream.BASE, None, expected[-1])
    assert [part.period.start for part in ahead] == expected
    assert [part.due for part in ahead] == expected
    assert all(part.period == part.full for part in ahead)


@pytest.mark.parametrize(("anchor", "months", "first_days"), CALENDARS)
def test_arrears_fall_due_on_the_first_day_of_the_next_cycle(
    anchor: int, months: int, first_days: str
) -> None:
    expected = days(first_days)
    one = cycling(expected[0], months, anchor_day=anchor)
    behind = periods(one, Stream.OVERAGE, None, expected[-1])
    assert [part.due for part in behind] == expected[1:]
    assert [(part.period.start, part.period.end + timedelta(days=1)) for part in behind] == list(
        pairwise(expected)
    )


@pytest.mark.parametrize(("anchor", "months", "first_days"), CALENDARS)
def test_a_cursor_in_the_middle_takes_up_the_same_calendar(anchor: int, months: int, first_days: str) -> None:
    expected = days(first_days)
    one = cycling(expected[0], months, anchor_day=anchor)
    rest = due_periods(one, expected[2], expected[4])
    assert [bill.due for bill in rest] == expected[3:]
    assert [bill.base.start for bill in rest] == expected[3:]
    assert [bill.overage.start for bill in rest] == expected[2:4]


@pytest.mark.parametrize(
    ("start", "anchor", "months", "anchor_month", "part", "part_days", "full", "full_days"),
    [
        # cycles counted from the month of the start
        ("2024-01-20", 1, 3, None, "2024-01-20 – 2024-03-31", 72, "2024-01-01 – 2024-03-31", 91),
        ("2024-01-20", 31, 1, None, "2024-01-20 – 2024-01-30", 11, "2023-12-31 – 2024-01-30", 31),
        ("2024-03-01", 30, 1, None, "2024-03-01 – 2024-03-29", 29, "2024-02-29 – 2024-03-29", 30),
        ("2023-03-01", 30, 1, None, "2023-03-01 – 2023-03-29", 29, "2023-02-28 – 2023-03-29", 30),
        ("2024-02-29", 29, 1, None, "2024-02-29 – 2024-03-28", 29, "2024-02-29 – 2024-03-28", 29),
        ("2024-02-28", 29, 1, None, "2024-02-28 – 2024-02-28", 1, "2024-01-29 – 2024-02-28", 31),
        ("2024-01-14", 15, 2, None, "2024-01-14 – 2024-02-14", 32, "2023-12-15 – 2024-02-14", 62),
        # cycles counted from a month that the contract names
        ("2024-05-10", 1, 6, 4, "2024-05-10 – 2024-09-30", 144, "2024-04-01 – 2024-09-30", 183),
        ("2024-05-10", 15, 3, 1, "2024-05-10 – 2024-07-14", 66, "2024-04-15 – 2024-07-14", 91),
        ("2024-03-31", 1, 12, 2, "2024-03-31 – 2025-01-31", 307, "2024-02-01 – 2025-01-31", 366),
        ("2023-12-31", 31, 4, 12, "2023-12-31 – 2024-04-29", 121, "2023-12-31 – 2024-04-29", 121),
        ("2024-01-01", 1, 12, 7, "2024-01-01 – 2024-06-30", 182, "2023-07-01 – 2024-06-30", 366),
        ("2024-12-31", 1, 2, 11, "2024-12-31 – 2024-12-31", 1, "2024-11-01 – 2024-12-31", 61),
        ("2024-02-10", 1, 4, 6, "2024-02-10 – 2024-05-31", 112, "2024-02-01 – 2024-05-31", 121),
    ],
)
def test_the_first_part_of_a_cycle(
    start: str,
    anchor: int,
    months: int,
    anchor_month: int | None,
    part: str,
    part_days: int,
    full: str,
    full_days: int,
) -> None:
    first_day = date.fromisoformat(start)
    one = cycling(first_day, months, anchor_day=anchor, anchor_month=anchor_month)
    for stream in Stream:
        first = periods(one, stream, None, FAR)[0]
        assert (str(first.period), str(first.full)) == (part, full)
        assert (first.period.days, first.full.days) == (part_days, full_days)


@pytest.mark.parametrize(
    ("months", "end", "last", "of_days", "due"),
    [
        (1, "2024-02-29", "2024-02-01 – 2024-02-29", (29, 29), "2024-03-01"),
        (1, "2024-02-28", "2024-02-01 – 2024-02-28", (28, 29), "2024-02-29"),
        (2, "2024-03-15", "2024-03-01 – 2024-03-15", (15, 61), "2024-03-16"),
        (3, "2024-01-01", "2024-01-01 – 2024-01-01", (1, 91), "2024-01-02"),
        (4, "2024-08-31", "2024-05-01 – 2024-08-31", (123, 123), "2024-09-01"),
        (6, "2025-02-28", "2025-01-01 – 2025-02-28", (59, 181), "2025-03-01"),
        (12, "2024-12-30", "2024-01-01 – 2024-12-30", (365, 366), "2024-12-31"),
        (12, "2025-12-31", "2025-01-01 – 2025-12-31", (365, 365), "2026-01-01"),
    ],
)
def test_the_last_part_falls_due_the_day_after_the_end(
    months: int, end: str, last: str, of_days: tuple[int, int], due: str
) -> None:
    one = cycling(date(2024, 1, 1), months, date.fromisoformat(end))
    part = periods(one, Stream.OVERAGE, None, FAR)[-1]
    assert (str(part.period), str(part.due)) == (last, due)
    assert (part.period.days, part.full.days) == of_days
    bill = due_periods(one, None, FAR)[-1]
    assert (str(bill.due), bill.base) == (due, None)


def test_a_quarterly_base_and_monthly_clicks_on_the_15th() -> None:
    start = date(2024, 1, 15)
    rules = {"base_months": 3, "overage_months": 1, "anchor_day": 15}
    one = contract(version(1, start, **rules), start=start, end=date(2024, 7, 14))
    made = [(str(b.due), str(b.base or ""), str(b.overage or "")) for b in due_periods(one, None, FAR)]
    assert made == [
        ("2024-01-15", "2024-01-15 – 2024-04-14", ""),
        ("2024-02-15", "", "2024-01-15 – 2024-02-14"),
        ("2024-03-15", "", "2024-02-15 – 2024-03-14"),
        ("2024-04-15", "2024-04-15 – 2024-07-14", "2024-03-15 – 2024-04-14"),
        ("2024-05-15", "", "2024-04-15 – 2024-05-14"),
        ("2024-06-15", "", "2024-05-15 – 2024-06-14"),
        ("2024-07-15", "", "2024-06-15 – 2024-07-14"),
    ]


def test_a_yearly_base_in_arrears_and_quarterly_clicks_of_a_calendar_year() -> None:
    start = date(2024, 8, 20)
    rules = {"base_months": 12, "overage_months": 3, "anchor_month": 1, "base_in_advance": False}
    one = contract(version(1, start, **rules), start=start, end=date(2025, 3, 31))
    made = [(str(b.due), str(b.base or ""), str(b.overage or "")) for b in due_periods(one, None, FAR)]
    assert made == [
        ("2024-10-01", "", "2024-08-20 – 2024-09-30"),
        ("2025-01-01", "2024-08-20 – 2024-12-31", "2024-10-01 – 2024-12-31"),
        ("2025-04-01", "2025-01-01 – 2025-03-31", "2025-01-01 – 2025-03-31"),
    ]


# amendments of the cycle ------------------------------------------------------------------------------------------


def amended(start: str, *agreed: tuple[str, dict[str, object]]) -> Contract:
    first = date.fromisoformat(start)
    made = [version(1, first, flat(), click(), **agreed[0][1])]
    for number, (effective, rules) in enumerate(agreed[1:], start=2):
        made.append(version(number, date.fromisoformat(effective), flat(), click(), **rules))
    return contract(*made, start=first)


def rows(found: list[DuePeriod]) -> list[tuple[str, str, int]]:
    return [(str(one.due), str(one.period), one.full.days) for one in found]


def test_from_months_to_quarters_in_the_middle_of_march() -> None:
    one = amended("2024-01-01", ("", {}), ("2024-03-15", {"overage_months": 3}))
    assert rows(periods(one, Stream.OVERAGE, None, date(2024, 9, 1))) == [
        ("2024-02-01", "2024-01-01 – 2024-01-31", 31),
        ("2024-03-01", "2024-02-01 – 2024-02-29", 29),
        ("2024-03-15", "2024-03-01 – 2024-03-14", 31),
        ("2024-06-01", "2024-03-15 – 2024-05-31", 92),
        ("2024-09-01", "2024-06-01 – 2024-08-31", 92),
    ]


def test_a_year_paid_ahead_runs_out_before_the_months_begin() -> None:
    one = amended("2024-01-01", ("", {"base_months": 12}), ("2024-07-01", {}))
    assert rows(periods(one, Stream.BASE, None, date(2025, 2, 1))) == [
        ("2024-01-01", "2024-01-01 – 2024-12-31", 366),
        ("2025-01-01", "2025-01-01 – 2025-01-31", 31),
        ("2025-02-01", "2025-02-01 – 2025-02-28", 28),
    ]


def test_the_anchor_moves_from_the_1st_to_the_15th() -> None:
    one = amended("2024-02-01", ("", {}), ("2024-03-15", {"anchor_day": 15}))
    assert rows(periods(one, Stream.OVERAGE, None, date(2024, 5, 15))) == [
        ("2024-03-01", "2024-02-01 – 2024-02-29", 29),
        ("2024-03-15", "2024-03-01 – 2024-03-14", 31),
        ("2024-04-15", "2024-03-15 – 2024-04-14", 31),
        ("2024-05-15", "2024-04-15 – 2024-05-14", 30),
    ]
    # March was paid ahead; what is left until the 15th of April is a part
    assert rows(periods(one, Stream.BASE, None, date(2024, 4, 15))) == [
        ("2024-02-01", "2024-02-01 – 2024-02-29", 29),
        ("2024-03-01", "2024-03-01 – 2024-03-31", 31),
        ("2024-04-01", "2024-04-01 – 2024-04-14", 31),
        ("2024-04-15", "2024-04-15 – 2024-05-14", 30),
    ]


def test_the_anchor_moves_back_to_the_1st() -> None:
    one = amended("2024-01-15", ("", {"anchor_day": 15}), ("2024-03-01", {}))
    assert rows(periods(one, Stream.OVERAGE, None, date(2024, 4, 1))) == [
        ("2024-02-15", "2024-01-15 – 2024-02-14", 31),
        ("2024-03-01", "2024-02-15 – 2024-02-29", 29),
        ("2024-04-01", "2024-03-01 – 2024-03-31", 31),
    ]


def test_from_own_quarters_to_the_calendar_year() -> None:
    one = amended(
        "2024-02-01",
        ("", {"overage_months": 3}),
        ("2024-05-01", {"overage_months": 12, "anchor_month": 1}),
    )
    assert rows(periods(one, Stream.OVERAGE, None, date(2026, 1, 1))) == [
        ("2024-05-01", "2024-02-01 – 2024-04-30", 90),
        ("2025-01-01", "2024-05-01 – 2024-12-31", 366),
        ("2026-01-01", "2025-01-01 – 2025-12-31", 365),
    ]


def test_a_base_in_arrears_is_cut_where_half_years_begin() -> None:
    quarters = {"base_months": 3, "base_in_advance": False}
    halves = {"base_months": 6, "base_in_advance": False}
    one = amended("2024-01-01", ("", quarters), ("2024-02-10", halves))
    assert rows(periods(one, Stream.BASE, None, date(2025, 2, 1))) == [
        ("2024-02-10", "2024-01-01 – 2024-02-09", 91),
        ("2024-08-01", "2024-02-10 – 2024-07-31", 182),
        ("2025-02-01", "2024-08-01 – 2025-01-31", 184),
    ]


def test_quarters_that_were_agreed_for_two_months_only() -> None:
    one = amended("2024-01-01", ("", {}), ("2024-02-01", {"overage_months": 3}), ("2024-04-01", {}))
    made = periods(one, Stream.OVERAGE, None, date(2024, 6, 1))
    assert rows(made) == [
        ("2024-02-01", "2024-01-01 – 2024-01-31", 31),
        ("2024-04-01", "2024-02-01 – 2024-03-31", 90),
        ("2024-05-01", "2024-04-01 – 2024-04-30", 30),
        ("2024-06-01", "2024-05-01 – 2024-05-31", 31),
    ]
    assert [part.version.version for part in made] == [1, 2, 3, 3]


@pytest.mark.parametrize(
    ("year", "month", "anchor", "day"),
    [
        (2023, 2, 29, 28),
        (2024, 2, 30, 29),
        (2100, 2, 29, 28),  # no leap year
        (2000, 2, 31, 29),
        (2024, 4, 31, 30),
        (2024, 12, 31, 31),
    ],
)
def test_an_anchor_is_clipped_to_its_month(year: int, month: int, anchor: int, day: int) -> None:
    assert anchored(month_index(date(year, month, 1)), anchor) == date(year, month, day)
