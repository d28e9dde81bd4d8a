"""The reports of trunk stock, each against figures that were worked out by hand."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, nowdate

from mps_module.managed_print.report.dead_stock_in_trunks import dead_stock_in_trunks
from mps_module.managed_print.report.hold_for_parts_by_item import hold_for_parts_by_item
from mps_module.managed_print.report.parts_that_would_have_completed_calls import (
    parts_that_would_have_completed_calls,
)
from mps_module.managed_print.report.trunk_count_variance import trunk_count_variance
from mps_module.managed_print.report.trunk_value_and_turns import trunk_value_and_turns
from tests.site.stock import build


def rows_of(report, **filters):
    return report.execute(frappe._dict(filters))[1]


@pytest.fixture
def ana():
    for code in ("BELT", "FUSER", "LAMP"):
        build.part(code)
    return build.technician("Ana", levels={"BELT": (0, 2)})


def now() -> str:
    return f"{nowdate()}T00:00:01"


def held(trunk, *items):
    issue = build.call()
    lines = [{"item": item, "qty": qty} for item, qty in items]
    build.act(trunk, "need_part", {"issue": issue, "items": lines}, made_at=now())
    return issue


def test_value_is_the_ledgers_and_turns_are_use_by_mean_value(ana):
    build.put("BELT", ana.warehouse, 10)  # 10 each: 100 came in today, 40 were used
    build.act(ana, "use_on_call", {"issue": build.call(), "items": [{"item": "BELT", "qty": 4}]})
    (row,) = rows_of(trunk_value_and_turns, trunk=ana.name, from_date=add_days(nowdate(), -72))
    assert (row["items"], row["units"], row["value"], row["opening"], row["used"]) == (1, 6, 60, 0, 40)
    assert row["turns"] == pytest.approx(40 * 365 / 73 / 30, abs=0.01)  # 73 days, mean value 30
    assert trunk_value_and_turns.turns(10, 0, 0, 365) is None


def test_held_calls_by_item_with_colleagues_who_had_it(ana):
    ben = build.technician("Ben")
    held(ana, ("BELT", 1))
    build.put("BELT", ben.warehouse, 1)
    issue = held(ana, ("BELT", 1), ("FUSER", 2))
    build.act(ana, "need_part", {"issue": issue, "items": [{"item": "BELT", "qty": 1}]}, made_at=now())
    rows = {row["item"]: row for row in rows_of(hold_for_parts_by_item, trunk=ana.name)}
    belt, fuser = rows["BELT"], rows["FUSER"]
    assert (belt["calls"], belt["units"], belt["elsewhere"], belt["not_carried"]) == (2, 3, 2, 0)
    assert (fuser["calls"], fuser["units"], fuser["elsewhere"], fuser["not_carried"]) == (1, 2, 0, 1)
    assert rows_of(hold_for_parts_by_item, trunk=ana.name, to_date=add_days(nowdate(), -1)) == []


def test_parts_that_would_have_completed_calls_alone_or_together(ana):
    held(ana, ("BELT", 1))
    held(ana, ("BELT", 2))
    held(ana, ("FUSER", 1), ("LAMP", 1))
    rows = [
        (row["item"], row["alone"], row["together"], row["others"], row["par"], row["units"], row["value"])
        for row in rows_of(parts_that_would_have_completed_calls, trunk=ana.name)
    ]
    assert rows == [
        ("BELT", 2, 0, "", 2, 2, 20),
        ("FUSER", 0, 1, "LAMP", 0, 1, 10),
        ("LAMP", 0, 1, "FUSER", 0, 1, 10),
    ]


def test_dead_stock_is_what_lay_long_without_use(ana):
    build.put("BELT", ana.warehouse, 2)
    build.put("FUSER", ana.warehouse, 1)
    assert rows_of(dead_stock_in_trunks, trunk=ana.name, days=30) == []
    for entry in frappe.get_all(
        "Stock Ledger Entry", {"warehouse": ana.warehouse}, pluck="name", order_by="name", limit=9
    ):
        frappe.db.set_value(
            "Stock Ledger Entry", entry, "posting_date", add_days(nowdate(), -100)
        )  # it came long ago
    build.act(ana, "use_on_call", {"issue": build.call(), "items": [{"item": "BELT", "qty": 1}]})
    (row,) = rows_of(dead_stock_in_trunks, trunk=ana.name, days=30)
    assert (row["item"], row["on_hand"], row["value"], row["days"], row["last_used"]) == (
        "FUSER",
        1,
        10,
        100,
        None,
    )
    assert rows_of(dead_stock_in_trunks, trunk=ana.name, days=101) == []


def test_variance_in_units_and_money_and_the_share_that_was_right(ana):
    from mps_module.api import trunk as desk

    build.put("BELT", ana.warehouse, 5)
    build.put("FUSER", ana.warehouse, 1)
    counted = {"items": [{"item": "BELT", "qty": 3}, {"item": "FUSER", "qty": 1}]}
    name = build.act(ana, "count", counted, made_at=now())["result"]["count"]
    desk.decide_count(name, True)
    (row,) = rows_of(trunk_count_variance, trunk=ana.name)
    assert (row["item"], row["expected_qty"], row["counted_qty"], row["variance_qty"]) == ("BELT", 5, 3, -2)
    assert (row["variance_value"], row["status"], row["decided_by"]) == (-20, "Approved", "Administrator")
    assert len(rows_of(trunk_count_variance, trunk=ana.name, all_lines=1)) == 2
    summary = trunk_count_variance.execute(frappe._dict(trunk=ana.name))[4]
    assert [each["value"] for each in summary] == [50, -20, 0]
