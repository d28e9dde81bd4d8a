"""The terms of a contract as its YAML says them: versions that build on each other, lines, prices, covers, mistakes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mps_module.engine.contract import (
    Allowance,
    AllowanceScope,
    Contract,
    Escalator,
    EstimateRules,
    Line,
    Price,
    Tier,
    TierMode,
    Tolerance,
    UnitKind,
)
from mps_module.engine.reads import Verdict
from mps_module.readers.contracts import ContractRow, read_contracts
from mps_module.readers.issue import Issue
from mps_module.readers.numbers import COMMA
from mps_module.readers.settings import Settings
from mps_module.readers.sheet import FileLog

HEAD = "contract: C-1\ncustomer: K-1\nstart: 2026-01-01\n"
FLAT = "lines: [{id: base, kind: flat, rate: 10}]\n"


def rows_of(
    tmp_path: Path, text: str, settings: Settings | None = None, defaults: dict[str, str] | None = None
) -> tuple[list[ContractRow], list[Issue], FileLog]:
    """The contracts of a file with this text, what was reported of the file, and its counts."""
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    said: list[Issue] = []
    log = FileLog("c.yaml", "contracts", said.append)
    return list(read_contracts(path, "c.yaml", settings or Settings(), log, defaults)), said, log


def contract_of(tmp_path: Path, text: str, settings: Settings | None = None) -> Contract:
    """The one contract of the text, read without any complaint."""
    (row,), said, _ = rows_of(tmp_path, text, settings)
    assert [issue.message for issue in (*row.issues, *said)] == []
    assert row.contract is not None
    return row.contract


def line_of(tmp_path: Path, line: str) -> Line:
    return contract_of(tmp_path, f"{HEAD}lines: [{line}]\n").versions[0].lines[0]


def problems_of(tmp_path: Path, text: str) -> list[tuple[str, str, int]]:
    """(code, field, line) of everything that is wrong with the one contract of the text, which must be set aside."""
    (row,), _, _ = rows_of(tmp_path, text)
    assert row.contract is None
    return [(issue.code, issue.field, issue.row) for issue in row.issues]


def test_the_least_that_a_contract_must_say(tmp_path: Path) -> None:
    found = contract_of(tmp_path, HEAD + FLAT, Settings(currency="EUR", timezone="Europe/Berlin"))
    assert (found.contract, found.customer, found.start) == ("C-1", "K-1", date(2026, 1, 1))
    assert (found.end, found.title, found.po, found.usual_bill) == (None, "", "", None)
    assert (found.currency, found.timezone) == (
        "EUR",
        "Europe/Berlin",
    )  # what it does not say is the folder's
    (version,) = found.versions
    assert (version.version, version.effective) == (1, date(2026, 1, 1))
    assert version.rules.tolerance == Tolerance()
    assert version.escalator is None and dict(version.coverage) == {}


def test_its_own_currency_and_zone_win(tmp_path: Path) -> None:
    text = HEAD + "currency: chf\ntimezone: Europe/Zurich\n" + FLAT
    found = contract_of(tmp_path, text, Settings(currency="EUR", timezone="Europe/Berlin"))
    assert (found.currency, found.timezone) == ("CHF", "Europe/Zurich")


@pytest.mark.parametrize("key", ["contract", "customer", "start"])
def test_what_it_must_say_is_asked_for(tmp_path: Path, key: str) -> None:
    text = "".join(x for x in HEAD.splitlines(True) if not x.startswith(f"{key}:")) + FLAT
    assert problems_of(tmp_path, text) == [("key-missing", key, 1)]


def test_a_contract_without_lines_is_no_contract(tmp_path: Path) -> None:
    assert problems_of(tmp_path, HEAD) == [("key-missing", "lines", 1)]


@pytest.mark.parametrize(
    ("line", "price"),
    [
        ("{id: a, kind: flat, rate: 0.0085}", Price((Tier(None, Decimal("0.0085")),))),
        ('{id: a, kind: flat, rate: "50.00"}', Price((Tier(None, Decimal("50.00")),))),
        (
            "{id: a, kind: click, meter: mono, tiers: [{up_to: 1000, rate: 0.02}, {rate: 0.01}]}",
            Price((Tier(Decimal(1000), Decimal("0.02")), Tier(None, Decimal("0.01")))),
        ),
        (
            "{id: a, kind: click, meter: mono, mode: volume, tiers: [{up_to: 5, rate: 2}, {from: 6, rate: 1}]}",
            Price((Tier(Decimal(5), Decimal(2)), Tier(None, Decimal(1))), TierMode.VOLUME),
        ),
        ("{id: a, kind: material}", Price(())),  # parts bring their own price
    ],
)
def test_prices(tmp_path: Path, line: str, price: Price) -> None:
    assert line_of(tmp_path, line).price == price


@pytest.mark.parametrize(
    ("said", "weights"),
    [
        ("meter: mono", {"mono": "1"}),
        ("meters: [mono, a3]", {"mono": "1", "a3": "1"}),
        ("meters: mono", {"mono": "1"}),
        ("meters: {a4: 1, a3: 2, banner: 2.5}", {"a4": "1", "a3": "2", "banner": "2.5"}),
        ("meter: mono, meters: {a3: 2}", {"mono": "1", "a3": "2"}),
    ],
)
def test_meters_and_their_weights(tmp_path: Path, said: str, weights: dict[str, str]) -> None:
    line = line_of(tmp_path, f"{{id: a, kind: click, rate: 0.01, {said}}}")
    assert line.meters == {meter: Decimal(weight) for meter, weight in weights.items()}


@pytest.mark.parametrize(
    ("said", "allowance"),
    [
        ("20000", Allowance(Decimal(20000))),
        ("{quantity: 500}", Allowance(Decimal(500))),
        ("{quantity: 500, per_device: yes}", Allowance(Decimal(500), per_device=True)),
        ("{quantity: 500, scope: Per Unit}", Allowance(Decimal(500), AllowanceScope.PER_UNIT)),
        ("{quantity: 500, carry_periods: 3}", Allowance(Decimal(500), carry_periods=3)),
        ("~", None),
    ],
)
def test_allowances(tmp_path: Path, said: str, allowance: Allowance | None) -> None:
    line = line_of(tmp_path, f"{{id: a, kind: click, meter: mono, rate: 0.01, allowance: {said}}}")
    assert line.allowance == allowance


@pytest.mark.parametrize("word", ["sheet", "sheets", "Sheets"])
def test_one_or_many_sheets(tmp_path: Path, word: str) -> None:
    assert (
        line_of(tmp_path, f"{{id: a, kind: click, meter: duplex, rate: 0.01, unit: {word}}}").unit == "sheet"
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{id: a, kind: flat}", ("key-missing", "lines.a.rate")),
        ("{id: a, kind: flat, rate: dear}", ("not-a-number", "lines.a.rate")),
        ("{id: a, kind: flat, rate: [1]}", ("yaml-shape", "lines.a.rate")),
        ("{id: a, kind: flatt, rate: 1}", ("not-an-option", "lines.a.kind")),
        ("{kind: flat, rate: 1}", ("key-missing", "lines.1.id")),
        ("{id: a, kind: flat, rate: 1, ratte: 2}", ("key-unknown", "lines.a.ratte")),
        ("{id: a, kind: flat, rate: 1, escalates: perhaps}", ("not-yes-no", "lines.a.escalates")),
        ("{id: a, kind: flat, rate: 1, rate: 2}", ("key-twice", "lines.1.rate")),
        ("{id: a, kind: click, meter: m, rate: 1, tiers: [{rate: 2}]}", ("rate-and-tiers", "lines.a")),
        ("{id: a, kind: click, meter: m, tiers: [{up_to: 9}]}", ("key-missing", "lines.a.tiers.1.rate")),
        ("{id: a, kind: click, meter: m, tiers: [{from: 2, rate: 1}]}", ("tier-gap", "lines.a.tiers.1")),
        ("{id: a, kind: click, meter: m, tiers: [{up_to: 9, rate: 2}, {from: 11, rate: 1}]}", ("tier-gap", "lines.a.tiers.2")),
        ("{id: a, kind: click, meter: m, tiers: [{up_to: 9, rate: 2}, {from: 8, rate: 1}]}", ("tier-overlap", "lines.a.tiers.2")),
        ("{id: a, kind: click, meter: m, rate: 1, allowance: {}}", ("key-missing", "lines.a.allowance.quantity")),
        ("{id: a, kind: click, meter: m, rate: 1, unit: miles}", ("not-an-option", "lines.a.unit")),
        ("{id: a, kind: flat, rate: 1}, {id: a, kind: flat, rate: 2}", ("line-twice", "id")),
        ("flat", ("yaml-shape", "lines.1")),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_says_where(tmp_path: Path, line: str, problem: tuple[str, str]) -> None:
    assert (*problem, 4) in problems_of(tmp_path, f"{HEAD}lines: [{line}]\n")


class TestVersions:
    TEXT = HEAD + (
        "billing: {base_months: 3, tolerance: {before: 7}, minimum: 100}\n"
        "escalator: 5\n"
        "coverage: {labour: included, parts: excluded}\n"
        "sla_class: Gold\n"
        "versions:\n"
        "  - effective: 2026-01-01\n"
        "    lines: [{id: base, kind: flat, rate: 10}]\n"
        "  - effective: 2026-07-01\n"
        "    billing: {overage_months: 3, tolerance: {after: 2}, estimates: {max_in_row: 1}}\n"
        "    coverage: {parts: included}\n"
        "  - effective: 2027-01-01\n"
        "    version: 9\n"
        "    billing: {minimum: ~}\n"
        "    escalator: ~\n"
        "    lines: [{id: base, kind: flat, rate: 12}]\n"
    )

    def test_they_are_numbered_in_their_order_unless_they_say_otherwise(self, tmp_path: Path) -> None:
        found = contract_of(tmp_path, self.TEXT).versions
        assert [(v.version, v.effective) for v in found] == [
            (1, date(2026, 1, 1)),
            (2, date(2026, 7, 1)),
            (9, date(2027, 1, 1)),
        ]

    def test_lines_hold_on_until_new_ones_come(self, tmp_path: Path) -> None:
        found = contract_of(tmp_path, self.TEXT).versions
        assert [v.lines[0].price.tiers[0].rate for v in found] == [Decimal(10), Decimal(10), Decimal(12)]

    def test_so_does_every_single_rule(self, tmp_path: Path) -> None:
        first, second, third = (v.rules for v in contract_of(tmp_path, self.TEXT).versions)
        assert (first.base_months, second.base_months, third.base_months) == (3, 3, 3)
        assert (first.overage_months, second.overage_months, third.overage_months) == (1, 3, 3)
        assert first.tolerance == Tolerance(7, Tolerance().after)
        assert second.tolerance == third.tolerance == Tolerance(7, 2)
        assert third.estimates == EstimateRules(EstimateRules().allowed, 1)

    def test_a_null_ends_what_held_before(self, tmp_path: Path) -> None:
        found = contract_of(tmp_path, self.TEXT).versions
        assert [v.rules.minimum for v in found] == [Decimal(100), Decimal(100), None]
        assert [v.escalator for v in found] == [Escalator(Decimal(5)), Escalator(Decimal(5)), None]

    def test_coverage_is_changed_key_by_key(self, tmp_path: Path) -> None:
        found = contract_of(tmp_path, self.TEXT).versions
        assert dict(found[0].coverage) == {"labour": "included", "parts": "excluded"}
        assert dict(found[2].coverage) == {"labour": "included", "parts": "included"}
        assert {v.sla_class for v in found} == {"Gold"}

    def test_each_must_say_from_when(self, tmp_path: Path) -> None:
        text = HEAD + "versions:\n  - lines: [{id: base, kind: flat, rate: 10}]\n"
        assert problems_of(tmp_path, text) == [("key-missing", "versions.1.effective", 5)]

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ("billing: {base_month: 1}", "billing.base_month"),
            ("billing: {tolerance: {befor: 1}}", "billing.tolerance.befor"),
            ("billing: {estimates: {alowed: yes}}", "billing.estimates.alowed"),
            ("coverage: {labor: included}", "coverage.labor"),
            ("escalator: {percent: 5, every: 12}", "escalator.every"),
            ("titel: Print", "titel"),
        ],
    )
    def test_a_misspelt_key_anywhere_sets_the_contract_aside(
        self, tmp_path: Path, said: str, field: str
    ) -> None:
        assert problems_of(tmp_path, f"{HEAD}{FLAT}{said}\n") == [("key-unknown", field, 5)]


class TestCovers:
    def test_all_that_one_can_say(self, tmp_path: Path) -> None:
        cover = (
            "{unit: office, kind: users, start: 2026-02-01, end: 2026-12-31, quantity: 2.5, group: g, site: s,"
            ' department: d, cost_center: c, po: "007", allowances: {mono: 300}}'
        )
        (row,), _, log = rows_of(tmp_path, f"{HEAD}{FLAT}covers: [{cover}]\n")
        ((record, line, found),) = row.covers
        assert (record, line, log.rows) == (2, 5, 2)  # the contract is record 1, its cover record 2
        assert (found.contract, found.unit, found.kind) == ("C-1", "office", UnitKind.SEAT)
        assert (found.start, found.end, found.quantity) == (
            date(2026, 2, 1),
            date(2026, 12, 31),
            Decimal("2.5"),
        )
        assert (found.group, found.site, found.department, found.cost_center, found.po) == (
            "g", "s", "d", "c", "007",
        )  # fmt: skip
        assert found.allowances == {"mono": Decimal(300)}

    def test_a_unit_may_be_called_a_device(self, tmp_path: Path) -> None:
        (row,), said, _ = rows_of(tmp_path, f"{HEAD}{FLAT}covers: [{{device: D-1}}, {{unit: D-2}}]\n")
        assert [cover.unit for _, _, cover in row.covers] == ["D-1", "D-2"]
        assert said == []

    def test_one_that_cannot_be_read_costs_neither_the_others_nor_the_contract(self, tmp_path: Path) -> None:
        covers = (
            "covers:\n  - {unit: D-1, start: 2026-05-01, end: 2026-04-30}\n  - {unit: D-2}\n  - {unti: D-3}\n"
        )
        (row,), said, _ = rows_of(tmp_path, HEAD + FLAT + covers)
        assert row.contract is not None
        assert [cover.unit for _, _, cover in row.covers] == ["D-2"]
        assert [(i.code, i.row, i.record) for i in said] == [
            ("dates-crossed", 6, 2),
            ("key-missing", 8, 4),
            ("key-unknown", 8, 4),
        ]


class TestPlans:
    """What `mps simulate` reads: a contract that need not name a customer."""

    DEFAULTS = {"contract": "plan", "customer": "-"}

    @pytest.mark.parametrize("said", ["", "customer: ~\ncontract:\n"])
    def test_what_is_not_said_is_filled_in(self, tmp_path: Path, said: str) -> None:
        (row,), _, _ = rows_of(tmp_path, f"{said}start: 2026-01-01\n{FLAT}", None, self.DEFAULTS)
        assert row.contract is not None
        assert (row.contract.contract, row.contract.customer) == ("plan", "-")

    def test_what_is_said_stays(self, tmp_path: Path) -> None:
        (row,), _, _ = rows_of(tmp_path, HEAD + FLAT, None, self.DEFAULTS)
        assert row.contract is not None
        assert (row.contract.contract, row.contract.customer) == ("C-1", "K-1")


class TestDecimalMarks:
    def test_a_comma_is_read_and_flagged_where_nothing_is_declared(self, tmp_path: Path) -> None:
        (row,), _, _ = rows_of(tmp_path, HEAD + 'lines: [{id: a, kind: flat, rate: "12,5"}]\n')
        assert row.contract is not None
        assert row.contract.versions[0].lines[0].price.tiers[0].rate == Decimal("12.5")
        assert [(i.code, i.verdict) for i in row.issues] == [("decimal-comma", Verdict.FLAGGED)]

    def test_and_is_plain_where_it_is_declared(self, tmp_path: Path) -> None:
        text = HEAD + 'lines: [{id: a, kind: flat, rate: "1.234,50"}]\n'
        found = contract_of(tmp_path, text, Settings(numbers=COMMA))
        assert found.versions[0].lines[0].price.tiers[0].rate == Decimal("1234.50")


def test_the_name_of_a_contract_that_cannot_be_read_is_kept(tmp_path: Path) -> None:
    rows, _, log = rows_of(tmp_path, f"{HEAD}---\n{HEAD.replace('C-1', 'C-2')}{FLAT}")
    assert [(row.name, row.record, row.contract is None) for row in rows] == [
        ("C-1", 1, True),
        ("C-2", 2, False),
    ]
    assert log.rows == 2


@pytest.mark.parametrize("content", ["", "---\n", "# nothing yet\n", "[]\n"])
def test_a_file_without_a_contract_says_so(tmp_path: Path, content: str) -> None:
    rows, said, log = rows_of(tmp_path, content)
    assert (rows, log.rows) == ([], 0)
    assert [(i.code, i.verdict) for i in said] == [("file-no-rows", Verdict.ACCEPTED)]
