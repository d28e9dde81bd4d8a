"""Files of reads: the counts add up, a stopped import goes on where it was, and doing it again adds nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import frappe
import pytest

from mps_module.api import devices
from mps_module.api import reads as api
from mps_module.fleet import importer, store
from tests.site.fleet import build


def upload(name: str, text: str | bytes) -> str:
    """A private file; its URL."""
    return (
        frappe.get_doc(
            {
                "doctype": "File",
                "file_name": name,
                "content": text,
                "is_private": 1,
                "attached_to_doctype": None,
            }
        )
        .insert()
        .file_url
    )


def new_import(text: str | bytes, name: str = "reads.csv", **values) -> str:
    return (
        frappe.get_doc({"doctype": "Meter Read Import", "file": upload(name, text), **values}).insert().name
    )


def run(name: str):
    importer.run(name)
    return frappe.get_doc("Meter Read Import", name)


def counts(doc) -> dict[str, int]:
    return {
        key: doc.get(key) for key in ("rows_received", "accepted", "flagged", "quarantined", "duplicates")
    }


def long_file(devices: int, first: int = 1) -> str:
    lines = ["device,meter,taken_at,value"]
    for n in range(first, first + devices):
        for month in (1, 2, 3):
            lines.append(f"I-{n:03d},mono,2026-0{month}-01 08:00:00,{n * 1000 + month}")
    return "\n".join(lines)


def test_a_long_file_with_every_kind_of_trouble():
    build.device("T-1", serial_no_text="SN1")
    doc = run(
        new_import(
            "\n".join(
                [
                    "Serial Number,Meter,Date,Value,Comment",
                    "SN1,B/W,2026-03-01 08:00,100,",
                    "SN1,B/W,2026-03-01 08:00,100,again",
                    "SN1,B/W,2026-04-01 08:00,90,backwards",
                    "SN9,Color,2026-03-01 08:00,5,stranger",
                    "SN1,Color,never,5,",
                    "SN1,Color,2026-03-01 08:00,1.2E+05,from a spreadsheet",
                    "SN1,Flavour,2026-03-01 08:00,3,",
                    "SN1,Color,2026-03-02 08:00,40,",
                ]
            )
        )
    )
    assert doc.status == "Completed"
    assert counts(doc) == {"rows_received": 8, "accepted": 2, "flagged": 0, "quarantined": 5, "duplicates": 1}
    waiting = frappe.get_all(
        "Meter Read Quarantine",
        {"batch": doc.name},
        ["row_no", "code", "device", "serial", "meter", "raw_taken_at", "raw_value"],
        order_by="row_no",
    )
    assert [(w.row_no, w.code) for w in waiting] == [
        (4, "lower-than-before"),
        (5, "serial-unknown"),
        (6, "not-a-date"),
        (7, "number-scientific"),
        (8, "meter-unknown"),
    ]
    # What stood in the row is kept, so that it can be repaired without the file.
    assert (waiting[1].serial, waiting[1].meter, waiting[1].raw_value) == ("SN9", "colour", "5")
    assert (waiting[2].device, waiting[2].raw_taken_at, waiting[2].raw_value) == ("T-1", "never", "5")
    assert (waiting[3].device, waiting[3].raw_value) == ("T-1", "1.2E+05")


def test_the_same_file_again_is_all_duplicates():
    build.device("I-001")
    text = long_file(1) + "\nI-001,mono,2026-04-01,1\nI-999,mono,2026-04-01,1"
    first = run(new_import(text))
    assert counts(first) == {
        "rows_received": 5,
        "accepted": 3,
        "flagged": 0,
        "quarantined": 2,
        "duplicates": 0,
    }
    again = run(new_import(text, "again.csv"))
    assert counts(again) == {
        "rows_received": 5,
        "accepted": 0,
        "flagged": 0,
        "quarantined": 0,
        "duplicates": 5,
    }


def test_a_collectors_wide_file_in_its_own_words():
    build.device("T-1", serial_no_text="XYZ")
    doc = run(
        new_import(
            "serialNumber,latest_meter_timestamp,pageCounts_default_totalBlack,pageCounts_default_totalColor\n"
            "XYZ,2026-03-01T12:00:00Z,8002,5919\n"
            "XYZ,2026-04-01T12:00:00Z,8100,N/A\n"
            "XYZ,2026-05-01T12:00:00Z,8200,-4\n"
        )
    )
    assert counts(doc) == {"rows_received": 5, "accepted": 4, "flagged": 0, "quarantined": 1, "duplicates": 0}
    assert frappe.db.get_value("Meter Read", {"device": "T-1", "value": 8002}, ["source", "meter"]) == (
        "collector", "mono",
    )  # fmt: skip
    bad = frappe.get_doc("Meter Read Quarantine", {"batch": doc.name})
    assert (bad.code, bad.device, bad.meter, bad.raw_value) == ("counter-negative", "T-1", "colour", "-4")


def test_mapping_zone_dates_and_numbers_as_the_import_says():
    build.device("T-1")
    doc = run(
        new_import(
            "Gerätenr;Ablesung;Stand SW\nT-1;01.03.2026 08:00;12.345\n",
            column_mapping='{"Gerätenr": "device", "Ablesung": "taken_at", "Stand SW": "mono"}',
            time_zone="Europe/Berlin",
            date_format="%d.%m.%Y",
            number_sample="1.234,56",
            source="portal",
        )
    )
    assert counts(doc)["accepted"] == 1
    read = frappe.get_doc("Meter Read", {"device": "T-1"})
    assert (read.value, str(read.taken_at), read.source, read.batch) == (
        12345, "2026-03-01 02:00:00", "portal", doc.name,
    )  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        {"column_mapping": "Datum: taken_at"},
        {"column_mapping": '["a"]'},
        {"time_zone": "Mars/Olympus"},
        {"number_sample": "1234"},
    ],
)
def test_settings_that_cannot_be_understood_are_refused_at_once(values):
    with pytest.raises(frappe.ValidationError):
        new_import("device,meter,taken_at,value\n", **values)


def test_a_file_of_unknown_columns_fails_and_says_so_and_can_be_started_again():
    build.device("T-1")
    name = new_import("wer,was,wann,wieviel\nT-1,mono,2026-03-01,5\nT-1,mono,2026-03-02,6\n")
    doc = run(name)
    assert (doc.status, doc.rows_received, doc.quarantined) == ("Failed", 2, 2)
    assert "columns are not recognised" in doc.log
    doc.column_mapping = '{"wer": "device", "was": "meter", "wann": "taken_at", "wieviel": "value"}'
    doc.save()
    assert counts(run(name)) == {
        "rows_received": 2,
        "accepted": 2,
        "flagged": 0,
        "quarantined": 0,
        "duplicates": 0,
    }


def test_a_total_that_misses_its_parts_is_taken_and_told():
    """8,002 + 5,919 = 13,921, but the device says 13,037: 884 less."""
    build.device("T-1", device_model=build.model("Own total", {"mono": {}, "colour": {}, "total": {}}))
    doc = run(
        new_import(
            "device,latest_meter_timestamp,pageCounts_default_total,pageCounts_default_totalBlack,pageCounts_default_totalColor\n"
            "T-1,2026-03-01 08:00:00,13037,8002,5919\nT-1,2026-03-02 08:00:00,14000,8050,5950\n"
        )
    )
    assert doc.accepted == 6
    assert "total 13,037: misses by -884" in doc.log
    assert "2026-03-02" not in doc.log
    assert devices.sums("T-1") == {
        "message": "mono 8,050 + colour 5,950 = 14,000, total 14,000: agrees",
        "difference": 0,
        "taken_at": "2026-03-02 08:00:00",
    }


def test_the_desk_is_not_told_of_files_that_it_does_not_have():
    build.device("T-1")
    doc = run(
        new_import(
            "device,meter,taken_at,value\nT-1,mono,01/02/2026,5\nT-1,mono,2026-03-01,1.234\nT-1,noir9,2026-03-01,5\n"
        )
    )
    todos = frappe.get_all("Meter Read Quarantine", {"batch": doc.name}, pluck="todo", order_by="row_no")
    assert ["Date Format" in todos[0], "Numbers Look Like" in todos[1], "Choose the meter" in todos[2]] == [
        True
    ] * 3
    assert not [todo for todo in todos if "mps.yaml" in todo or "models.csv" in todo]


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"PK\x03\x04 no workbook"])
def test_a_file_that_is_no_table_fails_and_says_so(content: bytes):
    doc = run(new_import(content, "odd.xlsx"))
    assert doc.status == "Failed" and doc.log


class TestResume:
    """A worker that dies loses the lot that it was at, and nothing else."""

    @pytest.fixture
    def stopped(self, monkeypatch: pytest.MonkeyPatch) -> str:
        """An import of ten devices in lots of two that died in its third lot of devices."""
        for n in range(1, 11):
            build.device(f"I-{n:03d}")
        monkeypatch.setattr(importer, "LOT", 6)
        name = new_import(long_file(10) + "\nI-777,mono,2026-01-01,1\nI-001,mono,2026-02-15,5")
        real, calls = store.insert_reads, []

        def dies(accepted, batch):
            calls.append(batch)
            if len(calls) == 4:
                raise KeyboardInterrupt
            real(accepted, batch)

        # Commits keep nothing in tests, so a savepoint stands for what a lot has committed.
        kept = frappe.db.commit
        monkeypatch.setattr(frappe.db, "commit", lambda: frappe.db.savepoint("lot") or kept())
        with monkeypatch.context() as patch:
            patch.setattr(store, "insert_reads", dies)
            with pytest.raises(KeyboardInterrupt):
                importer.run(name)
        frappe.db.rollback(save_point="lot")
        return name

    def test_it_goes_on_where_it_was(self, stopped: str):
        half = frappe.get_doc("Meter Read Import", stopped)
        assert half.status == "Running" and 0 < half.accepted < 30
        done = run(stopped)
        assert done.status == "Completed"
        assert counts(done) == {
            "rows_received": 32,
            "accepted": 30,
            "flagged": 0,
            "quarantined": 2,
            "duplicates": 0,
        }
        assert frappe.db.count("Meter Read", {"batch": stopped}) == 30

    def test_a_device_registered_meanwhile_does_not_count_its_row_twice(self, stopped: str):
        build.device("I-777")
        done = run(stopped)
        assert (done.status, done.accepted, done.quarantined) == ("Completed", 30, 2)

    def test_a_second_worker_steps_back(self, stopped: str, monkeypatch: pytest.MonkeyPatch):
        """Two workers read the same position; the one that comes later finds it moved on."""
        slow = importer._Import(stopped)
        run(stopped)
        before = frappe.db.count("Meter Read", {"batch": stopped})
        frappe.db.set_value("Meter Read Import", stopped, "status", "Running")
        monkeypatch.setattr(frappe.db, "rollback", lambda **_: None)  # would undo what this test has built
        slow._finish = lambda found: pytest.fail("the second worker went on")
        slow.run()
        assert frappe.db.count("Meter Read", {"batch": stopped}) == before

    def test_another_file_cannot_take_its_place(self, stopped: str):
        path = importer.file_path(frappe.db.get_value("Meter Read Import", stopped, "file"))
        path.write_text(path.read_text() + "\nI-002,mono,2026-05-01,9999")
        with pytest.raises(frappe.ValidationError, match="not the one"):
            importer._Import(stopped).run()

    def test_the_hourly_job_takes_it_up(self, stopped: str, monkeypatch: pytest.MonkeyPatch):
        started: list[str] = []
        monkeypatch.setattr(importer, "start", started.append)
        monkeypatch.setattr(importer, "is_job_enqueued", lambda job: False)
        importer.resume_stopped()
        assert stopped not in started  # it may be at work still
        frappe.db.set_value("Meter Read Import", stopped, "modified", "2026-01-01", update_modified=False)
        importer.resume_stopped()
        assert stopped in started


def test_a_lot_that_somebody_else_just_sent_is_looked_at_again(monkeypatch: pytest.MonkeyPatch):
    """The unique key stops what was entered between look and write; the second look finds duplicates."""
    build.device("I-001")
    name = new_import(long_file(1))
    real = store.insert_reads
    frappe.db.savepoint("begun")
    monkeypatch.setattr(frappe.db, "rollback", lambda: None)  # what other tests need is not to be thrown away

    def beaten(accepted, batch):
        monkeypatch.setattr(store, "insert_reads", real)
        real(accepted, "other")
        real(accepted, batch)

    monkeypatch.setattr(store, "insert_reads", beaten)
    doc = run(name)
    assert counts(doc) == {"rows_received": 3, "accepted": 0, "flagged": 0, "quarantined": 0, "duplicates": 3}


def test_one_failure_is_on_the_import_and_in_the_error_log(monkeypatch: pytest.MonkeyPatch):
    build.device("I-001")
    name = new_import(long_file(1))
    monkeypatch.setattr(frappe.db, "rollback", lambda: None)
    monkeypatch.setattr(importer, "enter", lambda *_a, **_k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        importer.run(name)
    doc = frappe.get_doc("Meter Read Import", name)
    assert doc.status == "Failed" and "division by zero" in doc.log
    assert frappe.db.exists("Error Log", {"reference_name": name})
    monkeypatch.undo()


def test_starting_queues_one_job(monkeypatch: pytest.MonkeyPatch):
    build.device("I-001")
    name = new_import(long_file(1))
    jobs: list[dict] = []
    monkeypatch.setattr(frappe, "enqueue", lambda method, **kw: jobs.append({"method": method, **kw}))
    api.start_import(name)
    assert (jobs[0]["queue"], jobs[0]["job_id"], jobs[0]["deduplicate"], jobs[0]["enqueue_after_commit"]) == (
        "long", f"mps-meter-read-import-{name}", True, True,
    )  # fmt: skip
    assert frappe.db.get_value("Meter Read Import", name, "status") == "Queued"
    run(name)
    with pytest.raises(frappe.ValidationError, match="complete"):
        api.start_import(name)


def test_an_import_that_gave_reads_stays():
    build.device("I-001")
    name = run(new_import(long_file(1))).name
    doc = frappe.get_doc("Meter Read Import", name)
    doc.file = upload("other.csv", long_file(2))
    with pytest.raises(frappe.ValidationError, match="has begun"):
        doc.save()
    with pytest.raises(frappe.ValidationError, match="came from this import"):
        frappe.delete_doc("Meter Read Import", name)


KILLED = """
import os, signal, frappe
frappe.init({site!r}, sites_path=".")
frappe.connect()
frappe.set_user("Administrator")
from mps_module.fleet import importer, store
importer.LOT = 6
real, calls = store.insert_reads, []
def dies(accepted, batch):
    real(accepted, batch)
    calls.append(1)
    if len(calls) == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
store.insert_reads = dies
importer.run({name!r})
"""


@pytest.mark.commits
@pytest.mark.parametrize("at", [1, 3, 6])
def test_killed_for_real_and_run_again(at: int, site: str):
    """SIGKILL between the insert of a lot and its commit; the next worker completes it, nothing twice, nothing missing."""
    made: list[str] = []
    try:
        for n in range(1, 11):
            made.append(build.device(f"I-{n:03d}"))
        name = new_import(long_file(10) + "\nI-777,mono,2026-01-01,1")
        frappe.db.commit()
        script = KILLED.format(site=site, name=name, at=at)
        killed = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=Path.cwd()
        )
        assert killed.returncode == -9, killed.stderr
        frappe.db.rollback()
        doc = run(name)
        assert (doc.status, doc.rows_received, doc.accepted, doc.quarantined) == ("Completed", 31, 30, 1)
        assert frappe.db.count("Meter Read", {"batch": name}) == 30
    finally:
        frappe.db.rollback()
        url = frappe.db.get_value("Meter Read Import", name, "file")
        frappe.db.delete("Meter Read", {"device": ["in", made]})
        frappe.db.delete("Meter Read Quarantine", {"batch": name})
        frappe.db.delete("Meter Read Import", {"name": name})
        for doctype in ("MPS Device Location", "MPS Device Volume"):
            frappe.db.delete(doctype, {"parent": ["in", made]})
        frappe.db.delete("MPS Device", {"name": ["in", made]})
        frappe.delete_doc("MPS Device Model", "bizhub C360i", force=True)
        frappe.delete_doc("Customer", "Ellery Schools", force=True)
        frappe.delete_doc("File", frappe.db.get_value("File", {"file_url": url}, "name"), force=True)
        frappe.db.commit()
