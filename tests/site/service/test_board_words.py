"""What the board says: durations, who pays, on what the chances rest, why somebody is proposed, where somebody is."""

from __future__ import annotations

import frappe
import pytest

from mps_module.engine.dispatch import Call, Candidate, PartShare, Place, Skill
from mps_module.service import board, board_words, places
from mps_module.service.scene import engine_time

AT_TEN = "2026-01-12 10:00:00"
JAM = ("model", "MX", "JAM")


def candidate(**values) -> Candidate:
    told = {
        "technician": "T", "chance": 0.72, "skill": 0.9, "skill_from": "brand", "parts": 0.8,
        "arrive": engine_time(frappe.utils.get_datetime(AT_TEN)), "travel": 25, "spare": 65,
    }  # fmt: skip
    return Candidate(**{**told, **values})


def why(one: Candidate, *shares: PartShare, calls: float = 10) -> list[str]:
    asked = Call("C", model="MX", brand="Sharp", category="Server")
    return board_words.why(one, asked, shares, {"FUSER": "Fuser unit"}, JAM, calls)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h 00 min"), (-65, "1 h 05 min"), (600, "10 h 00 min")],
)
def test_durations(minutes, told):
    assert board_words.duration(minutes) == told


@pytest.mark.parametrize(
    ("kind", "calls", "told"),
    [
        (JAM, 12, "From 12 past calls for JAM on MX."),
        (("brand", "Sharp", ""), 40, "From 40 past calls on Sharp."),
        (("all", "", ""), 99, "From all 99 past calls; nothing is known of this model or brand."),
        (("all", "", ""), 0, "There is no history yet: skill and time alone decide."),
    ],
)
def test_on_what_the_chances_rest(kind, calls, told):
    assert board_words.basis(kind, calls) == told


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("model", "Solves 90 % of calls on MX, parts aside."),
        ("brand", "Solves 90 % of calls on Sharp, parts aside."),
        ("category", "Solves 90 % of calls on Server, parts aside."),
        ("any", "Solves 90 % of all calls, parts aside."),
        ("unlisted", "This device is not among the recorded skills: 90 % assumed."),
        ("none", "No skills are recorded: 90 % assumed."),
    ],
)
def test_the_skill_in_words(source, told):
    assert why(candidate(skill_from=source))[0] == told


def test_parts_aboard_and_missing_with_their_names():
    lines = why(candidate(), PartShare("FUSER", 6, 10, 1, 2), PartShare("BELT", 3, 10, 2, 1))
    assert lines[1:4] == [
        "The trunk would have completed 80 % of such calls.",
        "Aboard: Fuser unit (6 of 10 calls).",
        "Missing: BELT (3 of 10 calls).",  # one aboard, two are needed
    ]


def test_such_calls_needed_nothing_and_nothing_is_known():
    assert why(candidate())[1] == "Such calls needed no parts so far."
    assert len(why(candidate(), calls=0)) == 2  # skill and time


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "10:00, after 25 min on the road: 1 h 05 min to spare."),
        ({"spare": -20}, "10:00, after 25 min on the road: 20 min too late."),
        ({"spare": None}, "10:00, after 25 min on the road; no time was promised."),
        ({"travel": 0}, "10:00, at the same door: 1 h 05 min to spare."),
        ({"arrive": None}, "No time in the next days."),
    ],
)
def test_the_time_in_words(values, told):
    assert why(candidate(**values))[-1].endswith(told)


def test_skills_as_a_list():
    listed = (
        Skill(0.95, model="MX", brand="Sharp"),
        Skill(0.9, brand="Sharp"),
        Skill(0.5, category="PC"),
        Skill(0.4),
    )
    assert board_words.skills(listed) == "MX 95 %, Sharp 90 %, PC 50 %, everything 40 %"
    assert board_words.skills(()) == ""


@pytest.mark.parametrize(
    ("labour", "parts", "told"),
    [
        ("", "", ""),
        ("Included", "Included", "Included"),
        ("Incident", "Billable", "labour incident, parts billable"),
        ("Billable", "", "labour billable, parts ?"),
    ],
)
def test_who_pays(labour, parts, told):
    assert board_words.coverage(frappe._dict(mps_coverage_labour=labour, mps_coverage_parts=parts)) == told


def test_where_somebody_is():
    assert board_words.where({"status": "Travelling", "customer": "Mill Law"}) == "on the way to Mill Law"
    assert board_words.where({"status": "On Site", "customer": "Mill Law"}) == "at Mill Law"


def test_the_door_of_a_call_is_its_address_else_the_customers_site():
    row = frappe._dict(
        customer="Mill Law", site="North Campus", customer_address="Mill-Office", territory="North"
    )
    address = frappe._dict(
        address_line1="7 Mill Lane", city="Albany", mps_latitude=42.65, mps_longitude=-73.75
    )
    known = {"Mill-Office": address}
    assert places.of_call(row, known, "Everywhere") == Place("Mill-Office", "North", 42.65, -73.75)
    assert places.told(row, known) == "North Campus, 7 Mill Lane, Albany"
    row.customer_address = None
    assert places.of_call(row, known, "North") == Place("Mill Law|North Campus", "", None, None)
    assert places.told(row, {}) == "North Campus"


def test_an_empty_pair_of_coordinates_is_no_place_in_the_sea():
    assert places.coordinates(None, 0) == (None, None)
    assert places.coordinates(0, -73.5) == (0.0, -73.5)


def test_engine_moments_come_back_as_the_database_writes_them():
    assert board.stored(engine_time(frappe.utils.get_datetime(AT_TEN))) == AT_TEN
    assert board.stored(None) is None and engine_time(None) is None
