"""Who may bill: the billing desk may, others may look or may not."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import billing as api
from tests.site.billing import dealer


@pytest.fixture
def reviewed():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    return agreed, dealer.run("2026-02-01")


def test_the_billing_role_goes_all_the_way(reviewed, user_with):
    agreed, run = reviewed
    frappe.set_user(user_with("MPS Billing"))
    with dealer.at_once():
        api.prepare(run.name)
        assert api.approve(run.name) == 1
    frappe.set_user("Administrator")
    assert [i.docstatus for i in dealer.invoices(agreed.name)] == [1]


@pytest.mark.parametrize("role", ["MPS Service", "MPS Technician", "MPS Collector", "Sales User"])
def test_others_cannot_bill(reviewed, user_with, role: str):
    _agreed, run = reviewed
    (bill,) = dealer.bills()
    frappe.set_user(user_with(role))
    for refused in (
        lambda: api.prepare(run.name),
        lambda: api.approve(run.name),
        lambda: api.retry(run.name, bill.name),
        lambda: api.preview(run.name),
        lambda: api.cancel(run.name),
        lambda: api.accept(bill.name, "please"),
        lambda: api.take_back(bill.name),
        lambda: api.affected(),
        lambda: api.credit_and_rebill(bill.name, "please"),
    ):
        with pytest.raises(frappe.PermissionError):
            refused()


def test_service_reads_the_proof_and_the_collector_does_not(reviewed, user_with):
    (bill,) = dealer.bills()
    frappe.set_user(user_with("MPS Service"))
    assert "10,000" in api.proof(bill.name)
    frappe.set_user(user_with("MPS Collector"))
    with pytest.raises(frappe.PermissionError):
        api.proof(bill.name)


def test_nobody_edits_a_bill_by_hand(reviewed, user_with):
    (bill,) = dealer.bills()
    frappe.set_user(user_with("MPS Manager"))
    doc = frappe.get_doc("Click Bill", bill.name)
    doc.total = 1
    with pytest.raises(frappe.PermissionError):
        doc.save()
    with pytest.raises(frappe.PermissionError):
        frappe.delete_doc("Click Bill", bill.name)


def test_what_the_browser_sends_is_checked_and_converted(reviewed):
    _agreed, run = reviewed
    frappe.local.form_dict = frappe._dict()
    page = frappe.call("mps_module.api.billing.preview", run_name=run.name, start="0", limit="5")
    assert len(page["rows"]) == 1
