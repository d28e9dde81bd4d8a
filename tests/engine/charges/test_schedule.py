"""Schedule: which periods fall due, cut where, and caught up from a cursor."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import Contract, ContractVersion, Line, LineKind
from mps_module.engine.periods import BillPeriod
from mps_module.engine.schedule import DuePeriod, Stream, due_periods, overage_periods, periods
from tests.work import counted

from .builders import click, contract, flat, period, price, version

FAR = date(2040, 1, 1)
DAY = timedelta(days=1)


def shown(bills: list[BillPeriod]) -> list[tuple[str, str, str]]:
    return [(str(b.due), str(b.base or ""), str(b.overage or "")) for b in bills]


def test_monthly_base_ahead_and_quarterly_overage_behind() -> None:
    bills = due_periods(contract(version(overage_months=3), end=date(2024, 5, 31)), None, FAR)
    assert shown(bills) == [
        ("2024-01-01", "2024-01-01 – 2024-01-31", ""),
        ("2024-02-01", "2024-02-01 – 2024-02-29", ""),
        ("2024-03-01", "2024-03-01 – 2024-03-31", ""),
        ("2024-04-01", "2024-04-01 – 2024-04-30", "2024-01-01 – 2024-03-31"),
        ("2024-05-01", "2024-05-01 – 2024-05-31", ""),
        ("2024-06-01", "", "2024-04-01 – 2024-05-31"),  # the last bill: overage only
    ]
    assert bills[-1].overage_full == period("2024-04-01", "2024-06-30")
    assert str(bills[3].closes) == "2024-03-31"


def test_a_contract_in_mid_cycle_has_parts_with_their_full_cycles() -> None:
    bills = due_periods(contract(start=date(2024, 1, 9), end=date(2024, 3, 10)), None, FAR)
    assert shown(bills) == [
        ("2024-01-09", "2024-01-09 – 2024-01-31", ""),
        ("2024-02-01", "2024-02-01 – 2024-02-29", "2024-01-09 – 2024-01-31"),
        ("2024-03-01", "2024-03-01 – 2024-03-10", "2024-02-01 – 2024-02-29"),
        ("2024-03-11", "", "2024-03-01 – 2024-03-10"),
    ]
    first, last = bills[0], bills[-1]
    assert (first.base.days, first.base_full.days) == (23, 31)
    assert (last.overage.days, last.overage_full.days) == (10, 31)


def test_base_in_arrears_falls_due_with_the_overage() -> None:
    bills = due_periods(contract(version(base_in_advance=False), end=date(2024, 2, 29)), None, FAR)
    assert shown(bills) == [
        ("2024-02-01", "2024-01-01 – 2024-01-31", "2024-01-01 – 2024-01-31"),
        ("2024-03-01", "2024-02-01 – 2024-02-29", "2024-02-01 – 2024-02-29"),
    ]


def test_anchor_15_is_the_cycle_of_the_tolerance_vector() -> None:
    bills = due_periods(
        contract(version(anchor_day=15), start=date(2023, 8, 15)), date(2023, 8, 15), date(2023, 9, 15)
    )
    assert bills[0].overage == period("2023-08-15", "2023-09-14")


def test_anchor_31_is_clipped_to_the_month() -> None:
    made = periods(
        contract(version(anchor_day=31), start=date(2023, 12, 31)), Stream.BASE, None, date(2024, 4, 30)
    )
    assert [str(one.period.start) for one in made] == [
        "2023-12-31",
        "2024-01-31",
        "2024-02-29",
        "2024-03-31",
        "2024-04-30",
    ]
    assert all(one.period == one.full for one in made)


def test_cycles_count_from_the_start_or_from_the_month_named() -> None:
    start = date(2024, 8, 1)
    own = periods(contract(version(base_months=12, effective=start), start=start), Stream.BASE, None, start)
    assert own[0].full == period("2024-08-01", "2025-07-31")
    calendar = contract(version(1, start, base_months=12, anchor_month=1), start=start)
    first = periods(calendar, Stream.BASE, None, start)[0]
    assert (first.period, first.full) == (
        period("2024-08-01", "2024-12-31"),
        period("2024-01-01", "2024-12-31"),
    )
    assert (first.period.days, first.full.days) == (153, 366)


def test_what_was_missed_is_caught_up_one_bill_a_period() -> None:
    one = contract()
    missed = due_periods(one, date(2024, 2, 1), date(2024, 5, 17))
    assert [str(bill.due) for bill in missed] == ["2024-03-01", "2024-04-01", "2024-05-01"]
    assert [str(bill.overage) for bill in missed] == [
        "2024-02-01 – 2024-02-29",
        "2024-03-01 – 2024-03-31",
        "2024-04-01 – 2024-04-30",
    ]
    assert due_periods(one, date(2024, 5, 1), date(2024, 5, 31)) == []


def test_a_cursor_on_no_due_date_works_too() -> None:
    assert [str(b.due) for b in due_periods(contract(), date(2024, 2, 10), date(2024, 3, 1))] == [
        "2024-03-01"
    ]


def test_nothing_is_due_before_the_start_or_after_the_end() -> None:
    assert due_periods(contract(), None, date(2023, 12, 31)) == []
    ended = contract(end=date(2024, 3, 31))
    assert due_periods(ended, date(2024, 4, 1), FAR) == []


def test_no_empty_bill_where_a_version_has_nothing_to_charge() -> None:
    only_base = contract(version(1, date(2024, 1, 1), flat()), end=date(2024, 2, 29))
    assert shown(due_periods(only_base, None, FAR)) == [
        ("2024-01-01", "2024-01-01 – 2024-01-31", ""),
        ("2024-02-01", "2024-02-01 – 2024-02-29", ""),
    ]
    only_clicks = contract(version(1, date(2024, 1, 1), click()), end=date(2024, 1, 31))
    assert shown(due_periods(only_clicks, None, FAR)) == [("2024-02-01", "", "2024-01-01 – 2024-01-31")]


def test_a_block_is_bought_at_the_start_and_renewed_in_arrears() -> None:
    block = Line("block", LineKind.BLOCK, price((None, "250")))
    bills = due_periods(contract(version(1, date(2024, 1, 1), block), end=date(2024, 2, 29)), None, FAR)
    assert shown(bills) == [
        ("2024-01-01", "2024-01-01 – 2024-01-31", ""),
        ("2024-02-01", "", "2024-01-01 – 2024-01-31"),
        ("2024-03-01", "", "2024-02-01 – 2024-02-29"),
    ]


# versions ---------------------------------------------------------------------------------------------------------


def test_a_version_without_another_cycle_leaves_the_periods_alone() -> None:
    plain = contract()
    two = contract(version(), version(2, date(2024, 2, 15)))
    assert due_periods(two, None, date(2024, 6, 1)) == due_periods(plain, None, date(2024, 6, 1))
    made = periods(two, Stream.OVERAGE, None, date(2024, 4, 1))
    assert [one.version.version for one in made] == [1, 1, 2]  # February began under version 1


def test_a_new_cycle_cuts_arrears_and_lets_what_was_paid_ahead_run_out() -> None:
    two = contract(
        version(base_months=3, overage_months=3), version(2, date(2024, 2, 15)), end=date(2024, 5, 31)
    )
    assert shown(due_periods(two, None, FAR)) == [
        ("2024-01-01", "2024-01-01 – 2024-03-31", ""),
        ("2024-02-15", "", "2024-01-01 – 2024-02-14"),
        ("2024-03-01", "", "2024-02-15 – 2024-02-29"),
        ("2024-04-01", "2024-04-01 – 2024-04-30", "2024-03-01 – 2024-03-31"),
        ("2024-05-01", "2024-05-01 – 2024-05-31", "2024-04-01 – 2024-04-30"),
        ("2024-06-01", "", "2024-05-01 – 2024-05-31"),
    ]
    cut = periods(two, Stream.OVERAGE, None, FAR)
    assert cut[0].full == period("2024-01-01", "2024-03-31")
    assert cut[1].full == period("2024-02-01", "2024-02-29")


def test_a_new_grid_counts_from_its_version() -> None:
    two = contract(version(), version(2, date(2024, 3, 1), base_months=3, overage_months=3))
    made = periods(two, Stream.BASE, None, date(2024, 9, 1))
    assert [str(one.period) for one in made[2:]] == [
        "2024-03-01 – 2024-05-31",
        "2024-06-01 – 2024-08-31",
        "2024-09-01 – 2024-11-30",
    ]


def test_base_that_turns_to_advance_gives_two_bills_and_no_double_one() -> None:
    two = contract(version(base_in_advance=False), version(2, date(2024, 2, 1)), end=date(2024, 3, 31))
    assert shown(due_periods(two, None, FAR)) == [
        ("2024-02-01", "2024-01-01 – 2024-01-31", "2024-01-01 – 2024-01-31"),
        ("2024-02-02", "2024-02-01 – 2024-02-29", ""),
        ("2024-03-01", "2024-03-01 – 2024-03-31", "2024-02-01 – 2024-02-29"),
        ("2024-04-01", "", "2024-03-01 – 2024-03-31"),
    ]
    # the same from a cursor between the two
    assert shown(due_periods(two, date(2024, 2, 1), date(2024, 2, 28)))[0][0] == "2024-02-02"


def test_a_single_day_in_advance_after_arrears_pushes_the_next_period_on_too() -> None:
    """The 29th alone waits for the arrears of the days before it; what begins on the 30th waits for the 29th."""
    three = contract(
        version(base_in_advance=False),
        version(2, date(2024, 1, 29), anchor_day=30),
        end=date(2024, 2, 28),
    )
    assert shown(due_periods(three, None, FAR)) == [
        ("2024-01-29", "2024-01-01 – 2024-01-28", "2024-01-01 – 2024-01-28"),
        ("2024-01-30", "2024-01-29 – 2024-01-29", "2024-01-29 – 2024-01-29"),
        ("2024-01-31", "2024-01-30 – 2024-02-28", ""),
        ("2024-02-29", "", "2024-01-30 – 2024-02-28"),
    ]


def test_base_that_turns_to_arrears_leaves_no_month_out() -> None:
    two = contract(version(), version(2, date(2024, 2, 1), base_in_advance=False), end=date(2024, 3, 31))
    assert shown(due_periods(two, None, FAR)) == [
        ("2024-01-01", "2024-01-01 – 2024-01-31", ""),
        ("2024-02-01", "", "2024-01-01 – 2024-01-31"),
        ("2024-03-01", "2024-02-01 – 2024-02-29", "2024-02-01 – 2024-02-29"),
        ("2024-04-01", "2024-03-01 – 2024-03-31", "2024-03-01 – 2024-03-31"),
    ]


def test_history_holds_every_overage_period_that_ended() -> None:
    one = contract(version(overage_months=2), start=date(2024, 1, 15))
    assert overage_periods(one, date(2024, 5, 1)) == [
        (period("2024-01-15", "2024-02-29"), period("2024-01-01", "2024-02-29")),
        (period("2024-03-01", "2024-04-30"), period("2024-03-01", "2024-04-30")),
    ]
    assert overage_periods(one, date(2024, 4, 30))[1:] == []


# properties -------------------------------------------------------------------------------------------------------

cycles = st.sampled_from([1, 2, 3, 4, 6, 12])
days = st.dates(date(2019, 1, 1), date(2027, 12, 31))


@st.composite
def versions(draw: st.DrawFn, number: int, effective: date) -> ContractVersion:
    return version(
        number,
        effective,
        base_months=draw(cycles),
        overage_months=draw(cycles),
        anchor_day=draw(st.sampled_from([1, 1, 1, 15, 28, 29, 30, 31])),
        anchor_month=draw(st.one_of(st.none(), st.integers(1, 12))),
        base_in_advance=draw(st.booleans()),
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    start = draw(days)
    dates = [start, *sorted(draw(st.sets(days.filter(lambda day: day > start), max_size=3)))]
    end = draw(st.one_of(st.none(), st.integers(0, 2500).map(lambda gap: start + timedelta(days=gap))))
    made = [draw(versions(number, effective)) for number, effective in enumerate(dates, start=1)]
    return contract(*made, start=start, end=end)


HORIZON = date(2031, 1, 1)


@given(contracts())
def test_each_day_is_in_exactly_one_period_of_each_stream(one: Contract) -> None:
    for stream in Stream:
        made = periods(one, stream, None, HORIZON)
        assert not made or made[0].period.start == one.start
        for earlier, later in pairwise(made):
            assert later.period.start == earlier.period.end + DAY
        if one.end is not None and one.end < HORIZON - DAY:
            assert made[-1].period.end == one.end
        for part in made:
            assert part.full.start <= part.period.start <= part.period.end <= part.full.end


@given(contracts())
def test_due_dates_rise_and_hold_every_period_once(one: Contract) -> None:
    bills = due_periods(one, None, HORIZON)
    assert all(earlier.due < later.due for earlier, later in pairwise(bills))
    base = [bill.base for bill in bills if bill.base]
    overage = [bill.overage for bill in bills if bill.overage]
    assert base == [part.period for part in periods(one, Stream.BASE, None, HORIZON)]
    assert overage == [part.period for part in periods(one, Stream.OVERAGE, None, HORIZON)]
    for bill in bills:
        assert bill.overage is None or bill.due == bill.overage.end + DAY
        if bill.base and one.version_on(bill.base.start).rules.base_in_advance:
            assert bill.due - bill.base.start in (timedelta(0), DAY)
        elif bill.base:
            assert bill.due == bill.base.end + DAY


@given(contracts(), st.data())
def test_any_cursor_gives_the_rest_and_nothing_else(one: Contract, data: st.DataObject) -> None:
    every = due_periods(one, None, HORIZON)
    cursor = data.draw(st.dates(one.start, HORIZON))
    until = data.draw(st.dates(one.start, HORIZON))
    assert due_periods(one, cursor, until) == [bill for bill in every if cursor < bill.due <= until]


@given(contracts(), st.lists(days, max_size=6))
def test_billing_in_any_steps_bills_the_same(one: Contract, stops: list[date]) -> None:
    cursor: date | None = None
    billed: list[BillPeriod] = []
    for stop in [*sorted(stops), HORIZON]:
        billed += due_periods(one, cursor, stop)
        cursor = billed[-1].due if billed else None
    assert billed == due_periods(one, None, HORIZON)


@given(contracts())
def test_history_is_what_the_stream_says(one: Contract) -> None:
    def plain(parts: list[DuePeriod]) -> list[tuple]:
        return [(part.period, part.full) for part in parts]

    made = periods(one, Stream.OVERAGE, None, HORIZON)
    assert overage_periods(one, HORIZON) == plain(made)
    for part in made[:5]:
        assert overage_periods(one, part.period.start) == plain(made[: made.index(part)])


def calls_made(contract_start: date) -> int:
    """Calls of functions that finding the one bill after 1 May 2024 takes."""
    one = contract(start=contract_start)
    found, work = counted(lambda: due_periods(one, date(2024, 5, 1), date(2024, 6, 1)))
    assert len(found) == 1
    return work


def test_the_next_bill_of_an_old_contract_takes_no_more_work() -> None:
    """Not 40 years of periods are walked through to find the one that is due."""
    assert calls_made(date(1984, 1, 1)) <= calls_made(date(2023, 1, 1)) * 1.2
