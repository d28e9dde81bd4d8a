"""The entry grid: every counter of a site, typed at once, each row with its verdict."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import reads as api
from mps_module.fleet.intake import enter_reads
from tests.site.fleet import build
from tests.site.fleet.build import row


@pytest.fixture
def site_of_three() -> None:
    build.device(
        "T-1", site="North", department="Office", volumes=[{"meter": "mono", "monthly_volume": 1000}]
    )
    build.device("T-2", site="North", department="Library")
    build.device("T-3", site="South")
    build.stock_device("T-4", site="North")
    build.device("O-1", customer=build.customer("Tide & Marlow"), site="North")
    enter_reads([row("T-1", "mono", "2026-03-01 12:00", 5000)], "import")


def new_sheet(**values):
    return frappe.get_doc(
        {
            "doctype": "Meter Read Sheet",
            "customer": "Ellery Schools",
            "taken_at": "2026-04-01 10:00:00",
            **values,
        }
    ).insert()


def filled(**values):
    sheet = new_sheet(**values)
    api.fill_sheet(sheet.name)
    return sheet.reload()


def test_it_lists_every_counter_of_the_site_with_what_is_known(site_of_three):
    sheet = filled(site="North")
    assert [(r.device, r.meter) for r in sheet.rows] == [
        ("T-2", "mono"), ("T-2", "colour"), ("T-1", "mono"), ("T-1", "colour"),
    ]  # fmt: skip
    known = sheet.rows[2]
    assert (known.last_value, str(known.last_taken_at)) == (5000, "2026-03-01 12:00:00")
    assert known.expected_low <= 6025 <= known.expected_high
    assert "North" in known.description and "Office" in known.description


def test_without_a_site_all_of_the_customers(site_of_three):
    assert {r.device for r in filled().rows} == {"T-1", "T-2", "T-3"}


def test_only_what_was_not_read_this_month(site_of_three):
    enter_reads([row("T-1", "mono", "2026-04-01 08:00", 6000)], "import")
    assert [(r.device, r.meter) for r in filled(department="Office", only_due=1).rows] == [("T-1", "colour")]


def test_what_was_typed_stays_when_it_is_filled_again(site_of_three):
    sheet = filled(site="North")
    sheet.rows[2].value = "6,001"
    sheet.save()
    api.fill_sheet(sheet.name)
    assert [r.value for r in sheet.reload().rows] == [None, None, "6,001", None]


def test_submitted_each_row_has_its_verdict_and_nothing_is_lost(site_of_three):
    sheet = filled(site="North")
    values = {("T-1", "mono"): "6000", ("T-1", "colour"): "12.5", ("T-2", "mono"): " 77 "}
    for line in sheet.rows:
        line.value = values.get((line.device, line.meter))
    sheet.submit()
    sheet.reload()
    verdicts = {(r.device, r.meter): r.verdict or "" for r in sheet.rows}
    assert verdicts == {
        ("T-1", "mono"): "accepted",
        ("T-1", "colour"): "quarantined",
        ("T-2", "mono"): "accepted",
        ("T-2", "colour"): "",
    }
    assert (sheet.accepted, sheet.flagged, sheet.quarantined, sheet.duplicates) == (2, 0, 1, 0)
    reads = frappe.get_all(
        "Meter Read", {"batch": sheet.name}, ["value", "source", "taken_at"], order_by="value"
    )
    assert [(r.value, r.source, str(r.taken_at)) for r in reads] == [
        (77, "staff", "2026-04-01 10:00:00"),
        (6000, "staff", "2026-04-01 10:00:00"),
    ]
    waiting = frappe.get_doc("Meter Read Quarantine", {"batch": sheet.name})
    assert (waiting.raw_value, waiting.code) == ("12.5", "counter-fraction")


def test_too_much_is_taken_but_flagged(site_of_three):
    sheet = filled(department="Office")
    sheet.rows[0].value = "9000"
    sheet.submit()
    assert (sheet.rows[0].verdict, sheet.flagged) == ("flagged", 1)
    assert "above" in sheet.rows[0].message


def test_a_board_that_was_changed(site_of_three):
    sheet = filled(department="Office")
    sheet.rows[0].update({"value": "10", "kind": "reset", "note": "new main board"})
    sheet.submit()
    assert sheet.rows[0].verdict == "accepted"
    assert frappe.db.get_value("Meter Read", sheet.rows[0].read, ["kind", "reason"]) == (
        "reset",
        "new main board",
    )


def test_an_empty_sheet_is_not_submitted(site_of_three):
    with pytest.raises(frappe.ValidationError, match="No value"):
        filled(site="North").submit()


def test_a_counter_stands_on_it_once(site_of_three):
    sheet = new_sheet()
    for value in ("1", "2"):
        sheet.append("rows", {"device": "T-1", "meter": "colour", "value": value})
    with pytest.raises(frappe.ValidationError, match="twice"):
        sheet.save()


def test_it_is_not_cancelled_reads_stay(site_of_three):
    sheet = filled(department="Office")
    sheet.rows[0].value = "6000"
    sheet.submit()
    with pytest.raises(frappe.ValidationError, match="stay in the ledger"):
        sheet.cancel()


def test_queries_do_not_grow_with_the_site(site_of_three, count_queries):
    from mps_module.fleet import sheet as grid

    def fill() -> None:
        grid.fill(frappe.new_doc("Meter Read Sheet", customer="Tide & Marlow", taken_at="2026-04-01"))

    fill()  # warm caches
    few = count_queries(fill)
    for n in range(10):
        build.device(f"T-1{n}", customer="Tide & Marlow")
    assert count_queries(fill) == few
