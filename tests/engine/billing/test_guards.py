"""What stops a bill, or asks somebody to look, with the money at stake."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mps_module.engine.contract import ContractVersion
from mps_module.engine.guards import FleetNorms, guard
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device, MeterType, MeterUnit
from mps_module.engine.result import Severity
from tests.engine.billing.build import bill_due, clicks, contract, device, month_starts, read

D = Decimal
FEB = date(2026, 2, 1)
USUAL = [contract(clicks(rate=r)) for r in ("0.0080", "0.0085", "0.0085", "0.0090", "0.0095")]
NORMS = FleetNorms.of(USUAL, FEB)


def found(agreed, reads, units, devices=(), norms=NORMS, last=None, due=FEB):
    made = bill_due(agreed, reads, units, due, devices=devices)
    return guard(agreed, made, Ledger.build(reads, devices=devices), units, norms, last)


def test_a_slipped_zero_blocks_with_the_money_at_stake():
    (finding,) = found(contract(clicks(rate="0.085")), month_starts(0, 10_000), [device()])
    assert finding.code == "rate-off-norm" and finding.severity is Severity.BLOCK
    assert finding.at_stake == D("765.00")  # 10,000 x (0.085 - 0.0085)
    assert "0.085" in finding.message and "0.0085" in finding.message


def test_a_rate_a_tenth_of_the_norm_blocks_too():
    (finding,) = found(contract(clicks(rate="0.00085")), month_starts(0, 10_000), [device()])
    assert finding.severity is Severity.BLOCK and finding.at_stake == D("76.50")


def test_three_times_the_norm_is_flagged_and_twice_is_business():
    assert [f.severity for f in found(contract(clicks(rate="0.0255")), month_starts(0, 9), [device()])] == [
        Severity.WARN
    ]
    assert found(contract(clicks(rate="0.017")), month_starts(0, 9), [device()]) == []


def test_few_contracts_make_no_norm():
    norms = FleetNorms.of(USUAL[:3], FEB)
    assert found(contract(clicks(rate="0.085")), month_starts(0, 10_000), [device()], norms=norms) == []


def test_another_currency_has_its_own_norm():
    assert found(contract(clicks(rate="0.085"), currency="INR"), month_starts(0, 10_000), [device()]) == []


def test_norm_takes_the_weight_and_the_version_of_the_day():
    old = ContractVersion(1, date(2026, 1, 1), (clicks(rate="0.9"),))
    new = ContractVersion(2, FEB, (clicks(rate="0.004", meters={"mono": D(2)}),))
    norms = FleetNorms.of([contract(versions=(old, new))] * 4, FEB)
    assert norms.rate("USD", "mono", 4) == D("0.008")


def colour_reads(colour=2_000, total=10_000):
    return month_starts(0, colour, meter="colour") + month_starts(0, total, meter="total")


def test_black_billed_from_the_total_counter_charges_colour_twice():
    agreed = contract(clicks("black", "0.01", "total"), clicks("colour", "0.06", "colour"))
    (finding,) = found(agreed, colour_reads(), [device()])
    assert finding.code == "black-billed-from-total" and finding.severity is Severity.BLOCK
    assert finding.at_stake == D("20.00") and "2,000" in finding.message


def test_total_counter_alone_is_fine():
    assert found(contract(clicks("all", "0.01", "total")), colour_reads(), [device()]) == []


def test_mono_and_colour_in_one_group():
    agreed = contract(clicks("all", "0.0085", meters={"mono": D(1), "colour": D(1)}))
    reads = month_starts(0, 1_000) + month_starts(0, 1_000, meter="colour")
    assert [f.code for f in found(agreed, reads, [device()])] == ["mono-and-colour-in-one-group"]
    weighted = contract(clicks("all", "0.0085", meters={"mono": D(1), "colour": D(7)}))
    assert found(weighted, reads, [device()]) == []


def test_a_colour_counter_that_no_line_prices():
    model = Device("D1", model="MX", meters={"mono": MeterType("mono"), "colour": MeterType("colour")})
    reads = month_starts(0, 1_000) + month_starts(0, 400, meter="colour")
    norms = FleetNorms.of([contract(clicks(rate="0.06", meter="colour"))] * 4, FEB)
    (finding,) = found(contract(clicks()), reads, [device()], devices=[model], norms=norms)
    assert (finding.code, finding.unit, finding.at_stake) == ("meter-without-rate", "D1", D("24.00"))


def test_a_line_of_one_group_does_not_price_the_counters_of_another():
    """Devices of one model and one group are looked at alike, those of another group or model on their own."""
    both = {"mono": MeterType("mono"), "colour": MeterType("colour")}
    models = [
        Device("D1", meters=both),
        Device("D2", meters=both),
        Device("D3", meters={"mono": both["mono"]}),
        Device("D4", meters=both),
    ]
    groups = {"D1": "office", "D2": "hall", "D3": "hall", "D4": "hall"}
    reads = [r for name in groups for r in month_starts(0, 1_000, device=name)]
    reads += [r for name in ("D1", "D2", "D4") for r in month_starts(0, 400, device=name, meter="colour")]
    agreed = contract(clicks(), clicks("colour", "0.06", "colour", groups=("office",)))
    units = [device(name, group=group) for name, group in groups.items()]
    assert [(f.code, f.unit) for f in found(agreed, reads, units, devices=models)] == [
        ("meter-without-rate", "D2"),
        ("meter-without-rate", "D4"),
    ]


def test_a_colour_counter_that_stands_still_needs_no_rate():
    model = Device("D1", meters={"mono": MeterType("mono"), "colour": MeterType("colour")})
    reads = month_starts(0, 1_000) + month_starts(77, 77, meter="colour")
    assert found(contract(clicks()), reads, [device()], devices=[model]) == []


def test_impressions_billed_from_a_counter_of_sheets():
    model = Device("D1", model="MP C3002", meters={"mono": MeterType("mono", unit=MeterUnit.SHEET)})
    (finding,) = found(contract(clicks()), month_starts(0, 1_000), [device()], devices=[model])
    assert finding.code == "unit-mismatch" and "MP C3002" in finding.message


def test_a_bill_far_off_the_last_one():
    agreed = contract(clicks())
    reads = month_starts(0, 20_000, 70_000)
    last = bill_due(agreed, reads, [device()], FEB)
    (finding,) = found(agreed, reads, [device()], last=last, due=date(2026, 3, 1))
    assert (finding.code, finding.at_stake) == ("bill-far-off", D("255.00"))


def test_small_money_is_not_worth_a_look():
    agreed = contract(clicks())
    reads = month_starts(0, 1_000, 5_000)
    last = bill_due(agreed, reads, [device()], FEB)
    assert found(agreed, reads, [device()], last=last, due=date(2026, 3, 1)) == []


def test_a_bill_below_zero_is_said_to_be_a_credit():
    reads = [*month_starts(0, 3_000, 6_000), read(6_100, 2026, 5, 1)]
    findings = found(contract(clicks()), reads, [device()], due=date(2026, 5, 1))
    assert [f.code for f in findings] == ["bill-negative"]


def test_worst_money_comes_first():
    agreed = contract(clicks("black", "0.1", "total"), clicks("colour", "0.06", "colour"))
    norms = FleetNorms.of([contract(clicks(rate="0.01", meter="total"))] * 4, FEB)
    stakes = [f.at_stake for f in found(agreed, colour_reads(), [device()], norms=norms)]
    assert stakes == sorted(stakes, reverse=True) and len(stakes) == 2


def test_a_surcharge_on_colour_beside_total_is_said_and_let_pass():
    agreed = contract(clicks("all", "0.01", "total"), clicks("colour-surcharge", "0.05", "colour"))
    assert [f.severity for f in found(agreed, colour_reads(), [device()])] == [Severity.WARN]
