"""The example's retained bills, made again: by the engine for twelve months, by the command for October and in a row."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from examples import retain
from examples.writers import write_csv
from mps_module.cli.main import app
from mps_module.cli.store import load
from tests.cli.example import DEALER, TODAY

EXPECTED = DEALER.parent / "expected"
BACK_DATED = "read sheet of 30 September found in the van"
D = Decimal


def expected(month: str) -> list[dict[str, str]]:
    with (EXPECTED / f"{month}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def totals(month: str, held: bool = False) -> dict[str, Decimal]:
    """contract -> its bill's total, of those that may be posted (or all)."""
    return {row["contract"]: D(row["total"]) for row in expected(month) if held or not row["held"]}


def run(*arguments: str | Path) -> dict:
    """Run `mps` and take its JSON."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout)


@pytest.fixture
def folder(tmp_path):
    """A copy of the dealer's folder, to post bills in."""
    return shutil.copytree(DEALER, tmp_path / "dealer", ignore=shutil.ignore_patterns("bills", "out"))


@pytest.fixture(scope="module")
def made():
    with load(DEALER, now=TODAY) as store:
        return retain.retained(store)


class TestRetained:
    def test_twelve_months_are_retained(self, made):
        months = sorted(path.stem for path in EXPECTED.glob("*.csv"))
        assert months == sorted(made) and len(months) == 12
        assert months[0] == "2025-11" and months[-1] == "2026-10"

    def test_the_engine_makes_the_same_bills_again(self, made, tmp_path):
        for month, rows in made.items():
            write_csv(tmp_path / "again.csv", retain.HEADER, rows)
            again = (tmp_path / "again.csv").read_text(encoding="utf-8")
            assert again == (EXPECTED / f"{month}.csv").read_text(encoding="utf-8"), (
                f"bills of {month} changed: if that is right, run python3 -m examples.retain"
            )

    @pytest.mark.parametrize("month", ["2025-12", "2026-04", "2026-10"])
    def test_rows_add_up_to_their_bill_and_multiply_to_their_amount(self, month):
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in expected(month):
            sums[row["contract"]] += D(row["amount"])
            product = D(row["quantity"]) * D(row["rate"])
            assert abs(product - D(row["amount"])) <= D("0.005"), row
        assert sums == totals(month, held=True)

    def test_exactly_three_traps_hold_octobers_bills_back(self):
        held = {row["contract"]: row["held"] for row in expected("2026-10") if row["held"]}
        assert set(held) == {"C-1011", "C-1012", "C-1014"}
        assert "rate-off-norm" in held["C-1011"]
        assert "black-billed-from-total" in held["C-1012"]
        assert "too-many-estimates" in held["C-1014"]


class TestCommand:
    def test_october_by_the_command(self, folder):
        """The same twelve bills, posted; three held back; nine rows aside. Again: nothing new."""
        first = run("bill", folder, "--period", "2026-10")
        posted = {b["contract"]: D(b["total"]) for b in first["bills"] if b["posted"]}
        assert posted == totals("2026-10")
        assert len(posted) == 12
        assert {b["contract"] for b in first["bills"] if b["state"] == "blocked"} == {
            "C-1011",
            "C-1012",
            "C-1014",
        }
        before = {p: p.read_bytes() for p in (folder / "bills").rglob("*") if p.is_file()}
        second = run("bill", folder, "--period", "2026-10")
        assert not any(b["new"] for b in second["bills"])
        assert {p: p.read_bytes() for p in (folder / "bills").rglob("*") if p.is_file()} == before

    def test_three_months_in_a_row_need_no_adjustment(self, folder):
        """Each month posted before the next: the pinned boundaries give the same bills as if none had been."""
        for month in ("2026-08", "2026-09", "2026-10"):
            made = run("bill", folder, "--period", month)
            posted = {b["contract"]: D(b["total"]) for b in made["bills"] if b["new"]}
            assert posted == totals(month), month

    def test_a_read_that_came_late_gives_the_exact_difference(self, folder):
        """September posted without the sheet from the van, October with it: together what both are with it."""
        staff = folder / "reads" / "staff-2026.csv"
        complete = staff.read_text(encoding="utf-8")
        staff.write_text(
            "".join(x for x in complete.splitlines(True) if BACK_DATED not in x), encoding="utf-8"
        )
        september = run("bill", folder, "--period", "2026-09", "--contract", "C-1004")["bills"][0]
        assert D(september["total"]) != totals("2026-09")["C-1004"]  # estimated instead
        staff.write_text(complete, encoding="utf-8")
        october = run("bill", folder, "--period", "2026-10", "--contract", "C-1004")["bills"][0]
        both = D(september["total"]) + D(october["total"])
        assert both == totals("2026-09")["C-1004"] + totals("2026-10")["C-1004"]

    def test_an_accepted_bill_is_posted_as_it_is(self, folder):
        made = run("bill", folder, "--period", "2026-10", "--contract", "C-1011", "--accept", "C-1011")
        assert [(b["posted"], D(b["total"])) for b in made["bills"]] == [
            (True, totals("2026-10", True)["C-1011"])
        ]
