"""Margins, the price that restores them, and devices that eat them: by hand."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.bill import bill
from mps_module.engine.contract import (
    Allowance,
    BillingRules,
    Contract,
    ContractVersion,
    CoveredUnit,
    Escalator,
    Line,
    LineKind,
    Price,
    ServiceCall,
    Tier,
)
from mps_module.engine.ledger import Ledger
from mps_module.engine.margin import (
    Compared,
    Costs,
    DeviceCost,
    at_todays_rates,
    compare,
    margin_percent,
    needed_revenue,
    renew,
    scaled,
    shares,
)
from mps_module.engine.reads import Read, ReadKind, ReadSource
from mps_module.engine.schedule import due_periods

JANUARY, JULY = date(2026, 1, 1), date(2026, 7, 1)
RULES = BillingRules(base_in_advance=False)


def flat(rate: str, **values) -> Line:
    return Line("base", LineKind.FLAT, Price((Tier(None, D(rate)),)), **values)


def click(*tiers: tuple[str | None, str], **values) -> Line:
    price = Price(tuple(Tier(D(up) if up else None, D(rate)) for up, rate in tiers))
    return Line("mono", LineKind.CLICK, price, meters={"mono": D(1)}, **values)


def contract(*lines: Line, rules: BillingRules = RULES, escalator: Escalator | None = None) -> Contract:
    version = ContractVersion(1, JANUARY, lines, rules, escalator)
    return Contract("K", "Law", JANUARY, (version,))


def ledger(monthly: int = 10_000, calls: tuple[ServiceCall, ...] = ()) -> Ledger:
    """Device D: `monthly` clicks in each month of the year."""
    reads = [
        Read(
            "D", "mono", datetime(2026 + n // 12, n % 12 + 1, 1, tzinfo=timezone.utc), n * monthly,
            ReadSource.STAFF, ReadKind.ACTUAL, f"r{n}",
        )
        for n in range(13)
    ]  # fmt: skip
    return Ledger.build(reads, calls=calls)


def half_year(agreed: Contract, reads: Ledger | None = None) -> D:
    """What the bills of January to June come to."""
    known = reads or ledger()
    units = (CoveredUnit("D", start=JANUARY),)
    return sum((bill(agreed, known, units, p).total for p in due_periods(agreed, None, JULY)), D(0))


# -- sums ---------------------------------------------------------------------------------------------------------


def test_a_target_margin_of_35_percent_asks_for_cost_over_65_percent():
    assert needed_revenue(D(650), D(35)) == 1_000
    assert needed_revenue(D(650), D(0)) == 650
    assert needed_revenue(D(0), D(35)) == 0
    with pytest.raises(ValueError, match="cannot be reached"):
        needed_revenue(D(1), D(100))


def test_margins_and_costs():
    cost = Costs(D(100), D(50), D(90), D(25), D("4.5"), D("0.5")) + Costs(labour=D(10))
    assert cost.total == 280
    assert margin_percent(D(400), cost.total) == 30
    assert margin_percent(D(200), D(280)) == -40
    assert margin_percent(D(0), D(280)) is None


def test_a_cost_is_shared_by_weight_to_the_last_digit():
    assert shares(D(100), {"A": D(3), "B": D(1), "C": D(0)}) == {"A": 75, "B": 25, "C": 0}
    assert shares(D(100), {}) == {} == shares(D(100), {"A": D(0)})


# -- renewal --------------------------------------------------------------------------------------------------------


def test_a_renewal_by_clicks_alone():
    agreed = contract(flat("100"), click((None, "0.01")))
    assert half_year(agreed) == 1_200  # 6 x (100 + 10,000 x 0.01)
    made = renew(agreed, half_year, D(1_500), "clicks")
    # 1,500 - 600 of base leaves 900 for 60,000 clicks: 0.015.
    assert made.reached and made.factor == D("1.5")
    assert made.rates == {("mono", 0): (D("0.01"), D("0.015"))}
    assert (made.present, made.renewed) == (1_200, 1_500)


def test_a_renewal_by_the_base_alone():
    made = renew(contract(flat("100"), click((None, "0.01"))), half_year, D(1_500), "base")
    assert made.rates == {("base", 0): (D(100), D(150))}
    assert made.renewed == 1_500


def test_a_renewal_by_both_raises_them_alike():
    made = renew(contract(flat("100"), click((None, "0.01"))), half_year, D(1_500), "both")
    assert made.rates == {("base", 0): (D(100), D(125)), ("mono", 0): (D("0.01"), D("0.0125"))}
    assert made.renewed == 1_500


def test_a_contract_that_earns_too_much_is_lowered():
    made = renew(contract(click((None, "0.01"))), half_year, D(300), "clicks")
    assert made.rates == {("mono", 0): (D("0.01"), D("0.005"))} and made.renewed == 300


def test_new_rates_are_rounded_up_so_that_the_target_is_never_missed_by_a_cent():
    made = renew(contract(flat("100"), click((None, "0.01"))), half_year, D(1_000), "base")
    # 400 in six months: 66.666... a month, rounded up to 66.67.
    assert made.rates == {("base", 0): (D(100), D("66.67"))}
    assert made.renewed == D("1000.02")


def test_every_tier_is_scaled_and_the_allowance_stays():
    agreed = contract(click(("5000", "0.02"), (None, "0.01"), allowance=Allowance(D(2_000))))
    # Of 10,000 clicks 2,000 are free: 5,000 at 0.02 and 3,000 at 0.01 make 130 a month, 780 in six.
    made = renew(agreed, half_year, D(1_170), "clicks")
    assert made.rates == {("mono", 0): (D("0.02"), D("0.03")), ("mono", 1): (D("0.01"), D("0.015"))}
    assert (made.present, made.renewed) == (780, 1_170)


def test_calls_are_revenue_that_a_renewal_does_not_change():
    incident = Line("call", LineKind.INCIDENT, Price((Tier(None, D(120)),)))
    reads = ledger(calls=(ServiceCall("I-1", "D", date(2026, 3, 3), incident=True),))
    made = renew(contract(flat("100"), incident), lambda c: half_year(c, reads), D(1_320), "both")
    # 600 of base and one call of 120; 1,320 leaves 1,200 for the base.
    assert made.rates == {("base", 0): (D(100), D(200))}
    assert made.present == 720


def test_a_minimum_bends_the_line_and_the_price_is_found_beyond_it():
    agreed = contract(click((None, "0.01")), rules=BillingRules(base_in_advance=False, minimum=D(150)))
    # 100 of clicks a month are lifted to 150: 900. 1,200 needs clicks of 200 a month: twice the rate.
    made = renew(agreed, half_year, D(1_200), "clicks")
    assert made.present == 900
    assert made.reached and 1_200 <= made.renewed <= D("1201.2")
    ((_was, rate),) = made.rates.values()
    assert D("0.02") <= rate <= D("0.02002")


def test_a_maximum_that_cuts_every_price_is_told():
    agreed = contract(click((None, "0.01"), maximum=D(100)))
    made = renew(agreed, half_year, D(900), "clicks")
    assert not made.reached and made.rates == {} and made.renewed == made.present == 600


def test_a_contract_without_such_lines_cannot_be_renewed_by_them():
    made = renew(contract(flat("100")), half_year, D(900), "clicks")
    assert not made.reached and made.rates == {}


def test_a_seat_plan_is_a_contract_whose_usage_never_moves():
    seats = Line("seat", LineKind.SEAT, Price((Tier(None, D(20)),)))
    units = (CoveredUnit("Desk", "seat", JANUARY, quantity=D(10)),)
    agreed = contract(seats)

    def billed(one: Contract) -> D:
        return sum((bill(one, Ledger(), units, p).total for p in due_periods(one, None, JULY)), D(0))

    made = renew(agreed, billed, needed_revenue(D(975), D(35)), "both")
    # 10 seats at 20 for six months make 1,200; a cost of 975 asks for 1,500: 25 a seat.
    assert made.present == 1_200 and made.rates == {("seat", 0): (D(20), D(25))}


def test_todays_rates_carry_the_escalations_that_lie_behind():
    agreed = contract(
        flat("100"),
        click((None, "0.01"), escalates=False),
        escalator=Escalator(D(10), first=date(2026, 4, 1)),
    )
    now = at_todays_rates(agreed, JULY)
    rates = {line.line_id: line.price.tiers[0].rate for line in now.versions[0].lines}
    assert rates == {"base": 110, "mono": D("0.01")}
    assert half_year(now) == 1_260  # 6 x (110 + 100), as if it had held from January
    assert at_todays_rates(agreed, JANUARY).versions[0].lines == agreed.versions[0].lines


def test_a_factor_of_one_changes_nothing():
    agreed = contract(flat("33.333333"), click((None, "0.0123456789")))
    assert scaled(agreed, D(1), frozenset(LineKind)) == agreed


@settings(max_examples=40, deadline=None)
@given(
    st.decimals("0", "500", places=2),
    st.decimals("0.001", "0.2", places=6),
    st.decimals("100", "20000", places=2),
    st.sampled_from(["clicks", "base", "both"]),
    st.none() | st.integers(1, 300),
)
def test_a_renewal_that_is_reached_bills_the_target_and_hardly_more(base, rate, needed, change, minimum):
    rules = BillingRules(base_in_advance=False, minimum=D(minimum) if minimum else None)
    agreed = contract(flat(str(base)), click((None, str(rate))), rules=rules)
    made = renew(agreed, half_year, needed, change)
    if not made.reached:
        return
    again = at_todays_rates(
        Contract("K", "Law", JANUARY, (made.version,)), JANUARY
    )  # what the new version's own rates bill
    assert half_year(again) == made.renewed >= needed
    floor = half_year(scaled(agreed, D(0), frozenset({LineKind.FLAT, LineKind.CLICK})))
    most = max(needed * D("1.001"), floor) + 6 * D("0.02")
    assert made.renewed <= most or change != "both"


# -- lemons ---------------------------------------------------------------------------------------------------------


def device(name: str, clicks: int, cost: str, model: str = "M") -> DeviceCost:
    return DeviceCost(name, model, clicks, D(cost))


def of(found: list[Compared]) -> dict[str, Compared]:
    return {one.device.device: one for one in found}


def test_a_lemon_costs_so_many_times_what_the_others_of_its_model_cost():
    found = of(
        compare([device("A", 10_000, "100"), device("B", 10_000, "60"), device("C", 10_000, "20")], D(2))
    )
    # A 0.01 a click; B and C together 80 / 20,000 = 0.004: 2.5 times, 60 more than theirs would have cost.
    assert (found["A"].others, found["A"].times, found["A"].excess, found["A"].lemon) == (
        D("0.004"),
        D("2.5"),
        60,
        True,
    )
    # B 0.006 against 120 / 20,000 = 0.006.
    assert (found["B"].times, found["B"].excess, found["B"].lemon) == (1, 0, False)
    assert found["C"].excess == -60 and not found["C"].lemon


def test_the_dearest_comes_first_and_the_factor_itself_is_enough():
    found = compare([device("A", 1_000, "10"), device("B", 1_000, "20"), device("C", 1_000, "10")], D(2))
    assert [one.device.device for one in found] == ["B", "A", "C"]
    assert found[0].times == 2 and found[0].lemon


def test_the_only_device_of_its_model_is_compared_with_nothing():
    (found,) = compare([device("A", 1_000, "500")], D(2))
    assert (found.others, found.times, found.excess, found.lemon) == (None, None, 0, False)


def test_a_device_that_costs_and_makes_no_click_is_a_lemon():
    found = of(compare([device("A", 0, "500"), device("B", 1_000, "10"), device("C", 0, "0")], D(2)))
    assert found["A"].lemon and found["A"].times is None and found["A"].excess == 500
    assert not found["C"].lemon and not found["B"].lemon


def test_a_device_beside_others_that_cost_nothing():
    found = of(compare([device("A", 1_000, "50"), device("B", 1_000, "0")], D(2)))
    assert found["A"].lemon and found["A"].times is None and not found["B"].lemon


def test_models_are_not_compared_with_one_another():
    found = of(compare([device("A", 1_000, "90", "M"), device("B", 1_000, "10", "N")], D(2)))
    assert not found["A"].lemon and found["A"].others is None
