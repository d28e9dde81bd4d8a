"""Escalators: when rates rise, by how much, and what does not rise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import Contract, Escalator
from mps_module.engine.escalation import escalate, escalate_rate, escalation_factor, rises
from mps_module.engine.months import add_months

from .builders import contract, dec, price, version

FIVE = Escalator(dec(5))


def with_escalator(escalator: Escalator, start: date = date(2022, 1, 1)) -> Contract:
    return contract(version(1, start, escalator=escalator), start=start)


def factor_on(one: Contract, day: str) -> Decimal:
    when = date.fromisoformat(day)
    return escalation_factor(one, one.version_on(when), when)


@pytest.mark.parametrize(
    ("day", "factor"),
    [
        ("2022-01-01", "1"),
        ("2022-12-31", "1"),
        ("2023-01-01", "1.05"),
        ("2023-12-31", "1.05"),
        ("2024-01-01", "1.1025"),
        ("2025-06-30", "1.157625"),
    ],
)
def test_five_percent_compounds_at_each_anniversary(day: str, factor: str) -> None:
    assert factor_on(with_escalator(FIVE), day) == dec(factor)


def test_the_first_rise_can_be_named() -> None:
    one = with_escalator(Escalator(dec(5), first=date(2022, 7, 1)))
    assert [factor_on(one, day) for day in ("2022-06-30", "2022-07-01", "2023-06-30", "2023-07-01")] == [
        1,
        dec("1.05"),
        dec("1.05"),
        dec("1.1025"),
    ]


def test_an_anniversary_in_the_middle_of_a_period_waits_for_the_next() -> None:
    # the factor is asked for a period's first day: 1-31 January starts before the 15th
    one = with_escalator(FIVE, start=date(2022, 1, 15))
    assert factor_on(one, "2023-01-01") == 1
    assert factor_on(one, "2023-02-01") == dec("1.05")


def test_other_intervals_and_the_29th_of_february() -> None:
    two_years = with_escalator(Escalator(dec(10), every_months=24), start=date(2020, 2, 29))
    assert [
        factor_on(two_years, day) for day in ("2022-02-27", "2022-02-28", "2024-02-28", "2024-02-29")
    ] == [
        1,
        dec("1.1"),
        dec("1.1"),
        dec("1.21"),
    ]


def test_rates_of_a_new_version_are_not_raised_for_the_years_behind() -> None:
    start = date(2022, 1, 1)
    one = contract(
        version(1, start, escalator=FIVE), version(2, date(2024, 1, 1), escalator=FIVE), start=start
    )
    assert factor_on(one, "2023-12-01") == dec("1.05")
    assert factor_on(one, "2024-01-01") == 1  # agreed for this very day
    assert factor_on(one, "2024-12-31") == 1
    assert factor_on(one, "2025-01-01") == dec("1.05")


def test_no_escalator_or_a_broken_one_leaves_rates_alone() -> None:
    assert factor_on(contract(), "2030-01-01") == 1
    assert factor_on(with_escalator(Escalator(dec(5), every_months=0)), "2030-01-01") == 1


def test_every_rate_moves_limits_of_tiers_do_not() -> None:
    risen = escalate(price(("10000", "0.0085"), (None, "-0.002")), dec("1.05"))
    assert [(tier.up_to, tier.rate) for tier in risen.tiers] == [
        (10_000, dec("0.008925")),
        (None, dec("-0.0021")),
    ]


def test_the_escalated_rate_is_what_an_invoice_carries() -> None:
    assert escalate_rate(dec("0.0085"), dec("1.157625")) == dec("0.009840")  # 0.0098398125
    assert str(escalate_rate(dec("350.00"), dec(1))) == "350.00"
    assert escalate_rate(dec("350.00"), dec("1.05")) == dec("367.5")


@given(
    st.dates(date(2000, 1, 1), date(2030, 12, 31)),
    st.integers(1, 36),
    st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2032, 12, 31))),
    st.dates(date(2000, 1, 1), date(2050, 12, 31)),
)
def test_rises_are_the_anniversaries_counted_one_by_one(
    start: date, every: int, first: date | None, day: date
) -> None:
    one = with_escalator(Escalator(dec(3), every, first), start)
    counted = [add_months(first or start, every * number) for number in range(700)]
    expected = sum(1 for anniversary in counted if start < anniversary <= day)
    assert rises(one, one.versions[0], day) == expected
    assert escalation_factor(one, one.versions[0], day) == dec("1.03") ** expected
