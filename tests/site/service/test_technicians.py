"""Technicians of the board: set up in one step, checked, and shown what is their own."""

from __future__ import annotations

from datetime import datetime, timedelta

import frappe
import pytest
from frappe.utils import getdate

from mps_module.api import dispatch as api
from mps_module.service import assign, board, technicians
from tests.site import make
from tests.site.service import build
from tests.site.stock import build as stock

OFFICE = (api.load, api.changes)


@pytest.fixture
def pair():
    """Ana and Ben, a call of each, today at ten."""
    people = [build.technician(name)[0] for name in ("Ana", "Ben")]
    start = datetime.combine(getdate(), datetime.min.time()) + timedelta(hours=10)
    calls = []
    for person in people:
        call = make.doc("Issue", subject=f"For {person.name}", customer=make.customer().name).name
        assign.assign(call, person.name, start, 60)
        calls.append(call)
    return people, calls


def test_a_new_technician_of_the_trunks_is_on_the_board_at_once():
    stock.territory("North")
    trunk = stock.technician("Gus", "North")
    person = frappe.get_doc("MPS Technician", trunk.technician)
    assert (person.user, person.trunk, person.territory) == (trunk.user, trunk.name, "North")
    assert (person.sales_person, person.company) == (trunk.sales_person, "Print Dealer Inc")
    assert (str(person.works_from), str(person.works_to)) in {
        ("8:00:00", "17:00:00"),
        ("08:00:00", "17:00:00"),
    }


def test_set_up_from_an_employee_takes_what_is_known_and_runs_twice():
    trunk = stock.technician("Hal")
    frappe.delete_doc("MPS Technician", trunk.technician)
    assert api.set_up_technician(trunk.technician) == trunk.technician
    person = frappe.get_doc("MPS Technician", trunk.technician)
    assert (person.trunk, person.user) == (trunk.name, trunk.user)
    person.skills = []
    person.append("skills", {"level": 55})
    person.save()
    api.set_up_technician(trunk.technician)
    assert frappe.get_doc("MPS Technician", trunk.technician).skills[0].level == 55


def test_an_employee_without_user_is_refused():
    name = stock.employee("Ida")
    frappe.db.set_value("Employee", name, "user_id", None)
    with pytest.raises(frappe.ValidationError, match="has no user"):
        technicians.set_up(name)


def test_a_day_that_begins_at_midnight_begins_at_midnight(pair):
    (ana, _ben), (call, _other) = pair
    ana.update({"works_from": "00:00:00", "works_to": "06:30:00"})
    ana.save()
    night = datetime.combine(getdate(), datetime.min.time()) + timedelta(minutes=30)
    offers = {one["technician"]: one["arrive"] for one in board.candidates(call, night)["technicians"]}
    assert f"{night.date()} 00:30" <= offers[ana.name] < f"{night.date()} 02:00"
    (lane,) = (one for one in board.load(now=night)["technicians"] if one["name"] == ana.name)
    assert lane["works"] == ["00:00:00", "06:30:00"]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"works_from": "17:00:00", "works_to": "08:00:00"}, "ends before it starts"),
        ({"latitude": 91}, "between -90 and 90"),
        ({"longitude": -181}, "between -180 and 180"),
        ({"skills": [{"level": 120}]}, "percentage"),
    ],
)
def test_what_cannot_be_is_refused(values, why):
    person = build.technician("Ana")[0]
    person.update(values)
    with pytest.raises(frappe.ValidationError, match=why):
        person.save()


def test_technicians_read_their_own_days_and_nobody_elses(pair):
    (ana, ben), (hers, _his) = pair
    frappe.set_user(ana.user)
    assert [row["issue"] for row in api.my_day()] == [hers]
    assert api.my_day("2020-01-01") == []
    assert {row.technician for row in frappe.get_list("MPS Assignment", fields=["technician"], limit=50)} == {
        ana.name
    }
    assert frappe.get_list("MPS Technician", pluck="name", limit=50) == [ana.name]
    own = frappe.get_doc("MPS Assignment", {"technician": ana.name})
    other = frappe.get_doc("MPS Assignment", {"technician": ben.name})
    assert own.has_permission("read") and not own.has_permission("write")
    assert not other.has_permission("read")
    assert not frappe.get_doc("MPS Technician", ben.name).has_permission("read")


def test_the_calendar_shows_technicians_their_own_and_the_office_all(pair):
    (ana, ben), (hers, his) = pair
    span = (str(getdate()), str(getdate() + timedelta(days=1)))
    assert {row["issue"] for row in api.events(*span)} >= {hers, his}
    (only,) = api.events(*span, filters=[["MPS Assignment", "technician", "=", ben.name]])
    assert only["title"] == f"{ben.technician_name}: For {ben.name}"
    assert only["planned_end"] - only["planned_start"] == timedelta(hours=1)
    frappe.set_user(ana.user)
    assert [row["issue"] for row in api.events(*span)] == [hers]


@pytest.mark.parametrize("role", ["MPS Technician", "MPS Billing", "Customer", "Sales User"])
def test_the_board_is_for_the_office(role, user_with):
    frappe.set_user(user_with(role))
    for closed in OFFICE:
        with pytest.raises(frappe.PermissionError):
            closed()
    for closed in (api.candidates, api.room, api.set_up_technician):
        with pytest.raises(frappe.PermissionError):
            closed("X")
    with pytest.raises(frappe.PermissionError):
        api.apply([{"issue": "X"}])


@pytest.mark.parametrize("role", ["Customer", "MPS Billing"])
def test_days_are_not_for_strangers(role, user_with):
    frappe.set_user(user_with(role))
    with pytest.raises(frappe.PermissionError):
        api.my_day()
    with pytest.raises(frappe.PermissionError):
        api.events("2026-01-01", "2026-01-02")


@pytest.mark.parametrize("role", ["MPS Service", "MPS Manager"])
def test_dispatchers_need_no_other_role(role, user_with, pair):
    """The ERP's rights on Issue are not theirs; the board's are."""
    (ana, ben), (hers, _his) = pair
    seen = assign.token(assign.active(hers))
    frappe.set_user(user_with(role))
    assert {one["name"] for one in api.load()["technicians"]} >= {ana.name, ben.name}
    done = api.apply([{"issue": hers, "technician": ben.name, "seen": seen}])
    assert assign.active(hers).technician == ben.name
    api.apply(done["undo"])
    assert assign.active(hers).technician == ana.name


def test_wrong_values_are_refused_in_words():
    with pytest.raises(frappe.ValidationError, match="no such state"):
        api.load(state="Somewhere")
    with pytest.raises(frappe.ValidationError, match=r"soon.* is not a valid date"):
        api.load(day="soon")
    with pytest.raises(frappe.ValidationError, match="is no time"):
        api.events("soon", "later")
    with pytest.raises(frappe.ValidationError, match="is not open"):
        api.candidates("ISS-NONE")


def test_the_page_is_there_for_its_roles():
    page = frappe.get_doc("Page", "dispatch-board")
    assert {row.role for row in page.roles} == {"System Manager", "MPS Manager", "MPS Service"}
    page.load_assets()
    assert "class DispatchLanes" in page.script and "{% include" not in page.script
    assert ".mpsd-lane" in page.style
