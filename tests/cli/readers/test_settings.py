"""mps.yaml: defaults, every key, and mistakes."""

from decimal import Decimal

import pytest

from mps_module.readers.numbers import COMMA, DOT
from mps_module.readers.settings import Company, read_settings
from tests.cli.readers.folders import load, only, write

FULL = """\
company: {name: Acme Office, address: "Main St 1", email: a@b.c, phone: "+1 555", tax_id: T-1, logo: logo.png, terms: 30 days}
currency: eur
timezone: Europe/Berlin
buffer_percent: 45.5
date_formats: ["%d.%m.%Y"]
numbers: "1.234,56"
columns:
  Zahl: total
  reads/kpax*.csv: {Compteur X: mono}
files:
  reads/us-*.csv:
    numbers: "1,234.56"
    date_formats: ["%m/%d/%Y"]
    timezone: America/Chicago
    encoding: cp1252
    delimiter: tab
    device: D-7
    columns: {Cnt: total}
"""


def settings_of(tmp_path, text):
    return read_settings(write(tmp_path, {"mps.yaml": text}))


def test_every_setting_arrives(tmp_path):
    settings, issues = settings_of(tmp_path, FULL)
    assert not issues
    assert settings.company == Company(
        name="Acme Office", address="Main St 1", email="a@b.c", phone="+1 555", tax_id="T-1", logo="logo.png", terms="30 days"
    )  # fmt: skip
    assert (settings.currency, settings.timezone, settings.buffer_percent) == (
        "EUR",
        "Europe/Berlin",
        Decimal("45.5"),
    )
    assert (settings.date_formats, settings.numbers) == (("%d.%m.%Y",), COMMA)


def test_rules_of_a_file_win_over_those_of_the_folder(tmp_path):
    settings, _ = settings_of(tmp_path, FULL)
    plain = settings.rule_for("reads/other.csv")
    assert (plain.numbers, plain.date_formats, plain.timezone) == (COMMA, ("%d.%m.%Y",), "Europe/Berlin")
    assert plain.columns == {"Zahl": "total"}
    own = settings.rule_for("reads/US-1.csv")
    assert (own.numbers, own.date_formats, own.timezone) == (DOT, ("%m/%d/%Y",), "America/Chicago")
    assert (own.encoding, own.delimiter, own.fixed) == ("cp1252", "\t", {"device": "D-7"})
    assert own.columns == {"Zahl": "total", "Cnt": "total"}
    assert settings.rule_for("reads/kpax1.csv").columns["Compteur X"] == "mono"
    assert settings.rule_for("reads/us-2.xlsx#March").fixed == {}


def test_a_folder_without_settings_says_what_is_assumed(tmp_path):
    data = load(tmp_path, {"mps.yaml": None})
    assert "UTC" in only(data, "settings-missing").message
    assert data.settings.currency == "USD"


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("currency: USD\ntimzone: UTC\n", "key-unknown", 2),
        ("timezone: Nowhere\n", "time-zone", 1),
        ("currency: bucks\n", "currency", 1),
        ("buffer_percent: lots\n", "not-a-number", 1),
        ("date_formats: ['%d/%m']\n", "date-format", 1),
        ("date_formats: ['']\n", "date-format", 1),
        ('numbers: "1234"\n', "number-style", 1),
        ("files:\n  reads/*.csv: {encoding: klingon}\n", "encoding", 2),
        ("files:\n  reads/*.csv: {encoding: base64}\n", "encoding", 2),
        ("files:\n  reads/*.csv: {delimiter: x}\n", "delimiter", 2),
        ("company: {nam: x}\n", "key-unknown", 1),
        ("company: Acme\n", "yaml-shape", 1),
        ("- a\n- b\n", "yaml-shape", 1),
        ("currency: [USD\n", "yaml-broken", 2),
    ],
)
def test_mistakes_name_their_line(tmp_path, text, code, row):
    _, issues = settings_of(tmp_path, text)
    found = [issue for issue in issues if issue.code == code]
    assert found, issues
    assert found[0].row == row
    assert found[0].todo
    data = load(tmp_path, {"mps.yaml": text})
    assert data.tally().adds_up
    assert any(issue.code == code for issue in data.issues(file="mps.yaml"))


def test_an_empty_settings_file_is_all_defaults(tmp_path):
    settings, issues = settings_of(tmp_path, "# nothing yet\n")
    assert settings.timezone == "UTC"
    assert not issues
