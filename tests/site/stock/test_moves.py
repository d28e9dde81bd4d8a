"""Moves of one trunk, as the phone sends them: what the stock ledger says afterwards, and what the technician reads."""

from __future__ import annotations

import frappe
import pytest

from tests.site.stock import build


@pytest.fixture
def ana():
    return build.technician("Ana", levels={build.part("FUSER-1"): (1, 3)})


def test_set_up_makes_everything_in_one_step_and_running_it_again_changes_nothing():
    trunk = build.technician("Ana")
    again = build.technician("Ana")
    assert again.name == trunk.name
    parent, company = frappe.db.get_value("Warehouse", trunk.warehouse, ["parent_warehouse", "company"])
    assert frappe.db.get_value("Warehouse", parent, "warehouse_name") == "Technician Trunks"
    assert company == build.COMPANY
    assert trunk.transit_warehouse != trunk.warehouse
    assert frappe.db.get_value("Sales Person", trunk.sales_person, "employee") == trunk.technician
    assert "MPS Technician" in frappe.get_roles(trunk.user)
    allowed = {"user": trunk.user, "allow": "Trunk Stock", "for_value": trunk.name}
    assert frappe.db.count("User Permission", allowed) == 1
    assert frappe.db.count("Trunk Stock", {"user": trunk.user}) == 1


def test_goods_sent_are_in_transit_until_they_are_received(ana):
    build.put("FUSER-1", build.STORE, 5)
    delivery = build.ship(ana, "FUSER-1", 3)
    assert build.aboard(ana, "FUSER-1")["in_transit"] == 3
    assert build.aboard(ana, "FUSER-1")["on_hand"] == 0
    answer = build.act(ana, "receive", {"delivery": delivery})
    assert answer["status"] == "Done", answer
    assert build.aboard(ana, "FUSER-1")["on_hand"] == 3 == build.on_hand("FUSER-1", ana.warehouse)
    assert build.aboard(ana, "FUSER-1")["in_transit"] == 0
    assert build.on_hand("FUSER-1", build.STORE) == 2
    assert frappe.db.get_value("Stock Entry", delivery, "per_transferred") == 100
    assert build.ask(ana, "incoming")["deliveries"] == []


def test_less_than_was_sent_leaves_the_rest_in_transit(ana):
    build.put("FUSER-1", build.STORE, 5)
    delivery = build.ship(ana, "FUSER-1", 3)
    line = build.ask(ana, "incoming")["deliveries"][0]["items"][0]
    answer = build.act(ana, "receive", {"delivery": delivery, "items": [{"row": line["row"], "qty": 1}]})
    assert answer["result"]["open"] == 2
    shown = build.aboard(ana, "FUSER-1")
    assert (shown["on_hand"], shown["in_transit"]) == (1, 2)
    too_much = build.act(ana, "receive", {"delivery": delivery, "items": [{"row": line["row"], "qty": 3}]})
    assert (too_much["status"], too_much["code"]) == ("Conflict", "short")
    assert too_much["result"]["items"][0]["available"] == 2
    assert build.act(ana, "receive", {"delivery": delivery})["status"] == "Done"
    again = build.act(ana, "receive", {"delivery": delivery})
    assert (again["status"], again["code"]) == ("Conflict", "closed")
    assert build.on_hand("FUSER-1", ana.warehouse) == 3


def test_a_key_sent_again_is_booked_once_and_answered_the_same(ana):
    build.put("FUSER-1", ana.warehouse, 2)
    issue = build.call()
    payload = {"issue": issue, "items": [{"item": "FUSER-1", "qty": 1}]}
    first = build.act(ana, "use_on_call", payload, key="the-same")
    second = build.act(ana, "use_on_call", payload, key="the-same")
    assert first["repeated"] is False and second["repeated"] is True
    assert {**second, "repeated": False} == first
    assert build.on_hand("FUSER-1", ana.warehouse) == 1


def test_a_conflict_is_kept_as_well(ana):
    build.put("FUSER-1", ana.warehouse, 1)
    payload = {"issue": build.call(), "items": [{"item": "FUSER-1", "qty": 2}]}
    first = build.act(ana, "use_on_call", payload, key="too-many")
    assert (first["status"], first["code"]) == ("Conflict", "short")
    assert first["message"] == "FUSER-1: only 1 left on your trunk."
    build.put("FUSER-1", ana.warehouse, 5)
    assert build.act(ana, "use_on_call", payload, key="too-many") == {**first, "repeated": True}
    assert build.on_hand("FUSER-1", ana.warehouse) == 6


def test_the_key_of_somebody_else_is_refused_and_tells_nothing(ana):
    ben = build.technician("Ben")
    build.put("FUSER-1", ana.warehouse, 2)
    build.act(ana, "scrap", {"items": [{"item": "FUSER-1", "qty": 1}], "reason": "broken"}, key="mine")
    answer = build.act(
        ben, "scrap", {"items": [{"item": "FUSER-1", "qty": 1}], "reason": "broken"}, key="mine"
    )
    assert (answer["status"], answer["code"], answer["result"]) == ("Refused", "key", {})


def test_a_part_used_on_a_call_names_call_device_and_contract(ana):
    from tests.site import make

    device = make.device("D-77").name
    contract = make.contract(device)
    contract.db_set("status", "Active")
    build.put("FUSER-1", ana.warehouse, 2)
    issue = build.call()
    answer = build.act(
        ana, "use_on_call", {"issue": issue, "device": device, "items": [{"item": "FUSER-1", "qty": 1}]}
    )
    assert answer["status"] == "Done", answer
    entry = frappe.get_doc("Stock Entry", answer["result"]["stock_entry"])
    assert entry.purpose == "Material Issue"
    assert (entry.mps_issue, entry.mps_device, entry.mps_contract) == (issue, device, contract.name)
    assert (entry.mps_move, entry.mps_trunk, entry.owner) == ("Use", ana.name, ana.user)
    assert str(entry.mps_made_at) == "2026-01-05 09:00:00"
    assert build.on_hand("FUSER-1", ana.warehouse) == 1
    assert build.ask(ana, "search_part", "FUSER-1")["items"][0]["mine"] == 1


def test_return_goes_to_where_parts_come_from_and_defective_ones_elsewhere(ana):
    from tests.site import make

    place = make.doc("Warehouse", warehouse_name="Defective", company=build.COMPANY).name
    ana.defective_warehouse = place
    ana.save()
    build.put("FUSER-1", ana.warehouse, 3)
    build.act(ana, "return_part", {"items": [{"item": "FUSER-1", "qty": 1}], "reason": "too many"})
    build.act(
        ana, "return_part", {"items": [{"item": "FUSER-1", "qty": 1}], "reason": "dead", "defective": True}
    )
    assert build.on_hand("FUSER-1", build.STORE) == 1
    assert build.on_hand("FUSER-1", place) == 1
    assert build.on_hand("FUSER-1", ana.warehouse) == 1


def test_scrap_wants_a_reason(ana):
    build.put("FUSER-1", ana.warehouse, 1)
    lines = [{"item": "FUSER-1", "qty": 1}]
    assert build.act(ana, "scrap", {"items": lines})["status"] == "Refused"
    assert build.on_hand("FUSER-1", ana.warehouse) == 1
    assert build.act(ana, "scrap", {"items": lines, "reason": "fell off the van"})["status"] == "Done"
    assert build.on_hand("FUSER-1", ana.warehouse) == 0


def test_serial_numbers_are_chosen_and_must_be_aboard(ana):
    item = build.serial_part()
    build.put(item, build.STORE, 3, serial_no="S1\nS2\nS3")
    delivery = build.ship(ana, item, 2, serial_no="S1\nS2")
    line = build.ask(ana, "incoming")["deliveries"][0]["items"][0]
    assert line["serials"] == ["S1", "S2"]
    come = {"delivery": delivery, "items": [{"row": line["row"], "serials": ["S2"]}]}
    assert build.act(ana, "receive", come)["status"] == "Done"
    assert build.ask(ana, "incoming")["deliveries"][0]["items"][0]["serials"] == ["S1"]
    assert build.act(ana, "receive", {"delivery": delivery})["status"] == "Done"
    assert build.aboard(ana, item)["serials"] == ["S1", "S2"]

    issue = build.call()
    unclear = build.act(ana, "use_on_call", {"issue": issue, "items": [{"item": item, "qty": 1}]})
    assert (unclear["status"], unclear["code"]) == ("Conflict", "serial")
    assert unclear["result"]["items"][0]["serials"] == ["S1", "S2"]
    strange = build.act(ana, "use_on_call", {"issue": issue, "items": [{"item": item, "serials": ["S3"]}]})
    assert strange["message"] == f"{item}: S3 is not on your trunk."
    used = build.act(ana, "use_on_call", {"issue": issue, "items": [{"item": item, "serials": ["S1"]}]})
    assert used["status"] == "Done", used
    assert build.aboard(ana, item)["serials"] == ["S2"]
    assert frappe.db.get_value("Serial No", "S1", "warehouse") is None


def test_batches_are_filled_in_where_there_is_one_and_chosen_where_there_are_two(ana):
    item = build.batch_part()
    for name, qty in (("B-OLD", 2), ("B-NEW", 4)):
        build.put(item, build.STORE, qty, batch_no=build.batch(item, name))
    first = build.ship(ana, item, 2, batch_no="B-OLD")
    assert build.ask(ana, "incoming")["deliveries"][0]["items"][0]["batch"] == "B-OLD"
    assert build.act(ana, "receive", {"delivery": first})["status"] == "Done"
    issue = build.call()
    one = build.act(ana, "use_on_call", {"issue": issue, "items": [{"item": item, "qty": 1}]})
    assert one["status"] == "Done", one
    build.act(ana, "receive", {"delivery": build.ship(ana, item, 3, batch_no="B-NEW")})
    assert {row["batch"]: row["qty"] for row in build.aboard(ana, item)["batches"]} == {
        "B-NEW": 3,
        "B-OLD": 1,
    }
    unclear = build.act(ana, "use_on_call", {"issue": issue, "items": [{"item": item, "qty": 1}]})
    assert (unclear["status"], unclear["code"]) == ("Conflict", "batch")
    short = build.act(
        ana, "use_on_call", {"issue": issue, "items": [{"item": item, "qty": 2, "batch": "B-OLD"}]}
    )
    assert short["message"] == f"{item}: only 1 of batch B-OLD left on your trunk."
    done = build.act(
        ana, "use_on_call", {"issue": issue, "items": [{"item": item, "qty": 2, "batch": "B-NEW"}]}
    )
    assert done["status"] == "Done", done
    assert {row["batch"]: row["qty"] for row in build.aboard(ana, item)["batches"]} == {
        "B-NEW": 1,
        "B-OLD": 1,
    }


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("fly", {}, "action"),
        ("use_on_call", {"issue": "none", "items": [{"item": "FUSER-1", "qty": 1}]}, "issue"),
        ("scrap", {"reason": "x", "items": [{"item": "NO-SUCH", "qty": 1}]}, "item"),
        ("scrap", {"reason": "x", "items": [{"item": "FUSER-1", "qty": 0}]}, "payload"),
        ("scrap", {"reason": "x", "items": [{"item": "FUSER-1", "qty": -1}]}, "payload"),
        ("scrap", {"reason": "x", "items": [{"item": "FUSER-1", "qty": "2"}]}, "payload"),
        ("scrap", {"reason": "x", "items": [{"item": "FUSER-1", "qty": 0.5}]}, "item"),
        ("scrap", {"reason": "x", "items": "FUSER-1"}, "payload"),
        ("receive", {"delivery": "none"}, "delivery"),
        ("transfer_accept", {"transfer": "none"}, "transfer"),
        ("meter_read", {"device": "none", "reads": [{"meter": "mono", "value": 1}]}, "device"),
    ],
)
def test_what_can_never_work_is_refused(ana, action, payload, code):
    answer = build.act(ana, action, payload)
    assert (answer["status"], answer["code"]) == ("Refused", code), answer
    assert answer["message"]


def test_a_time_that_is_none_is_refused_and_a_clock_ahead_is_not_believed(ana):
    build.put("FUSER-1", ana.warehouse, 2)
    payload = {"items": [{"item": "FUSER-1", "qty": 1}], "reason": "x"}
    assert build.act(ana, "scrap", payload, made_at="yesterday")["code"] == "payload"
    done = build.act(ana, "scrap", payload, made_at="2199-01-01T00:00:00Z")
    at = frappe.db.get_value("Stock Entry", done["result"]["stock_entry"], "mps_made_at")
    assert at <= frappe.utils.now_datetime()


def test_what_the_erp_refuses_comes_back_in_its_own_words_and_books_nothing(ana):
    build.put("FUSER-1", ana.warehouse, 2)
    frappe.db.set_single_value("Stock Settings", "stock_frozen_upto", "2099-12-31")
    answer = build.act(ana, "scrap", {"items": [{"item": "FUSER-1", "qty": 1}], "reason": "x"}, key="frozen")
    assert (answer["status"], answer["code"]) == ("Conflict", "ledger"), answer
    assert "2099" in answer["message"] and "<" not in answer["message"]
    assert build.on_hand("FUSER-1", ana.warehouse) == 2
    kept = frappe.get_doc("MPS Phone Action", {"key": "frozen"})
    assert (kept.status, kept.user, kept.trunk) == ("Conflict", ana.user, ana.name)
    assert not frappe.db.exists("Stock Entry", {"mps_trunk": ana.name, "mps_move": "Scrap"})


def test_held_for_parts_keeps_what_others_had_at_that_moment(ana):
    ben = build.technician("Ben")
    build.put("FUSER-1", ben.warehouse, 2)
    issue = build.call(to=ana)
    answer = build.act(ana, "need_part", {"issue": issue, "items": [{"item": "FUSER-1", "qty": 1}]})
    doc = frappe.get_doc("MPS Missing Part", answer["result"]["missing"][0])
    assert (doc.issue, doc.trunk, doc.qty, doc.on_hand, doc.elsewhere) == (issue, ana.name, 1, 0, 2)
    assert build.ask(ana, "call", issue)["missing"] == [{"item": "FUSER-1", "qty": 1}]
