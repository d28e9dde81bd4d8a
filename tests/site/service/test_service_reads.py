"""Reads taken for the service only: they count for order and callbacks, and no bill opens or closes with them."""

from __future__ import annotations

import frappe
import pytest

from mps_module.fleet.intake import enter_reads, supersede
from mps_module.fleet.ledger import reads_of
from tests.site.billing import dealer


@pytest.fixture
def agreed():
    """D-1 at a cent a click: 1,000 on 31 December, 3,000 on 31 January."""
    made = dealer.contract(dealer.make.click_line(rate=0.01), base_in_advance=0)
    dealer.month_reads("D-1", 1_000, 3_000)
    return made


def service_read(day: str, value: int, source: str = "technician", **more) -> object:
    row = {
        "device": "D-1",
        "meter": "mono",
        "taken_at": f"{day} 15:00:00",
        "value": value,
        "not_for_billing": 1,
    }
    return enter_reads([{**row, **more}], source).outcomes[0]


def billed(agreed) -> float:
    dealer.run("2026-02-01")
    return dealer.bills(contract=agreed.name)[0].total


def test_a_service_read_inside_the_window_does_not_close_the_bill(agreed):
    service_read("2026-02-01", 3_400)  # in tolerance, and nearer to nothing than the read of 31 January
    service_read("2026-01-01", 1_050)
    assert billed(agreed) == 20.00  # (3,000 - 1,000) x 0.01


def test_one_that_was_said_to_be_for_billing_closes_it(agreed):
    frappe.db.delete("Meter Read", {"device": "D-1", "value": 3_000})
    service_read("2026-01-31", 3_400, not_for_billing=0)
    assert billed(agreed) == 24.00


def test_without_any_other_read_the_bill_is_estimated_and_does_not_take_the_service_read(agreed):
    frappe.db.delete("Meter Read", {"device": "D-1", "value": 3_000})
    dealer.read("D-1", "2025-11-30", 400)  # 600 clicks in 31 days of December
    service_read("2026-01-31", 2_990)
    assert billed(agreed) == 6.00  # 600 in the 31 days of January, by the reads that bills may use


def test_clicks_before_a_new_counter_are_billed_though_only_the_service_saw_them(agreed):
    """Nobody else read the counter before its board was swapped: 1,000 -> 1,800, then 0 -> 700."""
    frappe.db.delete("Meter Read", {"device": "D-1", "value": 3_000})
    service_read("2026-01-10", 1_500)
    service_read("2026-01-20", 1_800)
    service_read("2026-01-20", 0, kind="reset", reason="board swapped", taken_at="2026-01-20 16:00:00")
    dealer.read("D-1", "2026-01-31", 700)
    values = [read.value for read in reads_of(["D-1"], billing=True)]
    assert values == [1_000, 1_800, 0, 700]
    assert billed(agreed) == 15.00  # (800 + 700) x 0.01


def test_it_still_keeps_the_counter_in_order(agreed):
    service_read("2026-02-10", 3_900)
    refused = enter_reads(
        [{"device": "D-1", "meter": "mono", "taken_at": "2026-02-11 09:00:00", "value": 3_500}], "collector"
    )
    assert refused.outcomes[0].code == "lower-than-before"


def test_a_corrected_service_read_stays_one_and_only_our_own_people_can_make_one(agreed):
    first = service_read("2026-02-10", 3_900)
    second = supersede(first.read, 3_800, "mistyped")
    assert frappe.db.get_value("Meter Read", second.read, "not_for_billing") == 1
    for source, value in (("collector", 4_100), ("portal", 4_200)):
        made = service_read(f"2026-02-{value // 100 - 20}", value, source)
        assert frappe.db.get_value("Meter Read", made.read, "not_for_billing") == 0
