"""What a dealer sends: the invoice with click details and the device statement, with the right figures on paper."""

from __future__ import annotations

import re

import frappe
import pytest
from frappe.utils.pdf import get_pdf

from tests.site import make
from tests.site.billing import dealer


def text_of(html: str) -> str:
    """The words of a page, each run of blanks one blank, without style."""
    html = re.sub(r"<style.*?</style>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def bill():
    """January of D-1 (read) and D-2 (estimated), 2,000 clicks free, split into one invoice."""
    agreed = dealer.contract(
        make.click_line(rate=0.0085, allowance_qty=2_000, description="Mono clicks"),
        {"line_id": "base", "kind": "flat", "rate": 350, "description": "Base"},
        devices=("D-1", "D-2"),
        base_in_advance=0,
        title="Head office",
        po_no="4711",
    )
    frappe.db.set_value("MPS Device", "D-1", {"site": "North", "serial_no_text": "SN-77"})
    dealer.month_reads("D-1", 1_000, 13_500)
    dealer.read("D-2", "2025-11-30", 200)
    dealer.read("D-2", "2025-12-31", 510)
    run = dealer.run("2026-02-01")
    (row,) = dealer.bills(contract=agreed.name)
    dealer.invoice(run, [row.name])
    return frappe.get_doc("Click Bill", row.name)


def test_statement_shows_readings_marks_and_charges(bill):
    html = frappe.get_print("Click Bill", bill.name, "Device Statement")
    text = text_of(html)
    # D-1 12,500 and D-2 310 (estimated) clicks, 2,000 free: 10,810 x 0.0085 = 91.885, and the base of 350.
    assert "D-1 MX-3570N · SN-77 · North" in text
    assert "1,000 12-31-2025 13,500 01-31-2026 12,500" in text
    assert re.search(r"510 12-31-2025 820 \S+ – \S+ 01-31-2026 E 310", text), text
    assert "Mono clicks 12,810 2,000 10,810" in text
    assert "10,810 0.0085 $ 91.89" in text and "1 350 $ 350.00" in text
    assert "Total before tax $ 441.89" in text
    assert "Estimated: the meter was not read in time." in text and "Not invoiced" not in text
    assert bill.invoices[0].sales_invoice in text and "Head office" in text


def test_invoice_carries_the_click_details_and_the_rate_to_its_last_decimal(bill):
    invoice = frappe.get_doc("Sales Invoice", bill.invoices[0].sales_invoice)
    text = text_of(frappe.get_print("Sales Invoice", invoice.name, "Invoice with Click Details"))
    # 10,810 x 0.0085 is half a cent more than the ERP would make of it: the row is one piece, and tells its sum.
    assert "10,810 × 0.0085 estimated 1 $ 91.89 $ 91.89" in text and "1 $ 350.00 $ 350.00" in text
    assert "Total before tax $ 441.89" in text
    assert "Meters of your 2 devices" in text and "1,000 12-31-2025 13,500 01-31-2026 12,500" in text
    assert "Your order 4711" in text and "Print Dealer Inc" in text


def test_a_page_that_is_not_posted_says_so():
    dealer.contract(devices=("D-1",))
    dealer.month_reads("D-1", 1_000, 2_000)
    dealer.run("2026-02-01")
    (row,) = dealer.bills()
    assert "Not invoiced: Ready." in text_of(frappe.get_print("Click Bill", row.name, "Device Statement"))


def test_an_invoice_of_one_site_shows_the_devices_of_that_site():
    for name, site in (("D-1", "North"), ("D-2", "South")):
        make.device(name, site=site, installed_on="2025-12-01")
    agreed = dealer.contract(devices=("D-1", "D-2"), split_by="site")
    dealer.month_reads("D-1", 1_000, 3_000)
    dealer.month_reads("D-2", 0, 1_000)
    run = dealer.run("2026-02-01")
    dealer.invoice(run, [row.name for row in dealer.bills(contract=agreed.name)])
    shown = {}
    for invoice in dealer.invoices(agreed.name):
        text = text_of(frappe.get_print("Sales Invoice", invoice.name, "Invoice with Click Details"))
        shown[invoice.mps_split_value] = [name for name in ("D-1", "D-2") if f"{name} MX" in text]
        assert "Meters of your 1 devices" in text
    assert shown == {"North": ["D-1"], "South": ["D-2"]}


def test_an_invoice_without_clicks_prints_too():
    dealer.settings()
    invoice = frappe.get_doc(
        {
            "doctype": "Sales Invoice",
            "customer": make.customer().name,
            "company": dealer.COMPANY,
            "items": [{"item_code": "MPS-CLICKS", "qty": 3, "rate": 12.5}],
        }
    ).insert()
    text = text_of(frappe.get_print("Sales Invoice", invoice.name, "Invoice with Click Details"))
    assert "$ 12.50 $ 37.50" in text and "Draft: not posted" in text and "Meters of" not in text


def test_names_are_no_markup_on_paper(bill):
    frappe.db.set_value("MPS Device", "D-1", "site", "<script>x</script>")
    html = frappe.get_print("Click Bill", bill.name, "Device Statement")
    assert "<script>x" not in html and "&lt;script&gt;x" in html


def test_the_statement_stays_as_it_was_when_the_reads_change(bill):
    before = text_of(frappe.get_print("Click Bill", bill.name, "Device Statement"))
    dealer.read("D-2", "2026-01-31", 4_000)
    assert text_of(frappe.get_print("Click Bill", bill.name, "Device Statement")) == before


def test_both_become_a_pdf(bill):
    for doctype, name, fmt in (
        ("Click Bill", bill.name, "Device Statement"),
        ("Sales Invoice", bill.invoices[0].sales_invoice, "Invoice with Click Details"),
    ):
        html = frappe.get_print(doctype, name, fmt)
        # No web server runs here that would give the desk's own stylesheets to the PDF engine.
        pdf = get_pdf(re.sub(r'<link[^>]*rel="stylesheet"[^>]*>|<script[^>]*src=[^>]*></script>', "", html))
        assert pdf[:5] == b"%PDF-" and len(pdf) > 5_000
