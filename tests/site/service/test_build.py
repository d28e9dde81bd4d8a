"""The builders themselves: what other tests stand on is there and whole."""

from __future__ import annotations

import frappe

from tests.site.service import build


def test_a_dealer_with_call_visit_and_part():
    who = build.dealer()
    issue = build.call(when="2026-01-12 09:00:00", customer=who.customer)
    visit = build.visit(issue, who, submit=False)
    entry = build.part_used(issue.name, who.trunk, "FUSER-1", visit=visit.name)
    assert frappe.db.get_value("Click Contract", who.contract.name, "sla") == "SLA-Issue-Gold"
    assert frappe.db.get_value("MPS Technician", who.technician, "trunk") == who.trunk.name
    assert (entry.mps_visit, visit.mps_outcome) == (visit.name, "Complete")
    assert str(issue.opening_date) == "2026-01-12"
