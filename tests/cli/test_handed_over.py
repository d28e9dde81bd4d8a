"""A device that goes on under another contract: what the first closes at the second opens at, in whatever order they
are billed. Clicks cost 1.00 each, so the bills add up to the counter."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.folders import make_folder, mps, mps_json

CONTRACT = """\
contract: {name}
customer: K-1
start: {start}
{end}
lines: [{{id: mono, kind: click, meter: mono, rate: 1}}]
"""
MONTHS = ["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]
USUAL = [(f"{day}T20:00:00", 100 * n) for n, day in enumerate(MONTHS)]


def folder_of(path: Path, last: date, reads, old: str = "A", new: str = "B", by: str = "contract") -> Path:
    """D-1 under `old` until `last` and under `new` from the day after. `by`: whether contract or cover ends."""
    next_day = last + timedelta(days=1)
    contracts = [
        CONTRACT.format(name=old, start="2026-01-01", end=f"end: {last}" if by == "contract" else ""),
        CONTRACT.format(name=new, start=next_day if by == "contract" else "2026-01-01", end=""),
    ]
    covers = f"contract,unit,start,end\n{old},D-1,2026-01-01,{'' if by == 'contract' else last}\n"
    covers += f"{new},D-1,{next_day},\n"
    text = "device,meter,taken_at,value\n" + "".join(f"D-1,mono,{at},{value}\n" for at, value in reads)
    return make_folder(path, contracts="---\n".join(contracts), covers=covers, reads=text)


def billed(folder: Path, *months: str) -> Decimal:
    total = Decimal(0)
    for month in months:
        report = mps_json("bill", folder, "--through", month)
        assert {bill["state"] for bill in report["bills"]} <= {"ready", "flagged"}
        total += sum(Decimal(bill["total"]) for bill in report["bills"])
    return total


# A read ten days before the last day lies in the window of the close alone, one seven days after it in that of the
# opening alone.
@pytest.mark.parametrize("day", ["2026-05-04", "2026-05-10", "2026-05-11", "2026-05-24", "2026-05-25"])
@pytest.mark.parametrize("by", ["contract", "cover"])
@pytest.mark.parametrize("names", [("A", "B"), ("Z", "B")])
def test_no_click_is_lost_or_billed_twice(tmp_path: Path, day: str, by: str, names: tuple[str, str]) -> None:
    folder = folder_of(tmp_path, date.fromisoformat(day), USUAL, *names, by)
    assert billed(folder, "2026-06") == 600


@pytest.mark.parametrize("extra", [("2026-05-17T20:00:00", 450), ("2026-05-18T08:00:00", 452)])
def test_month_by_month_and_with_a_read_in_one_window_only(tmp_path: Path, extra: tuple[str, int]) -> None:
    for n, last in enumerate((date(2026, 5, 10), date(2026, 5, 11), date(2026, 5, 24))):
        folder = folder_of(tmp_path / str(n), last, [*USUAL, extra])
        assert billed(folder, "2026-03", "2026-04", "2026-05", "2026-06") == 600


def test_an_estimate_that_the_old_contract_posted_stands_though_a_read_comes_later(tmp_path: Path) -> None:
    """A is over: no bill of it is left that could put its estimate right, so B starts from it."""
    folder = folder_of(tmp_path, date(2026, 5, 20), USUAL[:5])
    before = billed(folder, "2026-05")
    with (folder / "reads" / "reads.csv").open("a", encoding="utf-8") as file:
        file.writelines(
            f"D-1,mono,{at},{value}\n" for at, value in (("2026-05-22T08:00:00", 441), *USUAL[5:])
        )
    assert before + billed(folder, "2026-06") == 600
    assert mps("explain", folder, "B", "--due", "2026-06-01").exit_code == 0


def test_a_gap_is_billed_by_neither(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, date(2026, 3, 31), USUAL, by="cover")
    text = (folder / "covers.csv").read_text().replace("B,D-1,2026-04-01", "B,D-1,2026-05-01")
    (folder / "covers.csv").write_text(text)
    assert billed(folder, "2026-06") == 500


def test_dry_run_check_and_explain_say_the_same_as_the_bill(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, date(2026, 5, 10), USUAL, "Z", "B")
    dry = mps_json("bill", folder, "--through", "2026-06", "--dry-run")
    first = next(b for b in dry["bills"] if b["contract"] == "B")
    assert (first["due"], first["total"]) == ("2026-06-01", "100.00")
    text = mps("explain", folder, "B", "--due", "2026-06-01").output
    assert "opens at 400" in text and "2026-04-30" in text
    assert billed(folder, "2026-06") == 600


def test_back_and_forth_between_two_contracts(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, date(2026, 2, 10), USUAL, by="cover")
    rows = [("A", "2026-01-01", "2026-02-10"), ("B", "2026-02-11", "2026-04-10"), ("A", "2026-04-11", "")]
    covers = "contract,unit,start,end\n" + "".join(f"{c},D-1,{start},{end}\n" for c, start, end in rows)
    (folder / "covers.csv").write_text(covers)
    assert sum(billed(folder, month) for month in ("2026-02", "2026-03", "2026-06")) == 600


@pytest.mark.parametrize(
    ("ends", "starts", "overlap"),
    [("2026-05-10", "2026-05-11", False), ("2026-05-11", "2026-05-11", True), ("", "2026-05-11", True)],
)
def test_a_cover_without_days_has_those_of_its_contract(
    tmp_path: Path, ends: str, starts: str, overlap: bool
) -> None:
    """A renewal in covers.csv is two rows without dates; only days that both contracts have are covered twice."""
    folder = folder_of(tmp_path, date(2026, 5, 10), USUAL)
    end = f"end: {ends}" if ends else ""
    contracts = CONTRACT.format(name="A", start="2026-01-01", end=end) + "---\n"
    (folder / "contracts/all.yaml").write_text(contracts + CONTRACT.format(name="B", start=starts, end=""))
    (folder / "covers.csv").write_text("contract,unit,start,end\nA,D-1,,\nB,D-1,,\n")
    found = mps_json("check", folder, "--period", "2026-06", "--all", code=1)
    assert ("cover-overlap" in {issue["code"] for issue in found["issues"]}) is overlap
