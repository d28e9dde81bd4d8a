"""Billing by itself: the schedule builds the run, invoices what is ready where settings allow, and tells the rest."""

from __future__ import annotations

import frappe
import pytest

from mps_module.billing import auto, run
from tests.site import make
from tests.site.billing import dealer

TODAY = "2026-02-03"


@pytest.fixture
def nightly(monkeypatch):
    """Run the daily job as of 3 February."""
    monkeypatch.setattr(auto, "nowdate", lambda: TODAY)

    def go():
        with dealer.at_once():
            auto.daily()
        return frappe.get_all(
            "Click Billing Run", {"by_schedule": 1}, ["name", "status", "through", "invoiced", "blocked"],
            order_by="creation", limit=10,
        )  # fmt: skip

    return go


def a_month(**values):
    agreed = dealer.contract(**values)
    dealer.month_reads("D-1", 0, 10_000)
    return agreed


def test_nothing_happens_unless_the_settings_ask_for_it(nightly):
    a_month()
    assert nightly() == []


def test_the_run_is_built_for_review(nightly):
    agreed = a_month()
    dealer.settings(auto_run=1, auto_submit=0)
    (made,) = nightly()
    assert (made.status, str(made.through)) == ("Review", TODAY)
    assert [b.status for b in dealer.bills(contract=agreed.name)] == ["Ready"]
    assert len(nightly()) == 1, "a run that waits is carried on, not doubled"


def test_what_is_ready_is_invoiced_and_the_rest_is_told(nightly, user_with, monkeypatch):
    told = []
    monkeypatch.setattr(auto, "enqueue_create_notification", lambda users, doc: told.append((users, doc)))
    desk = user_with("MPS Billing")
    ready = a_month()
    stuck = dealer.contract(devices=["D-2"], estimates_allowed=0)
    dealer.read("D-2", "2025-12-31", 0)
    dealer.settings(auto_run=1, auto_submit=1, notify_role="MPS Billing")
    (made,) = nightly()
    assert (made.status, made.invoiced, made.blocked) == ("Review", 1, 1)
    assert [i.docstatus for i in dealer.invoices(ready.name)] == [1]
    assert dealer.invoices(stuck.name) == []
    users, note = told[-1]
    assert desk in users
    assert "1 blocked" in note["subject"]
    assert note["document_name"] == made.name


def test_the_lag_waits_for_reads(nightly):
    a_month()
    dealer.settings(auto_run=1, lag_days=5)
    assert nightly() == [], "5 days before 3 February nothing was due"


def test_each_company_has_its_own_run(nightly):
    a_month()
    other = make.doc(
        "Company", company_name="Other Print", abbr="OP", default_currency="USD", country="United States"
    )
    frappe.db.set_value("Click Contract", dealer.contract(devices=["D-3"]).name, "company", other.name)
    dealer.month_reads("D-3", 0, 5000)
    dealer.settings(auto_run=1)
    nightly()
    companies = frappe.get_all(
        "Click Billing Run", {"by_schedule": 1}, pluck="company", order_by="company", limit=10
    )
    assert companies == ["Other Print", "Print Dealer Inc"]


def test_a_run_whose_workers_were_lost_goes_on():
    agreed = a_month()
    doc = dealer.run("2026-02-01")
    run.new_attempt(doc.name, "Invoicing")
    frappe.db.set_value("Click Billing Run", doc.name, "modified", "2026-01-01", update_modified=False)
    with dealer.at_once():
        auto.resume_stalled()
    assert [i.docstatus for i in dealer.invoices(agreed.name)] == [1]
    assert frappe.db.get_value("Click Billing Run", doc.name, "status") == "Completed"
