"""`mps bill` on a small folder: figures, exit codes, nothing twice, catch-up, documents."""

from __future__ import annotations

import csv
import json
import os
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.cli.folders import CONTRACTS, READS, files_of, make_folder, mps, mps_json, without

MARCH = ("--period", "2026-03")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "dealer")


def test_a_month_is_billed_and_posted_with_its_journal(folder: Path) -> None:
    result = mps("bill", folder, *MARCH)
    assert result.exit_code == 0, result.output
    assert "€120.00 in bills: 2 ready" in result.output
    assert "2 posted now" in result.output
    with (folder / "bills/2026-04-01/journal.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            (r["contract"], r["line"], r["item"], r["quantity"], r["amount"]) for r in csv.DictReader(file)
        ]
    assert rows == [
        ("C-1", "base", "MPS-BASE", "1", "50.00"),
        ("C-1", "mono", "MPS-MONO", "1000", "10.00"),
        ("C-2", "seats", "", "3", "60.00"),
    ]


def test_running_twice_changes_no_byte(folder: Path) -> None:
    assert mps("bill", folder, *MARCH, "--html", "--pdf").exit_code == 0
    before = files_of(folder)
    again = mps("bill", folder, *MARCH, "--html", "--pdf")
    assert again.exit_code == 0 and "0 posted now" in again.output and "2 posted" in again.output
    assert files_of(folder) == before


def test_a_later_change_of_an_input_never_touches_what_is_posted(folder: Path) -> None:
    mps("bill", folder, *MARCH, "--html")
    before = files_of(folder / "bills")
    make_folder(
        folder, reads=READS.replace(",2200,", ",2210,"), contracts=CONTRACTS.replace("50.00", "55.00")
    )
    mps("bill", folder, *MARCH, "--html")
    assert files_of(folder / "bills") == before


def test_json_has_its_keys_and_figures(folder: Path) -> None:
    data = mps_json("bill", folder, *MARCH)
    assert list(data) == [
        "folder", "dry_run", "bills", "totals", "counts", "quarantined_rows", "unread_contracts", "unread_files",
    ]  # fmt: skip
    first = data["bills"][0]
    assert list(first) == [
        "contract", "customer", "due", "number", "state", "posted", "new", "currency", "total", "last",
        "difference", "estimated_lines", "file", "digest", "findings",
    ]  # fmt: skip
    assert (first["contract"], first["due"], first["total"], first["state"]) == (
        "C-1", "2026-04-01", "60.00", "ready",
    )  # fmt: skip
    assert first["last"] == "60.00" and first["difference"] == "0.00"
    assert data["totals"] == {"EUR": "120.00"}
    assert data["counts"] == {"ready": 2, "flagged": 0, "blocked": 0, "posted": 0}
    assert json.loads(Path(first["file"]).read_text("utf-8"))["digest"] == first["digest"]
    assert data["quarantined_rows"] == 0 and data["unread_contracts"] == []


def test_catch_up_bills_every_month_since_the_last_one(folder: Path) -> None:
    mps("bill", folder, "--period", "2026-01")
    data = mps_json("bill", folder, "--through", "2026-04")
    assert [(b["contract"], b["due"]) for b in data["bills"]] == [
        (c, f"2026-0{m}-01") for c in ("C-1", "C-2") for m in (3, 4, 5)
    ]
    assert mps_json("bill", folder, "--through", "2026-04")["bills"] == []
    assert mps("bill", folder, "--through", "2026-04").output.strip() == "Nothing is due."


def test_catch_up_at_once_and_month_by_month_give_the_same_files(tmp_path: Path) -> None:
    once, steps = make_folder(tmp_path / "once"), make_folder(tmp_path / "steps")
    mps("bill", once, "--through", "2026-04")
    for month in ("2025-12", "2026-01", "2026-02", "2026-03", "2026-04"):
        assert mps("bill", steps, "--through", month).exit_code == 0
    assert files_of(once / "bills") == files_of(steps / "bills")


def test_a_month_that_would_skip_one_is_held_back(folder: Path) -> None:
    mps("bill", folder, "--period", "2026-01")
    data = mps_json("bill", folder, *MARCH, "--accept", "C-1", code=1)
    assert {b["state"] for b in data["bills"]} == {"blocked"}
    assert all(b["findings"][0]["code"] == "earlier-not-billed" for b in data["bills"])
    assert not (folder / "bills/2026-04-01").exists()


def test_only_what_accepting_would_post_is_offered_for_it(folder: Path) -> None:
    """A gap stays held back however often it is accepted; the way out is to catch up."""
    make_folder(folder, reads=without(READS, "D-1-3", "D-1-4", "D-2-3", "D-2-4"))
    mps("bill", folder, "--period", "2026-01", "--contract", "C-2")
    strict = CONTRACTS.replace("lines:", "billing: {estimates: {allowed: no}}\nlines:", 1)
    make_folder(folder, reads=without(READS, "D-1-3", "D-1-4", "D-2-3", "D-2-4"), contracts=strict)
    said = " ".join(mps("bill", folder, *MARCH).output.split())
    assert "2 held back" in said and "--accept C-1" in said and "--accept C-2" not in said
    assert "--through posts earlier bills first" in said


def test_a_folder_without_contracts_is_no_month_in_which_nothing_is_due(folder: Path) -> None:
    """Who names the wrong folder, or put the contracts elsewhere, must hear of it."""
    (folder / "contracts/all.yaml").rename(folder / "all.yaml")
    result = mps("bill", folder, *MARCH)
    assert result.exit_code == 1 and "There is no contract" in result.output and "contracts" in result.output
    assert [f["code"] for f in mps_json("check", folder, *MARCH, code=1)["findings"]][:1] == ["no-contract"]


def test_the_only_contract_that_cannot_be_read_is_named(folder: Path) -> None:
    make_folder(folder, contracts="contract: [C-1\n  title: : x")
    result = mps("bill", folder, *MARCH)
    assert result.exit_code == 1 and "not read contracts/all.yaml" in result.output


@pytest.mark.parametrize(
    ("name", "content"),
    [("reads/april.xlsx", b"PK\x03\x04 cut off"), ("reads/april.xls", b"\xd0\xcf\x11\xe0")],
)
def test_a_file_that_gives_no_rows_is_named(folder: Path, name: str, content: bytes) -> None:
    """Its rows cannot be counted as set aside, so the run must name the file itself; bills may lack its reads."""
    (folder / name).write_bytes(content)
    result = mps("bill", folder, *MARCH)
    assert result.exit_code == 1 and f"not read {name}:" in " ".join(result.output.split())
    data = mps_json("bill", folder, *MARCH, code=1)
    assert [i["file"] for i in data["unread_files"]] == [name] and data["unread_contracts"] == []
    assert mps("quarantine", folder).exit_code == 1


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("timezone: Europe/Berlin", "timezone: Europe/Berlni", "timezone"),
        ("currency: EUR", "curency: EUR", "Is “currency” meant?"),
        ("currency: EUR", "currency: [EUR", "no valid YAML"),
    ],
)
def test_nothing_is_billed_by_half_of_the_settings(folder: Path, right: str, wrong: str, said: str) -> None:
    """Days would begin elsewhere and money be of another currency than the dealer wrote."""
    settings = folder / "mps.yaml"
    settings.write_text(settings.read_text("utf-8").replace(right, wrong), "utf-8")
    before = files_of(folder)
    result = mps("bill", folder, *MARCH)
    assert result.exit_code == 2 and "mps.yaml:" in result.stderr and said in result.stderr
    assert files_of(folder) == before
    assert mps("check", folder, *MARCH).exit_code == 1, "what is wrong can still be looked at"


def test_a_journal_that_a_killed_run_left_behind_is_made_up_for(folder: Path) -> None:
    """Killed after the bills were posted and before their journal: none at all, or one that lacks the last bills."""
    mps("bill", folder, "--through", "2026-03")
    journals = {p: p.read_bytes() for p in (folder / "bills").glob("*/journal.csv")}
    gone, short = sorted(journals)[:2]
    gone.unlink()
    short.write_text(short.read_text("utf-8").splitlines(True)[0], "utf-8")
    os.utime(short, ns=(0, 0))
    assert mps_json("bill", folder, "--through", "2026-03")["bills"] == []
    assert {p: p.read_bytes() for p in (folder / "bills").glob("*/journal.csv")} == journals


def test_one_contract_alone(folder: Path) -> None:
    data = mps_json("bill", folder, *MARCH, "--contract", "C-2")
    assert [b["contract"] for b in data["bills"]] == ["C-2"]
    assert [p.name for p in (folder / "bills/2026-04-01").glob("*.json")] == ["C-2.json"]
    assert mps_json("bill", folder, *MARCH)["counts"] == {"ready": 1, "flagged": 0, "blocked": 0, "posted": 1}
    assert (folder / "bills/2026-04-01/journal.csv").read_text("utf-8").count("\n") == 4


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    before = files_of(folder)
    result = mps("bill", folder, *MARCH, "--dry-run", "--pdf", "--html")
    assert result.exit_code == 0 and "nothing was posted" in result.output
    assert files_of(folder) == before


def test_a_dry_run_with_a_place_for_them_writes_drafts_only(folder: Path, tmp_path: Path) -> None:
    mps("bill", folder, *MARCH, "--dry-run", "--html", "--out", tmp_path / "drafts")
    assert sorted(files_of(tmp_path / "drafts")) == ["2026-04-01/C-1.html", "2026-04-01/C-2.html"]
    assert "Draft: not posted" in (tmp_path / "drafts/2026-04-01/C-1.html").read_text("utf-8")
    assert not (folder / "bills").exists()


def test_another_place_for_the_bills_has_its_own_cursor(folder: Path, tmp_path: Path) -> None:
    data = mps_json("bill", folder, *MARCH, "--out", tmp_path / "out")
    assert all(b["new"] for b in data["bills"])
    assert not (folder / "bills").exists()
    assert mps_json("bill", folder, *MARCH, "--out", tmp_path / "out")["counts"]["posted"] == 2


def test_a_device_without_a_read_blocks_until_it_is_accepted(folder: Path) -> None:
    make_folder(folder, reads="device,meter,taken_at,value\nD-1,mono,2026-02-28T12:00:00,1800\n"
                "D-1,mono,2026-03-31T12:00:00,2200\n")  # fmt: skip
    result = mps("bill", folder, *MARCH)
    assert result.exit_code == 1
    assert "blocked" in result.output and "D-2: no read of mono" in result.output
    assert "1 held back" in result.output and "--accept C-1" in result.output
    assert not (folder / "bills/2026-04-01/C-1.json").exists()
    accepted = mps("bill", folder, *MARCH, "--accept", "C-1")
    assert accepted.exit_code == 0 and "accepted" in accepted.output
    assert (folder / "bills/2026-04-01/C-1.json").exists()


def test_an_estimate_is_marked_and_trued_up_by_an_adjustment(folder: Path, tmp_path: Path) -> None:
    make_folder(folder, reads=without(READS, "D-1-3", "D-1-4", "D-2-4"))
    march = mps_json("bill", folder, *MARCH, "--html", "--contract", "C-1")["bills"][0]
    assert march["estimated_lines"] == 1
    html = (folder / "bills/2026-04-01/C-1.html").read_text("utf-8")
    assert '<span class="mark">E</span>' in html and "E: estimated" in html
    # In truth D-1 made 700 in March, and 400 in April.
    late = READS.replace("12:00:00,2200,D-1-3", "12:00:00,2500,D-1-3").replace(
        "12:00:00,2600,D-1-4", "12:00:00,2900,D-1-4"
    )
    make_folder(folder, reads=late)
    april = mps_json("bill", folder, "--period", "2026-04", "--contract", "C-1")["bills"][0]
    whole = Decimal(march["total"]) + Decimal(april["total"])
    # Two bases of 50.00; 2 x 600 of D-2 and 700 + 400 of D-1 at .01.
    assert whole == Decimal("100.00") + Decimal("23.00")
    bill = mps_json("explain", folder, "C-1", "--due", "2026-05-01")["bill"]
    adjusted = [x for x in bill["lines"] if x["kind"] == "adjustment"]
    assert len(adjusted) == 1 and adjusted[0]["period"]["end"] == "2026-03-31"


def test_a_broken_contract_is_blocked_and_the_others_are_billed(folder: Path) -> None:
    gap = CONTRACTS.replace('rate: "0.01"', 'tiers: [{up_to: 100, rate: "0.02"}, {up_to: 50, rate: "0.01"}]')
    make_folder(folder, contracts=gap)
    data = mps_json("bill", folder, *MARCH, code=1)
    states = {b["contract"]: b["state"] for b in data["bills"]}
    assert states == {"C-1": "blocked", "C-2": "ready"}
    assert next(b for b in data["bills"] if b["contract"] == "C-1")["total"] is None


def test_a_contract_that_cannot_be_read_is_not_passed_over_in_silence(folder: Path) -> None:
    make_folder(
        folder,
        contracts=CONTRACTS.replace(
            "start: 2026-01-01\nlines:\n  - {id: base", "start: soon\nlines:\n  - {id: base"
        ),
    )
    result = mps("bill", folder, *MARCH)
    assert result.exit_code == 1
    assert "not read contracts/all.yaml" in result.output and "1 ready" in result.output
    assert mps_json("bill", folder, *MARCH, code=1)["unread_contracts"][0]["file"] == "contracts/all.yaml"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--period", "2026-13"), "is not a month"),
        (("--period", "March"), "is not a month"),
        (("--period", "2026-03", "--through", "2026-04"), "not both"),
        (("--contract", "C-3"), "There is no contract C-3"),
        (("--period", "2026-03", "--accept", "X"), "--accept X: no such contract"),
    ],
)
def test_wrong_use_is_said_in_one_line_with_exit_code_2(
    folder: Path, args: tuple[str, ...], said: str
) -> None:
    result = mps("bill", folder, *args)
    assert result.exit_code == 2 and said in result.output
    assert not (folder / "bills").exists()


def test_no_folder_and_a_damaged_posted_bill_give_exit_code_2(folder: Path, tmp_path: Path) -> None:
    missing = mps("bill", tmp_path / "nowhere")
    assert missing.exit_code == 2 and "mps template" in missing.output
    mps("bill", folder, *MARCH)
    (folder / "bills/2026-04-01/C-1.json").write_text("{}", "utf-8")
    broken = mps("bill", folder, "--period", "2026-04")
    assert broken.exit_code == 2 and "not a posted bill" in broken.output


def test_html_and_pdf_say_the_same(folder: Path) -> None:
    mps("bill", folder, *MARCH, "--html", "--pdf", "--contract", "C-1")
    html = (folder / "bills/2026-04-01/C-1.html").read_text("utf-8")
    pdf = PdfReader(BytesIO((folder / "bills/2026-04-01/C-1.pdf").read_bytes()))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    for said in (
        "Müller Bürotechnik", "Łódź & Söhne AG", "C-1-20260401", "€60.00", "Black prints", "31 Mar 2026", "2,200",
        "Payable within 14 days", "40212 Düsseldorf",
    ):  # fmt: skip
        assert said in text, said
        assert said.replace("&", "&amp;") in html, said
    assert pdf.metadata.title == "C-1-20260401 · Łódź & Söhne AG"
    assert pdf.pages[0].mediabox.width == pytest.approx(595, abs=1)  # A4 for euros
