"""Calls that are read well and of which something would never be billed: nobody misses that money without being told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.folders import make_folder, mps, mps_json

HEAD = "call,device,date,contract,incident,labour_hours,travel,description\n"
COVERS = "contract,unit,kind,start,end,quantity\nC-1,D-1,device,2026-01-01,,\nC-1,D-2,device,2026-01-01,,\n"
BASE = """\
contract: C-1
title: Service
customer: K-1
start: 2026-01-01
end: 2026-12-31
lines:
  - {id: base, kind: flat, rate: "50.00", description: Base}
"""
INCIDENT = '  - {id: calls, kind: incident, rate: "95.00", description: Calls}\n'
LABOUR = '  - {id: labour, kind: labour, rate: "110.00", description: Labour}\n'
TRAVEL = '  - {id: travel, kind: travel, rate: "40.00", description: Travel}\n'
MATERIAL = "  - {id: parts, kind: material, description: Parts}\n"
PARTS = "call,item,quantity,rate,description\nS-1,ROLL,2,24.70,Roller\n"


def flagged(folder: Path) -> list[tuple[str, str, str]]:
    """(code, field, value) of the rows of calls.csv that are used but flagged."""
    issues = mps_json("quarantine", folder, "--all")["issues"]
    return [(i["code"], i["field"], i["value"]) for i in issues if i["file"] == "calls.csv"]


def dealer(path: Path, call: str, lines: str = "", parts: str = "", extra: str = "") -> Path:
    folder = make_folder(path, contracts=BASE + lines + extra, covers=COVERS)
    (folder / "calls.csv").write_text(HEAD + call + "\n")
    if parts:
        (folder / "parts.csv").write_text(parts)
    return folder


def march(folder: Path) -> dict[str, Any]:
    return mps_json("bill", folder, "--period", "2026-03", "--dry-run")["bills"][0]


@pytest.mark.parametrize(
    ("call", "lines", "parts", "said"),
    [
        ("S-1,D-1,2026-03-05,,yes,,,", "", "", ("call-unpriced", "incident", "yes")),
        ("S-1,D-1,2026-03-05,,no,1.5,,", "", "", ("call-unpriced", "labour_hours", "1.5")),
        ("S-1,D-1,2026-03-05,,no,,2,", LABOUR, "", ("call-unpriced", "travel", "2")),
        ("S-1,D-1,2026-03-05,,no,1,,", LABOUR, PARTS, ("call-unpriced", "call", "parts")),
        ("S-1,D-1,2026-03-05,,no,0,0,", INCIDENT, "", ("call-nothing", "call", "S-1")),
        ("S-1,D-1,2026-03-05,,,,,", INCIDENT, "", ("call-nothing", "call", "S-1")),
        ("S-1,D-1,2025-12-31,C-1,yes,,,", INCIDENT, "", ("call-outside", "date", "2025-12-31")),
        ("S-1,D-1,2027-01-01,C-1,yes,,,", INCIDENT, "", ("call-outside", "date", "2027-01-01")),
    ],
)
def test_each_way_in_which_a_call_bills_nothing(
    tmp_path: Path, call: str, lines: str, parts: str, said: tuple[str, str, str]
) -> None:
    assert flagged(dealer(tmp_path, call, lines, parts)) == [said]


@pytest.mark.parametrize(
    ("call", "lines", "parts", "extra", "total"),
    [
        ("S-1,D-1,2026-03-05,,yes,,,", INCIDENT, "", "", "145.00"),
        ("S-1,D-1,2026-03-05,,no,1.5,2,", LABOUR + TRAVEL, "", "", "295.00"),
        ("S-1,D-1,2026-03-05,,no,1,,", LABOUR + MATERIAL, PARTS, "", "209.40"),
        # the price of an incident stands for hours and way
        ("S-1,D-1,2026-03-05,,yes,1.5,2,", INCIDENT, "", "", "145.00"),
        # what the contract includes is not meant to be billed
        ("S-1,D-1,2026-03-05,,no,1.5,,", "", "", "coverage: {labour: included}\n", "50.00"),
        ("S-1,D-1,2026-03-05,,no,1,,", LABOUR, PARTS, "coverage: {parts: included}\n", "160.00"),
        # the first and the last day belong to the contract
        ("S-1,D-1,2026-01-01,,yes,,,", INCIDENT, "", "", "50.00"),
        ("S-1,D-1,2026-12-31,,yes,,,", INCIDENT, "", "", "50.00"),
    ],
)
def test_calls_that_are_priced_or_included_are_plain(
    tmp_path: Path, call: str, lines: str, parts: str, extra: str, total: str
) -> None:
    folder = dealer(tmp_path, call, lines, parts, extra)
    assert flagged(folder) == []
    assert march(folder)["total"] == total


def test_a_call_on_which_several_things_are_lost_names_each_and_counts_once(tmp_path: Path) -> None:
    folder = dealer(tmp_path, "S-1,D-1,2026-03-05,,no,1.5,2,", parts=PARTS)
    assert [field for _, field, _ in flagged(folder)] == ["labour_hours", "travel", "call"]
    tally = mps_json("quarantine", folder)["tally"]
    rows = next(f["rows"] for f in tally["files"] if f["file"] == "calls.csv")
    assert (rows["received"], rows["accepted"], rows["flagged"]) == (1, 0, 1) and tally["adds_up"]


def test_the_version_of_the_calls_day_decides(tmp_path: Path) -> None:
    versions = BASE.replace("lines:\n", "versions:\n  - effective: 2026-01-01\n    lines:\n").replace(
        "  - {id: base", "      - {id: base"
    )
    later = f"  - effective: 2026-03-01\n    lines:\n    {INCIDENT}"
    folder = make_folder(tmp_path, contracts=versions + later, covers=COVERS)
    (folder / "calls.csv").write_text(HEAD + "S-1,D-1,2026-02-28,,yes,,,\nS-2,D-1,2026-03-01,,yes,,,\n")
    issues = mps_json("quarantine", folder, "--all")["issues"]
    assert [(i["row"], i["code"]) for i in issues if i["file"] == "calls.csv"] == [(2, "call-unpriced")]


def test_check_shows_them_before_month_end(tmp_path: Path) -> None:
    folder = dealer(tmp_path, "S-1,D-1,2026-03-05,,no,1.5,,")
    found = mps_json("check", folder, "--period", "2026-03", code=1)["findings"]
    assert [(f["code"], f["unit"], f["severity"]) for f in found] == [("call-unpriced", "D-1", "warn")]
    text = " ".join(mps("check", folder, "--period", "2026-03").output.split())
    assert "calls.csv:2, labour_hours 1.5" in text and "has no line of kind" in text
    one = mps_json("check", folder, "--period", "2026-03", "--contract", "C-1")
    assert one["findings"] == [], "a look at one contract is not about the whole folder"


def test_a_late_call_comes_as_an_adjustment_of_its_own_month(tmp_path: Path) -> None:
    folder = dealer(tmp_path, "S-1,D-1,2026-03-05,,yes,,,", INCIDENT)
    mps("bill", folder, "--period", "2026-03")
    with (folder / "calls.csv").open("a") as file:
        file.write("S-2,D-2,2026-03-31,,yes,,,\n")
    april = mps_json("bill", folder, "--period", "2026-04")["bills"][0]
    assert april["total"] == "145.00", "50.00 base and 95.00 for the call of March"
    bill = mps_json("explain", folder, "C-1", "--due", "2026-05-01")["bill"]
    assert [(x["kind"], x["amount"]) for x in bill["lines"]] == [("base", "50.00"), ("adjustment", "95.00")]


@pytest.mark.parametrize("price", ["$24.70", "24,70 €", "EUR 24,70", "24.70 USD", "CHF 24.70", "Fr. 24.70"])
def test_a_price_may_carry_its_currency(tmp_path: Path, price: str) -> None:
    parts = f'call,item,quantity,rate,description\nS-1,ROLL,2,"{price}",Roller\n'
    folder = dealer(tmp_path, "S-1,D-1,2026-03-05,,no,1,,", LABOUR + MATERIAL, parts)
    assert march(folder)["total"] == "209.40"  # 50 + 110 + 2 × 24.70


@pytest.mark.parametrize("price", ["-24.70", "(24.70)", "24.70 CR", "about 25", "24.70 per piece"])
def test_a_price_that_is_none_sets_its_part_aside(tmp_path: Path, price: str) -> None:
    parts = f'call,item,quantity,rate,description\nS-1,ROLL,2,"{price}",Roller\n'
    folder = dealer(tmp_path, "S-1,D-1,2026-03-05,,no,1,,", LABOUR + MATERIAL, parts)
    issue = mps_json("quarantine", folder, code=1)["issues"][0]
    assert (issue["file"], issue["row"], issue["field"], issue["value"]) == ("parts.csv", 2, "rate", price)
    assert march(folder)["total"] == "160.00"
