"""Trunk to trunk: request, answer, both confirmations; and counts with approval."""

from __future__ import annotations

import frappe
import pytest

from tests.site.stock import build


@pytest.fixture
def people():
    build.part("BELT-1")
    return build.technician("Ana"), build.technician("Ben"), build.technician("Cem")


def ask_for(receiver, giver, qty=1, item="BELT-1"):
    return build.act(
        receiver, "transfer_request", {"from_trunk": giver.name, "items": [{"item": item, "qty": qty}]}
    )


def shown(trunk, transfer):
    return next(each for each in build.ask(trunk, "incoming")["transfers"] if each["transfer"] == transfer)


def test_asked_accepted_and_handed_over_with_both_confirmations(people):
    ana, ben, _cem = people
    build.put("BELT-1", ben.warehouse, 2)
    transfer = ask_for(ana, ben)["result"]["transfer"]
    assert shown(ben, transfer)["mine_to_answer"] and not shown(ana, transfer)["mine_to_answer"]
    assert build.act(ana, "transfer_accept", {"transfer": transfer})["status"] == "Refused"
    assert build.act(ben, "transfer_accept", {"transfer": transfer})["result"]["status"] == "Accepted"
    assert build.aboard(ben, "BELT-1")["promised"] == 1
    assert build.on_hand("BELT-1", ben.warehouse) == 2

    given = build.act(ben, "transfer_handover", {"transfer": transfer})
    assert given["result"]["status"] == "Handover"
    assert build.on_hand("BELT-1", ben.warehouse) == 1
    assert build.aboard(ana, "BELT-1")["in_transit"] == 1
    assert (shown(ana, transfer)["i_confirmed"], shown(ana, transfer)["they_confirmed"]) == (False, True)

    got = build.act(ana, "transfer_handover", {"transfer": transfer})
    assert got["result"]["status"] == "Completed"
    assert build.on_hand("BELT-1", ana.warehouse) == 1
    assert build.aboard(ana, "BELT-1")["in_transit"] == 0
    assert build.aboard(ben, "BELT-1")["promised"] == 0


def test_the_receiver_may_confirm_first(people):
    ana, ben, _cem = people
    build.put("BELT-1", ben.warehouse, 1)
    transfer = ask_for(ana, ben)["result"]["transfer"]
    build.act(ben, "transfer_accept", {"transfer": transfer})
    first = build.act(ana, "transfer_handover", {"transfer": transfer})
    assert (first["result"]["status"], first["result"]["stock_entry"]) == ("Handover", None)
    assert build.on_hand("BELT-1", ben.warehouse) == 1
    twice = build.act(ana, "transfer_handover", {"transfer": transfer})
    assert twice["status"] == "Done"
    assert build.act(ben, "transfer_handover", {"transfer": transfer})["result"]["status"] == "Completed"
    assert (build.on_hand("BELT-1", ana.warehouse), build.on_hand("BELT-1", ben.warehouse)) == (1, 0)
    assert build.act(ben, "transfer_handover", {"transfer": transfer})["code"] == "closed"


def test_the_same_part_is_not_promised_twice(people):
    ana, ben, cem = people
    build.put("BELT-1", ben.warehouse, 1)
    first, second = (ask_for(each, ben)["result"]["transfer"] for each in (ana, cem))
    assert build.act(ben, "transfer_accept", {"transfer": first})["status"] == "Done"
    answer = build.act(ben, "transfer_accept", {"transfer": second})
    assert (answer["status"], answer["code"]) == ("Conflict", "short")
    assert answer["result"]["items"] == [{"item": "BELT-1", "wanted": 1, "available": 0, "promised": 1}]
    assert "promised" in answer["message"]
    late = ask_for(cem, ben)
    assert (late["status"], late["code"]) == ("Conflict", "short")
    assert build.ask(cem, "search_part", "BELT-1")["items"][0]["places"] == []


def test_a_promised_part_that_was_used_meanwhile_is_a_conflict_and_can_be_called_off(people):
    ana, ben, _cem = people
    build.put("BELT-1", ben.warehouse, 1)
    transfer = ask_for(ana, ben)["result"]["transfer"]
    build.act(ben, "transfer_accept", {"transfer": transfer})
    build.act(ben, "use_on_call", {"issue": build.call(), "items": [{"item": "BELT-1", "qty": 1}]})
    answer = build.act(ben, "transfer_handover", {"transfer": transfer})
    assert (answer["status"], answer["message"]) == ("Conflict", "BELT-1: none left on your trunk.")
    assert build.act(ben, "transfer_cancel", {"transfer": transfer, "reason": "used it"})["status"] == "Done"
    assert shown(ana, transfer)["status"] == "Cancelled"


def test_an_offer_is_accepted_by_the_receiver_and_an_answer_stands(people):
    ana, ben, cem = people
    build.put("BELT-1", ana.warehouse, 1)
    offer = {"to_trunk": ben.name, "items": [{"item": "BELT-1", "qty": 1}]}
    transfer = build.act(ana, "transfer_offer", offer)["result"]["transfer"]
    assert build.act(ana, "transfer_accept", {"transfer": transfer})["status"] == "Refused"
    assert build.act(cem, "transfer_accept", {"transfer": transfer})["status"] == "Refused"
    assert (
        build.act(ben, "transfer_decline", {"transfer": transfer, "reason": "have one"})["status"] == "Done"
    )
    assert build.act(ben, "transfer_accept", {"transfer": transfer})["result"]["status"] == "Declined"
    assert shown(ana, transfer)["reason"] == "have one"


def test_what_has_left_the_giver_cannot_be_called_off(people):
    ana, ben, _cem = people
    build.put("BELT-1", ben.warehouse, 1)
    transfer = ask_for(ana, ben)["result"]["transfer"]
    build.act(ben, "transfer_accept", {"transfer": transfer})
    build.act(ben, "transfer_handover", {"transfer": transfer})
    assert build.act(ana, "transfer_cancel", {"transfer": transfer})["code"] == "closed"
    # Confirming it as a plain delivery is not the way: the transfer would stay open.
    entry = frappe.db.get_value("Trunk Transfer", transfer, "outgoing_entry")
    assert build.act(ana, "receive", {"delivery": entry})["status"] == "Refused"


def test_the_giver_hands_over_serial_numbers_and_never_more_than_agreed(people):
    ana, ben, _cem = people
    item = build.serial_part()
    build.put(item, ben.warehouse, 3, serial_no="S1\nS2\nS3")
    transfer = ask_for(ana, ben, 2, item)["result"]["transfer"]
    build.act(ben, "transfer_accept", {"transfer": transfer})
    assert build.act(ben, "transfer_handover", {"transfer": transfer})["code"] == "serial"
    everything = {"transfer": transfer, "items": [{"item": item, "serials": ["S1", "S2", "S3"]}]}
    assert build.act(ben, "transfer_handover", everything)["status"] == "Refused"
    build.act(
        ben, "transfer_handover", {"transfer": transfer, "items": [{"item": item, "serials": ["S1", "S3"]}]}
    )
    assert shown(ana, transfer)["items"][0]["serials"] == ["S1", "S3"]
    assert build.act(ana, "transfer_handover", {"transfer": transfer})["result"]["status"] == "Completed"
    assert build.aboard(ana, item)["serials"] == ["S1", "S3"]
    assert build.aboard(ben, item)["serials"] == ["S2"]


def test_search_names_the_near_ones_first_and_the_store(people):
    ana, ben, cem = people
    build.territory("West", is_group=1)
    build.territory("East")
    for trunk, place in ((ana, "Shore"), (cem, "Hills")):
        trunk.territory = build.territory(place, parent="West")
        trunk.save()
    ben.territory = "East"
    ben.save()
    build.put("BELT-1", ben.warehouse, 5)
    build.put("BELT-1", cem.warehouse, 1)
    build.put("BELT-1", build.STORE, 7)
    found = build.ask(ana, "search_part", "belt")["items"][0]
    assert [(each["trunk"], each["near"], each["available"]) for each in found["places"]] == [
        (cem.name, True, 1),
        (ben.name, False, 5),
    ]
    assert found["stores"] == [{"warehouse": build.STORE, "available": 7}]
    near = [(each["trunk"], each["near"]) for each in build.ask(ana, "colleagues")["trunks"]]
    assert near == [(cem.name, True), (ben.name, False)]


def test_search_takes_a_barcode_and_no_wildcards(people):
    ana = people[0]
    item = frappe.get_doc("Item", "BELT-1")
    item.append("barcodes", {"barcode": "4006381333931", "barcode_type": "EAN"})
    item.save()
    assert build.ask(ana, "search_part", "4006381333931")["items"][0]["item"] == "BELT-1"
    assert build.ask(ana, "search_part", "%")["items"] == []
    assert build.ask(ana, "search_part", "")["items"] == []


# Counts


def test_a_count_changes_nothing_until_a_manager_approves_the_variance(people):
    from mps_module.api import trunk as desk

    ana = people[0]
    build.part("ROLLER-1")
    build.put("BELT-1", ana.warehouse, 5)
    build.put("ROLLER-1", ana.warehouse, 2)
    counted = {"items": [{"item": "BELT-1", "qty": 3}, {"item": "ROLLER-1", "qty": 2}]}
    answer = build.act(ana, "count", counted)
    assert answer["result"]["variances"] == [
        {"item": "BELT-1", "batch": "", "expected": 5, "counted": 3, "variance": -2}
    ]
    name = answer["result"]["count"]
    assert build.on_hand("BELT-1", ana.warehouse) == 5
    assert frappe.db.get_value("Trunk Count", name, "total_variance_value") == -20

    frappe.set_user(ana.user)
    with pytest.raises(frappe.PermissionError):
        desk.decide_count(name, True)
    frappe.set_user("Administrator")
    # One is used between count and approval: the variance is booked, not the quantity counted.
    build.act(ana, "use_on_call", {"issue": build.call(), "items": [{"item": "BELT-1", "qty": 1}]})
    made = desk.decide_count(name, True, "two were lost")
    assert build.on_hand("BELT-1", ana.warehouse) == 2
    assert build.on_hand("ROLLER-1", ana.warehouse) == 2
    assert frappe.get_doc("Stock Reconciliation", made).docstatus == 1
    with pytest.raises(frappe.ValidationError, match="approved already"):
        desk.decide_count(name, True)


def test_a_count_without_variance_waits_for_nobody_and_a_rejection_wants_a_reason(people):
    from mps_module.api import trunk as desk

    ana = people[0]
    build.put("BELT-1", ana.warehouse, 5)
    fine = build.act(ana, "count", {"items": [{"item": "BELT-1", "qty": 5}]})
    assert (fine["result"]["status"], fine["result"]["variances"]) == ("No Variance", [])
    wrong = build.act(ana, "count", {"items": [{"item": "BELT-1", "qty": 50}]})["result"]["count"]
    with pytest.raises(frappe.ValidationError, match="Say why"):
        desk.decide_count(wrong, False)
    desk.decide_count(wrong, False, "count again, with the light on")
    assert build.on_hand("BELT-1", ana.warehouse) == 5
    assert frappe.db.get_value("Trunk Count", wrong, "status") == "Rejected"


def test_a_count_of_a_part_that_was_never_aboard_adds_it_at_the_items_rate(people):
    from mps_module.api import trunk as desk

    ana = people[0]
    build.put(
        "BELT-1", build.STORE, 1
    )  # the books are open: the very first entry of a ledger needs another account
    name = build.act(ana, "count", {"items": [{"item": "BELT-1", "qty": 2}]})["result"]["count"]
    desk.decide_count(name, True)
    assert build.on_hand("BELT-1", ana.warehouse) == 2
    bin_value = frappe.db.get_value("Bin", {"item_code": "BELT-1", "warehouse": ana.warehouse}, "stock_value")
    assert bin_value == 20


def test_serials_are_counted_by_number_and_batches_by_batch(people):
    from mps_module.api import trunk as desk

    ana = people[0]
    board, grease = build.serial_part(), build.batch_part()
    build.put(board, ana.warehouse, 3, serial_no="S1\nS2\nS3")
    for name, qty in (("B-OLD", 2), ("B-NEW", 4)):
        build.put(grease, ana.warehouse, qty, batch_no=build.batch(grease, name))
    unnamed = build.act(ana, "count", {"items": [{"item": board, "qty": 2}]})
    assert unnamed["status"] == "Refused"
    counted = {
        "items": [
            {"item": board, "serials": ["S1", "S3"]},
            {"item": grease, "batches": [{"batch": "B-OLD", "qty": 1}, {"batch": "B-NEW", "qty": 4}]},
        ]
    }
    answer = build.act(ana, "count", counted)
    assert {(row["item"], row["batch"], row["variance"]) for row in answer["result"]["variances"]} == {
        (board, "", -1),
        (grease, "B-OLD", -1),
    }
    desk.decide_count(answer["result"]["count"], True)
    assert build.aboard(ana, board)["serials"] == ["S1", "S3"]
    assert {row["batch"]: row["qty"] for row in build.aboard(ana, grease)["batches"]} == {
        "B-NEW": 4,
        "B-OLD": 1,
    }


# What the colleagues are told


def notes(trunk, transfer: str = "", read: int = 0) -> list[str]:
    """Subjects of a technician's notifications, the oldest first."""
    filters = {"for_user": trunk.user, "read": read, "document_type": "Trunk Transfer"}
    if transfer:
        filters["document_name"] = transfer
    return frappe.get_all("Notification Log", filters, pluck="subject", order_by="creation", limit=50)


def test_a_colleague_who_is_asked_is_notified_and_the_note_leads_to_the_phone_page(people):
    ana, ben, cem = people
    build.put("BELT-1", ben.warehouse, 2)
    transfer = ask_for(ana, ben, 2)["result"]["transfer"]
    assert notes(ben) == ["Ana Tech asks you for 2 × BELT-1."]
    assert (notes(ana), notes(cem)) == ([], [])
    link, sender = frappe.db.get_value("Notification Log", {"document_name": transfer}, ["link", "from_user"])
    assert (link, sender) == (f"/mps#/transfer?name={transfer}", ana.user)


def test_each_step_tells_the_other_side_and_is_read_when_that_side_acts(people):
    ana, ben, _cem = people
    build.put("BELT-1", ben.warehouse, 2)
    transfer = ask_for(ana, ben)["result"]["transfer"]
    build.act(ben, "transfer_accept", {"transfer": transfer})
    assert notes(ben) == []
    assert notes(ben, read=1) == ["Ana Tech asks you for 1 × BELT-1."]
    assert notes(ana) == ["Ben Tech accepts: 1 × BELT-1."]
    build.act(ben, "transfer_handover", {"transfer": transfer})
    handed = "Ben Tech has handed over 1 × BELT-1: confirm that you have got it."
    assert notes(ana)[1:] == [handed]
    build.act(ben, "transfer_handover", {"transfer": transfer})  # confirmed a second time
    assert notes(ana)[1:] == [handed]
    build.act(ana, "transfer_handover", {"transfer": transfer})
    assert (notes(ana), notes(ben)) == ([], [])  # complete: nothing is left to do


def test_offers_refusals_and_withdrawals_are_told(people):
    ana, ben, cem = people
    build.put("BELT-1", ben.warehouse, 3)
    lines = {"items": [{"item": "BELT-1", "qty": 1}]}
    offered = build.act(ben, "transfer_offer", {"to_trunk": cem.name, **lines})["result"]["transfer"]
    assert notes(cem) == ["Ben Tech offers you 1 × BELT-1."]
    build.act(cem, "transfer_decline", {"transfer": offered, "reason": "have two"})
    assert notes(ben, offered) == ["Cem Tech declines: 1 × BELT-1."]
    asked = ask_for(ana, ben)["result"]["transfer"]
    build.act(ana, "transfer_cancel", {"transfer": asked})
    assert notes(ben, asked)[-1] == "Ana Tech calls off: 1 × BELT-1."


def test_what_is_not_booked_is_not_told_and_a_key_sent_again_tells_nothing_twice(people):
    ana, ben, _cem = people
    assert ask_for(ana, ben)["status"] == "Conflict"  # Ben has none
    assert notes(ben) == []
    build.put("BELT-1", ben.warehouse, 1)
    payload = {"from_trunk": ben.name, "items": [{"item": "BELT-1", "qty": 1}]}
    for _time in range(2):
        build.act(ana, "transfer_request", payload, key="asked-once")
    assert len(notes(ben)) == 1


def test_a_colleague_reads_it_in_the_own_language_or_not_at_all_where_notifications_are_off(people):
    ana, ben, _cem = people
    build.put("BELT-1", ben.warehouse, 2)
    frappe.db.set_value("User", ben.user, "language", "de")
    german = {"source_text": "{0} asks you for {1}.", "translated_text": "{0} bittet um {1}."}
    frappe.get_doc({"doctype": "Translation", "language": "de", **german}).insert()
    ask_for(ana, ben)
    assert notes(ben) == ["Ana Tech bittet um 1 × BELT-1."]
    frappe.db.set_value("Notification Settings", ben.user, "enabled", 0)
    frappe.clear_document_cache("Notification Settings", ben.user)
    assert ask_for(ana, ben)["status"] == "Done"
    assert len(notes(ben)) == 1
