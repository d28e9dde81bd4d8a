"""A contract that is ended back behind its last bill: what was billed too far ahead is paid back, once."""

from __future__ import annotations

import frappe

from mps_module.api import billing as api
from mps_module.billing import outlook
from tests.site import make
from tests.site.billing import dealer

BASE = {"line_id": "base", "kind": "flat", "rate": 310}


def ended_back(*lines: dict, end: str, **values):
    """January, February and March billed in advance, then the end is entered."""
    agreed = dealer.contract(BASE, *lines, base_in_advance=1, **values)
    dealer.invoice(dealer.run("2026-03-01"))
    agreed.reload()
    agreed.end_date = end
    agreed.status = "Ended"
    agreed.save()
    return agreed


def test_two_months_of_base_come_back_as_a_credit_note():
    agreed = ended_back(end="2026-02-14")
    assert [b.total for b in dealer.bills(contract=agreed.name)] == [310, 310, 310]
    run = dealer.run("2026-04-01")
    (last,) = dealer.bills(contract=agreed.name, run=run.name)
    # February: 14 of 28 days are owed. March: nothing.
    assert (str(last.due_date), last.total, last.status) == ("2026-03-02", -465, "Flagged")
    api.accept(last.name, "ended in February")
    dealer.invoice(run)
    note = dealer.invoices(agreed.name)[-1]
    assert (note.is_return, note.docstatus, note.net_total) == (1, 1, -465)
    assert sorted(row.amount for row in note.items) == [-310, -155]
    assert "settlement of its end" in note.remarks
    assert sum(i.net_total for i in dealer.invoices(agreed.name, docstatus=1)) == 465  # 310 + 14 of 28 days
    assert str(agreed.reload().billed_through) == "2026-03-02"


def test_it_is_paid_back_once():
    agreed = ended_back(end="2026-02-14")
    run = dealer.run("2026-04-01")
    api.accept([b.name for b in dealer.bills(contract=agreed.name, run=run.name)], "ended")
    dealer.invoice(run)
    for through in ("2026-04-01", "2026-06-01"):
        assert dealer.run(through).contracts == 0
    agreed.reload().save()  # somebody looked at it again
    assert dealer.run("2026-06-01").contracts == 0
    assert len(dealer.bills(contract=agreed.name)) == 4


def test_cancelling_the_credit_note_lets_it_be_made_again():
    agreed = ended_back(end="2026-02-14")
    run = dealer.run("2026-04-01")
    api.accept([b.name for b in dealer.bills(contract=agreed.name, run=run.name)], "ended")
    dealer.invoice(run)
    dealer.invoices(agreed.name)[-1].cancel()
    assert str(agreed.reload().billed_through) == "2026-03-01"
    again = dealer.run("2026-04-01")
    (last,) = dealer.bills(contract=agreed.name, run=again.name)
    assert (last.total, last.status) == (-465, "Flagged")


def test_it_can_be_compared_and_unfolded_as_any_bill():
    agreed = ended_back(end="2026-02-14")
    run = dealer.run("2026-04-01")
    (last,) = dealer.bills(contract=agreed.name, run=run.name)
    assert "Adjustment" in api.proof(last.name)
    shown = api.compare(last.name)
    assert (shown["old"], shown["difference"]) == (-465, 0)


def test_a_regular_last_bill_carries_the_credit_itself():
    agreed = ended_back(make.click_line(rate=0.01), end="2026-03-10")
    dealer.month_reads("D-1", 0, 0, 0)
    dealer.read("D-1", "2026-03-10", 500)
    dealer.run("2026-04-01")
    last = dealer.bills(contract=agreed.name)[-1]
    assert str(last.due_date) == "2026-03-11"


def test_what_was_earned_is_not_a_settlement():
    agreed = dealer.contract(BASE, base_in_advance=1)
    dealer.invoice(dealer.run("2026-03-01"))
    earned = list(outlook.accruals([agreed.name], frappe.utils.getdate("2026-03-10")))
    assert earned == [], "the base of March was billed on the 1st"
