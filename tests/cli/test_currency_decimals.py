"""Currencies without hundredths: a yen bill holds whole yen and a dinar bill three decimals, unasked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mps_module.cli import formats
from mps_module.engine.money import decimals_of
from tests.cli.folders import make_folder, mps, mps_json

CONTRACTS = """\
contract: C-1
customer: K-1
start: 2026-01-11
currency: {currency}
billing: {{split_by: site{billing}}}
lines:
  - {{id: base, kind: flat, rate: 1000}}
  - {{id: mono, kind: click, meter: mono, rate: 0.515, discount: 5}}
"""


def folder_of(path: Path, currency: str, billing: str = "") -> Path:
    covers = "contract,unit,kind\nC-1,D-1,device\nC-1,D-2,device\n"
    return make_folder(path, contracts=CONTRACTS.format(currency=currency, billing=billing), covers=covers)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("JPY", 0), ("KRW", 0), ("CLP", 0), ("KWD", 3), ("TND", 3), ("EUR", 2), ("", 2)],
)
def test_decimals_of_a_currency(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


# 1,000 x 21/31 = 677.4193…; 1,000 clicks in February x 0.515 = 515 less 25.75 = 489.25
@pytest.mark.parametrize(
    ("currency", "billing", "first", "third"),
    [
        ("JPY", "", "677", "1489"),
        ("KWD", "", "677.419", "1489.250"),
        ("EUR", "", "677.42", "1489.25"),
        ("JPY", ", decimals: 2", "677.42", "1489.25"),  # what the contract says counts
    ],
)
def test_a_bill_is_rounded_as_its_currency_is(tmp_path, currency, billing, first, third) -> None:
    folder = folder_of(tmp_path, currency, billing)
    report = mps_json("bill", folder, "--through", "2026-02")
    assert [report["bills"][n]["total"] for n in (0, 2)] == [first, third]


def test_screens_write_it_so_too(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "KWD")
    assert "KWD 677.419" in mps("bill", folder, "--through", "2026-02").output
    text = mps("explain", folder, "C-1", "--due", "2026-03-01").output
    # 400 and 600 of 1,000 clicks; the base by devices
    assert "KWD 1,489.250" in text and "Nord: 695.700" in text and "Süd: 793.550" in text
    text = mps("diff", folder, "--all", "--period", "2026-02").output
    assert "1,489.250" in text
    yen = folder_of(tmp_path / "yen", "JPY")
    mps("bill", yen, "--through", "2026-02")
    text = mps("explain", yen, "C-1", "--due", "2026-03-01").output
    assert "JPY 1,489" in text and "696" in text and "695.70" not in text and "1,489.00" not in text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("1500", "JPY", "JPY 1,500"),
        ("1.5", "KWD", "KWD 1.500"),
        ("1.5", "USD", "$1.50"),
        ("0.5", "JPY", "JPY 0.5"),
    ],
)
def test_money_without_said_decimals(value: str, currency: str, text: str) -> None:
    assert formats.money(Decimal(value), currency) == text
