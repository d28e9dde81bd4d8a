"""Contracts from YAML: every key, exact rates, and mistakes that name file, line and nearest known key."""

from datetime import date
from decimal import Decimal

import pytest

from mps_module.engine.contract import (
    Allowance,
    AllowanceScope,
    Escalator,
    EstimateRules,
    LineKind,
    Proration,
    SplitBy,
    TierMode,
    Tolerance,
    UnitKind,
)
from tests.cli.readers.folders import CONTRACT, SETTINGS, issues, load, only, rows_of

FILE = "contracts/c1.yaml"

FULL = """\
contract: C-1
title: Everything
customer: CU-1
start: 2024-01-01
end: 2028-12-31
currency: eur
timezone: Europe/Berlin
po: "0047"
usual_bill: 1200.50
versions:
  - effective: 2024-01-01
    billing: {base_months: 1, overage_months: 3, anchor_day: 15, base_in_advance: no, tolerance: {before: 7, after: 3},
              estimates: {allowed: yes, max_in_row: 4}, proration: months, split_by: site, minimum: "100.00", maximum: null,
              decimals: 2, anchor_month: 1}
    escalator: {percent: 5, every_months: 12, first: 2025-01-01}
    sla_class: Gold
    coverage: {labour: included, travel: excluded, parts: included, supplies: billable}
    lines:
      - {id: base, kind: flat, rate: "350.00", description: Base, item: MPS-BASE, cost_center: Main, escalates: false}
      - {id: mono, kind: click, meter: mono, rate: 0.0085, allowance: {quantity: 20000, scope: pooled, carry_periods: 2}}
      - id: colour
        kind: click
        meters: {colour: 1, a3: 2}
        tiers: [{up_to: 10000, rate: 0.06}, {rate: "0.05"}]
        mode: volume
        groups: [colour-mfp]
        discount: 5
        minimum: 10
        maximum: "99.90"
        unit: sheets
        proration: none
      - {id: seats, kind: seat, rate: 45}
      - {id: block, kind: block, meter: total, block: 20000, rate: 250}
      - {id: parts, kind: material, discount: 10}
  - effective: 2025-07-01
    billing: {overage_months: 1}
    escalator: null
    lines:
      - {id: mono, kind: click, meters: [mono], rate: 0.009, allowance: 15000}
"""
MODELS = "model,meter\nLP,mono\nLP,total\nLP,colour\nLP,a3\n"


def broken(tmp_path, text: str, code: str, **files):
    """The one issue of a contract that must not be read."""
    data = load(tmp_path, {FILE: text, "covers.csv": None, **files})
    issue = only(data, code)
    assert issue.file == FILE
    assert issue.verdict.value == "quarantined"
    assert rows_of(data, FILE)[3] == 1
    return issue


def test_every_key_arrives(tmp_path):
    data = load(tmp_path, {FILE: FULL, "models.csv": MODELS, "covers.csv": None})
    assert data.contract_ids() == ["C-1"], [i.message for i in data.issues()]
    contract = data.contract("C-1")
    assert (contract.title, contract.currency, contract.timezone, contract.po) == (
        "Everything", "EUR", "Europe/Berlin", "0047",
    )  # fmt: skip
    assert (contract.start, contract.end) == (date(2024, 1, 1), date(2028, 12, 31))
    assert contract.usual_bill == Decimal("1200.50")
    first = contract.versions[0]
    rules = first.rules
    assert (rules.base_months, rules.overage_months, rules.anchor_day, rules.anchor_month) == (1, 3, 15, 1)
    assert rules.base_in_advance is False
    assert rules.tolerance == Tolerance(7, 3)
    assert rules.estimates == EstimateRules(True, 4)
    assert (rules.proration, rules.split_by) == (Proration.MONTHS, SplitBy.SITE)
    assert (rules.minimum, rules.maximum) == (Decimal(100), None)
    assert first.escalator == Escalator(Decimal(5), 12, date(2025, 1, 1))
    assert first.sla_class == "Gold"
    assert first.coverage == {
        "labour": "included",
        "travel": "excluded",
        "parts": "included",
        "supplies": "billable",
    }
    base, mono, colour, seats, block, parts = first.lines
    assert (base.item, base.cost_center, base.escalates) == ("MPS-BASE", "Main", False)
    assert mono.allowance == Allowance(Decimal(20000), AllowanceScope.POOLED, False, 2)
    assert colour.meters == {"colour": 1, "a3": 2}
    assert [(tier.up_to, tier.rate) for tier in colour.price.tiers] == [
        (Decimal(10000), Decimal("0.06")), (None, Decimal("0.05")),
    ]  # fmt: skip
    assert colour.price.mode is TierMode.VOLUME
    assert (colour.groups, colour.discount, colour.minimum, colour.maximum) == (
        ("colour-mfp",), Decimal(5), Decimal(10), Decimal("99.90"),
    )  # fmt: skip
    assert (colour.unit, colour.proration) == ("sheet", Proration.NONE)
    assert (seats.kind, block.block, parts.price.tiers) == (LineKind.SEAT, Decimal(20000), ())


def test_a_rate_without_quotes_is_exact(tmp_path):
    data = load(tmp_path, {FILE: FULL, "models.csv": MODELS, "covers.csv": None})
    rate = data.contract("C-1").versions[0].lines[1].price.tiers[0].rate
    assert rate == Decimal("0.0085")
    assert str(rate) == "0.0085"


def test_a_later_version_keeps_what_it_does_not_change(tmp_path):
    data = load(tmp_path, {FILE: FULL, "models.csv": MODELS, "covers.csv": None})
    later = data.contract("C-1").versions[1]
    assert (later.version, later.effective) == (2, date(2025, 7, 1))
    assert (later.rules.overage_months, later.rules.anchor_day) == (1, 15)
    assert later.sla_class == "Gold"
    assert later.escalator is None, "null takes it away"
    assert later.lines[0].allowance == Allowance(Decimal(15000))


@pytest.mark.parametrize(
    ("old", "new", "line", "near"),
    [
        ("customer: CU-1", "customer: CU-1\ncurency: USD", 3, "currency"),
        ("lines:", "biling: {base_months: 1}\nlines:", 4, "billing"),
        ("rate: 0.0085}", "rate: 0.0085, alowance: 5}", 6, "allowance"),
        ("lines:", "billing: {tolerence: {before: 3}}\nlines:", 4, "tolerance"),
        ("rate: 0.0085}", "rate: 0.0085, allowance: {quantity: 5, scop: pooled}}", 6, "scope"),
    ],
)
def test_an_unknown_key_names_file_line_and_nearest_key(tmp_path, old, new, line, near):
    issue = broken(tmp_path, CONTRACT.replace(old, new), "key-unknown")
    assert issue.row == line
    assert near in issue.todo


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("kind: click", "kind: clik", "not-an-option", 6),
        ("start: 2026-01-01", "start: 03/04/2026", "date-ambiguous", 3),
        ("start: 2026-01-01", "start: soon", "not-a-date", 3),
        ("start: 2026-01-01\n", "", "key-missing", 1),
        ("rate: 0.0085", "rate: about 1 cent", "not-a-number", 6),
        ("rate: 0.0085", "rate: '1,250'", "number-ambiguous", 6),
        ("meter: colour, rate: 0.0085", "meter: colour", "key-missing", 6),
        ("rate: 0.0085", "rate: 0.0085, tiers: [{rate: 1}]", "rate-and-tiers", 6),
        ("rate: 0.0085", "rate: [0.0085]", "yaml-shape", 6),
        ("id: colour", "id: base", "line-twice", 6),
        ("customer: CU-1", "customer: CU-1\ncustomer: CU-2", "key-twice", 3),
        ("customer: CU-1", "customer: CU-1\ncurrency: dollars", "currency", 3),
        ("customer: CU-1", "customer: CU-1\ntimezone: Mars/Olympus", "time-zone", 3),
        ("kind: flat", "kind: flat, escalates: maybe", "not-yes-no", 5),
    ],
)
def test_values_that_cannot_be_read(tmp_path, old, new, code, line):
    assert broken(tmp_path, CONTRACT.replace(old, new), code).row == line


class TestTiers:
    def tiers(self, text: str) -> str:
        return CONTRACT.replace("rate: 0.0085", f"tiers: {text}")

    def test_a_gap_between_tiers(self, tmp_path):
        issue = broken(
            tmp_path, self.tiers("[{from: 1, up_to: 100, rate: 2}, {from: 200, rate: 1}]"), "tier-gap"
        )
        assert issue.row == 6
        assert "101" in issue.todo

    def test_overlapping_tiers(self, tmp_path):
        text = self.tiers("[{from: 0, up_to: 100, rate: 2}, {from: 50, rate: 1}]")
        assert "ends at 100" in broken(tmp_path, text, "tier-overlap").message

    def test_joined_tiers_are_fine(self, tmp_path):
        data = load(tmp_path, {FILE: self.tiers("[{from: 0, up_to: 100, rate: 2}, {from: 101, rate: 1}]")})
        assert [tier.up_to for tier in data.contract("C-1").versions[0].lines[1].price.tiers] == [100, None]

    def test_tiers_out_of_order_are_the_engines_finding(self, tmp_path):
        data = load(tmp_path, {FILE: self.tiers("[{up_to: 200, rate: 2}, {up_to: 100, rate: 1}]")})
        issue = only(data, "tiers-out-of-order")
        assert (issue.field, issue.verdict.value) == ("lines.colour", "quarantined")
        assert data.blocked_ids() == ["C-1"]
        assert data.findings("C-1")[0].code == "tiers-out-of-order"
        assert rows_of(data, FILE) == (1, 0, 0, 1, 0)


def test_a_decimal_comma_is_read_and_flagged(tmp_path):
    data = load(tmp_path, {FILE: CONTRACT.replace("0.0085", '"0,0085"')})
    issue = only(data, "decimal-comma")
    assert (issue.row, issue.field, issue.verdict.value) == (6, "lines.colour.rate", "flagged")
    assert data.contract("C-1").versions[0].lines[1].price.tiers[0].rate == Decimal("0.0085")
    assert rows_of(data, FILE) == (1, 0, 1, 0, 0)


def test_a_declared_decimal_comma_is_not_even_flagged(tmp_path):
    data = load(
        tmp_path,
        {"mps.yaml": SETTINGS + 'numbers: "1.234,56"\n', FILE: CONTRACT.replace("0.0085", '"0,0085"')},
    )
    assert not issues(data, "decimal-comma")
    assert data.contract_ids() == ["C-1"]


def test_several_contracts_as_a_list_as_documents_and_under_a_key(tmp_path):
    one = CONTRACT.replace("C-1\n", "C-2\n")
    as_list = "".join("- " + text.replace("\n", "\n  ").rstrip() + "\n" for text in (CONTRACT, one))
    assert load(tmp_path / "a", {FILE: as_list}).contract_ids() == ["C-1", "C-2"]
    assert load(tmp_path / "b", {FILE: CONTRACT + "---\n" + one}).contract_ids() == ["C-1", "C-2"]
    under = "contracts:\n" + "".join("  " + line + "\n" for line in as_list.splitlines())
    assert load(tmp_path / "c", {FILE: under}).contract_ids() == ["C-1", "C-2"]


def test_a_contract_in_two_files_counts_once_and_is_said(tmp_path):
    data = load(tmp_path, {"contracts/d.yaml": CONTRACT.replace("350", "3500")})
    issue = only(data, "contract-twice")
    assert (issue.file, issue.value) == ("contracts/d.yaml", "C-1")
    assert "contracts/c1.yaml:1" in issue.message
    assert data.contract("C-1").versions[0].lines[0].price.tiers[0].rate == 350


@pytest.mark.parametrize(
    "text",
    [
        "contract: [",
        "contract: *nobody",
        "a: &a [*a]",
        "- " * 100 + "x",
        "\t- x",
        "contract: C-1\n bad: - x\n",
        "%YAML 9\n---",
        "@",
    ],
)
def test_what_is_no_yaml_is_an_issue(tmp_path, text):
    data = load(tmp_path, {FILE: text, "covers.csv": None})
    assert data.tally().adds_up
    assert any(issue.verdict.value == "quarantined" and issue.file == FILE for issue in data.issues())
    assert data.contract_ids() == []


def test_a_mistake_in_the_middle_counts_the_contracts_behind_it(tmp_path):
    text = (
        CONTRACT
        + "---\n"
        + CONTRACT.replace("C-1\n", "C-2\n").replace("start:", "start: [")
        + "---\n"
        + CONTRACT
    )
    data = load(tmp_path, {FILE: text})
    assert data.contract_ids() == ["C-1"]
    assert rows_of(data, FILE) == (3, 1, 0, 2, 0)
    assert only(data, "yaml-broken").row > 6


def test_a_yaml_bomb_stays_small(tmp_path):
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{key}: &{key} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, key in zip("abcdefgh", "bcdefghi", strict=True)
    )
    data = load(tmp_path, {FILE: bomb, "covers.csv": None})
    assert {issue.field for issue in issues(data, "key-missing")} >= {
        "contract",
        "customer",
        "start",
        "lines",
    }
    assert rows_of(data, FILE) == (1, 0, 0, 1, 0)


def test_anchors_and_merges_save_typing(tmp_path):
    text = (
        "contract: C-1\ncustomer: CU-1\nstart: 2026-01-01\nlines:\n"
        "  - &mono {id: mono, kind: click, meter: mono, rate: 0.01}\n  - {<<: *mono, id: colour, meter: colour, rate: 0.07}\n"
    )
    lines = load(tmp_path, {FILE: text}).contract("C-1").versions[0].lines
    assert [(line.line_id, line.kind.value, line.price.tiers[0].rate) for line in lines] == [
        ("mono", "click", Decimal("0.01")), ("colour", "click", Decimal("0.07")),
    ]  # fmt: skip


class TestCovers:
    COVERS = (
        "covers:\n  - {unit: D-2, start: 2026-02-01, group: a, allowances: {colour: 500}}\n"
        "  - {device: D-3}\n  - {unit: desk, kind: seats, quantity: 12}\n"
    )

    def test_covers_may_stand_in_the_contract(self, tmp_path):
        data = load(tmp_path, {FILE: CONTRACT + self.COVERS, "covers.csv": None})
        units = {unit.unit: unit for unit in data.load("C-1").units}
        assert (units["D-2"].start, units["D-2"].group) == (date(2026, 2, 1), "a")
        assert units["D-2"].allowances == {"colour": 500}
        assert (units["desk"].kind, units["desk"].quantity) == (UnitKind.SEAT, 12)
        assert units["D-3"].site == "Back", "what the cover leaves out is the device's"
        assert rows_of(data, FILE) == (4, 4, 0, 0, 0)

    def test_a_bad_cover_costs_only_itself(self, tmp_path):
        text = CONTRACT + self.COVERS.replace("D-3", "D-99").replace("quantity: 12", "qantity: 12")
        data = load(tmp_path, {FILE: text, "covers.csv": None})
        assert [unit.unit for unit in data.load("C-1").units] == ["D-2"]
        assert only(data, "device-unknown").row == 9
        assert "quantity" in only(data, "key-unknown").todo
        assert rows_of(data, FILE) == (4, 2, 0, 2, 0)

    def test_covers_of_a_contract_that_cannot_be_read_are_not_lost(self, tmp_path):
        data = load(
            tmp_path, {FILE: (CONTRACT + self.COVERS).replace("kind: flat", "kind: flt"), "covers.csv": None}
        )
        assert rows_of(data, FILE) == (4, 0, 0, 4, 0)
        assert {issue.unit for issue in issues(data, "contract-aside")} == {"D-2", "D-3", "desk"}

    def test_dates_the_wrong_way_round(self, tmp_path):
        text = CONTRACT + "covers:\n  - {unit: D-2, start: 2026-02-01, end: 2026-01-01}\n"
        data = load(tmp_path, {FILE: text, "covers.csv": None})
        assert only(data, "dates-crossed").row == 8
