"""Who pays, read from contracts, lines, warranties and serial numbers as they stand in the ERP."""

from __future__ import annotations

from datetime import date

import frappe
import pytest

from mps_module.service import coverage
from mps_module.service.coverage import Unit
from tests.site import make
from tests.site.service import build

DAY = date(2026, 1, 12)
ALL = ("Included",) * 4


def payers(unit: Unit, day: date = DAY) -> tuple[str, ...]:
    found = coverage.decision(unit, day).payers
    return tuple(found[kind] for kind in ("labour", "travel", "parts", "supplies"))


def cover(contract, **values) -> None:
    contract.covers[0].update(values)
    contract.save()


class TestContract:
    def test_included_by_default_and_why(self):
        build.contract(sla=build.sla_class())
        found = coverage.decision(Unit("D-1"), DAY)
        assert tuple(found.payers.values()) == ALL
        assert found.sla == "SLA-Issue-Gold"
        assert (
            found.note == f"Labour, Travel, Parts, Supplies: included, contract {found.contract} (version 1)."
        )
        assert found.bills == {"click", "incident", "labour", "travel", "material"}

    def test_what_the_version_says(self):
        build.contract(coverage_labour="incident", coverage_travel="excluded", coverage_supplies="excluded")
        assert payers(Unit("D-1")) == ("Incident", "Billable", "Included", "Billable")

    def test_the_version_in_force_that_day(self):
        agreed = build.contract()
        make.version(agreed, *build.LINES, effective="2026-03-01", coverage_parts="excluded")
        assert payers(Unit("D-1"), date(2026, 2, 28)) == ALL
        assert payers(Unit("D-1"), date(2026, 3, 1)) == ("Included", "Included", "Billable", "Included")

    def test_the_line_of_the_device_goes_first(self):
        agreed = build.contract(coverage_parts="excluded")
        cover(agreed, coverage_parts="included", coverage_labour="excluded")
        assert payers(Unit("D-1")) == ("Billable", "Included", "Included", "Included")
        assert "the device's own line" in coverage.decision(Unit("D-1"), DAY).note

    def test_before_and_after_its_days_nothing_is_covered(self):
        agreed = build.contract()
        cover(agreed, end_date="2026-01-31")
        assert payers(Unit("D-1"), date(2026, 1, 31)) == ALL
        assert payers(Unit("D-1"), date(2026, 2, 1)) == ("Billable",) * 4
        assert payers(Unit("D-1"), date(2025, 12, 31)) == ("Billable",) * 4

    def test_a_draft_covers_nothing_and_an_ended_one_its_own_time(self):
        agreed = build.contract()
        agreed.db_set("status", "Draft")
        assert payers(Unit("D-1")) == ("Billable",) * 4
        agreed.db_set({"status": "Ended", "end_date": "2026-01-31"})
        assert payers(Unit("D-1")) == ALL

    def test_a_suspended_one_warns(self):
        agreed = build.contract()
        agreed.db_set("status", "Suspended")
        assert "suspended" in coverage.decision(Unit("D-1"), DAY).note

    def test_incidents_without_a_price_are_billable_and_said(self):
        build.contract(lines=build.LINES[:1], coverage_labour="incident")
        found = coverage.decision(Unit("D-1"), DAY)
        assert found.payers["labour"] == "Billable"
        assert "no line that prices them" in found.note

    def test_a_line_for_another_group_does_not_bill_this_device(self):
        lines = (build.LINES[0], {**build.LINES[1], "groups": "copiers"})
        agreed = build.contract(lines=lines, coverage_labour="incident")
        assert payers(Unit("D-1"))[0] == "Billable"
        cover(agreed, group_label="copiers")
        assert payers(Unit("D-1"))[0] == "Incident"

    def test_covered_as_device_and_as_asset_the_later_contract_decides_and_the_other_is_named(self):
        first = build.contract(coverage_parts="excluded")
        row = {"unit_kind": "Seat", "unit_label": "Office", "quantity": 1, "start_date": "2026-01-10"}
        later = build.contract(
            covers=[row], start="2026-01-10", lines=({"line_id": "s", "kind": "seat", "rate": 30},)
        )
        frappe.db.set_value("Click Contract Cover", later.covers[0].name, "asset", "PC-4711")
        frappe.db.set_value("MPS Device", "D-1", "asset", "PC-4711")
        found = coverage.decision(Unit("D-1"), DAY)
        assert (found.contract, found.payers["parts"]) == (later.name, "Included")
        assert found.note.endswith(f"Also covered by {first.name}.")


class TestOtherUnits:
    def test_an_asset_that_the_contract_covers(self):
        asset = "PC-4711"
        row = {"unit_kind": "Seat", "unit_label": "Seats", "quantity": 25, "start_date": "2026-01-01"}
        agreed = build.contract(covers=[row], lines=({"line_id": "s", "kind": "seat", "rate": 30},))
        frappe.db.set_value("Click Contract Cover", agreed.covers[0].name, {"asset": asset})
        assert payers(Unit(asset=asset)) == ALL
        # The printer that the dealer keeps as that asset is covered by it too.
        frappe.db.set_value("MPS Device", "D-1", "asset", asset)
        assert payers(Unit("D-1")) == ALL

    def test_seats_of_one_customer_cover_no_other(self):
        row = {"unit_kind": "Seat", "unit_label": "Office", "quantity": 25, "start_date": "2026-01-01"}
        agreed = build.contract(covers=[row], lines=({"line_id": "s", "kind": "seat", "rate": 30},))
        assert payers(Unit(label="Office", customer=agreed.customer)) == ALL
        other = make.customer("Other Ltd").name
        assert payers(Unit(label="Office", customer=other)) == ("Billable",) * 4


class TestWarranty:
    def test_labour_and_parts_until_its_last_day(self):
        make.device(warranty_until="2026-01-12")
        assert payers(Unit("D-1")) == ("Included", "Billable", "Included", "Billable")
        assert payers(Unit("D-1"), date(2026, 1, 13)) == ("Billable",) * 4

    def test_it_pays_what_the_contract_leaves_out(self):
        build.contract(coverage_parts="excluded", coverage_travel="excluded")
        frappe.db.set_value("MPS Device", "D-1", "warranty_until", "2026-12-31")
        assert payers(Unit("D-1")) == ("Included", "Billable", "Included", "Included")

    def test_the_serial_numbers_own(self):
        make.item("MX-COPIER", is_stock_item=1, has_serial_no=1)
        make.doc("Serial No", serial_no="SN-1", item_code="MX-COPIER", company=build.COMPANY)
        make.device(serial_no="SN-1")
        assert payers(Unit("D-1")) == ("Billable",) * 4
        frappe.db.set_value("Serial No", "SN-1", "warranty_expiry_date", "2026-02-01")
        assert payers(Unit("D-1")) == ("Included", "Billable", "Included", "Billable")

    def test_an_open_warranty_claim(self):
        make.item("MX-COPIER", is_stock_item=1, has_serial_no=1)
        make.doc("Serial No", serial_no="SN-1", item_code="MX-COPIER", company=build.COMPANY)
        make.device(serial_no="SN-1")
        claim = make.doc(
            "Warranty Claim",
            customer=make.customer().name,
            company=build.COMPANY,
            complaint="Drum",
            complaint_date="2026-01-10",
            serial_no="SN-1",
            status="Open",
            warranty_amc_status="Under AMC",
            amc_expiry_date="2026-06-30",
        )
        assert payers(Unit("D-1"))[0] == "Included"
        claim.db_set("status", "Closed")
        assert payers(Unit("D-1"))[0] == "Billable"


def test_nothing_named_costs_no_query(count_queries):
    coverage.decision(Unit(), DAY)  # loads the translations
    with count_queries() as sent:
        found = coverage.decision(Unit(), DAY)
    assert (len(sent), found.payers["labour"]) == (0, "Billable")
    assert "No device is named" in found.note


def test_a_call_that_does_not_exist():
    with pytest.raises(frappe.DoesNotExistError):
        coverage.coverage_for_issue("ISS-NONE")


def test_a_decision_takes_a_few_queries_however_many_devices_the_contract_has(count_queries):
    build.contract()
    coverage.decision(Unit("D-1"), DAY)
    with count_queries() as few:
        coverage.decision(Unit("D-1"), DAY)
    assert len(few) <= 9
