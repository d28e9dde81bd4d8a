"""Bills split by department, cost centre and PO: every cent worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from mps_module.engine.contract import CoveredUnit, SplitBy
from mps_module.engine.result import ChargeKind
from mps_module.engine.split import GENERAL, BillPart, split_bill

from .builders import bill_line, bill_of, dec, period

WAYS = [SplitBy.DEPARTMENT, SplitBy.COST_CENTER, SplitBy.PO]


def amounts(parts: tuple[BillPart, ...]) -> dict[str, list[str]]:
    return {part.key: [str(line.amount) for line in part.lines] for part in parts}


def placed(by: SplitBy, **keys: str) -> list[CoveredUnit]:
    """Units with their place of that kind; the site is another for each and must not matter."""
    return [CoveredUnit(unit, site=f"Site of {unit}", **{by.value: key}) for unit, key in keys.items()]


@pytest.mark.parametrize("by", WAYS)
def test_a_base_two_click_lines_and_a_discount(by: SplitBy) -> None:
    bill = bill_of(
        bill_line("100.00", {"d1": 1, "d2": 1, "d3": 1, "d4": 1}, line_id="base", kind=ChargeKind.BASE),
        bill_line(
            "104.93",
            {"d1": 5000, "d2": 2345, "d3": 4000, "d4": 1000},
            quantity="12345",
            rate="0.0085",
        ),
        bill_line("61.06", {"d1": 1, "d3": 1000}, line_id="colour", quantity="1001", rate="0.061"),
        bill_line("-5.00", kind=ChargeKind.DISCOUNT),
    )
    parts = split_bill(bill, placed(by, d1="Law", d2="Law", d3="Tax", d4=""), by)
    assert [part.key for part in parts] == ["Law", "Tax", GENERAL]
    # black, in cents: 6243.10, 3399.92, 849.98; colour: 6.10, 6099.90; discount: 297.49, 162.01, 40.50
    assert amounts(parts) == {
        "Law": ["50.00", "62.43", "0.06", "-2.97"],
        "Tax": ["25.00", "34.00", "61.00", "-1.62"],
        GENERAL: ["25.00", "8.50", "-0.41"],
    }
    assert [str(part.total) for part in parts] == ["109.52", "118.38", "33.09"]
    assert bill.total == dec("260.99")


ONE_FLEET = [
    CoveredUnit("d1", department="Law", cost_center="100", po="PO-A"),
    CoveredUnit("d2", department="Law", cost_center="200", po="PO-A"),
    CoveredUnit("d3", department="Tax", cost_center="200", po="PO-B"),
]


@pytest.mark.parametrize(
    ("by", "shares", "total", "expected"),
    [
        (SplitBy.DEPARTMENT, (1, 1, 1), "10.00", {"Law": "6.67", "Tax": "3.33"}),
        (SplitBy.COST_CENTER, (1, 1, 1), "10.00", {"100": "3.33", "200": "6.67"}),
        (SplitBy.PO, (1, 1, 1), "10.00", {"PO-A": "6.67", "PO-B": "3.33"}),
        # 7.992 and 1.998; 4.995 twice: the odd cent goes to the first
        (SplitBy.DEPARTMENT, (500, 300, 200), "9.99", {"Law": "7.99", "Tax": "2.00"}),
        (SplitBy.COST_CENTER, (500, 300, 200), "9.99", {"100": "5.00", "200": "4.99"}),
        (SplitBy.PO, (500, 300, 200), "9.99", {"PO-A": "7.99", "PO-B": "2.00"}),
        # a place that made no click has no part of the row
        (SplitBy.DEPARTMENT, (0, 0, 7), "3.33", {"Tax": "3.33"}),
        (SplitBy.COST_CENTER, (7, 0, 0), "3.33", {"100": "3.33"}),
    ],
)
def test_one_fleet_in_three_ways(
    by: SplitBy, shares: tuple[int, int, int], total: str, expected: dict[str, str]
) -> None:
    row = bill_line(total, dict(zip(("d1", "d2", "d3"), shares, strict=True)))
    parts = split_bill(bill_of(row), ONE_FLEET, by)
    assert {part.key: str(part.total) for part in parts} == expected


def test_a_hundred_over_twelve_orders_and_orders_stand_in_the_order_of_their_texts() -> None:
    orders = {f"d{n}": f"PO-{n}" for n in range(1, 13)}
    row = bill_line("100.00", dict.fromkeys(orders, 1), line_id="base", kind=ChargeKind.BASE)
    parts = split_bill(bill_of(row), placed(SplitBy.PO, **orders), SplitBy.PO)
    assert [part.key for part in parts] == [
        "PO-1", "PO-10", "PO-11", "PO-12", "PO-2", "PO-3", "PO-4", "PO-5", "PO-6", "PO-7", "PO-8", "PO-9"
    ]  # fmt: skip
    # 8.333…: four cents are left over, and the first four devices of the row have them
    dear = [part.key for part in parts if str(part.total) == "8.34"]
    assert dear == ["PO-1", "PO-2", "PO-3", "PO-4"]
    assert {str(part.total) for part in parts if part.key not in dear} == {"8.33"}


@pytest.mark.parametrize(
    ("by", "last_day", "when", "total", "expected"),
    [
        # 10 and 19 days of a February of 29
        (SplitBy.COST_CENTER, "2024-02-10", ("2024-02-01", "2024-02-29"), "29.00", ("10.00", "19.00")),
        # 10 and 18 days of a February of 28: 10.357 and 18.643
        (SplitBy.COST_CENTER, "2023-02-10", ("2023-02-01", "2023-02-28"), "29.00", ("10.36", "18.64")),
        # 60 and 31 days of a first quarter of 91
        (SplitBy.PO, "2024-02-29", ("2024-01-01", "2024-03-31"), "91.00", ("60.00", "31.00")),
        # 182 and 184 days of a year of 366
        (SplitBy.DEPARTMENT, "2024-06-30", ("2024-01-01", "2024-12-31"), "100.00", ("49.73", "50.27")),
    ],
)
def test_a_device_that_changes_hands_is_shared_by_the_days_of_the_calendar(
    by: SplitBy, last_day: str, when: tuple[str, str], total: str, expected: tuple[str, str]
) -> None:
    last = date.fromisoformat(last_day)
    moved = [
        CoveredUnit("d1", end=last, **{by.value: "1-old"}),
        CoveredUnit("d1", start=date.fromordinal(last.toordinal() + 1), **{by.value: "2-new"}),
    ]
    row = bill_line(total, {"d1": 4711}, when=period(*when))
    parts = split_bill(bill_of(row), moved, by)
    assert [(part.key, str(part.total)) for part in parts] == [("1-old", expected[0]), ("2-new", expected[1])]


def test_a_minimum_follows_the_clicks_of_its_own_line_only() -> None:
    bill = bill_of(
        bill_line("30.00", {"d1": 3, "d3": 1}),
        bill_line("10.00", {"d3": 1}, line_id="colour"),
        bill_line("20.00", line_id="colour", kind=ChargeKind.MINIMUM),
        bill_line("10.00", kind=ChargeKind.MINIMUM),
    )
    assert amounts(split_bill(bill, ONE_FLEET, SplitBy.DEPARTMENT)) == {
        "Law": ["22.50", "7.50"],
        "Tax": ["7.50", "10.00", "20.00", "2.50"],
    }


@pytest.mark.parametrize("by", WAYS)
def test_a_row_that_stays_whole_keeps_its_quantity_and_rate(by: SplitBy) -> None:
    row = bill_line("21.25", {"d1": 1500, "d2": 1000}, quantity="2500", rate="0.0085")
    (part,) = split_bill(bill_of(row), placed(by, d1="Law", d2="Law"), by)
    assert (part.key, part.lines) == ("Law", (row,))
