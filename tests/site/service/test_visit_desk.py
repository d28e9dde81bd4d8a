"""The visit on the desk and on paper: what its form is told, what the customer gets, and who may ask."""

from __future__ import annotations

import re

import frappe
import pytest

from tests.site.service.reports import done, given, picture, report
from tests.site.stock import build as stock


def text_of(html: str) -> str:
    html = re.sub(r"<style.*?</style>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def visit(who):
    """Held for a drum, with a fuser used and the counter read."""
    frappe.db.set_value("MPS Device", "D-1", {"serial_no_text": "SN-77", "site": "North"})
    told = done(
        who,
        report(
            given(who, subject="Streaks on <every> copy"),
            outcome="Held for Part",
            items=[{"item": "FUSER-1", "qty": 2}],
            missing=[{"item": "DRUM-1", "qty": 1}],
            reads=[{"meter": "mono", "value": 5_200}],
            note="Fuser changed\nDrum is <worn>",
            signature=picture(),
            signed_by="J. Doe",
        ),
    )
    return frappe.get_doc("Maintenance Visit", told.visit)


def test_the_report_tells_the_customer_what_was_done(visit):
    html = frappe.get_print("Maintenance Visit", visit.name, "Service Report")
    text = text_of(html)
    assert f"Service Report {visit.name}" in text
    assert "D-1 MX-3570N · SN-77 · North" in text
    if frappe.__version__.startswith("15."):
        assert "Streaks on &lt;every&gt; copy" in html and "Drum is &lt;worn&gt;" in html  # shown, not run
    else:  # what looks like a tag is taken away when it is saved
        assert "Streaks on  copy" in html and "Drum is" in html
    assert "<every>" not in html and "<worn>" not in html
    assert "Problem Paper jams Cause Worn part Repair Part replaced" in text
    assert "FUSER-1 FUSER-1 2 Nos" in text
    assert "Ordered, to be fitted on the next visit DRUM-1" in text
    assert "5,200" in text and "Working time 1.50 h" in text
    assert "Outcome Held for Part" in text and "J. Doe for the customer" in text
    assert re.search(r'<img src="data:image/png;base64,[^"]{60,}" alt="Signature"', html)
    assert "Not submitted" not in text


def test_the_report_makes_a_pdf_with_the_signature(visit):
    from frappe.utils.pdf import get_pdf

    html = frappe.get_print("Maintenance Visit", visit.name, "Service Report")
    # No web server runs here that would give the desk's own stylesheets to the PDF engine.
    pdf = get_pdf(re.sub(r'<link[^>]*rel="stylesheet"[^>]*>|<script[^>]*src=[^>]*></script>', "", html))
    assert pdf.startswith(b"%PDF") and b"/Image" in pdf


def test_the_form_is_told_parts_reads_and_what_the_call_waits_for(visit):
    from mps_module.api import visits

    told = visits.facts(visit.name)
    assert [(part["item"], part["qty"]) for part in told["parts"]] == [("FUSER-1", 2)]
    assert frappe.db.exists("Stock Entry", told["parts"][0]["stock_entry"])
    assert [(read["meter"], read["value"], read["not_for_billing"]) for read in told["reads"]] == [
        ("mono", 5_200, 1)
    ]
    (missing,) = told["missing"]
    assert (missing["item"], missing["aboard_at"]) == ("DRUM-1", None) and missing["material_request"]


def test_nobody_is_told_of_a_visit_that_they_may_not_read(visit, who):
    from mps_module.api import visits

    other = stock.technician("Ben")
    frappe.set_user(other.user)
    with pytest.raises(frappe.PermissionError):
        visits.facts(visit.name)
    frappe.set_user(who.user)
    assert visits.facts(visit.name), "it is their own"


def test_billing_can_take_up_a_service_read_and_a_technician_cannot(visit, who):
    from mps_module.api import visits

    read = frappe.db.get_value("Meter Read", {"batch": visit.name})
    frappe.set_user(who.user)
    with pytest.raises(frappe.PermissionError):
        visits.use_for_billing(read)
    frappe.set_user("Administrator")
    with pytest.raises(frappe.DoesNotExistError):
        visits.use_for_billing("MR-none")
    visits.use_for_billing(read)
    assert frappe.db.get_value("Meter Read", read, "not_for_billing") == 0
    visits.use_for_billing(read)  # again: nothing more
    comments = frappe.get_all("Comment", {"reference_name": read, "comment_type": "Info"}, order_by="name")
    assert len(comments) == 1


def test_a_visit_cannot_be_cancelled_while_its_parts_are_booked(visit):
    """The parts are in the device: taking the visit back means taking them back first."""
    with pytest.raises(frappe.LinkExistsError):
        visit.cancel()
    frappe.get_doc("Stock Entry", {"mps_visit": visit.name}).cancel()
    assert (
        stock.on_hand("FUSER-1", frappe.db.get_value("Trunk Stock", {"user": visit.owner}, "warehouse")) == 3
    )


def test_the_dashboard_leads_to_what_the_visit_brought():
    from mps_module.overrides.dashboards import maintenance_visit

    data = maintenance_visit({})
    assert data["fieldname"] == "mps_visit"
    assert data["transactions"][-1]["items"] == ["Stock Entry", "MPS Missing Part", "MPS Service Charge"]
    assert data["non_standard_fieldnames"]["MPS Missing Part"] == "maintenance_visit"
