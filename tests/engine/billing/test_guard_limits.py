"""Where the guards begin to speak: rates off the norm, bills off the last one, and what makes a norm at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.guards import FleetNorms, GuardLimits, guard, same_sort
from mps_module.engine.ledger import Ledger
from mps_module.engine.result import Severity
from tests.engine.billing.build import bill_due, clicks, contract, device, month_starts

D = Decimal
FEB = date(2026, 2, 1)
READS = month_starts(0, 10_000)
NORMS = FleetNorms.of([contract(clicks(rate="0.0085"))] * 4, FEB)
NO_NORMS = FleetNorms()


def found(agreed, norms=NORMS, limits=None, due=FEB):
    made = bill_due(agreed, READS, [device()], due)
    return guard(agreed, made, Ledger.build(READS), [device()], norms, limits=limits)


@pytest.mark.parametrize(
    ("rate", "severity", "at_stake"),
    [
        ("0.0085", None, None),
        ("0.02124", None, None),
        ("0.02125", Severity.WARN, "127.50"),  # two and a half times: 10,000 x 0.01275
        ("0.04249", Severity.WARN, "339.90"),
        ("0.0425", Severity.BLOCK, "340.00"),  # five times
        ("0.0035", None, None),
        ("0.0034", Severity.WARN, "51.00"),
        ("0.0017", Severity.BLOCK, "68.00"),
        ("0", Severity.BLOCK, "85.00"),
    ],
)
def test_how_far_a_rate_may_be_off(rate, severity, at_stake):
    findings = [f for f in found(contract(clicks(rate=rate))) if f.code == "rate-off-norm"]
    assert [(f.severity, f.at_stake) for f in findings] == (
        [] if severity is None else [(severity, D(at_stake))]
    )


def test_a_rate_of_nothing_says_nothing_and_not_nought():
    (finding,) = [f for f in found(contract(clicks(rate="0"))) if f.code == "rate-off-norm"]
    assert finding.message == "Line mono charges nothing a click of mono; the fleet's norm is 0.0085"


def test_a_discount_counts_into_the_rate():
    """Five times the norm less half is two and a half times."""
    (finding,) = found(contract(clicks(rate="0.0425", discount=D(50))))
    assert finding.severity is Severity.WARN


@pytest.mark.parametrize(
    ("limits", "severities"),
    [
        (GuardLimits(), [Severity.WARN]),
        (GuardLimits(rate_warn=D(4)), []),
        (GuardLimits(rate_block=D(3)), [Severity.BLOCK]),
        (GuardLimits(enough_rates=5), []),
    ],
)
def test_three_times_the_norm_under_a_dealers_own_limits(limits, severities):
    assert [f.severity for f in found(contract(clicks(rate="0.0255")), limits=limits)] == severities


@pytest.mark.parametrize(
    ("rates", "norm"),
    [
        (["0.006", "0.008", "0.010", "0.012"], "0.009"),  # between the two in the middle
        (["0.006", "0.008", "0.010", "0.012", "9"], "0.010"),  # one slipped point does not move it far
        (["0.006", "0.008", "0.010"], None),
        (["0.006", "0.008", "0.010", "0"], None),  # free of charge is no price
    ],
)
def test_the_norm_is_the_middle_of_at_least_four(rates, norm):
    norms = FleetNorms.of([contract(clicks(rate=rate)) for rate in rates], FEB)
    assert norms.rate("USD", "mono", 4) == (None if norm is None else D(norm))


def test_a_norm_is_of_one_meter_and_currency():
    norms = FleetNorms.of([contract(clicks(rate="0.06", meter="colour"))] * 4, FEB)
    assert norms.rate("USD", "colour", 4) == D("0.06")
    assert norms.rate("USD", "mono", 4) is None
    assert norms.rate("EUR", "colour", 4) is None


@pytest.mark.parametrize(
    ("usual", "at_stake"),
    [
        ("85", None),
        ("35", None),  # 50 more: small money
        ("34.99", "50.01"),
        ("170", None),  # half of it
        ("170.02", "85.02"),
        ("1000", "915.00"),
    ],
)
def test_the_first_bill_is_held_against_the_usual_one(usual, at_stake):
    """The bill is 10,000 x 0.0085 = 85."""
    findings = found(contract(clicks(), usual_bill=D(usual)), NO_NORMS)
    expected = [] if at_stake is None else [("bill-far-off", Severity.WARN, D(at_stake))]
    assert [(f.code, f.severity, f.at_stake) for f in findings] == expected


def test_nothing_to_hold_it_against_is_no_finding():
    assert found(contract(clicks()), NO_NORMS) == []


def test_how_far_off_is_a_dealers_own_choice():
    agreed = contract(clicks(), usual_bill=D(80))
    assert found(agreed, NO_NORMS) == []
    (finding,) = found(agreed, NO_NORMS, GuardLimits(bill_change=D("0.05"), bill_change_money=D(1)))
    assert finding.message == "The bill is 85.00, the one before was 80 (+5.00)"


@pytest.mark.parametrize(
    ("meter", "other", "same"),
    [
        ("colour", "colour_a4", True),
        ("cmy", "Color", True),
        ("mono", "bw_a3", True),
        ("mono", "colour", False),
        ("total", "life", False),
        ("scan", "scan", False),
    ],
)
def test_meters_of_the_same_sort(meter, other, same):
    assert same_sort(meter, other) is same
    assert same_sort(other, meter) is same
