"""The printed texts of a bill, from files to HTML and PDF: estimates, another currency, each beside its hand-made sum."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.cli.folders import READS, SETTINGS, make_folder, mps, without


def texts(folder: Path, contract: str = "C-1") -> tuple[str, str]:
    """(HTML, PDF) of the March bill, blanks made one."""
    mps("bill", folder, "--period", "2026-03", "--html", "--pdf")
    stem = folder / "bills/2026-04-01" / contract
    pages = PdfReader(BytesIO(stem.with_suffix(".pdf").read_bytes())).pages
    pdf = " ".join(page.extract_text() for page in pages)
    return " ".join(stem.with_suffix(".html").read_text("utf-8").split()), " ".join(pdf.split())


@pytest.mark.parametrize(
    ("currency", "total"), [("EUR", "€60.00"), ("USD", "$60.00"), ("GBP", "£60.00"), ("CHF", "CHF 60.00")]
)
def test_each_currency_is_printed_as_such(tmp_path: Path, currency: str, total: str) -> None:
    folder = make_folder(tmp_path / "dealer", settings=SETTINGS.replace("EUR", currency))
    for text in texts(folder):
        assert total in text and "C-1-20260401" in text and "1,000" in text and "Black prints" in text


def test_an_estimate_is_marked_in_both_and_a_bill_of_reads_is_not(tmp_path: Path) -> None:
    read = make_folder(tmp_path / "read")
    guessed = make_folder(tmp_path / "guessed", reads=without(READS, "D-2-3", "D-2-4"))
    for text in texts(read):
        assert "E: estimated" not in text
    for text in texts(guessed):
        assert "E: estimated, since no reading came in near that day" in text


def test_seats_have_no_meters(tmp_path: Path) -> None:
    for text in texts(make_folder(tmp_path / "dealer"), "C-2"):
        assert "Workplace seats" in text and "€60.00" in text and "Black" not in text
