"""Which units a line covers, on which days, and with which of their meters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from mps_module.engine import packed
from mps_module.engine.contract import BillingRules, LineKind, UnitKind
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device, MeterType
from mps_module.engine.periods import Period
from mps_module.engine.usage import Covers, real_usages, weighted
from tests.engine.billing.build import bill_due, clicks, contract, device, line, month_starts, read, seats

D = Decimal
JANUARY = Period(date(2026, 1, 1), date(2026, 1, 31))
FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))
RULES = BillingRules()


def covers(*units, agreed=None, reads=(), devices=()):
    return Covers(agreed or contract(clicks()), Ledger.build(reads, devices=devices), units)


def days(found):
    return [(c.unit.unit, c.covered.start.day, c.covered.end.day, c.joins, c.leaves) for c in found]


def test_a_device_of_the_whole_contract_joins_in_its_first_period_only():
    known = covers(device())
    assert days(known.within(JANUARY)) == [("D1", 1, 31, True, False)]
    assert days(known.within(FEBRUARY)) == [("D1", 1, 28, False, False)]


def test_joining_and_leaving_in_mid_month():
    known = covers(device(start=date(2026, 1, 10), end=date(2026, 2, 20)))
    assert days(known.within(JANUARY)) == [("D1", 10, 31, True, False)]
    assert days(known.within(FEBRUARY)) == [("D1", 1, 20, False, True)]


def test_a_unit_outside_the_period_is_not_covered():
    assert covers(device(start=date(2026, 2, 1))).within(JANUARY) == ()
    assert covers(device(end=date(2026, 1, 31))).within(FEBRUARY) == ()


def test_the_contract_bounds_every_unit():
    agreed = contract(clicks(), start=date(2026, 1, 15), end=date(2026, 1, 20))
    known = covers(device(start=date(2025, 1, 1)), agreed=agreed)
    assert days(known.within(JANUARY)) == [("D1", 15, 20, True, True)]


def test_an_open_unit_leaves_with_the_contract():
    known = covers(device(), agreed=contract(clicks(), end=date(2026, 2, 14)))
    assert days(known.within(FEBRUARY)) == [("D1", 1, 14, False, True)]


def test_a_change_of_site_is_neither_joining_nor_leaving():
    known = covers(
        device(site="North", end=date(2026, 1, 14)),
        device(site="South", start=date(2026, 1, 15)),
    )
    assert days(known.within(JANUARY)) == [("D1", 1, 14, True, False), ("D1", 15, 31, False, False)]


def test_a_gap_between_two_covers_is_leaving_and_joining_again():
    known = covers(device(end=date(2026, 1, 10)), device(start=date(2026, 1, 20)))
    assert days(known.within(JANUARY)) == [("D1", 1, 10, True, True), ("D1", 20, 31, True, False)]


def test_each_kind_of_line_counts_its_kind_of_unit():
    units = (device(), seats("Office", 5), replace(device("PC"), kind=UnitKind.ASSET))
    known = covers(*units)

    def names(kind):
        return [c.unit.unit for c in known.of_line(line(kind, "1"), JANUARY)]

    assert names(LineKind.DEVICE) == names(LineKind.CLICK) == names(LineKind.BLOCK) == ["D1"]
    assert names(LineKind.SEAT) == ["Office", "PC"]
    assert names(LineKind.FLAT) == ["D1", "Office", "PC"]


def test_groups_narrow_a_line():
    known = covers(device(group="floor"), device("D2", group="desk"), device("D3"))
    assert [c.unit.unit for c in known.of_line(clicks(groups=("floor", "desk")), JANUARY)] == ["D1", "D2"]
    assert [c.unit.unit for c in known.of_line(clicks(), JANUARY)] == ["D1", "D2", "D3"]


class TestMeters:
    colour = clicks("colour", meters={"colour": D(1), "colour_a3": D(2)})

    def test_the_model_says_which_meters_a_device_has(self):
        model = Device("D1", meters={"colour": MeterType("colour"), "mono": MeterType("mono")})
        assert covers(device(), devices=[model]).meters_of("D1", self.colour) == [("colour", D(1))]

    def test_a_mono_model_has_none(self):
        model = Device("D1", meters={"mono": MeterType("mono")})
        assert covers(device(), devices=[model]).meters_of("D1", self.colour) == []

    def test_without_a_model_the_meters_that_were_ever_read(self):
        known = covers(device(), reads=month_starts(1, 2, meter="colour_a3"))
        assert known.meters_of("D1", self.colour) == [("colour_a3", D(2))]

    def test_never_read_at_all_every_meter_is_missed(self):
        assert covers(device()).meters_of("D1", self.colour) == [("colour", D(1)), ("colour_a3", D(2))]

    def test_read_on_other_meters_only_there_is_nothing_to_miss(self):
        assert covers(device(), reads=month_starts(1, 2)).meters_of("D1", self.colour) == []


def test_usage_is_taken_over_the_covered_days():
    reads = [read(0, 2026, 1, 1), read(400, 2026, 1, 10, 12), read(1_000, 2026, 2, 1)]
    known = covers(device(start=date(2026, 1, 10)), reads=reads)
    ((cover, usages),) = known.usages(clicks(), JANUARY, RULES)
    assert cover.covered.days == 22
    assert [u.usage for u in usages] == [D(600)]


def test_weights_turn_counters_into_clicks():
    reads = month_starts(0, 700, meter="a4") + month_starts(0, 150, meter="a3")
    known = covers(device(), reads=reads)
    ((_, usages),) = known.usages(clicks(meters={"a4": D(1), "a3": D("2.5")}), JANUARY, RULES)
    assert weighted(usages) == D("1075.0")


def test_the_real_counters_behind_a_virtual_meter():
    model = Device(
        "D1",
        meters={
            "total": MeterType("total"),
            "colour": MeterType("colour"),
            "mono": MeterType("mono", formula={"total": D(1), "colour": D(-1)}),
        },
    )
    reads = month_starts(0, 900, meter="total") + month_starts(0, 300, meter="colour")
    known = covers(device(), reads=reads, devices=[model])
    ((_, usages),) = known.usages(clicks(), JANUARY, RULES)
    assert [(u.meter, u.usage) for u in usages] == [("mono", D(600))]
    assert [(u.meter, u.usage) for u in real_usages(usages)] == [("total", D(900)), ("colour", D(300))]


def black_of_total() -> list[Device]:
    """A model whose black = total - colour, and whose total is itself a4 + a3."""
    formulas = {"total": {"a4": D(1), "a3": D(1)}, "black": {"total": D(1), "colour": D(-1)}}
    counters = {key: MeterType(key) for key in ("a4", "a3", "colour")}
    return [Device("D1", meters=counters | {key: MeterType(key, formula=f) for key, f in formulas.items()})]


def test_a_virtual_meter_over_a_virtual_meter_is_billed_from_its_counters():
    """100 + 50 - 30 clicks, proven by the three counters."""
    ends = {"a4": 100, "a3": 50, "colour": 30}
    reads = [r for key, end in ends.items() for r in month_starts(0, end, meter=key)]
    agreed = contract(clicks(meter="black"))
    made = bill_due(agreed, reads, [device()], date(2026, 2, 1), devices=black_of_total())
    assert made.total == D("1.02")  # 120 x 0.0085
    assert {meter for _device, meter, _boundary in made.boundaries} == set(ends)
    assert packed.loads(packed.dumps(made)) == made


def test_an_estimate_deep_in_a_formula_marks_the_row():
    reads = [r for key in ("a4", "colour") for r in month_starts(0, 100, 200, meter=key)]
    reads += month_starts(0, 40, meter="a3")  # not read at the end of February
    agreed, known = contract(clicks(meter="black")), black_of_total()
    bills = [bill_due(agreed, reads, [device()], date(2026, m, 1), devices=known) for m in (2, 3)]
    assert [[line.estimated for line in made.lines] for made in bills] == [[False], [True]]
