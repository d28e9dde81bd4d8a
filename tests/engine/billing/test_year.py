"""Whole lives of contracts, bill by bill, against a ledger kept by hand: what the customer pays adds up to what was agreed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import bill, with_findings
from mps_module.engine.contract import (
    Allowance,
    AllowanceScope,
    BillingRules,
    ContractVersion,
    Escalator,
    EstimateRules,
    LineKind,
    PartUsed,
    Proration,
    ServiceCall,
    SplitBy,
    TierMode,
)
from mps_module.engine.ledger import Ledger
from mps_module.engine.reads import ReadKind
from mps_module.engine.result import ChargeKind, Finding, Severity
from mps_module.engine.schedule import due_periods
from mps_module.engine.split import split_bill
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
# Clicks of a school in twelve months: nothing in July, little in August.
SCHOOL = [9_000, 10_000, 11_000, 9_500, 10_500, 6_000, 0, 1_000, 12_000, 11_500, 10_000, 7_500]


def counters(used, start=5_000):
    values = [start]
    for clicks_made in used:
        values.append(values[-1] + clicks_made)
    return values


def life(agreed, reads, units, until, calls=()):
    """Every bill up to `until`, each posted with its pins before the next one is made."""
    posted = []
    for period in due_periods(agreed, None, until):
        ledger = Ledger.build(reads, calls=calls, pins=pins_of(posted))
        posted.append(bill(agreed, ledger, units, period, posted[-3:]))
    return posted


def test_school_with_a_monthly_pool():
    agreed = contract(
        line(LineKind.FLAT, "90"), clicks(rate="0.008", allowance=pool(8_000)), end=date(2026, 12, 31)
    )
    bills = life(agreed, month_starts(*counters(SCHOOL)), [device()], date(2027, 1, 1))
    over = [max(0, used - 8_000) for used in SCHOOL]
    assert [b.total for b in bills] == [
        D(90),
        *(D(90) + (D(n) * D("0.008")) for n in over[:11]),
        D(over[11]) * D("0.008"),
    ]
    assert sum(b.total for b in bills) == 12 * D(90) + sum(over) * D("0.008")


def test_the_same_school_with_a_yearly_pool_pays_for_its_average():
    rules = BillingRules(base_months=1, overage_months=12)
    agreed = contract(
        line(LineKind.FLAT, "90"),
        clicks(rate="0.008", allowance=pool(96_000)),
        rules=rules,
        end=date(2026, 12, 31),
    )
    bills = life(agreed, month_starts(*counters(SCHOOL)), [device()], date(2027, 1, 1))
    assert [b.total for b in bills[:-1]] == [D(90)] * 12
    assert bills[-1].total == (sum(SCHOOL) - 96_000) * D("0.008")


def test_what_the_summer_leaves_is_used_in_autumn():
    agreed = contract(clicks(rate="0.01", allowance=pool(8_000, carry_periods=3)), end=date(2026, 12, 31))
    bills = life(agreed, month_starts(*counters(SCHOOL)), [device()], date(2027, 1, 1))
    billed = [b.lines[0].quantity for b in bills]
    # June leaves 2,000, July 8,000, August 7,000. What is oldest goes first: September takes 12,000 of these and keeps
    # its own 8,000 for later.
    assert billed == [1_000, 2_000, 3_000, 1_500, 2_500, 0, 0, 0, 0, 0, 0, 0]
    september = next(b for b in bills if b.period.due == date(2026, 10, 1))
    assert september.lines[0].proof.carried == D(12_000)


def test_tiers_of_a_month_start_anew_every_month():
    price = tiers((5_000, "0.012"), (None, "0.009"), mode=TierMode.GRADUATED)
    agreed = contract(clicks(price=price), end=date(2026, 3, 31))
    bills = life(agreed, month_starts(*counters([6_000, 4_000, 5_000])), [device()], date(2026, 4, 1))
    assert [b.total for b in bills] == [D("69.00"), D("48.00"), D("60.00")]


def test_five_years_with_an_escalator_and_a_leap_day():
    start = date(2024, 2, 29)
    agreed = contract(
        line(LineKind.FLAT, "100"),
        start=start,
        end=date(2029, 2, 27),
        escalator=Escalator(D(3)),
        rules=BillingRules(base_months=12, anchor_day=29),
    )
    bills = life(agreed, [], [device(start=start)], date(2029, 3, 1))
    assert [b.total for b in bills] == [D("100.00"), D("103.00"), D("106.09"), D("109.27"), D("112.55")]


def test_a_missed_half_year_is_caught_up_one_bill_a_month():
    agreed = contract(line(LineKind.FLAT, "50"), clicks(rate="0.01"))
    reads = month_starts(*counters([1_000] * 8))
    caught_up = due_periods(agreed, date(2026, 2, 1), date(2026, 8, 1))
    assert [p.due.month for p in caught_up] == [3, 4, 5, 6, 7, 8]
    made = [bill(agreed, Ledger.build(reads), [device()], p) for p in caught_up]
    assert [b.total for b in made] == [D(60)] * 6
    assert due_periods(agreed, date(2026, 8, 1), date(2026, 8, 1)) == []


def test_swap_of_a_device_bills_both_and_counts_neither_twice():
    swap = date(2026, 1, 16)
    units = [device("OLD", end=swap - timedelta(days=1)), device("NEW", start=swap)]
    reads = [
        read(80_000, 2026, 1, 1, device="OLD"),
        read(81_500, 2026, 1, 15, 15, device="OLD", kind=ReadKind.REMOVAL),
        read(12, 2026, 1, 16, 9, device="NEW", kind=ReadKind.INSTALL),
        read(2_012, 2026, 2, 1, device="NEW"),
    ]
    agreed = contract(line(LineKind.DEVICE, "31", "fee"), clicks(rate="0.01"))
    made = bill_due(agreed, reads, units, date(2026, 2, 1))
    assert {u.unit: u.usage for r in made.lines if r.line_id == "mono" for u in r.proof.usages} == {
        "OLD": D(1_500),
        "NEW": D(2_000),
    }
    first = bill_due(agreed, reads, units, date(2026, 1, 1))
    assert first.total == D("31.00")  # 15 days of one, 16 of the other


def test_an_msp_office_is_billed_like_any_contract():
    """Seats by tier, PCs as assets, one printer with clicks, calls beyond the included ones."""
    agreed = contract(
        line(LineKind.SEAT, "55", "seats"),
        clicks(rate="0.02", allowance=pool(500)),
        line(LineKind.INCIDENT, "95", allowance=pool(1)),
    )
    units = [seats("Office", 12), seats("New hires", 3, date(2026, 2, 15)), device()]
    calls = [ServiceCall(f"S{n}", "Office", date(2026, 1, n), incident=True) for n in (5, 6, 7)]
    bills = life(agreed, month_starts(0, 700, 1_100), units, date(2026, 3, 1), calls)
    january, february, march = bills
    assert january.total == 12 * D(55)
    # 12 seats, 3 for 14 of 28 days; 200 clicks over; 2 calls over
    assert amounts(february) == {
        ("seats", "base"): D("742.50"),
        ("mono", "overage"): D("4.00"),
        ("incident", "incident"): D("190.00"),
    }
    assert amounts(march) == {("seats", "base"): 15 * D(55), ("mono", "overage"): D("0.00")}


def test_time_and_material_beside_clicks():
    part = PartUsed("FUSER", D(1), D("189.90"), "Fuser unit")
    call = ServiceCall("S1", "D1", date(2026, 1, 12), labour_hours=D("1.5"), travel=D(2), parts=(part,))
    agreed = contract(
        clicks(rate="0.01"),
        line(LineKind.LABOUR, "110"),
        line(LineKind.TRAVEL, "0.65"),
        line(LineKind.MATERIAL, "0"),
    )
    made = bill_due(agreed, month_starts(0, 1_000), [device()], date(2026, 2, 1), calls=[call])
    assert made.total == D(10) + D(165) + D("1.30") + D("189.90")
    assert [r.proof.events for r in made.lines if r.kind is ChargeKind.SERVICE] == [("S1",)] * 3


def test_calls_of_another_month_are_not_charged_in_this_one():
    agreed = contract(line(LineKind.INCIDENT, "95"))
    calls = [ServiceCall("old", "D1", date(2025, 12, 31), incident=True)]
    calls.append(ServiceCall("new", "D1", date(2026, 2, 1), incident=True))
    assert bill_due(agreed, [], [device()], date(2026, 2, 1), calls=calls).lines == ()


def test_a_call_on_a_unit_of_another_group_is_not_of_this_line():
    agreed = contract(line(LineKind.INCIDENT, "95", groups=("floor",)))
    calls = [ServiceCall(f"S{d}", d, date(2026, 1, 5), incident=True) for d in ("D1", "D2")]
    made = bill_due(agreed, [], [device(group="floor"), device("D2")], date(2026, 2, 1), calls=calls)
    assert made.lines[0].proof.events == ("SD1",)


@pytest.mark.parametrize(
    ("way", "amount"),
    [(Proration.DAYS, "548.39"), (Proration.MONTHS, "548.39"), (Proration.NONE, "1000.00")],
)
def test_a_contract_that_starts_on_the_fifteenth(way, amount):
    start = date(2026, 1, 15)
    rules = BillingRules(proration=way)
    agreed = contract(line(LineKind.FLAT, "1000"), start=start, rules=rules)
    # 17 of 31 days = 548.387
    (first, *_) = due_periods(agreed, None, date(2026, 2, 1))
    assert bill(agreed, Ledger.build([]), [], first).total == D(amount)


def test_an_anchor_on_the_fifteenth_needs_no_proration():
    start = date(2026, 1, 15)
    agreed = contract(line(LineKind.FLAT, "1000"), start=start, rules=BillingRules(anchor_day=15))
    (first, second) = due_periods(agreed, None, date(2026, 2, 15))
    assert str(first.base) == "2026-01-15 – 2026-02-14" and second.due == date(2026, 2, 15)
    assert bill(agreed, Ledger.build([]), [], first).total == D(1_000)


def test_allowance_per_device_of_the_pool_follows_the_fleet():
    line_ = clicks(rate="0.01", allowance=Allowance(D(3_100), AllowanceScope.POOLED, per_device=True))
    units = [device("A"), device("B", start=date(2026, 1, 22))]  # 10 of 31 days: 1,000
    reads = [
        *month_starts(0, 4_000, device="A"),
        read(0, 2026, 1, 22, device="B", kind=ReadKind.INSTALL),
        read(600, 2026, 2, 1, device="B"),
    ]
    made = bill_due(contract(line_), reads, units, date(2026, 2, 1))
    proof = made.lines[0].proof
    assert (proof.gross, proof.allowance, proof.net) == (D(4_600), D(4_100), D(500))


def test_a_site_split_bill_adds_up_over_a_year():
    units = [device("A", site="North"), device("B", site="South"), device("C", site="South")]
    agreed = contract(
        line(LineKind.FLAT, "100"), clicks(rate="0.0077"), rules=BillingRules(split_by=SplitBy.SITE)
    )
    reads = [
        r
        for n, name in enumerate("ABC")
        for r in month_starts(*counters([v // (n + 2) + 7 for v in SCHOOL]), device=name)
    ]
    for made in life(agreed, reads, units, date(2026, 12, 1)):
        parts = split_bill(made, units, SplitBy.SITE)
        assert sum(p.total for p in parts) == made.total
        assert {p.key for p in parts} == {"North", "South"}


def test_negative_clicks_of_a_unit_do_not_eat_its_neighbours_allowance():
    line_ = clicks(rate="0.01", allowance=Allowance(D(1_000), AllowanceScope.PER_UNIT))
    reads = [
        *month_starts(0, 3_000, 6_000, device="A"),
        read(6_050, 2026, 5, 1, device="A"),
        *month_starts(0, 500, 1_000, 1_500, 2_000, device="B"),
    ]
    made = bill_due(contract(line_), reads, [device("A"), device("B")], date(2026, 5, 1))
    shares = dict(made.lines[0].proof.shares)
    assert shares["B"] == D(0) and shares["A"] < 0
    assert made.lines[0].kind is ChargeKind.CREDIT


def test_estimates_switched_off_hold_the_bill_back():
    rules = BillingRules(estimates=EstimateRules(allowed=False))
    made = bill_due(contract(clicks(), rules=rules), month_starts(0, 1_000), [device()], date(2026, 3, 1))
    assert made.blocked and {f.code for f in made.findings} == {"read-missing"}


def test_a_new_version_with_other_groups_starts_where_the_old_one_closed():
    old = ContractVersion(1, date(2026, 1, 1), (clicks("all", "0.01"),))
    new = ContractVersion(
        2,
        date(2026, 2, 1),
        (clicks("floor", "0.008", groups=("floor",)), clicks("desk", "0.02", groups=("desk",))),
    )
    agreed = contract(versions=(old, new))
    units = [device("A", group="floor"), device("B", group="desk")]
    reads = month_starts(0, 1_000, 3_000, device="A") + month_starts(0, 100, 250, device="B")
    bills = life(agreed, reads, units, date(2026, 3, 1))
    assert amounts(bills[0]) == {("all", "overage"): D("11.00")}
    assert amounts(bills[1]) == {("floor", "overage"): D("16.00"), ("desk", "overage"): D("3.00")}


def test_findings_are_shown_worst_money_first():
    made = bill_due(contract(clicks()), month_starts(0, 1_000), [device()], date(2026, 2, 1))
    some = [
        Finding("a", Severity.WARN, "small", at_stake=D(1)),
        Finding("b", Severity.BLOCK, "large", at_stake=D(900)),
        Finding("c", Severity.INFO, "none"),
    ]
    held = with_findings(made, some)
    assert [f.code for f in held.findings] == ["b", "a", "c"]
    assert held.blocked and not made.blocked
    assert held.lines == made.lines and held.total == made.total


def test_money_in_yen_has_no_cents():
    agreed = contract(clicks(rate="0.85"), rules=BillingRules(decimals=0), currency="JPY")
    made = bill_due(agreed, month_starts(0, 1_001), [device()], date(2026, 2, 1))
    assert made.total == D(851) and made.currency == "JPY"


def test_midnight_is_the_contracts_own():
    """A read at 23:30 in New York on 31 January is of 1 February in London, and closes January in both."""
    reads = [read(0, 2026, 1, 1, 5), read(900, 2026, 2, 1, 4), read(1_000, 2026, 2, 1, 8)]
    agreed = contract(clicks(rate="0.01"), timezone="America/New_York")
    (period,) = due_periods(agreed, date(2026, 1, 1), date(2026, 2, 1))
    there = bill(agreed, Ledger.build(reads, timezone="America/New_York"), [device()], period)
    here = bill(agreed, Ledger.build(reads, timezone="UTC"), [device()], period)
    # Nearest to 05:00 UTC (New York's midnight) is the read at 04:00; nearest to 00:00 UTC is that one too.
    assert there.lines[0].quantity == here.lines[0].quantity == D(900)
    closing = there.lines[0].proof.usages[0].closing
    assert closing.day == date(2026, 1, 31) and closing.read.taken_at.hour == 4
