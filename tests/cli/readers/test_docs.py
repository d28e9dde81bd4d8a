"""The examples of docs/files.md are files that work."""

import re
from pathlib import Path

import pytest

from tests.cli.readers.folders import load

TEXT = (Path(__file__).parents[3] / "docs" / "files.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
YAML = [block for kind, block in BLOCKS if kind == "yaml"]
TABLES = [part.strip() + "\n" for kind, block in BLOCKS if not kind for part in block.split("\n\n")]


def table(start: str) -> str:
    return next(block for block in TABLES if block.startswith(start))


@pytest.fixture
def data(tmp_path):
    settings, contract = YAML
    fleet = table("device,serial,model,customer")
    devices = "".join(
        f"{name},S-{name},IM C3010,CUST-01,,,,,,,,,\n" for name in ("H-1138", "H-1145", "D-1001")
    )
    models = (
        table("model,brand,meter")
        + "IM C3010,Ricoh,colour_a4,,,,,\nIM C3010,Ricoh,colour_a3,,,,,\nX,,mono,,,,,\n"
    )
    contracts = contract + "---\n" + "".join(
        f"{{contract: {name}, customer: CUST-01, start: 2024-01-01, lines: [{{id: mono, kind: flat, rate: 1}}]}}\n---\n"
        for name in ("C-1004", "C-1008")
    )  # fmt: skip
    return load(
        tmp_path,
        {
            "mps.yaml": settings,
            "customers.csv": table("customer,name"),
            "models.csv": models,
            "fleet.csv": fleet + devices,
            "contracts/c1.yaml": contracts,
            "covers.csv": table("contract,unit").replace("C-1001,H-1001", "C-1008,H-1001"),
            "reads/long.csv": table("device,meter,taken_at"),
            "reads/H-1145.csv": table("serialNumber,").replace("VCSY70A886", "S-H-1138"),
            "calls.csv": table("call,device"),
            "parts.csv": table("call,item"),
        },
    )


def test_the_settings_and_the_contract_are_taken_as_they_stand(data):
    assert not list(data.issues(file="mps.yaml"))
    assert data.settings.rule_for("reads/eu-1.csv").fixed == {"source": "collector"}
    contract = data.contract("C-1001")
    assert [line.kind.value for line in contract.versions[0].lines] == [
        "flat", "click", "click", "device", "seat", "block", "incident", "labour", "travel", "material",
    ]  # fmt: skip
    assert contract.versions[1].rules == contract.versions[0].rules


def test_no_row_of_the_examples_is_set_aside_but_what_the_text_says(data):
    aside = {(issue.file, issue.code) for issue in data.issues() if issue.verdict.value == "quarantined"}
    virtual = {
        ("reads/H-1145.csv", "virtual-meter"),
        ("reads/long.csv", "virtual-meter"),
    }  # mono = total - colour
    totals = {code for file, code in aside - virtual if file.startswith("contracts/")}
    assert aside - virtual - {("contracts/c1.yaml", code) for code in totals} == set()
    assert totals <= {"total-with-parts", "total-with-colour"}, "one example holds a line of every kind"
    assert data.tally().adds_up


def test_the_call_reaches_its_contract(data):
    call = data.load("C-1008").ledger.calls[0]
    assert (call.unit, call.parts[0].item) == ("H-1138", "41X1115")
