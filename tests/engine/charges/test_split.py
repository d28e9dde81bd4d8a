"""Splitting a bill by place: parts add up to the whole, row by row, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import CoveredUnit, SplitBy
from mps_module.engine.money import round_money
from mps_module.engine.result import Bill, ChargeKind
from mps_module.engine.split import GENERAL, BillPart, split_bill

from .builders import bill_line, bill_of, dec, period


def units(**sites: str) -> list[CoveredUnit]:
    return [CoveredUnit(unit, site=site) for unit, site in sites.items()]


TWO_SITES = units(d1="North", d2="North", d3="South")


def totals(parts: tuple[BillPart, ...]) -> dict[str, str]:
    return {part.key: str(part.total) for part in parts}


def test_clicks_go_to_the_site_that_made_them() -> None:
    line = bill_line("48.88", {"d1": 9_100, "d2": 2_400, "d3": 14_250}, quantity="5750", rate="0.0085")
    parts = split_bill(bill_of(line), TWO_SITES, SplitBy.SITE)
    # 11,500 of 25,750: 2,568 clicks and 21.83; the rest 3,182 clicks and 27.05
    assert totals(parts) == {"North": "21.83", "South": "27.05"}
    assert [part.lines[0].quantity for part in parts] == [2_568, 3_182]
    assert all(part.lines[0].rate == dec("0.0085") for part in parts)


def test_a_flat_base_over_three_sites_loses_no_cent() -> None:
    bill = bill_of(bill_line("100.00", {"a": 1, "b": 1, "c": 1}, line_id="base", rate="100"))
    parts = split_bill(bill, units(a="A", b="B", c="C"), SplitBy.SITE)
    assert totals(parts) == {"A": "33.34", "B": "33.33", "C": "33.33"}
    # a third of one does not multiply to the cent: the amount stands by itself
    assert [(p.lines[0].quantity, p.lines[0].rate) for p in parts] == [
        (1, dec("33.34")),
        (1, dec("33.33")),
        (1, dec("33.33")),
    ]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (SplitBy.SITE, ["S1", "S2"]),
        (SplitBy.DEPARTMENT, ["Law", "Tax"]),
        (SplitBy.COST_CENTER, ["100", "200"]),
        (SplitBy.PO, ["PO-1", "PO-2"]),
    ],
)
def test_every_way_of_splitting(by: SplitBy, keys: list[str]) -> None:
    covered = [
        CoveredUnit("d1", site="S1", department="Tax", cost_center="200", po="PO-1"),
        CoveredUnit("d2", site="S2", department="Law", cost_center="100", po="PO-2"),
    ]
    parts = split_bill(bill_of(bill_line("10.00", {"d1": 1, "d2": 1})), covered, by)
    assert [part.key for part in parts] == keys


def test_not_split_is_one_part_with_every_row() -> None:
    bill = bill_of(bill_line("10.00", {"d1": 1}), bill_line("5.00"))
    assert split_bill(bill, TWO_SITES, SplitBy.NONE) == (BillPart(GENERAL, bill.lines, dec("15.00")),)


def test_a_row_without_shares_follows_its_contract_line() -> None:
    bill = bill_of(
        bill_line("80.00", {"d1": 3, "d3": 1}),
        bill_line("-8.00", kind=ChargeKind.DISCOUNT),
        bill_line("20.00", kind=ChargeKind.MINIMUM),
    )
    assert totals(split_bill(bill, TWO_SITES, SplitBy.SITE)) == {"North": "69.00", "South": "23.00"}


def test_a_discount_on_several_calls_goes_by_what_each_place_has_of_them() -> None:
    bill = bill_of(
        bill_line("90.00", {"d1": 1}, line_id="labour", kind=ChargeKind.SERVICE),
        bill_line("10.00", {"d3": 1}, line_id="labour", kind=ChargeKind.SERVICE),
        bill_line("-20.00", line_id="labour", kind=ChargeKind.DISCOUNT),
    )
    assert totals(split_bill(bill, TWO_SITES, SplitBy.SITE)) == {"North": "72.00", "South": "8.00"}


def test_a_row_with_no_shares_at_all_goes_equally_over_the_covered_units() -> None:
    gone = CoveredUnit("old", site="East", end=date(2023, 12, 31))
    bill = bill_of(bill_line("30.00", line_id="contract"))
    assert totals(split_bill(bill, [*TWO_SITES, gone], SplitBy.SITE)) == {"North": "20.00", "South": "10.00"}


def test_what_has_no_place_is_general_and_comes_last() -> None:
    assert totals(split_bill(bill_of(bill_line("30.00")), [], SplitBy.SITE)) == {GENERAL: "30.00"}
    bill = bill_of(bill_line("30.00", {"d1": 1, "unknown": 1, "homeless": 1}))
    parts = split_bill(bill, [*TWO_SITES, CoveredUnit("homeless")], SplitBy.SITE)
    assert [(part.key, str(part.total)) for part in parts] == [("North", "10.00"), (GENERAL, "20.00")]


def test_a_device_that_moved_is_shared_by_days() -> None:
    moved = [
        CoveredUnit("d1", end=date(2024, 1, 23), site="North"),
        CoveredUnit("d1", start=date(2024, 1, 24), site="South"),
    ]
    bill = bill_of(bill_line("31.00", {"d1": 500}, quantity="31", rate="1"))
    assert totals(split_bill(bill, moved, SplitBy.SITE)) == {"North": "23.00", "South": "8.00"}


def test_an_earlier_period_after_all_moves_goes_where_the_device_is_now() -> None:
    moved = [
        CoveredUnit("d1", start=date(2024, 1, 1), end=date(2024, 1, 23), site="North"),
        CoveredUnit("d1", start=date(2024, 1, 24), site="South"),
    ]
    line = bill_line("31.00", {"d1": 5}, when=period("2023-11-01", "2023-11-30"))
    assert totals(split_bill(bill_of(line), moved, SplitBy.SITE)) == {"South": "31.00"}


def test_a_credit_is_split_like_a_charge() -> None:
    line = bill_line("-10.01", {"d1": -50, "d3": -50}, quantity="-1001", rate="0.01", kind=ChargeKind.CREDIT)
    parts = split_bill(bill_of(line), TWO_SITES, SplitBy.SITE)
    assert totals(parts) == {"North": "-5.01", "South": "-5.00"}


def test_a_site_with_a_true_up_gets_its_credit() -> None:
    # 1,000 clicks here, 100 taken back there, at 0.01
    line = bill_line("9.00", {"d1": 1000, "d3": -100}, quantity="900", rate="0.01")
    parts = split_bill(bill_of(line), TWO_SITES, SplitBy.SITE)
    assert totals(parts) == {"North": "10.00", "South": "-1.00"}
    assert [part.lines[0].quantity for part in parts] == [1000, -100]


def test_a_minimum_is_not_blown_up_by_clicks_that_nearly_cancel() -> None:
    bill = bill_of(
        bill_line("0.01", {"d1": 1000, "d3": -999}, rate="0.01"),
        bill_line("99.99", kind=ChargeKind.MINIMUM),
    )
    assert totals(split_bill(bill, TWO_SITES, SplitBy.SITE)) == {"North": "100.00"}


def test_a_row_of_nothing_still_shows_where_clicks_were_made() -> None:
    line = bill_line("0.00", {"d1": 500, "d3": 100}, quantity="0", rate="0.01")
    assert totals(split_bill(bill_of(line), TWO_SITES, SplitBy.SITE)) == {"North": "0.00", "South": "0.00"}


def test_yen_have_no_cents() -> None:
    bill = bill_of(bill_line("101", {"d1": 1, "d3": 1}))
    assert totals(split_bill(bill, TWO_SITES, SplitBy.SITE, decimals=0)) == {"North": "51", "South": "50"}


def test_a_bill_that_does_not_add_up_is_refused() -> None:
    good = bill_of(bill_line("10.00", {"d1": 1}))
    bad = Bill(good.contract, good.customer, good.currency, good.period, good.lines, dec("11.00"))
    with pytest.raises(ValueError, match="is not the sum"):
        split_bill(bad, TWO_SITES, SplitBy.SITE)


# property ---------------------------------------------------------------------------------------------------------

names = [f"d{number}" for number in range(8)]
shares = st.dictionaries(st.sampled_from([*names, "stranger"]), st.integers(-500, 20_000), max_size=9)
kinds = st.sampled_from([ChargeKind.BASE, ChargeKind.OVERAGE, ChargeKind.MINIMUM, ChargeKind.CREDIT])


@st.composite
def any_lines(draw: st.DrawFn):
    quantity = (
        draw(st.integers(-50_000, 50_000)) if draw(st.booleans()) else draw(st.decimals(-99, 99, places=3))
    )
    rate = draw(st.decimals("0", "2", places=6))
    return bill_line(
        str(round_money(Decimal(quantity) * rate)),
        draw(st.one_of(st.none(), shares)),
        line_id=draw(st.sampled_from(["mono", "colour", "base"])),
        quantity=str(quantity),
        rate=str(rate),
        kind=draw(kinds),
    )


@st.composite
def any_units(draw: st.DrawFn) -> list[CoveredUnit]:
    found = []
    for name in draw(st.lists(st.sampled_from(names), unique=True)):
        places = draw(st.lists(st.sampled_from(["A", "B", "C", ""]), min_size=1, max_size=2))
        move = date(2024, 1, draw(st.integers(2, 31)))
        found.append(CoveredUnit(name, end=move if len(places) > 1 else None, site=places[0]))
        if len(places) > 1:
            found.append(CoveredUnit(name, start=move, site=places[1]))
    return found


@given(st.lists(any_lines(), min_size=1, max_size=6), any_units())
def test_parts_add_up_to_the_bill_row_by_row_and_multiply_to_the_cent(lines: list, covered: list) -> None:
    bill = bill_of(*lines)
    parts = split_bill(bill, covered, SplitBy.SITE)
    assert sum(part.total for part in parts) == bill.total
    for line_id in {line.line_id for line in lines}:
        whole = sum(line.amount for line in lines if line.line_id == line_id)
        assert whole == sum(x.amount for part in parts for x in part.lines if x.line_id == line_id)
    for part in parts:
        assert part.lines and part.total == sum(line.amount for line in part.lines)
        assert all(round_money(line.quantity * line.rate) == line.amount for line in part.lines)
