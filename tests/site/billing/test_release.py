"""Cancelling, deleting and amending invoices: the bill is given back, and nothing is billed twice."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import billing as api
from mps_module.fleet import intake
from tests.site.billing import dealer


@pytest.fixture
def billed():
    """A contract with January and February invoiced: 85.00 and 170.00."""
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000, 30_000, 35_000)
    dealer.invoice(dealer.run("2026-03-01"))
    assert [i.net_total for i in dealer.invoices(agreed.name)] == [85, 170]
    return agreed


def states(agreed) -> list[tuple[str, str]]:
    return [(str(b.due_date), b.status) for b in dealer.bills(contract=agreed.name)]


def test_cancelling_the_last_invoice_releases_its_bill_and_the_period_is_billed_again(billed):
    last = dealer.invoices(billed.name)[1]
    last.cancel()
    assert states(billed) == [("2026-02-01", "Invoiced"), ("2026-03-01", "Released")]
    assert str(billed.reload().billed_through) == "2026-02-01"
    dealer.invoice(dealer.run("2026-03-01"))
    assert states(billed) == [
        ("2026-02-01", "Invoiced"),
        ("2026-03-01", "Released"),
        ("2026-03-01", "Invoiced"),
    ]
    fresh = dealer.invoices(billed.name, docstatus=1)[1]
    assert (fresh.net_total, fresh.name != last.name) == (170, True)
    assert str(billed.reload().billed_through) == "2026-03-01"
    released, again = dealer.bills(contract=billed.name)[1:]
    assert frappe.db.get_value("Click Bill", again.name, "replaces") == released.name


def test_cancelling_an_earlier_invoice_leaves_a_hole_that_the_next_run_fills(billed):
    dealer.invoices(billed.name)[0].cancel()
    assert str(billed.reload().billed_through) == "2026-03-01"
    dealer.invoice(dealer.run("2026-03-01"))
    assert [i.net_total for i in dealer.invoices(billed.name, docstatus=1)] == [170, 85]
    assert str(billed.reload().billed_through) == "2026-03-01"
    # The next month compares the bill that was made anew, and finds nothing to adjust.
    dealer.invoice(dealer.run("2026-04-01"))
    assert [i.net_total for i in dealer.invoices(billed.name, docstatus=1)] == [170, 85, 42.5]


def billed_in() -> dict[str, str | None]:
    """Day of reading -> the bill that the read's own page names."""
    reads = frappe.get_all("Meter Read", {"device": "D-1"}, pluck="name", order_by="taken_at", limit=10)
    return {
        str(read["taken_at"])[:10]: read["billed_in"]
        for read in (frappe.get_doc("Meter Read", name).as_dict() for name in reads)
    }


def test_a_read_tells_the_first_bill_that_rests_on_it(billed):
    first, second = (bill.name for bill in dealer.bills(contract=billed.name))
    assert billed_in() == {
        "2025-12-31": first, "2026-01-31": first, "2026-02-28": second, "2026-03-31": None,
    }  # fmt: skip
    dealer.invoices(billed.name)[1].cancel()
    assert billed_in() == {"2025-12-31": first, "2026-01-31": first, "2026-02-28": None, "2026-03-31": None}


def test_a_read_between_two_bills_is_held_by_the_one_that_stands(billed):
    second = dealer.bills(contract=billed.name)[1].name
    dealer.invoices(billed.name)[0].cancel()
    assert billed_in()["2026-01-31"] == second, "what it opens with"


def test_a_billed_read_is_not_withdrawn_until_its_bill_is_released(billed):
    second = dealer.bills(contract=billed.name)[1].name
    (read,) = frappe.get_all("Meter Read", {"device": "D-1", "value": 30_000}, pluck="name")
    with pytest.raises(frappe.ValidationError, match=f"{second} rests on this read"):
        intake.withdraw(read, "wrong device")
    dealer.invoices(billed.name)[1].cancel()
    intake.withdraw(read, "wrong device")
    assert frappe.db.get_value("Meter Read", read, "status") == "Withdrawn"


def test_a_device_that_left_the_contract_and_the_customer_keeps_its_billed_reads(billed):
    first = dealer.bills(contract=billed.name)[0].name
    (read,) = frappe.get_all("Meter Read", {"device": "D-1", "value": 10_000}, pluck="name")
    frappe.db.set_value("MPS Device", "D-1", "customer", None)
    frappe.db.delete("Click Contract Cover", {"device": "D-1"})
    assert frappe.get_doc("Meter Read", read).billed_in == first


def test_deleting_a_draft_releases_its_bill():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    dealer.invoice(dealer.run("2026-02-01", mode="Draft"))
    dealer.invoices(agreed.name)[0].delete()
    assert states(agreed) == [("2026-02-01", "Released")]
    assert agreed.reload().billed_through is None
    dealer.invoice(dealer.run("2026-02-01"))
    assert [i.net_total for i in dealer.invoices(agreed.name)] == [85]


def split_contract():
    covers = [
        {"unit_kind": "Device", "device": f"D-{n}", "start_date": "2026-01-01", "site": site}
        for n, site in ((1, "North"), (2, "South"))
    ]
    agreed = dealer.contract(devices=["D-1", "D-2"], covers=covers, split_by="site")
    dealer.month_reads("D-1", 0, 1000)
    dealer.month_reads("D-2", 0, 2000)
    run = dealer.invoice(dealer.run("2026-02-01"))
    return agreed, run, {i.mps_split_value: i for i in dealer.invoices(agreed.name)}


def test_of_a_split_bill_only_the_missing_part_is_made_again():
    agreed, run, parts = split_contract()
    parts["South"].cancel()
    (bill,) = dealer.bills(contract=agreed.name)
    assert bill.status == "Part Cancelled"
    assert str(agreed.reload().billed_through) == "2026-02-01", "the period is still billed"
    assert dealer.run("2026-02-01").contracts == 0
    with dealer.at_once():
        api.retry(run.name, [bill.name])
    live = dealer.invoices(agreed.name, docstatus=1)
    assert {(i.mps_split_value, i.net_total) for i in live} == {("North", 8.5), ("South", 17)}
    assert states(agreed) == [("2026-02-01", "Invoiced")]


def test_a_split_bill_is_released_with_its_last_part():
    agreed, _run, parts = split_contract()
    for part in parts.values():
        part.cancel()
    assert states(agreed) == [("2026-02-01", "Released")]
    assert agreed.reload().billed_through is None


def test_an_amended_invoice_takes_the_place_of_the_cancelled_one(billed):
    last = dealer.invoices(billed.name)[1]
    last.cancel()
    amended = frappe.copy_doc(last, ignore_no_copy=True)
    amended.amended_from = last.name
    amended.docstatus = 0
    amended.insert()
    assert states(billed)[1] == ("2026-03-01", "Invoiced")
    assert str(billed.reload().billed_through) == "2026-03-01"
    assert dealer.run("2026-03-01").contracts == 0, "what is amended is not billed again"
    amended.submit()
    assert amended.net_total == 170


def test_an_amended_invoice_is_refused_where_the_period_was_billed_anew(billed):
    last = dealer.invoices(billed.name)[1]
    last.cancel()
    dealer.invoice(dealer.run("2026-03-01"))
    amended = frappe.copy_doc(last, ignore_no_copy=True)
    amended.amended_from = last.name
    amended.docstatus = 0
    with pytest.raises(frappe.ValidationError, match="is billed by"):
        amended.insert()


def test_a_duplicate_of_an_invoice_is_nobodys_bill(billed):
    copy = frappe.copy_doc(dealer.invoices(billed.name)[0], ignore_no_copy=True)
    copy.docstatus = 0
    copy.insert()
    assert copy.mps_click_bill is None
    copy.delete()
    assert states(billed) == [("2026-02-01", "Invoiced"), ("2026-03-01", "Invoiced")]
