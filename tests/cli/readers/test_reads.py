"""Rows of reads: every one is used, flagged, set aside or a duplicate, and says why."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.reads import ReadKind, ReadSource
from mps_module.readers.columns import MeterNames
from mps_module.readers.issue import BadValue, Issue
from mps_module.readers.reads import RawRead, read_reads, tag_of, untag
from mps_module.readers.settings import Settings
from mps_module.readers.sheet import FileLog
from mps_module.readers.table import open_tables
from tests.cli.readers.folders import FLEET, HEAD, SETTINGS, issues, load, only, reads_of, rows_of, values

FILE = "reads/jan.csv"
GOOD = "D-2,total,2026-01-31 08:00:00,100\n"


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ("D-9,total,2026-02-28,130", "device-unknown", "device"),
        (",total,2026-02-28,130", "serial-blank", "serial"),
        ("D-2,totl,2026-02-28,130", "meter-unknown", "meter"),
        ("D-2,,2026-02-28,130", "value-missing", "meter"),
        ("D-2,total,,130", "value-missing", "taken_at"),
        ("D-2,total,2026-02-30,130", "not-a-date", "taken_at"),
        ("D-2,total,03/04/2026,130", "date-ambiguous", "taken_at"),
        ("D-2,total,1970-01-01,130", "date-absurd", "taken_at"),
        ("D-2,total,2026-02-28,", "value-missing", "value"),
        ("D-2,total,2026-02-28,-130", "counter-negative", "value"),
        ("D-2,total,2026-02-28,130.5", "counter-fraction", "value"),
        ("D-2,total,2026-02-28,99999999999", "counter-absurd", "value"),
        ("D-2,total,2026-02-28,4294967295", "counter-unknown", "value"),
        ("D-2,total,2026-02-28,1.3E+05", "number-scientific", "value"),
        ("D-2,total,2026-02-28,1.234", "number-ambiguous", "value"),
        ("D-2,total,2026-02-28,N/A", "not-a-number", "value"),
        ("D-2,total,2026-02-28,99999999", "too-many-digits", "total"),  # the engine knows that LP has seven
        ("D-2,total,2027-02-28,130", "future-time", "total"),
        ("D-2,total,2026-02-28,90", "lower-than-before", "total"),
    ],
)
def test_each_bad_row_is_set_aside_with_its_place_and_what_to_do(tmp_path, row, code, field):
    data = load(tmp_path, {FILE: HEAD + GOOD + row + "\n"})
    issue = only(data, code)
    assert (issue.file, issue.row, issue.field) == (FILE, 3, field)
    assert issue.verdict.value == "quarantined"
    assert issue.message
    assert issue.todo
    assert rows_of(data, FILE) == (2, 1, 0, 1, 0)
    assert reads_of(data, FILE) == (2, 1, 0, 1, 0)
    assert values(data, "D-2") == [100]


def test_a_misspelt_meter_names_the_nearest(tmp_path):
    assert "“total”" in only(load(tmp_path, {FILE: HEAD + "D-2,totl,2026-02-28,130\n"}), "meter-unknown").todo


def test_a_row_tells_all_that_is_wrong_with_it_and_counts_once(tmp_path):
    data = load(tmp_path, {FILE: HEAD + "D-9,totl,31.31.2026,-1\n"})
    assert {i.field for i in data.issues(file=FILE)} == {"device", "meter", "taken_at", "value"}
    assert rows_of(data, FILE) == (1, 0, 0, 1, 0)


def test_the_same_read_again_counts_once(tmp_path):
    data = load(tmp_path, {FILE: HEAD + GOOD + GOOD, "reads/again.csv": HEAD + GOOD})
    assert values(data, "D-2") == [100]
    assert rows_of(data, FILE)[4] + rows_of(data, "reads/again.csv")[4] == 2
    assert data.tally().reads.duplicate == 2


def test_another_value_at_the_same_moment_sets_both_aside(tmp_path):
    data = load(tmp_path, {FILE: HEAD + GOOD + "D-2,total,2026-01-31 08:00:00,101\n"})
    assert len(issues(data, "conflict")) == 2
    assert values(data, "D-2") == []


def test_kinds_and_sources_in_the_words_of_others(tmp_path):
    head = "device,meter,taken_at,value,Read Type,source\n"
    rows = (
        "D-2,total,2026-01-31,100,Estimated,office\nD-2,total,2026-02-28,200,Real,DCA\n"
        "D-2,total,2026-03-31,5,Board swap,tech\nD-2,total,2026-04-30,90,,my tool\nD-2,total,2026-05-31,95,guessed,\n"
    )
    data = load(tmp_path, {FILE: head + rows})
    found = [(j.read.kind.value, j.read.source.value) for j in data.judgements("D-2")]
    assert found == [
        ("estimate", "staff"),
        ("actual", "collector"),
        ("reset", "technician"),
        ("actual", "import"),
    ]
    assert "rollover" in only(data, "kind-unknown").todo
    assert only(data, "source-unknown").verdict.value == "accepted"


def test_a_superseding_read_replaces_the_one_it_names(tmp_path):
    head = "device,meter,taken_at,value,reason,supersedes\n"
    rows = "D-2,total,2026-01-31,1000,,\nD-2,total,2026-01-31,100,typing mistake,reads/jan.csv:2\n"
    data = load(tmp_path, {FILE: head + rows})
    ledger = data.load("C-1").ledger
    assert [read.value for read in ledger.logs["D-2", "total"].reads] == [100]
    without_reason = load(tmp_path / "b", {FILE: (head + rows).replace("typing mistake", "")})
    assert only(without_reason, "no-reason").row == 3


def test_own_read_ids_can_be_superseded(tmp_path):
    content = (
        "read_id,device,meter,taken_at,value,reason,supersedes\n"
        "R1,D-2,total,2026-01-31,1000,,\nR2,D-2,total,2026-01-31,100,wrong digit,R1\n"
    )
    data = load(tmp_path, {FILE: content})
    assert [read.read_id for read in data.load("C-1").ledger.logs["D-2", "total"].reads] == ["R2"]


class TestSerials:
    HEAD = "serial,meter,taken_at,value\n"

    def test_a_serial_finds_its_device_in_any_spelling(self, tmp_path):
        data = load(tmp_path, {FILE: self.HEAD + "sn 200,total,2026-01-31,100\n"})
        assert values(data, "D-2") == [100]

    def test_a_shared_serial_is_set_aside_and_names_the_devices(self, tmp_path):
        data = load(
            tmp_path,
            {
                "fleet.csv": FLEET + "D-4,SN200,LP,CU-1,,,,,,\n",
                FILE: self.HEAD + "SN200,total,2026-01-31,1\n",
            },
        )
        assert "D-2, D-4" in only(data, "serial-ambiguous").message
        assert {issue.unit for issue in issues(data, "serial-twice")} == {"D-2", "D-4"}

    def test_unknown_and_blank_serials(self, tmp_path):
        data = load(tmp_path, {FILE: self.HEAD + "SN999,total,2026-01-31,1\n ,total,2026-01-31,1\n"})
        assert only(data, "serial-unknown").row == 2
        assert only(data, "serial-blank").row == 3

    def test_an_unknown_asset_tag_gives_way_to_the_serial(self, tmp_path):
        head = "Asset Number," + self.HEAD
        data = load(tmp_path, {FILE: head + "TAG-77,SN200,total,2026-01-31,100\n"})
        assert values(data, "D-2") == [100]

    def test_device_and_serial_must_not_name_two_devices(self, tmp_path):
        head = "device," + self.HEAD
        data = load(tmp_path, {FILE: head + "D-2,SN300,total,2026-01-31,100\n"})
        assert "D-3" in only(data, "device-serial-differ").message


class TestWide:
    HEAD = "device,date,total,mono,colour\n"

    def test_blank_cells_are_no_reads(self, tmp_path):
        data = load(tmp_path, {FILE: self.HEAD + "D-2,2026-01-31,100,,\nD-2,2026-02-28,130,N/A,-\n"})
        assert reads_of(data, FILE) == (2, 2, 0, 0, 0)

    def test_a_bad_cell_costs_only_its_own_read(self, tmp_path):
        data = load(tmp_path, {FILE: self.HEAD + "D-2,2026-01-31,100,9O,5\n"})
        issue = only(data, "not-a-number")
        assert (issue.row, issue.field, issue.meter, issue.value) == (2, "mono", "mono", "9O")
        assert rows_of(data, FILE) == (1, 0, 1, 0, 0)
        assert reads_of(data, FILE) == (3, 2, 0, 1, 0)

    def test_a_bad_date_costs_all_reads_of_the_row(self, tmp_path):
        data = load(tmp_path, {FILE: self.HEAD + "D-2,soon,100,90,5\n"})
        assert rows_of(data, FILE) == (1, 0, 0, 1, 0)
        assert reads_of(data, FILE) == (3, 0, 0, 3, 0)

    def test_a_row_without_any_value(self, tmp_path):
        data = load(tmp_path, {FILE: self.HEAD + "D-2,2026-01-31,,,\n"})
        assert only(data, "value-missing").row == 2
        assert reads_of(data, FILE) == (1, 0, 0, 1, 0)

    def test_the_same_row_again_is_a_duplicate_row(self, tmp_path):
        row = "D-2,2026-01-31,100,90,5\n"
        data = load(tmp_path, {FILE: self.HEAD + row + row})
        assert rows_of(data, FILE) == (2, 1, 0, 0, 1)
        assert reads_of(data, FILE) == (6, 3, 0, 0, 3)

    def test_a_computed_meter_is_not_read(self, tmp_path):
        """MX's mono is total - colour: a mono that the collector computed itself must not become a second truth."""
        data = load(tmp_path, {FILE: self.HEAD + "D-1,2026-01-31,100,90,5\n"})
        assert only(data, "virtual-meter").meter == "mono"
        assert reads_of(data, FILE) == (3, 2, 0, 1, 0)

    def test_a_clock_change_flags_every_read_of_the_row(self, tmp_path):
        data = load(tmp_path, {FILE: self.HEAD + "D-2,2026-11-01 01:30:00,100,90,5\n"})
        assert only(data, "time-twice").row == 2
        assert reads_of(data, FILE) == (3, 0, 3, 0, 0)

    def test_wide_reads_have_ids_of_their_own(self, tmp_path):
        data = load(tmp_path, {FILE: self.HEAD + "D-2,2026-01-31,100,90,\n"})
        assert {j.read.read_id for j in data.judgements("D-2")} == {
            "reads/jan.csv:2:total",
            "reads/jan.csv:2:mono",
        }


class TestEvidence:
    def test_other_numbers_of_the_file_decide_an_open_one(self, tmp_path):
        rows = 'D-2,total,2026-01-31,"1,234"\nD-2,total,2026-02-28,"1,234,567"\n'
        data = load(tmp_path, {FILE: HEAD + rows})
        assert values(data, "D-2") == [1234, 1234567]

    def test_without_evidence_all_open_ones_are_set_aside(self, tmp_path):
        rows = 'D-2,total,2026-01-31,"1,234"\nD-2,total,2026-02-28,"2,345"\nD-2,total,2026-03-31,999\n'
        data = load(tmp_path, {FILE: HEAD + rows})
        assert [issue.row for issue in issues(data, "number-ambiguous")] == [2, 3]
        assert values(data, "D-2") == [999]

    def test_a_declared_style_needs_no_evidence(self, tmp_path):
        rows = "D-2;total;2026-01-31;1.234\nD-2;total;2026-02-28;2.345\n"
        own = SETTINGS + 'files:\n  reads/*.csv: {numbers: "1.234,56"}\n'
        data = load(tmp_path, {"mps.yaml": own, FILE: HEAD.replace(",", ";") + rows})
        assert values(data, "D-2") == [1234, 2345]

    def test_declared_dates_and_zone_of_one_file(self, tmp_path):
        own = SETTINGS + 'files:\n  reads/jan.csv: {date_formats: ["%d/%m/%Y"], timezone: Europe/Paris}\n'
        data = load(tmp_path, {"mps.yaml": own, FILE: HEAD + "D-2,total,03/04/2026 08:00,100\n"})
        assert [j.read.taken_at.isoformat() for j in data.judgements("D-2")] == ["2026-04-03T02:00:00-04:00"]


def test_tags_keep_kind_source_and_width():
    for kind in ReadKind:
        for source in ReadSource:
            assert untag(tag_of(kind, source, 3)) == (kind, source, 3)


class Sink:
    """Takes reads without any store, as another host of the readers would."""

    def __init__(self):
        self.reads: list[tuple] = []
        self.issues: list[Issue] = []
        self.devices = {"D-1": 1, "D-2": 2}
        self.meters: list[str] = []

    def device_ref(self, device, serial):
        if (device or serial) not in self.devices:
            raise BadValue("device-unknown", "not there", "Add it.")
        return self.devices[device or serial], device or serial

    def meter_ref(self, meter):
        if meter not in self.meters:
            self.meters.append(meter)
        return self.meters.index(meter)

    def add_reads(self, log, reads):
        self.reads += [(*RawRead._make(read)[:5], self.meters[read[1]], read[5]) for read in reads]

    def add_extra(self, log, extra):
        raise AssertionError("no row of this test has a reason or an id")


def through(path, content: str):
    path.write_text(content, encoding="utf-8")
    sink = Sink()
    table = open_tables(path, "reads/x.csv")[0]
    log = FileLog("reads/x.csv", "reads", sink.issues.append)
    read_reads(table, Settings(timezone="America/New_York"), MeterNames(["total", "mono"]), log, sink)
    return sorted(sink.reads), sorted((i.row, i.field, i.code) for i in sink.issues), log.rows, log.reads


cell = st.sampled_from(
    ["D-1", "D-2", "D-9", " D-1", "total", "Total", "mono", "x", "2026-01-31", "2026-01-31 08:00:00", "2026-11-01 01:30:00",
     "31/01/2026", "03/04/2026", "0", "7", " 7", "12345", "-1", "1,5", "1.234", "99999999999", "4294967295", "", "1_0"]
)  # fmt: skip
row = st.lists(cell, min_size=0, max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.lists(row, max_size=12))
def test_the_short_way_and_the_careful_way_give_the_same(tmp_path_factory, rows):
    """A single quotation mark sends the file the careful way."""
    folder = tmp_path_factory.mktemp("ways")
    lines = [";".join(cells) for cells in rows]
    short = through(folder / "a.csv", "\n".join(["device;meter;taken_at;value", *lines]))
    careful = through(folder / "b.csv", "\n".join(['"device";meter;taken_at;value', *lines]))
    assert short == careful
    assert short[2] == sum(any(text.strip() for text in cells) for cells in rows)
