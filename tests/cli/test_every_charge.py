"""A contract of every kind of line, billed, explained, journalled and replayed: the same money in every output."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mps_module.cli.journal import COLUMNS
from tests.cli.folders import FLEET, MODELS, READS, SETTINGS, files_of, make_folder, mps, mps_json, without

CONTRACT = """\
contract: C-1
title: Everything
customer: K-1
start: 2026-01-01
lines:
  - {id: base, kind: flat, rate: "50.00", description: Base, item: MPS-BASE, cost_center: Print}
  - {id: each, kind: device, rate: "12.00", description: Per device}
  - {id: seats, kind: seat, rate: "20.00", description: Seats}
  - {id: mono, kind: click, meter: mono, description: Black prints, allowance: 400,
     tiers: [{up_to: 500, rate: "0.02"}, {rate: "0.01"}]}
  - {id: calls, kind: incident, rate: "95.00", description: Calls}
  - {id: labour, kind: labour, rate: "110.00", description: Labour}
  - {id: travel, kind: travel, rate: "40.00", description: Travel}
  - {id: parts, kind: material, description: Parts, discount: 10}
"""
COVERS = """\
contract,unit,kind,start,end,quantity
C-1,D-1,device,2026-01-01,,
C-1,D-2,device,2026-01-01,,
C-1,office,seat,2026-01-01,,3
"""
CALLS = """\
call,device,date,contract,incident,labour_hours,travel,description
S-1,D-1,2026-03-31,,yes,,,Jam
S-2,D-2,2026-03-01,,no,1.5,2,Fuser
S-3,D-2,2026-02-28,,yes,,,Before
S-4,D-2,2026-04-01,,yes,,,After
"""
PARTS = "call,item,quantity,rate,description\nS-2,FUSE,1,180.00,Fuser\n"
# March: 1,000 clicks, 400 free, 500 at .02 and 100 at .01.
MARCH = {
    "base": "50.00", "each": "24.00", "seats": "60.00", "mono": "11.00", "calls": "95.00", "labour": "165.00",
    "travel": "80.00", "parts": "162.00",
}  # fmt: skip
TOTAL = "647.00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = make_folder(tmp_path / "dealer", contracts=CONTRACT, covers=COVERS)
    (where / "calls.csv").write_text(CALLS)
    (where / "parts.csv").write_text(PARTS)
    return where


def by_line(bill: Any) -> dict[str, str]:
    found: dict[str, Decimal] = {}
    for line in bill["lines"]:
        found[line["line_id"]] = found.get(line["line_id"], Decimal(0)) + Decimal(line["amount"])
    return {name: f"{money:.2f}" for name, money in found.items()}


def test_every_kind_of_line_is_billed(folder: Path) -> None:
    made = mps_json("bill", folder, "--period", "2026-03")["bills"][0]
    assert (made["contract"], made["total"], made["posted"]) == ("C-1", TOTAL, True)
    said = mps_json("explain", folder, "C-1", "--due", "2026-04-01")
    assert said["posted"] and by_line(said["bill"]) == MARCH


def test_explain_tells_where_each_amount_comes_from(folder: Path) -> None:
    text = " ".join(mps("explain", folder, "C-1", "--due", "2026-04-01").output.split())
    for said in (
        "Bill C-1-20260401 of K-1: €647.00", "base period 1 – 30 Apr 2026", "usage period 1 – 31 Mar 2026",
        "1,000 used - 400 free = 600 charged", "500 × 0.02 = 10.00", "100 × 0.01 = 1.00", "D-1: 400 clicks",
        "D-2: 600 clicks", "€95.00", "€165.00", "€80.00", "S-2", "discount", "not posted: as it would be now",
    ):  # fmt: skip
        assert said in text, said
    assert "S-3" not in text and "S-4" not in text, "calls of other months are on other bills"


@pytest.mark.parametrize(
    ("period", "calls"), [("2026-01", None), ("2026-02", "95.00"), ("2026-03", "95.00"), ("2026-04", "95.00")]
)
def test_a_call_belongs_to_the_month_of_its_day(folder: Path, period: str, calls: str | None) -> None:
    mps("bill", folder, "--period", period)
    assert by_line(mps_json("explain", folder, "C-1")["bill"]).get("calls") == calls


def test_the_journal_holds_the_bill_to_the_cent(folder: Path) -> None:
    mps("bill", folder, "--period", "2026-03")
    with (folder / "bills/2026-04-01/journal.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(TOTAL)
    assert {(row["bill"], row["due"], row["contract"], row["customer"]) for row in rows} == {
        ("C-1-20260401", "2026-04-01", "C-1", "K-1")
    }
    base = next(row for row in rows if row["line"] == "base")
    assert (base["item"], base["cost_center"], base["quantity"], base["rate"]) == (
        "MPS-BASE",
        "Print",
        "1",
        "50",
    )
    assert (base["period_start"], base["period_end"]) == ("2026-04-01", "2026-04-30"), "base in advance"
    mono = next(row for row in rows if row["line"] == "mono")
    assert (mono["period_start"], mono["period_end"]) == ("2026-03-01", "2026-03-31"), "usage in arrears"
    for row in rows:
        exact = Decimal(row["quantity"]) * Decimal(row["rate"])
        assert round(exact, 2) == Decimal(row["amount"]), f"{row['line']}: quantity times rate is the amount"
        assert row["estimated"] == "no" and row["currency"] == "EUR"


def test_running_again_in_any_way_changes_no_byte(folder: Path) -> None:
    mps("bill", folder, "--period", "2026-03", "--html", "--pdf")
    before = files_of(folder)
    for args in (
        ("--period", "2026-03", "--html", "--pdf"),
        ("--through", "2026-03"),
        ("--period", "2026-03", "--dry-run"),
    ):
        result = mps("bill", folder, *args)
        assert result.exit_code == 0 and files_of(folder) == before, args
    mps("check", folder, "--period", "2026-04")
    mps("explain", folder, "C-1")
    mps("quarantine", folder, "--all")
    assert files_of(folder) == before


@pytest.mark.parametrize(
    ("lines", "totals"),
    [
        ("- {id: s, kind: seat, rate: 10}", ["30.00", "30.00", "30.00"]),
        ("- {id: d, kind: device, rate: 38}", ["76.00", "76.00", "76.00"]),
        ("- {id: m, kind: click, meter: mono, rate: 0.011}", ["11.00", "11.00", "11.00"]),
        ("- {id: m, kind: click, meter: mono, rate: 0.011, minimum: 20}", ["20.00", "20.00", "20.00"]),
        ("- {id: m, kind: click, meter: mono, rate: 0.011, maximum: 9}", ["9.00", "9.00", "9.00"]),
        ("- {id: m, kind: click, meter: mono, rate: 0.02, discount: 10}", ["18.00", "18.00", "18.00"]),
        ("- {id: m, kind: click, meter: mono, rate: 0.02, allowance: 900}", ["2.00", "2.00", "2.00"]),
        ("- {id: m, kind: click, meter: mono, rate: 0.02, allowance: {quantity: 500, scope: per_unit}}", ["2.00"] * 3),
        ("- {id: m, kind: click, meters: {mono: 2}, rate: 0.01}", ["20.00", "20.00", "20.00"]),
        ("- {id: c, kind: incident, rate: 10}", ["0.00", "10.00", "10.00"]),
        ("- {id: l, kind: labour, rate: 100}", ["0.00", "0.00", "150.00"]),
        ("- {id: t, kind: travel, rate: 10}", ["0.00", "0.00", "20.00"]),
        ("- {id: p, kind: material}", ["0.00", "0.00", "180.00"]),
    ],
)  # fmt: skip
def test_the_same_months_under_another_plan(folder: Path, lines: str, totals: list[str]) -> None:
    plan = folder.parent / "plan.yaml"
    plan.write_text(f"title: Other\nlines:\n  {lines}\n")
    args = ("simulate", folder, "C-1", "--plan", plan, "--months", "3", "--until", "2026-03")
    said = mps_json(*args)
    assert [f"{Decimal(m['plan']):.2f}" for m in said["months"]] == totals
    assert [m["month"] for m in said["months"]] == ["2026-01", "2026-02", "2026-03"]
    assert said["months"][-1]["present"] == TOTAL
    gap = sum(map(Decimal, totals)) - Decimal(said["present"])
    assert Decimal(said["difference"]) == gap
    word = "less" if gap < 0 else "more"
    assert f"% {word}." in mps(*args).output


@pytest.mark.parametrize("frame", ["{}", "---\n{}", "{}...\n", "---\n{}\n...\n\n", "\ufeff{}"])
def test_a_plan_may_be_framed_as_a_yaml_document(folder: Path, frame: str) -> None:
    plan = folder.parent / "Flat rate.yaml"
    plan.write_text(frame.format("lines:\n  - {id: all, kind: flat, rate: 99}\n"), encoding="utf-8")
    said = mps_json("simulate", folder, "C-1", "--plan", plan, "--months", "1", "--until", "2026-03")
    assert (said["plan"], said["plan_total"]) == ("Flat rate", "99.00"), "named after its file"


def test_months_in_which_nothing_falls_due(folder: Path) -> None:
    plan = folder.parent / "plan.yaml"
    plan.write_text("lines:\n  - {id: all, kind: flat, rate: 99}\n")
    result = mps("simulate", folder, "C-1", "--plan", plan, "--months", "3", "--until", "2025-06")
    assert result.exit_code == 0
    assert result.output.strip() == "No bill of C-1 falls due from 2 Apr 2025 to 1 Jul 2025."


class TestEdgeOfTheMonth:
    """A read at midnight belongs to the day that it has where the customer is."""

    def closing(self, path: Path, zone: str, taken_at: str) -> tuple[str, bool]:
        """(local time of the read that closes March, whether it is in tolerance)."""
        reads = without(READS, "D-1-3") + f"D-1,mono,{taken_at},2200,X-1\n"
        contract = CONTRACT.replace(
            "lines:\n", f"timezone: {zone}\nbilling: {{tolerance: {{before: 0, after: 0}}}}\nlines:\n"
        )
        folder = make_folder(path, contracts=contract, covers=COVERS, reads=reads)
        bill = mps_json("explain", folder, "C-1", "--due", "2026-04-01")["bill"]
        usage = next(
            u
            for line in bill["lines"]
            if line["line_id"] == "mono"
            for u in line["proof"]["usages"]
            if u["unit"] == "D-1"
        )
        end = usage["closing"]
        return (end["read"] or {}).get("read_id", ""), end["basis"] == "actual"

    @pytest.mark.parametrize(
        ("zone", "taken_at", "inside"),
        [
            ("Europe/Berlin", "2026-03-31T21:59:59Z", True),
            ("Europe/Berlin", "2026-03-31T22:00:00Z", False),
            ("America/New_York", "2026-04-01T03:59:59Z", True),
            ("America/New_York", "2026-04-01T04:00:00Z", False),
            ("Pacific/Auckland", "2026-03-31T10:59:59Z", True),
            ("Pacific/Auckland", "2026-03-31T11:00:00Z", False),
        ],
    )
    def test_the_customers_clock_decides(
        self, tmp_path: Path, zone: str, taken_at: str, inside: bool
    ) -> None:
        read_id, actual = self.closing(tmp_path, zone, taken_at)
        assert (read_id == "X-1" and actual) is inside


class TestOrderOfCheck:
    def test_worst_money_first(self, folder: Path) -> None:
        reads = without(READS, "D-1-3", "D-1-4", "D-2-3", "D-2-4")
        (folder / "reads/reads.csv").write_text(reads)
        found = mps_json("check", folder, "--period", "2026-04", code=1)["findings"]
        stakes = [Decimal(f["at_stake"]) for f in found]
        assert stakes == sorted(stakes, reverse=True) and len(found) > 2

    def test_devices_without_a_contract_are_named_with_the_customer(self, tmp_path: Path) -> None:
        folder = make_folder(tmp_path, covers="contract,unit\nC-1,D-1\n", contracts=CONTRACT)
        found = mps_json("check", folder, "--period", "2026-03", code=1)["findings"]
        loose = [f for f in found if f["code"] == "device-uncovered"]
        assert [f["unit"] for f in loose] == ["D-2"]
        assert "Łódź & Söhne AG" in loose[0]["message"]


class TestNarrowTerminal:
    """At 80 columns a row set aside is still readable: place and reason in whole words."""

    def test_rows_stand_below_each_other(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from rich.console import Console

        from mps_module.cli import show_check
        from mps_module.cli.store import load

        folder = make_folder(tmp_path, reads="device,meter,taken_at,value\nD-9,mono,2026-03-31,12\n")
        with load(folder) as data:
            aside = list(data.issues(code="device-unknown"))
        for width, lines in ((80, 3), (160, 2)):
            screen = Console(width=width, record=True, file=(tmp_path / "x").open("w"))
            show_check.show_issues(aside, screen)
            text = screen.export_text()
            assert len(text.strip().splitlines()) == lines
            assert all(len(line) <= width for line in text.splitlines())
            for said in ("reads/reads.csv:2", "the fleet has no device “D-9”", "Add it to fleet.csv"):
                assert said in text, (width, said)


def test_numbers_of_a_workbook_and_of_csv_give_the_same_bill(tmp_path: Path) -> None:
    import openpyxl

    plain = make_folder(tmp_path / "a", contracts=CONTRACT, covers=COVERS)
    book = make_folder(tmp_path / "b", contracts=CONTRACT, covers=COVERS)
    (book / "reads/reads.csv").unlink()
    workbook = openpyxl.Workbook()
    for number, line in enumerate(READS.splitlines()):
        cells: list[Any] = line.split(",")
        if number:
            cells[3] = float(cells[3])
        workbook.active.append(cells)
    workbook.save(book / "reads/reads.xlsx")
    one, two = (mps_json("explain", f, "C-1", "--due", "2026-04-01") for f in (plain, book))
    assert by_line(one["bill"]) == by_line(two["bill"])


def test_semicolons_and_decimal_commas_give_the_same_bill(tmp_path: Path) -> None:
    plain = make_folder(tmp_path / "a", contracts=CONTRACT, covers=COVERS)
    rows = [line.split(",") for line in READS.splitlines()[1:]]
    german = "Gerät;Zählerart;Ablesedatum;Zählerstand;read_id;\n" + "".join(
        f"{d};{m};{t[8:10]}.{t[5:7]}.{t[:4]} 12:00;{int(v):,}".replace(",", ".") + f",0;{r};\n"
        for d, m, t, v, r in rows
    )
    other = make_folder(tmp_path / "b", contracts=CONTRACT, covers=COVERS, reads="")
    (other / "reads/reads.csv").write_bytes(german.encode("cp1252"))
    (other / "mps.yaml").write_text(SETTINGS + 'date_formats: ["%d.%m.%Y"]\n', encoding="utf-8")
    (other / "models.csv").write_text(MODELS.replace(",", ";"), encoding="utf-8")
    one, two = (mps_json("explain", f, "C-1", "--due", "2026-04-01") for f in (plain, other))
    assert by_line(one["bill"]) == by_line(two["bill"]) and one["bill"]["total"] == two["bill"]["total"]


def test_a_split_bill_has_its_parts_as_rows_of_their_own(folder: Path) -> None:
    """What the accounts need for an invoice a site: every row of every part, together the journal's rows."""
    text = CONTRACT.replace("lines:\n", "billing: {split_by: site}\nlines:\n")
    make_folder(folder, contracts=text, covers=COVERS)
    mps("bill", folder, "--period", "2026-03")
    path = folder / "bills/2026-04-01/C-1.parts.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == ("part", *COLUMNS)
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        assert round(Decimal(row["quantity"]) * Decimal(row["rate"]), 2) == Decimal(row["amount"])
        key = (row["part"], row["line"])
        sums[key] = sums.get(key, Decimal(0)) + Decimal(row["amount"])
    # D-1 (Nord) made 400 of 1,000 clicks and one call, D-2 (Süd) 600 and the visit; the seats stand nowhere.
    assert sums["Nord", "mono"] == Decimal("4.40") and sums["Süd", "mono"] == Decimal("6.60")
    assert sums["Nord", "calls"] == Decimal("95.00") and sums["Süd", "parts"] == Decimal("162.00")
    assert sums["", "seats"] == Decimal("60.00")
    assert sum(sums.values()) == Decimal(TOTAL)
    said = mps_json("explain", folder, "C-1", "--due", "2026-04-01")["bill"]["parts"]
    whole = {part: sum(m for (p, _), m in sums.items() if p == part) for part in ("Nord", "Süd", "")}
    assert {name: Decimal(money) for name, money in said} == whole


def test_the_parts_of_a_posted_bill_stay_though_a_device_moves(folder: Path) -> None:
    text = CONTRACT.replace("lines:\n", "billing: {split_by: site}\nlines:\n")
    make_folder(folder, contracts=text, covers=COVERS)
    mps("bill", folder, "--period", "2026-03")
    before = files_of(folder / "bills")
    make_folder(folder, contracts=text, covers=COVERS, fleet=FLEET.replace("Süd", "Ost"))
    mps("bill", folder, "--period", "2026-03")
    assert files_of(folder / "bills") == before
    # Lost, it cannot be made again from places that are no longer those of the bill; put right, it can.
    path = folder / "bills/2026-04-01/C-1.parts.csv"
    path.unlink()
    mps("bill", folder, "--period", "2026-03")
    assert not path.exists()
    make_folder(folder, contracts=text, covers=COVERS)
    mps("bill", folder, "--period", "2026-03")
    assert files_of(folder / "bills") == before
