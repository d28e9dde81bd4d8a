"""`mps diff --against` an invoice in another currency: equal figures are not equal money. Bills are 60.00 EUR each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mps_module.readers.numbers import currencies_of
from tests.cli.folders import SETTINGS, make_folder, mps, mps_json


def compared(folder: Path, content: str, code: int) -> Any:
    path = folder.parent / "theirs.csv"
    path.write_text(content, encoding="utf-8")
    return mps_json("diff", folder, "--all", "--period", "2026-03", "--against", path, code=code)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "dealer")


@pytest.mark.parametrize(
    ("text", "currencies"),
    [
        ("60.00", ()), ("(12.50)", ()), ("12.50 CR", ()), ("", ()), ("free", ()), ("€ 60", ("EUR",)), ("60,00 €", ("EUR",)),
        ("USD 60", ("USD",)), ("60 USD", ("USD",)), ("-USD 60", ("USD",)), ("CA$12.50", ("CAD",)), ("US$60", ("USD",)),
        ("USD $60", ("USD",)), ("£60", ("GBP",)), ("60 kr", ("SEK", "NOK", "DKK")), ("60 zł", ("PLN",)), ("Fr. 60", ("CHF",)),
        ("EUR 12.50 CR", ("EUR",)), ("¥600", ("JPY", "CNY")),
    ],
)  # fmt: skip
def test_what_an_amount_says_of_its_currency(text: str, currencies: tuple[str, ...]) -> None:
    assert currencies_of(text) == currencies


def test_a_dollar_is_that_of_several_countries() -> None:
    assert {"USD", "CAD", "AUD"} <= set(currencies_of("$60.00")) and "EUR" not in currencies_of("$60.00")


@pytest.mark.parametrize(
    ("content", "other"),
    [
        ("contract,amount\nC-1,USD 60.00\nC-2,60.00\n", "USD"),
        ("contract,amount\nC-1,$60.00\nC-2,€60.00\n", "USD"),
        ("contract,amount\nC-1,60.00 £\nC-2,60.00\n", "GBP"),
        ("contract,amount,currency\nC-1,60.00,CHF\nC-2,60.00,EUR\n", "CHF"),
        ("contract,amount,Currency Code\nC-1,60.00,usd\nC-2,60.00,eur\n", "USD"),
        ("contract;amount;Währung\nC-1;60,00;$\nC-2;60,00;€\n", "USD"),
        ("contract,amount\nC-1,USD 50\nC-1,GBP 10\nC-2,60\n", "GBP or USD"),
        ("contract,amount\nC-1,EUR 50\nC-1,USD 10\nC-2,60\n", "USD"),
    ],
)
def test_the_same_figure_in_another_currency_is_a_difference(folder: Path, content: str, other: str) -> None:
    said = compared(folder, content, code=1)
    assert {c["contract"]: c["other_currency"] for c in said["contracts"]} == {"C-1": other, "C-2": ""}
    assert said["notes"] == [
        f"C-1: theirs.csv is in {other}, the bill in EUR: their amounts are no measure of each other"
    ]


@pytest.mark.parametrize("text", ["EUR 60", "€60.00", "60,00 €", "60"])
def test_the_same_currency_or_none_is_equal(folder: Path, text: str) -> None:
    said = compared(folder, f"contract;amount\nC-1;{text}\nC-2;60\n", code=0)
    assert said["notes"] == [] and [c["other_currency"] for c in said["contracts"]] == ["", ""]


def test_the_sign_beside_the_amount_is_nearer_than_the_column(folder: Path) -> None:
    said = compared(folder, "contract,amount,currency\nC-1,€60,USD\nC-2,60,EUR\n", code=0)
    assert said["notes"] == []


def test_a_bill_in_canadian_dollars_beside_a_plain_dollar(tmp_path: Path) -> None:
    settings = SETTINGS.replace("EUR", "CAD")
    folder = make_folder(tmp_path / "dealer", settings=settings)
    assert compared(folder, "contract,amount\nC-1,$60\nC-2,CA$60\n", code=0)["notes"] == []
    assert (
        "in USD, the bill in CAD"
        in compared(folder, "contract,amount\nC-1,$60\nC-2,US$60\n", code=1)["notes"][0]
    )


def test_the_screen_counts_it_as_unequal_and_says_why(folder: Path) -> None:
    path = folder.parent / "theirs.csv"
    path.write_text("contract,amount\nC-1,USD 60.00\nC-2,60.00\n")
    result = mps("diff", folder, "--all", "--period", "2026-03", "--against", path)
    assert result.exit_code == 1
    assert "2 compared, 1 equal" in result.output and "against USD" in result.output
