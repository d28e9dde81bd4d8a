"""Base lines by days of cover, and blocks of copies that one month may use up several times."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.contract import LineKind
from tests.engine.billing.build import bill_due, contract, device, line, month_starts, pool, seats

D = Decimal
JAN = date(2026, 1, 1)  # base is billed in advance: this bill is for January, of 31 days


def january(agreed_line, *units, **more):
    return bill_due(contract(agreed_line, **more), [], units, JAN)


def jan(day: int) -> date:
    return date(2026, 1, day)


@pytest.mark.parametrize(
    ("start", "end", "total"),
    [
        (jan(1), None, "31"),
        (jan(1), jan(31), "31"),
        (jan(10), None, "22"),
        (jan(1), jan(15), "15"),
        (jan(10), jan(15), "6"),
        (jan(31), None, "1"),
        (date(2025, 12, 1), jan(1), "1"),  # covered before the contract began: that was another's
        (date(2026, 2, 1), None, "0"),
        (date(2025, 12, 1), date(2025, 12, 31), "0"),
    ],
)
def test_a_device_is_charged_for_the_days_that_it_was_covered(start, end, total):
    made = january(line(LineKind.DEVICE, "31"), device(start=start, end=end))
    assert made.total == D(total)


@pytest.mark.parametrize(("start", "total"), [(jan(1), "217"), (jan(21), "77"), (jan(31), "7")])
def test_seats_count_by_their_number(start, total):
    assert january(line(LineKind.SEAT, "31"), seats("office", 7, start)).total == D(total)


@pytest.mark.parametrize(("devices", "free", "total"), [(3, 0, "93"), (3, 1, "62"), (3, 3, "0"), (3, 5, "0")])
def test_devices_that_are_included(devices, free, total):
    units = [device(f"D{n}") for n in range(devices)]
    made = january(line(LineKind.DEVICE, "31", allowance=pool(free)), *units)
    assert made.total == D(total)
    assert made.lines[0].proof.allowance == min(free, devices)


def test_a_group_is_charged_on_its_own_line():
    units = [device("D1", group="a"), device("D2", group="b"), device("D3", group="a")]
    made = january(line(LineKind.DEVICE, "31", groups=("a",)), *units)
    assert made.total == D(62)
    assert [count.unit for count in made.lines[0].proof.counts] == ["D1", "D3"]


def test_seats_and_devices_do_not_count_for_each_other():
    units = [device(), seats("office", 4)]
    assert january(line(LineKind.DEVICE, "31"), *units).total == D(31)
    assert january(line(LineKind.SEAT, "31"), *units).total == D(124)


def test_the_proof_of_a_part_of_a_month_shows_its_days():
    (row,) = january(line(LineKind.DEVICE, "930"), device(start=jan(9))).lines
    (count,) = row.proof.counts
    assert row.amount == D("690.00")  # 23/31
    assert (count.unit, count.covered.start, count.covered.end) == ("D1", jan(9), jan(31))


class TestBlocks:
    agreed = contract(line(LineKind.BLOCK, "25", "block", block=D(1_000), meters={"mono": D(1)}))

    def totals(self, *values: int) -> list[Decimal]:
        """Of the bills from 1 January on, one for each read of the first of a month."""
        reads = month_starts(*values)
        return [
            bill_due(self.agreed, reads, [device()], date(2026, n + 1, 1)).total for n in range(len(values))
        ]

    def test_one_month_may_use_up_several(self):
        """1,000 bought at first; 3,500 made by April need three more, and 500 are left for May."""
        assert self.totals(0, 500, 900, 3_500, 3_900) == [D(25), D(0), D(0), D(75), D(0)]

    def test_a_device_that_stands_still_buys_the_first_block_only(self):
        assert self.totals(70, 70, 70) == [D(25), D(0), D(0)]

    def test_all_devices_draw_on_one_block(self):
        reads = [*month_starts(0, 600), *month_starts(0, 600, device="D2")]
        made = bill_due(self.agreed, reads, [device(), device("D2")], date(2026, 2, 1))
        (row,) = made.lines
        assert (row.amount, row.proof.gross) == (D(25), D(1_200))
        assert row.proof.shares == (("D1", D(600)), ("D2", D(600)))
        assert row.description == "block: renewal, 800 left"
