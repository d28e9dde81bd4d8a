"""Tables worked out by hand: shares of leap and common years, cents that are left over, rates over ten years."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from mps_module.engine.contract import Escalator, Proration
from mps_module.engine.escalation import escalate_rate, escalation_factor, rises
from mps_module.engine.money import largest_remainder, round_money
from mps_module.engine.proration import fraction, prorate

from .builders import contract, dec, period, version

LEAP = ("2024-01-01", "2024-12-31")
COMMON = ("2023-01-01", "2023-12-31")

# covered, cycle, the amount of a whole cycle, what is charged by days and by months
PARTS = [
    # half a February
    (("2024-02-15", "2024-02-29"), ("2024-02-01", "2024-02-29"), "100", "51.72", "51.72"),  # 15/29
    (("2023-02-15", "2023-02-28"), ("2023-02-01", "2023-02-28"), "100", "50.00", "50.00"),  # 14/28
    # a month that crosses two calendar months
    (("2024-02-01", "2024-02-14"), ("2024-01-15", "2024-02-14"), "310", "140.00", "140.00"),  # 14/31
    # two months from the 15th: the first of them
    (("2024-02-15", "2024-03-14"), ("2024-02-15", "2024-04-14"), "200", "96.67", "100.00"),  # 29/60
    (("2023-02-15", "2023-03-14"), ("2023-02-15", "2023-04-14"), "200", "94.92", "100.00"),  # 28/59
    # a quarter without its January
    (("2024-02-01", "2024-03-31"), ("2024-01-01", "2024-03-31"), "300", "197.80", "200.00"),  # 60/91
    (("2023-02-01", "2023-03-31"), ("2023-01-01", "2023-03-31"), "300", "196.67", "200.00"),  # 59/90
    # four months, left in the middle of the second
    (("2024-03-01", "2024-04-15"), ("2024-03-01", "2024-06-30"), "400", "150.82", "150.00"),  # 46/122
    # half a year from 16 March: 107/182; 16/31 + 3 months of 6
    (("2024-03-16", "2024-06-30"), ("2024-01-01", "2024-06-30"), "1200", "705.49", "703.23"),
    # years
    (("2023-08-01", "2023-12-31"), COMMON, "12000", "5030.14", "5000.00"),  # 153/365
    (("2024-01-01", "2024-02-29"), LEAP, "12000", "1967.21", "2000.00"),  # 60/366
    (("2023-01-01", "2023-02-28"), COMMON, "12000", "1939.73", "2000.00"),  # 59/365
    (("2024-02-29", "2024-02-29"), LEAP, "12000", "32.79", "34.48"),  # 1/366; 1/29 of a twelfth
    (("2024-12-31", "2024-12-31"), LEAP, "12000", "32.79", "32.26"),  # 1/366; 1/31 of a twelfth
    (("2023-12-31", "2023-12-31"), COMMON, "12000", "32.88", "32.26"),  # 1/365
    # a year from July, over the end of a calendar year
    (("2023-10-01", "2024-06-30"), ("2023-07-01", "2024-06-30"), "3660", "2740.00", "2745.00"),  # 274/366
]


@pytest.mark.parametrize(("part", "full", "amount", "by_days", "by_months"), PARTS)
def test_a_part_of_a_cycle_costs_its_share(
    part: tuple[str, str], full: tuple[str, str], amount: str, by_days: str, by_months: str
) -> None:
    covered, cycle = period(*part), period(*full)
    for way, charged in (
        (Proration.DAYS, by_days),
        (Proration.MONTHS, by_months),
        (Proration.NONE, f"{amount}.00"),
    ):
        assert str(round_money(prorate(dec(amount), fraction(covered, cycle, way)))) == charged


@pytest.mark.parametrize(
    ("year", "days", "amounts"),
    [
        # 3,660 and 3,650 a year are 10 a day
        (2024, 366, ["310", "290", "310", "300", "310", "300", "310", "310", "300", "310", "300", "310"]),
        (2023, 365, ["310", "280", "310", "300", "310", "300", "310", "310", "300", "310", "300", "310"]),
    ],
)
def test_twelve_months_of_a_year_by_days(year: int, days: int, amounts: list[str]) -> None:
    full = period(f"{year}-01-01", f"{year}-12-31")
    ends = [31, 29 if year == 2024 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    months = [period(f"{year}-{m:02}-01", f"{year}-{m:02}-{end}") for m, end in enumerate(ends, start=1)]
    whole = Decimal(10 * days)
    assert [prorate(whole, fraction(month, full)) for month in months] == [dec(x) for x in amounts]
    by_months = {fraction(month, full, Proration.MONTHS) for month in months}
    assert by_months == {Fraction(1, 12)}


# cents that are left over -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "weights", "decimals", "parts"),
    [
        ("100.00", [1, 2, 3, 4, 5, 6, 7], 2, "3.57 7.14 10.71 14.29 17.86 21.43 25.00"),
        ("10.00", [1, 3, 3], 2, "1.43 4.29 4.28"),
        ("0.02", [1, 1, 1], 2, "0.01 0.01 0.00"),
        ("0.10", [1] * 6, 2, "0.02 0.02 0.02 0.02 0.01 0.01"),
        ("9.99", [10, 0, 20, 0], 2, "3.33 0.00 6.66 0.00"),
        ("0.03", [10**6, 1, 1], 2, "0.03 0.00 0.00"),
        ("-0.05", [1, 1], 2, "-0.03 -0.02"),
        ("-10.00", [1, 3, 3], 2, "-1.43 -4.29 -4.28"),
        ("7", [dec("0.5"), dec("0.3"), dec("0.2")], 0, "4 2 1"),
        ("1.000", [1, 1, 1], 3, "0.334 0.333 0.333"),
        ("100.00", [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], 2, "50.00 33.33 16.67"),
        ("100.00", [Fraction(1, 3), dec("0.5"), 1], 2, "18.18 27.27 54.55"),  # 2 : 3 : 6
        ("42.17", [123], 2, "42.17"),
    ],
)
def test_what_is_left_over_goes_to_the_largest_remainders(
    total: str, weights: list, decimals: int, parts: str
) -> None:
    found = largest_remainder(dec(total), weights, decimals)
    assert " ".join(map(str, found)) == parts


def test_the_size_of_weights_does_not_matter_only_their_proportion() -> None:
    plain = largest_remainder(dec("77.77"), [2, 3, 5])
    # 15.554, 23.331, 38.885: one cent is left over and goes to the last
    assert plain == (dec("15.55"), dec("23.33"), dec("38.89"))
    assert largest_remainder(dec("77.77"), [dec("0.002"), dec("0.003"), dec("0.005")]) == plain
    assert largest_remainder(dec("77.77"), [2 * 10**12, 3 * 10**12, 5 * 10**12]) == plain


# ten years of rates -----------------------------------------------------------------------------------------------

TEN_YEARS = [
    (
        "3", 12, "0.0085",
        "0.0085 0.008755 0.009018 0.009288 0.009567 0.009854 0.010149 0.010454 0.010768 0.011091",
    ),
    (
        "5", 12, "350.00",
        "350 367.5 385.875 405.16875 425.427188 446.698547 469.033474 492.485148 517.109405 542.964876",
    ),
    (
        "-2", 12, "100",
        "100 98 96.04 94.1192 92.236816 90.39208 88.584238 86.812553 85.076302 83.374776",
    ),
    ("10", 24, "0.06", "0.06 0.06 0.066 0.066 0.0726 0.0726 0.07986 0.07986 0.087846 0.087846"),
    (
        "1", 6, "0.01",
        "0.01 0.010201 0.010406 0.010615 0.010829 0.011046 0.011268 0.011495 0.011726 0.011961",
    ),
    ("8", 60, "25", "25 25 25 25 25 27 27 27 27 27"),
    ("0", 12, "0.0072", " ".join(["0.0072"] * 10)),
]  # fmt: skip


@pytest.mark.parametrize(("percent", "every", "rate", "expected"), TEN_YEARS)
def test_ten_januaries_of_a_rate(percent: str, every: int, rate: str, expected: str) -> None:
    start = date(2020, 1, 1)
    one = contract(version(1, start, escalator=Escalator(dec(percent), every)), start=start)
    found = [
        escalate_rate(dec(rate), escalation_factor(one, one.versions[0], date(2020 + year, 1, 1)))
        for year in range(10)
    ]
    assert found == [dec(one_rate) for one_rate in expected.split()]


def test_the_factor_is_not_rounded_from_year_to_year() -> None:
    start = date(2020, 1, 1)
    one = contract(version(1, start, escalator=Escalator(dec("3"))), start=start)
    exact = escalation_factor(one, one.versions[0], date(2029, 1, 1))
    assert exact == dec("1.304773183829244583")
    # rounded at every anniversary: .008755 .009018 .009289 .009568 .009855 .010151 .010456 .01077 .011093
    yearly = dec("0.0085")
    for _ in range(9):
        yearly = escalate_rate(yearly, dec("1.03"))
    assert (escalate_rate(dec("0.0085"), exact), yearly) == (dec("0.011091"), dec("0.011093"))


@pytest.mark.parametrize(
    ("first", "every", "counts"),
    [
        # on 30 June of 2020 to 2029, of a contract of 1 January 2020
        ("2020-07-01", 12, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("2020-06-30", 12, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("2023-01-01", 12, [0, 0, 0, 1, 2, 3, 4, 5, 6, 7]),
        ("2022-06-30", 36, [0, 0, 1, 1, 1, 2, 2, 2, 3, 3]),
        ("2028-02-29", 12, [0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
        ("2018-01-01", 12, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),  # those up to the start count for nothing
    ],
)
def test_anniversaries_from_a_day_that_is_named(first: str, every: int, counts: list[int]) -> None:
    start = date(2020, 1, 1)
    escalator = Escalator(dec(4), every, date.fromisoformat(first))
    one = contract(version(1, start, escalator=escalator), start=start)
    assert [rises(one, one.versions[0], date(2020 + year, 6, 30)) for year in range(10)] == counts
