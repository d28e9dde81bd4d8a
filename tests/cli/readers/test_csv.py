"""CSV of any program: encodings, delimiters, quotes; no line is lost."""

import codecs

import pytest

from mps_module.readers.csv_table import likely_delimiters, survey
from mps_module.readers.issue import Issue
from mps_module.readers.table import Broken, open_tables
from tests.cli.readers.folders import HEAD, issues, load, only, reads_of, rows_of, values

ROWS = "D-2,total,2026-01-31 08:00:00,100\nD-2,mono,2026-01-31 08:00:00,90\n"
FILE = "reads/jan.csv"


def cells(path, content: bytes, **how):
    path.write_bytes(content)
    tables = open_tables(path, path.name, **how)
    assert not isinstance(tables, Issue), tables
    return [row for _, row in tables[0].rows()]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_encodings_are_found_out(tmp_path, encoding):
    text = "device;Gerät\nD-1;Empfang Süd\nD-2;Flur\n"
    assert cells(tmp_path / "a.csv", text.encode(encoding)) == [
        ["device", "Gerät"],
        ["D-1", "Empfang Süd"],
        ["D-2", "Flur"],
    ]


def test_utf16_with_either_byte_order_mark(tmp_path):
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        assert cells(tmp_path / "a.csv", mark + "a,b\n1,2\n".encode(name)) == [["a", "b"], ["1", "2"]]


def test_a_guessed_encoding_is_said(tmp_path):
    data = load(tmp_path, {FILE: (HEAD + ROWS).encode() + "D-2,total,2026-02-28,1é\n".encode("cp1252")})
    note = only(data, "encoding-guessed")
    assert "Windows-1252" in note.message
    assert rows_of(data, FILE) == (3, 2, 0, 1, 0), "the note itself sets nothing aside, the bad cell does"


def test_utf8_is_proven_by_the_whole_file_not_by_its_beginning(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" * 400_000 + "x,é\n".encode("latin-1"))
    assert survey(path).encoding == "cp1252"


def test_declared_encoding_and_delimiter_win(tmp_path):
    rows = cells(tmp_path / "a.csv", "a|b;c\n1|2;3\n".encode("cp437"), encoding="cp437", delimiter="|")
    assert rows == [["a", "b;c"], ["1", "2;3"]]


def test_a_broken_byte_spoils_its_cell_only(tmp_path):
    settings = "currency: USD\ntimezone: America/New_York\nfiles: {reads/jan.csv: {encoding: utf-8}}\n"
    data = load(
        tmp_path, {"mps.yaml": settings, FILE: (HEAD + ROWS).encode() + b"D-2,total,2026-02-28,1\xff0\n"}
    )
    assert only(data, "not-a-number").row == 4
    assert values(data, "D-2") == [100, 90]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(tmp_path, delimiter):
    content = (HEAD + ROWS).replace(",", delimiter)
    data = load(tmp_path, {FILE: content})
    assert rows_of(data, FILE) == (2, 2, 0, 0, 0)


def test_a_decimal_comma_does_not_pass_for_a_delimiter():
    assert likely_delimiters(["device;rate;note", "D-1;0,5;a,b", "D-2;0,7;c"])[0] == ";"


def test_the_delimiter_under_which_the_header_is_known_wins(tmp_path):
    content = "device;meter;taken_at;value\n" + "D-2,a;total,b,c\n" * 5
    data = load(tmp_path, {FILE: content})
    assert rows_of(data, FILE) == (5, 0, 0, 5, 0)
    assert not issues(data, "columns-unknown")


def test_excels_own_hint_line(tmp_path):
    data = load(tmp_path, {FILE: "sep=;\n" + (HEAD + ROWS).replace(",", ";")})
    assert values(data, "D-2") == [100, 90]


def test_titles_above_the_column_names_are_skipped(tmp_path):
    data = load(tmp_path, {FILE: "Meter report,,,\nPrinted 2026-02-01,,,\n\n" + HEAD + ROWS})
    assert rows_of(data, FILE) == (2, 2, 0, 0, 0)


def test_line_ends_of_all_systems(tmp_path):
    for number, end in enumerate(("\r\n", "\r", "\n")):
        data = load(tmp_path / str(number), {FILE: (HEAD + ROWS).replace("\n", end)})
        assert values(data, "D-2") == [100, 90]


def test_a_quoted_cell_may_hold_lines_and_delimiters(tmp_path):
    content = (
        'device,meter,taken_at,value,reason\nD-2,total,2026-01-31,100,"first, line\nsecond ""line"""\n'
        + ("D-2,total,2026-02-28,130,\n")
    )
    data = load(tmp_path, {FILE: content})
    assert rows_of(data, FILE) == (2, 2, 0, 0, 0)
    assert next(j.read.reason for j in data.judgements("D-2")) == 'first, line\nsecond "line"'


def test_an_open_quote_costs_its_own_line_only(tmp_path):
    lines = [f"D-2,total,2026-01-{day:02d} 08:00:00,{100 + day}" for day in range(1, 31)]
    lines[4] = '"' + lines[4]
    data = load(tmp_path, {FILE: HEAD + "\n".join(lines) + "\n"})
    issue = only(data, "quote-open")
    assert issue.row == 6
    assert "D-2,total,2026-01-05" in issue.value
    assert rows_of(data, FILE) == (30, 29, 0, 1, 0)
    assert values(data, "D-2", "total") == [100 + day for day in range(1, 31) if day != 5]


def test_two_stray_quotes_do_not_glue_rows_together(tmp_path):
    content = HEAD + '"D-2,total,2026-01-05,105\nD-2,total,2026-01-06,106\n"D-2",total,2026-01-07,107\n'
    data = load(tmp_path, {FILE: content})
    assert rows_of(data, FILE) == (3, 2, 0, 1, 0)
    assert values(data, "D-2") == [106, 107]


def test_an_open_quote_on_the_last_line(tmp_path):
    data = load(tmp_path, {FILE: HEAD + ROWS + '"D-2,total,2026-02-28,130\n'})
    assert rows_of(data, FILE) == (3, 2, 0, 1, 0)


def test_more_cells_than_columns_set_the_row_aside(tmp_path):
    """An unquoted 1,234 shifts every cell after it; what stands under “value” is then wrong, not just odd."""
    data = load(tmp_path, {FILE: HEAD + ROWS + "D-2,total,2026-02-28,1,234\n"})
    issue = only(data, "too-many-cells")
    assert (issue.row, issue.value) == (4, "234")
    assert values(data, "D-2") == [100, 90]


def test_fewer_cells_are_empty_cells(tmp_path):
    data = load(tmp_path, {FILE: HEAD + ROWS + "D-2,total\n"})
    assert {issue.field for issue in issues(data, "value-missing")} == {"taken_at", "value"}
    assert rows_of(data, FILE) == (3, 2, 0, 1, 0)


def test_blank_lines_are_no_rows(tmp_path):
    data = load(tmp_path, {FILE: HEAD + "\n" + ROWS + "\n,,,\n\n"})
    assert rows_of(data, FILE) == (2, 2, 0, 0, 0)
    bad = load(tmp_path / "b", {FILE: HEAD + "\n" + ROWS + "\nD-2,total,2026-02-28,x\n"})
    assert only(bad, "not-a-number").row == 6, "rows are numbered as a spreadsheet numbers them"


@pytest.mark.parametrize("content", ["", "\ufeff"])
def test_an_empty_file_is_said(tmp_path, content):
    data = load(tmp_path, {FILE: content})
    assert next(i.code for i in data.issues(file=FILE)) in ("file-empty", "columns-unknown")
    assert rows_of(data, FILE) == (0, 0, 0, 0, 0)


def test_column_names_without_rows_are_said(tmp_path):
    data = load(tmp_path, {FILE: HEAD})
    assert only(data, "file-no-rows").file == FILE


def test_unknown_columns_set_the_whole_file_aside_and_count_its_rows(tmp_path):
    data = load(tmp_path, {FILE: "foo,bar\n1,2\n3,4\n5,6\n"})
    issue = only(data, "columns-unknown")
    assert issue.value == "foo | bar"
    assert "mps.yaml" in issue.todo
    assert rows_of(data, FILE) == (3, 0, 0, 3, 0)
    assert reads_of(data, FILE) == (3, 0, 0, 3, 0)


def test_the_same_column_twice_is_used_where_both_agree(tmp_path):
    head = "device,meter,taken_at,value,Value\n"
    rows = "D-2,total,2026-01-31,100,100\nD-2,total,2026-02-28,,130\nD-2,total,2026-03-31,150,160\n"
    data = load(tmp_path, {FILE: head + rows})
    issue = only(data, "duplicate-header")
    assert (issue.row, issue.field) == (4, "value")
    assert "150" in issue.message
    assert "160" in issue.message
    assert values(data, "D-2") == [100, 130]


def test_zero_bytes_are_left_out_and_said(tmp_path):
    data = load(tmp_path, {FILE: HEAD + ROWS + "D-2,total,2026-02-28,13\x000\n"})
    assert only(data, "file-nul").file == FILE
    assert values(data, "D-2", "total") == [100, 130]


def test_a_line_without_end_stops_nothing(tmp_path):
    data = load(tmp_path, {FILE: HEAD + ROWS + "x" * 300_000 + "\nD-2,total,2026-02-28,130\n"})
    assert values(data, "D-2", "total") == [100, 130]
    assert rows_of(data, FILE)[3] == 1


def test_a_broken_record_is_marked_in_the_table(tmp_path):
    rows = cells(tmp_path / "a.csv", b'a,b\n"x,1\n2,3\n')
    assert isinstance(rows[1], Broken)
    assert rows[2] == ["2", "3"]


def test_zeros_kept_by_excels_formula_trick(tmp_path):
    fleet = "device,serial,model\nD-2,00123,LP\n"
    content = 'serial,meter,taken_at,value\n="00123",total,2026-01-31,100\n'
    data = load(tmp_path, {"fleet.csv": fleet, "covers.csv": "contract,unit\nC-1,D-2\n", FILE: content})
    assert values(data, "D-2") == [100]
