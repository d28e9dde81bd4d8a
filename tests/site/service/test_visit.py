"""A visit sent from the phone: one Maintenance Visit with its reads, parts, pictures and the call's state, once."""

from __future__ import annotations

from datetime import timedelta

import frappe
import pytest

from tests.site.service.reports import at, counts, done, given, picture, report, send
from tests.site.stock import build as stock


def planned_from(device: str) -> str:
    """The visit from which a device's next maintenance is counted."""
    from mps_module.service import preventive

    return preventive.plan([device])[0].last_visit


@pytest.fixture
def issue(who):
    """A call, assigned to Ana on the board."""
    return given(who)


def test_a_visit_becomes_one_submitted_visit_with_everything_that_belongs_to_it(who, issue):
    payload = report(
        issue,
        reads=[{"meter": "mono", "value": 5_200}, {"meter": "colour", "value": 300}],
        items=[{"item": "FUSER-1", "qty": 2}],
        photo=picture("jpeg", "grey"),
        signature=picture(),
        signed_by="J. Doe",
    )
    told = done(who, payload)
    visit = frappe.get_doc("Maintenance Visit", told.visit)
    assert (visit.docstatus, visit.mps_issue, visit.mps_device, visit.customer) == (
        1,
        issue,
        "D-1",
        who.customer,
    )
    assert (visit.mps_technician, visit.mps_contract) == (who.technician, who.contract.name)
    assert (visit.completion_status, visit.mps_outcome) == ("Fully Completed", "Complete")
    assert (str(visit.mps_travel_at), str(visit.mps_arrived_at), str(visit.mps_left_at)) == (
        "2026-03-02 09:00:00", "2026-03-02 09:30:00", "2026-03-02 11:30:00",
    )  # fmt: skip
    assert (visit.mps_labour_hours, visit.mps_travel) == (1.5, 1)
    assert (visit.mps_problem_code, visit.mps_cause_code, visit.mps_repair_code) == (
        "JAM",
        "WORN",
        "REPLACED",
    )
    row = visit.purposes[0]
    assert (row.work_done, row.service_person) == ("Fuser changed", who.trunk.sales_person)
    assert (row.prevdoc_doctype, row.prevdoc_docname) == ("Issue", issue)

    entry = frappe.get_doc("Stock Entry", told.stock_entry)
    assert (entry.docstatus, entry.mps_move, entry.mps_visit) == (1, "Use", visit.name)
    assert (entry.mps_issue, entry.mps_device, entry.mps_contract) == (issue, "D-1", who.contract.name)
    assert stock.on_hand("FUSER-1", who.trunk.warehouse) == 1

    reads = frappe.get_all(
        "Meter Read",
        {"batch": visit.name},
        ["meter", "value", "source", "not_for_billing", "taken_at"],
        order_by="meter",
    )
    assert [(r.meter, r.value, r.source, r.not_for_billing) for r in reads] == [
        ("colour", 300, "technician", 1), ("mono", 5_200, "technician", 1),
    ]  # fmt: skip
    assert str(reads[0].taken_at) == "2026-03-02 09:30:00"

    for field, name in (("mps_photo", "photo-"), ("mps_signature", "signature-")):
        file = frappe.get_doc("File", {"file_url": visit.get(field)})
        assert (file.attached_to_name, file.is_private) == (visit.name, 1) and name in file.file_name
    assert visit.mps_signed_by == "J. Doe"


def test_a_complete_visit_ends_call_clock_and_assignment(who, issue):
    done(who, report(issue))
    call = frappe.get_doc("Issue", issue)
    assert call.status in ("Resolved", "Closed") and call.mps_board == "Done"
    assert (str(call.mps_responded_at), call.mps_response_kind) == ("2026-03-02 09:30:00", "On Site")
    assert str(call.mps_restored_at) == "2026-03-02 11:30:00"
    (assignment,) = frappe.get_all(
        "MPS Assignment", {"issue": issue}, ["status", "active_key", "ended_at"], order_by="name"
    )
    assert (assignment.status, assignment.active_key, str(assignment.ended_at)) == (
        "Done",
        None,
        "2026-03-02 11:30:00",
    )
    assert stock.ask(who.trunk, "my_calls")["calls"] == []


def test_the_same_visit_again_books_nothing_more(who, issue):
    payload = report(issue, items=[{"item": "FUSER-1", "qty": 1}], reads=[{"meter": "mono", "value": 5_200}])
    first = send(who, payload, key="phone-1")
    assert (first["status"], first["repeated"]) == ("Done", False)
    again = send(who, payload, key="phone-1")
    assert (again["result"], again["repeated"]) == (first["result"], True)
    other_key = send(who, payload, key="phone-1 after a conflict")
    assert (other_key["status"], other_key["result"]["visit"]) == ("Done", first["result"]["visit"])
    assert counts(issue) == (1, 1, 1)
    assert stock.on_hand("FUSER-1", who.trunk.warehouse) == 2


def test_a_report_that_was_changed_after_it_was_booked_is_told_so(who, issue):
    """Opened again from the outbox while the first one was sent after all: what was changed must not pass for booked."""
    payload = report(issue, items=[{"item": "FUSER-1", "qty": 1}])
    first = send(who, payload, key="phone-1")
    assert first["status"] == "Done"
    changed = send(who, {**payload, "items": []}, key="phone-2")
    assert (changed["status"], changed["code"]) == ("Conflict", "booked")
    assert first["result"]["visit"] in changed["message"] and "tell the office" in changed["message"]
    assert send(who, {**payload, "anyway": True}, key="phone-3")["status"] == "Done"
    assert frappe.db.count("Maintenance Visit", {"mps_issue": issue}) == 1


def test_steps_are_seen_on_the_board_and_arriving_is_the_response(who, issue):
    for step, clock, board in (
        ("accept", "08:10", "Assigned"),
        ("travel", "09:00", "Travelling"),
        ("arrive", "09:25", "On Site"),
    ):
        answer = send(who, {"issue": issue, "step": step}, action="visit_step", when=clock)
        assert answer["status"] == "Done", answer
        assert frappe.db.get_value("Issue", issue, "mps_board") == board
    call = frappe.get_doc("Issue", issue)
    assert (str(call.mps_responded_at), call.mps_response_kind) == ("2026-03-02 09:25:00", "On Site")
    told = stock.ask(who.trunk, "call", issue)
    assert (told["board"], told["steps"]) == (
        "On Site",
        {"accept": at("08:10"), "travel": at("09:00"), "arrive": at("09:25")},
    )
    late = send(who, {"issue": issue, "step": "travel"}, action="visit_step", when="09:40")
    assert late["status"] == "Done"
    assert (
        frappe.db.get_value("Issue", issue, "mps_board") == "On Site"
    )  # nobody goes back on the road by a late message
    done(who, report(issue))
    assert (
        str(frappe.db.get_value("Issue", issue, "mps_responded_at")) == "2026-03-02 09:25:00"
    )  # the first arrival stands


def test_a_read_for_billing_is_one_only_where_the_technician_says_so(who, issue):
    told = done(who, report(issue, reads=[{"meter": "mono", "value": 10}], for_billing=True))
    assert frappe.db.get_value("Meter Read", {"batch": told.visit}, "not_for_billing") == 0


def test_clicks_of_the_visit_run_on_through_a_board_swap(who, issue):
    """1,000 in January; 1,800 before the swap and 0 after it; the visit reads 250: 800 + 250 since the first read."""
    from mps_module.fleet.intake import enter_reads

    row = {"device": "D-1", "meter": "mono"}
    enter_reads(
        [
            {**row, "taken_at": "2026-01-02 09:00:00", "value": 1_000},
            {**row, "taken_at": "2026-02-02 09:00:00", "value": 1_800},
            {**row, "taken_at": "2026-02-02 10:00:00", "value": 0, "kind": "reset", "reason": "new board"},
        ],
        "staff",
    )
    told = done(who, report(issue, reads=[{"meter": "mono", "value": 250}]))
    assert frappe.db.get_value("Maintenance Visit", told.visit, "mps_clicks") == 1_050


def test_a_remote_fix_travels_not_and_answers_when_it_is_done(who, issue):
    told = done(who, report(issue, remote=True, travel_at=""))
    visit = frappe.get_doc("Maintenance Visit", told.visit)
    assert (visit.mps_remote, visit.mps_travel) == (1, 0)
    call = frappe.get_doc("Issue", issue)
    assert (str(call.mps_responded_at), call.mps_response_kind) == ("2026-03-02 11:30:00", "Remote Fix")


@pytest.mark.parametrize(("basis", "counts_as"), [("Trip", 1), ("Hour", 0.5), ("Distance", 12.5)])
def test_travel_counts_as_the_settings_say(who, issue, basis, counts_as):
    frappe.db.set_single_value("MPS Service Settings", "travel_basis", basis)
    frappe.clear_document_cache("MPS Service Settings", "MPS Service Settings")
    told = done(who, report(issue, distance=12.5))
    assert frappe.db.get_value("Maintenance Visit", told.visit, "mps_travel") == counts_as
    frappe.clear_document_cache("MPS Service Settings", "MPS Service Settings")


@pytest.mark.parametrize("outcome", ["Needs Help", "Follow-up"])
def test_what_is_not_finished_goes_back_to_the_board(who, issue, outcome):
    told = done(who, report(issue, outcome=outcome, note="Needs the network people"))
    call = frappe.get_doc("Issue", issue)
    assert (call.mps_board, call.status, call.mps_restored_at) == (outcome, "Open", None)
    assert str(call.mps_responded_at) == "2026-03-02 09:30:00"
    assert frappe.db.get_value("Maintenance Visit", told.visit, "completion_status") == "Partially Completed"
    assert not frappe.db.exists("MPS Assignment", {"active_key": issue})
    assert stock.ask(who.trunk, "my_calls")["calls"] == []


def test_codes_that_are_none_any_more_are_kept_as_words(who, issue):
    told = done(who, report(issue, cause="GREMLINS", repair="JAM"))
    visit = frappe.get_doc("Maintenance Visit", told.visit)
    assert (visit.mps_problem_code, visit.mps_cause_code, visit.mps_repair_code) == ("JAM", None, None)
    assert visit.purposes[0].work_done == "Fuser changed\nCode GREMLINS\nCode JAM"


def test_a_phone_whose_clock_runs_ahead_is_put_right(who, issue):
    """It believes to be in 2099; its hour and a half of work stays what it was."""
    payload = {
        name: value.replace("2026", "2099") if name.endswith("_at") else value
        for name, value in report(issue).items()
    }
    payload["pauses"] = [["2099-03-02T10:00:00-05:00", "2099-03-02T10:30:00-05:00"]]
    told = done(who, payload)
    visit = frappe.get_doc("Maintenance Visit", told.visit)
    assert visit.mps_labour_hours == 1.5
    assert visit.mps_left_at <= frappe.utils.now_datetime()
    assert (visit.mps_left_at - visit.mps_arrived_at).total_seconds() == 7_200


def test_a_read_by_a_phone_whose_clock_runs_ahead_was_taken_during_the_visit(who, issue):
    """An hour ahead the read would lie in the future, where only estimates may."""
    from mps_module.fleet import clock

    came, read, left = ((clock.now() + timedelta(minutes=ahead)).isoformat() for ahead in (0, 50, 60))
    reads = [{"meter": "mono", "value": 5_200, "taken_at": read}]
    payload = report(issue, travel_at="", arrived_at=came, left_at=left, pauses=[], reads=reads)
    told = done(who, payload)
    visit = frappe.get_doc("Maintenance Visit", told.visit)
    (taken_at,) = frappe.get_all("Meter Read", {"batch": told.visit}, pluck="taken_at", order_by="name")
    assert visit.mps_arrived_at < taken_at < visit.mps_left_at <= frappe.utils.now_datetime()


@pytest.mark.parametrize(("word", "left"), [("done", 0), ("left", 1), ("", 0)])
def test_maintenance_that_was_due_too_is_told_done_or_left(who, issue, word, left):
    frappe.db.set_value("Issue", issue, {"mps_maintenance_due": 1, "mps_due_on": "2026-03-10"})
    frappe.db.set_value("MPS Device", "D-1", "maintenance_days", 180)
    shown = stock.ask(who.trunk, "call", issue)["maintenance"]
    assert shown["due_on"] == "2026-03-10" and "180 days after" in shown["why"]
    assert stock.ask(who.trunk, "my_calls")["calls"][0]["maintenance"]["due_on"] == "2026-03-10"
    told = done(who, report(issue, maintenance=word))
    assert frappe.db.get_value("Maintenance Visit", told.visit, "mps_maintenance_open") == left
    assert (planned_from("D-1") == told.visit) == (not left)


def test_a_word_about_maintenance_where_none_was_due_changes_nothing(who, issue):
    assert stock.ask(who.trunk, "call", issue)["maintenance"] is None
    told = done(who, report(issue, maintenance="left"))
    assert frappe.db.get_value("Maintenance Visit", told.visit, "mps_maintenance_open") == 0
    other = given(who)
    assert send(who, report(other, maintenance="perhaps"))["status"] == "Refused"


def test_what_the_phone_shows_before_any_work(who, issue):
    frappe.db.set_value(
        "Issue", issue,
        {"mps_coverage_labour": "Incident", "mps_coverage_parts": "Billable", "mps_coverage_note": "Per call", "mps_problem_code": "JAM"},
    )  # fmt: skip
    call = stock.ask(who.trunk, "call", issue)
    assert (call["coverage"]["labour"], call["coverage"]["parts"], call["coverage"]["note"]) == (
        "Incident",
        "Billable",
        "Per call",
    )
    assert (call["problem"], call["clock"]["responded_at"], call["booked_visits"]) == ("JAM", None, [])
    codes = stock.ask(who.trunk, "service_codes")
    assert {"code": "JAM", "kind": "Problem", "text": "Paper jams"} in codes["codes"]
    assert {row["kind"] for row in codes["codes"]} == {"Problem", "Cause", "Repair"}
    told = done(who, report(issue, outcome="Follow-up"))
    seen = stock.ask(who.trunk, "call", issue)["booked_visits"]
    assert [(row["visit"], row["outcome"], row["at"]) for row in seen] == [
        (told.visit, "Follow-up", at("11:30"))
    ]


def test_the_phone_tells_what_such_calls_needed(who):
    """Three paper jams on the model were closed with a fuser, a fourth without any part."""
    from mps_module.service import past_calls

    for number in range(4):
        made = given(who, mps_problem_code="JAM")
        used = [{"item": "FUSER-1", "qty": 1}] if number < 3 else []
        done(who, report(made, items=used))
    past_calls.forget()
    told = stock.ask(who.trunk, "call", given(who, mps_problem_code="JAM"))
    assert [(row["item"], row["seen"], row["calls"]) for row in told["likely"]] == [("FUSER-1", 3, 4)]
    past_calls.forget()


def test_a_visit_that_nobody_covers_leaves_a_draft_invoice_though_its_technician_may_not_make_one(who):
    """1.5 h at 120, one trip at 50, two fusers at 189.90: 180 + 50 + 379.80."""
    from tests.site import make
    from tests.site.service.test_aftercare import settings

    settings()
    make.device("D-9", of=who.customer)
    make.doc("Item Price", item_code="FUSER-1", price_list="Standard Selling", price_list_rate=189.9)
    told = done(who, report(given(who, device="D-9"), items=[{"item": "FUSER-1", "qty": 2}]))
    visit = frappe.get_doc("Maintenance Visit", told.visit)
    assert visit.mps_billing_state == "Draft Invoice", visit.mps_billing_note
    invoice = frappe.get_doc("Sales Invoice", visit.mps_sales_invoice)
    assert (invoice.docstatus, round(invoice.net_total, 2)) == (0, 609.8)
