"""From due contracts to Sales Invoices: preview, approval, invoices, one bill a period and contract."""

from __future__ import annotations

import frappe

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
    agreed.reload()
    assert str(agreed.billed_through) == "2026-02-01"
    assert dealer.run("2026-02-01").status == "Completed", "nothing is due twice"
    assert len(dealer.bills(contract=agreed.name)) == 1
