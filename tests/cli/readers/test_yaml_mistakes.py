"""Mistakes in contracts and settings: each names file, line, key and the nearest key or option."""

from __future__ import annotations

import pytest

from tests.cli.readers.folders import CONTRACT, SETTINGS, load

HEAD = "contract: C-1\ncustomer: CU-1\nstart: 2026-01-01\n"
LINE = "lines:\n  - {id: colour, kind: click, meter: colour, rate: 0.0085}\n"


@pytest.mark.parametrize(
    ("text", "row", "field", "said"),
    [
        (HEAD + "curency: EUR\n" + LINE, 4, "curency", "“currency”"),
        (HEAD + "titel: A\n" + LINE, 4, "titel", "“title”"),
        (HEAD + "line:\n  - {id: a, kind: flat, rate: 1}\n", 5, "line", "“lines”"),
        (HEAD + "billing: {base_month: 1}\n" + LINE, 4, "billing.base_month", "“base_months”"),
        (HEAD + "billing:\n  tolerance: {befor: 3}\n" + LINE, 5, "billing.tolerance.befor", "“before”"),
        (HEAD + "billing:\n  estimates: {allow: no}\n" + LINE, 5, "billing.estimates.allow", "“allowed”"),
        (HEAD + "billing: {split_by: sites}\n" + LINE, 4, "billing.split_by", "“site”"),
        (HEAD + "billing: {proration: day}\n" + LINE, 4, "billing.proration", "“days”"),
        (HEAD + "coverage: {labor: included}\n" + LINE, 4, "coverage.labor", "“labour”"),
        (HEAD + "escalator: {precent: 5}\n" + LINE, 4, "escalator.precent", "“percent”"),
        (HEAD + LINE.replace("kind: click", "kind: clicks"), 5, "lines.colour.kind", "“click”"),
        (HEAD + LINE.replace("meter:", "metre:"), 5, "lines.colour.metre", "“meter”"),
        (HEAD + LINE.replace("rate:", "rates:"), 5, "lines.colour.rates", "“rate”"),
    ],
)
def test_a_misspelt_word_of_a_contract(tmp_path, text, row, field, said):
    data = load(tmp_path, {"contracts/c1.yaml": text})
    found = [i for i in data.issues(file="contracts/c1.yaml") if i.field == field]
    assert [(i.place, i.verdict.value) for i in found] == [(f"contracts/c1.yaml:{row}", "quarantined")], list(
        data.issues()
    )
    assert said in found[0].todo
    assert "C-1" not in data.contract_ids(), "a bill from the rest of it would be wrong"


@pytest.mark.parametrize(
    ("text", "row", "field", "said"),
    [
        ("currancy: USD\n", 1, "currancy", "“currency”"),
        (SETTINGS + "number: '1,234.56'\n", 3, "number", "“numbers”"),
        (SETTINGS + "date_format: ['%d/%m/%Y']\n", 3, "date_format", "“date_formats”"),
        (SETTINGS + "buffer: 60\n", 3, "buffer", "“buffer_percent”"),
        (SETTINGS + "company:\n  name: A\n  adress: B\n", 5, "company.adress", "“address”"),
        (
            SETTINGS + "files:\n  reads/a.csv: {delimeter: ';'}\n",
            4,
            "files.reads/a.csv.delimeter",
            "“delimiter”",
        ),
        (
            SETTINGS + "files:\n  reads/a.csv:\n    encodings: utf-8\n",
            5,
            "files.reads/a.csv.encodings",
            "“encoding”",
        ),
    ],
)
def test_a_misspelt_word_of_the_settings(tmp_path, text, row, field, said):
    data = load(tmp_path, {"mps.yaml": text})
    (issue,) = [i for i in data.issues(file="mps.yaml") if i.field == field]
    assert (issue.place, issue.code) == (f"mps.yaml:{row}", "key-unknown")
    assert said in issue.todo


@pytest.mark.parametrize(
    ("broken", "row"),
    [
        (HEAD + "title: [open\n" + LINE, 5), (HEAD + "\ttitle: tab\n" + LINE, 4), (HEAD + "title: 'open\n" + LINE, 7),
        (HEAD + "title: a: b\n" + LINE, 4),
    ],
)  # fmt: skip
def test_broken_yaml_names_a_line_at_or_under_the_mistake(tmp_path, broken, row):
    data = load(tmp_path, {"contracts/c1.yaml": broken})
    (issue,) = list(data.issues(code="yaml-broken"))
    assert issue.file == "contracts/c1.yaml" and 4 <= issue.row <= row
    assert issue.row <= 5 or "begins in line 4" in issue.message
    assert data.tally().adds_up and data.contract_ids() == []


def test_one_wrong_contract_of_a_file_leaves_the_others(tmp_path):
    text = CONTRACT + "---\n" + CONTRACT.replace("C-1", "C-2").replace("rate: 0.0085", "rate: many")
    data = load(tmp_path, {"contracts/c1.yaml": text})
    (issue,) = [i for i in data.issues(file="contracts/c1.yaml") if i.verdict.value == "quarantined"]
    assert (issue.row, issue.field, issue.value) == (13, "lines.colour.rate", "many")
    assert data.contract_ids() == ["C-1"]
