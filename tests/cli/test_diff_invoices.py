"""`mps diff --against`: invoice files as other systems write them, beside bills of 60.00 (C-1: 50 base, 10 clicks; C-2)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.cli.folders import SETTINGS, files_of, make_folder, mps, mps_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "dealer")


def compared(folder: Path, content: str | bytes, code: int, name: str = "theirs.csv") -> Any:
    """What `diff --json` says of March beside this invoice file."""
    path = folder.parent / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return mps_json("diff", folder, "--all", "--period", "2026-03", "--against", path, code=code)


def sums(said: Any) -> dict[str, tuple[str, str]]:
    return {c["contract"]: (c["was"], c["now"]) for c in said["contracts"]}


EQUAL = {"C-1": ("60.00", "60.00"), "C-2": ("60.00", "60.00")}


@pytest.mark.parametrize(
    "content",
    [
        "contract,amount\nC-1,60.00\nC-2,60.00\n",
        "Contract No;Net Amount\nC-1;60,00\nC-2;60,00\n",
        "Vertragsnummer;Nettobetrag\nC-1;60,00 €\nC-2;EUR 60,00\n",
        "Agreement\tLine Total\nC-1\t€60.00\nC-2\tEUR 60.00\n",
        'Contrat;Montant HT\nC-1;"60,00"\nC-2;"60,00"\n',
        "Export of 2026-04-02,\n,\nAgreement Number,Extended Price\nC-1,60.00\nC-2,60.00\n",
        "contract,amount\nc-1,60.00\n C-2 ,60.00\n",
        "Agreement;Invoice Amount\nC-1;60,00\nC-2;60,00\n",
        "Vertrag Nr.;Betrag netto;Betrag\nC-1;60,00;71,40\nC-2;60,00;71,40\n",
        "sep=;\ncontract;amount\nC-1;60,00\nC-2;60,00\n",
    ],
)
def test_layouts_in_which_both_systems_agree(folder: Path, content: str) -> None:
    said = compared(folder, content, code=0)
    assert sums(said) == EQUAL
    assert said["notes"] == [] and said["unread_rows"] == []


@pytest.mark.parametrize(
    ("encoding", "header"),
    [("utf-8-sig", "Vertrag"), ("utf-16", "Vertrag"), ("cp1252", "Vertrag;Bezeichnung")],
)
def test_encodings_of_other_systems(folder: Path, encoding: str, header: str) -> None:
    text = ";Grundgebühr" if "Bez" in header else ""
    content = f"{header};Betrag\nC-1{text};60,00\nC-2{text};60,00\n".encode(encoding)
    assert sums(compared(folder, content, code=0)) == EQUAL


def test_the_settings_say_how_such_a_file_is_written(tmp_path: Path) -> None:
    rule = (
        'files:\n  theirs.csv: {delimiter: ";", encoding: cp850, columns: {Kto: contract, Summe: amount}}\n'
    )
    folder = make_folder(tmp_path / "dealer", settings=SETTINGS + rule)
    content = "Kto;Prüfer;Summe\nC-1;Jörg;60,00\nC-2;Jörg;60,00\n".encode("cp850")
    assert sums(compared(folder, content, code=0)) == EQUAL


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("-12.50", "-12.50"), ("(12.50)", "-12.50"), ("12.50-", "-12.50"), ("$-12.50", "-12.50"), ("-$12.50", "-12.50"),
        ("$(12.50)", "-12.50"), ("($12.50)", "-12.50"), ("12.50 CR", "-12.50"), ("12.50cr", "-12.50"), ("12.50 DR", "12.50"),
        ("€ 12.50", "12.50"), ("12.50 €", "12.50"), ("12.50 EUR", "12.50"), ("EUR -12.50", "-12.50"), ("CA$12.50", "12.50"),
        ("1 234.50", "1234.50"), ("1'234.50", "1234.50"), ("CHF 1’234.50", "1234.50"), ("0.00", "0.00"),
    ],
)  # fmt: skip
def test_amounts_as_they_are_printed(folder: Path, text: str, total: str) -> None:
    said = compared(folder, f'contract,amount\nC-1,"{text}"\nC-2,60.00\n', code=1)
    assert sums(said)["C-1"] == (total, "60.00")


@pytest.mark.parametrize("text", ["free", "12.50.00", "1.2E+03", "--5", "12.50 per month", "$"])
def test_what_is_no_amount_is_told_with_its_row(folder: Path, text: str) -> None:
    said = compared(folder, f'contract,amount\nC-1,60.00\nC-2,60.00\nC-2,"{text}"\n', code=1)
    assert sums(said) == EQUAL, "the other rows count"
    assert [(r["file"], r["row"], r["field"]) for r in said["unread_rows"]] == [("theirs.csv", 4, "amount")]


def test_other_amounts_of_the_file_decide_an_open_one(folder: Path) -> None:
    rows = 'C-1,"$1,234"\nC-1,"$1,000.50"\nC-2,60\n'
    assert sums(compared(folder, "contract,amount\n" + rows, code=1))["C-1"][0] == "2234.50"
    rows = 'C-1;"1.234 €"\nC-1;"1.000,50 €"\nC-2;60 €\n'
    assert sums(compared(folder, "contract;amount\n" + rows, code=1))["C-1"][0] == "2234.50"


def test_an_open_amount_without_evidence_is_not_guessed(folder: Path) -> None:
    said = compared(folder, 'contract,amount\nC-1,"1,234"\nC-1,60\nC-2,60\n', code=1)
    assert sums(said)["C-1"] == ("60", "60.00")
    assert said["unread_rows"][0]["message"] == "“1,234” can be read in two ways"


class TestDates:
    """An export of a year must not be added up against one month."""

    def test_rows_of_the_bills_due_date_are_the_bills(self, folder: Path) -> None:
        content = (
            "contract,Invoice Date,amount\nC-1,2026-03-01,70\nC-1,2026-04-01,50\nC-1,2026-04-01,10\n"
            "C-1,2026-05-01,80\nC-2,2026-04-01,60\n"
        )
        said = compared(folder, content, code=0)
        assert [(c["was"], c["difference"]) for c in said["contracts"]] == [("60", "0.00"), ("60", "0.00")]
        assert [c["against"] for c in said["contracts"]] == ["theirs.csv, rows of 2026-04-01", "theirs.csv"]

    def test_one_other_date_is_the_other_systems_own(self, folder: Path) -> None:
        said = compared(folder, "contract,date,amount\nC-1,2026-03-31,60\nC-2,2026-04-02,60\n", code=0)
        assert said["notes"] == []

    def test_several_other_dates_are_added_up_and_that_is_said(self, folder: Path) -> None:
        said = compared(
            folder, "contract,date,amount\nC-1,2026-02-27,40\nC-1,2026-03-31,20\nC-2,2026-04-01,60\n", code=1
        )
        assert sums(said)["C-1"][0] == "60"
        assert said["notes"] == [
            "C-1: the rows of 2 dates in theirs.csv are added up, since none of them is 2026-04-01"
        ]

    def test_a_date_that_cannot_be_read_costs_no_row(self, folder: Path) -> None:
        said = compared(folder, "contract,date,amount\nC-1,03/04/2026,60\nC-2,soon,60\n", code=0)
        assert [c["was"] for c in said["contracts"]] == ["60", "60"] and said["unread_rows"] == []


class TestLines:
    HEAD = "contract,line,description,quantity,rate,amount\n"

    def lines(self, said: Any, contract: str = "C-1") -> list[tuple[str, str]]:
        found = next(c for c in said["contracts"] if c["contract"] == contract)
        return [(x["line"], x["why"]) for x in found["lines"]]

    def test_by_id_item_and_description_in_any_spelling(self, folder: Path) -> None:
        rows = "C-1,mps_base,,1,50,50\nC-1,,BLACK  PRINTS,1000,0.01,10\nC-2,Seats,Workplace seats,3,20,60\n"
        said = compared(folder, self.HEAD + rows, code=0)
        assert self.lines(said) == [("base", ""), ("mono", "")]
        assert self.lines(said, "C-2") == [("seats", "")]

    def test_what_moved_is_said_of_each_line(self, folder: Path) -> None:
        rows = "C-1,base,,1,45,45\nC-1,mono,,900,0.02,18\nC-2,seats,,3,20,60\n"
        said = compared(folder, self.HEAD + rows, code=1)
        assert self.lines(said) == [
            ("base", "rate 45.00 to 50.00"),
            ("mono", "quantity +100, rate 0.02 to 0.01"),
        ]
        assert [c["difference"] for c in said["contracts"]] == ["-3.00", "0.00"]

    def test_lines_that_only_one_side_has(self, folder: Path) -> None:
        rows = "C-1,base,,1,50,50\nC-1,Freight,,1,10,10\nC-2,seats,,3,20,60\n"
        said = compared(folder, self.HEAD + rows, code=0)
        assert self.lines(said) == [
            ("base", ""),
            ("mono", "not on their invoice"),
            ("Freight", "not on our bill"),
        ]

    def test_rows_of_one_line_are_added_up(self, folder: Path) -> None:
        rows = "C-1,base,,1,50,50\nC-1,mono,D-1,400,0.01,4\nC-1,mono,D-2,600,0.01,6\nC-2,seats,,3,20,60\n"
        said = compared(folder, self.HEAD + rows, code=0)
        line = next(x for c in said["contracts"] for x in c["lines"] if x["line"] == "mono")
        assert line["was"] == {"quantity": "1000", "rate": "0.01", "amount": "10"}

    def test_only_moved_lines_are_shown_unless_every_line_is_asked_for(self, folder: Path) -> None:
        path = folder / "theirs.csv"
        path.write_text(self.HEAD + "C-1,base,,1,50,50\nC-1,mono,,900,0.01,9\nC-2,seats,,3,20,60\n")
        args = ("diff", folder, "--all", "--period", "2026-03", "--against", path)
        short, full = mps(*args), mps(*args, "--every-line")
        assert short.exit_code == full.exit_code == 1
        assert "Black prints" in short.output and "Workplace seats" not in short.output
        assert "Workplace seats" in full.output and "Base" in full.output
        assert "2 compared, 1 equal" in short.output


class TestWhoIsMissing:
    def test_a_contract_that_only_we_bill(self, folder: Path) -> None:
        said = compared(folder, "contract,amount\nC-1,60\n", code=1)
        assert said["notes"] == ["C-2: €60.00 here, nothing in theirs.csv"]

    def test_a_contract_that_only_they_bill(self, folder: Path) -> None:
        said = compared(folder, "contract,amount\nC-1,60\nC-2,60\nC-7,1234.5\nC-7,0.5\n", code=1)
        assert said["notes"] == ["C-7: 1,235.00 in theirs.csv, but there is no such contract here"]

    def test_a_contract_whose_bill_does_not_fall_due(self, folder: Path) -> None:
        path = folder / "theirs.csv"
        path.write_text("contract,amount\nC-1,60\nC-2,60\n")
        said = mps_json("diff", folder, "--all", "--period", "2025-06", "--against", path, code=1)
        assert said["contracts"] == []
        assert len(said["notes"]) == 2 and all(
            "on their invoice, but here: No bill" in n for n in said["notes"]
        )

    def test_only_the_contract_that_was_asked_for(self, folder: Path) -> None:
        path = folder / "theirs.csv"
        path.write_text("contract,amount\nC-1,61\nC-9,5\n")
        args = ("diff", folder, "--contract", "C-1", "--due", "2026-04-01", "--against", path)
        said = mps_json(*args, code=1)
        assert sums(said) == {"C-1": ("61", "60.00")} and said["notes"] == []

    def test_a_sum_row_is_no_contract_and_is_told(self, folder: Path) -> None:
        said = compared(folder, "contract,amount\nC-1,60\nC-2,60\n,120\n", code=1)
        assert sums(said) == {"C-1": ("60", "60.00"), "C-2": ("60", "60.00")}
        assert said["unread_rows"] == [
            {"file": "theirs.csv", "row": 4, "field": "contract", "message": "“contract” is empty"}
        ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"", "the file is empty"),
        ("x.csv", b"contract,amount\n", "nothing to compare with"),
        ("x.csv", b"C-1,60\nC-2,60\n", "the columns are not recognised"),
        ("x.csv", b"customer,amount\nK-1,60\n", "the file begins with customer | amount"),
        ("x.csv", b"contract,amount\nC-1,lots\n", "is not a number"),
        ("x.xlsx", b"PK\x03\x04 not a workbook", "no readable workbook"),
    ],
)
def test_a_file_that_holds_nothing_to_compare(folder: Path, name: str, content: bytes, said: str) -> None:
    path = folder.parent / name
    path.write_bytes(content)
    result = mps("diff", folder, "--all", "--period", "2026-03", "--against", path)
    assert result.exit_code == 2 and said in result.stderr and name in result.stderr


def test_a_workbook_with_dates_numbers_and_a_second_sheet(folder: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Contract", "Posting Date", "Amount"], ["C-1", datetime(2026, 4, 1), 59.5], ["C-1", date(2026, 4, 1), 0.5],
        ["C-1", datetime(2026, 3, 1), 70], ["C-2", datetime(2026, 4, 1), -5],
    ):  # fmt: skip
        sheet.append(row)
    more = book.create_sheet("Credits")
    more.append(["Contract", "Amount"])
    more.append(["C-2", 65])
    path = folder / "theirs.xlsx"
    book.save(path)
    said = mps_json("diff", folder, "--all", "--period", "2026-03", "--against", path)
    assert sums(said)["C-1"] == ("60.0", "60.00")
    assert sums(said)["C-2"] == ("60", "60.00"), "rows without a date count with those of the due date"


def test_a_hidden_sheet_counts_and_is_named(folder: Path) -> None:
    book = openpyxl.Workbook()
    for sheet, rows in (
        (book.active, [["Contract", "Item", "Amount"], ["C-1", "MPS-BASE", 50], ["C-1", "MPS-MONO", 10], ["C-2", "seats", 60]]),
        (book.create_sheet("old"), [["Contract", "Amount"], ["C-1", 9]]),
    ):  # fmt: skip
        for row in rows:
            sheet.append(row)
    book["old"].sheet_state = "hidden"
    book.save(folder / "theirs.xlsx")
    args = ("diff", folder, "--all", "--period", "2026-03", "--against", folder / "theirs.xlsx")
    said = mps_json(*args, code=1)
    assert sums(said)["C-1"] == ("69", "60.00")
    assert [note.split(":")[0] for note in said["notes"]] == ["theirs.xlsx#old"]
    assert "rows without a name" in mps(*args).output


def test_comparing_writes_nothing(folder: Path) -> None:
    (folder / "theirs.csv").write_text("contract,amount\nC-1,1\n")
    before = files_of(folder)
    mps("diff", folder, "--all", "--period", "2026-03", "--against", folder / "theirs.csv")
    assert files_of(folder) == before
