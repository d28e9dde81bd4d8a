"""The charge side at work in whole bills: pool, tiers, escalator, mid-cycle start and the split by site."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mps_module.engine.contract import BillingRules, Escalator, SplitBy
from mps_module.engine.result import ChargeKind
from mps_module.engine.split import split_bill
from tests.engine.billing.build import (
    LineKind,
    bill_due,
    clicks,
    contract,
    device,
    line,
    month_starts,
    pool,
)


def test_a_pooled_bill_splits_by_site_with_tiers_and_discount() -> None:
    agreed = contract(
        line(LineKind.FLAT, "100", "base"),
        clicks(allowance=pool(20_000), discount=Decimal(10)),
        rules=BillingRules(),
    )
    reads = [
        read
        for name, made in (("D1", 9_100), ("D2", 2_400), ("D3", 14_250))
        for read in month_starts(0, made, made, device=name)
    ]
    units = [device("D1", site="North"), device("D2", site="North"), device("D3", site="South")]
    made = bill_due(agreed, reads, units, date(2026, 2, 1))
    # 5,750 over at 0.0085 = 48.875, less 10 % = 43.9875 -> 43.99, and the base of February
    assert made.total == Decimal("143.99")
    parts = {part.key: part.total for part in split_bill(made, units, SplitBy.SITE)}
    assert sum(parts.values()) == made.total
    # North: 2 of 3 devices = 66.67 of the base; 11,500 of 25,750 clicks of 48.88 - 4.89 = 21.83 - 2.18
    assert parts == {"North": Decimal("86.32"), "South": Decimal("57.67")}


def test_a_rise_reaches_base_and_overage_in_the_same_month() -> None:
    agreed = contract(
        line(LineKind.FLAT, "100", "base"),
        clicks(rate="0.01"),
        escalator=Escalator(Decimal(5), first=date(2026, 3, 1)),
    )
    reads = month_starts(0, 1000, 2000, 3000, 4000)
    # 1 March: the base of March has risen, the clicks of February have not
    assert bill_due(agreed, reads, [device()], date(2026, 3, 1)).total == Decimal("105.00") + Decimal("10.00")
    assert bill_due(agreed, reads, [device()], date(2026, 4, 1)).total == Decimal("105.00") + Decimal("10.50")


def test_a_contract_that_starts_in_mid_month_pays_23_of_31_days() -> None:
    start = date(2026, 1, 9)
    agreed = contract(line(LineKind.FLAT, "930", "base"), start=start)
    assert bill_due(agreed, [], [device(start=start)], start).total == Decimal("690.00")


def test_a_discount_and_a_minimum_say_what_they_are_of() -> None:
    agreed = contract(
        clicks(rate="0.01", description="Black prints", discount=Decimal("2.5")),
        clicks(line_id="colour", meters={"colour": Decimal(1)}, rate="0.06", minimum=Decimal(90)),
        clicks(line_id="scan", meters={"scan": Decimal(1)}, rate="1", maximum=Decimal(10)),
        rules=BillingRules(minimum=Decimal(150)),
    )
    reads = [
        read for meter in ("mono", "colour", "scan") for read in month_starts(0, 1000, 2000, meter=meter)
    ]
    made = bill_due(agreed, reads, [device()], date(2026, 2, 1))
    # 10 - 0.25, 60 + 30, 1000 - 990, and 40.25 up to 150
    assert {
        x.description: x.amount for x in made.lines if x.kind not in (ChargeKind.OVERAGE, ChargeKind.BASE)
    } == {
        "Discount 2.5 %, Black prints": Decimal("-0.25"),
        "Minimum charge 90.00, colour": Decimal("30.00"),
        "Maximum charge 10.00, scan": Decimal("-990.00"),
        "Minimum charge 150.00, whole contract": Decimal("40.25"),
    }
