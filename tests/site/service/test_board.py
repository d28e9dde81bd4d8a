"""The board: what it shows, in which order, for whom, and in how many queries."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import frappe
import pytest
from frappe.utils import getdate

from mps_module.api import dispatch as api
from mps_module.service import assign, board, past_calls, technicians
from tests.site import make
from tests.site.service import build
from tests.site.stock import build as stock

NOW = datetime(2026, 1, 12, 8, 0)
"""A Monday, when the day begins."""


def due(issue: str, respond: float | None = None, restore: float | None = None, **values) -> None:
    """Hours after NOW. It was opened at six in the morning, unless `values` say otherwise."""
    values |= {
        "response_by": None if respond is None else NOW + timedelta(hours=respond),
        "sla_resolution_by": None if restore is None else NOW + timedelta(hours=restore),
    }
    frappe.db.set_value(
        "Issue",
        issue,
        {"opening_date": "2026-01-12", "opening_time": "06:00:00", **values},
        update_modified=False,
    )


def call(subject: str, customer: str = "Test Law LLP", device: str | None = None, **promises) -> str:
    doc = make.doc("Issue", subject=subject, customer=make.customer(customer).name, mps_device=device)
    due(doc.name, **promises)
    return doc.name


def past_job(key: str, *parts: str, model: str = "MX-3570N") -> None:
    rows = [{"item": stock.part(part), "qty": 1} for part in parts]
    make.doc("MPS Past Job", job_key=key, done_on=getdate(), device_model=model, parts=rows)


@pytest.fixture
def place(monkeypatch):
    """Ana (north, 90 % of all calls, a fuser aboard), Ben (south, 50 %); one device; of four past jobs three took a
    fuser. Nothing else of the site is on the board, and no history is kept from before."""
    for doctype in ("MPS Technician", "Issue"):
        hidden = {"disabled": 1} if doctype == "MPS Technician" else {"status": "Closed"}
        for name in frappe.get_all(doctype, pluck="name", order_by="name", limit=0):
            frappe.db.set_value(doctype, name, hidden, update_modified=False)
    frappe.db.delete("MPS Past Job")
    monkeypatch.setattr(past_calls, "KEY", f"test-{frappe.generate_hash(length=8)}")
    people = {}
    for name, where, level in (("Ana", "North", 90), ("Ben", "South", 50)):
        stock.territory(where)
        person = build.technician(name)[0]
        person.update({"disabled": 0, "territory": where, "works_from": "08:00:00", "works_to": "17:00:00"})
        person.set("skills", [{"level": level}])
        person.save()
        people[name] = person
    trunk = frappe.get_doc("Trunk Stock", people["Ana"].trunk)
    stock.put(stock.part("BOARD-FUSER"), trunk.warehouse, 1)
    make.device("D-1")
    for number in range(3):
        past_job(f"J{number}", "BOARD-FUSER")
    past_job("J3")
    return people


def names(told) -> list[str]:
    return [each["subject"] for each in told["calls"]]


def test_the_most_urgent_call_comes_first(place):
    call("waits for the customer", respond=-3)
    frappe.db.set_value("Issue", {"subject": "waits for the customer"}, "status", "On Hold")
    call("promised nothing")
    call("due at noon", respond=4)
    call("late", respond=-0.5)
    call("due at nine", respond=0.5)
    told = board.load(now=NOW)
    assert names(told) == ["late", "due at nine", "due at noon", "waits for the customer", "promised nothing"]
    assert [each["state"] for each in told["calls"]] == ["Late", "At Risk", "Running", "On Hold", ""]
    assert [each["left"] for each in told["calls"]][:3] == [-30, 30, 240]
    assert told["counts"]["Late"] == 1 and told["counts"]["To Assign"] == 5 and told["counts"][""] == 5
    assert names(board.load(state="Late", now=NOW)) == ["late"]


def test_who_is_there_already_owes_the_end_of_the_call(place):
    call("responded", respond=-2, restore=3, mps_responded_at=NOW)
    (told,) = board.load(now=NOW)["calls"]
    assert (told["due_for"], told["left"], told["state"]) == ("restore", 180, "Running")


def test_technicians_by_the_chance_of_one_visit(place):
    """Ana: .9 x 1. Ben: .5 x (1 of 4 jobs needed nothing: .25; the model's share leans on all jobs', which is the same)."""
    call("jam", device="D-1", respond=4)
    (told,) = board.load(now=NOW)["calls"]
    assert [(one["name"], one["chance"]) for one in told["best"]] == [("Ana Tech", 0.9), ("Ben Tech", 0.125)]
    assert told["best"][0]["arrive"] == "2026-01-12 08:30:00"  # half an hour on the road


def test_why_is_told_in_words(place):
    issue = call("jam", device="D-1", respond=4)
    told = board.candidates(issue, NOW)
    assert told["basis"] == "From 4 past calls on MX-3570N."
    ana, ben = told["technicians"]
    assert ana["why"][:3] == [
        "Solves 90 % of all calls, parts aside.",
        "The trunk would have completed 100 % of such calls.",
        "Aboard: BOARD-FUSER (3 of 4 calls).",
    ]
    assert ana["why"][3].endswith("08:30, after 30 min on the road: 3 h 30 min to spare.")
    assert "Missing: BOARD-FUSER (3 of 4 calls)." in ben["why"]
    assert ben["missing"] == ["BOARD-FUSER"]


def test_without_history_skill_alone_is_told(place):
    frappe.db.delete("MPS Past Job")
    issue = call("jam", device="D-1", respond=0.2)
    told = board.candidates(issue, NOW)
    assert told["basis"].startswith("There is no history yet")
    assert [one["chance"] for one in told["technicians"]] == [0.9, 0.5]
    assert told["technicians"][0]["why"][-1].endswith("18 min too late.")


def test_a_part_promised_to_a_colleague_is_not_aboard(place):
    ana = frappe.get_doc("Trunk Stock", place["Ana"].trunk)
    ben = frappe.get_doc("Trunk Stock", place["Ben"].trunk)
    offer = {"to_trunk": ben.name, "items": [{"item": "BOARD-FUSER", "qty": 1}]}
    given = stock.act(ana, "transfer_offer", offer)
    stock.act(ben, "transfer_accept", {"transfer": given["result"]["transfer"]})
    frappe.set_user("Administrator")
    assert technicians.load(NOW.date())[place["Ana"].name].aboard == {}


def test_the_day_of_a_technician_shows_what_is_planned_and_what_is_done(place):
    first, second, third = call("one"), call("two"), call("next day")
    assign.assign(first, place["Ana"].name, NOW + timedelta(hours=1), 60)
    assign.set_status(first, "Done", NOW + timedelta(hours=2))
    assign.assign(second, place["Ana"].name, NOW + timedelta(hours=3), 90)
    assign.assign(third, place["Ana"].name, NOW + timedelta(days=1), 60)
    ana, ben = board.load(now=NOW)["technicians"]
    assert [(p["subject"], p["status"], p["start"][11:16], p["minutes"]) for p in ana["plans"]] == [
        ("one", "Done", "09:00", 60),
        ("two", "Planned", "11:00", 90),
    ]
    assert (ana["later"], ana["parts"], ana["skills"], ben["plans"]) == (1, 1, "everything 90 %", [])
    (shown,) = board.load(day=date(2026, 1, 13), now=NOW)["technicians"][0]["plans"]
    assert shown["subject"] == "next day"


def test_a_plan_that_breaks_its_promise_is_shown_as_late(place):
    issue = call("jam", respond=2)
    assign.assign(issue, place["Ana"].name, NOW + timedelta(hours=3), 60)
    (told,) = board.load(now=NOW)["calls"]
    assert told["plan"]["late"] and told["plan"]["technician_name"] == "Ana Tech"


def test_holidays_and_hours(place):
    days = make.doc(
        "Holiday List", holiday_list_name="Ana's days", from_date="2026-01-01", to_date="2026-12-31",
        holidays=[{"holiday_date": "2026-01-12", "description": "Off"}],
    )  # fmt: skip
    place["Ana"].update({"holiday_list": days.name, "works_from": "10:00:00"})
    place["Ana"].save()
    issue = call("jam", respond=4)
    ana, _ben = board.load(now=NOW)["technicians"]
    assert ana["off"] is True
    ranked = board.candidates(issue, NOW)["technicians"]
    assert [(one["name"], one["arrive"]) for one in ranked] == [
        ("Ben Tech", "2026-01-12 08:30:00"),
        ("Ana Tech", "2026-01-13 10:30:00"),
    ]


def test_territory_filters_calls_and_technicians_with_those_below(place):
    stock.territory("Coast", is_group=1)
    stock.territory("Harbor", parent="Coast")
    make.customer("Harbor Corp", territory="Harbor")
    place["Ben"].update({"territory": "Harbor"})
    place["Ben"].save()
    call("inland")
    call("at the harbor", "Harbor Corp")
    told = board.load(territory="Coast", now=NOW)
    assert names(told) == ["at the harbor"]
    assert [one["title"] for one in told["technicians"]] == ["Ben Tech"]
    assert [one["name"] for one in told["calls"][0]["best"]] == ["Ben Tech"]


def test_an_empty_board_is_a_board(place):
    for person in place.values():
        frappe.db.set_value("MPS Technician", person.name, "disabled", 1)
    told = board.load(now=NOW)
    assert (told["calls"], told["technicians"], told["hours"]) == ([], [], [8, 17])
    issue = call("jam")
    assert board.load(now=NOW)["calls"][0]["best"] == []
    assert board.room(issue, NOW)["proposals"] == []


def test_loading_takes_the_same_number_of_queries_for_few_and_for_many(place, count_queries):
    def measure() -> int:
        board.load(now=NOW)  # what Frappe reads once
        past_calls.forget()
        with count_queries() as queries:
            board.load(now=NOW)
        return len(queries)

    assign.assign(call("one", device="D-1", respond=4), place["Ana"].name, NOW, 60)
    few = measure()
    for number in range(8):
        customer = f"Customer {number}"
        make.customer(customer)
        issue = call(f"call {number}", customer, respond=number)
        if number % 2:
            assign.assign(issue, place["Ben"].name, NOW + timedelta(hours=number), 30)
    for name in ("Cem", "Dee"):
        person = build.technician(name)[0]
        person.append("skills", {"level": 40})
        person.save()
    many = measure()
    assert (few, many) == (many, many)
    assert many <= 25, many


def test_room_is_made_applied_and_undone(place):
    """Only Ana can do it: she has a call till noon that can wait till the evening. The new one has two hours."""
    frappe.db.set_value("MPS Technician", place["Ben"].name, "disabled", 1)
    waits = call("can wait", respond=9)
    assign.assign(waits, place["Ana"].name, NOW + timedelta(minutes=30), 210)
    urgent = call("dropped in", respond=2)
    (offer,) = board.room(urgent, NOW)["proposals"]
    assert (offer["name"], offer["start"]) == ("Ana Tech", "2026-01-12 08:30:00")
    (move,) = offer["moves"]
    assert (
        move["text"] == "Test Law LLP: from 08:30 to 09:30; its time is kept"
    )  # the same door: nothing to drive
    done = api.apply(offer["steps"])
    assert str(assign.active(waits).planned_start) == "2026-01-12 09:30:00"
    assert str(assign.active(urgent).planned_start) == "2026-01-12 08:30:00"
    api.apply(frappe.as_json(done["undo"]))
    assert str(assign.active(waits).planned_start) == "2026-01-12 08:30:00"
    assert assign.active(urgent) is None


def test_all_steps_are_taken_or_none(place):
    first, second = call("one"), call("two")
    assign.assign(second, place["Ben"].name, NOW, 60)
    steps = [
        {"issue": first, "technician": place["Ana"].name, "start": str(NOW), "minutes": 60},
        {
            "issue": second,
            "technician": place["Ana"].name,
            "start": str(NOW),
            "minutes": 60,
        },  # seen as nobody's
    ]
    frappe.db.savepoint("mps_before")
    with pytest.raises(assign.Taken, match="is with Ben"):
        api.apply(steps)
    frappe.db.rollback(save_point="mps_before")  # what the web server does with the whole request
    assert assign.active(first) is None


@pytest.mark.parametrize("steps", ["[]", "{}", "[1]", '[{"technician": "X"}]'])
def test_what_is_no_plan_is_refused(place, steps):
    with pytest.raises(frappe.ValidationError, match="no plan"):
        api.apply(steps)


def test_the_stamp_changes_with_calls_assignments_and_places_on_the_board(place):
    stamps = [api.changes()]
    issue = call("jam")
    stamps.append(api.changes())
    assign.assign(issue, place["Ana"].name, NOW, 60)
    stamps.append(api.changes())
    from mps_module.service import calls

    calls.set_board(issue, "Needs Help")
    stamps.append(api.changes())
    assert len(set(stamps)) == 4
    assert api.changes() == stamps[-1]


def test_a_call_that_is_closed_on_its_form_leaves_the_day(place):
    issue = call("jam")
    assign.assign(issue, place["Ana"].name, NOW, 60)
    doc = frappe.get_doc("Issue", issue)
    doc.status = "Closed"
    doc.save()
    assert assign.active(issue) is None
    assert board.load(now=NOW)["calls"] == []


def test_what_has_no_door_no_device_and_no_customer_is_on_the_board_too(place):
    make.doc("Issue", subject="Mail from nobody", raised_by="x@example.com")
    (told,) = board.load(now=NOW)["calls"]
    assert (told["subject"], told["customer"], told["place"]) == ("Mail from nobody", "", "")
    assert len(told["best"]) == 2


def test_history_is_calls_with_a_visit_and_jobs_with_parts(place):
    """Closed by telephone: nothing was learned of parts. Visited without a part: learned that none was needed."""
    who = build.dealer(technician_name="Eve", sla=None)
    visited, phoned, used = (build.call(subject=each, mps_problem_code="JAM") for each in ("v", "p", "u"))
    build.visit(visited, who)
    build.part_used(used.name, who.trunk, "BOARD-DRUM")
    for doc in (visited, phoned, used):
        frappe.db.set_value("Issue", doc.name, {"status": "Closed", "opening_date": getdate()})
    found = {row[0]: row[1:] for row in past_calls.read()}
    assert found[visited.name] == ({}, "MX-3570N", "", "JAM")
    assert phoned.name not in found
    assert found[used.name][0] == {"BOARD-DRUM": 1}
    assert list(found.values()).count(({"BOARD-FUSER": 1}, "MX-3570N", "", "")) == 3  # brought in


def test_the_usual_length_of_a_visit_is_taken_from_three_visits(place):
    """1.0, 1.5 and 2.0 hours: an hour and a half is planned. Two visits say too little."""
    who = build.dealer(technician_name="Eve", sla=None)
    today = str(getdate())
    for hours in (1.0, 1.5):
        build.visit(build.call(), who, hours=hours, day=today)
    assert past_calls.usual_minutes() == {}
    build.visit(build.call(), who, hours=2.0, day=today)
    assert past_calls.usual_minutes() == {"MX-3570N": 90}
