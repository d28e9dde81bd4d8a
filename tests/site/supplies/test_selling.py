"""Toner that the customer pays for: priced, sent, and billed without anybody having to remember it."""

from __future__ import annotations

import frappe
import pytest
from frappe.desk.notifications import get_open_count

from mps_module.api import supplies as api
from mps_module.service import supply_requests
from tests.site import make
from tests.site.supplies import build

NOTE, ORDER = "Delivery Note", "Sales Order"


@pytest.fixture
def low() -> str:
    """Black toner for five days; no contract covers the device."""
    build.settings(billable_supplies="Delivery Note and Draft Invoice")
    build.device()
    build.levels(a45=100, a1=12)
    return "D-1"


@pytest.fixture
def sold(low: str) -> str:
    """A request for two toners at 89.50, five in the store."""
    build.toner(price=89.5, stock=5)
    return supply_requests.request("D-1", "black", qty=2).name


def get(name: str):
    return frappe.get_doc("MPS Supply Request", name)


def parcel_of(name: str):
    """The draft Delivery Note of a request."""
    (parcel,) = api.order([name])
    return frappe.get_doc(NOTE, parcel["delivery_note"])


def drafts(note: str) -> list[str]:
    """Invoices that bill a Delivery Note and are not submitted."""
    rows = {"delivery_note": note, "docstatus": 0}
    return frappe.get_all("Sales Invoice Item", rows, pluck="parent", order_by="parent", limit=9)


def comments(doctype: str, name: str) -> str:
    rows = {"reference_doctype": doctype, "reference_name": name, "comment_type": "Info"}
    return "\n".join(frappe.get_all("Comment", rows, pluck="content", order_by="creation", limit=9))


class TestDeliveryNote:
    def test_the_parcel_that_leaves_has_a_draft_invoice_at_once(self, sold: str):
        note = parcel_of(sold)
        row = note.items[0]
        assert (note.docstatus, note.customer, row.qty, row.rate, row.warehouse) == (
            0, "Test Law LLP", 2, 89.5, build.store(),
        )  # fmt: skip
        assert (get(sold).status, get(sold).sales_order, drafts(note.name)) == ("Ordered", None, [])
        note.submit()
        assert (get(sold).status, get(sold).delivery_note) == ("Sent", note.name)
        (name,) = drafts(note.name)
        invoice = frappe.get_doc("Sales Invoice", name)
        assert (invoice.docstatus, invoice.customer, invoice.net_total, invoice.update_stock) == (
            0, "Test Law LLP", 179, 0,
        )  # fmt: skip
        assert invoice.items[0].mps_supply_request == sold
        shown = get_open_count("MPS Supply Request", sold)["count"]["external_links_found"]
        assert {each["doctype"]: each["count"] for each in shown}["Sales Invoice"] == 1
        invoice.submit()
        assert frappe.db.get_value(NOTE, note.name, "per_billed") == 100

    def test_a_packer_without_rights_on_invoices_leaves_the_draft_to_the_clerk(self, sold: str, user_with):
        note = parcel_of(sold)
        packer = user_with("Stock User")
        frappe.set_user(packer)
        frappe.get_doc(NOTE, note.name).submit()
        assert frappe.session.user == packer
        frappe.set_user("Administrator")
        (name,) = drafts(note.name)
        assert frappe.db.get_value("Sales Invoice", name, "owner") == packer

    def test_a_cancelled_parcel_takes_its_draft_along_and_may_be_ordered_again(self, sold: str):
        note = parcel_of(sold)
        note.submit()
        note.reload()
        note.cancel()
        assert drafts(note.name) == []
        doc = get(sold)
        assert (doc.status, doc.delivery_note, doc.sent_at) == ("Approved", None, None)
        again = parcel_of(sold)
        again.submit()
        assert (get(sold).status, len(drafts(again.name))) == ("Sent", 1)

    def test_an_amended_parcel_is_sent_and_billed_once(self, sold: str):
        note = parcel_of(sold)
        note.submit()
        note.reload()
        note.cancel()
        amended = frappe.copy_doc(note, ignore_no_copy=False)
        amended.amended_from = note.name
        for each in (amended, *amended.items):
            each.docstatus = 0
        amended.insert().submit()
        assert (get(sold).status, get(sold).delivery_note) == ("Sent", amended.name)
        assert len(drafts(amended.name)) == 1

    def test_a_draft_that_bills_other_work_too_stays(self, sold: str):
        note = parcel_of(sold)
        note.submit()
        invoice = frappe.get_doc("Sales Invoice", drafts(note.name)[0])
        invoice.append("items", {"item_code": make.item("MPS-CLICKS").name, "qty": 1, "rate": 30})
        invoice.save()
        note.reload()
        note.cancel()
        assert frappe.db.exists("Sales Invoice", invoice.name)

    def test_a_billed_parcel_is_not_cancelled(self, sold: str):
        note = parcel_of(sold)
        note.submit()
        frappe.get_doc("Sales Invoice", drafts(note.name)[0]).submit()
        note.reload()
        with pytest.raises(frappe.ValidationError):
            note.cancel()

    def test_without_a_price_it_leaves_and_both_drafts_say_so(self, low: str):
        build.toner(stock=5)
        name = supply_requests.request("D-1", "black").name
        note = parcel_of(name)
        assert f"No price for {build.BLACK}" in comments(NOTE, note.name)
        note.submit()
        (invoice,) = drafts(note.name)
        assert f"No price for {build.BLACK}" in comments("Sales Invoice", invoice)

    def test_a_parcel_leaves_though_it_cannot_be_billed(self, sold: str):
        """The company lost its receivable account: no invoice can be made, the toner is gone all the same."""
        note = parcel_of(sold)
        frappe.db.set_value("Company", build.COMPANY, "default_receivable_account", None)
        frappe.clear_document_cache("Company", build.COMPANY)
        note.submit()
        assert get(sold).status == "Sent"
        assert drafts(note.name) == [] and "Not billed yet" in comments(NOTE, note.name)

    def test_goods_that_nobody_requested_are_left_to_the_erp(self, low: str):
        build.toner(price=10, stock=2)
        row = {"item_code": build.BLACK, "qty": 1, "warehouse": build.store()}
        note = make.doc(NOTE, customer="Test Law LLP", company=build.COMPANY, items=[row])
        note.submit()
        assert drafts(note.name) == []

    def test_a_deleted_draft_gives_its_request_back(self, sold: str):
        note = parcel_of(sold)
        frappe.delete_doc(NOTE, note.name)
        assert (get(sold).status, get(sold).delivery_note) == ("Approved", None)
        assert parcel_of(sold).name


class TestSalesOrder:
    @pytest.fixture(autouse=True)
    def by_order(self, low: str):
        build.settings(billable_supplies="Sales Order")

    def test_ordered_sent_and_billed_by_the_list_of_orders(self, sold: str):
        (parcel,) = api.order([sold])
        order = frappe.get_doc(ORDER, parcel["sales_order"])
        assert (order.docstatus, order.customer, order.net_total) == (1, "Test Law LLP", 179.0)
        note = frappe.get_doc(NOTE, parcel["delivery_note"])
        assert (note.docstatus, note.items[0].mps_supply_request, note.items[0].rate) == (0, sold, 89.5)
        note.submit()
        doc = get(sold)
        assert (doc.status, doc.delivery_note, doc.sales_order) == ("Sent", note.name, order.name)
        assert drafts(note.name) == []
        assert frappe.db.get_value(ORDER, order.name, "status") == "To Bill"
        note.reload()
        note.cancel()
        assert get(sold).status == "Ordered"

    def test_without_a_price_the_order_waits(self, low: str):
        build.toner(stock=5)
        name = supply_requests.request("D-1", "black").name
        (parcel,) = api.order([name])
        assert "delivery_note" not in parcel
        order = frappe.get_doc(ORDER, parcel["sales_order"])
        assert order.docstatus == 0 and "no price" in comments(ORDER, order.name)
        order.items[0].rate = 75
        order.save()
        order.submit()
        from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

        note = make_delivery_note(order.name)
        note.insert().submit()
        assert get(name).status == "Sent"

    def test_a_deleted_draft_order_gives_its_request_back(self, low: str):
        build.toner(stock=5)
        name = supply_requests.request("D-1", "black").name
        (parcel,) = api.order([name])
        frappe.delete_doc(ORDER, parcel["sales_order"])
        assert (get(name).status, get(name).sales_order) == ("Approved", None)


def test_where_the_erp_demands_orders_there_is_one(sold: str):
    """Selling Settings refuse a Delivery Note without a Sales Order."""
    frappe.db.set_single_value("Selling Settings", "so_required", "Yes")
    (parcel,) = api.order([sold])
    assert frappe.db.get_value(ORDER, parcel["sales_order"], "docstatus") == 1 and parcel["delivery_note"]


@pytest.mark.parametrize("way", ["Delivery Note and Draft Invoice", "Sales Order"])
def test_own_price_list_address_and_sales_tax(low: str, way: str):
    """The customer has an own price list (80.00); the state takes 6 % of whoever has no other template."""
    build.settings(billable_supplies=way)
    build.toner(price=89.5, stock=5)
    own = make.doc("Price List", price_list_name="Law Firms", currency="USD", selling=1).name
    make.doc("Item Price", item_code=build.BLACK, price_list=own, price_list_rate=80)
    frappe.db.set_value("Customer", "Test Law LLP", "default_price_list", own)
    frappe.clear_document_cache("Customer", "Test Law LLP")
    account = frappe.db.get_value("Account", {"company": build.COMPANY, "account_type": "Tax", "is_group": 0})
    tax = {"charge_type": "On Net Total", "account_head": account, "rate": 6, "description": "Sales tax"}
    frappe.db.set_value("Sales Taxes and Charges Template", {"company": build.COMPANY}, "is_default", 0)
    make.doc(
        "Sales Taxes and Charges Template", title="State", company=build.COMPANY, is_default=1, taxes=[tax]
    )
    for street, usual in (("1 Main Street", 1), ("7 Side Street", 0)):
        make.doc(
            "Address", address_title=street, address_type="Shipping", address_line1=street, city="Albany",
            country="United States", is_shipping_address=usual,
            links=[{"link_doctype": "Customer", "link_name": "Test Law LLP"}],
        )  # fmt: skip
    side = frappe.db.get_value("Address", {"address_line1": "7 Side Street"})
    note = parcel_of(supply_requests.request("D-1", "black", qty=2, customer_address=side).name)
    assert "7 Side Street" in note.shipping_address  # where the device stands, on the packer's print too
    assert (note.net_total, note.grand_total) == (160, pytest.approx(169.6))
    note.submit()
    for name in drafts(note.name):
        invoice = frappe.get_doc("Sales Invoice", name)
        assert (invoice.net_total, invoice.grand_total) == (160, pytest.approx(169.6))


def test_a_deleted_stock_entry_leaves_its_material_request_to_make_another(low: str):
    build.toner(stock=3)
    build.covered()
    name = supply_requests.request("D-1", "black").name
    (parcel,) = api.order([name])
    frappe.delete_doc("Stock Entry", parcel["stock_entry"])
    assert (get(name).status, get(name).stock_entry) == ("Ordered", None)
    from erpnext.stock.doctype.material_request.material_request import make_stock_entry

    entry = make_stock_entry(parcel["material_request"]).insert()
    entry.submit()
    assert (get(name).status, get(name).stock_entry) == ("Sent", entry.name)
