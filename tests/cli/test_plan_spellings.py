"""The plan of `mps simulate` in every way that YAML can be written, and counts of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mps_module.cli.store import load as make_store
from tests.cli.folders import READS, make_folder, mps, mps_json

BLOCK = """\
title: Clicks only
lines:
  - {id: mono, kind: click, meter: mono, rate: "0.05", description: Black}
"""
LINES = '[{id: mono, kind: click, meter: mono, rate: "0.05", description: Black}]'
FLOW = "{title: Clicks only, lines: " + LINES + "}\n"


@pytest.mark.parametrize(
    "text",
    [
        BLOCK, FLOW, "# a plan\n" + FLOW, "---\n" + BLOCK + "...\n", "---\n" + FLOW + "...\n",
        '{"title": "Clicks only", "lines": [{"id": "mono", "kind": "click", "meter": "mono", "rate": "0.05"}]}\n',
        "{\n  title: Clicks only,\n  lines: " + LINES + ",\n  customer: ~\n}\n",
        "[" + FLOW.strip() + "]\n", "- title: Clicks only\n  lines: " + LINES + "\n", "contracts:\n  - " + FLOW,
        "'title': Clicks only\nlines: " + LINES + "\nstart: 2020-01-01\n", "\ufeff" + BLOCK, BLOCK.replace("\n", "\r\n"),
    ],
)  # fmt: skip
def test_a_plan_is_read_however_it_is_written(tmp_path: Path, text: str) -> None:
    """1,000 clicks a month: 1,000 x .05 = 50.00, now 50.00 base and 10.00 clicks."""
    folder = make_folder(tmp_path / "dealer")
    (tmp_path / "plan.yaml").write_bytes(text.encode("utf-8"))
    said = mps_json(
        "simulate", folder, "C-1", "--plan", tmp_path / "plan.yaml", "--months", 1, "--until", "2026-03"
    )
    assert said["plan"] == "Clicks only"
    assert [(m["month"], m["present"], m["plan"]) for m in said["months"]] == [("2026-03", "60.00", "50.00")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{title: A, lines: [{id: m, kind: clik, meter: mono, rate: 1}]}\n", "plan.yaml:1 lines.m.kind"),
        ("{title: A}\n", "plan.yaml:1 lines: the contract has no lines"),
        ("{title: A, lines: [\n", "plan.yaml:2 : is no valid YAML"),
        ("{title: A, lins: []}\n", "“lins” is not known here"),
        ("just words\n", "keys with values are expected here"),
        ("", "holds 0 plans; one is wanted"),
        (FLOW + "---\n" + FLOW, "holds 2 plans; one is wanted"),
    ],
)
def test_a_wrong_plan_names_only_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    folder = make_folder(tmp_path / "dealer")
    (tmp_path / "plan.yaml").write_text(text)
    result = mps("simulate", folder, "C-1", "--plan", tmp_path / "plan.yaml")
    assert result.exit_code == 2 and said in " ".join(result.stderr.split())
    assert "“customer” is missing" not in result.stderr and "“contract” is missing" not in result.stderr


def test_an_untitled_plan_is_called_like_its_file(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "dealer")
    (tmp_path / "cheap.yaml").write_text("{lines: " + LINES + "}\n")
    said = mps_json(
        "simulate", folder, "C-1", "--plan", tmp_path / "cheap.yaml", "--months", 1, "--until", "2026-03"
    )
    assert said["plan"] == "cheap"


@pytest.mark.parametrize(
    ("rows", "said"),
    [(1, "1 row is quarantined"), (2, "2 rows are quarantined")],
)
def test_counts_of_one_are_singular(tmp_path: Path, rows: int, said: str) -> None:
    folder = make_folder(tmp_path / "dealer", reads=READS + "D-1,mono,2026-05-01,x,\n" * rows)
    assert said in " ".join(mps("bill", folder, "--period", "2026-03").output.split())


def test_counts_of_files_and_bills_are_singular_too(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "dealer")
    (folder / "reads/odd.csv").write_text("what,ever\n1,2\n")
    (folder / "reads/wide.csv").write_text("device,date,mono,IP\nD-1,2026-05-01,3000,10.0.0.7\n")
    (folder / "contracts/all.yaml").write_text((folder / "contracts/all.yaml").read_text().split("---")[0])
    (folder / "covers.csv").write_text("contract,unit\nC-1,D-1\nC-1,D-2\n")
    found = mps("check", folder, "--period", "2026-03").output
    assert "1 bill would come to" in found
    with make_store(folder) as data:
        said = {issue.code: issue.message for issue in data.issues()}
    assert said["columns-unknown"] == "the columns are not recognised; 1 row of the file is not read"
    assert said["columns-unused"] == "1 column is not read"
