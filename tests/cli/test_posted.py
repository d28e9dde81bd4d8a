"""Posted bills on disk are written once, found again and refused when they were changed."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mps_module.cli import journal
from mps_module.cli.billing import make_bill
from mps_module.cli.posted import Posted, PostedError, file_stem, thaw, write_if_changed, write_once
from mps_module.engine import codec
from mps_module.engine.result import Bill
from mps_module.engine.schedule import due_periods
from tests.cli.values import NO_NORMS, case

NOVEMBER = date(2026, 11, 1)


@pytest.fixture(scope="module")
def bill() -> Bill:
    given = case()
    return make_bill(given, due_periods(given.contract, date(2026, 10, 1), NOVEMBER)[0], NO_NORMS)


def test_a_bill_is_posted_once_and_comes_back(tmp_path: Path, bill: Bill) -> None:
    posted = Posted(tmp_path)
    assert posted.post(bill)
    path = tmp_path / "2026-11-01" / "C-1.json"
    before = path.read_bytes()
    assert not posted.post(replace(bill, total=bill.total + 1))
    assert path.read_bytes() == before
    again = Posted(tmp_path)
    assert again.bills("C-1") == [bill] and again.cursor("C-1") == NOVEMBER
    assert json.loads(before)["digest"] == codec.digest(bill)
    assert sorted(p.name for p in tmp_path.rglob("*")) == [
        "2026-11-01",
        "C-1.json",
    ]  # no temporary file is left


def test_bills_come_in_order_of_their_dates(tmp_path: Path, bill: Bill) -> None:
    posted = Posted(tmp_path)
    for month in (11, 9, 10):
        posted.post(replace(bill, period=replace(bill.period, due=date(2026, month, 1))))
    assert [b.period.due.month for b in posted.bills("C-1")] == [9, 10, 11]
    assert Posted(tmp_path).cursor("C-1") == NOVEMBER
    assert Posted(tmp_path).cursor("C-2") is None


@pytest.mark.parametrize("contract", ["C/1", "..", ".hidden", "Größe 1", "a:b*c?", "C-1\\x", "100%"])
def test_any_contract_id_is_a_safe_file_name_and_comes_back(
    tmp_path: Path, bill: Bill, contract: str
) -> None:
    posted = Posted(tmp_path)
    assert posted.post(replace(bill, contract=contract))
    (path,) = (tmp_path / "2026-11-01").iterdir()
    assert path.name == f"{file_stem(contract)}.json" and not set("/\\:*?") & set(path.name)
    assert Posted(tmp_path).dues(contract) == [NOVEMBER]
    assert Posted(tmp_path).bills(contract)[0].contract == contract


def test_a_changed_bill_is_refused(tmp_path: Path, bill: Bill) -> None:
    Posted(tmp_path).post(bill)
    path = tmp_path / "2026-11-01" / "C-1.json"
    path.write_text(path.read_text("utf-8").replace('"total":"217.25"', '"total":"117.25"'), "utf-8")
    with pytest.raises(PostedError, match="changed since it was posted"):
        thaw(path)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"bill": 3}', '{"digest": "x", "bill": {"format": 9}}', "\x00"]
)
def test_what_is_no_bill_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "C-1.json"
    path.write_text(text, "utf-8")
    with pytest.raises(PostedError, match=r"C-1\.json"):
        thaw(path)


def test_a_bill_in_the_wrong_place_is_refused(tmp_path: Path, bill: Bill) -> None:
    Posted(tmp_path).post(bill)
    (tmp_path / "2026-11-01" / "C-1.json").rename(tmp_path / "2026-11-01" / "C-2.json")
    with pytest.raises(PostedError, match="holds the bill of C-1"):
        Posted(tmp_path).bills("C-2")


def test_other_folders_and_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "drafts").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    assert Posted(tmp_path).dues("C-1") == []


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    assert write_once(path, b"a") and not write_once(path, b"b") and path.read_bytes() == b"a"
    assert not write_if_changed(path, b"a") and write_if_changed(path, b"b") and path.read_bytes() == b"b"


def test_the_journal_holds_every_row_and_is_written_only_when_it_changes(tmp_path: Path, bill: Bill) -> None:
    posted = Posted(tmp_path)
    posted.post(bill)
    posted.post(replace(bill, contract="A-1"))
    assert journal.write_journal(posted, NOVEMBER)
    assert not journal.write_journal(posted, NOVEMBER)
    with (tmp_path / "2026-11-01" / "journal.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["contract"] for r in rows] == ["A-1"] * 4 + ["C-1"] * 4
    mono = next(r for r in rows if r["line"] == "mono")
    assert (mono["bill"], mono["kind"], mono["quantity"], mono["rate"], mono["amount"], mono["currency"]) == (
        "A-1-20261101", "overage", "2500", "0.0085", "21.25", "EUR",
    )  # fmt: skip
    assert (mono["period_start"], mono["period_end"], mono["estimated"]) == ("2026-10-01", "2026-10-31", "no")
