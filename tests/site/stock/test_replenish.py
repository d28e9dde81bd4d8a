"""Refilling the trunks: what is requested, from where, once, and what is told when the store has too little."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import trunk as desk
from mps_module.stock import replenish
from tests.site import make
from tests.site.stock import build


@pytest.mark.parametrize(
    ("least", "par", "on_hand", "in_transit", "requested", "wanted"),
    [
        (1, 3, 0, 0, 0, 3),
        (1, 3, 1, 0, 0, 2),  # at the minimum
        (1, 3, 2, 0, 0, 0),  # above it: wait
        (1, 3, 0, 1, 0, 2),
        (1, 3, 0, 1, 1, 0),  # one under way and one asked for: above the minimum
        (0, 2, 0, 0, 0, 2),
        (0, 0, 0, 0, 0, 0),
        (3, 3, 3, 0, 0, 0),  # min = par: nothing is missing
        (1, 3, -1, 0, 0, 4),
    ],
)
def test_par_less_on_hand_in_transit_and_requested_where_at_or_under_the_minimum(
    least, par, on_hand, in_transit, requested, wanted
):
    assert replenish.missing(least, par, on_hand, in_transit, requested) == wanted


@pytest.fixture
def two():
    levels = {build.part("FUSER-1"): (1, 3), build.part("BELT-1"): (0, 2)}
    return build.technician("Ana", levels=levels), build.technician("Ben", levels=levels)


def lines(request: str) -> dict[str, float]:
    return {row.item_code: row.qty for row in frappe.get_doc("Material Request", request).items}


def test_one_request_for_each_trunk_with_its_source(two):
    ana, ben = two
    for item in ("FUSER-1", "BELT-1"):
        build.put(item, build.STORE, 50)
    build.put("FUSER-1", ana.warehouse, 1)
    build.put("BELT-1", ana.warehouse, 1)
    told = desk.refill([ana.name, ben.name])
    assert set(told["requests"]) == {ana.name, ben.name} and not told["failed"] and not told["short"]
    request = frappe.get_doc("Material Request", told["requests"][ana.name])
    assert (request.docstatus, request.material_request_type) == (1, "Material Transfer")
    assert (request.set_from_warehouse, request.mps_trunk) == (build.STORE, ana.name)
    assert {(row.from_warehouse, row.warehouse) for row in request.items} == {(build.STORE, ana.warehouse)}
    assert lines(request.name) == {"FUSER-1": 2}
    assert lines(told["requests"][ben.name]) == {"FUSER-1": 3, "BELT-1": 2}
    assert build.aboard(ana, "FUSER-1")["requested"] == 2


def test_nothing_is_requested_twice_at_any_stage_of_the_way(two):
    ana, _ben = two
    for item in ("FUSER-1", "BELT-1"):
        build.put(item, build.STORE, 50)
    request = desk.refill([ana.name])["requests"][ana.name]
    assert desk.refill([ana.name])["requests"] == {}  # requested
    delivery = build.send(request, ana)
    assert build.aboard(ana, "FUSER-1")["requested"] == 0
    assert build.aboard(ana, "FUSER-1")["in_transit"] == 3
    assert desk.refill([ana.name])["requests"] == {}  # in transit
    assert build.act(ana, "receive", {"delivery": delivery})["status"] == "Done"
    assert desk.refill([ana.name])["requests"] == {}  # aboard
    assert frappe.db.get_value("Material Request", request, "transfer_status") == "Completed"
    assert frappe.db.get_value("Material Request", request, "per_ordered") == 100
    build.act(ana, "use_on_call", {"issue": build.call(), "items": [{"item": "FUSER-1", "qty": 2}]})
    assert lines(desk.refill([ana.name])["requests"][ana.name]) == {"FUSER-1": 2}


def test_what_others_requested_for_the_trunk_counts_as_well(two):
    ana, _ben = two
    by_hand = make.doc(
        "Material Request",
        material_request_type="Material Transfer",
        company=build.COMPANY,
        schedule_date="2026-12-01",
        items=[
            {"item_code": "FUSER-1", "qty": 3, "warehouse": ana.warehouse, "from_warehouse": build.STORE,
             "schedule_date": "2026-12-01"}
        ],
    )  # fmt: skip
    by_hand.submit()
    assert lines(desk.refill([ana.name])["requests"][ana.name]) == {"BELT-1": 2}


def test_shortage_is_shown_shared_in_order_and_still_requested(two):
    ana, ben = two
    build.put("FUSER-1", build.STORE, 4)
    build.put("BELT-1", build.STORE, 9)
    preview = {
        each["trunk"]: {need["item"]: need["short"] for need in each["needs"]}
        for each in desk.refill_preview()
    }
    assert preview[ana.name] == {"FUSER-1": 0, "BELT-1": 0}
    assert preview[ben.name] == {"FUSER-1": 2, "BELT-1": 0}  # 4 there, 3 go to Ana
    told = desk.refill([ana.name, ben.name])
    assert told["short"] == {ben.name: "FUSER-1: 2 of 3 are not in Stores - PDI"}
    assert frappe.db.get_value("Material Request", told["requests"][ben.name], "mps_shortage")
    assert build.ask(ben, "incoming")["requests"][0]["shortage"] == "FUSER-1: 2 of 3 are not in Stores - PDI"


def test_the_store_picks_what_it_has_and_the_rest_stays_requested(two):
    ana, _ben = two
    build.put("FUSER-1", build.STORE, 2)
    request = desk.refill([ana.name])["requests"][ana.name]
    entry = frappe.get_doc("Stock Entry", desk.send(request))
    assert {row.item_code: row.qty for row in entry.items} == {"FUSER-1": 2}
    assert (entry.docstatus, entry.add_to_transit, entry.mps_trunk) == (0, 1, ana.name)
    assert {row.t_warehouse for row in entry.items} == {ana.transit_warehouse}
    entry.submit()
    shown = build.aboard(ana, "FUSER-1")
    assert (shown["in_transit"], shown["requested"]) == (2, 1)
    with pytest.raises(frappe.ValidationError, match="has nothing of what"):
        desk.send(request)
    assert desk.refill([ana.name])["requests"] == {}


def test_a_trunk_that_fails_does_not_hold_up_the_others(two, monkeypatch):
    ana, ben = two
    real = replenish.request

    def sometimes(refill):
        if refill.trunk.name == ana.name:
            raise frappe.ValidationError("no fiscal year")
        return real(refill)

    monkeypatch.setattr(replenish, "request", sometimes)
    told = replenish.run()
    assert told["failed"] == {ana.name: "no fiscal year"}
    assert set(told["requests"]) == {ben.name}


def test_disabled_trunks_and_disabled_parts_are_left_alone(two):
    ana, ben = two
    ben.disabled = 1
    ben.save()
    frappe.db.set_value("Item", "BELT-1", "disabled", 1)
    assert [(each["trunk"], [need["item"] for need in each["needs"]]) for each in desk.refill_preview()] == [
        (ana.name, ["FUSER-1"])
    ]


def test_planning_takes_as_many_queries_for_one_trunk_with_one_part_as_for_many(two, count_queries):
    with count_queries() as few:
        replenish.plan([two[0].name])
    extra = {build.part(f"PART-{number}"): (1, 2) for number in range(30)}
    more = [build.technician(name, levels=extra).name for name in ("Cem", "Dana", "Eva")]
    with count_queries() as many:
        assert len(replenish.plan([each.name for each in two] + more)) == 5
    assert len(few) == len(many) <= 5


def test_the_morning_run_can_be_switched_off(two):
    settings = frappe.get_doc("Trunk Stock Settings")
    settings.auto_replenish = 0
    settings.save()
    replenish.daily()
    assert not frappe.db.exists("Material Request", {"mps_trunk": two[0].name})
    settings.auto_replenish = 1
    settings.save()
    replenish.daily()
    assert frappe.db.count("Material Request", {"mps_trunk": ("in", [each.name for each in two])}) == 2


def test_a_technician_can_neither_refill_nor_preview(two):
    frappe.set_user(two[0].user)
    for call in (desk.refill, desk.refill_preview):
        with pytest.raises(frappe.PermissionError):
            call()


def test_a_trunk_is_checked_when_it_is_saved(two):
    ana, ben = two
    ana.transit_warehouse = build.STORE
    with pytest.raises(frappe.ValidationError, match="different warehouses"):
        ana.save()
    ana.reload()
    ana.transit_warehouse = ben.warehouse
    with pytest.raises(frappe.ValidationError, match="another role"):
        ana.save()
    ana.reload()
    ana.items[0].min_qty = 9
    with pytest.raises(frappe.ValidationError, match="above its par"):
        ana.save()
    ana.reload()
    ana.append("items", {"item": "FUSER-1", "par_qty": 1})
    with pytest.raises(frappe.ValidationError, match="listed twice"):
        ana.save()
