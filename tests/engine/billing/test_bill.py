"""What a customer pays for a period, by kind of contract: figures worked out by hand or from the domain's vectors."""

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
    ContractVersion,
    Escalator,
    LineKind,
    PartUsed,
    Price,
    Proration,
    ServiceCall,
    TierMode,
    UnitKind,
)
from mps_module.engine.meters import Device, MeterType
from mps_module.engine.reads import ReadKind
from mps_module.engine.result import Basis, ChargeKind, Severity
from tests.engine.billing.build import (
    amount,
    amounts,
    bill_due,
    clicks,
    contract,
    device,
    flat_price,
    line,
    month_starts,
    period_due,
    pool,
    read,
    seats,
    tiers,
)

D = Decimal
FEB = date(2026, 2, 1)
MARCH = date(2026, 3, 1)
FLEET = (("A", 9_100), ("B", 2_400), ("C", 14_250))


def fleet_reads():
    return [r for name, used in FLEET for r in month_starts(1_000, 1_000 + used, device=name)]


def fleet(**allowances: int):
    return [
        device(name, allowances={"mono": D(allowances[name])} if name in allowances else {})
        for name, _ in FLEET
    ]


def test_pooled_allowance_is_taken_off_the_sum_of_all_devices():
    made = bill_due(contract(clicks(allowance=pool(20_000))), fleet_reads(), fleet(), FEB)
    (row,) = made.lines
    assert (row.quantity, row.rate, row.amount) == (D(5_750), D("0.0085"), D("48.88"))
    assert row.proof.tiers[0].amount == D("48.875")
    assert (row.proof.gross, row.proof.allowance, row.proof.net) == (D(25_750), D(20_000), D(5_750))


def test_allowance_per_device_is_nobody_elses():
    line_ = clicks(allowance=Allowance(scope=AllowanceScope.PER_UNIT))
    made = bill_due(contract(line_), fleet_reads(), fleet(A=8_000, B=6_000, C=6_000), FEB)
    (row,) = made.lines
    assert (row.quantity, row.proof.tiers[0].amount, row.amount) == (D(9_350), D("79.475"), D("79.48"))
    assert dict(row.proof.shares) == {"A": D(1_100), "B": D(0), "C": D(8_250)}


@pytest.mark.parametrize(
    ("used", "mode", "exact"),
    [
        (10_001, TierMode.GRADUATED, "100.0085"),
        (10_001, TierMode.VOLUME, "85.0085"),
        (20_001, TierMode.GRADUATED, "185.007"),
        (20_001, TierMode.VOLUME, "140.007"),
        (25_750, TierMode.GRADUATED, "225.25"),
        (25_750, TierMode.VOLUME, "180.25"),
    ],
)
def test_tiers(used, mode, exact):
    price = tiers((10_000, "0.01"), (20_000, "0.0085"), (None, "0.007"), mode=mode)
    made = bill_due(contract(clicks(price=price)), month_starts(500, 500 + used), [device()], FEB)
    assert sum(t.amount for t in made.lines[0].proof.tiers) == D(exact)
    assert made.total == D(exact).quantize(D("0.01"), "ROUND_HALF_UP")


def test_every_row_multiplies_to_its_amount_so_that_an_invoice_gets_the_same_cent():
    price = tiers((1_001, "0.0033"), (2_002, "0.00271"), (None, "0.0019"))
    made = bill_due(contract(clicks(price=price, discount=D("7.5"))), month_starts(0, 3_333), [device()], FEB)
    for row in made.lines:
        assert (row.quantity * row.rate).quantize(D("0.01"), "ROUND_HALF_UP") == row.amount
    exact = (1_001 * D("0.0033") + 1_001 * D("0.00271") + 1_331 * D("0.0019")) * D("0.925")
    assert made.total == exact.quantize(D("0.01"), "ROUND_HALF_UP")


def test_minimum_of_the_contract_is_a_line_of_the_difference():
    agreed = contract(
        line(LineKind.FLAT, "50"), line(LineKind.INCIDENT, "10"), rules=BillingRules(minimum=D(100))
    )
    calls = [ServiceCall(f"S{n}", "D1", date(2026, 1, n), incident=True) for n in (3, 9, 20)]
    made = bill_due(agreed, [], [device()], FEB, calls=calls)
    assert amounts(made) == {("flat", "base"): D(50), ("incident", "incident"): D(30), ("", "minimum"): D(20)}
    assert made.total == D(100)


def test_minimum_and_maximum_of_a_line():
    reads = month_starts(0, 10_000)
    low = bill_due(contract(clicks(rate="0.01", minimum=D(150))), reads, [device()], FEB)
    assert (low.total, amount(low, "mono", ChargeKind.MINIMUM)) == (D("150.00"), D("50.00"))
    high = bill_due(contract(clicks(rate="0.01", maximum=D(80))), reads, [device()], FEB)
    assert (high.total, amount(high, "mono", ChargeKind.MAXIMUM)) == (D("80.00"), D("-20.00"))


def test_per_seat_is_a_contract_whose_usage_never_moves():
    agreed = contract(line(LineKind.SEAT, "45", "seats"), clicks())
    made = bill_due(agreed, month_starts(0, 1_000), [device(), seats("office", 10)], FEB)
    assert amounts(made) == {("seats", "base"): D(450), ("mono", "overage"): D("8.50")}
    first = bill_due(agreed, month_starts(0, 1_000), [device(), seats("office", 10)], date(2026, 1, 1))
    assert first.total == D(450)


def test_a_seat_that_joins_in_mid_month_is_prorated_by_days():
    agreed = contract(line(LineKind.SEAT, "930", "seats"))
    made = bill_due(agreed, [], [seats("one", 1, date(2026, 1, 9))], date(2026, 1, 1))
    assert made.total == D("690.00")  # 23 of 31 days
    (count,) = made.lines[0].proof.counts
    assert count.covered.days == 23


@pytest.mark.parametrize(("way", "total"), [(Proration.DAYS, "5016.39"), (Proration.MONTHS, "5000.00")])
def test_part_of_a_leap_year(way, total):
    rules = BillingRules(base_months=12, anchor_month=1, proration=way)
    agreed = contract(line(LineKind.FLAT, "12000"), start=date(2024, 8, 1), rules=rules)
    made = bill_due(agreed, [], [], date(2024, 8, 1))
    assert made.total == D(total)


def test_allowance_is_prorated_for_a_device_that_leaves():
    line_ = clicks(allowance=Allowance(D(3_100), AllowanceScope.PER_UNIT))
    leaves = device(end=date(2026, 1, 10))
    reads = [read(0, 2026, 1, 1), read(1_500, 2026, 1, 10, 12, kind=ReadKind.REMOVAL)]
    made = bill_due(contract(line_), reads, [leaves], FEB)
    assert made.lines[0].quantity == D(500)  # 10 of 31 days: 1,000 free


def test_weights_make_clicks_of_sheets():
    line_ = clicks("a4a3", "0.01", meters={"a4": D(1), "a3": D(2)})
    reads = month_starts(0, 700, meter="a4") + month_starts(0, 150, meter="a3")
    made = bill_due(contract(line_), reads, [device()], FEB)
    assert made.lines[0].quantity == D(1_000)


def test_virtual_meter_is_billed_with_its_terms_as_proof():
    model = {
        "total": MeterType("total"),
        "colour": MeterType("colour"),
        "mono": MeterType("mono", formula={"total": D(1), "colour": D(-1)}),
    }
    reads = month_starts(5_000, 6_500, meter="total") + month_starts(1_000, 1_200, meter="colour")
    made = bill_due(
        contract(clicks(rate="0.01")), reads, [device()], FEB, devices=[Device("D1", meters=model)]
    )
    assert made.lines[0].quantity == D(1_300)
    (usage,) = made.lines[0].proof.usages
    assert [(t.meter, t.usage, t.weight) for t in usage.terms] == [
        ("total", D(1_500), D(1)),
        ("colour", D(200), D(-1)),
    ]
    assert {(meter, b.value) for _, meter, b in made.boundaries} == {
        ("total", 5_000),
        ("total", 6_500),
        ("colour", 1_000),
        ("colour", 1_200),
    }


def test_block_of_copies_is_bought_first_and_renewed_with_what_is_left():
    agreed = contract(line(LineKind.BLOCK, "250", "block", block=D(20_000), meters={"mono": D(1)}))
    reads = month_starts(0, 15_000, 23_000, 30_000)
    units = [device()]
    assert bill_due(agreed, reads, units, date(2026, 1, 1)).total == D(250)
    told = {
        due: [
            (row.description, row.quantity, row.amount) for row in bill_due(agreed, reads, units, due).lines
        ]
        for due in (FEB, MARCH, date(2026, 4, 1))
    }
    assert told == {
        FEB: [("block: 5,000 left", D(0), D("0.00"))],
        MARCH: [("block: renewal, 17,000 left", D(1), D("250.00"))],
        date(2026, 4, 1): [("block: 10,000 left", D(0), D("0.00"))],
    }


class TestReadsOfABlockThatIsNotUsedUp:
    """A month without a renewal rests on reads like any other: the next renewal comes from them."""

    agreed = contract(line(LineKind.BLOCK, "250", "block", block=D(20_000), meters={"mono": D(1)}))

    def test_a_device_that_was_never_read_blocks_its_bill(self):
        made = bill_due(self.agreed, [], [device()], FEB)
        assert [(f.code, f.severity, f.unit, f.line_id) for f in made.findings] == [
            ("read-missing", Severity.BLOCK, "D1", "block")
        ]

    def test_an_estimate_is_told_and_marked(self):
        reads = month_starts(0, 5_000)
        made = bill_due(self.agreed, reads, [device()], MARCH)
        assert [f.code for f in made.findings] == ["estimated"] and made.lines[0].estimated

    def test_reads_that_vanish_block_the_next_bill_and_pay_nothing_back_unseen(self):
        reads = month_starts(0, 23_000, 24_000, 25_000)
        posted = [bill_due(self.agreed, reads, [device()], due) for due in (FEB, MARCH)]
        assert [b.total for b in posted] == [D(250), D(0)]
        made = bill_due(self.agreed, [], [device()], date(2026, 4, 1), posted=posted)
        assert made.total == D(-250)
        assert {(f.code, f.severity) for f in made.findings} == {("read-missing", Severity.BLOCK)}
        assert max(f.at_stake for f in made.findings) == D(250)

    def test_its_boundaries_are_pinned_so_that_a_later_read_nearer_to_midnight_moves_nothing(self):
        reads = [*month_starts(0), read(5_000, 2026, 2, 3)]
        posted = bill_due(self.agreed, reads, [device()], FEB)
        late = [*reads, read(4_800, 2026, 2, 1), read(9_000, 2026, 3, 1)]
        made = bill_due(self.agreed, late, [device()], MARCH, posted=[posted], pins=pins_of([posted]))
        assert made.lines[0].proof.usages[0].opening.value == 5_000


def test_unused_allowance_is_carried_and_expires():
    agreed = contract(clicks(rate="0.01", allowance=pool(1_000, carry_periods=1)))
    reads = month_starts(0, 400, 2_000, 2_000, 5_000)
    charged = [bill_due(agreed, reads, [device()], date(2026, m, 1)).lines[0].quantity for m in (2, 3, 4, 5)]
    # used 400 (600 left), 1,600 (all of 1,600), 0 (1,000 left), 3,000 (2,000 free)
    assert charged == [D(0), D(0), D(0), D(1_000)]


def test_incidents_beyond_the_included_ones():
    agreed = contract(line(LineKind.INCIDENT, "95", allowance=pool(2)))
    calls = [ServiceCall(f"S{n}", "D1", date(2026, 1, n), incident=True) for n in range(1, 6)]
    made = bill_due(agreed, [], [device()], FEB, calls=calls)
    assert (made.lines[0].quantity, made.total) == (D(3), D(285))
    assert made.lines[0].proof.events == ("S1", "S2", "S3", "S4", "S5")


def test_time_and_material_shows_each_call():
    parts = (PartUsed("FUSER", D(1), D("189.90")), PartUsed("ROLLER", D(4), D("7.255")))
    call = ServiceCall("S1", "D1", date(2026, 1, 12), labour_hours=D("1.25"), travel=D(1), parts=parts)
    agreed = contract(
        line(LineKind.LABOUR, "110"),
        line(LineKind.TRAVEL, "60"),
        line(LineKind.MATERIAL, "0", discount=D(10)),
    )
    made = bill_due(agreed, [], [device()], FEB, calls=[call])
    assert amount(made, "labour", ChargeKind.SERVICE) == D("137.50")
    assert amount(made, "travel", ChargeKind.SERVICE) == D("60.00")
    # 189.90 + 4 x 7.255 = 218.92, less 10 % = 197.028
    assert sum(r.amount for r in made.lines if r.line_id == "material") == D("197.03")
    assert {r.item for r in made.lines if r.line_id == "material"} >= {"FUSER", "ROLLER"}


def test_monthly_base_in_advance_with_quarterly_overage():
    rules = BillingRules(base_months=1, overage_months=3)
    agreed = contract(line(LineKind.FLAT, "350"), clicks(rate="0.01"), rules=rules)
    reads = month_starts(0, 1_000, 2_000, 3_500)
    totals = [bill_due(agreed, reads, [device()], date(2026, m, 1)).total for m in (1, 2, 3, 4)]
    assert totals == [D(350), D(350), D(350), D(385)]


def test_last_bill_after_the_end_has_overage_only():
    agreed = contract(line(LineKind.FLAT, "350"), clicks(rate="0.01"), end=date(2026, 2, 28))
    made = bill_due(agreed, month_starts(0, 1_000, 2_500), [device()], MARCH)
    assert amounts(made) == {("mono", "overage"): D(15)}


def test_escalator_moves_base_and_overage_at_the_anniversary():
    agreed = contract(line(LineKind.FLAT, "100"), clicks(rate="0.01"), escalator=Escalator(D(5)))
    reads = month_starts(*range(0, 15_000, 1_000))
    before = bill_due(agreed, reads, [device()], date(2026, 12, 1))
    assert before.total == D("110.00")
    turn = bill_due(agreed, reads, [device()], date(2027, 1, 1))
    assert amounts(turn) == {("flat", "base"): D("105.00"), ("mono", "overage"): D("10.00")}
    after = bill_due(agreed, reads, [device()], date(2027, 2, 1))
    assert amounts(after) == {("flat", "base"): D("105.00"), ("mono", "overage"): D("10.50")}
    assert after.lines[1].proof.escalation == D("1.05")


def test_amendment_holds_from_its_date_on():
    old = ContractVersion(1, date(2026, 1, 1), (clicks(rate="0.01"),))
    new = ContractVersion(2, FEB, (clicks(rate="0.02"),))
    agreed = contract(versions=(old, new))
    reads = month_starts(0, 1_000, 2_000)
    assert bill_due(agreed, reads, [device()], FEB).total == D(10)
    made = bill_due(agreed, reads, [device()], MARCH)
    assert (made.total, made.lines[0].proof.version) == (D(20), 2)


def test_board_swap_loses_no_click():
    reads = [
        read(9_000, 2026, 1, 1),
        read(9_800, 2026, 1, 20),
        read(0, 2026, 1, 20, kind=ReadKind.RESET),
        read(300, 2026, 2, 1),
    ]
    made = bill_due(contract(clicks(rate="0.01")), reads, [device()], FEB)
    assert made.lines[0].quantity == D(1_100)


def test_rollover_of_a_six_digit_counter():
    kind = {"mono": MeterType("mono", digits=6)}
    reads = [read(999_500, 2026, 1, 1), read(400, 2026, 2, 1, kind=ReadKind.ROLLOVER)]
    made = bill_due(
        contract(clicks(rate="0.01")), reads, [device()], FEB, devices=[Device("D1", meters=kind)]
    )
    assert made.lines[0].quantity == D(900)


def test_estimate_is_marked_and_trued_up_by_the_next_read():
    agreed = contract(clicks(rate="0.01"))
    reads = month_starts(0, 3_100, 5_900, 9_000)
    missed = [*reads, read(11_000, 2026, 5, 1)]  # April has 2,000 clicks, and no read on 1 April
    april = bill_due(agreed, reads[:3], [device()], date(2026, 4, 1))
    (row,) = april.lines
    closing = row.proof.usages[0].closing
    assert row.estimated and closing.basis is Basis.ESTIMATE and closing.low < closing.value < closing.high
    together = april.total + bill_due(agreed, [*reads[:3], missed[4]], [device()], date(2026, 5, 1)).total
    assert together == D("51.00")  # 11,000 - 5,900 clicks, whatever the estimate was


def test_estimate_that_was_too_high_comes_back_as_a_credit():
    agreed = contract(clicks(rate="0.01"))
    reads = [*month_starts(0, 3_000, 6_000), read(6_100, 2026, 5, 1)]
    april = bill_due(agreed, reads, [device()], date(2026, 4, 1))
    may = bill_due(agreed, reads, [device()], date(2026, 5, 1))
    assert april.total > D(20) and may.total < 0
    assert may.lines[0].kind is ChargeKind.CREDIT
    assert april.total + may.total == D("1.00")


def test_too_many_estimates_block_the_contract_until_it_is_read():
    agreed = contract(clicks())
    reads = month_starts(0, 1_000)
    third = bill_due(agreed, reads, [device()], date(2026, 5, 1))
    assert third.blocked
    assert [f.code for f in third.findings] == ["too-many-estimates"]
    second = bill_due(agreed, reads, [device()], date(2026, 4, 1))
    assert not second.blocked and [f.code for f in second.findings] == ["estimated"]


def test_a_device_never_read_blocks_with_a_word_on_what_to_do():
    made = bill_due(contract(clicks()), [], [device()], FEB)
    (finding,) = made.findings
    assert made.blocked and finding.code == "read-missing" and finding.unit == "D1" and finding.todo


def test_device_of_a_mono_model_has_no_colour_to_miss():
    agreed = contract(clicks(), clicks("colour", "0.06", "colour"))
    model = Device("D1", meters={"mono": MeterType("mono")})
    made = bill_due(agreed, month_starts(0, 100), [device()], FEB, devices=[model])
    assert not made.blocked and made.total == D("0.85")


def test_groups_choose_the_devices_of_a_line():
    agreed = contract(clicks("small", "0.02", groups=("desk",)), clicks("big", "0.01", groups=("floor",)))
    reads = month_starts(0, 100) + month_starts(0, 1_000, device="D2")
    made = bill_due(agreed, reads, [device(group="desk"), device("D2", group="floor")], FEB)
    assert amounts(made) == {("small", "overage"): D(2), ("big", "overage"): D(10)}


def test_a_move_to_another_site_in_mid_month_keeps_continuity():
    units = [device(site="North", end=date(2026, 1, 14)), device(site="South", start=date(2026, 1, 15))]
    reads = [read(0, 2026, 1, 1), read(400, 2026, 1, 15, 9), read(1_000, 2026, 2, 1)]
    made = bill_due(contract(clicks(rate="0.01")), reads, units, FEB)
    assert made.lines[0].quantity == D(1_000)
    assert [u.usage for u in made.lines[0].proof.usages] == [D(400), D(600)]


def test_the_same_bill_comes_out_again():
    agreed = contract(line(LineKind.FLAT, "350"), clicks(allowance=pool(100)))
    reads = month_starts(0, 1_234)
    assert bill_due(agreed, reads, [device()], FEB) == bill_due(agreed, reads[::-1], [device()], FEB)


def test_line_without_anything_over_shows_a_row_of_zero():
    made = bill_due(contract(clicks(allowance=pool(5_000))), month_starts(0, 1_000), [device()], FEB)
    (row,) = made.lines
    assert (row.quantity, row.amount, row.proof.net) == (D(0), D(0), D(0))


def test_units_of_other_kinds_do_not_count():
    agreed = contract(line(LineKind.DEVICE, "20", "fee"), line(LineKind.SEAT, "5", "seat"))
    units = [device(), device("D2"), replace(device("PC"), kind=UnitKind.ASSET), seats("s", 3)]
    made = bill_due(agreed, [], units, date(2026, 1, 1))
    assert amounts(made) == {("fee", "base"): D(40), ("seat", "base"): D(20)}


def test_period_of_a_bill_is_found_by_its_due_date():
    agreed = contract(line(LineKind.FLAT, "1"), clicks())
    assert period_due(agreed, FEB).closes == date(2026, 1, 31)
    assert period_due(agreed, FEB).overage.days == 31


def test_price_of_included_seats():
    agreed = contract(replace(line(LineKind.SEAT, "30", "seats"), allowance=pool(5), price=flat_price("30")))
    made = bill_due(agreed, [], [seats("s", 12)], date(2026, 1, 1))
    assert (made.lines[0].quantity, made.total) == (D(7), D(210))
    assert isinstance(agreed.versions[0].lines[0].price, Price)


def test_a_block_line_that_an_amendment_brings_buys_its_first_block():
    block = line(LineKind.BLOCK, "250", "block", block=D(20_000), meters={"mono": D(1)})
    old = ContractVersion(1, date(2026, 1, 1), (line(LineKind.FLAT, "10"),))
    agreed = contract(versions=(old, ContractVersion(2, FEB, (block,))))
    reads = month_starts(0, 15_000, 23_000, 30_000, 38_000)
    assert bill_due(agreed, reads, [device()], MARCH).total == D(250)  # 8,000 of it used
    assert bill_due(agreed, reads, [device()], date(2026, 4, 1)).total == D(0)
    assert bill_due(agreed, reads, [device()], date(2026, 5, 1)).total == D(250)  # 23,000 in all


def test_carried_allowance_ages_while_a_version_has_no_allowance():
    def version(number, month, **more):
        return ContractVersion(number, date(2026, month, 1), (clicks(rate="0.01", **more),))

    carry = {"allowance": pool(1_000, carry_periods=1)}
    agreed = contract(versions=(version(1, 1, **carry), version(2, 2), version(3, 3, **carry)))
    reads = month_starts(0, 0, 500, 2_500)
    # January leaves 1,000, which would be good for February alone; March has its own 1,000 of 2,000.
    assert bill_due(agreed, reads, [device()], date(2026, 4, 1)).lines[0].quantity == D(1_000)


def test_a_minimum_with_base_in_advance_lifts_usage_months_only():
    """50 base in advance and 3 calls of 10 a month: each of three months comes to 100, and so do all four bills."""
    agreed = contract(
        line(LineKind.FLAT, "50"),
        line(LineKind.INCIDENT, "10"),
        rules=BillingRules(minimum=D(100)),
        end=date(2026, 3, 31),
    )
    calls = [
        ServiceCall(f"S{m}{n}", "D1", date(2026, m, n), incident=True) for m in (1, 2, 3) for n in (3, 9, 20)
    ]
    totals = [bill_due(agreed, [], [device()], date(2026, m, 1), calls=calls).total for m in (1, 2, 3, 4)]
    assert totals == [D(50), D(100), D(100), D(50)]


def test_a_quarterly_minimum_counts_the_base_of_its_three_months():
    rules = BillingRules(overage_months=3, minimum=D(400))
    agreed = contract(line(LineKind.FLAT, "100"), clicks(rate="0.01"), rules=rules)
    made = bill_due(agreed, month_starts(0, 1_000, 2_000, 3_000), [device()], date(2026, 4, 1))
    assert amounts(made) == {("flat", "base"): D(100), ("mono", "overage"): D(30), ("", "minimum"): D(70)}


def test_a_minimum_without_usage_lines_holds_for_each_bill():
    agreed = contract(line(LineKind.SEAT, "10"), rules=BillingRules(minimum=D(100)))
    assert bill_due(agreed, [], [seats("s", 3)], date(2026, 1, 1)).total == D(100)
