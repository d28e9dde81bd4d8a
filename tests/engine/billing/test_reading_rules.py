"""Findings on reads: estimates in a row, missing reads, days billed twice, reads that were lost since."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.contract import BillingRules, EstimateRules, Tolerance
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reading_rules import billed_again, closings, lost_reads
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import Bill, Severity
from tests.engine.billing.build import bill_due, clicks, contract, device, month_starts, pool, read

D = Decimal
FEB, MARCH = date(2026, 2, 1), date(2026, 3, 1)
READS = month_starts(0, 3_100)  # read on 1 January and 1 February, and never again


def eves(last: int, name: str = "D1") -> list[Read]:
    """Read on the last evenings of December and January, 31 days apart, and never again."""
    return [read(0, 2025, 12, 31, 23, device=name), read(last, 2026, 1, 31, 23, device=name)]


def agreed(*lines, limit: int = 2, **more):
    return contract(
        *(lines or (clicks(rate="0.01"),)),
        rules=BillingRules(estimates=EstimateRules(max_in_row=limit), **more),
    )


@pytest.mark.parametrize("limit", [0, 1, 2, 3])
@pytest.mark.parametrize(("month", "row"), [(3, 1), (4, 2), (5, 3), (6, 4)])
def test_estimates_in_a_row_up_to_the_contracts_limit(month, row, limit):
    made = bill_due(agreed(limit=limit), READS, [device()], date(2026, month, 1))
    (finding,) = made.findings
    assert (finding.code, made.blocked) == (
        ("too-many-estimates", True) if row > limit else ("estimated", False)
    )
    assert f"{row} in a row" in finding.message
    assert (f"at most {limit} estimates" in finding.todo) is (row > limit)


def test_a_read_starts_the_row_again():
    reads = [*READS, read(9_000, 2026, 4, 1)]  # 1 March was missed, 1 April was not, 1 May is
    (finding,) = bill_due(agreed(), reads, [device()], date(2026, 5, 1)).findings
    assert "1 in a row" in finding.message


def test_a_read_after_the_window_ends_the_block_of_the_months_before_it():
    """Blocked until read: the read of 10 May can never lie in April's window, and yet the meter has been read."""
    late = read(6_000, 2026, 5, 10)
    blocked = bill_due(agreed(), READS, [device()], date(2026, 5, 1))
    made = bill_due(agreed(), [*READS, late], [device()], date(2026, 5, 1))
    (finding,) = made.findings
    assert blocked.blocked and not made.blocked and made.lines == blocked.lines
    assert (finding.code, finding.severity) == ("too-many-estimates", Severity.WARN)
    assert "3 in a row; read again at 6,000 on 2026-05-10" in finding.message and "true" in finding.todo
    # The next bill pays back what the three estimates were too high: 6,000 clicks in all.
    dues = [date(2026, month, 1) for month in (2, 3, 4, 5)]
    june = bill_due(agreed(), [*READS, late, read(6_000, 2026, 5, 31)], [device()], date(2026, 6, 1))
    before = [bill_due(agreed(), [*READS, late], [device()], due) for due in dues]
    assert sum(bill.total for bill in (*before, june)) == D(60)


@pytest.mark.parametrize("kind", [ReadKind.RESET, ReadKind.INSTALL])
def test_a_counter_that_began_anew_does_not_tell_what_it_had_come_to(kind):
    reads = [*READS, read(40, 2026, 5, 10, kind=kind), read(900, 2026, 5, 20)]
    assert bill_due(agreed(), reads, [device()], date(2026, 5, 1)).blocked


class TestAnEndThatNobodyRead:
    """A contract that ends on 8 February, with reads on the eves of January and February only: the read of 31 January
    lies within ten days of both ends of 1 to 8 February, whose clicks no bill would ever hold."""

    DUE = date(2026, 2, 9)
    ENDS = date(2026, 2, 8)

    def codes(self, reads, *units, end=ENDS, due=DUE):
        agreed = contract(clicks(rate="0.01"), rules=BillingRules(), end=end)
        return [(f.code, f.severity) for f in bill_due(agreed, reads, units or [device()], due).findings]

    def test_is_flagged(self):
        made = bill_due(contract(clicks(), end=self.ENDS), eves(3_100), [device()], self.DUE)
        (finding,) = made.findings
        assert (finding.code, finding.severity, made.total) == ("end-not-read", Severity.WARN, D(0))
        assert "(3,100 on 2026-01-31): no click" in finding.message and finding.todo

    def test_a_read_of_the_last_day_or_after_it_mends_it(self):
        for day in (8, 9, 14):
            assert self.codes([*eves(3_100), read(3_900, 2026, 2, day)]) == []

    def test_a_device_that_leaves_while_the_contract_goes_on(self):
        left = device(end=self.ENDS)
        assert self.codes(eves(3_100), left, end=None, due=MARCH) == [("end-not-read", Severity.WARN)]

    def test_a_removal_says_that_nothing_was_printed_since(self):
        gone = read(3_100, 2026, 1, 31, 23, kind=ReadKind.REMOVAL)
        assert self.codes([eves(0)[0], gone], device(end=self.ENDS), end=None, due=MARCH) == []

    def test_a_mere_change_of_place_is_no_end(self):
        reads = [*eves(3_100), read(5_900, 2026, 2, 28, 23)]
        moved = device(end=self.ENDS, site="A"), device(start=date(2026, 2, 9), site="B")
        assert self.codes(reads, *moved, end=None, due=MARCH) == []

    def test_in_mid_contract_the_next_period_opens_there_and_nothing_is_lost(self):
        rules = BillingRules(anchor_day=10)
        agreed = contract(clicks(rate="0.01"), rules=rules)
        reads = [read(0, 2026, 1, 1), read(4_000, 2026, 2, 9)]
        made = [bill_due(agreed, reads, [device()], due) for due in (date(2026, 1, 10), date(2026, 2, 10))]
        assert (made[0].findings, sum(b.total for b in made)) == ((), D(40))


def test_an_actual_closing_says_nothing():
    made = bill_due(agreed(), READS, [device()], FEB)
    assert (made.findings, made.total) == ((), D(31))


@pytest.mark.parametrize(
    ("line", "at_stake"),
    [
        (clicks(rate="0.01"), "28"),  # 28 days of 100
        (clicks(rate="0.01", allowance=pool(800)), "20"),
        (
            clicks(rate="0.01", allowance=pool(9_000)),
            "28",
        ),  # billed nothing: what it would be at the first rate
    ],
)
def test_the_money_at_stake_of_an_estimate(line, at_stake):
    (finding,) = bill_due(agreed(line), eves(3_100), [device()], MARCH).findings
    assert (finding.unit, finding.line_id, finding.at_stake) == ("D1", "mono", D(at_stake))


def test_a_meter_that_serves_two_lines_is_told_once():
    lines = clicks("print", "0.01"), clicks("toner", "0.002")
    made = bill_due(agreed(*lines), READS, [device()], MARCH)
    assert [(f.code, f.line_id) for f in made.findings] == [("estimated", "print")]


def test_every_device_is_told_of_with_its_own_part():
    reads = [*eves(3_100), *eves(6_200, "D2")]  # 100 and 200 a day
    made = bill_due(agreed(), reads, [device(), device("D2")], MARCH)
    assert {f.unit: f.at_stake for f in made.findings} == {"D1": D(28), "D2": D(56)}


def test_where_estimates_are_not_allowed_the_read_is_missing():
    rules = BillingRules(estimates=EstimateRules(allowed=False))
    made = bill_due(contract(clicks(), rules=rules), READS, [device()], MARCH)
    assert [f.code for f in made.findings] == ["read-missing"]
    assert made.blocked


class TestLostReads:
    def test_what_was_billed_and_cannot_be_shown_any_more_is_at_stake(self):
        posted = bill_due(agreed(), READS, [device()], FEB)
        today = bill_due(agreed(), [], [device()], FEB)
        (finding,) = lost_reads([posted], [today])
        assert (finding.code, finding.severity, finding.at_stake) == ("read-missing", Severity.BLOCK, D(31))

    def test_what_was_missing_then_is_no_news(self):
        then = bill_due(agreed(), [], [device()], FEB)
        assert list(lost_reads([then], [then])) == []

    def test_reads_that_are_there_are_not_lost(self):
        posted = bill_due(agreed(), READS, [device()], FEB)
        assert list(lost_reads([posted], [posted])) == []


def days(first: int, last: int) -> Period:
    return Period(date(2026, 1, first), date(2026, 1, last))


@pytest.mark.parametrize(
    ("own", "other", "told"),
    [
        ({"overage": days(1, 31)}, {"overage": days(1, 31)}, ["The usage of 2026-01-01 – 2026-01-31"]),
        ({"overage": days(15, 31)}, {"overage": days(1, 15)}, ["The usage of 2026-01-15 – 2026-01-15"]),
        ({"overage": days(16, 31)}, {"overage": days(1, 15)}, []),
        ({"base": days(1, 31)}, {"overage": days(1, 31)}, []),  # base and usage are two things
        ({"base": days(10, 20)}, {"base": days(1, 31)}, ["The base of 2026-01-10 – 2026-01-20"]),
        ({"base": days(1, 9), "overage": days(1, 9)}, {"base": days(9, 12), "overage": days(8, 9)},
         ["The base of 2026-01-09 – 2026-01-09", "The usage of 2026-01-08 – 2026-01-09"]),
        ({}, {"base": days(1, 31), "overage": days(1, 31)}, []),
    ],
)  # fmt: skip
def test_days_that_another_bill_has_charged(own, other, told):
    earlier = Bill("C-1", "CUST-1", "USD", BillPeriod(FEB, **other), (), D("-31.50"))
    findings = list(billed_again(BillPeriod(MARCH, **own), [earlier]))
    assert [f.message for f in findings] == [f"{what} was billed on 2026-02-01 already" for what in told]
    assert {(f.code, f.severity, f.at_stake) for f in findings} <= {
        ("billed-twice", Severity.BLOCK, D("31.50"))
    }


def test_closing_days_come_newest_first_with_their_tolerance():
    wide = agreed(tolerance=Tolerance(10, 6))
    assert closings(wide, date(2026, 4, 1)) == [
        (date(2026, 3, 31), Tolerance(10, 6)),
        (date(2026, 2, 28), Tolerance(10, 6)),
        (date(2026, 1, 31), Tolerance(10, 6)),
    ]


def test_before_the_first_period_the_eve_of_the_contract_closes():
    assert [day for day, _ in closings(agreed(), date(2026, 1, 1))] == [date(2025, 12, 31)]
