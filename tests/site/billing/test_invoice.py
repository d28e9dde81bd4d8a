"""What stands on the Sales Invoice: split, credits, currency, deferral, taxes, rows that the ERP would round otherwise."""

from __future__ import annotations

from decimal import Decimal

import frappe
import pytest

from tests.site import make
from tests.site.billing import dealer


def bill_january(agreed) -> list:
    dealer.invoice(dealer.run("2026-02-01"))
    return dealer.invoices(agreed.name)


def test_the_parts_of_a_split_bill_add_up_to_the_cent():
    covers = [
        {"unit_kind": "Device", "device": f"D-{n}", "start_date": "2026-01-01", "site": site}
        for n, site in enumerate(("North", "South", "South"), start=1)
    ]
    devices = [f"D-{n}" for n in (1, 2, 3)]
    agreed = dealer.contract(
        {"line_id": "base", "kind": "flat", "rate": 100}, make.click_line(),
        devices=devices, covers=covers, split_by="site", base_in_advance=0,
    )  # fmt: skip
    for name, clicks in zip(devices, (1000, 2000, 4000), strict=True):
        dealer.month_reads(name, 0, clicks)
    north, south = sorted(bill_january(agreed), key=lambda i: i.mps_split_value)
    # clicks 7,000 x 0.0085 = 59.50: 8.50 and 51.00; base 100 over three devices: 33.33 and 66.67
    assert (north.mps_split_value, north.net_total) == ("North", 41.83)
    assert (south.mps_split_value, south.net_total) == ("South", 117.67)
    (bill,) = dealer.bills(contract=agreed.name)
    assert bill.total == 159.5
    parts = frappe.get_doc("Click Bill", bill.name).invoices
    assert {(p.split_value, p.amount) for p in parts} == {("North", 41.83), ("South", 117.67)}


def test_split_by_po_puts_each_number_on_its_invoice():
    covers = [
        {"unit_kind": "Device", "device": f"D-{n}", "start_date": "2026-01-01", "po_no": f"PO-{n}"}
        for n in (1, 2)
    ]
    agreed = dealer.contract(devices=["D-1", "D-2"], covers=covers, split_by="po", po_no="GENERAL")
    for name in ("D-1", "D-2"):
        dealer.month_reads(name, 0, 10_000)
    assert {(i.po_no, i.net_total) for i in bill_january(agreed)} == {("PO-1", 85), ("PO-2", 85)}


def test_a_credit_row_goes_through_without_the_site_allowing_negative_rates_for_everybody():
    agreed = dealer.contract(
        {"line_id": "base", "kind": "flat", "rate": 100}, make.click_line(discount_percent=10)
    )
    dealer.month_reads("D-1", 0, 10_000)
    assert not frappe.db.get_single_value("Selling Settings", "allow_negative_rates_for_items")
    _first, second = bill_january(agreed)
    # 85.00 less 10 % = 76.50, beside the base of 100
    assert second.net_total == 176.5
    assert second.docstatus == 1
    ledger = frappe.get_all(
        "GL Entry", {"voucher_no": second.name}, ["debit", "credit"], order_by="debit desc", limit=20
    )
    assert sum(e.debit for e in ledger) == sum(e.credit for e in ledger) == 176.5


def test_an_ordinary_invoice_still_refuses_a_negative_rate():
    make.item("MPS-CLICKS")
    invoice = frappe.get_doc(
        {
            "doctype": "Sales Invoice",
            "customer": make.customer().name,
            "company": dealer.COMPANY,
            "items": [{"item_code": "MPS-CLICKS", "qty": 1, "rate": 100}, {"item_code": "MPS-CLICKS", "qty": 1, "rate": -10, "description": "x"}],
        }
    )  # fmt: skip
    with pytest.raises(frappe.ValidationError, match="rate must be a positive number"):
        invoice.submit()


def test_a_bill_that_comes_to_a_credit_is_a_credit_note():
    agreed = dealer.contract()
    dealer.read("D-1", "2025-11-30", 0)
    dealer.read("D-1", "2025-12-31", 3100)
    # January is estimated at 3,100 more or less; the counter then shows that hardly anything was printed.
    dealer.invoice(dealer.run("2026-02-01"))
    (first,) = dealer.invoices(agreed.name)
    assert first.items[0].qty > 3000
    dealer.read("D-1", "2026-02-28", 3200)
    run = dealer.run("2026-03-01")
    second = dealer.bills(contract=agreed.name)[1]
    assert second.status == "Flagged", "a credit is looked at first"
    from mps_module.api import billing as api

    api.accept(second.name, "the copier stood still")
    dealer.invoice(run)
    note = dealer.invoices(agreed.name, is_return=1)[0]
    clicks = sum(i.items[0].qty * (1 if i.items[0].rate > 0 else -1) for i in dealer.invoices(agreed.name))
    assert clicks == 100, "3,200 - 3,100: the two bills together charge what was printed"
    assert note.docstatus == 1
    assert note.net_total == pytest.approx(second.total)
    assert note.net_total < 0


def test_half_cents_that_the_erp_rounds_to_even_stand_as_the_bill_has_them():
    frappe.db.set_single_value("System Settings", "rounding_method", "Banker's Rounding")
    frappe.clear_cache()
    agreed = dealer.contract(make.click_line(rate=0.005))
    dealer.month_reads("D-1", 0, 25)  # 0.125: half up 0.13, to even 0.12
    (invoice,) = bill_january(agreed)
    assert invoice.net_total == 0.13
    (row,) = invoice.items
    assert (row.qty, row.rate) == (1, 0.13)
    assert "25 × 0.005" in row.description


def test_part_of_a_unit_where_the_unit_of_measure_is_whole():
    covers = [{"unit_kind": "Seat", "unit_label": "Helpdesk", "start_date": "2026-01-09", "quantity": 1}]
    agreed = dealer.contract(
        {"line_id": "seats", "kind": "seat", "rate": 930}, devices=[], covers=covers, base_in_advance=0
    )
    (invoice,) = bill_january(agreed)
    assert invoice.net_total == 690  # 23 of 31 days
    assert invoice.items[0].qty == 1


def test_another_currency_keeps_its_own_amounts():
    frappe.get_doc(
        {
            "doctype": "Currency Exchange",
            "date": "2026-01-01",
            "from_currency": "EUR",
            "to_currency": "USD",
            "exchange_rate": 1.1,
            "for_selling": 1,
            "for_buying": 1,
        }
    ).insert()
    frappe.db.set_value("Currency", "EUR", "enabled", 1)
    parent = frappe.db.get_value(
        "Account", {"company": dealer.COMPANY, "account_name": "Accounts Receivable"}
    )
    account = make.doc(
        "Account", account_name="Debtors EUR", parent_account=parent, company=dealer.COMPANY,
        account_type="Receivable", account_currency="EUR",
    )  # fmt: skip
    who = make.customer(
        "Recht & Partner",
        default_currency="EUR",
        accounts=[{"company": dealer.COMPANY, "account": account.name}],
    )
    agreed = dealer.contract(of=who.name, currency="EUR")
    dealer.month_reads("D-1", 0, 10_000)
    run = dealer.run("2026-02-01")
    assert run.total == 93.5  # 85.00 EUR in the company's dollars
    dealer.invoice(run)
    (invoice,) = dealer.invoices(agreed.name)
    assert (invoice.currency, invoice.net_total, invoice.conversion_rate, invoice.base_net_total) == (
        "EUR",
        85,
        1.1,
        93.5,
    )


def deferred_item() -> None:
    account = frappe.db.get_value(
        "Account",
        {"company": dealer.COMPANY, "root_type": "Liability", "is_group": 0, "account_type": ""},
        "name",
    )
    item = make.item("MPS-BASE")
    item.set("item_defaults", [{"company": dealer.COMPANY, "deferred_revenue_account": account}])
    item.enable_deferred_revenue = 1
    item.save()


def test_advance_base_is_deferred_over_its_period_and_arrears_are_not():
    deferred_item()
    agreed = dealer.contract(
        {"line_id": "base", "kind": "flat", "rate": 350, "item": "MPS-BASE"}, make.click_line(item="MPS-BASE")
    )
    dealer.month_reads("D-1", 0, 10_000)
    _first, second = bill_january(agreed)
    base, clicks = second.items
    assert (base.enable_deferred_revenue, str(base.service_start_date), str(base.service_end_date)) == (
        1,
        "2026-02-01",
        "2026-02-28",
    )
    assert not clicks.enable_deferred_revenue
    assert second.docstatus == 1


def test_base_in_arrears_cannot_be_deferred_any_more():
    deferred_item()
    agreed = dealer.contract(
        {"line_id": "base", "kind": "flat", "rate": 350, "item": "MPS-BASE"}, base_in_advance=0
    )
    (invoice,) = bill_january(agreed)
    assert not invoice.items[0].enable_deferred_revenue


def test_taxes_terms_project_and_cost_center_come_from_the_contract():
    centre = make.doc(
        "Cost Center",
        cost_center_name="Print",
        company=dealer.COMPANY,
        parent_cost_center=frappe.db.get_value("Cost Center", {"company": dealer.COMPANY, "is_group": 1}),
    )
    project = make.doc("Project", project_name="Print at Law", company=dealer.COMPANY)
    account = frappe.db.get_value(
        "Account", {"company": dealer.COMPANY, "account_type": "Tax", "is_group": 0}
    )
    template = make.doc(
        "Sales Taxes and Charges Template",
        title="NY",
        company=dealer.COMPANY,
        taxes=[{"charge_type": "On Net Total", "account_head": account, "rate": 8, "description": "NY"}],
    )
    agreed = dealer.contract(
        taxes_and_charges=template.name, cost_center=centre.name, project=project.name, po_no="4711"
    )
    dealer.month_reads("D-1", 0, 10_000)
    (invoice,) = bill_january(agreed)
    assert (invoice.net_total, invoice.total_taxes_and_charges, invoice.grand_total) == (85, 6.8, 91.8)
    assert (invoice.po_no, invoice.project, invoice.items[0].cost_center) == (
        "4711",
        project.name,
        centre.name,
    )


@pytest.mark.parametrize("listed", [None, 0.5])
def test_a_contract_s_rate_is_the_customer_s_and_no_price_for_everybody(listed):
    """The ERP keeps the rate of a hand-written row as the item's price, where its Stock Settings say so."""
    frappe.db.set_single_value("Stock Settings", "auto_insert_price_list_rate_if_missing", 1)
    agreed = dealer.contract({"line_id": "base", "kind": "flat", "rate": 100}, make.click_line())
    price_list = frappe.db.get_single_value("Selling Settings", "selling_price_list")
    prices = {"item_code": "MPS-CLICKS", "price_list": price_list}
    frappe.db.delete("Item Price", {"item_code": "MPS-CLICKS"})
    if listed:
        make.doc("Item Price", **prices, price_list_rate=listed)
    dealer.month_reads("D-1", 0, 12_345)
    invoice = bill_january(agreed)[-1]
    assert [(row.qty, row.rate, row.amount) for row in invoice.items] == [
        (1, 100, 100),
        (12_345, 0.0085, 104.93),
    ]
    assert frappe.get_all("Item Price", prices, pluck="price_list_rate", order_by="name", limit=5) == (
        [listed] if listed else []
    )


def test_a_tax_inside_the_price_is_refused_since_the_net_would_not_be_the_bill():
    account = frappe.db.get_value(
        "Account", {"company": dealer.COMPANY, "account_type": "Tax", "is_group": 0}
    )
    template = make.doc(
        "Sales Taxes and Charges Template",
        title="Incl",
        company=dealer.COMPANY,
        taxes=[
            {"charge_type": "On Net Total", "account_head": account, "rate": 8, "description": "x", "included_in_print_rate": 1}
        ],
    )  # fmt: skip
    agreed = dealer.contract(taxes_and_charges=template.name)
    dealer.month_reads("D-1", 0, 10_000)
    assert bill_january(agreed) == []
    (bill,) = dealer.bills(contract=agreed.name)
    assert bill.status == "Failed"
    assert "net total would be" in bill.error
    assert agreed.reload().billed_through is None


def test_accounting_dimensions_of_the_contract_are_on_every_row(monkeypatch):
    from erpnext.accounts.doctype.accounting_dimension import accounting_dimension

    from mps_module.billing import invoice

    assert "Click Contract" in frappe.get_hooks("accounting_dimension_doctypes")
    # A dimension of the site's own would alter tables; the project serves as one here.
    monkeypatch.setattr(
        accounting_dimension, "get_accounting_dimensions", lambda: ["project", "no_field_of_contracts"]
    )
    assert invoice.dimension_fields() == ["project"]
    made = frappe.new_doc("Sales Invoice")
    made.append("items", {})
    invoice.set_dimensions(made, {"project": "PROJ-1", "no_field_of_contracts": "x"})
    assert (made.project, made.items[0].project) == ("PROJ-1", "PROJ-1")


def test_rates_have_six_decimals_by_our_own_property_setters():
    for field in ("qty", "rate", "net_rate", "base_rate", "price_list_rate"):
        found = frappe.get_all(
            "Property Setter",
            {"doc_type": "Sales Invoice Item", "field_name": field, "property": "precision"},
            ["value", "module"], order_by="name", limit=5,
        )  # fmt: skip
        assert [(f.value, f.module) for f in found] == [("6", "Managed Print")]


def test_set_up_can_run_again():
    from mps_module.setup import billing

    before = frappe.db.count("Property Setter"), frappe.db.count("Custom Field")
    billing.apply()
    assert (frappe.db.count("Property Setter"), frappe.db.count("Custom Field")) == before


def test_a_draft_that_somebody_edited_is_refused_on_submit():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    dealer.invoice(dealer.run("2026-02-01", mode="Draft"))
    (draft,) = dealer.invoices(agreed.name)
    draft.items[0].rate = 0.008
    draft.save()
    with pytest.raises(frappe.ValidationError, match=r"the bill is .*85"):
        draft.submit()
    draft.reload()
    draft.items[0].rate = 0.0085
    draft.items[0].price_list_rate = 0.0085
    draft.items[0].discount_amount = 0
    draft.submit()
    assert draft.net_total == 85


def test_rates_keep_six_decimals_in_the_database():
    agreed = dealer.contract(make.click_line(rate=0.012345))
    dealer.month_reads("D-1", 0, 100_000)
    (invoice,) = bill_january(agreed)
    stored = frappe.db.get_value("Sales Invoice Item", invoice.items[0].name, ["rate", "base_rate", "amount"])
    assert [Decimal(str(v)) for v in stored] == [Decimal("0.012345"), Decimal("0.012345"), Decimal("1234.5")]
