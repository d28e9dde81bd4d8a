"""Contracts amended on the way: new tolerances, rates, cycles, groups and lines, and what was billed before stays so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import bill
from mps_module.engine.contract import (
    BillingRules,
    ContractVersion,
    Escalator,
    EstimateRules,
    LineKind,
    ServiceCall,
    Tolerance,
)
from mps_module.engine.ledger import Ledger
from mps_module.engine.result import Basis, ChargeKind, Severity
from mps_module.engine.schedule import due_periods
from tests.engine.billing.build import (
    NEW_YEAR,
    amounts,
    bill_due,
    clicks,
    contract,
    device,
    flat_price,
    line,
    month_starts,
    pool,
    read,
    seats,
    tiers,
)

D = Decimal
FEB, MARCH, APRIL, MAY = (date(2026, month, 1) for month in (2, 3, 4, 5))


def version(number: int, effective: date, *lines, **rules) -> ContractVersion:
    escalator = rules.pop("escalator", None)
    return ContractVersion(number, effective, lines, BillingRules(**rules), escalator)


def all_bills(agreed, reads, units, until, posted=False, calls=()):
    made = []
    for period in due_periods(agreed, None, until):
        ledger = Ledger.build(reads, calls=calls, pins=pins_of(made) if posted else None)
        made.append(bill(agreed, ledger, units, period, made if posted else ()))
    return made


def used(made):
    return [u.usage for row in made.lines if row.proof for u in row.proof.usages]


class TestReadingRules:
    """What a period closed at is decided once, by the version that it was billed under."""

    reads = (read(0, 2026, 1, 1), read(900, 2026, 1, 27), read(2_000, 2026, 3, 1))

    def narrower(self, estimates: bool = True):
        return contract(
            versions=(
                version(1, NEW_YEAR, clicks(rate="0.01"), tolerance=Tolerance(10, 6)),
                version(
                    2,
                    FEB,
                    clicks(rate="0.01"),
                    tolerance=Tolerance(1, 1),
                    estimates=EstimateRules(allowed=estimates),
                ),
            )
        )

    def test_a_narrower_tolerance_does_not_reopen_what_the_month_before_closed_at(self):
        january = bill_due(self.narrower(), self.reads, [device()], FEB)
        february = bill_due(self.narrower(), self.reads, [device()], MARCH)
        # January closed at the read of the 27th, four days before its end; under a day's tolerance it would not have.
        assert (used(january), used(february)) == ([D(900)], [D(1_100)])
        closed = january.lines[0].proof.usages[0].closing
        assert february.lines[0].proof.usages[0].opening == closed

    def test_no_more_estimates_does_not_block_an_opening_that_was_one(self):
        reads = [*month_starts(0, 3_100)[:2], read(9_000, 2026, 4, 1)]
        agreed = contract(
            versions=(
                version(1, NEW_YEAR, clicks(rate="0.01")),
                version(2, MARCH, clicks(rate="0.01"), estimates=EstimateRules(allowed=False)),
            )
        )
        february = bill_due(agreed, reads, [device()], MARCH)
        march = bill_due(agreed, reads, [device()], APRIL)
        assert february.lines[0].proof.usages[0].closing.basis is Basis.ESTIMATE
        assert not march.blocked
        assert february.total + march.total == D("59.00")  # 9,000 - 3,100 clicks

    def test_the_new_rule_holds_for_the_closing(self):
        reads = [read(0, 2026, 1, 1), read(900, 2026, 1, 27), read(1_500, 2026, 2, 24)]
        held = bill_due(self.narrower(estimates=False), reads, [device()], MARCH)
        assert held.blocked and [f.code for f in held.findings] == ["read-missing"]
        assert not bill_due(self.narrower(), reads, [device()], MARCH).blocked

    def test_posted_or_not_the_same_bills_come_out(self):
        fresh = all_bills(self.narrower(), self.reads, [device()], MARCH)
        posted = all_bills(self.narrower(), self.reads, [device()], MARCH, posted=True)
        assert fresh == posted

    @pytest.mark.parametrize("after", [(0, 0), (2, 3), (25, 25)])
    def test_a_row_of_versions_loses_no_click(self, after):
        steps = (Tolerance(10, 6), Tolerance(0, 0), Tolerance(*after), Tolerance(5, 5))
        agreed = contract(
            versions=tuple(
                version(n, date(2026, n, 1), clicks(rate="0.01"), tolerance=tolerance)
                for n, tolerance in enumerate(steps, 1)
            )
        )
        days = ((1, 1), (1, 26), (2, 4), (2, 27), (3, 8), (3, 30), (4, 3), (4, 29), (5, 2))
        reads = [read(500 * n, 2026, *day) for n, day in enumerate(days)]
        usages = [u for made in all_bills(agreed, reads, [device()], MAY) for u in made.lines[0].proof.usages]
        for one, following in pairwise(usages):
            assert one.closing == following.opening
        assert sum(u.usage for u in usages) == usages[-1].closing.value


class TestRates:
    def test_a_rate_amended_in_mid_month_waits_for_the_next_period(self):
        agreed = contract(
            versions=(
                version(1, NEW_YEAR, clicks(rate="0.01")),
                version(2, date(2026, 2, 10), clicks(rate="0.008")),
            )
        )
        made = all_bills(agreed, month_starts(0, 1_000, 2_000, 3_000), [device()], APRIL)
        assert [b.total for b in made] == [D("10.00"), D("10.00"), D("8.00")]
        assert [b.lines[0].proof.version for b in made] == [1, 1, 2]

    def test_base_and_usage_of_one_bill_follow_their_own_versions(self):
        old = version(1, NEW_YEAR, line(LineKind.FLAT, "100", "base"), clicks(rate="0.01"))
        new = version(2, MARCH, line(LineKind.FLAT, "120", "base"), clicks(rate="0.02"))
        agreed = contract(versions=(old, new))
        made = bill_due(agreed, month_starts(0, 1_000, 2_000), [device()], MARCH)
        assert amounts(made) == {("base", "base"): D(120), ("mono", "overage"): D(10)}

    def test_a_wrong_rate_put_right_in_its_version_is_adjusted(self):
        """The clerk typed 0.085 for 0.0085 and corrects the version itself: the difference comes back."""
        wrong = contract(version(1, NEW_YEAR, clicks(rate="0.085")).lines[0])
        right = contract(clicks(rate="0.0085"))
        reads = month_starts(0, 10_000, 20_000)
        posted = [bill_due(wrong, reads, [device()], FEB)]
        made = bill_due(right, reads, [device()], MARCH, posted=posted, pins=pins_of(posted))
        assert amounts(made) == {("mono", "overage"): D("85.00"), ("mono", "adjustment"): D("-765.00")}

    def test_tiers_and_allowance_of_the_new_version(self):
        price = tiers((1_000, "0.02"), (None, "0.01"))
        agreed = contract(
            versions=(
                version(1, NEW_YEAR, clicks(rate="0.03", allowance=pool(500))),
                version(2, FEB, clicks(price=price, allowance=pool(1_500))),
            )
        )
        made = all_bills(agreed, month_starts(0, 1_000, 5_000), [device()], MARCH)
        # 500 over at 0.03; 4,000 less 1,500 = 2,500: 1,000 at 0.02 and 1,500 at 0.01
        assert [b.total for b in made] == [D("15.00"), D("35.00")]
        assert [(r.quantity, r.rate) for r in made[1].lines] == [(D(1_000), D("0.02")), (D(1_500), D("0.01"))]

    def test_a_line_that_is_dropped_is_billed_to_its_last_period(self):
        both = (clicks(rate="0.01"), clicks("colour", "0.06", "colour"))
        agreed = contract(versions=(version(1, NEW_YEAR, *both), version(2, FEB, both[0])))
        reads = month_starts(0, 1_000, 2_000) + month_starts(0, 100, 200, meter="colour")
        january, february = all_bills(agreed, reads, [device()], MARCH)
        assert amounts(january) == {("mono", "overage"): D(10), ("colour", "overage"): D(6)}
        assert amounts(february) == {("mono", "overage"): D(10)}

    def test_a_line_that_comes_later_does_not_bill_the_clicks_before_it(self):
        one, other = clicks(rate="0.01"), clicks("colour", "0.06", "colour")
        agreed = contract(versions=(version(1, NEW_YEAR, one), version(2, MARCH, one, other)))
        reads = month_starts(0, 0, 0, 0) + month_starts(0, 5_000, 9_000, 9_250, meter="colour")
        march = bill_due(agreed, reads, [device()], APRIL)
        assert amounts(march)["colour", "overage"] == D("15.00")

    def test_a_version_may_change_from_clicks_to_seats(self):
        agreed = contract(
            versions=(
                version(1, NEW_YEAR, clicks(rate="0.01")),
                version(2, FEB, line(LineKind.SEAT, "40", "seats")),
            )
        )
        units = [device(), seats("Office", 5)]
        made = all_bills(agreed, month_starts(0, 1_000, 2_000), units, MARCH)
        assert [amounts(b) for b in made] == [
            {("mono", "overage"): D(10), ("seats", "base"): D(200)},
            {("seats", "base"): D(200)},
        ]


class TestEscalatorAndAmendment:
    rise = Escalator(D(10))

    def test_an_amended_price_is_not_raised_for_the_year_behind_it(self):
        agreed = contract(
            versions=(
                version(1, NEW_YEAR, line(LineKind.FLAT, "100"), escalator=self.rise),
                version(2, date(2027, 7, 1), line(LineKind.FLAT, "150"), escalator=self.rise),
            )
        )
        days = [date(2026, 12, 1), date(2027, 1, 1), date(2027, 6, 1), date(2027, 7, 1), date(2028, 1, 1)]
        assert [bill_due(agreed, [], [], day).total for day in days] == [100, 110, 110, 150, 165]

    def test_a_credit_goes_back_at_the_risen_rate(self):
        """An estimate of December too high, trued up in January: January's rate has risen."""
        agreed = contract(clicks(rate="0.0100"), escalator=self.rise)
        values = [1_000 * n for n in range(11)]
        reads = [*month_starts(*values), read(10_100, 2027, 2, 1)]
        january = bill_due(agreed, reads, [device()], date(2027, 2, 1))
        (row,) = january.lines
        assert row.kind is ChargeKind.CREDIT and row.rate == D("0.011")
        opened = row.proof.usages[0].opening.value
        assert row.quantity == 10_100 - opened < 0

    def test_calls_rise_too_and_lines_that_do_not_escalate_stay(self):
        agreed = contract(
            line(LineKind.INCIDENT, "95"),
            line(LineKind.LABOUR, "100", escalates=False),
            escalator=self.rise,
        )
        call = ServiceCall("S1", "D1", date(2027, 1, 5), incident=True, labour_hours=D(2))
        made = bill_due(agreed, [], [device()], date(2027, 2, 1), calls=[call])
        assert amounts(made) == {("incident", "incident"): D("104.50"), ("labour", "service"): D(200)}

    def test_the_allowance_does_not_rise(self):
        agreed = contract(clicks(rate="0.01", allowance=pool(1_000)), escalator=self.rise)
        reads = [read(0, 2027, 1, 1), read(1_500, 2027, 2, 1)]
        made = bill_due(agreed, reads, [device()], date(2027, 2, 1))
        assert made.total == D("5.50")  # 500 x 0.011


class TestCycles:
    def test_from_months_to_quarters_no_day_is_lost(self):
        agreed = contract(
            versions=(
                version(1, NEW_YEAR, clicks(rate="0.01")),
                version(2, MARCH, clicks(rate="0.01"), overage_months=3),
            )
        )
        made = all_bills(agreed, month_starts(0, 100, 300, 600, 1_000, 1_500), [device()], date(2026, 6, 1))
        assert [(b.period.due, b.total) for b in made] == [
            (FEB, D("1.00")),
            (MARCH, D("2.00")),
            (date(2026, 6, 1), D("12.00")),  # 300 to 1,500: March to May
        ]

    def test_a_quarter_cut_by_an_amendment_gets_a_part_of_its_allowance(self):
        agreed = contract(
            versions=(
                version(1, NEW_YEAR, clicks(rate="0.01", allowance=pool(9_000)), overage_months=3),
                version(2, MARCH, clicks(rate="0.01", allowance=pool(3_000))),
            )
        )
        made = all_bills(agreed, month_starts(0, 4_000, 8_000, 12_000), [device()], APRIL)
        # January and February are 59 of 90 days of the quarter: 5,900 of 9,000 free, 2,100 of 8,000 charged.
        assert [(b.period.due, b.total) for b in made] == [(MARCH, D("21.00")), (APRIL, D("10.00"))]

    def test_a_cycle_changed_behind_what_was_billed_is_stopped(self):
        """January is posted; then somebody amends the contract to quarters from 15 January on."""
        before = contract(clicks(rate="0.01"))
        reads = month_starts(0, 1_000, 2_000, 3_000, 4_000)
        posted = [bill_due(before, reads, [device()], FEB)]
        amended = contract(
            versions=(
                version(1, NEW_YEAR, clicks(rate="0.01")),
                version(2, date(2026, 1, 15), clicks(rate="0.01"), overage_months=3),
            )
        )
        (period,) = due_periods(amended, FEB, date(2026, 4, 30))
        made = bill(amended, Ledger.build(reads, pins=pins_of(posted)), [device()], period, posted)
        (finding,) = [f for f in made.findings if f.code == "billed-twice"]
        assert made.blocked and finding.severity is Severity.BLOCK
        assert "2026-01-31" in finding.message and finding.at_stake == D("10.00")

    def test_billing_in_order_never_bills_a_day_twice(self):
        agreed = contract(line(LineKind.FLAT, "10"), clicks(rate="0.01"))
        made = all_bills(agreed, month_starts(*range(0, 6_000, 1_000)), [device()], MAY, posted=True)
        assert not [f for b in made for f in b.findings if f.code == "billed-twice"]

    def test_base_turned_to_arrears_is_charged_for_every_month_once(self):
        agreed = contract(
            versions=(
                version(1, NEW_YEAR, line(LineKind.FLAT, "31")),
                version(2, MARCH, line(LineKind.FLAT, "62"), base_in_advance=False),
            )
        )
        made = all_bills(agreed, [], [], MAY, posted=True)
        assert [(b.period.due.month, b.total) for b in made] == [(1, 31), (2, 31), (4, 62), (5, 62)]
        assert not any(b.findings for b in made)

    @pytest.mark.parametrize("months", [2, 3, 4, 6, 12])
    def test_the_same_clicks_cost_the_same_in_any_cycle(self, months):
        agreed = contract(clicks(rate="0.01"), rules=BillingRules(overage_months=months))
        reads = month_starts(*[137 * n * n for n in range(13)])
        made = all_bills(agreed, reads, [device()], date(2027, 1, 1))
        assert len(made) == 12 // months
        assert sum(b.total for b in made) == D(137 * 144) * D("0.01")

    def test_a_quarters_tiers_are_reached_sooner_than_a_months(self):
        """Who bills by quarter without tripling the tiers gives volume rates away."""
        price = tiers((5_000, "0.02"), (None, "0.01"))
        reads = month_starts(0, 4_000, 8_000, 12_000)
        monthly = all_bills(contract(clicks(price=price)), reads, [device()], APRIL)
        rules = BillingRules(overage_months=3)
        (quarter,) = all_bills(contract(clicks(price=price), rules=rules), reads, [device()], APRIL)
        assert sum(b.total for b in monthly) == D(240)
        assert quarter.total == D(100) + D(70)


def test_a_renamed_line_starts_its_carry_over_anew():
    """The id is what makes a line the same through versions."""
    carry = pool(1_000, carry_periods=2)
    same = contract(
        versions=(
            version(1, NEW_YEAR, clicks(rate="0.01", allowance=carry)),
            version(2, FEB, clicks(rate="0.01", allowance=carry)),
        )
    )
    renamed = replace(
        same,
        versions=(same.versions[0], version(2, FEB, clicks("black", "0.01", allowance=carry))),
    )
    reads = month_starts(0, 0, 1_800)
    assert bill_due(same, reads, [device()], MARCH).total == D(0)
    assert bill_due(renamed, reads, [device()], MARCH).total == D("8.00")


def test_a_larger_block_from_an_amendment_counts_all_copies_made():
    def block(size, rate):
        return line(LineKind.BLOCK, rate, "block", block=D(size), meters={"mono": D(1)})

    agreed = contract(
        versions=(version(1, NEW_YEAR, block(10_000, "100")), version(2, MARCH, block(10_000, "90")))
    )
    reads = month_starts(0, 9_000, 12_000, 21_000)
    totals = [bill_due(agreed, reads, [device()], due).total for due in (NEW_YEAR, MARCH, APRIL)]
    assert totals == [D(100), D(100), D(90)]  # the third block is bought in March, at its price
    assert flat_price("90").tiers[0].rate == D(90)


def test_a_row_of_estimates_is_counted_by_the_tolerance_of_each_month():
    """January was closed at a read a few days before its end; the narrower tolerance of March makes it no estimate."""
    agreed = contract(
        versions=(
            version(1, NEW_YEAR, clicks(rate="0.01"), tolerance=Tolerance(10, 6)),
            version(2, MARCH, clicks(rate="0.01"), tolerance=Tolerance(0, 0)),
        )
    )
    reads = [read(0, 2026, 1, 1), read(900, 2026, 1, 27), read(1_700, 2026, 2, 22)]
    made = bill_due(agreed, reads, [device()], APRIL)
    (finding,) = made.findings
    assert finding.code == "estimated" and finding.message.endswith("1 in a row")
