"""`mps explain`, `check`, `diff`, `simulate`, `quarantine` and `template` on a small folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

import mps_module
from mps_module.engine import codec
from tests.cli.folders import CONTRACTS, COVERS, FLEET, READS, files_of, make_folder, mps, mps_json, without

MARCH = ("--period", "2026-03")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "dealer")


def test_version_and_help() -> None:
    assert mps("--version").output.strip() == f"mps {mps_module.__version__}"
    helped = mps("--help").output
    for command in ("bill", "explain", "check", "diff", "simulate", "quarantine", "template"):
        assert command in helped


# explain


def test_explain_shows_reads_with_time_source_and_place(folder: Path) -> None:
    mps("bill", folder, *MARCH)
    result = mps("explain", folder, "C-1")
    assert result.exit_code == 0
    for said in (
        "C-1-20260401", "€60.00", "1,000 × 0.01 = €10.00", "D-2: 600 clicks", "contract version 1",
        "closes at 2,200, read 2026-03-31 12:00+02:00 by import, D-1-3, in tolerance", "as posted",
    ):  # fmt: skip
        assert said in result.output, said


def test_explain_of_a_bill_that_is_not_posted_writes_nothing(folder: Path) -> None:
    before = files_of(folder)
    data = mps_json("explain", folder, "C-1", "--due", "2026-03-01")
    assert data["posted"] is False and files_of(folder) == before
    bill = codec.decode_bill(data["bill"])
    assert str(bill.total) == "60.00" and codec.digest(bill) == data["digest"]


def test_explain_shows_each_run_of_a_counter_that_was_reset(folder: Path) -> None:
    swapped = READS.replace("D-1,mono,2026-04-30T12:00:00,2600,D-1-4\n", "").rstrip("\n")
    rows = ("D-1,mono,2026-04-10T10:00:00,2300,,actual", "D-1,mono,2026-04-10T11:00:00,5,,reset",
            "D-1,mono,2026-04-30T12:00:00,255,,actual")  # fmt: skip
    reads = "\n".join(
        [line + (",kind" if i == 0 else ",") for i, line in enumerate(swapped.splitlines())] + [*rows]
    )
    make_folder(folder, reads=reads + "\n")
    output = mps("explain", folder, "C-1", "--due", "2026-05-01").output
    # 100 before the swap and 250 after it.
    assert "D-1: 350 clicks" in output and "epoch 0 to 1" in output
    assert "epoch 0: 2,200 to 2,300 = 100" in output and "epoch 1 after reset: 5 to 255 = 250" in output


def test_explain_names_the_dates_there_are(folder: Path) -> None:
    result = mps("explain", folder, "C-1", "--due", "2026-03-15")
    assert result.exit_code == 2 and "2026-03-01" in result.output
    near = mps("explain", folder, "C1")
    assert near.exit_code == 2 and "Did you mean C-1" in near.output


# check


def test_check_of_a_sound_folder_is_quiet(folder: Path) -> None:
    result = mps("check", folder, *MARCH)
    assert result.exit_code == 0
    assert "Nothing stands against posting them" in result.output
    assert "2 bills would come to €120.00" in result.output
    assert "10 reads received = 10 accepted" in result.output


def test_check_lists_the_worst_money_first_and_writes_nothing(folder: Path) -> None:
    extra = FLEET + "D-3,SN3,M-2,K-1,Nord,2026-01-01\n"
    slow = without(READS, "D-1-2", "D-1-3", "D-1-4")
    make_folder(folder, fleet=extra, reads=slow + "D-9,mono,2026-03-31,7,\nD-2,mono,2026-03-30,abc,\n")
    before = files_of(folder)
    data = mps_json("check", folder, *MARCH, code=1)
    assert files_of(folder) == before
    assert list(data) == ["findings", "issues", "tally", "bills", "total"]
    stakes = [float(f.get("at_stake", 0)) for f in data["findings"]]
    assert stakes == sorted(stakes, reverse=True)
    codes = {f["code"] for f in data["findings"]}
    assert {"estimated", "device-uncovered"} <= codes
    by_row = {(i["field"], i["value"], i["verdict"]) for i in data["issues"]}
    assert ("device", "D-9", "quarantined") in by_row and ("value", "abc", "quarantined") in by_row
    rows = data["tally"]["rows"]
    assert rows["quarantined"] == 2 and data["tally"]["adds_up"]
    assert rows["received"] == rows["accepted"] + rows["flagged"] + rows["quarantined"] + rows["duplicate"]


def test_check_names_a_contract_without_units(folder: Path) -> None:
    make_folder(folder, covers=COVERS.replace("C-2,office,seat,2026-01-01,,3\n", ""))
    data = mps_json("check", folder, *MARCH, code=1)
    assert [(f["code"], f["contract"]) for f in data["findings"]] == [("no-units", "C-2")]


def test_check_names_devices_that_fell_silent_in_mid_quarter(folder: Path) -> None:
    quarterly = CONTRACTS.replace(
        "lines:\n  - {id: base", "billing: {overage_months: 3}\nlines:\n  - {id: base"
    )
    make_folder(
        folder,
        contracts=quarterly,
        reads=without(READS, "D-1-1", "D-1-2", "D-1-3", "D-1-4", "D-2-3", "D-2-4"),
    )
    data = mps_json("check", folder, "--period", "2026-02", code=1)
    found = [(f["unit"], f["code"]) for f in data["findings"]]
    # The last read of D-1 is of 31 December, noon: 59 days. D-2 was read on 28 February.
    assert found == [("D-1", "read-overdue")]
    assert "not read for 59 days" in data["findings"][0]["message"]


def test_check_puts_money_on_a_flagged_read_that_closes_a_bill(folder: Path) -> None:
    make_folder(
        folder,
        reads=READS.replace("12:00:00,6800,D-2-3", "12:00:00,66200,D-2-3").replace(
            ",7400,D-2-4", ",66800,D-2-4"
        ),
    )
    data = mps_json("check", folder, *MARCH, code=1)
    worst = next(f for f in data["findings"] if f["code"] == "read-flagged")
    assert worst["unit"] == "D-2" and worst["at_stake"] == "600.00"  # 60,000 clicks at .01


# quarantine


def test_quarantine_lists_rows_and_writes_them_as_csv(folder: Path, tmp_path: Path) -> None:
    make_folder(folder, reads=READS + "D-1,mono,31.31.2026,7,\nD-1,mono,2026-03-30,-4,\n")
    listed = mps("quarantine", folder, "--csv", tmp_path / "rows.csv")
    assert listed.exit_code == 1 and "reads/reads.csv:12" in listed.output
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["row"], r["field"], r["value"]) for r in rows] == [
        ("12", "taken_at", "31.31.2026"),
        ("13", "value", "'-4"),
    ]
    assert all(r["todo"] for r in rows)
    assert mps_json("quarantine", folder, code=1)["tally"]["reads"]["quarantined"] == 2


def test_quarantine_of_a_sound_folder(folder: Path) -> None:
    assert mps("quarantine", folder).exit_code == 0


# diff


def test_diff_says_what_moved(folder: Path) -> None:
    make_folder(
        folder, reads=READS.replace(",2200,D-1-3", ",2300,D-1-3").replace(",2600,D-1-4", ",2700,D-1-4")
    )
    mps("bill", folder, "--through", "2026-03")
    data = mps_json("diff", folder, "--contract", "C-1", code=1)
    (one,) = data["contracts"]
    assert (one["was"], one["now"], one["difference"]) == ("60.00", "61.00", "1.00")
    assert one["against"] == "posted bill due 2026-03-01"
    mono = next(x for x in one["lines"] if x["line"] == "mono")
    assert mono["why"] == "quantity +100" and mono["difference"] == "1.00"
    shown = mps("diff", folder, "--contract", "C-1")
    assert "+1.00" in shown.output and "Base" not in shown.output
    assert "Base" in mps("diff", folder, "--contract", "C-1", "--every-line").output


def test_diff_of_equal_bills_is_exit_code_0(folder: Path) -> None:
    result = mps("diff", folder, "--all", *MARCH)
    assert result.exit_code == 0 and "2 compared, 2 equal" in result.output


def test_diff_tells_a_new_rate(folder: Path) -> None:
    versions = CONTRACTS.replace(
        "lines:\n  - {id: base",
        "versions:\n- effective: 2026-01-01\n  lines: &l\n  - {id: base",
    )
    assert versions != CONTRACTS
    raised = """\
contract: C-1
customer: K-1
start: 2026-01-01
versions:
  - effective: 2026-01-01
    lines: [{id: mono, kind: click, meter: mono, rate: "0.01"}]
  - effective: 2026-03-01
    lines: [{id: mono, kind: click, meter: mono, rate: "0.02"}]
"""
    make_folder(folder, contracts=raised, covers=COVERS.replace("C-2,office,seat,2026-01-01,,3\n", ""))
    (one,) = mps_json("diff", folder, "--all", *MARCH, code=1)["contracts"]
    assert one["lines"][0]["why"] == "rate 0.01 to 0.02" and one["difference"] == "10.00"


INVOICE = """\
Contract No;Position;Menge;Betrag
C-1;MPS-BASE;1;50,00
C-1;mono;1000;9,50
C-1;Haulage;1;(3,00)
C-7;x;1;12,00
"""


def test_diff_against_another_systems_csv(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "invoice.csv").write_text(INVOICE, encoding="utf-8")
    data = mps_json("diff", folder, "--all", *MARCH, "--against", tmp_path / "invoice.csv", code=1)
    (one,) = data["contracts"]
    assert (one["was"], one["now"]) == ("56.50", "60.00")
    lines = {x["line"]: (x["difference"], x["why"]) for x in one["lines"]}
    assert lines == {
        "base": ("0.00", ""),
        "mono": ("0.50", ""),
        "Haulage": ("3.00", "not on our bill"),
    }
    assert data["notes"] == [
        "C-2: €60.00 here, nothing in invoice.csv",
        "C-7: 12.00 in invoice.csv, but there is no such contract here",
    ]


def test_diff_against_totals_in_a_workbook(folder: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("Agreement", "Net Amount"), ("C-1", 60), ("C-2", 60.0)):
        book.active.append(row)
    book.save(tmp_path / "invoice.xlsx")
    result = mps("diff", folder, "--all", *MARCH, "--against", tmp_path / "invoice.xlsx")
    assert result.exit_code == 0 and "2 compared, 2 equal" in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("a,b\n1,2\n", "nothing to compare with"),
        ("contract,amount\nC-1,x\n", "not a number"),
    ],
)
def test_diff_against_a_file_that_says_nothing(folder: Path, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "invoice.csv").write_text(text, encoding="utf-8")
    result = mps("diff", folder, "--all", *MARCH, "--against", tmp_path / "invoice.csv")
    assert result.exit_code == 2 and said in result.output


def test_diff_wants_to_know_which(folder: Path) -> None:
    assert mps("diff", folder).exit_code == 2
    assert mps("diff", folder, "--all", "--contract", "C-1").exit_code == 2
    assert mps("diff", folder, "--all", "--against", "nowhere.csv").exit_code == 2


# simulate

PLAN = """\
title: Clicks only
lines:
  - {id: mono, kind: click, meter: mono, rate: "0.05"}
"""


def test_simulate_puts_both_plans_side_by_side(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    args = ("simulate", folder, "C-1", "--plan", tmp_path / "plan.yaml", "--months", 3, "--until", "2026-04")
    data = mps_json(*args)
    assert [m["month"] for m in data["months"]] == ["2026-02", "2026-03", "2026-04"]
    assert all((m["clicks"], m["present"], m["plan"], m["difference"]) == ("1000", "60.00", "50.00", "-10.00")
               for m in data["months"])  # fmt: skip
    assert (data["present"], data["plan_total"], data["difference"]) == ("180.00", "150.00", "-30.00")
    shown = mps(*args)
    assert shown.exit_code == 0 and "16.7 % less" in shown.output and "Clicks only" in shown.output


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("lines: []\n", "line"),
        ("title: x\nlines:\n  - {id: a, kind: click, meter: mono, rate: much}\n", "much"),
        ("currency: USD\n" + PLAN, "in USD"),
        (": : :", "plan.yaml"),
    ],
)
def test_simulate_refuses_a_plan_that_is_wrong(folder: Path, tmp_path: Path, plan: str, said: str) -> None:
    (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")
    result = mps("simulate", folder, "C-1", "--plan", tmp_path / "plan.yaml")
    assert result.exit_code == 2 and said in result.output


def test_simulate_without_a_plan_file(folder: Path, tmp_path: Path) -> None:
    assert mps("simulate", folder, "C-1", "--plan", tmp_path / "none.yaml").exit_code == 2
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    assert mps("simulate", folder, "C-1", "--plan", tmp_path / "plan.yaml", "--months", 0).exit_code == 2


# template


def test_the_template_loads_without_an_issue(tmp_path: Path) -> None:
    result = mps("template", tmp_path / "new")
    assert result.exit_code == 0 and "mps.yaml" in result.output
    data = mps_json("check", tmp_path / "new", *MARCH, code=1)
    assert [f["code"] for f in data["findings"]] == ["no-contract"] and data["issues"] == []
    commented = [p for p in files_of(tmp_path / "new").values() if p.startswith(b"#")]
    assert len(commented) == len(files_of(tmp_path / "new"))


def test_the_templates_example_contract_can_be_billed(tmp_path: Path) -> None:
    mps("template", tmp_path / "new")
    example = tmp_path / "new" / "example-contract.yaml"
    (tmp_path / "new/contracts/C-1001.yaml").write_bytes(example.read_bytes())
    with (tmp_path / "new/customers.csv").open("a", encoding="utf-8") as file:
        file.write("CUST-01,Example Ltd\n")
    data = mps_json("bill", tmp_path / "new", *MARCH)
    assert [(b["contract"], b["total"]) for b in data["bills"]] == [("C-1001", "350.00")]


def test_the_template_overwrites_nothing(folder: Path) -> None:
    before = files_of(folder)
    assert mps("template", folder).exit_code == 2
    assert files_of(folder) == before


def test_json_is_one_document_on_standard_output(folder: Path) -> None:
    for command in (
        ("bill", folder, *MARCH, "--dry-run"),
        ("check", folder, *MARCH),
        ("diff", folder, "--all", *MARCH),
    ):
        json.loads(mps(*command, "--json").stdout)
