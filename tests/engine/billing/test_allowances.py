"""Free clicks: whose they are, how long they last, and what is left of them when devices come, go or are trued up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import (
    Allowance,
    AllowanceScope,
    BillingRules,
    Line,
    LineKind,
    Proration,
    ServiceCall,
)
from mps_module.engine.reads import ReadKind
from mps_module.engine.result import ChargeKind
from tests.engine.billing.build import (
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


def fleet_reads(**used: int):
    return [r for name, made in used.items() for r in month_starts(100, 100 + made, device=name)]


class TestOwnAllowanceBesideAPool:
    """Some devices have an allowance of their own; the others share the pool."""

    def made(self, used, own, allowance):
        units = [device(n, allowances={"mono": D(own[n])} if n in own else {}) for n in used]
        return bill_due(contract(clicks(rate="0.01", allowance=allowance)), fleet_reads(**used), units, FEB)

    def test_the_pool_is_not_given_to_every_other_device(self):
        made = self.made({"A": 3_000, "B": 15_000, "C": 9_000}, {"A": 1_000}, pool(20_000))
        # A: 2,000 over its own. B and C: 24,000 of 20,000.
        assert made.lines[0].quantity == D(6_000)
        assert made.lines[0].proof.allowance == D(21_000)

    def test_what_the_pool_leaves_is_not_the_single_devices(self):
        made = self.made({"A": 3_000, "B": 100}, {"A": 1_000}, pool(20_000))
        assert made.lines[0].quantity == D(2_000)

    def test_what_the_single_device_leaves_is_not_the_pools(self):
        made = self.made({"A": 10, "B": 20_500}, {"A": 1_000}, pool(20_000))
        assert made.lines[0].quantity == D(500)

    def test_a_pool_per_device_counts_the_devices_in_it(self):
        shared = Allowance(D(1_000), AllowanceScope.POOLED, per_device=True)
        made = self.made({"A": 5_000, "B": 1_500, "C": 1_000}, {"A": 4_000}, shared)
        assert made.lines[0].quantity == D(1_000) + D(500)

    def test_all_with_their_own_need_no_pool(self):
        made = self.made({"A": 9_100, "B": 2_400, "C": 14_250}, {"A": 8_000, "B": 6_000, "C": 6_000}, pool(0))
        assert made.lines[0].quantity == D(9_350)  # 79.475 at 0.0085 is the domain's vector

    def test_an_allowance_of_none_is_one(self):
        made = self.made({"A": 700, "B": 900}, {"A": 0}, pool(1_000))
        assert made.lines[0].quantity == D(700)

    def test_the_pool_carries_its_own_rest_only(self):
        units = [device("A", allowances={"mono": D(500)}), device("B")]
        reads = month_starts(0, 0, 2_000, device="A") + month_starts(0, 600, 2_000, device="B")
        agreed = contract(clicks(rate="0.01", allowance=pool(1_000, carry_periods=1)))
        made = bill_due(agreed, reads, units, MARCH)
        # A: 1,500 over its 500, January's unused 500 are gone. B: 1,400 of 1,000 + 400.
        assert made.lines[0].quantity == D(1_500)
        assert made.lines[0].proof.carried == D(400)

    def test_shares_name_every_device_once(self):
        made = self.made({"A": 3_000, "B": 15_000, "C": 9_000}, {"A": 1_000}, pool(20_000))
        assert sorted(unit for unit, _ in made.lines[0].proof.shares) == ["A", "B", "C"]


class TestPartsOfAMonth:
    def test_a_device_that_joins_on_the_tenth_brings_its_part(self):
        line_ = clicks(rate="0.01", allowance=Allowance(D(3_100), AllowanceScope.PER_UNIT))
        reads = [read(10, 2026, 1, 10, 9, kind=ReadKind.INSTALL), read(3_010, 2026, 2, 1)]
        made = bill_due(contract(line_), reads, [device(start=date(2026, 1, 10))], FEB)
        assert made.lines[0].quantity == D(800)  # 22 of 31 days: 2,200 free of 3,000

    def test_a_fixed_pool_does_not_care_who_comes(self):
        reads = [*month_starts(0, 900), read(0, 2026, 1, 25, device="D2"), read(400, 2026, 2, 1, device="D2")]
        units = [device(), device("D2", start=date(2026, 1, 25))]
        made = bill_due(contract(clicks(rate="0.01", allowance=pool(1_000))), reads, units, FEB)
        assert made.lines[0].quantity == D(300)

    @pytest.mark.parametrize(("way", "free"), [(Proration.DAYS, 548), (Proration.NONE, 1_000)])
    def test_a_contract_that_starts_on_the_fifteenth(self, way, free):
        start = date(2026, 1, 15)
        agreed = contract(
            clicks(rate="0.01", allowance=pool(1_000)), start=start, rules=BillingRules(proration=way)
        )
        reads = [read(0, 2026, 1, 15), read(2_000, 2026, 2, 1)]
        made = bill_due(agreed, reads, [device(start=start)], FEB)
        assert made.lines[0].quantity == D(2_000 - free)  # 17 of 31 days

    def test_a_line_may_be_prorated_in_its_own_way(self):
        """The contract goes by days, this line by whole periods."""
        line_ = clicks(
            rate="0.01", allowance=Allowance(D(1_000), AllowanceScope.PER_UNIT), proration=Proration.NONE
        )
        reads = [read(0, 2026, 1, 30, kind=ReadKind.INSTALL), read(1_200, 2026, 2, 1)]
        made = bill_due(contract(line_), reads, [device(start=date(2026, 1, 30))], FEB)
        assert made.lines[0].quantity == D(200)

    def test_a_quarters_allowance_is_not_three_times_a_part(self):
        """Joined on 15 February: 45 of the quarter's 90 days."""
        line_ = clicks(rate="0.01", allowance=Allowance(D(9_000), AllowanceScope.PER_UNIT))
        agreed = contract(line_, rules=BillingRules(overage_months=3))
        reads = [read(0, 2026, 2, 15, kind=ReadKind.INSTALL), read(5_000, 2026, 4, 1)]
        made = bill_due(agreed, reads, [device(start=date(2026, 2, 15))], APRIL)
        assert made.lines[0].quantity == D(500)


class TestCarryOver:
    def test_two_periods_and_the_oldest_first(self):
        agreed = contract(clicks(rate="0.01", allowance=pool(1_000, carry_periods=2)))
        reads = month_starts(0, 300, 700, 2_900, 5_900)
        # January leaves 700, of which February takes 400. March takes 2,200: 300, February's 1,000 and 900 of its own.
        # April has 100 + 1,000.
        bills = [bill_due(agreed, reads, [device()], due) for due in (FEB, MARCH, APRIL, MAY)]
        assert [b.lines[0].quantity for b in bills] == [0, 0, 0, 1_900]
        assert [b.lines[0].proof.carried for b in bills] == [0, 400, 1_300, 100]

    def test_an_estimate_too_high_gives_money_back_and_no_clicks(self):
        agreed = contract(clicks(rate="0.01", allowance=pool(1_000, carry_periods=1)))
        reads = [*month_starts(0, 3_000, 6_000), read(6_500, 2026, 5, 1), read(9_500, 2026, 6, 1)]
        april, may = (bill_due(agreed, reads, [device()], due) for due in (MAY, date(2026, 6, 1)))
        assert april.lines[0].kind is ChargeKind.CREDIT
        # April's own 1,000 were not used, and are good in May: 3,000 less 2,000.
        assert may.lines[0].quantity == D(1_000)

    def test_calls_that_were_not_made_are_carried(self):
        agreed = contract(line(LineKind.INCIDENT, "95", allowance=pool(2, carry_periods=1)))
        calls = [ServiceCall("S0", "D1", date(2026, 1, 5), incident=True)]
        calls += [ServiceCall(f"S{n}", "D1", date(2026, 2, n), incident=True) for n in range(1, 6)]
        january, february = (bill_due(agreed, [], [device()], due, calls=calls) for due in (FEB, MARCH))
        assert (january.total, february.total) == (D(0), D(190))  # five calls, 1 + 2 included
        assert february.lines[0].proof.carried == D(1)

    def test_a_device_that_joins_brings_nothing_from_before(self):
        shared = Allowance(D(1_000), AllowanceScope.POOLED, per_device=True, carry_periods=1)
        units = [device(), device("D2", start=FEB)]
        reads = [*month_starts(0, 1_000, 2_000), *month_starts(0, 0, 2_500, device="D2")]
        made = bill_due(contract(clicks(rate="0.01", allowance=shared)), reads, units, MARCH)
        assert made.lines[0].quantity == D(1_500)


class TestIncludedSeats:
    def test_beyond_the_included_ones_by_tier(self):
        agreed = contract(Line("seats", LineKind.SEAT, tiers((10, "40"), (None, "30")), allowance=pool(5)))
        made = bill_due(agreed, [], [seats("Office", 20)], date(2026, 1, 1))
        assert [(r.quantity, r.rate) for r in made.lines] == [(10, 40), (5, 30)]
        assert made.total == D(550)

    def test_half_a_month_has_half_of_them(self):
        start = date(2026, 4, 16)
        agreed = contract(line(LineKind.SEAT, "30", "seats", allowance=pool(10)), start=start)
        made = bill_due(agreed, [], [seats("Office", 30, start)], start)
        assert made.total == D("300.00")  # 15 seat-months less 5, at 30


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 30_000), min_size=1),
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 20_000)),
    st.integers(0, 40_000),
)
def test_own_allowances_and_pool_against_a_count_by_hand(used, own, shared):
    units = [device(n, allowances={"mono": D(own[n])} if n in own else {}) for n in used]
    made = bill_due(contract(clicks(allowance=pool(shared))), fleet_reads(**used), units, FEB)
    alone = sum(max(0, used[n] - own[n]) for n in used if n in own)
    together = max(0, sum(used[n] for n in used if n not in own) - shared)
    proof = made.lines[0].proof
    assert proof.net == alone + together
    assert proof.gross - proof.allowance == proof.net


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=11), st.integers(0, 3_000), st.integers(0, 4))
def test_carrying_over_never_gives_more_than_was_agreed(used, free, keep):
    """Over the whole life, at least what the clicks exceed the sum of all allowances by is charged."""
    values = [sum(used[:n]) for n in range(len(used) + 1)]
    reads = month_starts(*values)
    agreed = contract(clicks(rate="0.01", allowance=pool(free, carry_periods=keep)))
    charged = [
        bill_due(agreed, reads, [device()], date(2026, n + 2, 1)).lines[0].proof.net for n in range(len(used))
    ]
    assert sum(charged) >= sum(used) - free * len(used)
    assert all(0 <= net <= max(0, made - free) for net, made in zip(charged, used, strict=True))


def test_every_line_has_free_clicks_of_its_own():
    agreed = contract(
        clicks(rate="0.01", allowance=pool(1_000)), clicks("colour", "0.06", "colour", allowance=pool(100))
    )
    reads = month_starts(0, 1_500) + month_starts(0, 50, meter="colour")
    made = bill_due(agreed, reads, [device()], FEB)
    assert amounts(made) == {("mono", "overage"): D(5), ("colour", "overage"): D(0)}
