"""A month of one customer under a per-incident contract, to the cent: who pays for each of its calls and what comes of it."""

from __future__ import annotations

import frappe
from frappe.utils import flt

from mps_module.service import aftercare, clock
from tests.site import make
from tests.site.billing import dealer as billing
from tests.site.service import build
from tests.site.service.test_aftercare import part, rows, settings

INCIDENT = {
    "coverage_labour": "incident", "coverage_travel": "incident", "coverage_parts": "excluded",
    "coverage_supplies": "included",
}  # fmt: skip


def test_a_month_of_calls():
    """Two incidents at 95, one of them included; parts at 189.90 by the bill; a device without contract by invoice.

    5 January: D-1 jams, fixed within the hours, a roller used. 9 January: the same again, a callback; held for a part, done on
    the 13th. 20 January: maintenance. 22 January: D-9, which no contract covers. 23 January: withdrawn.
    """
    lines = (build.LINES[0], {**build.LINES[1], "allowance_qty": 1}, build.LINES[4])
    who = build.dealer(*lines, **INCIDENT)
    make.device("D-9", of=who.customer)
    settings()
    part("ROLLER", 40)
    part("FUSER", 189.9)

    first = build.call("D-1", "Paper jam", when="2026-01-05 09:00:00")
    assert (first.mps_coverage_labour, first.mps_coverage_parts) == ("Incident", "Billable")
    build.part_used(first.name, who.trunk, "ROLLER", 2)
    one = build.visit(first, who, day="2026-01-05", mntc_time="11:00:00").reload()
    first.reload()
    assert (first.status, first.mps_response_state, first.mps_restore_state) == ("Resolved", "Kept", "Kept")

    again = build.call("D-1", "Jam again", when="2026-01-09 15:00:00")
    assert again.mps_callback_of == first.name
    # Friday 15:00, four hours: two on Friday, two on Monday.
    assert str(again.mps_response_by) == "2026-01-12 10:00:00"
    held = build.visit(again, who, outcome="Held for Part", day="2026-01-12", mntc_time="10:30:00").reload()
    again.reload()
    assert (again.mps_response_state, again.mps_board, again.status) == ("Missed", "Held for Part", "Open")
    build.part_used(again.name, who.trunk, "FUSER")
    done = build.visit(again, who, day="2026-01-13", mntc_time="09:00:00", hours=0.75).reload()
    again.reload()
    # Two of its eight hours on Friday, six on Monday: due at 14:00, the day before.
    assert (again.mps_visits, again.mps_held_for_part, again.mps_restore_state) == (2, 1, "Missed")

    care = build.call("D-1", "Service", when="2026-01-20 09:00:00", issue_type="Preventive Maintenance")
    kept = build.visit(care, who, day="2026-01-20").reload()

    other = build.call("D-9", "Noise", when="2026-01-22 09:00:00")
    assert (other.mps_coverage_labour, other.mps_contract, other.mps_response_state) == ("Billable", None, "")
    tm = build.visit(other, who, day="2026-01-22", hours=0.4).reload()

    gone = build.call("D-1", "Never mind", when="2026-01-23 09:00:00")
    gone.status = "Closed"
    with build.at("2026-01-23 09:10:00"):
        gone.save()

    assert [visit.mps_billing_state for visit in (one, held, done, kept, tm)] == [
        "On the Contract's Bill",  # incident and rollers
        "On the Contract's Bill",  # incident
        "On the Contract's Bill",  # fuser; the incident counted before
        "Nothing to Bill",
        "Draft Invoice",
    ]
    charges = frappe.get_all(
        "MPS Service Charge", {"docstatus": 1}, ["maintenance_visit", "incident"], order_by="call_date"
    )
    assert [(row.maintenance_visit, row.incident) for row in charges] == [
        (one.name, 1),
        (held.name, 1),
        (done.name, 0),
    ]
    # 0.4 h are half an hour in quarters: 60 + 50
    draft = frappe.get_doc("Sales Invoice", tm.mps_sales_invoice)
    assert rows(draft) == {"LABOUR-H": (0.5, 120, 60), "TRIP": (1, 50, 50)}

    billing.month_reads("D-1", 0, 10_000)
    run = billing.invoice(billing.run("2026-02-01"))
    (invoice,) = billing.invoices(who.contract.name)
    # 10,000 × .0085 = 85; (2 − 1) × 95 = 95; 2 × 40 = 80; 1 × 189.90 = 189.90
    assert flt(invoice.net_total, 2) == 449.90
    assert [float(bill.total) for bill in billing.bills(run=run.name)] == [449.90]
    # Nothing is left over, and settling once more changes nothing.
    before = frappe.db.count("Sales Invoice"), frappe.db.count("MPS Service Charge")
    for visit in (one, held, done, kept, tm):
        aftercare.settle(visit.name)
    assert (frappe.db.count("Sales Invoice"), frappe.db.count("MPS Service Charge")) == before
    with build.at("2026-01-31 18:00:00"):
        assert clock.reconcile()["changed"] == 0


def test_a_late_visit_comes_with_the_next_bill():
    """January is billed; a visit of 30 January is entered after that. Its incident is on the bill of February."""
    who = build.dealer(sla=None, **{**INCIDENT, "coverage_parts": "included"})
    settings()
    billing.month_reads("D-1", 0, 1000, 2000)
    billing.invoice(billing.run("2026-02-01"))
    issue = build.call("D-1", when="2026-01-30 09:00:00")
    build.visit(issue, who, day="2026-01-30")
    run = billing.invoice(billing.run("2026-03-01"))
    # 1,000 × .0085 = 8.50, and the incident of January 95
    assert [float(bill.total) for bill in billing.bills(run=run.name)] == [103.50]
