"""`mps measures` on a file of visits: the words of the service, counted by hand."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.folders import mps, mps_json

VISITS = """\
Call Number,Opened,Date,Serial Number,Model,Technician,Problem Code,Outcome,Remote,Clicks,Cancelled
C-1,2026-06-01,2026-06-01,S1,M,Ann,JAM,Completed,,10000,
C-2,2026-06-08,2026-06-10,S1,M,Bob,JAM,Complete,,12500,
C-3,2026-06-02,2026-06-02,S2,M,Ann,LINES,Hold for Parts,,,
C-3,2026-06-02,2026-06-05,S2,M,Bob,LINES,Fixed,,,
C-4,2026-06-11,2026-06-11,S3,N,Ann,JAM,Done,yes,,
C-5,2026-06-12,2026-06-12,S4,N,Ann,JAM,Follow-up,,,
C-6,2026-06-13,2026-06-13,S5,N,Bob,JAM,Held,,,yes
C-6,2026-06-13,2026-06-14,S5,N,Bob,JAM,Complete,,,
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "visits.csv"
    path.write_text(VISITS)
    return path


def groups(data: dict) -> dict[str, dict]:
    return {row["group"]: row for row in data["groups"]}


def test_a_month_by_technician(file: Path) -> None:
    data = mps_json("measures", file)
    whole, found = data["all"], groups(data)
    # Completed: C-1 (called back by C-2), C-2, C-3 (held), C-4 (remote), C-6 (its held visit was cancelled). C-5 is open.
    assert (whole["calls"], whole["open"], whole["callbacks"], whole["remote"]) == (5, 1, 1, 1)
    assert (whole["first_call"], whole["hold"], whole["callback"]) == (60, 20, 20)
    # Ann began C-1, C-3, C-4 and completed C-1 and C-4; Bob began C-2 and C-6 and completed C-3, too.
    assert (found["Ann"]["calls"], found["Ann"]["closed"]) == (3, 2)
    assert (found["Bob"]["calls"], found["Bob"]["closed"], found["Bob"]["first_call"]) == (2, 3, 100)
    assert found["Ann"]["callback"] == 50 and found["Ann"]["clicks_a_repair_lasts"] == 2_500
    assert (data["from"], data["to"]) == ("2026-06-01", "2026-06-14")


@pytest.mark.parametrize(
    ("options", "callbacks"),
    [((), 1), (("--days", 6), 0), (("--clicks", 2_500), 0), (("--clicks", 2_501), 1)],
)
def test_the_norm_is_asked_for(file: Path, options: tuple, callbacks: int) -> None:
    """C-2 was opened seven days and 2,500 clicks after C-1 was completed."""
    assert mps_json("measures", file, *options)["all"]["callbacks"] == callbacks


def test_by_problem_and_for_some_days(file: Path) -> None:
    found = groups(
        mps_json("measures", file, "--by", "problem", "--from", "2026-06-05", "--to", "2026-06-10")
    )
    # Completed in those days: C-3 (lines) and C-2 (jam); C-1 is before them, C-4 is not there yet.
    assert {name: row["calls"] for name, row in found.items()} == {"JAM": 1, "LINES": 1}


def test_the_table_says_no_calls_and_never_0_percent_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("call,date,technician,outcome\nC-1,2026-06-01,Ann,Follow-up\n")
    shown = mps("measures", path)
    assert shown.exit_code == 0
    assert "no calls" in shown.output and "0.0 %" not in shown.output
    assert mps_json("measures", path)["all"]["first_call"] is None


def test_rows_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(
        "call,opened,date,outcome\nC-1,2026-06-03,2026-06-01,Done\nC-2,2026-06-01,2026-06-01,Done\n"
    )
    data = mps_json("measures", path, code=1)
    assert data["all"]["calls"] == 1
    assert [(issue["row"], issue["code"]) for issue in data["issues"]] == [(2, "call-later")]
    output = mps("measures", path).output
    assert "1 row could not be used" in output and "visits.csv:2" in output and "after the visit" in output


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--by", "colour"), "--by is one of"),
        (("--from", "2026-07-01", "--to", "2026-06-01"), "--to lies before"),
    ],
)
def test_wrong_use(file: Path, options: tuple, word: str) -> None:
    shown = mps("measures", file, *options)
    assert shown.exit_code == 2 and word in shown.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert mps("measures", tmp_path / "none.csv").exit_code == 2


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["C-1", "C-2", "C-3", "C-4", ""]),
        st.integers(1, 28),
        st.sampled_from(["S1", "S2", ""]),
        st.sampled_from(["Ann", "Bob", ""]),
        st.sampled_from(["Done", "Held", "Follow-up", "?", ""]),
        st.sampled_from(["", "yes", "no"]),
        st.sampled_from(["", "100", "2500", "9000"]),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_technicians_add_up_to_the_whole_whatever_the_visits(tmp_path_factory, rows: list[tuple]) -> None:
    path = tmp_path_factory.mktemp("visits") / "visits.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("call", "date", "serial", "technician", "outcome", "remote", "clicks"))
        writer.writerows((call, f"2026-06-{day:02d}", *rest) for call, day, *rest in rows)
    shown = mps("measures", path, "--json")
    usable = {row[0] for row in rows} - {""}
    if not usable:
        assert shown.exit_code == 2 and "no visit that can be used" in shown.stderr
        return
    data = json.loads(shown.stdout)
    groups_, whole = data["groups"], data["all"]
    assert len(data["issues"]) == sum(not row[0] for row in rows)
    assert whole["calls"] + whole["open"] <= len(usable)
    for name in ("calls", "closed", "callbacks", "trips", "remote"):
        assert sum(group[name] for group in groups_) == whole[name], name
    for share in (whole["first_call"], whole["hold"], whole["callback"]):
        assert share is None or 0 <= share <= 100
    assert (whole["first_call"] is None) == (whole["calls"] == 0)


def test_a_workbook_reads_the_same(file: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in VISITS.splitlines():
        book.active.append([cell or None for cell in line.split(",")])
    book.save(tmp_path / "visits.xlsx")
    assert mps_json("measures", tmp_path / "visits.xlsx")["all"] == mps_json("measures", file)["all"]


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        ("C-9,,someday,S1,M,Ann,JAM,Done,,1,", "date", "someday"),
        ("C-9,,2026-06-01,S1,M,Ann,JAM,Done,maybe,1,", "remote", "maybe"),
        ("C-9,,2026-06-01,S1,M,Ann,JAM,Done,,-5,", "clicks", "-5"),
        (",,2026-06-01,S1,M,Ann,JAM,Done,,1,", "call", ""),
    ],
)
def test_a_bad_cell_is_told_with_its_place_and_nothing_else_is_lost(
    file: Path, row: str, field: str, value: str
) -> None:
    before = mps_json("measures", file)["all"]
    file.write_text(VISITS + row + "\n")
    data = mps_json("measures", file, code=1)
    assert data["all"] == before
    assert [(i["row"], i["field"], i["value"]) for i in data["issues"]] == [(10, field, value)]
    file.write_text(VISITS)
    assert mps_json("measures", file)["issues"] == []


REPAIRS = Path(os.environ.get("MPS_REAL_DATA", "")) / "printer_repairs.csv"


@pytest.mark.skipif(not os.environ.get("MPS_REAL_DATA"), reason="MPS_REAL_DATA names no folder of real data")
def test_real_repairs_all_count_once() -> None:
    with REPAIRS.open(encoding="utf-8-sig", newline="") as lines:
        states = Counter(row["repair_status"] for row in csv.DictReader(lines))
    whole = mps_json("measures", REPAIRS, "--by", "problem")["all"]
    assert whole["calls"] == states["Fixed"] and whole["calls"] + whole["open"] == states.total()
