"""The same year under another plan, side by side."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mps_module.engine.contract import BillingRules, LineKind
from mps_module.engine.ledger import Ledger
from mps_module.engine.simulate import simulate
from tests.engine.billing.build import clicks, contract, device, line, month_starts, pool

D = Decimal
YEAR = [1_000 * n for n in range(13)]  # 1,000 clicks a month
AFTER, UNTIL = date(2026, 1, 1), date(2027, 1, 1)
PRESENT = contract(line(LineKind.FLAT, "20"), clicks(rate="0.01"))
LEDGER = Ledger.build(month_starts(*YEAR))


def replay(plan, **more):
    return simulate(PRESENT, plan, LEDGER, [device()], AFTER, UNTIL, **more)


def test_a_flat_plan_against_clicks():
    got = replay(contract(line(LineKind.FLAT, "28")))
    assert (got.present_total, got.plan_total, got.difference) == (D(360), D(336), D(-24))
    assert len(got.present) == len(got.plan) == 12


def test_every_month_stands_beside_its_own():
    got = replay(contract(line(LineKind.FLAT, "28")))
    assert got.by_due()[0] == (date(2026, 2, 1), D(30), D(28))
    assert [due.month for due, _, _ in got.by_due()] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1]


def test_a_quarterly_plan_bills_on_other_days():
    rules = BillingRules(overage_months=3)
    got = replay(contract(clicks(rate="0.03", allowance=pool(2_000)), rules=rules))
    quarters = [(due, plan) for due, _, plan in got.by_due() if plan]
    assert quarters == [
        (date(2026, 4, 1), D(30)),
        (date(2026, 7, 1), D(30)),
        (date(2026, 10, 1), D(30)),
        (date(2027, 1, 1), D(30)),
    ]
    assert got.plan_total == D(120)


def test_the_plan_may_group_units_otherwise():
    plan = contract(clicks("floor", "0.005", groups=("floor",)))
    assert replay(plan).plan_total == D(0)
    assert replay(plan, plan_units=[device(group="floor")]).plan_total == D(60)


def test_the_same_plan_costs_the_same():
    got = replay(PRESENT)
    assert got.difference == 0
    assert got.present == got.plan


def test_months_before_the_plan_begins_are_not_billed_by_it():
    got = replay(contract(line(LineKind.FLAT, "28"), start=date(2026, 7, 1)))
    assert [plan for _, _, plan in got.by_due()][:5] == [D(0)] * 5
    assert got.plan_total == D(28) * 7
