"""Whatever stands in the files: no crash, and no lost row.

The example counts are small so that the whole suite stays quick; the search was also run with many more.
"""

import csv
import io
import math
import os
import re
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mps_module.cli import store
from tests.cli.readers.folders import CONTRACT, COVERS, FLEET, HEAD, MODELS, NOW, SETTINGS, write
from tests.cli.readers.test_contracts import FULL

EXAMPLES = int(os.environ.get("MPS_FUZZ", "40"))
fuzz = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KINDS = ["mps.yaml", "customers.csv", "models.csv", "fleet.csv", "covers.csv", "calls.csv", "parts.csv"]
KINDS += ["contracts/x.yaml", "reads/x.csv", "reads/x.xlsx", "fleet.xlsx"]
READS = HEAD + "".join(
    f"D-{n % 3 + 1},total,2026-0{n // 3 + 1}-1{n % 10} 0{n % 10}:30:00,{1000 + 37 * n}\n" for n in range(12)
)
WIDE = "serial,date,total,mono,colour\n" + "".join(
    f"SN{n % 2 + 2}00,2026-0{n // 2 + 1}-28,{1000 + 40 * n},{700 + 20 * n},{300 + 20 * n}\n" for n in range(9)
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def counted(root, files) -> store.Store:
    """Load, look at everything once, and check the counts."""
    for old in [*root.rglob("*.xlsx"), *root.rglob("x.*"), *root.glob("ca*.csv"), *root.glob("parts.csv")]:
        old.unlink(missing_ok=True)
    data = store.load(write(root, files), now=NOW)
    for contract in data.contract_ids():
        data.load(contract)
    tally = data.tally()
    assert tally.adds_up, tally
    for issue in data.issues():
        assert issue.code
        assert issue.message
        assert issue.file
    return data


def received(data: store.Store, file: str) -> int:
    return next(tally.rows.received for tally in data.tally().files if tally.file == file)


@fuzz
@given(st.sampled_from(KINDS), st.binary(max_size=300))
def test_random_bytes_in_any_file(root, name, content):
    with counted(root, {name: content}):
        pass


@fuzz
@given(
    st.sampled_from(["reads/x.csv", "covers.csv", "fleet.csv", "calls.csv", "models.csv"]),
    st.lists(
        st.lists(st.text(alphabet=string.printable + "äé€\u2028\ufeff", max_size=8), max_size=6), max_size=8
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_random_tables_keep_their_rows(root, name, rows, delimiter):
    head = {
        "reads/x.csv": HEAD, "covers.csv": COVERS, "fleet.csv": FLEET, "models.csv": MODELS,
        "calls.csv": "call,device,date,contract\n",
    }[name].splitlines()[0].split(",")  # fmt: skip
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    writer.writerows([[re.sub(r"[\r\n]", " ", cell) for cell in row] for row in rows])
    kept = sum(any(re.sub(r"[\0]", "", cell).strip() for cell in row) for row in rows)
    with counted(root, {name: out.getvalue(), "mps.yaml": SETTINGS}) as data:
        assert received(data, name) == kept


edit = st.tuples(
    st.sampled_from(["insert", "delete", "replace"]),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(
        [
            *",;.|-:/\t\n= '0159aDZ",
            "ü",
            "\u00a0",
            "99999999999",
            "\n\n",
            "D-2",
            "2026",
            "NaN",
            "\x00",
            "\ufeff",
        ]
    ),
)


def mutated(text: str, edits, start: int) -> str:
    """`text` with small edits behind `start`."""
    for what, place, piece in edits:
        at = start + int(place * (len(text) - start))
        end = at if what == "insert" else at + 1
        text = text[:at] + ("" if what == "delete" else piece) + text[end:]
    return text


def lines_of(text: str) -> int:
    """Lines that hold more than blanks and delimiters, without the header."""
    lines = re.split(r"\r\n|\r|\n", text.replace("\0", ""))
    return sum(bool(line.replace(",", "").strip()) for line in lines) - 1


@fuzz
@given(
    st.sampled_from([READS, WIDE]),
    st.lists(edit, min_size=1, max_size=8),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_mutated_reads_keep_their_rows(root, good, edits, encoding):
    text = mutated(good, edits, good.index("\n") + 1)
    settings_text = SETTINGS + 'files: {reads/x.csv: {delimiter: ","}}\n'
    content = text.encode(encoding, "replace")
    with counted(root, {"reads/x.csv": content, "mps.yaml": settings_text}) as data:
        assert received(data, "reads/x.csv") == lines_of(content.decode(encoding))


@fuzz
@given(st.floats(0, 1, exclude_max=True), st.sampled_from([READS, WIDE]))
def test_one_stray_quotation_mark_loses_no_row(root, place, good):
    text = mutated(good, [("insert", place, '"')], good.index("\n") + 1)
    with counted(root, {"reads/x.csv": text, "mps.yaml": SETTINGS}) as data:
        assert received(data, "reads/x.csv") == lines_of(good)
        tally = next(tally for tally in data.tally().files if tally.file == "reads/x.csv")
        assert tally.rows.quarantined <= 1, "only the row with the mark is set aside"


@fuzz
@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=7))
def test_many_stray_quotation_marks_stay_countable(root, places):
    text = mutated(READS, [("insert", place, '"') for place in places], READS.index("\n") + 1)
    with counted(root, {"reads/x.csv": text, "mps.yaml": SETTINGS}) as data:
        assert received(data, "reads/x.csv") <= lines_of(READS)
        spans = sum(issue.value.count("\\n") for issue in data.issues(file="reads/x.csv"))
        assert received(data, "reads/x.csv") + spans >= lines_of(READS), "a row is gone without a word"


yaml_edit = st.tuples(
    st.sampled_from(["insert", "delete", "replace"]),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(
        [
            *"{}[]:,-#&*!|>'\"%@` \n\t0a?",
            "<<: ",
            "null",
            "~",
            "- ",
            "\u0085",
            "\ud7ff",
            "1e9",
            "0x1F",
            "---\n",
        ]
    ),
)


@fuzz
@given(st.sampled_from([CONTRACT, FULL, SETTINGS]), st.lists(yaml_edit, min_size=1, max_size=6))
def test_mutated_yaml(root, good, edits):
    name = "mps.yaml" if good == SETTINGS else "contracts/x.yaml"
    with counted(root, {name: mutated(good, edits, 0)}) as data:
        assert data.tally().files


@fuzz
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=3)), min_size=1, max_size=5))
def test_mutated_workbooks(root, edits):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in READS.splitlines():
        book.active.append(line.split(","))
    out = io.BytesIO()
    book.save(out)
    content = out.getvalue()
    for place, piece in edits:
        at = int(place * len(content))
        content = content[:at] + piece + content[at + len(piece) :]
    with counted(root, {"reads/x.xlsx": content}):
        pass


cells = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), st.dates(), st.datetimes(),
    st.text(alphabet=string.ascii_letters + string.digits + " =+-.,:/ä", max_size=12),
    st.sampled_from(["D-1", "total", "=1+1", "=D-1", "#REF!", "2026-01-31", 46053.5, 1234.0]),
)  # fmt: skip


@fuzz
@given(st.lists(st.lists(cells, min_size=1, max_size=5), max_size=8))
def test_random_workbooks_keep_their_rows(root, rows):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["device", "meter", "taken_at", "value"])
    count = 0
    for row in rows:
        try:
            book.active.append(row)
        except (ValueError, TypeError):  # what a workbook cannot hold (nan)
            return
        if any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in row):
            count += 1
    if any(isinstance(cell, float) and not math.isfinite(cell) for row in rows for cell in row):
        return
    out = io.BytesIO()
    try:
        book.save(out)
    except (ValueError, OverflowError):
        return
    with counted(root, {"reads/x.xlsx": out.getvalue(), "mps.yaml": SETTINGS}) as data:
        assert received(data, "reads/x.xlsx") == count
