"""Static checks of a contract: each mistake is found, named and blocks or warns; a sound contract gives nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.contract import (
    Allowance,
    AllowanceScope,
    Contract,
    Escalator,
    EstimateRules,
    Line,
    LineKind,
    Price,
    TierMode,
    Tolerance,
)
from mps_module.engine.meters import MeterType, MeterUnit
from mps_module.engine.result import Finding, Severity
from mps_module.engine.validate import validate_contract

from .builders import START, click, contract, dec, flat, price, version

ONE = Decimal(1)
METERS = {
    "total": MeterType("total"),
    "colour": MeterType("colour"),
    "mono": MeterType("mono", formula={"total": ONE, "colour": -ONE}),
    "duplex": MeterType("duplex", unit=MeterUnit.SHEET),
}


def of(*lines: Line, **rules: object) -> Contract:
    return contract(version(1, START, *lines, **rules))


def codes(findings: list[Finding], severity: Severity) -> set[str]:
    return {finding.code for finding in findings if finding.severity is severity}


def blocks(one: Contract) -> set[str]:
    return codes(validate_contract(one, METERS), Severity.BLOCK)


def warns(one: Contract) -> set[str]:
    return codes(validate_contract(one, METERS), Severity.WARN)


def test_a_sound_contract_has_no_findings() -> None:
    lines = (
        flat(),
        click(
            price=price(("10000", "0.0085"), (None, "0.007")),
            allowance=Allowance(dec(20_000), carry_periods=2),
            minimum=dec(10),
            maximum=dec(1000),
            discount=dec(5),
        ),
        click("colour", "0.06", meters={"colour": ONE}),
        Line(
            "block",
            LineKind.BLOCK,
            price((None, "250")),
            meters={"mono": ONE},
            block=dec(20_000),
            groups=("b",),
        ),
        Line("parts", LineKind.MATERIAL, Price(())),
    )
    lines = (lines[0], *(replace(line, groups=("a",)) for line in lines[1:3]), *lines[3:])
    one = contract(
        version(1, START, *lines, escalator=Escalator(dec(5)), base_months=1, overage_months=3),
        version(2, date(2025, 1, 1), *lines, minimum=dec(50), maximum=dec(5000)),
        end=date(2028, 12, 31),
        timezone="America/New_York",
    )
    assert validate_contract(one, METERS) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (click(price=Price(())), "rate-missing"),
        (click(rate="-0.01"), "rate-negative"),
        (click(rate="0.00085001"), "rate-decimals"),
        (click(rate="NaN"), "rate-not-a-number"),
        (click(price=price(("100", ".02"), ("100", ".01"), (None, ".005"))), "tiers-out-of-order"),
        (click(price=price(("200", ".02"), ("100", ".01"), (None, ".005"))), "tiers-out-of-order"),
        (click(price=price(("0", ".02"), (None, ".01"))), "tiers-out-of-order"),
        (click(price=price((None, ".02"), ("100", ".01"))), "tier-open-early"),
        (click(meters={}), "meter-missing"),
        (click(meters={" ": ONE}), "meter-missing"),
        (click(meters={"scan": ONE}), "meter-unknown"),
        (click(meters={"mono": -ONE}), "weight-negative"),
        (click(meters={"total": ONE, "colour": dec(5)}), "total-with-parts"),
        (click(discount=dec(101)), "discount"),
        (click(discount=dec(-1)), "discount"),
        (click(minimum=dec(10), maximum=dec(9)), "minimum-over-maximum"),
        (click(minimum=dec(-10)), "limit-negative"),
        (click(allowance=Allowance(dec(-1))), "allowance-negative"),
        (click(allowance=Allowance(dec(1), carry_periods=-1)), "carry-negative"),
        (replace(flat(), allowance=Allowance(dec(100))), "allowance-unfit"),
        (Line("b", LineKind.BLOCK, price((None, "250")), meters={"mono": ONE}), "block-empty"),
        (click(line_id=" "), "line-id-missing"),
    ],
)
def test_a_line_that_cannot_be_billed_blocks(line: Line, code: str) -> None:
    assert code in blocks(of(line))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (click(rate="0"), "rate-zero"),
        (click(price=price(("100", ".02"))), "tier-closed"),
        (click(price=price(("100", ".0085"), (None, ".07"))), "tiers-rise"),
        (click(price=price(("100", ".01"), (None, ".01"), mode=TierMode.VOLUME)), "tiers-same-rate"),
        (click(meters={"mono": ONE, "colour": ONE}), "mono-colour-mixed"),
        (click(meters={"duplex": ONE}), "unit-differs"),
        (click(meters={"mono": dec(0)}), "weight-zero"),
        (replace(flat(), meters={"mono": ONE}), "meter-unused"),
        (replace(flat(), block=dec(5)), "block-unused"),
        (
            Line("b", LineKind.BLOCK, price(("1", "9"), (None, "8")), meters={"mono": ONE}, block=dec(10)),
            "block-tiers",
        ),
        (click(allowance=Allowance(dec(9), AllowanceScope.PER_UNIT, carry_periods=1)), "carry-unfit"),
        (
            click(allowance=Allowance(dec(9), AllowanceScope.PER_UNIT, per_device=True)),
            "allowance-per-device",
        ),
    ],
)
def test_an_odd_line_warns_and_can_be_billed(line: Line, code: str) -> None:
    assert code in warns(of(line))
    assert blocks(of(line)) == set()


def test_a_weight_of_its_own_says_that_mono_and_colour_are_meant_to_be_together() -> None:
    assert warns(of(click(meters={"mono": ONE, "colour": dec(8)}))) == set()


# black from the total counter -------------------------------------------------------------------------------------


def test_black_from_total_while_colour_is_billed_is_said() -> None:
    one = of(click("mono", meters={"total": ONE}), click("colour", "0.06", meters={"colour": ONE}))
    (finding,) = validate_contract(one, METERS)
    assert (finding.code, finding.severity, finding.line_id) == (
        "black-billed-from-total",
        Severity.WARN,
        "mono",
    )
    assert "Bill mono on it instead" in finding.todo


def test_total_and_mono_are_billed_twice_too() -> None:
    assert blocks(of(click("all", meters={"total": ONE}), click(meters={"bw": ONE}))) == {
        "total-with-parts",
        "meter-unknown",
    }


def test_total_of_other_devices_is_no_matter() -> None:
    one = of(
        click("mono", meters={"total": ONE}, groups=("printers",)),
        click("colour", "0.06", meters={"colour": ONE}, groups=("mfp",)),
    )
    assert validate_contract(one, METERS) == []


def test_a_surcharge_that_says_so_warns_only() -> None:
    one = of(click("all", meters={"total": ONE}), click("colour-surcharge", "0.05", meters={"colour": ONE}))
    assert (blocks(one), warns(one)) == (set(), {"black-billed-from-total"})


@pytest.mark.parametrize(
    ("total", "colour"),
    [
        ("total", "color_a4"),
        ("pageCounts_default_total", "pageCounts_default_totalColor"),
        ("Total", "Colour"),
    ],
)
def test_collectors_names_are_understood(total: str, colour: str) -> None:
    one = of(click("mono", meters={total: ONE}), click("colour", "0.06", meters={colour: ONE}))
    assert codes(validate_contract(one), Severity.WARN) == {"black-billed-from-total"}


@pytest.mark.parametrize("black", ["totalBlack", "total_mono", "bw_a4"])
def test_a_black_total_is_black(black: str) -> None:
    one = of(click("mono", meters={black: ONE}), click("colour", "0.06", meters={"totalColor": ONE}))
    assert validate_contract(one) == []


def test_two_lines_on_one_meter() -> None:
    assert "meter-twice" in warns(of(click("a"), click("b")))
    assert warns(of(click("a", groups=("x",)), click("b", groups=("y",)))) == set()


# versions, rules, escalator ---------------------------------------------------------------------------------------


def test_no_version_no_line_and_the_same_line_twice() -> None:
    assert blocks(Contract("C", "X", START, ())) == {"version-missing"}
    assert blocks(of(flat("a"), flat("a"))) == {"line-twice"}
    empty = replace(version(), lines=())
    assert blocks(contract(empty)) == {"lines-missing"}


def test_versions_out_of_order() -> None:
    later, earlier = version(1, date(2025, 1, 1)), version(2, date(2024, 6, 1))
    assert "versions-out-of-order" in blocks(contract(later, earlier))
    assert "version-numbers" in blocks(contract(version(2), version(2, date(2025, 1, 1))))
    (same,) = validate_contract(contract(version(1), version(2)), METERS)
    assert same.message.startswith("Version 2: ")


def test_dates_that_do_not_fit() -> None:
    assert blocks(contract(end=date(2023, 12, 31))) == {"contract-ends-early"}
    assert warns(contract(version(effective=date(2024, 3, 1)))) == {"version-late"}
    ended = contract(version(), version(2, date(2026, 1, 1)), end=date(2025, 12, 31))
    assert warns(ended) == {"version-never"}


def test_an_unknown_time_zone() -> None:
    for zone in ("America/Nowhere", "", "../etc"):
        assert blocks(contract(timezone=zone)) == {"timezone-unknown"}


@pytest.mark.parametrize("months", [0, 5, 7, 24, -1])
def test_only_known_cycles(months: int) -> None:
    assert "cycle-not-allowed" in blocks(contract(version(base_months=months)))
    assert "cycle-not-allowed" in blocks(contract(version(overage_months=months)))


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"anchor_day": 0}, "anchor-day"),
        ({"anchor_day": 32}, "anchor-day"),
        ({"anchor_month": 13}, "anchor-month"),
        ({"tolerance": Tolerance(-1, 6)}, "tolerance-negative"),
        ({"estimates": EstimateRules(max_in_row=-1)}, "estimates-negative"),
        ({"decimals": 7}, "currency-decimals"),
        ({"minimum": dec(10), "maximum": dec(5)}, "minimum-over-maximum"),
        ({"maximum": dec(-5)}, "limit-negative"),
    ],
)
def test_rules_that_cannot_be(rules: dict, code: str) -> None:
    assert blocks(contract(version(**rules))) == {code}


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"base_months": 2, "overage_months": 3}, "cycles-apart"),
        ({"base_months": 4, "overage_months": 6}, "cycles-apart"),
        ({"tolerance": Tolerance(20, 10)}, "tolerance-wide"),
    ],
)
def test_rules_that_are_odd(rules: dict, code: str) -> None:
    assert warns(contract(version(**rules))) == {code}


def test_base_that_turns_to_advance_is_told() -> None:
    one = contract(version(base_in_advance=False), version(2, date(2025, 1, 1)))
    assert warns(one) == {"base-turns-to-advance"}


@pytest.mark.parametrize(
    ("escalator", "code"),
    [
        (Escalator(dec(0)), "escalator-percent"),
        (Escalator(dec(-3)), "escalator-percent"),
        (Escalator(dec(50)), "escalator-percent"),
        (Escalator(dec("0.05")), "escalator-percent"),  # 5 % was meant
        (Escalator(dec(5), every_months=1), "escalator-months"),
        (Escalator(dec(5), first=START), "escalator-early"),
        (Escalator(dec(5), first=date(2030, 1, 1)), "escalator-never"),
    ],
)
def test_odd_escalators(escalator: Escalator, code: str) -> None:
    assert warns(contract(version(escalator=escalator), end=date(2028, 12, 31))) == {code}


def test_impossible_escalators() -> None:
    assert blocks(contract(version(escalator=Escalator(dec(-100))))) == {"escalator-percent"}
    assert blocks(contract(version(escalator=Escalator(dec(5), every_months=0)))) == {"escalator-months"}


def test_findings_say_where_and_what_is_at_stake_and_blocks_come_first() -> None:
    one = replace(of(click(price=price(("100", ".02"))), click("colour", "-1")), usual_bill=dec("4500.00"))
    findings = validate_contract(one)
    worst = findings[0]
    assert worst.severity is Severity.BLOCK
    assert (worst.code, worst.contract, worst.line_id, worst.at_stake) == (
        "rate-negative",
        "C-1",
        "colour",
        4500,
    )
    assert all(finding.todo for finding in findings)
