"""After the visit: nothing, an incident or charge on the contract's bill, or a draft invoice for time and material."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import flt

from mps_module.service import aftercare
from tests.site import make
from tests.site.billing import dealer as billing
from tests.site.service import build

INCIDENT = {"coverage_labour": "incident", "coverage_travel": "incident"}


def settings(**values) -> None:
    """An hour costs 120, a trip 50; each begun quarter of an hour counts."""
    for item, rate, unit in (("LABOUR-H", 120, "Hour"), ("TRIP", 50, "Nos")):
        if not frappe.db.exists("Item", item):
            make.doc("Item", item_code=item, item_group="All Item Groups", stock_uom=unit, is_stock_item=0)
            build.priced(item, rate)
    usual = {"labour_item": "LABOUR-H", "travel_item": "TRIP", "labour_step_minutes": 15}
    frappe.db.set_single_value("MPS Service Settings", usual | values)
    frappe.clear_document_cache("MPS Service Settings", "MPS Service Settings")


def part(code: str = "FUSER", rate: float = 189.9) -> str:
    return build.priced(code, rate, is_stock_item=1, valuation_rate=10)


def invoice_of(visit):
    return frappe.get_doc("Sales Invoice", visit.reload().mps_sales_invoice)


def rows(invoice) -> dict[str, tuple[float, float, float]]:
    return {row.item_code: (row.qty, row.rate, row.amount) for row in invoice.items}


@pytest.fixture
def uncovered():
    """A dealer whose contract covers D-1; D-9 of the same customer is covered by nothing."""
    who = build.dealer(sla=None)
    make.device("D-9", of=who.customer)
    settings()
    return who


class TestTimeAndMaterial:
    def test_a_draft_with_labour_travel_and_parts(self, uncovered):
        issue = build.call("D-9", when="2026-01-12 09:00:00")
        part()
        build.part_used(issue.name, uncovered.trunk, "FUSER", 2, device="D-9")
        visit = build.visit(issue, uncovered, hours=1.1)
        invoice = invoice_of(visit)
        assert (visit.mps_billing_state, invoice.docstatus, invoice.customer) == (
            "Draft Invoice",
            0,
            uncovered.customer,
        )
        # 1.1 h are 1.25 h in quarters.
        assert rows(invoice) == {
            "LABOUR-H": (1.25, 120, 150),
            "TRIP": (1, 50, 50),
            "FUSER": (2, 189.9, 379.8),
        }
        assert flt(invoice.net_total, 2) == 579.8
        assert invoice.update_stock == 0
        assert issue.name in invoice.remarks
        assert visit.name in invoice.remarks

    def test_the_customers_own_prices_and_taxes(self, uncovered):
        make.doc("Price List", price_list_name="Schools", selling=1, currency="USD", enabled=1)
        for item, rate in (("LABOUR-H", 90), ("TRIP", 20)):
            make.doc("Item Price", item_code=item, price_list="Schools", price_list_rate=rate)
        frappe.db.set_value("Customer", uncovered.customer, "default_price_list", "Schools")
        account = frappe.db.get_value(
            "Account",
            {"company": build.COMPANY, "account_type": "Tax", "is_group": 0},
            "name",
            order_by="name",
        )
        template = make.doc(
            "Sales Taxes and Charges Template",
            title="Sales 10",
            company=build.COMPANY,
            is_default=1,
            taxes=[
                {"charge_type": "On Net Total", "account_head": account, "description": "Tax", "rate": 10}
            ],
        )
        visit = build.visit(build.call("D-9"), uncovered, hours=2)
        invoice = invoice_of(visit)
        assert invoice.taxes_and_charges == template.name
        assert (flt(invoice.net_total, 2), flt(invoice.grand_total, 2)) == (200, 220)

    def test_a_remote_fix_has_no_trip(self, uncovered):
        visit = build.visit(build.call("D-9"), uncovered, hours=0.2, mps_remote=1)
        assert rows(invoice_of(visit)) == {"LABOUR-H": (0.25, 120, 30)}

    def test_without_items_the_visit_stands_and_says_what_is_missing(self, uncovered):
        settings(labour_item=None)
        before = frappe.db.count("Sales Invoice", {"customer": uncovered.customer})
        visit = build.visit(build.call("D-9"), uncovered).reload()
        assert (visit.docstatus, visit.mps_billing_state, visit.mps_sales_invoice) == (1, "To Bill", None)
        assert "set Item for Labour in MPS Service Settings" in visit.mps_billing_note
        settings()
        assert aftercare.settle(visit.name)["state"] == "Draft Invoice"
        assert flt(invoice_of(visit).net_total) == 170
        again = aftercare.settle(visit.name)
        assert again["invoice"] == visit.reload().mps_sales_invoice
        assert frappe.db.count("Sales Invoice", {"customer": uncovered.customer}) == before + 1

    def test_an_item_that_cannot_be_sold_by_the_quarter_is_said_in_the_erps_words(self, uncovered):
        frappe.db.set_value("UOM", "Hour", "must_be_whole_number", 1)
        visit = build.visit(build.call("D-9"), uncovered, hours=1.1).reload()
        assert visit.mps_billing_state == "To Bill"
        assert "cannot be a fraction" in visit.mps_billing_note

    def test_a_part_without_a_price_is_said(self, uncovered):
        issue = build.call("D-9")
        build.part_used(issue.name, uncovered.trunk, "ODD-PART", device="D-9")
        visit = build.visit(issue, uncovered).reload()
        assert "No price for ODD-PART" in visit.mps_billing_note


class TestContract:
    def test_all_included_bills_nothing(self, uncovered):
        issue = build.call("D-1", when="2026-01-12 09:00:00")
        part()
        build.part_used(issue.name, uncovered.trunk, "FUSER")
        visit = build.visit(issue, uncovered).reload()
        assert (visit.mps_billing_state, visit.mps_service_charge, visit.mps_sales_invoice) == (
            "Nothing to Bill",
            None,
            None,
        )
        assert visit.mps_contract == uncovered.contract.name

    def test_excluded_labour_travel_and_parts_go_by_the_contracts_own_lines(self):
        who = build.dealer(
            sla=None, coverage_labour="excluded", coverage_travel="excluded", coverage_parts="excluded"
        )
        settings()
        part()
        issue = build.call("D-1", when="2026-01-12 09:00:00")
        build.part_used(issue.name, who.trunk, "FUSER", 2)
        visit = build.visit(issue, who, hours=1.5, travel=2).reload()
        charge = frappe.get_doc("MPS Service Charge", visit.mps_service_charge)
        assert (charge.docstatus, charge.incident, charge.labour_hours, charge.travel) == (1, 0, 1.5, 2)
        assert [(row.item, row.quantity, row.rate) for row in charge.parts] == [("FUSER", 2, 189.9)]
        assert (charge.call_ref, charge.device, visit.mps_billing_state) == (
            issue.name,
            "D-1",
            "On the Contract's Bill",
        )
        billing.month_reads("D-1", 0, 1000)
        run = billing.invoice(billing.run("2026-02-01"))
        # 1,000 × .0085 = 8.50; 1.5 h × 110 = 165; 2 trips × 40 = 80; 2 × 189.90 = 379.80
        assert [float(bill.total) for bill in billing.bills(run=run.name)] == [633.30]

    def test_what_no_line_bills_comes_by_invoice_and_the_rest_by_the_bill(self):
        who = build.dealer(
            *build.LINES[:1], build.LINES[2], sla=None, coverage_labour="excluded", coverage_travel="excluded"
        )
        settings()
        visit = build.visit(build.call("D-1", when="2026-01-12 09:00:00"), who).reload()
        assert visit.mps_billing_state == "Both"
        assert frappe.db.get_value("MPS Service Charge", visit.mps_service_charge, "labour_hours") == 1
        assert rows(invoice_of(visit)) == {"TRIP": (1, 50, 50)}

    def test_a_part_without_a_price_keeps_the_charge_back(self):
        who = build.dealer(sla=None, coverage_parts="excluded")
        settings()
        issue = build.call("D-1", when="2026-01-12 09:00:00")
        build.part_used(issue.name, who.trunk, "ODD-PART")
        visit = build.visit(issue, who).reload()
        assert (visit.mps_billing_state, visit.mps_service_charge) == ("To Bill", None)
        assert "no selling price in USD for ODD-PART" in visit.mps_billing_note

    def test_toner_is_a_supply_where_a_model_uses_it(self):
        who = build.dealer(sla=None, coverage_parts="included", coverage_supplies="excluded")
        settings()
        part("TN-K", 80)
        model = frappe.get_doc("MPS Device Model", make.model().name)
        model.append("supplies", {"item": "TN-K", "colour": "black", "yield_pages": 3000})
        model.save()
        issue = build.call("D-1", when="2026-01-12 09:00:00")
        build.part_used(issue.name, who.trunk, "TN-K", 1)
        visit = build.visit(issue, who).reload()
        charge = frappe.get_doc("MPS Service Charge", visit.mps_service_charge)
        assert [(row.item, row.rate) for row in charge.parts] == [("TN-K", 80)]


class TestIncidents:
    def test_per_incident_bills_each_call_once(self):
        who = build.dealer(sla=None, **INCIDENT)
        settings()
        first = build.call("D-1", when="2026-01-12 09:00:00")
        held = build.visit(first, who, outcome="Held for Part", day="2026-01-12")
        done = build.visit(first, who, day="2026-01-13")
        build.visit(build.call("D-1", "Lines", when="2026-01-20 09:00:00"), who, day="2026-01-20")
        assert (held.reload().mps_billing_state, done.reload().mps_billing_state) == (
            "On the Contract's Bill",
            "Nothing to Bill",
        )
        billing.month_reads("D-1", 0, 1000)
        run = billing.invoice(billing.run("2026-02-01"))
        # 1,000 × .0085 = 8.50; two calls in three visits: 2 × 95 = 190
        assert [float(bill.total) for bill in billing.bills(run=run.name)] == [198.50]
        (invoice,) = billing.invoices(who.contract.name)
        assert flt(invoice.net_total, 2) == 198.50

    def test_included_incidents_come_off_first(self):
        lines = (build.LINES[0], {**build.LINES[1], "allowance_qty": 2})
        who = build.dealer(*lines, sla=None, **INCIDENT)
        for day in ("05", "12", "19"):
            issue = build.call("D-1", when=f"2026-01-{day} 09:00:00")
            build.visit(issue, who, day=f"2026-01-{day}")
        billing.month_reads("D-1", 0, 1000)
        run = billing.invoice(billing.run("2026-02-01"))
        # Three calls, two included: 95 + 8.50
        assert [float(bill.total) for bill in billing.bills(run=run.name)] == [103.50]

    def test_maintenance_of_our_own_is_no_incident(self):
        who = build.dealer(sla=None, **INCIDENT)
        issue = build.call("D-1", "Service", when="2026-01-12 09:00:00", issue_type="Preventive Maintenance")
        assert build.visit(issue, who).reload().mps_billing_state == "Nothing to Bill"


class TestCancelling:
    def test_the_draft_goes_and_the_call_is_open_again(self, uncovered):
        issue = build.call("D-9", when="2026-01-12 09:00:00")
        visit = build.visit(issue, uncovered)
        name = visit.mps_sales_invoice
        assert issue.reload().status == "Resolved"
        visit.reload().cancel()
        assert not frappe.db.exists("Sales Invoice", name)
        issue.reload()
        assert (issue.status, issue.mps_board, issue.mps_visits) == ("Open", "To Assign", 0)
        assert (issue.mps_responded_at, issue.mps_restored_at) == (None, None)

    def test_a_submitted_invoice_refuses(self, uncovered):
        visit = build.visit(build.call("D-9"), uncovered)
        invoice_of(visit).submit()
        with pytest.raises(frappe.ValidationError, match="cancel or credit that first"):
            visit.reload().cancel()

    def test_an_unbilled_charge_goes_a_billed_one_refuses(self):
        who = build.dealer(sla=None, **INCIDENT)
        gone = build.visit(build.call("D-1", when="2026-01-12 09:00:00"), who)
        charge = gone.mps_service_charge
        gone.reload().cancel()
        assert frappe.db.get_value("MPS Service Charge", charge, "docstatus") == 2
        stays = build.visit(build.call("D-1", when="2026-01-13 09:00:00"), who, day="2026-01-13")
        billing.month_reads("D-1", 0, 1000)
        run = billing.invoice(billing.run("2026-02-01"))
        assert [float(bill.total) for bill in billing.bills(run=run.name)] == [103.50]
        with pytest.raises(frappe.ValidationError, match="is billed by"):
            stays.reload().cancel()

    def test_the_incident_passes_on_to_the_next_visit(self):
        who = build.dealer(sla=None, **INCIDENT)
        issue = build.call("D-1", when="2026-01-12 09:00:00")
        first = build.visit(issue, who, outcome="Follow-up", day="2026-01-12")
        second = build.visit(issue, who, day="2026-01-13")
        first.reload().cancel()
        charge = frappe.get_doc("MPS Service Charge", second.reload().mps_service_charge)
        assert (charge.incident, str(charge.call_date)) == (1, "2026-01-13")
        assert (
            frappe.db.count("MPS Service Charge", {"issue": issue.name, "docstatus": 1, "incident": 1}) == 1
        )

    def test_an_invoice_that_is_deleted_or_cancelled_leaves_the_work_to_bill(self, uncovered):
        visit = build.visit(build.call("D-9"), uncovered)
        invoice_of(visit).delete()
        assert visit.reload().mps_billing_state == "To Bill"
        aftercare.settle(visit.name)
        invoice = invoice_of(visit)
        invoice.submit()
        invoice.cancel()
        visit.reload()
        assert (visit.mps_billing_state, visit.mps_sales_invoice) == ("To Bill", None)
        assert "is gone" in visit.mps_billing_note


def test_a_visit_of_nothing_of_ours_is_left_alone(uncovered):
    visit = frappe.get_doc(
        {
            "doctype": "Maintenance Visit",
            "customer": uncovered.customer,
            "company": build.COMPANY,
            "completion_status": "Fully Completed",
            "maintenance_type": "Unscheduled",
            "purposes": [{"service_person": uncovered.trunk.sales_person, "work_done": "Showed it"}],
        }
    )
    visit.insert()
    visit.submit()
    assert not visit.reload().mps_billing_state
    visit.cancel()
