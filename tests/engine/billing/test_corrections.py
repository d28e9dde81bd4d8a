"""Corrections after the bill, beside everything else a bill can hold: splits, discounts, minimums, blocks, carry-over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.adjust import pins_of
from mps_module.engine.contract import (
    Allowance,
    AllowanceScope,
    BillingRules,
    EstimateRules,
    LineKind,
    ServiceCall,
    SplitBy,
    Tolerance,
)
from mps_module.engine.reads import ReadKind
from mps_module.engine.result import Basis, ChargeKind, Severity
from mps_module.engine.split import split_bill
from tests.engine.billing.build import (
    NEW_YEAR,
    amounts,
    bill_due,
    clicks,
    contract,
    device,
    line,
    month_starts,
    pool,
    read,
    seats,
    tiers,
)

D = Decimal
FEB, MARCH, APRIL, MAY = (date(2026, month, 1) for month in (2, 3, 4, 5))
MONTHS = month_starts(0, 1_000, 2_000, 3_000, 4_000)


def post(agreed, reads, units, *dues, posted=(), calls=()):
    """Bills posted one after the other, each seeing all those before."""
    made = list(posted)
    for due in dues:
        made.append(bill_due(agreed, reads, units, due, calls=calls, posted=made, pins=pins_of(made)))
    return made


def corrected(reads, number: int, value: int):
    """The reads with the one of that position superseded."""
    old = reads[number]
    return [*reads, replace(old, value=value, read_id="right", supersedes=old.read_id, reason="mistyped")]


def adjusted(made) -> D:
    return sum((r.amount for r in made.lines if r.kind is ChargeKind.ADJUSTMENT), D(0))


class TestWhatTheCorrectionMoves:
    """February's opening read is put right from 1,000 to 1,400; one more bill settles it."""

    def settled(self, line_, value=1_400, reads=MONTHS, units=None, **rules):
        agreed = contract(line_, rules=BillingRules(**rules))
        units = units or [device()]
        posted = post(agreed, reads, units, FEB, MARCH)
        return posted, post(agreed, corrected(reads, 1, value), units, APRIL, posted=posted)[-1]

    def test_on_a_flat_rate_nothing_is_left_to_pay(self):
        _, made = self.settled(clicks(rate="0.01"))
        # January 4.00 more, February 4.00 less
        assert sorted(r.amount for r in made.lines if r.kind is ChargeKind.ADJUSTMENT) == [
            D("-4.00"),
            D("4.00"),
        ]
        assert made.total == D("10.00")

    def test_tiers_make_the_two_months_differ(self):
        _, made = self.settled(clicks(price=tiers((1_000, "0.02"), (None, "0.01"))))
        # January 20 + 4 for 24; February 600 x .02 = 12 for 20
        assert adjusted(made) == D("4.00") - D("8.00")

    def test_an_allowance_swallows_one_side(self):
        _, made = self.settled(clicks(rate="0.01", allowance=pool(1_000)))
        assert adjusted(made) == D("4.00")  # January 400 over, February 400 unused

    def test_a_discount_holds_for_the_difference_too(self):
        _, made = self.settled(clicks(rate="0.01", allowance=pool(1_000), discount=D(25)))
        assert adjusted(made) == D("3.00")

    def test_a_minimum_that_was_reached_swallows_the_other(self):
        posted, made = self.settled(clicks(rate="0.01", minimum=D(8)))
        # January 10 -> 14; February 10 -> 6, lifted to 8
        assert [b.total for b in posted] == [D("10.00"), D("10.00")]
        assert adjusted(made) == D("4.00") - D("2.00")

    def test_a_maximum_cuts_the_difference(self):
        _, made = self.settled(clicks(rate="0.01", maximum=D(12)))
        assert adjusted(made) == D("2.00") - D("4.00")

    def test_the_contracts_minimum_gives_back_what_it_took(self):
        posted, made = self.settled(clicks(rate="0.01"), minimum=D(12))
        assert [b.total for b in posted] == [D(12), D(12)]
        # January 14, so its minimum row of 2.00 goes; February 6 with 6.00 of minimum in place of 2.00
        assert adjusted(made) == D(14) - D(12) + D(12) - D(12)
        assert {(r.line_id, r.amount) for r in made.lines if r.kind is ChargeKind.ADJUSTMENT} == {
            ("mono", D("4.00")),
            ("", D("-2.00")),
            ("mono", D("-4.00")),
            ("", D("4.00")),
        }

    def test_a_read_put_right_twice_is_charged_twice_and_comes_out_right(self):
        agreed, units = contract(clicks(price=tiers((1_000, "0.02"), (None, "0.01")))), [device()]
        posted = post(agreed, MONTHS, units, FEB, MARCH)
        once = corrected(MONTHS, 1, 1_400)
        posted = post(agreed, once, units, APRIL, posted=posted)
        again = replace(once[-1], value=1_100, read_id="righter", supersedes="right", reason="the 4 is a 1")
        posted = post(agreed, [*once, again], units, MAY, posted=posted)
        # 1,100 = 21, 900 = 18, then twice 1,000 = 20
        assert sum(b.total for b in posted) == D(79)

    @pytest.mark.parametrize("value", [0, 1, 999, 1_001, 1_999, 2_000])
    def test_posted_plus_adjustments_is_what_was_right_from_the_start(self, value):
        line_ = clicks(
            price=tiers((300, "0.0333"), (900, "0.0271"), (None, "0.0199")),
            allowance=pool(150, carry_periods=1),
            discount=D("7.5"),
        )
        posted, made = self.settled(line_, value)
        right = post(contract(line_), corrected(MONTHS, 1, value), [device()], FEB, MARCH, APRIL)
        assert sum(b.total for b in (*posted, made)) == sum(b.total for b in right)


class TestOnlySomeBillsAreGiven:
    """A run gives only the posted bills that may have changed; what older ones were put right by stays."""

    def test_base_of_a_month_whose_usage_is_given(self):
        """January's base was put right on the bill of February. In March that bill is given, January's own is not."""
        agreed = contract(line(LineKind.SEAT, "10", "seats"), clicks(rate="0.01"))
        wrong = [device(), seats("Office", 5)]
        right = [device(), seats("Office", 3)]
        posted = post(agreed, MONTHS, wrong, NEW_YEAR)
        posted = post(agreed, MONTHS, right, FEB, posted=posted)
        assert amounts(posted[1])["seats", "adjustment"] == D(-20)
        march = bill_due(agreed, MONTHS, right, MARCH, posted=posted[1:], pins=pins_of(posted))
        assert amounts(march) == {("seats", "base"): D(30), ("mono", "overage"): D(10)}

    def test_all_given_the_same_comes_out(self):
        agreed = contract(line(LineKind.SEAT, "10", "seats"), clicks(rate="0.01"))
        right = [device(), seats("Office", 3)]
        posted = post(agreed, MONTHS, [device(), seats("Office", 5)], NEW_YEAR)
        posted = post(agreed, MONTHS, right, FEB, MARCH, posted=posted)
        assert [b.total for b in posted] == [D(50), D(20), D(40)]

    def test_a_seat_taken_back_and_given_again_is_settled_both_times(self):
        agreed = contract(line(LineKind.SEAT, "10", "seats"), clicks(rate="0.01"))
        five, three = ([device(), seats("Office", n)] for n in (5, 3))
        posted = post(agreed, MONTHS, five, NEW_YEAR)
        posted = post(agreed, MONTHS, three, FEB, posted=posted)
        posted = post(agreed, MONTHS, five, MARCH, posted=posted)
        assert [adjusted(b) for b in posted] == [D(0), D(-20), D(40)]

    def test_a_unit_entered_late_is_charged_where_nothing_was(self):
        """The posted bill has no row of seats at all, and must get its charge all the same."""
        agreed = contract(line(LineKind.SEAT, "10", "seats"), clicks(rate="0.01"))
        posted = post(agreed, MONTHS, [device()], NEW_YEAR)
        made = post(agreed, MONTHS, [device(), seats("Office", 2)], FEB, posted=posted)[-1]
        assert amounts(made) == {
            ("seats", "base"): D(20),
            ("mono", "overage"): D(10),
            ("seats", "adjustment"): D(20),
        }


class TestLostReads:
    """Where estimates are not allowed, a read that is withdrawn leaves a hole in a posted bill."""

    rules = BillingRules(tolerance=Tolerance(2, 2), estimates=EstimateRules(allowed=False))

    def withdrawn(self, number):
        agreed = contract(clicks(rate="0.01"), rules=self.rules)
        posted = post(agreed, MONTHS, [device()], FEB, MARCH, APRIL)
        old = MONTHS[number]
        other_day = replace(
            old,
            taken_at=old.taken_at.replace(month=old.taken_at.month, day=14),
            value=old.value + 400,
            read_id="moved",
            supersedes=old.read_id,
            reason="read a fortnight later",
        )
        return post(agreed, [*MONTHS, other_day], [device()], MAY, posted=posted)[-1]

    def test_the_next_bill_is_held_back_and_does_not_pay_the_months_back_in_silence(self):
        made = self.withdrawn(1)
        assert made.blocked
        findings = [f for f in made.findings if f.code == "read-missing"]
        assert {f.severity for f in findings} == {Severity.BLOCK}
        assert [f.at_stake for f in findings] == [D("10.00"), D("10.00")]
        assert {m for f in findings for m in ("2026-01-01", "2026-02-01") if m in f.message} == {
            "2026-01-01",
            "2026-02-01",
        }

    def test_a_month_that_lost_nothing_is_not_named(self):
        made = self.withdrawn(1)
        assert not any("2026-03-01" in f.message for f in made.findings)

    def test_with_estimates_the_hole_is_filled_and_nothing_is_held(self):
        agreed = contract(clicks(rate="0.01"), rules=BillingRules(tolerance=Tolerance(2, 2)))
        posted = post(agreed, MONTHS, [device()], FEB, MARCH, APRIL)
        old = MONTHS[2]
        late = replace(
            old, taken_at=old.taken_at.replace(day=14), value=2_400, read_id="moved", supersedes=old.read_id,
            reason="read a fortnight later",
        )  # fmt: skip
        made = post(agreed, [*MONTHS, late], [device()], MAY, posted=posted)[-1]
        assert not made.blocked
        assert sum(b.total for b in (*posted, made)) == D("40.00")


class TestBlocksAndCarryOver:
    def test_a_true_up_takes_a_renewed_block_back(self):
        """Estimated into a second block; the read says that the first is not used up."""
        block = line(LineKind.BLOCK, "250", "block", block=D(8_500), meters={"mono": D(1)})
        agreed = contract(block)
        reads = [*month_starts(0, 3_100, 5_900), read(6_000, 2026, 5, 1)]
        posted = post(agreed, reads, [device()], NEW_YEAR, FEB, MARCH, APRIL)
        assert [b.total for b in posted] == [D(250), D(0), D(0), D(250)]
        assert posted[-1].lines[0].estimated
        back = post(agreed, reads, [device()], MAY, posted=posted)[-1]
        assert back.total == D(-250) and back.lines[0].proof.usages[0].usage < 0

    def test_a_correction_into_the_next_block_bills_it_where_it_belongs(self):
        block = line(LineKind.BLOCK, "100", "block", block=D(1_500), meters={"mono": D(1)})
        posted = post(contract(block), MONTHS, [device()], NEW_YEAR, FEB)
        assert [b.total for b in posted] == [D(100), D(0)]
        made = post(contract(block), corrected(MONTHS, 1, 1_600), [device()], MARCH, posted=posted)[-1]
        assert (adjusted(made), made.total) == (D(100), D(100))

    def test_carried_clicks_that_were_none_are_charged_back(self):
        """January left 500 for February, until January's closing read was put right."""
        line_ = clicks(rate="0.01", allowance=pool(1_000, carry_periods=1))
        reads = month_starts(0, 500, 2_000, 3_000)
        agreed = contract(line_)
        posted = post(agreed, reads, [device()], FEB, MARCH)
        assert [b.total for b in posted] == [D(0), D(0)]
        made = post(agreed, corrected(reads, 1, 1_000), [device()], APRIL, posted=posted)[-1]
        assert made.total == D(0)  # 1,000 in each of the months: nothing was over after all
        more = post(agreed, corrected(reads, 2, 2_300), [device()], APRIL, posted=posted)[-1]
        assert adjusted(more) == D("3.00")


class TestSplitAndCorrection:
    units = (device("A", site="North"), device("B", site="South"))
    agreed = contract(
        clicks(
            rate="0.01", allowance=Allowance(D(500), AllowanceScope.PER_UNIT), discount=D(10), minimum=D(5)
        ),
        rules=BillingRules(split_by=SplitBy.SITE),
    )
    reads = (
        *month_starts(0, 1_000, 2_000, 3_000, device="A"),
        *month_starts(0, 700, 1_400, 2_100, device="B"),
    )

    def parts(self, made):
        found = split_bill(made, self.units, SplitBy.SITE)
        assert sum(p.total for p in found) == made.total
        for part in found:
            assert part.total == sum(r.amount for r in part.lines)
        return {p.key: p.total for p in found}

    def test_before(self):
        posted = post(self.agreed, self.reads, self.units, FEB)
        # 500 and 200 over: 7.00 less 10 % = 6.30
        assert self.parts(posted[0]) == {"North": D("4.50"), "South": D("1.80")}

    def test_the_place_whose_read_was_wrong_pays(self):
        posted = post(self.agreed, self.reads, self.units, FEB)
        right = corrected(list(self.reads), 5, 900)  # device B on 1 February
        made = post(self.agreed, right, self.units, MARCH, posted=posted)[-1]
        # January: B 400 over instead of 200 = 1.80 more. February: A 500 over = 4.50, B 0, lifted to the minimum of 5.
        assert adjusted(made) == D("1.80")
        assert self.parts(made) == {"North": D("5.00"), "South": D("1.80")}

    def test_a_credit_of_one_place_beside_the_charge_of_another(self):
        reads = [
            *month_starts(0, 1_000, 2_000, device="A"),
            read(2_100, 2026, 5, 1, device="A"),
            *month_starts(0, 700, 1_400, 2_100, 9_000, device="B"),
        ]
        agreed = contract(clicks(rate="0.01"), rules=BillingRules(split_by=SplitBy.SITE))
        made = bill_due(agreed, reads, self.units, MAY)
        (row,) = made.lines
        shares = dict(row.proof.shares)
        assert shares["A"] < 0 < shares["B"]
        parts = self.parts(made)
        assert parts["North"] < 0 < parts["South"]


class TestLateReads:
    def test_a_back_dated_read_before_the_window_moves_no_posted_estimate(self):
        agreed = contract(clicks(rate="0.01"))
        reads = month_starts(0, 3_100, 5_900)
        posted = post(agreed, reads, [device()], FEB, MARCH, APRIL)
        late = read(6_000, 2026, 3, 15)
        made = post(agreed, [*reads, late, read(7_000, 2026, 5, 1)], [device()], MAY, posted=posted)[-1]
        assert adjusted(made) == D(0)
        assert sum(b.total for b in (*posted, made)) == D("70.00")

    def test_a_removal_entered_late_ends_the_estimates(self):
        """Nobody told that the device went on 10 March. The cover is ended, and what was estimated comes back."""
        agreed = contract(line(LineKind.DEVICE, "31", "fee"), clicks(rate="0.01"))
        reads = month_starts(0, 3_100, 5_900)
        posted = post(agreed, reads, [device()], NEW_YEAR, FEB, MARCH, APRIL)
        estimated = amounts(posted[-1])["mono", "overage"]
        assert posted[-1].lines[1].estimated and estimated > D(20)
        gone = read(6_400, 2026, 3, 10, 15, kind=ReadKind.REMOVAL)
        made = post(agreed, [*reads, gone], [device(end=date(2026, 3, 10))], MAY, posted=posted)[-1]
        # 500 clicks of March are owed; 10 of March's 31 days, and none of April's fee
        assert amounts(made) == {
            ("mono", "adjustment"): D("5.00") - estimated,
            ("fee", "adjustment"): D(-21) + D(-31),
        }

    def test_a_device_entered_late_is_billed_for_the_months_it_stood_there(self):
        agreed = contract(clicks(rate="0.01"))
        reads = [*MONTHS, *month_starts(0, 100, 300, 600, device="D2")]
        posted = post(agreed, reads, [device()], FEB, MARCH)
        made = post(agreed, reads, [device(), device("D2")], APRIL, posted=posted)[-1]
        assert amounts(made) == {("mono", "overage"): D("13.00"), ("mono", "adjustment"): D("3.00")}

    def test_a_call_that_was_cancelled_comes_back(self):
        agreed = contract(line(LineKind.INCIDENT, "95"), line(LineKind.LABOUR, "110"))
        call = ServiceCall("S1", "D1", date(2026, 1, 30), incident=True, labour_hours=D("1.5"))
        posted = post(agreed, [], [device()], FEB, calls=[call])
        made = post(agreed, [], [device()], MARCH, posted=posted)[-1]
        assert amounts(made) == {
            ("incident", "adjustment"): D("-95.00"),
            ("labour", "adjustment"): D("-165.00"),
        }

    def test_the_adjustment_says_what_was_charged_and_what_is_right(self):
        agreed = contract(clicks(rate="0.01", description="Black clicks"))
        posted = post(agreed, MONTHS, [device()], FEB)
        made = post(agreed, corrected(MONTHS, 1, 1_400), [device()], MARCH, posted=posted)[-1]
        (row,) = [r for r in made.lines if r.kind is ChargeKind.ADJUSTMENT]
        assert row.description == "Adjustment: Black clicks (2026-01-01 – 2026-01-31: 10.00 → 14.00)"
        assert row.proof.note == (
            "charged 10.00, today 14.00; D1 mono 1,000 → 1,400, closes at 1,400 (was 1,000)"
        )
        assert (row.quantity, row.rate, row.amount) == (D(1), D("4.00"), D("4.00"))
        assert made.boundaries[0][2].basis is Basis.ACTUAL

    def test_an_adjustment_of_an_adjustment_keeps_the_whole_name_of_its_line(self):
        agreed = contract(clicks(rate="0.01", description="Black clicks (A4)"))
        posted = post(agreed, MONTHS, [device()], FEB)
        once = corrected(MONTHS, 1, 1_400)
        posted = post(agreed, once, [device()], MARCH, posted=posted)
        twice = [*once, replace(once[-1], value=1_500, read_id="again", supersedes=once[-1].read_id)]
        made = post(agreed, twice, [device()], APRIL, posted=posted)[-1]
        assert [
            r.description for r in made.lines if r.kind is ChargeKind.ADJUSTMENT and "01-01" in r.description
        ] == ["Adjustment: Black clicks (A4) (2026-01-01 – 2026-01-31: 14.00 → 15.00)"]


class TestWhatAnAdjustmentComesFrom:
    """An adjustment unfolds to its cause, as every other row does."""

    def notes(self, made):
        return {
            r.line_id: r.proof.note.split("; ")[1:] for r in made.lines if r.kind is ChargeKind.ADJUSTMENT
        }

    def test_the_devices_that_moved_most_come_first_and_many_are_counted(self):
        names = [f"D{n}" for n in range(1, 9)]
        agreed = contract(clicks(rate="0.01"))
        reads = [r for name in names for r in month_starts(0, 1_000, 2_000, device=name)]
        late = [
            read(1_000 + 10 * n, 2026, 2, 1, device=name, supersedes=reads[3 * n - 2].read_id, reason="typo")
            for n, name in enumerate(names, start=1)
        ]
        units = [device(name) for name in names]
        posted = post(agreed, reads, units, FEB)
        told = self.notes(post(agreed, [*reads, *late], units, MARCH, posted=posted)[-1])["mono"]
        assert told[0] == "D8 mono 1,000 → 1,080, closes at 1,080 (was 1,000)"
        assert (len(told), told[-1]) == (6, "and 3 more")

    def test_a_device_that_came_or_went(self):
        agreed = contract(clicks(rate="0.01"))
        reads = [*MONTHS, *month_starts(0, 100, 300, device="D2")]
        posted = post(agreed, reads, [device()], FEB)
        assert self.notes(post(agreed, reads, [device(), device("D2")], MARCH, posted=posted)[-1]) == {
            "mono": ["D2 mono 100 added"]
        }
        both = post(agreed, reads, [device(), device("D2")], FEB)
        assert self.notes(post(agreed, reads, [device()], MARCH, posted=both)[-1]) == {
            "mono": ["D2 mono 100 left out"]
        }

    def test_calls(self):
        agreed = contract(line(LineKind.INCIDENT, "95"))
        calls = [ServiceCall(name, "D1", date(2026, 1, 30), incident=True) for name in ("S1", "S2")]
        posted = post(agreed, [], [device()], FEB, calls=calls[:1])
        assert self.notes(post(agreed, [], [device()], MARCH, posted=posted, calls=calls)[-1]) == {
            "incident": ["call S2 added"]
        }
        assert self.notes(post(agreed, [], [device()], MARCH, posted=posted)[-1]) == {
            "incident": ["call S1 left out"]
        }

    def test_without_the_reads_of_the_posted_bill_only_the_sums_are_told(self):
        agreed = contract(clicks(rate="0.01"))
        (posted,) = post(agreed, MONTHS, [device()], FEB)
        bare = replace(posted, lines=tuple(replace(x, proof=None) for x in posted.lines))
        made = post(agreed, corrected(MONTHS, 1, 1_400), [device()], MARCH, posted=[bare])[-1]
        assert self.notes(made) == {"mono": []}
