"""What rows of one file say about rows of another: customers, models, serials, contracts and calls that do not fit."""

from __future__ import annotations

import pytest

from tests.cli.readers.folders import CONTRACT, COVERS, FLEET, HEAD, issues, load, only, reads_of, rows_of

CALL = "call,device,date,contract,incident\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "row", "verdict"),
    [
        ("D-2,SN200,LP,CU-1", "D-2,SN200,LP,CU-9", "customer-unknown", 3, "flagged"),
        ("D-2,SN200,LP,CU-1", "D-2,SN200,XX,CU-1", "model-unknown", 3, "flagged"),
        ("D-2,SN200,LP,CU-1,Back,Stock,200,,,", "D-2,SN200,LP,CU-1,Back,Stock,200,,2026-05-01,2026-04-30",
         "dates-crossed", 3, "flagged"),
        ("D-2,SN200,LP,CU-1,Back,Stock,200,,,", "D-2,SN200,LP,CU-1,Back,Stock,200,,soon,", "not-a-date", 3, "quarantined"),
    ],
)  # fmt: skip
def test_a_row_of_the_fleet_that_does_not_fit(tmp_path, old, new, code, row, verdict):
    covers = COVERS if verdict == "flagged" else "contract,unit\nC-1,D-1\nC-1,D-3\n"
    data = load(tmp_path, {"fleet.csv": FLEET.replace(old, new), "covers.csv": covers})
    issue = only(data, code)
    assert (issue.place, issue.verdict.value) == (f"fleet.csv:{row}", verdict)
    flagged = int(verdict == "flagged")
    assert rows_of(data, "fleet.csv") == (3, 2, flagged, 1 - flagged, 0)


def test_a_shared_serial_flags_each_of_its_devices_and_names_all(tmp_path):
    data = load(tmp_path, {"fleet.csv": FLEET.replace("SN300", "sn 200")})
    found = issues(data, "serial-twice")
    assert [issue.unit for issue in found] == ["D-2", "D-3"]
    assert all("D-2, D-3" in issue.message for issue in found)
    assert rows_of(data, "fleet.csv") == (3, 1, 2, 0, 0)


def test_reads_of_a_shared_serial_are_set_aside_but_those_with_the_id_are_not(tmp_path):
    text = "device,serial,meter,taken_at,value\n,SN200,mono,2026-03-31,12\nD-2,SN200,mono,2026-03-30,11\n"
    data = load(tmp_path, {"fleet.csv": FLEET.replace("SN300", "SN200"), "reads/a.csv": text})
    assert reads_of(data, "reads/a.csv") == (2, 1, 0, 1, 0)
    assert [i.row for i in data.issues(file="reads/a.csv")] == [2]


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ("C-1,D-9", "device-unknown", "unit"), ("C-9,D-1", "contract-unknown", "contract"), (",D-1", "value-missing", "contract"),
        ("C-1,", "value-missing", "unit"), ("C-1,D-1", "cover-twice", "unit"),
    ],
)  # fmt: skip
def test_a_cover_that_does_not_fit_costs_only_itself(tmp_path, row, code, field):
    data = load(tmp_path, {"covers.csv": COVERS + row + "\n"})
    issue = only(data, code)
    assert (issue.row, issue.field) == (5, field) and issue.todo
    assert rows_of(data, "covers.csv") == (4, 3, 0, 1, 0)
    assert [unit.unit for unit in data.load("C-1").units] == ["D-1", "D-2", "D-3"]


def test_covers_of_a_contract_that_is_set_aside_wait_for_it(tmp_path):
    broken = CONTRACT.replace("rate: 0.0085", "tiers: [{up_to: 100, rate: 1}, {from: 200, rate: 2}]")
    data = load(tmp_path, {"contracts/c1.yaml": broken})
    assert data.contract_ids() == [] and only(data, "tier-gap").file == "contracts/c1.yaml"
    counts = rows_of(data, "covers.csv")
    assert counts == (3, 0, 0, 3, 0), "none of them is taken, none is lost"
    assert {i.code for i in data.issues(file="covers.csv")} == {"contract-unknown"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("S-2,D-9,2026-03-05,C-1,yes", "device-unknown"), ("S-2,D-1,2026-03-05,C-9,yes", "contract-unknown"),
        ("S-2,,2026-03-05,C-1,yes", "value-missing"), ("S-2,D-1,,C-1,yes", "value-missing"),
        ("S-1,D-2,2026-03-05,C-1,yes", "call-twice"), ("S-2,D-1,2026-03-05,C-1,often", "not-yes-no"),
    ],
)  # fmt: skip
def test_a_call_that_does_not_fit_takes_its_parts_along(tmp_path, row, code):
    files = {
        "contracts/c1.yaml": CONTRACT
        + "  - {id: i, kind: incident, rate: 95}\n  - {id: p, kind: material}\n",
        "calls.csv": f"{CALL}S-1,D-1,2026-03-05,C-1,yes\n{row}\n",
        "parts.csv": "call,item,quantity,rate\nS-1,ROLL,1,5\nS-2,ROLL,1,5\n",
    }
    data = load(tmp_path, files)
    assert only(data, code).place == "calls.csv:3"
    assert rows_of(data, "calls.csv") == (2, 1, 0, 1, 0)
    assert rows_of(data, "parts.csv") == (2, 1, 0, 1, 0), "a part of a call that is not billed is not lost"
    assert [call.call for call in data.load("C-1").ledger.calls] == ["S-1"]


def test_the_same_row_again_is_a_duplicate_in_every_file(tmp_path):
    twice = {
        "customers.csv": "customer,name\nCU-1,Ellery\nCU-1,Ellery\n",
        "fleet.csv": FLEET + FLEET.splitlines()[1] + "\n",
        "calls.csv": CALL + "S-1,D-1,2026-03-05,C-1,yes\n" * 2,
        "reads/a.csv": HEAD + "D-2,mono,2026-03-31,12\n" * 2,
        "contracts/c1.yaml": CONTRACT + "  - {id: i, kind: incident, rate: 95}\n",
    }
    data = load(tmp_path, twice)
    for name, rows in (("customers.csv", 2), ("fleet.csv", 4), ("calls.csv", 2), ("reads/a.csv", 2)):
        assert rows_of(data, name) == (rows, rows - 1, 0, 0, 1), name
    assert data.tally().adds_up


def test_a_file_of_another_kind_is_said_and_the_rest_is_read(tmp_path):
    data = load(
        tmp_path, {"reads/march.xls": b"\xd0\xcf\x11\xe0", "reads/a.csv": HEAD + "D-2,mono,2026-03-31,12\n"}
    )
    assert only(data, "file-kind").file == "reads/march.xls"
    assert reads_of(data, "reads/a.csv") == (1, 1, 0, 0, 0)
