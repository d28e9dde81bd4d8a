"""Lines for service calls: which calls a bill takes, and what each kind of line makes of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.contract import Line, LineKind, PartUsed, ServiceCall
from mps_module.engine.result import ChargeKind
from tests.engine.billing.build import bill_due, contract, device, line, pool, tiers

D = Decimal
FEB = date(2026, 2, 1)
FLEET = [device("D1", group="north"), device("D2", group="south")]


def call(name: str, day: int, unit: str = "D1", month: int = 1, year: int = 2026, **more) -> ServiceCall:
    return ServiceCall(name, unit, date(year, month, day), **more)


def billed(agreed_line, *calls: ServiceCall, due: date = FEB, **rules):
    return bill_due(contract(agreed_line, **rules), [], FLEET, due, calls=calls)


@pytest.mark.parametrize(
    ("day", "month", "year", "total"),
    [(1, 1, 2026, "110"), (31, 1, 2026, "110"), (1, 2, 2026, "0"), (31, 12, 2025, "0")],
)
def test_a_call_belongs_to_the_month_of_its_day(day, month, year, total):
    visit = call("S1", day, month=month, year=year, labour_hours=D(1))
    assert billed(line(LineKind.LABOUR, "110"), visit).total == D(total)


@pytest.mark.parametrize(
    ("groups", "named"),
    [
        ((), ["S1", "S2", "S3"]),
        (("north",), ["S1"]),
        (("south",), ["S2"]),
        (("north", "south"), ["S1", "S2"]),
    ],
)
def test_a_line_for_groups_takes_the_calls_on_their_devices(groups, named):
    """S3 was on a device that the contract does not cover: only a line for all takes it."""
    visits = [call("S1", 5, "D1"), call("S2", 6, "D2"), call("S3", 7, "elsewhere")]
    visits = [ServiceCall(v.call, v.unit, v.day, travel=D(1)) for v in visits]
    made = billed(line(LineKind.TRAVEL, "60", groups=groups), *visits)
    assert [row.proof.events for row in made.lines] == [(name,) for name in named]
    assert made.total == 60 * len(named)


def test_calls_stand_in_order_of_day_and_name():
    visits = [
        call("S9", 20, labour_hours=D(1)),
        call("S3", 4, labour_hours=D(1)),
        call("S2", 20, labour_hours=D(1)),
    ]
    made = billed(line(LineKind.LABOUR, "110"), *visits)
    assert [row.proof.events[0] for row in made.lines] == ["S3", "S2", "S9"]


@pytest.mark.parametrize(
    ("hours", "quantity", "amount"),
    [("0.25", "0.25", "27.50"), ("1.5", "1.5", "165.00"), ("0.333", "0.333", "36.63"), ("8", "8", "880.00")],
)
def test_hours_at_the_lines_rate(hours, quantity, amount):
    (row,) = billed(line(LineKind.LABOUR, "110"), call("S1", 12, labour_hours=D(hours))).lines
    assert (row.quantity, row.rate, row.amount, row.kind) == (
        D(quantity),
        D(110),
        D(amount),
        ChargeKind.SERVICE,
    )


def test_each_call_starts_at_the_first_tier():
    """Two hours at 100, further ones at 80: three hours are 280, and the next day's one hour is 100 again."""
    steps = Line("labour", LineKind.LABOUR, tiers((2, "100"), (None, "80")))
    made = billed(steps, call("S1", 12, labour_hours=D(3)), call("S2", 13, labour_hours=D(1)))
    assert [row.amount for row in made.lines] == [D(280), D(100)]


def test_a_call_without_hours_makes_no_row():
    made = billed(line(LineKind.LABOUR, "110"), call("S1", 12, travel=D(1)))
    assert (made.lines, made.total) == ((), D(0))


def test_a_row_says_which_call_of_which_day_and_whose():
    named = line(LineKind.LABOUR, "110", description="Technician")
    (row,) = billed(named, call("S1", 12, "D2", labour_hours=D(1))).lines
    assert row.description == "Technician, call S1 of 2026-01-12"
    assert row.proof.shares == (("D2", D(1)),)


class TestIncidents:
    agreed = line(LineKind.INCIDENT, "95")

    def test_only_calls_that_count_as_incidents(self):
        made = billed(self.agreed, call("S1", 3, incident=True), call("S2", 4, labour_hours=D(2)))
        assert (made.total, made.lines[0].proof.events) == (D(95), ("S1",))

    def test_a_month_without_calls_has_no_row(self):
        assert billed(self.agreed, call("S2", 4)).lines == ()

    @pytest.mark.parametrize(
        ("made", "free", "total"), [(2, 3, "0"), (3, 3, "0"), (4, 3, "95"), (3, 0, "285")]
    )
    def test_after_the_included_ones(self, made, free, total):
        visits = [call(f"S{n}", n, incident=True) for n in range(1, made + 1)]
        bill = billed(line(LineKind.INCIDENT, "95", allowance=pool(free)), *visits)
        (row,) = bill.lines
        assert bill.total == D(total)
        assert (row.proof.gross, row.proof.allowance) == (D(made), D(min(made, free)))

    def test_what_is_shared_follows_the_calls(self):
        visits = [call("S1", 3, "D2", incident=True), call("S2", 4, "D1", incident=True)]
        visits.append(call("S3", 5, "D2", incident=True))
        (row,) = billed(self.agreed, *visits).lines
        assert row.proof.shares == (("D2", D(1)), ("D1", D(1)), ("D2", D(1)))

    def test_unused_ones_are_carried_into_the_next_month_only(self):
        """Two a month, none used in January: February has four, and March two of its own again."""
        agreed = line(LineKind.INCIDENT, "95", allowance=pool(2, carry_periods=1))
        visits = [
            call(f"S{month}{n}", n, month=month, incident=True) for month in (2, 3) for n in range(1, 6)
        ]
        totals = [billed(agreed, *visits, due=date(2026, month, 1)).total for month in (2, 3, 4)]
        assert totals == [D(0), D(95), D(285)]


class TestParts:
    agreed = line(LineKind.MATERIAL, "0")

    @pytest.mark.parametrize(
        ("quantity", "rate", "amount"),
        [("1", "189.90", "189.90"), ("4", "7.255", "29.02"), ("3", "0.335", "1.01"), ("0.5", "9.99", "5.00")],
    )
    def test_a_part_at_its_own_price_rounded_to_the_cent(self, quantity, rate, amount):
        used = PartUsed("FUSER", D(quantity), D(rate))
        (row,) = billed(self.agreed, call("S1", 12, parts=(used,))).lines
        assert (row.item, row.amount) == ("FUSER", D(amount))

    def test_a_row_for_each_part_with_its_name(self):
        used = (PartUsed("FUSER", D(1), D(190), "Fuser unit"), PartUsed("ROLLER", D(2), D(7)))
        made = billed(self.agreed, call("S1", 12, parts=used))
        assert [row.description for row in made.lines] == [
            "Fuser unit, call S1 of 2026-01-12",
            "ROLLER, call S1 of 2026-01-12",
        ]
        assert made.total == D(204)

    def test_a_call_without_parts_makes_no_row(self):
        assert billed(self.agreed, call("S1", 12, labour_hours=D(3))).lines == ()
