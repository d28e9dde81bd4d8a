"""Work that the warranty pays: its Warranty Claim is raised with the visit and tells what the maker wants to know."""

from __future__ import annotations

import frappe
import pytest
from frappe.desk.notifications import get_open_count

from mps_module.api import service as api
from mps_module.service import coverage, warranty
from tests.site import make
from tests.site.service import build

CLAIM = "Warranty Claim"


@pytest.fixture
def who():
    """D-1 is under warranty (labour and parts) until the end of June; no contract covers it."""
    make.device("D-1", warranty_until="2026-06-30", serial_no_text="JPB 0011")
    build.priced("TRAVEL", 40)
    settings = frappe.get_doc("MPS Service Settings")
    settings.update({"travel_item": "TRAVEL", "labour_item": None}).save()
    person, trunk = build.technician("Ana")
    return build.Dealer(make.customer().name, "D-1", None, person.name, trunk, "", trunk.user)


def call(**values):
    return build.call(when="2026-01-12 08:00:00", description="It <b>squeaks</b>", **values)


def claims(issue) -> list:
    rows = frappe.get_all(CLAIM, {"mps_issue": issue.name}, pluck="name", order_by="name", limit=9)
    return [frappe.get_doc(CLAIM, name) for name in rows]


def test_a_visit_under_warranty_raises_the_claim_with_what_was_done(who):
    issue = call(mps_problem_code="NOISE")
    build.part_used(issue.name, who.trunk, "DRUM-1")
    visit = build.visit(issue, who, mps_cause_code="WORN", mps_repair_code="REPLACED")
    (claim,) = claims(issue)
    assert (claim.status, claim.customer, claim.mps_device) == ("Closed", who.customer, "D-1")
    assert (claim.warranty_amc_status, str(claim.warranty_expiry_date)) == ("Under Warranty", "2026-06-30")
    assert (str(claim.complaint_date), claim.resolved_by) == ("2026-01-12", who.user)
    assert "squeaks" in claim.complaint and "JPB 0011" in claim.description
    for told in (visit.name, "NOISE → WORN → REPLACED", "Cleaned the rollers", "1 × DRUM-1", "1 hours"):
        assert told in claim.resolution_details
    claim.save()  # the ERP's form takes it as it is
    shown = get_open_count("Issue", issue.name)["count"]["external_links_found"]
    counts = {each["doctype"]: each["count"] for each in shown}
    assert (counts["Maintenance Visit"], counts[CLAIM], counts["Stock Entry"]) == (1, 1, 1)


def test_its_state_follows_the_visits(who):
    issue = call()
    build.visit(issue, who, outcome="Held for Part")
    assert [(claim.status, claim.resolution_date) for claim in claims(issue)] == [("Work In Progress", None)]
    last = build.visit(issue, who, day="2026-01-14")
    (claim,) = claims(issue)
    assert claim.status == "Closed" and str(claim.resolution_date).startswith("2026-01-14")
    assert len(claim.resolution_details.splitlines()) == 2
    last.cancel()
    (claim,) = claims(issue)
    assert (claim.status, claim.resolution_date) == ("Work In Progress", None)


def test_what_the_contract_pays_is_no_claim(who):
    build.contract()
    issue = call()
    build.visit(issue, who)
    assert claims(issue) == []


def test_what_the_warranty_does_not_pay_is_none(who):
    """A trip of no minutes: travel is the customer's. And a call after the last day."""
    issue = call()
    build.visit(issue, who, hours=0)
    late = build.call(when="2026-07-01 08:00:00")
    build.visit(late, who, day="2026-07-01")
    assert claims(issue) == claims(late) == []


def test_the_desk_raises_it_before_anybody_goes_and_once(who, user_with):
    issue = call()
    frappe.set_user(user_with("MPS Service", "Support Team"))
    name = api.warranty_claim(issue.name)
    assert api.warranty_claim(issue.name) == name
    assert frappe.get_doc(CLAIM, name).status == "Open"
    frappe.set_user("Administrator")
    build.visit(issue, who)
    assert [(claim.name, claim.status) for claim in claims(issue)] == [(name, "Closed")]


def test_a_claim_of_the_desk_for_a_device_out_of_warranty_says_so_and_pays_nothing(who):
    issue = build.call(when="2026-07-01 08:00:00")
    claim = frappe.get_doc(CLAIM, warranty.raise_for(issue.name))
    assert claim.warranty_amc_status == "Out of Warranty"
    assert coverage.coverage_for_issue(issue.name)["labour"] == "Billable"


def test_a_visit_is_booked_though_the_claim_is_refused(who):
    """The firm asks for a field that nobody filled in."""
    make.doc("Property Setter", doc_type=CLAIM, field_name="from_company", property="reqd", value="1",
             property_type="Check", doctype_or_field="DocField")  # fmt: skip
    frappe.clear_cache(doctype=CLAIM)
    issue = call()
    visit = build.visit(issue, who)
    assert (visit.docstatus, claims(issue)) == (1, [])
    told = {"reference_doctype": "Maintenance Visit", "reference_name": visit.name}
    assert "No Warranty Claim" in frappe.get_last_doc("Comment", told).content


def test_an_open_claim_under_a_maintenance_agreement_counts_though_the_warranty_is_over():
    make.item("MX-COPIER", is_stock_item=1, has_serial_no=1)
    make.doc("Serial No", serial_no="SN-1", item_code="MX-COPIER", company=build.COMPANY)
    frappe.db.set_value("Serial No", "SN-1", "warranty_expiry_date", "2025-12-31")
    make.device("D-1", serial_no="SN-1")
    issue = call()
    assert issue.mps_coverage_labour == "Billable"
    make.doc(
        CLAIM, customer=make.customer().name, company=build.COMPANY, complaint="Drum", serial_no="SN-1",
        complaint_date="2026-01-10", status="Open", warranty_amc_status="Under AMC", amc_expiry_date="2026-12-31",
    )  # fmt: skip
    assert call().mps_coverage_labour == "Included"


def test_technicians_raise_no_claims(who, user_with):
    issue = call()
    frappe.set_user(user_with("MPS Technician"))
    with pytest.raises(frappe.PermissionError):
        api.warranty_claim(issue.name)
