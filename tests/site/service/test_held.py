"""Held for a part: it is ordered for the trunk once, and the call comes back to the board when it is aboard."""

from __future__ import annotations

import frappe
import pytest

from tests.site.service import build
from tests.site.service.reports import done, given, report, send
from tests.site.stock import build as stock


@pytest.fixture(autouse=True)
def store(who):
    """Five drums lie in the store."""
    stock.put("DRUM-1", stock.STORE, 5)


def hold(who, issue: str, qty: float = 1, item: str = "DRUM-1", **values) -> frappe._dict:
    return done(who, report(issue, outcome="Held for Part", missing=[{"item": item, "qty": qty}], **values))


def requested(who) -> list[tuple[str, float]]:
    rows = frappe.get_all(
        "Material Request Item",
        {"warehouse": who.trunk.warehouse, "docstatus": 1},
        ["item_code", "qty", "from_warehouse", "parent"],
        order_by="creation, idx",
        limit=50,
    )
    assert {row.from_warehouse for row in rows} <= {who.trunk.source_warehouse}
    return [(row.item_code, row.qty) for row in rows]


def deliver(who, qty: float, item: str = "DRUM-1") -> None:
    """From the store into transit, and received by the technician on the phone."""
    name = stock.ship(who.trunk, item, qty)
    answer = send(who, {"delivery": name}, action="receive")
    assert answer["status"] == "Done", answer


def board(issue: str) -> str:
    return frappe.db.get_value("Issue", issue, "mps_board")


def test_a_held_call_orders_its_part_and_returns_when_it_is_aboard(who):
    issue = given(who)
    told = hold(who, issue)
    assert requested(who) == [("DRUM-1", 1)]
    missing = frappe.get_doc("MPS Missing Part", told.missing[0])
    assert (missing.issue, missing.maintenance_visit, missing.qty, missing.aboard_at) == (
        issue,
        told.visit,
        1,
        None,
    )
    assert missing.material_request == told.material_request
    call = frappe.get_doc("Issue", issue)
    assert (call.mps_board, call.mps_held_for_part, call.status) == ("Held for Part", 1, "Open")
    assert not frappe.db.exists("MPS Assignment", {"active_key": issue})

    from mps_module.stock import replenish

    entry = frappe.get_doc("Stock Entry", replenish.send(told.material_request))
    entry.submit()
    assert board(issue) == "Held for Part"  # on the road is not aboard
    assert send(who, {"delivery": entry.name}, action="receive")["status"] == "Done"
    assert board(issue) == "To Assign"
    missing.reload()
    assert missing.aboard_at is not None
    comment = frappe.get_last_doc(
        "Comment", {"reference_doctype": "Issue", "reference_name": issue, "comment_type": "Info"}
    )
    assert "DRUM-1 is aboard" in comment.content


def test_what_is_on_its_way_is_not_requested_again(who):
    stock.ship(who.trunk, "DRUM-1", 1)
    first, second = given(who), given(who, subject="Streaks")
    assert hold(who, first).material_request == ""  # the one in transit serves it
    assert hold(who, second).material_request != ""
    assert requested(who) == [("DRUM-1", 1)]


def test_nobody_asks_twice_for_the_same_call(who):
    """The technician ordered the part before the report, the visit is sent again, and the nightly refill runs."""
    from mps_module.stock import replenish

    issue = given(who)
    need = {"issue": issue, "items": [{"item": "DRUM-1", "qty": 1}]}
    assert send(who, need, action="need_part")["status"] == "Done"
    assert requested(who) == [("DRUM-1", 1)]
    hold(who, issue)
    hold(who, issue)
    assert requested(who) == [("DRUM-1", 1)]
    assert frappe.db.count("MPS Missing Part", {"issue": issue}) == 1
    who.trunk.reload()
    who.trunk.append("items", {"item": "DRUM-1", "min_qty": 0, "par_qty": 1})
    who.trunk.save()
    assert replenish.plan([who.trunk.name]) == []  # the requested one fills its place


def test_two_units_wanted_one_coming_one_requested(who):
    stock.ship(who.trunk, "DRUM-1", 1)
    hold(who, given(who), qty=2)
    assert requested(who) == [("DRUM-1", 1)]


def test_the_call_that_waited_longest_comes_back_first(who):
    first, second = given(who), given(who, subject="Streaks")
    hold(who, first)
    done(who, report(second, outcome="Held for Part", missing=[{"item": "DRUM-1", "qty": 1}]), when="11:45")
    assert requested(who) == [("DRUM-1", 1), ("DRUM-1", 1)]
    deliver(who, 1)
    assert (board(first), board(second)) == ("To Assign", "Held for Part")
    deliver(who, 1)
    assert board(second) == "To Assign"


def test_a_call_that_lacks_two_parts_waits_for_both(who):
    stock.put(stock.part("BELT-1"), stock.STORE, 1)
    issue = given(who)
    parts = [{"item": "DRUM-1", "qty": 1}, {"item": "BELT-1", "qty": 1}]
    done(who, report(issue, outcome="Held for Part", missing=parts))
    deliver(who, 1)
    assert board(issue) == "Held for Part"
    deliver(who, 1, "BELT-1")
    assert board(issue) == "To Assign"


def test_a_part_from_a_colleague_brings_the_call_back_as_well(who):
    _ben, trunk = build.technician("Ben")
    stock.put("DRUM-1", trunk.warehouse, 1)
    issue = given(who)
    hold(who, issue)
    asked = send(
        who, {"from_trunk": trunk.name, "items": [{"item": "DRUM-1", "qty": 1}]}, action="transfer_request"
    )
    name = {"transfer": asked["result"]["transfer"]}
    for owner, action in (
        (trunk, "transfer_accept"),
        (trunk, "transfer_handover"),
        (who.trunk, "transfer_handover"),
    ):
        assert stock.act(owner, action, name)["status"] == "Done"
    assert board(issue) == "To Assign"


def test_a_held_call_that_was_taken_up_otherwise_stays_as_it_is(who):
    from mps_module.service import assign

    first, second = given(who), given(who, subject="Streaks")
    hold(who, first)
    hold(who, second)
    assign.assign(first, who.technician, "2026-03-03 09:00:00")
    frappe.db.set_value("Issue", second, "status", "Closed")
    deliver(who, 2)
    assert (board(first), board(second)) == ("Assigned", "Held for Part")
