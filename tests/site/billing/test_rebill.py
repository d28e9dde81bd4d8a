"""A late or corrected read: the exact difference on the next bill, or credit and rebill."""

from __future__ import annotations

from datetime import date

import frappe
import pytest

from mps_module.api import billing as api
from mps_module.billing.loader import load_cases
from mps_module.billing.standing import changes
from tests.site import make
from tests.site.billing import dealer


@pytest.fixture
def billed():
    """January billed at 10,000 clicks = 85.00; the read of 31 January was a misread: 8,000 = 68.00."""
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    dealer.invoice(dealer.run("2026-02-01"))
    return agreed


def correct(value: int = 8000) -> None:
    old = frappe.get_all(
        "Meter Read",
        {"device": "D-1", "superseded_by": ["is", "not set"]},
        pluck="name",
        order_by="taken_at desc",
    )[0]
    dealer.read("D-1", "2026-01-31", value, supersedes=old, reason="two digits swapped")


def test_nothing_is_affected_while_nothing_was_corrected(billed):
    assert api.affected(contract=billed.name) == []
    dealer.read("D-1", "2026-02-28", 12_000)
    assert api.affected(contract=billed.name) == []


@pytest.mark.parametrize(
    ("day", "asked_for", "again"),
    [
        ("2026-02-28", [], None),  # the new month's
        ("2026-02-03", [], None),  # within the tolerance after January, which closed at an actual read
        ("2026-01-20", [date(2026, 1, 20)], date(2026, 2, 1)),  # a late one of the month that is billed
    ],
)
def test_reads_that_came_in_since_are_asked_for_where_a_posted_bill_may_rest_on_them(
    billed, day, asked_for, again
):
    frappe.db.set_value(
        "Meter Read", {"device": "D-1"}, "modified", "2026-01-31 13:00:00", update_modified=False
    )  # January's came in before its bill
    dealer.read("D-1", day, 10_100 if day > "2026-01-31" else 6_000)
    case = load_cases([billed.name], date(2026, 3, 1))[billed.name]
    found = changes({billed.name: case.contract}, {billed.name: ["D-1"]}, {billed.name: case.standing})
    assert [change.day for change in found[billed.name]] == asked_for
    assert case.past.again == again


def test_a_correction_within_the_tolerance_is_asked_for(billed):
    """The closing read of 31 January is replaced by one of 3 February."""
    old = frappe.get_all("Meter Read", {"device": "D-1", "value": 10_000}, pluck="name", limit=1)[0]
    frappe.db.set_value(
        "Meter Read", {"device": "D-1"}, "modified", "2026-01-31 13:00:00", update_modified=False
    )
    dealer.read("D-1", "2026-02-03", 9_000, supersedes=old, reason="read again")
    case = load_cases([billed.name], date(2026, 3, 1))[billed.name]
    assert case.past.again == date(2026, 2, 1)
    (found,) = api.affected(contract=billed.name)
    assert found["due"] == "2026-02-01"


def test_a_corrected_read_lists_the_bill_and_the_next_one_adjusts_it(billed):
    correct()
    (found,) = api.affected(contract=billed.name)
    assert (found["was"], found["now"], found["difference"]) == (85, 68, -17)
    dealer.read("D-1", "2026-02-28", 20_000)
    dealer.invoice(dealer.run("2026-03-01"))
    second = dealer.invoices(billed.name)[1]
    # February: 20,000 - 8,000 = 12,000 x 0.0085 = 102.00, January: -17.00
    assert sorted(r.amount for r in second.items) == [-17, 102]
    assert second.net_total == 85
    assert any("Adjustment" in r.description and "85" in r.description for r in second.items)
    assert api.affected(contract=billed.name) == [], "what was adjusted is right"


def test_only_the_bill_that_rests_on_the_read_is_proposed():
    """February is the base of one bill and the usage of the next: a misread of its end touches the second alone."""
    base = {"line_id": "base", "kind": "flat", "rate": 50}
    agreed = dealer.contract(make.click_line(), base, base_in_advance=1)
    dealer.month_reads("D-1", 0, 10_000, 20_000)
    dealer.invoice(dealer.run("2026-03-01"))
    assert (
        len(dealer.bills(contract=agreed.name)) == 3
    )  # 1 January: base; 1 February, 1 March: base and usage
    last = frappe.get_all("Meter Read", {"device": "D-1"}, pluck="name", order_by="taken_at desc")[0]
    dealer.read("D-1", "2026-02-28", 18_000, supersedes=last, reason="misread")
    (found,) = api.affected(contract=agreed.name)
    # March's base of 50.00 and 10,000 clicks at 0.0085; today 8,000 of them
    assert (found["due"], found["was"], found["now"]) == ("2026-03-01", 135, 118)
    assert [round(row["amount"], 2) for row in found["rows"]] == [-17]


def test_a_read_between_two_bills_proposes_both_of_them(billed):
    """January's end is February's beginning: what one loses the other gains."""
    dealer.read("D-1", "2026-02-28", 20_000)
    dealer.invoice(dealer.run("2026-03-01"))
    old = frappe.get_all("Meter Read", {"device": "D-1", "value": 10_000}, pluck="name", limit=1)[0]
    dealer.read("D-1", "2026-01-31", 8000, supersedes=old, reason="two digits swapped")
    found = {row["due"]: row["difference"] for row in api.affected(contract=billed.name)}
    assert found == {"2026-02-01": -17, "2026-03-01": 17}


def test_an_adjustment_is_made_once(billed):
    correct()
    dealer.read("D-1", "2026-02-28", 20_000)
    dealer.read("D-1", "2026-03-31", 21_000)
    dealer.invoice(dealer.run("2026-04-01"))
    assert [i.net_total for i in dealer.invoices(billed.name)] == [85, 85, 8.5]


def test_an_estimate_is_trued_up_by_the_actual_read():
    agreed = dealer.contract()
    dealer.read("D-1", "2025-10-01", 0)
    dealer.read("D-1", "2025-12-31", 9100)  # 100 a day over 91 days, one of 25 hours
    dealer.invoice(dealer.run("2026-02-01"))
    (first,) = dealer.invoices(agreed.name)
    assert first.items[0].qty == 3099
    assert "estimated" in first.items[0].description
    dealer.read("D-1", "2026-02-28", 15_000)
    dealer.invoice(dealer.run("2026-03-01"))
    assert [r.qty for i in dealer.invoices(agreed.name) for r in i.items] == [3099, 2801], "5,900 in all"


def test_old_and_new_stand_side_by_side(billed):
    correct()
    (bill,) = dealer.bills(contract=billed.name)
    shown = api.compare(bill.name)
    assert (shown["old"], shown["new"], shown["difference"]) == (85, 68, -17)
    (row,) = shown["rows"]
    assert (row["old_quantity"], row["new_quantity"]) == (10_000, 8000)


def test_credit_and_rebill(billed):
    correct()
    (bill,) = dealer.bills(contract=billed.name)
    with pytest.raises(frappe.ValidationError, match="Say why"):
        api.credit_and_rebill(bill.name, " ")
    done = api.credit_and_rebill(bill.name, "customer wants a clean invoice")
    assert (done["old"], done["new"], done["difference"]) == (85, 68, -17)
    old, new = dealer.bills(contract=billed.name)
    assert (old.status, new.status, new.total) == ("Credited", "Invoiced", 68)
    note = frappe.get_doc("Sales Invoice", done["credit_notes"][0])
    assert (note.is_return, note.docstatus, note.net_total) == (1, 1, -85)
    assert note.return_against == frappe.get_doc("Click Bill", old.name).invoices[0].sales_invoice
    fresh = frappe.get_doc("Sales Invoice", done["invoices"][0])
    assert (fresh.docstatus, fresh.net_total, fresh.mps_click_bill) == (1, 68, new.name)
    assert str(billed.reload().billed_through) == "2026-02-01"
    assert api.affected(contract=billed.name) == []
    dealer.read("D-1", "2026-02-28", 9000)
    dealer.invoice(dealer.run("2026-03-01"))
    assert dealer.invoices(billed.name, docstatus=1)[-1].net_total == 8.5, "February has nothing to adjust"


def test_credit_and_rebill_of_an_old_month_keeps_what_later_bills_have_put_right(billed):
    correct()
    dealer.read("D-1", "2026-02-28", 20_000)
    dealer.invoice(dealer.run("2026-03-01"))  # 102.00 - 17.00
    january = dealer.bills(contract=billed.name)[0]
    api.credit_and_rebill(january.name, "auditors")  # -85.00 + 68.00: now the adjustment is too much
    dealer.read("D-1", "2026-03-31", 21_000)
    dealer.invoice(dealer.run("2026-04-01"))
    april = dealer.invoices(billed.name)[-1]
    assert sorted(r.amount for r in april.items) == [8.5, 17]
    every = [i.net_total for i in dealer.invoices(billed.name, docstatus=1)]
    assert sum(every) == 178.5, "21,000 clicks in all"


def test_a_draft_is_deleted_instead_of_credited():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    dealer.invoice(dealer.run("2026-02-01", mode="Draft"))
    correct()
    (bill,) = dealer.bills(contract=agreed.name)
    done = api.credit_and_rebill(bill.name, "misread", submit=False)
    assert done["credit_notes"] == []
    assert [(i.docstatus, i.net_total) for i in dealer.invoices(agreed.name)] == [(0, 68)]


def test_a_late_service_call_comes_with_the_next_bill(billed):
    call = {
        "doctype": "MPS Service Charge",
        "contract": billed.name,
        "call_date": "2026-01-20",
        "device": "D-1",
        "incident": 1,
    }
    frappe.get_doc(call).insert().submit()
    assert api.affected(contract=billed.name) == [], "the contract has no line for calls"


def test_only_an_invoiced_bill_is_credited(billed):
    dealer.invoices(billed.name)[0].cancel()
    (bill,) = dealer.bills(contract=billed.name)
    with pytest.raises(frappe.ValidationError, match="only an invoiced bill"):
        api.credit_and_rebill(bill.name, "x")
