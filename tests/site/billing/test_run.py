"""From due contracts to Sales Invoices: preview, approval, invoices, one bill a period and contract."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import billing as api
from tests.site import make
from tests.site.billing import dealer


def test_a_month_is_billed_right_to_the_cent():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 1000, 13_345)
    run = dealer.run("2026-02-01")
    assert (run.status, run.ready, run.flagged, run.blocked, run.total) == ("Review", 1, 0, 0, 104.93)
    dealer.invoice(run)
    (bill,) = dealer.bills(contract=agreed.name)
    assert (bill.status, bill.total, str(bill.due_date)) == ("Invoiced", 104.93, "2026-02-01")
    (invoice,) = dealer.invoices(agreed.name)
    (row,) = invoice.items
    assert (row.qty, row.rate, row.amount, row.mps_line_id) == (12_345, 0.0085, 104.93, "mono")
    assert (invoice.docstatus, invoice.net_total, invoice.mps_click_bill) == (1, 104.93, bill.name)
    assert str(invoice.posting_date) == "2026-02-01"
    assert str(agreed.reload().billed_through) == "2026-02-01"
    assert run.reload().status == "Completed"
    assert dealer.run("2026-02-01").status == "Completed", "nothing is due twice"
    assert len(dealer.bills(contract=agreed.name)) == 1


def test_missed_months_come_one_bill_a_period_oldest_first_and_no_click_is_lost():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 1000, 2000, 4000, 7000)
    dealer.invoice(dealer.run("2026-04-15"))
    found = dealer.bills(contract=agreed.name)
    assert [(str(b.due_date), b.total, b.status) for b in found] == [
        ("2026-02-01", 8.5, "Invoiced"),
        ("2026-03-01", 17.0, "Invoiced"),
        ("2026-04-01", 25.5, "Invoiced"),
    ]
    assert [i.items[0].qty for i in dealer.invoices(agreed.name)] == [1000, 2000, 3000]
    assert str(agreed.reload().billed_through) == "2026-04-01"


def test_a_later_bill_waits_for_an_earlier_one_that_is_blocked():
    agreed = dealer.contract(estimates_allowed=0)
    dealer.read("D-1", "2025-12-31", 1000)
    dealer.read("D-1", "2026-02-28", 3000)
    dealer.read("D-1", "2026-03-31", 4000)
    run = dealer.run("2026-04-01")
    january, _february, march = dealer.bills(contract=agreed.name)
    assert (january.status, march.status) == ("Blocked", "Ready")
    dealer.invoice(run)
    march = dealer.bills(contract=agreed.name)[2]
    assert march.status == "Ready"
    assert "Waits for the bill of" in march.error
    assert dealer.invoices(agreed.name) == []
    assert agreed.reload().billed_through is None
    assert run.reload().status == "Review"


def test_a_blocked_bill_needs_a_read_and_is_ready_when_the_run_is_prepared_again():
    agreed = dealer.contract(estimates_allowed=0)
    dealer.read("D-1", "2025-12-31", 1000)
    run = dealer.run("2026-02-01")
    (bill,) = dealer.bills(contract=agreed.name)
    assert bill.status == "Blocked"
    assert "no read of mono" in bill.reason
    with pytest.raises(frappe.ValidationError, match=r"need more than a reason|no read"):
        api.accept(bill.name, "I know")
    dealer.read("D-1", "2026-01-31", 3000)
    with dealer.at_once():
        api.prepare(run.name)
    (bill,) = dealer.bills(contract=agreed.name)
    assert (bill.status, bill.total, bill.reason) == ("Ready", 17.0, "")
    assert frappe.db.count("Click Bill Finding", {"parent": bill.name}) == 0


def test_a_flagged_bill_goes_out_after_it_was_accepted_with_a_reason():
    dealer.settings(bill_change_money=50)
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000, 90_000)
    dealer.invoice(dealer.run("2026-02-01"))
    run = dealer.run("2026-03-01")
    bill = dealer.bills(contract=agreed.name)[1]
    # 80,000 x 0.0085 = 680.00 after 85.00
    assert (bill.status, bill.total, bill.difference, bill.at_stake) == ("Flagged", 680, 595, 595)
    with pytest.raises(frappe.ValidationError, match="No bill of this run is ready"):
        dealer.invoice(run)
    with pytest.raises(frappe.ValidationError, match="Say why"):
        api.accept(bill.name, "  ")
    assert api.accept([bill.name], "trade fair, they told us") == 1
    assert run.reload().ready == 1
    with dealer.at_once():
        api.prepare(run.name)
    kept = frappe.get_doc("Click Bill", bill.name)
    assert (kept.status, kept.accept_reason) == ("Accepted", "trade fair, they told us"), (
        "the same bill stays accepted"
    )
    dealer.invoice(run)
    assert [i.net_total for i in dealer.invoices(agreed.name)] == [85, 680]


def test_an_acceptance_falls_when_the_bill_changes():
    dealer.settings(bill_change_money=50)
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000, 90_000)
    dealer.invoice(dealer.run("2026-02-01"))
    run = dealer.run("2026-03-01")
    bill = dealer.bills(contract=agreed.name)[1]
    api.accept(bill.name, "trade fair")
    old = frappe.get_all("Meter Read", {"value": 90_000}, pluck="name")[0]
    dealer.read("D-1", "2026-02-28", 95_000, supersedes=old, reason="misread")
    with dealer.at_once():
        api.prepare(run.name)
    fresh = dealer.bills(contract=agreed.name)[1]
    assert (fresh.status, fresh.total) == ("Flagged", 722.5)


def test_drafts_by_choice_of_run_and_contract():
    one = dealer.contract(devices=["D-1"])
    two = dealer.contract(devices=["D-2"], invoice_mode="Submitted")
    for name in ("D-1", "D-2"):
        dealer.month_reads(name, 0, 1000)
    dealer.invoice(dealer.run("2026-02-01", mode="Draft"))
    assert [i.docstatus for i in dealer.invoices(one.name)] == [0]
    assert [i.docstatus for i in dealer.invoices(two.name)] == [1]


def test_base_in_advance_and_overage_in_arrears_stand_on_one_invoice():
    agreed = dealer.contract(
        {"line_id": "base", "kind": "flat", "rate": 350}, make.click_line(allowance_qty=1000)
    )
    dealer.month_reads("D-1", 0, 21_000)
    dealer.invoice(dealer.run("2026-02-01"))
    first, second = dealer.invoices(agreed.name)
    assert [(r.mps_line_id, r.qty, r.rate, r.amount) for r in first.items] == [("base", 1, 350, 350)]
    # 21,000 - 1,000 = 20,000 x 0.0085 = 170.00
    assert [(r.mps_line_id, r.qty, r.amount) for r in second.items] == [
        ("base", 1, 350),
        ("mono", 20_000, 170),
    ]
    assert second.net_total == 520


def test_tiers_are_rows_of_one_line():
    agreed = dealer.contract(
        {"line_id": "mono", "kind": "click", "meters": "mono"},
        tiers=[
            {"line_id": "mono", "up_to": 10_000, "rate": 0.01},
            {"line_id": "mono", "up_to": 20_000, "rate": 0.0085},
            {"line_id": "mono", "rate": 0.007},
        ],
    )
    dealer.month_reads("D-1", 0, 25_750)
    dealer.invoice(dealer.run("2026-02-01"))
    (invoice,) = dealer.invoices(agreed.name)
    assert [(r.qty, r.rate, r.amount) for r in invoice.items] == [
        (10_000, 0.01, 100),
        (10_000, 0.0085, 85),
        (5750, 0.007, 40.25),
    ]
    assert invoice.net_total == 225.25
    assert len({r.description for r in invoice.items}) == 3


def test_a_bill_of_nothing_needs_no_invoice_and_the_cursor_moves_on():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 1000, 1000)
    dealer.invoice(dealer.run("2026-02-01"))
    (bill,) = dealer.bills(contract=agreed.name)
    assert (bill.status, bill.total) == ("Invoiced", 0)
    assert dealer.invoices(agreed.name) == []
    assert str(agreed.reload().billed_through) == "2026-02-01"


def test_filters_leave_other_customers_alone():
    other = make.customer("Other Ltd", customer_group="Government")
    one = dealer.contract(devices=["D-1"])
    two = dealer.contract(devices=["D-2"], of=other.name)
    for name in ("D-1", "D-2"):
        dealer.month_reads(name, 0, 1000)
    dealer.run("2026-02-01", customer_group="Government")
    assert {b.contract for b in dealer.bills()} == {two.name}
    dealer.run("2026-02-01", contract=one.name)
    assert {b.contract for b in dealer.bills()} == {one.name, two.name}


def test_the_preview_shows_the_worst_money_first():
    dealer.settings(bill_change_money=50)
    for n, value in enumerate((1000, 5000, 3000), start=1):
        dealer.contract(devices=[f"D-{n}"], title=f"Contract {n}", usual_bill=2000)
        dealer.month_reads(f"D-{n}", 0, value)
    run = dealer.run("2026-02-01")
    page = api.preview(run.name)
    # off the usual bill of 2,000 by 1,991.50, 1,974.50 and 1,957.50
    assert [r.title for r in page["rows"]] == ["Contract 1", "Contract 3", "Contract 2"]
    assert [(s.status, s["count"], s.at_stake) for s in page["states"]] == [("Flagged", 3, 5923.5)]
    assert [r.title for r in api.preview(run.name, search="tract 2")["rows"]] == ["Contract 2"]
    assert api.preview(run.name, state="Ready")["rows"] == []
    assert [r.title for r in api.preview(run.name, order="total", limit=1)["rows"]] == ["Contract 2"]


def test_a_slipped_zero_is_blocked_with_the_money_at_stake():
    for n in range(1, 6):
        dealer.contract(make.click_line(rate=0.085 if n == 5 else 0.0085), devices=[f"D-{n}"])
        dealer.month_reads(f"D-{n}", 0, 10_000)
    run = dealer.run("2026-02-01")
    assert (run.ready, run.blocked) == (4, 1)
    (bad,) = dealer.bills(status="Blocked")
    assert "0.085" in bad.reason
    assert bad.at_stake == 765  # 10,000 x (0.085 - 0.0085)


def test_the_proof_can_be_read():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 1000, 13_345)
    dealer.run("2026-02-01")
    (bill,) = dealer.bills(contract=agreed.name)
    html = api.proof(bill.name)
    for text in ("D-1", "12,345", "0.0085", "1,000", "13,345", "version 1", "staff"):
        assert text in html, text


def test_a_run_goes_with_its_previews_unless_it_made_invoices():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 1000)
    run = dealer.run("2026-02-01")
    api.cancel(run.name)
    assert dealer.bills(contract=agreed.name) == []
    run = dealer.run("2026-02-01")
    dealer.invoice(run)
    with pytest.raises(frappe.ValidationError, match="has made invoices"):
        run.reload().delete()
