"""MPS and MSP on one page: seats, devices, clicks, calls, revenue and margin, added up by hand."""

from __future__ import annotations

from types import SimpleNamespace

import frappe
import pytest

from mps_module.api.margin import rollup
from tests.site import make
from tests.site.billing import dealer
from tests.site.service import build, story
from tests.site.service.test_contract_margin import issue_part, put_aboard

COMPANY = build.COMPANY
YEAR = ("2026-01-01", "2026-03-31", COMPANY)


def invoice(customer: str, day: str, *rows: tuple[str, float], **values):
    """A submitted invoice that no click bill made."""
    doc = make.doc(
        "Sales Invoice", customer=customer, company=COMPANY, currency="USD", set_posting_time=1, posting_date=day,
        due_date=day, items=[{"item_code": code, "qty": values.get("qty", 1), "rate": rate} for code, rate in rows],
        **{k: v for k, v in values.items() if k != "qty"},
    )  # fmt: skip
    doc.submit()
    return doc


def bill_january() -> None:
    dealer.invoice(dealer.run("2026-02-01", posting_date="2026-02-01"))
    frappe.db.set_value("Sales Invoice", {"mps_click_bill": ["is", "set"]}, "posting_date", "2026-02-01")


@pytest.fixture
def firm() -> SimpleNamespace:
    """Law prints (a device, a mixed seat line), Bank has seats only; a call for time and material, consulting, goods."""
    frappe.db.set_single_value("MPS Service Settings", {"labour_cost": 45, "travel_cost": 25})
    frappe.clear_document_cache("MPS Service Settings", "MPS Service Settings")
    law, bank = make.customer().name, make.customer("Bank Corp").name
    printing = dealer.contract(
        make.click_line(rate=0.01),
        {"line_id": "base", "kind": "flat", "rate": 100},
        {"line_id": "seat", "kind": "seat", "rate": 20},
        base_in_advance=0,
        covers=[
            {"unit_kind": "Device", "device": "D-1", "start_date": "2026-01-01"},
            {"unit_kind": "Seat", "unit_label": "Front desk", "quantity": 3, "start_date": "2026-01-01"},
        ],
    )
    desk = dealer.contract(
        {"line_id": "plan", "kind": "seat", "rate": 50},
        {"line_id": "base", "kind": "flat", "rate": 30},
        devices=(),
        of=bank,
        title="Managed desk",
        covers=[
            {"unit_kind": "Seat", "unit_label": "All", "quantity": 10, "start_date": "2026-01-01"},
            {
                "unit_kind": "Seat",
                "unit_label": "Gone",
                "quantity": 7,
                "start_date": "2026-01-01",
                "end_date": "2026-01-31",
            },
        ],
        base_in_advance=0,
    )
    dealer.month_reads("D-1", 1_000, 11_000)
    bill_january()
    person, trunk = build.technician()
    who = SimpleNamespace(technician=person.name, trunk=trunk)
    call = story.served("2026-02-10", who, "D-1", mps_contract=printing.name)
    make.item("LABOUR")
    material = invoice(law, "2026-02-11", ("LABOUR", 160))
    frappe.db.set_value(
        "Maintenance Visit",
        {"mps_issue": call.name},
        {"mps_sales_invoice": material.name, "mps_contract": printing.name},
    )
    make.item("CONSULTING")
    make.item("PAPER", is_stock_item=1, valuation_rate=3)
    invoice(bank, "2026-03-05", ("CONSULTING", 500), ("PAPER", 40))
    return SimpleNamespace(law=law, bank=bank, printing=printing.name, desk=desk.name, who=who)


def rows_of(told) -> dict[str, dict]:
    return {row["name"]: row for row in told["rows"]}


def test_the_whole_firm_on_one_page(firm):
    told = rollup(*YEAR)
    whole = told["whole"]
    # Law: base 100 and 10,000 clicks at 0.01 are MPS, three seats at 20 MSP. Bank covers no device: 10 + 7 seats at 50
    # and its base of 30 are MSP.
    assert (whole["mps"], whole["msp"]) == (200, 60 + 850 + 30)
    assert (whole["calls"], whole["other"]) == (160, 500)  # the paper is goods
    assert whole["revenue"] == 1_800
    # One visit: an hour at 45 and a trip at 25; the device's toner has no known cost.
    assert (whole["cost"], whole["margin"]) == (70, 1_230)  # 1,300 of contracts and calls less 70
    assert whole["percent"] == 94.6
    assert (whole["seats"], whole["devices"], whole["incidents"]) == (13, 1, 1)
    assert told["contracts"] == 2 and told["service"]["first_call"] == 100


def test_a_line_for_each_customer_and_for_each_contract_of_one(firm):
    rows = rows_of(rollup(*YEAR))
    assert list(rows) == ["Bank Corp", "Test Law LLP"]  # the larger revenue first
    bank, law = rows["Bank Corp"], rows["Test Law LLP"]
    assert (bank["revenue"], bank["msp"], bank["other"], bank["cost"], bank["seats"]) == (
        1_380,
        880,
        500,
        0,
        10,
    )
    assert (law["revenue"], law["mps"], law["msp"], law["calls"]) == (420, 200, 60, 160)
    assert (
        law["clicks"] == 9_839
    )  # 10,000 in the 31 days from noon to noon, less the half day before New Year
    one = rollup(*YEAR, customer=firm.law)
    assert one["by"] == "contract" and list(rows_of(one)) == [firm.printing]
    assert rows_of(one)[firm.printing]["margin"] == 350 == one["whole"]["margin"]
    assert {r["name"]: r["revenue"] for r in rollup(*YEAR, customer=firm.bank)["rows"]} == {
        firm.desk: 880,
        "": 500,
    }


def test_months_add_up_to_the_whole(firm):
    told = rollup(*YEAR)
    assert [row["month"] for row in told["months"]] == ["2026-01", "2026-02", "2026-03"]
    assert [row["revenue"] for row in told["months"]] == [0, 1_300, 500]
    for name in ("mps", "msp", "calls", "other", "revenue", "clicks", "incidents"):
        total = told["whole"][name]
        assert sum(row[name] for row in told["months"]) == total == sum(row[name] for row in told["rows"]), (
            name
        )


def test_a_return_takes_its_revenue_back_on_its_own_side(firm):
    from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

    for side, filters in (("calls", {"net_total": 160}), ("other", {"net_total": 540})):
        source = frappe.get_all("Sales Invoice", filters, pluck="name", order_by="name", limit=1)[0]
        back = make_sales_return(source)
        back.set_posting_time, back.posting_date = 1, "2026-03-20"
        back.insert().submit()
        assert rollup(*YEAR)["whole"][side] == 0, side


def test_a_call_under_no_contract_costs_its_customer(firm):
    before = rollup(*YEAR)["whole"]
    make.device("D-9", of=firm.bank)
    call = story.call("2026-02-20", "D-9", customer=firm.bank)
    visit = story.visit(call, firm.who, "2026-02-20", hours=2)
    put_aboard(firm.who.trunk, "2026-02-01")
    issue_part(firm.who.trunk, "2026-02-20", mps_issue=call.name, mps_visit=visit.name, mps_device="D-9")
    frappe.db.set_value("Issue", call.name, "mps_contract", None)
    frappe.db.set_single_value("Trunk Stock Settings", "holding_percent", 0)
    frappe.clear_document_cache("Trunk Stock Settings", "Trunk Stock Settings")
    told = rollup(*YEAR)
    # Two hours at 45, a trip at 25 and a fuser at 10: 125, of the bank's.
    assert told["whole"]["cost"] == before["cost"] + 125
    assert rows_of(told)["Bank Corp"]["cost"] == 125
    one = rows_of(rollup(*YEAR, customer=firm.bank))
    assert one[""]["cost"] == 125 and one[firm.desk]["cost"] == 0


def test_drafts_and_other_companies_are_not_revenue(firm):
    make.doc(
        "Sales Invoice", customer=firm.law, company=COMPANY, currency="USD",
        items=[{"item_code": "CONSULTING", "qty": 1, "rate": 9_999}], set_posting_time=1, posting_date="2026-02-20",
        due_date="2026-02-20",
    )  # fmt: skip
    assert rollup(*YEAR)["whole"]["revenue"] == 1_800


def test_an_empty_page_is_empty_and_no_error():
    told = rollup(*YEAR)
    assert told["rows"] == [] and told["whole"]["percent"] is None
    assert told["service"]["first_call"] is None and told["whole"]["revenue"] == 0
    with pytest.raises(frappe.ValidationError, match="ends before"):
        rollup("2026-02-01", "2026-01-01", COMPANY)


def test_who_sees_the_page_and_whose_figures(firm, user_with):
    billing = user_with("MPS Billing")
    frappe.set_user(billing)
    assert rollup(*YEAR)["whole"]["revenue"] == 1_800
    frappe.set_user("Administrator")
    make.doc("User Permission", user=billing, allow="Customer", for_value=firm.bank)
    frappe.clear_cache(user=billing)
    frappe.set_user(billing)
    told = rollup(*YEAR)
    assert list(rows_of(told)) == ["Bank Corp"] and told["whole"]["revenue"] == 1_380
    with pytest.raises(frappe.PermissionError):
        rollup(*YEAR, customer=firm.law)
    for role in ("MPS Service", "MPS Technician", "Sales User"):
        frappe.set_user("Administrator")
        frappe.set_user(user_with(role))
        with pytest.raises(frappe.PermissionError):
            rollup(*YEAR)


def test_many_customers_cost_as_many_queries_as_few(firm, count_queries):
    def cost() -> int:
        rollup(*YEAR)
        with count_queries() as queries:
            rollup(*YEAR)
        return len(queries)

    few = cost()
    for number in range(4):
        who = make.customer(f"Customer {number}").name
        dealer.contract(devices=(f"X-{number}",), of=who, base_in_advance=0)
        dealer.month_reads(f"X-{number}", 0, 500)
        invoice(who, "2026-02-11", ("CONSULTING", 10))
    dealer.invoice(dealer.run("2026-02-01"))
    assert cost() == few <= 60
