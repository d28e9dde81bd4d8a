"""Assigning calls: the technician's list, the board, undo, and who keeps a call that two people want."""

from __future__ import annotations

from datetime import datetime

import frappe
import pytest

from mps_module.service import assign
from mps_module.service.assign import Step, Taken
from tests.site import make
from tests.site.service import build

START = datetime(2026, 1, 12, 10, 0)


@pytest.fixture
def people():
    """Ana and Ben with trunks, and a call."""
    ana, ben = build.technician("Ana")[0], build.technician("Ben")[0]
    call = make.doc("Issue", subject="Paper jam in tray 2", customer=make.customer().name)
    return ana, ben, call.name


def todos(person, status: str = "Open") -> list[str]:
    return frappe.get_all(
        "ToDo",
        {"allocated_to": person.user, "reference_type": "Issue", "status": status},
        pluck="reference_name",
        order_by="creation",
        limit=20,
    )


def on_board(call: str) -> str:
    return frappe.db.get_value("Issue", call, "mps_board")


def test_an_assigned_call_is_on_the_technicians_phone_and_off_the_list_of_the_waiting(people):
    from mps_module.stock import phone_calls

    ana, _ben, call = people
    done = assign.assign(call, ana.name, START, 45, note="Ask for Ms Roe")
    doc = frappe.get_doc("MPS Assignment", done.assignment)
    assert (doc.status, doc.active_key, doc.planned_start, doc.planned_minutes) == (
        "Planned",
        call,
        START,
        45,
    )
    assert doc.assigned_by == "Administrator"
    assert on_board(call) == "Assigned"
    frappe.set_user(ana.user)
    assert [row["issue"] for row in phone_calls.my_calls()["calls"]] == [call]


def test_what_is_taken_away_leaves_the_phone_and_waits_again(people):
    ana, _ben, call = people
    done = assign.assign(call, ana.name, START, 45)
    gone = assign.unassign(call, done.token)
    assert (todos(ana), todos(ana, "Cancelled")) == ([], [call])
    assert on_board(call) == "To Assign"
    ended = frappe.get_doc("MPS Assignment", done.assignment)
    assert (ended.status, ended.active_key) == ("Cancelled", None)
    assert gone.token == ""


def test_undo_of_assign_move_and_taking_away(people):
    ana, ben, call = people
    first = assign.assign(call, ana.name, START, 45)
    moved = assign.assign(call, ana.name, START.replace(hour=14), 60, seen=first.token)
    assert moved.assignment == first.assignment
    back = assign.apply(moved.undo)
    doc = frappe.get_doc("MPS Assignment", first.assignment)
    assert (doc.planned_start, doc.planned_minutes, doc.technician) == (START, 45, ana.name)

    handed = assign.assign(call, ben.name, START, 45, seen=back.token)
    assert (todos(ana), todos(ben)) == ([], [call])
    returned = assign.apply(handed.undo)
    assert (todos(ana), todos(ben)) == ([call], [])
    assert returned.assignment == first.assignment

    gone = assign.unassign(call, returned.token)
    again = assign.apply(gone.undo)
    assert (again.assignment, todos(ana)) == (first.assignment, [call])

    assign.apply(Step(call, seen=again.token))
    assert frappe.db.count("MPS Assignment", {"issue": call, "active_key": call}) == 0


def test_undo_of_the_first_assignment_leaves_the_call_waiting(people):
    ana, _ben, call = people
    done = assign.assign(call, ana.name, START, 45)
    assign.apply(done.undo)
    assert (assign.active(call), todos(ana), on_board(call)) == (None, [], "To Assign")


def test_taking_away_and_undo_keep_what_the_technician_had_said(people):
    ana, _ben, call = people
    assign.assign(call, ana.name, START, 45)
    assign.set_status(call, "Accepted", "2026-01-12 09:30:00")
    gone = assign.unassign(call, assign.token(assign.active(call)))
    assign.apply(gone.undo)
    doc = frappe.get_doc("MPS Assignment", assign.active(call).name)
    assert (doc.status, str(doc.accepted_at), doc.ended_at) == ("Accepted", "2026-01-12 09:30:00", None)


def test_the_second_dispatcher_is_told_who_has_the_call_and_changes_nothing(people):
    ana, ben, call = people
    assign.assign(call, ana.name, START, 45)
    with pytest.raises(Taken, match=r"is with Ana.*assigned by Administrator since .*Nothing was changed"):
        assign.assign(call, ben.name, START, 45)  # saw the call as nobody's
    assert (todos(ana), todos(ben)) == ([call], [])
    assert assign.active(call).technician == ana.name


def test_a_plan_that_was_changed_since_is_not_written_over(people):
    ana, ben, call = people
    seen = assign.assign(call, ana.name, START, 45).token
    assign.assign(call, ana.name, START.replace(hour=15), 45, seen=seen)
    with pytest.raises(Taken, match="is with Ana"):
        assign.assign(call, ben.name, START, 45, seen=seen)
    with pytest.raises(Taken):
        assign.unassign(call, seen)
    assign.unassign(call, assign.token(assign.active(call)))
    with pytest.raises(Taken, match="nobody has it any more"):
        assign.unassign(call, seen)


def test_taking_a_call_that_the_board_showed_as_nobodys_tells_who_has_it(people):
    ana, _ben, call = people
    with pytest.raises(frappe.ValidationError, match="Nobody has call"):
        assign.unassign(call)
    assign.assign(call, ana.name, START, 45)
    with pytest.raises(Taken, match="is with Ana"):
        assign.unassign(call)


@pytest.mark.parametrize("status", ["Resolved", "Closed"])
def test_a_call_that_is_over_is_not_assigned(people, status):
    ana, _ben, call = people
    frappe.db.set_value("Issue", call, "status", status)
    with pytest.raises(frappe.ValidationError, match=f"is over: it is {status}"):
        assign.assign(call, ana.name, START, 45)
    assert frappe.db.count("MPS Assignment", {"issue": call}) == 0


def test_what_does_not_exist_and_who_does_not_work_is_refused(people):
    ana, ben, call = people
    with pytest.raises(frappe.DoesNotExistError, match="no call"):
        assign.assign("ISS-NONE", ana.name, START, 45)
    with pytest.raises(frappe.DoesNotExistError, match="no technician"):
        assign.assign(call, "EMP-NONE", START, 45)
    with pytest.raises(frappe.ValidationError, match="up to a day"):
        assign.assign(call, ana.name, START, 1441)
    ben.disabled = 1
    ben.save()
    with pytest.raises(frappe.ValidationError, match="not in use"):
        assign.assign(call, ben.name, START, 45)


def test_the_phones_news_move_on_and_never_back(people):
    ana, _ben, call = people
    assign.assign(call, ana.name, START, 45)
    assert assign.set_status(call, "On Site", "2026-01-12 10:05:00")
    assert on_board(call) == "On Site"
    assign.set_status(call, "Travelling", "2026-01-12 09:40:00")  # sent late
    assign.set_status(call, "On Site", "2026-01-12 10:30:00")  # sent twice
    doc = frappe.get_doc("MPS Assignment", assign.active(call).name)
    assert (doc.status, str(doc.arrived_at), str(doc.travel_at)) == (
        "On Site", "2026-01-12 10:05:00", "2026-01-12 09:40:00",
    )  # fmt: skip
    assert on_board(call) == "On Site"


@pytest.mark.parametrize(
    ("status", "board", "stands"),
    [("Done", "", "Done"), ("Held", "", "Held for Part"), ("Done", "Needs Help", "Needs Help")],
)
def test_the_end_of_a_visit_frees_the_call_and_closes_the_to_do(people, status, board, stands):
    ana, ben, call = people
    assign.assign(call, ana.name, START, 45)
    name = assign.set_status(call, status, "2026-01-12 11:15:00", board)
    assert str(frappe.db.get_value("MPS Assignment", name, "ended_at")) == "2026-01-12 11:15:00"
    assert (assign.active(call), todos(ana), todos(ana, "Closed")) == (None, [], [call])
    assert on_board(call) == stands
    assert assign.set_status(call, "Done") is None  # repeated: nothing left to end
    assign.assign(call, ben.name, START, 45)  # and another technician may go
    assert todos(ben) == [call]


def test_an_aware_time_of_the_phone_is_kept_in_the_sites_zone(people):
    ana, _ben, call = people
    assign.assign(call, ana.name, START, 45)
    name = assign.set_status(call, "Accepted", "2026-01-12T15:00:00+00:00")
    assert str(frappe.db.get_value("MPS Assignment", name, "accepted_at")) == "2026-01-12 10:00:00"


def test_who_is_on_site_is_not_called_off(people):
    ana, ben, call = people
    assign.assign(call, ana.name, START, 45)
    assign.set_status(call, "On Site")
    seen = assign.token(assign.active(call))
    with pytest.raises(frappe.ValidationError, match="is on site"):
        assign.unassign(call, seen)
    with pytest.raises(frappe.ValidationError, match="is on site"):
        assign.assign(call, ben.name, START, 45, seen=seen)
    assign.assign(call, ana.name, START, 90, seen=seen)  # longer is fine


def test_made_and_deleted_by_hand_it_follows_the_same_rules(people):
    ana, _ben, call = people
    doc = make.doc("MPS Assignment", issue=call, technician=ana.name, planned_start=START)
    assert (doc.active_key, todos(ana), on_board(call)) == (call, [call], "Assigned")
    with pytest.raises(frappe.UniqueValidationError):
        make.doc("MPS Assignment", issue=call, technician=ana.name, planned_start=START)
    frappe.delete_doc("MPS Assignment", doc.name)
    assert (todos(ana), on_board(call)) == ([], "To Assign")


def test_every_change_is_told_to_the_open_boards(people, monkeypatch):
    ana, _ben, call = people
    told = []
    monkeypatch.setattr(
        frappe, "publish_realtime", lambda event, *args, **more: told.append((event, args, more))
    )
    assign.assign(call, ana.name, START, 45)
    mine = [(args[0], more) for event, args, more in told if event == "mps_board"]
    assert mine == [({"issue": call}, {"doctype": "MPS Assignment", "after_commit": True})]


def test_a_plan_from_a_browser_is_checked():
    step = Step.of({"issue": "I", "technician": "T", "start": "2026-01-12T15:00:00Z", "minutes": "30"})
    assert (step.start, step.minutes) == (datetime(2026, 1, 12, 10, 0), 30)
    for wrong in ({}, {"issue": "I", "minutes": "soon"}):
        with pytest.raises(frappe.ValidationError, match="no plan"):
            Step.of(wrong)


def test_no_project_and_no_timesheet_comes_of_it(people):
    ana, _ben, call = people
    before = (frappe.db.count("Project"), frappe.db.count("Timesheet"))
    assign.assign(call, ana.name, START, 45)
    assign.set_status(call, "Done")
    assert (frappe.db.count("Project"), frappe.db.count("Timesheet")) == before
    assert not frappe.db.get_value("Issue", call, "project")
