"""Visits sent at the same moment by two phones, each in a process with a database connection of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
import pytest

from tests.site import make
from tests.site.service import build
from tests.site.stock import build as stock
from tests.site.stock.test_race import race

pytestmark = pytest.mark.commits
VISIT = "Maintenance Visit"


@pytest.fixture
def here(site: str) -> Iterator[tuple[Any, list[str]]]:
    """A technician with two parts aboard and two calls, committed; taken away afterwards, save what the ledger keeps."""
    from mps_module.service import assign

    person, trunk = build.technician("Race-Vis")
    for doctype, name in (("Trunk Stock", trunk.name), ("MPS Technician", person.name)):
        frappe.db.set_value(doctype, name, "disabled", 0)
    stock.put(stock.part("RACE-V"), trunk.warehouse, 2)
    if not frappe.db.exists("MPS Device", "RACE-D"):
        make.device("RACE-D")
    calls = [stock.call(subject, mps_device="RACE-D") for subject in ("First", "Second")]
    for call in calls:
        assign.assign(call, person.name, frappe.utils.now_datetime())
    frappe.db.commit()
    yield trunk, calls
    frappe.db.rollback()
    frappe.set_user("Administrator")
    left = stock.on_hand("RACE-V", trunk.warehouse)
    if left:
        scrap = {"items": [{"item": "RACE-V", "qty": left}], "reason": "end of test"}
        assert (
            stock.act(trunk, "scrap", scrap, key=f"end-{frappe.generate_hash(length=12)}")["status"] == "Done"
        )
    visits = frappe.get_all(VISIT, {"mps_issue": ("in", calls)}, pluck="name", order_by="name")
    for doctype, field, names in (
        ("MPS Phone Action", "trunk", [trunk.name]), ("MPS Assignment", "issue", calls),
        ("ToDo", "reference_name", calls), ("Meter Read", "device", ["RACE-D"]), ("Issue", "name", calls),
        ("Maintenance Visit Purpose", "parent", visits), (VISIT, "name", visits), ("MPS Device", "name", ["RACE-D"]),
    ):  # fmt: skip
        if names:
            frappe.db.delete(doctype, {field: ("in", names)})
    for doctype, name in (("Trunk Stock", trunk.name), ("MPS Technician", person.name)):
        frappe.db.set_value(doctype, name, "disabled", 1)
    frappe.db.commit()


def report(issue: str, qty: int, key: str = "") -> dict[str, Any]:
    return {
        "visit": key or f"race {issue}", "issue": issue, "outcome": "Complete", "arrived_at": "2026-01-05T08:00:00-05:00",
        "left_at": "2026-01-05T09:00:00-05:00", "items": [{"item": "RACE-V", "qty": qty}],
        "reads": [{"meter": "mono", "value": 700}],
    }  # fmt: skip


def test_one_visit_from_two_phones_at_once_is_booked_once(site, here):
    trunk, (issue, _other) = here
    answers = race(
        site,
        *((trunk, f"phone {number} {issue}", "visit", report(issue, 1)) for number in (1, 2)),
    )
    assert [answer["status"] for answer in answers] == ["Done", "Done"], answers
    assert answers[0]["result"]["visit"] == answers[1]["result"]["visit"]
    assert frappe.db.count(VISIT, {"mps_issue": issue}) == 1
    assert frappe.db.count("Stock Entry", {"mps_issue": issue, "docstatus": 1}) == 1
    assert frappe.db.count("Meter Read", {"device": "RACE-D"}) == 1
    assert stock.on_hand("RACE-V", trunk.warehouse) == 1


def test_two_visits_that_both_took_the_last_parts(site, here):
    """Two parts aboard, two phones of the technician: one visit used both, the other one of them."""
    trunk, (first, second) = here
    answers = race(
        site,
        (trunk, f"a {first}", "visit", report(first, 2)),
        (trunk, f"b {second}", "visit", {**report(second, 1), "reads": []}),
    )
    assert sorted(answer["status"] for answer in answers) == ["Conflict", "Done"], answers
    lost = next(answer for answer in answers if answer["status"] == "Conflict")
    assert lost["code"] == "short"
    assert stock.on_hand("RACE-V", trunk.warehouse) in (0, 1)
    states = {frappe.db.get_value("Issue", issue, "status") for issue in (first, second)}
    assert states == {"Open", "Resolved"}
    assert frappe.db.count(VISIT, {"mps_issue": ("in", (first, second))}) == 1
