"""What becomes of readings that come in: verdicts, the ledger, the quarantine, and the once-only of it all."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import frappe
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mps_module.fleet.intake import enter_reads, supersede, withdraw
from mps_module.fleet.ledger import ledger_for
from mps_module.fleet.quarantine import dismiss
from tests.site.fleet import build
from tests.site.fleet.build import row


def verdicts(entry) -> list[str]:
    return [outcome.verdict.value for outcome in entry.outcomes]


def ledger_rows(device: str) -> list[tuple]:
    """What the ledger holds of a device, as a person would list it."""
    rows = frappe.get_all(
        "Meter Read",
        {"device": device},
        ["meter", "value", "kind", "status"],
        order_by="meter, taken_at, name",
    )
    return [(r.meter, r.value, r.kind, r.status) for r in rows]


def test_one_read_is_a_document_that_says_where_it_came_from():
    build.device()
    entry = enter_reads([row("T-1", "mono", "2026-03-01 08:30", "12345")], "staff", batch="Visit 7")
    doc = frappe.get_doc("Meter Read", entry.outcomes[0].read)
    assert (doc.device, doc.meter, doc.value, doc.kind, doc.source) == (
        "T-1",
        "mono",
        12345,
        "actual",
        "staff",
    )
    assert doc.taken_at == datetime(2026, 3, 1, 8, 30)
    assert (doc.customer, doc.batch, doc.status, doc.owner) == (
        "Ellery Schools", "Visit 7", "Accepted", "Administrator",
    )  # fmt: skip


def test_a_time_with_an_offset_is_kept_in_the_sites_time():
    """08:30 in Berlin is 02:30 in New York (both in winter time)."""
    build.device()
    entry = enter_reads([row("T-1", "mono", "2026-02-01T08:30:00+01:00", 5)], "collector")
    assert frappe.db.get_value("Meter Read", entry.outcomes[0].read, "taken_at") == datetime(
        2026, 2, 1, 2, 30
    )


def test_every_verdict_and_the_counts_add_up():
    build.device(volumes=[{"meter": "mono", "monthly_volume": 1000}])
    enter_reads([row("T-1", "mono", "2026-01-01", 100), row("T-1", "mono", "2026-02-01", 1100)], "import")
    entry = enter_reads(
        [
            row("T-1", "mono", "2026-03-01", 2000),  # about 1,000 a month, as expected
            row("T-1", "mono", "2026-03-01", 2000),  # the same again
            row("T-1", "mono", "2026-04-01", 9000),  # seven times the expected volume
            row("T-1", "mono", "2026-04-15", 500),  # the counter ran backwards
            row("T-9", "mono", "2026-04-15", 500),  # nobody's
            row("T-1", "mono", "someday", 500),
            row("T-1", "colour", "2026-03-01", "1.5"),
            row("T-1", "flavour", "2026-03-01", 1),
            row("T-1", "total", "2026-03-01", 1),  # computed on this model
            row("T-1", "colour", "2099-03-01", 7),  # still to come
        ],
        "import",
    )
    assert entry.counts == {"received": 10, "accepted": 1, "flagged": 1, "quarantined": 7, "duplicate": 1}
    assert [out.code for out in entry.outcomes][2:] == [
        "above-expected", "lower-than-before", "device-unknown", "not-a-date", "counter-fraction", "meter-unknown",
        "virtual-meter", "future-time",
    ]  # fmt: skip
    waiting = frappe.get_all(
        "Meter Read Quarantine",
        {"status": "Open"},
        ["code", "raw_value", "todo", "row_no"],
        order_by="row_no",
    )
    assert [w.row_no for w in waiting] == [4, 5, 6, 7, 8, 9, 10]
    assert all(w.raw_value and w.todo for w in waiting)
    assert ledger_rows("T-1") == [
        ("mono", 100, "actual", "Accepted"),
        ("mono", 1100, "actual", "Accepted"),
        ("mono", 2000, "actual", "Accepted"),
        ("mono", 9000, "actual", "Flagged"),
    ]


def test_the_same_rows_again_change_nothing():
    build.device()
    rows = [
        row("T-1", "mono", "2026-03-01", 100),
        row("T-1", "mono", "2026-03-02", 50),
        row("X", "mono", "2026-03-02", 1),
    ]
    first = enter_reads(rows, "collector")
    again = enter_reads(rows, "portal")
    assert verdicts(first) == ["accepted", "quarantined", "quarantined"]
    assert verdicts(again) == ["duplicate"] * 3
    assert again.outcomes[0].read == first.outcomes[0].read
    assert again.outcomes[1].quarantine == first.outcomes[1].quarantine
    assert frappe.db.count("Meter Read", {"device": "T-1"}) == 1
    assert frappe.db.count("Meter Read Quarantine", {"raw_value": ["in", ["50", "1"]]}) == 2


def test_two_values_at_one_time_are_both_put_aside():
    build.device()
    entry = enter_reads(
        [row("T-1", "mono", "2026-03-01 10:00", 100), row("T-1", "mono", "2026-03-01 10:00", 120)], "import"
    )
    assert verdicts(entry) == ["quarantined", "quarantined"]
    assert {out.code for out in entry.outcomes} == {"conflict"}
    assert ledger_rows("T-1") == []


def test_a_reading_that_waited_for_its_device_comes_in_and_leaves_the_quarantine():
    rows = [row("", "mono", "2026-03-01", 100, serial="AB 123")]
    waiting = enter_reads(rows, "collector").outcomes[0]
    assert waiting.code == "serial-unknown"
    build.device(serial_no_text="ab123")
    taken = enter_reads(rows, "collector").outcomes[0]
    assert taken.verdict.value == "accepted"
    settled = frappe.get_doc("Meter Read Quarantine", waiting.quarantine)
    assert (settled.status, settled.read) == ("Repaired", taken.read)


def test_a_repeated_serial_names_nobody_and_a_blank_one_neither():
    build.device("T-1", serial_no_text="SN 1")
    build.device("T-2", serial_no_text="sn1")
    entry = enter_reads(
        [row("", "mono", "2026-03-01", 1, serial="SN1"), row("", "mono", "2026-03-01", 1, serial=" ")],
        "collector",
    )
    assert [out.code for out in entry.outcomes] == ["serial-ambiguous", "serial-blank"]
    assert "T-1, T-2" in entry.outcomes[0].message


def test_a_retired_device_no_longer_answers_to_its_serial():
    build.device("T-1", serial_no_text="SN1", status="Retired")
    build.device("T-2", serial_no_text="SN1")
    assert frappe.db.get_value(
        "Meter Read", enter_reads([row("", "mono", "2026-03-01", 1, serial="SN1")], "staff").outcomes[0].read, "device"
    ) == "T-2"  # fmt: skip


def test_a_device_is_found_by_its_asset_tag_and_must_have_the_serial_that_the_row_names():
    build.device("T-1", asset_tag="4711", serial_no_text="A1")
    build.device("T-2", serial_no_text="B2")
    entry = enter_reads(
        [row("4711", "mono", "2026-03-01", 1), row("T-1", "colour", "2026-03-01", 1, serial="B2")],
        "collector",
    )
    assert entry.outcomes[0].verdict.value == "accepted"
    assert entry.outcomes[1].code == "device-serial-differ"


def test_a_wide_row_gives_a_reading_a_meter():
    build.device()
    entry = enter_reads(
        [row("T-1", "", "2026-03-01", None, meters={"B/W": 10, "Full Color": 4})], "collector"
    )
    assert entry.counts["accepted"] == 2
    assert ledger_rows("T-1") == [("colour", 4, "actual", "Accepted"), ("mono", 10, "actual", "Accepted")]


def test_a_collectors_clock_may_run_ahead_a_little():
    build.device()
    now = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
    rows = [row("T-1", "mono", "2026-03-01T13:30:00Z", 10)]
    assert enter_reads(rows, "staff", now=now, keep_refused=False).outcomes[0].code == "future-time"
    assert verdicts(enter_reads(rows, "collector", now=now)) == ["accepted"]


def test_the_buffer_is_the_sites_setting():
    """1,000 a month expected; 1,500 in a month of 30 days is 51 % above what 30.25 days would bring."""
    build.device(volumes=[{"meter": "mono", "monthly_volume": 1000}])
    enter_reads([row("T-1", "mono", "2026-04-01", 0)], "import")
    rows = [row("T-1", "mono", "2026-05-01", 1500)]
    assert verdicts(enter_reads(rows, "import", keep_refused=False)) == ["accepted"]
    frappe.db.rollback()
    build.device(volumes=[{"meter": "mono", "monthly_volume": 1000}])
    frappe.db.set_single_value("MPS Settings", "buffer_percent", 40)
    frappe.clear_document_cache("MPS Settings", "MPS Settings")
    enter_reads([row("T-1", "mono", "2026-04-01", 0)], "import")
    assert verdicts(enter_reads(rows, "import")) == ["flagged"]


class TestAppendOnly:
    """Not even the Administrator changes a read."""

    @pytest.fixture
    def read(self) -> str:
        build.device()
        enter_reads([row("T-1", "mono", "2026-03-01", 100)], "staff")
        return enter_reads([row("T-1", "mono", "2026-04-01", 5000)], "staff").outcomes[0].read

    def test_no_edit(self, read: str):
        doc = frappe.get_doc("Meter Read", read)
        doc.value = 50
        with pytest.raises(frappe.ValidationError, match="never changed"):
            doc.save()
        assert frappe.db.get_value("Meter Read", read, "value") == 5000

    def test_no_delete(self, read: str):
        with pytest.raises(frappe.ValidationError, match="never deleted"):
            frappe.delete_doc("Meter Read", read, force=True)
        assert frappe.db.exists("Meter Read", read)

    def test_no_rename(self, read: str):
        with pytest.raises(frappe.ValidationError):
            frappe.rename_doc("Meter Read", read, "MR-OTHER", force=True)
        assert frappe.db.exists("Meter Read", read)

    def test_supersede_keeps_both_and_bills_the_right_one(self, read: str):
        new = supersede(read, 500, "typed a nought too many").read
        assert frappe.db.get_value("Meter Read", read, ["value", "superseded_by"]) == (5000, new)
        assert frappe.db.get_value("Meter Read", new, ["value", "supersedes", "reason"]) == (
            500, read, "typed a nought too many",
        )  # fmt: skip
        log = ledger_for(["T-1"]).logs["T-1", "mono"]
        assert [r.value for r in log.reads] == [100, 500]

    def test_supersede_wants_a_reason_and_a_value_that_fits(self, read: str):
        with pytest.raises(frappe.ValidationError, match="reason"):
            supersede(read, 500, " ")
        with pytest.raises(frappe.ValidationError, match="lower"):
            supersede(read, 50, "misread")
        assert not frappe.db.get_value("Meter Read", read, "superseded_by")

    def test_a_read_is_superseded_once(self, read: str):
        supersede(read, 500, "typo")
        with pytest.raises(frappe.ValidationError, match="superseded already"):
            supersede(read, 510, "typo")

    def test_withdrawn_does_not_count_stays_visible_and_is_not_taken_again(self, read: str):
        withdraw(read, "read of the machine next to it")
        assert frappe.db.get_value("Meter Read", read, ["status", "reason"]) == (
            "Withdrawn", "read of the machine next to it",
        )  # fmt: skip
        assert [r.value for r in ledger_for(["T-1"]).logs["T-1", "mono"].reads] == [100]
        again = enter_reads([row("T-1", "mono", "2026-04-01", 5000)], "collector").outcomes[0]
        assert (again.verdict.value, again.read) == ("duplicate", read)

    def test_a_withdrawn_correction_lets_the_old_read_count_again(self, read: str):
        new = supersede(read, 500, "typo").read
        withdraw(new, "it was right")
        assert [r.value for r in ledger_for(["T-1"]).logs["T-1", "mono"].reads] == [100, 5000]
        assert not frappe.db.get_value("Meter Read", read, "superseded_by")

    def test_a_reset_that_later_reads_rest_on_stays(self, read: str):
        reset = (
            enter_reads([row("T-1", "mono", "2026-05-01", 3, kind="reset")], "technician").outcomes[0].read
        )
        enter_reads([row("T-1", "mono", "2026-06-01", 400)], "staff")
        with pytest.raises(frappe.ValidationError, match="would not follow"):
            withdraw(reset, "no board was changed")

    def test_a_document_that_is_inserted_goes_the_same_way(self, read: str):
        values = {
            "doctype": "Meter Read",
            "device": "T-1",
            "meter": "mono",
            "taken_at": "2026-05-01 00:00:00",
        }
        doc = frappe.get_doc({**values, "value": 5100, "source": "staff"}).insert()
        assert (doc.customer, doc.status, doc.name[:3]) == ("Ellery Schools", "Accepted", "MR-")
        with pytest.raises(frappe.ValidationError, match="lower than the read before"):
            frappe.get_doc({**values, "taken_at": "2026-06-01", "value": 7}).insert()
        with pytest.raises(frappe.DuplicateEntryError):
            frappe.get_doc({**values, "value": 5100}).insert()


def test_rows_of_a_file_may_supersede_one_another():
    build.device()
    entry = enter_reads(
        [
            row("T-1", "mono", "2026-03-01", 900, read_id="a"),
            row("T-1", "mono", "2026-03-01", 90, read_id="b", supersedes="a", reason="misread"),
        ],
        "import",
    )
    old, new = (out.read for out in entry.outcomes)
    assert verdicts(entry) == ["accepted", "accepted"]
    assert frappe.db.get_value("Meter Read", old, "superseded_by") == new
    assert [r.value for r in ledger_for(["T-1"]).logs["T-1", "mono"].reads] == [90]


class TestCorrectionsOfWhatNeverCameIn:
    """A wrong row that was put aside, and its correction: together, or one after the other."""

    def wrong(self, **values):
        return row("T-1", "mono", "2026-03-01", 99_999, file="reads/march.csv", row_no=17, **values)

    def right(self, **values):
        usual = {"meter": "mono", "taken_at": "2026-03-01", "value": 900, "reason": "digit typed twice"}
        return row("T-1", **{**usual, **values})

    def before(self) -> None:
        build.device()
        enter_reads([row("T-1", "mono", "2026-02-01", 100), row("T-1", "mono", "2026-04-01", 1000)], "import")

    def waiting(self) -> list[tuple]:
        rows = frappe.get_all(
            "Meter Read Quarantine",
            {"device": "T-1"},
            ["status", "value", "read", "dismiss_reason"],
            order_by="name",
        )
        return [tuple(one.values()) for one in rows]

    @pytest.mark.parametrize("by", ["name", "place"])
    def test_one_after_the_other(self, by: str):
        self.before()
        (first,) = enter_reads([self.wrong()], "portal").outcomes
        assert (first.verdict.value, first.code) == ("quarantined", "above-next")
        target = first.quarantine if by == "name" else "reads/march.csv:17"
        (second,) = enter_reads([self.right(supersedes=target)], "staff").outcomes
        assert (second.verdict.value, second.code) == ("accepted", "")
        assert self.waiting() == [("Repaired", 99_999, second.read, "digit typed twice")]
        assert frappe.db.get_value("Meter Read", second.read, ["value", "supersedes"]) == (900, None)
        (again,) = enter_reads([self.right(supersedes=target)], "staff").outcomes
        assert (again.verdict.value, again.read) == ("duplicate", second.read)

    def test_together_by_its_place_as_the_command_line_takes_it(self):
        self.before()
        entry = enter_reads([self.wrong(), self.right(supersedes="reads/march.csv:17")], "import")
        assert verdicts(entry) == ["accepted", "accepted"]
        old, new = (out.read for out in entry.outcomes)
        assert frappe.db.get_value("Meter Read", old, ["value", "superseded_by"]) == (99_999, new)
        again = enter_reads([self.wrong(), self.right(supersedes="reads/march.csv:17")], "import")
        assert verdicts(again) == ["duplicate", "duplicate"]
        assert [r.value for r in ledger_for(["T-1"]).logs["T-1", "mono"].reads] == [100, 900, 1000]

    def test_together_where_the_wrong_row_cannot_be_taken_at_all(self):
        self.before()
        for number, value in enumerate(("-5", "many"), start=1):
            file = f"reads/{number}.csv"
            wrong = row("T-1", "mono", f"2026-03-0{number}", value, file=file, row_no=3)
            fixed = self.right(taken_at=f"2026-03-0{number}", value=900 + number, supersedes=f"{file}:3")
            entry = enter_reads([wrong, fixed], "import")
            assert verdicts(entry) == ["quarantined", "accepted"], value
            read = entry.outcomes[1].read
            assert frappe.db.get_value("Meter Read", read, "supersedes") is None
            name = entry.outcomes[0].quarantine
            assert frappe.db.get_value("Meter Read Quarantine", name, ["status", "read"]) == (
                "Repaired",
                read,
            )
            again = enter_reads([wrong, fixed], "import")
            assert verdicts(again) == ["duplicate", "duplicate"], value
            assert again.outcomes[1].read == read

    def test_a_row_of_several_meters_is_corrected_meter_by_meter(self):
        build.device()
        place = {"file": "reads/wide.csv", "row_no": 4}
        rows = [
            row("T-1", "mono", "2026-03-01", 900, **place),
            row("T-1", "colour", "2026-03-01", 70, **place),
            row("T-1", "colour", "2026-03-01", 7, supersedes="reads/wide.csv:4", reason="a nought too many"),
        ]
        enter_reads(rows, "import")
        logs = ledger_for(["T-1"]).logs
        assert [r.value for r in logs["T-1", "mono"].reads] == [900]
        assert [r.value for r in logs["T-1", "colour"].reads] == [7]

    def test_it_needs_a_reason_and_a_row_that_is_meant(self):
        self.before()
        (first,) = enter_reads([self.wrong()], "portal").outcomes
        for values, code in (
            ({"supersedes": first.quarantine, "reason": " "}, "no-reason"),
            ({"supersedes": "reads/march.csv:18"}, "supersedes-unknown"),
            ({"supersedes": first.quarantine, "meter": "colour"}, "supersedes-unknown"),
        ):
            (refused,) = enter_reads([self.right(**values)], "staff", keep_refused=False).outcomes
            assert (refused.verdict.value, refused.code) == ("quarantined", code), values
        assert self.waiting()[0][0] == "Open"

    def test_what_was_dismissed_stays_dismissed(self):
        self.before()
        (first,) = enter_reads([self.wrong()], "portal").outcomes
        dismiss(first.quarantine, "nonsense")
        (second,) = enter_reads([self.right(supersedes=first.quarantine)], "staff").outcomes
        assert second.verdict.value == "accepted"
        assert self.waiting() == [("Dismissed", 99_999, None, "nonsense")]


def test_queries_do_not_grow_with_the_fleet(count_queries):
    def enter(devices: int, month: int) -> int:
        names = [f"Q-{n}" for n in range(devices)]
        rows = [
            row(name, meter, f"2026-0{month}-01", month * 10)
            for name in names
            for meter in ("mono", "colour")
        ]
        return count_queries(lambda: enter_reads(rows, "collector"))

    for n in range(20):
        build.device(f"Q-{n}")
    enter(20, 2)  # warm caches
    assert enter(2, 3) == enter(20, 4)


def test_the_ledger_of_many_devices_takes_five_queries(count_queries):
    for n in range(12):
        build.device(f"Q-{n}", volumes=[{"meter": "mono", "monthly_volume": 100}])
        enter_reads([row(f"Q-{n}", "mono", "2026-02-01", n)], "staff")
    names = [f"Q-{n}" for n in range(12)]
    assert count_queries(lambda: ledger_for(names[:1])) == count_queries(lambda: ledger_for(names)) == 5


def test_the_ledger_knows_models_volumes_and_the_day_it_ends():
    build.device(volumes=[{"meter": "mono", "monthly_volume": 700}], site="North")
    enter_reads([row("T-1", "mono", f"2026-0{m}-15 23:30", m) for m in (1, 2, 3)], "staff")
    ledger = ledger_for(["T-1"], until=datetime(2026, 2, 15).date())
    device = ledger.devices["T-1"]
    assert (device.customer, device.site, device.model) == ("Ellery Schools", "North", "bizhub C360i")
    assert device.monthly_volume["mono"] == 700
    assert (device.meters["mono"].digits, device.meters["mono"].label) == (8, "Black & White")
    assert dict(device.meters["total"].formula) == {"mono": 1, "colour": 1}
    assert [r.value for r in ledger.logs["T-1", "mono"].reads] == [1, 2]
    assert str(ledger.logs["T-1", "mono"].reads[0].taken_at) == "2026-01-15 23:30:00-05:00"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["H-1", "H-2", "nobody"]),
            st.sampled_from(["mono", "colour", "x"]),
            st.integers(1, 9),
            st.integers(-5, 60),
            st.sampled_from(["actual", "estimate", "reset", "rollover", "install", "nonsense"]),
        ),
        max_size=14,
    ),
    twice=st.booleans(),
)
def test_nothing_is_lost_whatever_comes_in(rows, twice):
    """Every row is a read, waits in quarantine, or is a duplicate; sending all of it again adds nothing."""
    frappe.db.savepoint("example")
    try:
        if not frappe.db.exists("MPS Device", "H-1"):
            build.device("H-1")
            build.device("H-2")
        sent = [row(d, m, f"2026-01-0{day}", value, kind=kind) for d, m, day, value, kind in rows]
        entry = enter_reads(sent, "import", batch="H")
        counts = entry.counts
        assert counts["received"] == len(rows) == sum(counts.values()) - counts["received"]
        stored = frappe.db.count("Meter Read", {"batch": "H"})
        waiting = frappe.db.count("Meter Read Quarantine", {"batch": "H"})
        assert (stored, waiting) == (counts["accepted"] + counts["flagged"], counts["quarantined"])
        if twice:
            enter_reads(sent, "import", batch="H")
            assert frappe.db.count("Meter Read", {"batch": "H"}) == stored
            assert frappe.db.count("Meter Read Quarantine", {"batch": "H"}) == waiting
    finally:
        frappe.db.rollback(save_point="example")


OTHER = """
import frappe
frappe.init({site!r}, sites_path=".")
frappe.connect()
frappe.set_user("Administrator")
from mps_module.fleet.intake import enter_reads
enter_reads([{{"device": "T-1", "meter": "mono", "taken_at": "2026-03-01 10:00", "value": 100}}], "collector")
frappe.db.commit()
"""


@pytest.mark.commits
def test_two_at_once_are_not_both_right(site: str):
    """Somebody else's value of the same moment is committed after this transaction took its look at the database."""
    try:
        build.device()
        frappe.db.commit()
        assert frappe.db.count("Meter Read", {"device": "T-1"}) == 0  # the look
        other = subprocess.run(
            [sys.executable, "-c", OTHER.format(site=site)],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=Path.cwd(),
        )
        assert other.returncode == 0, other.stderr
        mine = [row("T-1", "mono", "2026-03-01 10:00", 120)]
        with pytest.raises(frappe.UniqueValidationError):
            enter_reads(mine, "staff")
        frappe.db.rollback()
        assert enter_reads(mine, "staff").outcomes[0].code == "conflict"
    finally:
        frappe.db.rollback()
        frappe.db.delete("Meter Read", {"device": "T-1"})
        frappe.db.delete("MPS Device Location", {"parent": "T-1"})
        frappe.db.delete("MPS Device", {"name": "T-1"})
        frappe.delete_doc("MPS Device Model", "bizhub C360i", force=True)
        frappe.delete_doc("Customer", "Ellery Schools", force=True)
        frappe.db.commit()


def test_saving_the_device_does_not_turn_its_ledger_back():
    """A device's page that was open while reads came in is saved: the next entry must not find an old stamp."""
    build.device()
    page = frappe.get_doc("MPS Device", "T-1")
    enter_reads([row("T-1", "mono", "2026-03-01", 100)], "staff")
    stamp = frappe.db.get_value("MPS Device", "T-1", "ledger_stamp")
    page.notes = "by the window"
    page.save()
    assert stamp and frappe.db.get_value("MPS Device", "T-1", "ledger_stamp") == stamp
