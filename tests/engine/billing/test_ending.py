"""The end of a contract, planned or sudden, its renewal, and devices that come, go and move in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import bill
from mps_module.engine.contract import Allowance, AllowanceScope, BillingRules, LineKind, Proration
from mps_module.engine.guards import FleetNorms, guard
from mps_module.engine.handover import closing_pins
from mps_module.engine.ledger import Ledger
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reads import ReadKind
from mps_module.engine.result import Basis
from mps_module.engine.schedule import due_periods, settlement
from tests.engine.billing.build import (
    NEW_YEAR,
    amount,
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
)

D = Decimal
FEB, MARCH, APRIL = (date(2026, month, 1) for month in (2, 3, 4))
REMOVAL, INSTALL = ReadKind.REMOVAL, ReadKind.INSTALL


class TestEndedEarly:
    """The base of a month was billed in advance, then the contract is ended within it."""

    def ended(self, *lines, end: date, units=(), reads=(), rules=None):
        """(the bill of 1 January as posted, the last bill after the contract was ended)."""
        agreed = contract(*lines, rules=rules)
        posted = [bill_due(agreed, reads, units, NEW_YEAR)]
        short = replace(agreed, end=end)
        (period,) = due_periods(short, NEW_YEAR, date(2026, 12, 31))
        ledger = Ledger.build(reads, pins=pins_of(posted))
        return posted[0], bill(short, ledger, units, period, posted)

    def test_the_days_after_the_end_are_paid_back(self):
        reads = [read(0, 2026, 1, 1), read(500, 2026, 1, 10, 17, kind=REMOVAL)]
        first, last = self.ended(
            line(LineKind.FLAT, "310"),
            clicks(rate="0.01"),
            end=date(2026, 1, 10),
            units=[device()],
            reads=reads,
        )
        assert first.total == D(310)
        assert last.period.due == date(2026, 1, 11)
        # 10 of 31 days are owed: 100 of 310
        assert amounts(last) == {("mono", "overage"): D("5.00"), ("flat", "adjustment"): D("-210.00")}

    def test_flat_and_seats_go_back_alike(self):
        _, last = self.ended(
            line(LineKind.FLAT, "310"),
            line(LineKind.SEAT, "31"),
            line(LineKind.INCIDENT, "95"),
            end=date(2026, 1, 10),
            units=[seats("Office", 10)],
        )
        assert amounts(last) == {("flat", "adjustment"): D("-210.00"), ("seat", "adjustment"): D("-210.00")}

    def test_what_is_not_prorated_is_kept(self):
        _, last = self.ended(
            line(LineKind.FLAT, "310", proration=Proration.NONE),
            line(LineKind.INCIDENT, "95"),
            end=date(2026, 1, 10),
        )
        assert last.lines == ()

    def test_a_year_paid_ahead_comes_back_from_the_end_on(self):
        rules = BillingRules(base_months=12)
        agreed = contract(line(LineKind.FLAT, "3650"), clicks(rate="0.01"), rules=rules)
        reads = month_starts(0, 100, 200, 300)
        posted = []
        for due in (NEW_YEAR, FEB, MARCH):
            posted.append(bill_due(agreed, reads, [device()], due, posted=posted, pins=pins_of(posted)))
        short = replace(agreed, end=date(2026, 3, 31))
        made = bill_due(short, reads, [device()], APRIL, posted=posted, pins=pins_of(posted))
        assert amount(made, "mono", made.lines[0].kind) == D("1.00")
        # 90 of 365 days stay: 900 of 3,650
        assert amounts(made)["flat", "adjustment"] == D("-2750.00")

    def test_the_allowance_and_minimum_of_the_last_days_are_parts_too(self):
        reads = [read(0, 2026, 1, 1), read(1_500, 2026, 1, 10, 12, kind=REMOVAL)]
        agreed = contract(
            clicks(rate="0.01", allowance=pool(3_100), minimum=D(31)),
            end=date(2026, 1, 10),
        )
        made = bill_due(agreed, reads, [device()], date(2026, 1, 11))
        # 1,000 free of 1,500, 5.00 under a minimum of 10.00
        assert amounts(made) == {("mono", "overage"): D("5.00"), ("mono", "minimum"): D("5.00")}

    def test_a_contract_minimum_is_owed_for_the_days_until_the_end(self):
        agreed = contract(clicks(rate="0.01"), rules=BillingRules(minimum=D(310)), end=date(2026, 1, 10))
        reads = [read(0, 2026, 1, 1), read(1_500, 2026, 1, 10, 12, kind=REMOVAL)]
        assert bill_due(agreed, reads, [device()], date(2026, 1, 11)).total == D(100)


class TestEndedBack:
    """The end is entered after bills that lie behind it: no bill of the contract's own comes any more."""

    def posted(self, agreed, *dues: date, reads=()):
        made = []
        for due in dues:
            made.append(bill_due(agreed, reads, [device()], due, posted=made, pins=pins_of(made)))
        return made

    def settled(self, agreed, posted, reads=()):
        period = settlement(agreed, posted[-1].period.due, [made.period for made in posted])
        return bill(agreed, Ledger.build(reads, pins=pins_of(posted)), [device()], period, posted)

    def test_two_months_of_base_come_back(self):
        """January, February and March at 310 in advance; on 5 March the end is said to have been 14 February."""
        agreed = contract(line(LineKind.FLAT, "310"))
        posted = self.posted(agreed, NEW_YEAR, FEB, MARCH)
        ended = replace(agreed, end=date(2026, 2, 14))
        assert due_periods(ended, MARCH, date(2027, 1, 1)) == []
        last = self.settled(ended, posted)
        assert last.period == BillPeriod(date(2026, 3, 2))
        # February: 14 of 28 days are owed, 155 of 310. March: nothing of 310.
        assert [(row.period.start, row.amount) for row in last.lines] == [
            (FEB, D("-155.00")),
            (MARCH, D("-310.00")),
        ]
        assert last.total == D("-465.00")
        again = self.settled(ended, [*posted, last])
        assert (again.lines, again.total) == ((), 0), "it is paid back once"

    def test_the_usage_behind_the_end_comes_back_too(self):
        """1,000 clicks in February are billed; the device left on the 14th at 400 of them."""
        agreed = contract(line(LineKind.FLAT, "310"), clicks(rate="0.01"))
        reads = month_starts(0, 100, 1_100)
        posted = self.posted(agreed, NEW_YEAR, FEB, MARCH, reads=reads)
        assert amounts(posted[-1]) == {("flat", "base"): D("310.00"), ("mono", "overage"): D("10.00")}
        ended = replace(agreed, end=date(2026, 2, 14))
        last = self.settled(ended, posted, [*reads, read(500, 2026, 2, 14, 17, kind=REMOVAL)])
        assert sorted((row.line_id, row.amount) for row in last.lines) == [
            ("flat", D("-310.00")), ("flat", D("-155.00")), ("mono", D("-6.00")),
        ]  # fmt: skip

    def test_a_base_alone_that_ends_within_its_last_month(self):
        agreed = contract(line(LineKind.FLAT, "310"))
        posted = self.posted(agreed, NEW_YEAR)
        last = self.settled(replace(agreed, end=date(2026, 1, 10)), posted)
        assert (last.period.due, last.total) == (date(2026, 1, 2), D("-210.00"))

    def test_where_a_last_bill_comes_it_carries_the_credit(self):
        agreed = contract(line(LineKind.FLAT, "310"), clicks(rate="0.01"), end=date(2026, 1, 10))
        billed = [BillPeriod(NEW_YEAR, base=Period(NEW_YEAR, date(2026, 1, 31)))]
        assert settlement(agreed, NEW_YEAR, billed) is None
        assert [p.due for p in due_periods(agreed, NEW_YEAR, MARCH)] == [date(2026, 1, 11)]

    def test_nothing_is_settled_of_a_contract_that_ends_as_planned(self):
        january = BillPeriod(FEB, overage=Period(NEW_YEAR, date(2026, 1, 31)))
        assert settlement(contract(clicks()), FEB, [january]) is None
        assert settlement(contract(clicks(), end=date(2026, 1, 31)), FEB, [january]) is None
        assert settlement(contract(clicks(), end=date(2026, 1, 31)), None, [january]) is None

    def test_the_credit_is_flagged_before_it_is_posted(self):
        agreed = contract(line(LineKind.FLAT, "310"))
        posted = self.posted(agreed, NEW_YEAR)
        ended = replace(agreed, end=date(2026, 1, 10))
        last = self.settled(ended, posted)
        found = guard(ended, last, Ledger.build([]), [device()], FleetNorms())
        assert [(f.code, f.at_stake) for f in found] == [("bill-negative", D("210.00"))]


class TestRenewal:
    def pair(self, new_start=FEB, **rules):
        old = contract(clicks(rate="0.02"), end=date(2026, 1, 31))
        new = replace(
            contract(clicks(rate="0.01"), start=new_start, rules=BillingRules(**rules)), contract="C-2"
        )
        return old, new

    def test_the_new_contract_opens_where_the_old_one_closed(self):
        old, new = self.pair()
        reads = [
            read(0, 2026, 1, 1),
            read(950, 2026, 1, 30),
            read(1_020, 2026, 2, 3),
            read(2_000, 2026, 3, 1),
        ]
        last = bill_due(old, reads, [device()], FEB)
        first = bill_due(new, reads, [device(start=FEB)], MARCH, pins=pins_of([last]))
        assert (last.total, first.total) == (D("19.00"), D("10.50"))  # 950 at .02, 1,050 at .01

    def test_an_estimate_at_the_end_is_trued_up_under_the_new_contract(self):
        old, new = self.pair()
        reads = [*month_starts(0), read(3_000, 2026, 1, 20), read(8_000, 2026, 3, 1)]
        last = bill_due(old, reads[:2], [device()], FEB)
        closing = last.lines[0].proof.usages[0].closing
        # 3,000 clicks in 19 days are known: 157.89 a day, the 12 days from the 20th on are left of January
        assert (closing.basis, closing.value) == (Basis.ESTIMATE, 3_000 + 1_895)
        first = bill_due(new, reads, [device(start=FEB)], MARCH, pins=pins_of([last]))
        assert first.lines[0].quantity == 8_000 - 4_895

    @pytest.mark.parametrize(
        ("when", "closes"),
        [
            (
                (2026, 1, 21),
                2_000,
            ),  # ten days before the close: in its window, a day too early for the opening's
            ((2026, 2, 7), 0),  # in the window of the opening only: the close is estimated from nothing known
        ],
    )
    def test_windows_that_differ_by_a_day_lose_nothing(self, when, closes):
        old, new = self.pair()
        reads = [read(0, 2026, 1, 1), read(2_000, *when, 23), read(3_000, 2026, 3, 1)]
        ledger = Ledger.build(reads)
        pins = closing_pins(old, ledger, "D1", date(2026, 1, 31))
        assert [pin.value for pin in pins.values()] == [closes]
        last = bill_due(old, reads, [device()], FEB)
        first = bill_due(new, reads, [device(start=FEB)], MARCH, pins=pins)
        assert last.lines[0].quantity + first.lines[0].quantity == 3_000

    def test_what_a_contract_that_is_over_has_posted_stands_and_one_that_goes_on_adjusts(self):
        old, _new = self.pair()
        day = date(2026, 1, 31)
        early = [*month_starts(0), read(3_000, 2026, 1, 20)]
        late = [*early, read(4_500, 2026, 2, 2)]
        posted = [bill_due(old, early, [device()], FEB)]
        ledger = Ledger.build(late, pins=pins_of(posted))
        (kept,) = closing_pins(old, ledger, "D1", day, posted).values()
        assert (kept.basis, kept.value) == (Basis.ESTIMATE, 4_895)
        (moved,) = closing_pins(replace(old, end=None), ledger, "D1", day, posted).values()
        assert (moved.basis, moved.value) == (Basis.ACTUAL, 4_500)

    def test_only_that_device_and_only_what_can_be_told(self):
        old, _ = self.pair()
        ledger = Ledger.build([read(5, 2026, 1, 31, device="D2")])
        assert closing_pins(old, ledger, "D1", date(2026, 1, 31)) == {}
        assert closing_pins(old, ledger, "D2", date(2026, 3, 31)) == {}  # after the contract's end
        assert len(closing_pins(old, ledger, "D2", date(2026, 1, 31))) == 1

    def test_a_gap_between_two_contracts_is_billed_by_neither(self):
        old, new = self.pair(new_start=MARCH)
        reads = month_starts(0, 1_000, 1_700, 2_500)
        last = bill_due(old, reads, [device()], FEB)
        first = bill_due(new, reads, [device(start=MARCH)], APRIL, pins=pins_of([last]))
        assert last.lines[0].quantity + first.lines[0].quantity == 1_000 + 800

    def test_a_device_that_goes_to_another_customer_opens_at_its_install(self):
        old, new = self.pair()
        reads = [
            read(0, 2026, 1, 1),
            read(1_000, 2026, 1, 30, kind=REMOVAL),
            read(1_040, 2026, 2, 3, kind=INSTALL),
            read(1_540, 2026, 3, 1),
        ]
        last = bill_due(old, reads, [device()], FEB)
        first = bill_due(new, reads, [device(start=FEB)], MARCH, pins=pins_of([last]))
        # The 40 test prints of the workshop are nobody's.
        assert (last.lines[0].quantity, first.lines[0].quantity) == (D(1_000), D(500))


class TestInstalledLate:
    """Covered from the first of the month, delivered and read later than the tolerance allows."""

    def test_it_opens_at_its_install_though_that_lies_outside_the_window(self):
        reads = [
            read(50_000, 2025, 9, 1),  # of the customer before
            read(53_000, 2025, 10, 1),
            read(56_000, 2025, 11, 1),
            read(58_000, 2026, 1, 12, kind=INSTALL),
            read(58_700, 2026, 2, 1),
        ]
        made = bill_due(contract(clicks(rate="0.01")), reads, [device()], FEB)
        (usage,) = made.lines[0].proof.usages
        assert usage.opening.value == 58_000 and not usage.opening.in_tolerance
        assert made.total == D("7.00")

    def test_a_new_device_opens_at_its_first_read_too(self):
        reads = [read(12, 2026, 1, 12, kind=INSTALL), read(712, 2026, 2, 1)]
        made = bill_due(contract(clicks(rate="0.01")), reads, [device()], FEB)
        assert made.total == D("7.00")

    def test_a_renewed_device_with_no_read_at_its_start_is_estimated_as_before(self):
        reads = [*month_starts(0, 3_100, 5_900), read(9_000, 2026, 4, 20)]
        made = bill_due(
            contract(clicks(rate="0.01"), start=APRIL), reads, [device(start=APRIL)], date(2026, 5, 1)
        )
        assert made.lines[0].proof.usages[0].opening.basis is Basis.ESTIMATE

    def test_a_swap_for_the_same_day(self):
        """Old one out and new one in within the hour: each is billed for its own clicks, the fee is paid once."""
        units = [device("OLD", end=date(2026, 1, 14)), device("NEW", start=date(2026, 1, 15))]
        reads = [
            read(1_000, 2026, 1, 1, device="OLD"),
            read(1_450, 2026, 1, 15, 10, device="OLD", kind=REMOVAL),
            read(3, 2026, 1, 15, 11, device="NEW", kind=INSTALL),
            read(903, 2026, 2, 1, device="NEW"),
        ]
        agreed = contract(line(LineKind.DEVICE, "62", "fee"), clicks(rate="0.01"))
        assert bill_due(agreed, reads, units, NEW_YEAR).total == D("62.00")
        made = bill_due(agreed, reads, units, FEB)
        assert amounts(made)["mono", "overage"] == D("13.50")


class TestMovedWithinTheCustomer:
    """One device, two rows of cover in a month."""

    units = (device(site="North", end=date(2026, 1, 14)), device(site="South", start=date(2026, 1, 15)))
    reads = (read(0, 2026, 1, 1), read(400, 2026, 1, 15), read(1_000, 2026, 2, 1))

    def test_its_allowance_stays_whole(self):
        line_ = clicks(rate="0.01", allowance=Allowance(D(1_000), AllowanceScope.PER_UNIT))
        made = bill_due(contract(line_), self.reads, self.units, FEB)
        # 1,000 clicks, 1,000 free; the site it stood at does not matter.
        assert (made.total, made.lines[0].proof.allowance) == (D(0), D(1_000))

    @pytest.mark.parametrize("days", [(10, 20), (11, 21), (7, 14), (5, 25)])
    def test_three_places_do_not_make_an_allowance_larger(self, days):
        first, second = (date(2026, 1, day) for day in days)
        units = [
            device(site="A", end=first),
            device(site="B", start=date(2026, 1, days[0] + 1), end=second),
            device(site="C", start=date(2026, 1, days[1] + 1)),
        ]
        for scope in AllowanceScope:
            line_ = clicks(rate="0.01", allowance=Allowance(D(1_000), scope, per_device=True))
            made = bill_due(contract(line_), month_starts(0, 1_500), units, FEB)
            assert made.lines[0].proof.allowance == D(1_000)

    def test_another_allowance_from_the_move_on_counts_by_days(self):
        units = [
            replace(self.units[0], allowances={"mono": D(3_100)}),
            replace(self.units[1], allowances={"mono": D(620)}),
        ]
        line_ = clicks(rate="0.01", allowance=Allowance(scope=AllowanceScope.PER_UNIT))
        reads = [read(0, 2026, 1, 1), read(2_000, 2026, 2, 1)]
        made = bill_due(contract(line_), reads, units, FEB)
        assert made.lines[0].proof.allowance == D(1_400 + 340)  # 14 of 31 days, 17 of 31 days

    def test_its_fee_is_paid_once(self):
        agreed = contract(line(LineKind.DEVICE, "31", "fee"))
        made = bill_due(agreed, [], self.units, NEW_YEAR)
        assert made.total == D("31.00")
        assert [c.covered.days for c in made.lines[0].proof.counts] == [14, 17]

    def test_a_group_that_changes_changes_the_line_from_that_day_on(self):
        units = [replace(self.units[0], group="desk"), replace(self.units[1], group="floor")]
        agreed = contract(
            clicks("desk", "0.02", groups=("desk",)), clicks("floor", "0.01", groups=("floor",))
        )
        made = bill_due(agreed, self.reads, units, FEB)
        assert amounts(made) == {("desk", "overage"): D("8.00"), ("floor", "overage"): D("6.00")}

    def test_out_for_a_week_the_clicks_elsewhere_are_not_billed(self):
        units = [device(end=date(2026, 1, 10)), device(start=date(2026, 1, 20))]
        reads = [
            read(0, 2026, 1, 1),
            read(300, 2026, 1, 10, 12, kind=REMOVAL),
            read(350, 2026, 1, 20, 9, kind=INSTALL),
            read(600, 2026, 2, 1),
        ]
        line_ = clicks(rate="0.01", allowance=Allowance(D(310), AllowanceScope.PER_UNIT))
        made = bill_due(contract(line_), reads, units, FEB)
        # 10 and 12 of 31 days: 220 free of 550
        assert (made.lines[0].proof.gross, made.lines[0].quantity) == (D(550), D(330))


class TestRowsBeyondTheContract:
    """Rows of cover may reach back into an older contract or on into the next one."""

    def test_a_row_that_ended_the_day_before_the_contract_does_not_take_the_install_away(self):
        units = [device(start=date(2025, 1, 1), end=date(2025, 12, 31)), device()]
        reads = [
            read(900, 2025, 12, 31, 12),
            read(1_000, 2026, 1, 2, kind=INSTALL),
            read(1_500, 2026, 2, 1),
        ]
        made = bill_due(contract(clicks(rate="0.01")), reads, units, FEB)
        assert made.lines[0].proof.usages[0].opening.opening
        assert made.total == D("5.00")

    def test_a_row_that_begins_after_the_contract_does_not_take_the_removal_away(self):
        units = [device(end=date(2026, 1, 31)), device(start=FEB)]
        agreed = contract(clicks(rate="0.01"), end=date(2026, 1, 31))
        reads = [read(0, 2026, 1, 1), read(700, 2026, 1, 29, kind=REMOVAL), read(720, 2026, 1, 31, 23)]
        made = bill_due(agreed, reads, units, FEB)
        assert made.total == D("7.00")
