"""Visits that meet a changed world: told with a way out, never half booked, and nothing of them lost."""

from __future__ import annotations

import frappe
import pytest

from tests.site.service import build
from tests.site.service.reports import at, counts, done, given, picture, report, send
from tests.site.stock import build as stock

READS = [{"meter": "mono", "value": 5_200}]
PARTS = [{"item": "FUSER-1", "qty": 2}]


@pytest.fixture
def issue(who):
    return given(who)


@pytest.fixture
def full(issue):
    """A visit that brings everything."""
    return report(issue, reads=READS, items=PARTS, signature=picture(), signed_by="J. Doe")


def left(who) -> float:
    return stock.on_hand("FUSER-1", who.trunk.warehouse)


@pytest.mark.parametrize("status", ["Resolved", "Closed"])
def test_a_call_that_was_closed_meanwhile_can_be_booked_all_the_same_and_stays_closed(
    who, issue, full, status
):
    frappe.db.set_value("Issue", issue, "status", status)
    answer = send(who, full)
    assert (answer["status"], answer["code"], answer["result"]) == ("Conflict", "closed", {"status": status})
    assert issue in answer["message"]
    assert (counts(issue), left(who)) == ((0, 0, 0), 3)
    told = done(who, {**full, "anyway": True})
    assert (counts(issue), left(who)) == ((1, 1, 1), 1)
    assert frappe.db.get_value("Issue", issue, "status") == status
    comment = frappe.get_last_doc(
        "Comment", {"reference_doctype": "Issue", "reference_name": issue, "comment_type": "Info"}
    )
    assert told.visit in comment.content and "closed meanwhile" in comment.content


def test_a_call_that_is_with_somebody_else_now(who, issue, full):
    from mps_module.service import assign

    ben, _trunk = build.technician("Ben")
    assign.assign(issue, ben.name, "2026-03-02 12:00:00", seen=assign.token(assign.active(issue)))
    answer = send(who, full)
    assert (answer["status"], answer["code"]) == ("Conflict", "assigned")
    assert "Ben" in answer["message"] and answer["result"]["technician"].startswith("Ben")
    step = send(who, {"issue": issue, "step": "arrive"}, action="visit_step")
    assert (step["status"], step["code"]) == ("Conflict", "assigned")
    assert frappe.db.get_value("Issue", issue, "mps_responded_at") is None

    done(who, {**full, "anyway": True})
    call = frappe.get_doc("Issue", issue)
    assert (call.status, call.mps_board) == (
        "Open",
        "Assigned",
    )  # Ben still has it; the office reads the comment
    assert assign.active(issue).technician == ben.name
    assert left(who) == 1


def test_a_call_taken_off_the_list_keeps_its_parts_bookable_alone(who, issue, full):
    from mps_module.service import assign

    assign.unassign(issue, assign.token(assign.active(issue)))
    assert send(who, full)["code"] == "assigned"
    parts = {"issue": issue, "items": PARTS, "note": "Fuser changed"}
    answer = send(who, parts, action="use_on_call")
    assert answer["status"] == "Done"
    assert (counts(issue), left(who)) == ((0, 1, 0), 1)


def test_a_call_that_was_deleted_leaves_the_visit_with_its_device(who, issue, full):
    for doctype, field in (("MPS Assignment", "issue"), ("ToDo", "reference_name"), ("Issue", "name")):
        frappe.db.delete(doctype, {field: issue})
    answer = send(who, full)
    assert (answer["status"], answer["code"]) == ("Conflict", "gone")
    told = done(who, {**full, "device": "D-1", "anyway": True})
    visit = frappe.get_doc("Maintenance Visit", told.visit)
    assert (visit.mps_issue, visit.mps_device, visit.customer, visit.docstatus) == (
        None,
        "D-1",
        who.customer,
        1,
    )
    assert left(who) == 1


def test_too_few_parts_book_nothing_and_what_is_left_can_be_taken(who, issue, full):
    answer = send(who, {**full, "items": [{"item": "FUSER-1", "qty": 4}]})
    assert (answer["status"], answer["code"]) == ("Conflict", "short")
    assert answer["result"]["items"] == [{"item": "FUSER-1", "wanted": 4, "available": 3}]
    assert counts(issue) == (0, 0, 0)
    assert frappe.db.get_value("Issue", issue, "status") == "Open"
    done(who, {**full, "items": [{"item": "FUSER-1", "qty": 3}]})
    assert (counts(issue), left(who)) == ((1, 1, 1), 0)


def test_a_read_that_runs_backwards_is_told_and_can_go_to_the_office(who, issue, full):
    from mps_module.fleet.intake import enter_reads

    enter_reads(
        [{"device": "D-1", "meter": "mono", "taken_at": "2026-02-01 09:00:00", "value": 9_000}], "staff"
    )
    answer = send(who, full)
    assert (answer["status"], answer["code"], answer["result"]["verdict"]) == (
        "Conflict",
        "read",
        "lower-than-before",
    )
    assert (counts(issue), left(who)) == ((0, 0, 0), 3)
    told = done(who, {**full, "keep": True})
    assert (counts(issue), left(who)) == ((1, 1, 0), 1)
    waiting = frappe.get_doc("Meter Read Quarantine", {"device": "D-1", "value": 5_200})
    assert (waiting.status, waiting.batch) == ("Open", told.visit)


def test_what_the_erp_refuses_is_told_in_its_own_words_and_nothing_is_half(who, issue, full):
    frappe.db.set_single_value("Stock Settings", "stock_frozen_upto", "2099-12-31")
    answer = send(who, full)
    assert (answer["status"], answer["code"]) == ("Conflict", "ledger")
    assert "2099" in answer["message"]
    assert (counts(issue), left(who)) == ((0, 0, 0), 3)
    assert frappe.db.count("File", {"attached_to_doctype": "Maintenance Visit"}) == 0


@pytest.mark.parametrize(
    "step",
    [
        "visit_doc.draft",
        "visits._reads",
        "visits._parts",
        "visits._submit",
        "visits._pictures",
        "call_state.ended",
    ],
)
def test_a_crash_anywhere_leaves_nothing_half_and_the_same_key_books_it_whole(
    who, issue, full, step, monkeypatch
):
    """The request dies with an exception after that step has done its work; Frappe then rolls its transaction back."""
    from mps_module.service import call_state, visit_doc, visits

    module, name = (
        {"visits": visits, "call_state": call_state, "visit_doc": visit_doc}[step.split(".")[0]],
        step.split(".")[1],
    )
    whole = getattr(module, name)

    def dying(*args, **values):
        whole(*args, **values)
        raise RuntimeError("the power went")

    frappe.db.savepoint("before_crash")
    monkeypatch.setattr(module, name, dying)
    with pytest.raises(RuntimeError):
        send(who, full, key="crash")
    frappe.db.rollback(save_point="before_crash")
    monkeypatch.setattr(module, name, whole)
    assert (counts(issue), left(who)) == ((0, 0, 0), 3)
    assert frappe.db.get_value("Issue", issue, ["status", "mps_board"]) == ("Open", "Assigned")
    assert not frappe.db.exists("MPS Phone Action", {"key": "crash"})
    answer = send(who, full, key="crash")
    assert (answer["status"], answer["repeated"]) == ("Done", False)
    assert (counts(issue), left(who)) == ((1, 1, 1), 1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outcome": "Splendid"}, "payload"),
        ({"outcome": "Held for Part"}, "payload"),  # for which part?
        ({"visit": ""}, "payload"),
        ({"arrived_at": at("12:30")}, "times"),
        ({"pauses": [[at("10:30"), at("10:00")]]}, "times"),
        ({"pauses": ["noon"]}, "times"),
        ({"left_at": "soon"}, "times"),
        ({"items": [{"item": "NO-SUCH-PART", "qty": 1}]}, "item"),
        ({"signature": "data:image/png;base64,###"}, "signature"),
        ({"photo": "data:text/html;base64,PGI+"}, "photo"),
    ],
)
def test_a_report_that_cannot_be_meant_is_refused_with_its_reason(who, issue, full, change, code):
    answer = send(who, {**full, **change})
    assert (answer["status"], answer["code"]) == ("Refused", code), answer
    assert answer["message"] and counts(issue) == (0, 0, 0)


def test_a_device_that_got_another_name_is_the_calls_and_a_read_without_any_is_refused(who, issue, full):
    frappe.db.set_value("Issue", issue, "mps_device", None)
    answer = send(who, {**full, "device": "OLD-NAME"})
    assert (answer["status"], answer["code"], counts(issue)) == ("Refused", "device", (0, 0, 0))
    frappe.db.set_value("Issue", issue, "mps_device", "D-1")
    told = done(who, {**full, "device": "OLD-NAME"})
    assert frappe.db.get_value("Maintenance Visit", told.visit, "mps_device") == "D-1"


def test_the_visit_of_another_technician_is_not_told(who, issue):
    done(who, report(issue))
    _ben, trunk = build.technician("Ben")
    answer = stock.act(trunk, "visit", report(issue), "", at("11:40"))
    assert (answer["status"], answer["code"], answer["result"]) == ("Refused", "key", {})
