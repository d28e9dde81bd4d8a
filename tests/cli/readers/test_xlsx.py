"""Workbooks: typed cells, formulas told from values, every sheet read."""

import zipfile
from datetime import date, datetime

import pytest

from mps_module.readers.xlsx_table import _check_archive
from tests.cli.readers.folders import issues, load, only, reads_of, rows_of, values, write

openpyxl = pytest.importorskip("openpyxl")
FILE = "reads/feb.xlsx"
HEAD = ("serial", "meter", "taken_at", "value")


def book(folder, rows, title="Sheet", more=()):
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    for name, extra in more:
        sheet = made.create_sheet(name)
        for row in extra:
            sheet.append(row)
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path)
    return path


def with_cached(path, cell, value):
    """Write the value that a spreadsheet program would have saved beside a formula."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    start = sheet.index(f'r="{cell}"')
    end = sheet.index("</c>", start)
    inner = sheet[start:end]
    changed = (
        inner.replace("<v />", f"<v>{value}</v>")
        .replace("<v></v>", f"<v>{value}</v>")
        .replace("<v/>", f"<v>{value}</v>")
    )
    assert changed != inner
    parts["xl/worksheets/sheet1.xml"] = (sheet[:start] + changed + sheet[end:]).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_numbers_and_dates_as_a_workbook_holds_them(tmp_path):
    book(
        tmp_path,
        [
            HEAD,
            ("SN200", "total", datetime(2026, 1, 31, 9), 1234.0),
            ("SN200", "total", date(2026, 2, 28), 1300),
        ],
    )
    data = load(tmp_path, {})
    assert values(data, "D-2") == [1234, 1300]
    assert rows_of(data, FILE) == (2, 2, 0, 0, 0)


def test_a_serial_that_excel_made_a_number(tmp_path):
    book(tmp_path, [HEAD, (4711.0, "total", date(2026, 1, 31), 5)])
    data = load(tmp_path, {"fleet.csv": "device,serial,model\nD-2,4711,LP\n", "covers.csv": None})
    assert values(data, "D-2") == [5]


def test_a_formula_without_a_value_is_set_aside(tmp_path):
    book(
        tmp_path,
        [HEAD, ("SN200", "total", date(2026, 1, 31), "=2*50"), ("SN200", "total", date(2026, 2, 28), 130)],
    )
    data = load(tmp_path, {})
    issue = only(data, "formula-no-value")
    assert (issue.row, issue.field) == (2, "value")
    assert "=2*50" in issue.message
    assert "save it" in issue.todo
    assert values(data, "D-2") == [130]


def test_a_formula_with_its_saved_value_is_used_and_flagged(tmp_path):
    path = book(tmp_path, [HEAD, ("SN200", "total", date(2026, 1, 31), "=2*50")])
    with_cached(path, "D2", 100)
    data = load(tmp_path, {})
    issue = only(data, "formula")
    assert issue.verdict.value == "flagged"
    assert values(data, "D-2") == [100]
    assert rows_of(data, FILE) == (1, 0, 1, 0, 0)


def test_an_error_value_is_no_number(tmp_path):
    book(tmp_path, [HEAD, ("SN200", "total", date(2026, 1, 31), "#REF!")])
    assert only(load(tmp_path, {}), "not-a-number").value == "#REF!"


def test_a_day_number_without_date_format_is_flagged(tmp_path):
    book(tmp_path, [HEAD, ("SN200", "total", 46053.375, 100)])
    data = load(tmp_path, {})
    assert only(data, "date-serial").row == 2
    assert [j.read.taken_at.isoformat() for j in data.judgements("D-2")] == ["2026-01-31T09:00:00-05:00"]


def test_every_sheet_is_a_table_of_its_own(tmp_path):
    book(
        tmp_path,
        [HEAD, ("SN200", "total", date(2026, 1, 31), 100)],
        more=[
            ("March", [HEAD, ("SN200", "total", date(2026, 3, 31), 160)]),
            ("Notes", [("call Ann",), ("or Ben",)]),
        ],
    )
    data = load(tmp_path, {})
    assert values(data, "D-2") == [100, 160]
    assert rows_of(data, f"{FILE}#March") == (1, 1, 0, 0, 0)
    assert reads_of(data, f"{FILE}#Notes") == (1, 0, 0, 1, 0)


def test_a_wrong_size_in_the_sheet_cuts_nothing_off(tmp_path):
    path = book(
        tmp_path, [HEAD, *(("SN200", "total", date(2026, 1, day), 100 + day) for day in range(1, 20))]
    )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode().replace('ref="A1:D20"', 'ref="A1"')
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert rows_of(load(tmp_path, {}), FILE) == (19, 19, 0, 0, 0)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 cut off", b"device,meter\n", b"\xd0\xcf\x11\xe0old xls"]
)
def test_a_damaged_workbook_is_an_issue(tmp_path, content):
    data = load(tmp_path, {FILE: content})
    found = [issue.code for issue in data.issues(file=FILE)]
    assert found in (["file-broken"], ["file-empty"])
    assert data.tally().adds_up


def test_a_zip_of_something_else_is_an_issue(tmp_path):
    path = write(tmp_path, {}) / FILE
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert only(load(tmp_path, {}), "file-broken").file == FILE


def test_a_workbook_that_unpacks_to_an_absurd_size_is_refused(tmp_path):
    path = write(tmp_path, {}) / FILE
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 << 20))
    assert only(load(tmp_path, {}), "file-too-big").file == FILE


def test_formulas_are_seen_across_the_edge_of_a_block(tmp_path):
    path = tmp_path / "a.xlsx"
    for gap in range(6):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b" " * ((1 << 18) - gap) + b"<f>1</f>")
        assert _check_archive(path)


def test_old_excel_files_are_named_with_what_to_do(tmp_path):
    data = load(tmp_path, {"reads/march.xls": b"\xd0\xcf\x11\xe0"})
    assert "XLSX" in only(data, "file-kind").todo


def test_fleet_and_covers_may_be_workbooks(tmp_path):
    made = openpyxl.Workbook()
    made.active.append(("device", "serial", "model", "installed"))
    made.active.append(("D-2", "SN200", "LP", datetime(2026, 2, 1)))
    folder = write(tmp_path, {"fleet.csv": None, "covers.csv": "contract,unit\nC-1,D-2\n"})
    made.save(folder / "fleet.xlsx")
    data = load(folder, {"fleet.csv": None, "covers.csv": "contract,unit\nC-1,D-2\n"})
    unit = data.load("C-1").units[0]
    assert unit.start == date(2026, 2, 1)
    assert not issues(data, "device-unknown")


def test_a_hidden_sheet_is_read_and_named(tmp_path):
    path = book(
        tmp_path,
        [HEAD, ("SN200", "total", date(2026, 1, 31), 100)],
        more=[("old", [HEAD, ("SN200", "total", date(2026, 2, 28), 130)])],
    )
    made = openpyxl.load_workbook(path)
    made["old"].sheet_state = "hidden"
    made.save(path)
    data = load(tmp_path, {})
    assert values(data, "D-2") == [100, 130]
    issue = only(data, "sheet-hidden")
    assert (issue.file, issue.verdict.value) == (f"{FILE}#old", "flagged")
    assert data.tally().adds_up


def test_rows_under_a_merged_cell_are_told_that_theirs_is_empty(tmp_path):
    path = book(
        tmp_path,
        [HEAD, ("SN200", "total", date(2026, 1, 31), 100), (None, "total", date(2026, 2, 28), 130)],
    )
    made = openpyxl.load_workbook(path)
    made.active.merge_cells("A2:A3")
    made.save(path)
    data = load(tmp_path, {})
    assert values(data, "D-2") == [100]
    assert rows_of(data, FILE) == (2, 1, 0, 1, 0)
    assert only(data, "serial-blank").row == 3
