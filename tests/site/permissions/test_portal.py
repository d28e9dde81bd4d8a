"""A customer on the portal: sees their own devices, hands in meters, gets statements; and nobody else's."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import portal
from tests.site import make
from tests.site.billing import dealer

OTHER = "Other Corp"


@pytest.fixture
def place():
    """D-1 of Test Law LLP, X-1 of Other Corp; contracts over both."""
    agreed = dealer.contract(devices=("D-1",))
    dealer.month_reads("D-1", 1_000, 3_000)
    theirs = dealer.contract(devices=("X-1",), of=make.customer(OTHER).name)
    dealer.month_reads("X-1", 0, 500)
    return agreed, theirs


@pytest.fixture
def billed(place):
    """Bills of both for January: (of Test Law LLP, of Other Corp)."""
    dealer.invoice(dealer.run("2026-02-01"))
    return tuple(dealer.bills(contract=agreed.name)[0].name for agreed in place)


@pytest.fixture
def visitor(place, user_with):
    """A portal user of Test Law LLP."""
    user = user_with("Customer", user_type="Website User")
    law = make.customer()
    law.append("portal_users", {"user": user})
    law.save()
    frappe.set_user(user)
    return user


def test_devices_are_their_own_with_what_they_showed_last(visitor):
    (device,) = portal.devices()
    assert (device["name"], device["device_model"]) == ("D-1", "MX-3570N")
    assert [(m["meter"], m["last"], m["last_day"]) for m in device["meters"]] == [
        ("mono", 3_000, "01-31-2026"),
        ("colour", None, ""),
    ]


def test_the_pages_take_devices_with_and_without_a_site(visitor, web_page):
    frappe.set_user("Administrator")
    for name, site in (("D-2", None), ("D-3", None), ("D-4", "North")):
        make.device(name, site=site)
    frappe.set_user(visitor)
    page = web_page("meters")
    assert all(f'data-device="D-{n}"' in page for n in (1, 2, 3, 4)) and "<h2>North</h2>" in page
    assert "X-1" not in page
    assert all(f'value="Device:D-{n}"' in web_page("service") for n in (1, 2, 3, 4))


def test_a_value_is_taken_and_stands_in_the_ledger_as_the_portals(visitor):
    (answer,) = portal.enter([{"device": "D-1", "meter": "mono", "value": "4,100"}], day="2026-02-14")
    assert answer["state"] == "taken"
    frappe.set_user("Administrator")
    row = frappe.get_last_doc("Meter Read", {"device": "D-1", "value": 4_100})
    assert (row.source, row.customer, str(row.taken_at)) == ("portal", "Test Law LLP", "2026-02-14 12:00:00")
    frappe.set_user(visitor)
    again = portal.enter([{"device": "D-1", "meter": "mono", "value": 4_100}], day="2026-02-14")
    assert "already" in again[0]["message"]


def test_a_value_that_does_not_fit_is_asked_about_and_then_put_before_the_dealer(visitor):
    wrong = [{"device": "D-1", "meter": "mono", "value": 310}]
    (answer,) = portal.enter(wrong, day="2026-02-14")
    assert answer["state"] == "refused" and answer["message"]
    assert not frappe.db.count("Meter Read Quarantine", {"device": "D-1"})
    (answer,) = portal.enter(wrong, day="2026-02-14", sure=True)
    assert answer["state"] == "passed"
    row = frappe.get_last_doc("Meter Read Quarantine", {"device": "D-1"})
    assert (row.value, row.source, row.status, row.code) == (310, "portal", "Open", "lower-than-before")


def test_nobody_reads_tomorrow(visitor):
    with pytest.raises(frappe.ValidationError, match="future"):
        portal.enter([{"device": "D-1", "meter": "mono", "value": 5_000}], day="2999-01-01")


def test_other_customers_do_not_exist_for_them(billed, visitor):
    (answer,) = portal.enter([{"device": "X-1", "meter": "mono", "value": 900}], day="2026-02-14", sure=True)
    assert answer["state"] != "taken"
    frappe.set_user("Administrator")
    assert not frappe.db.exists("Meter Read", {"device": "X-1", "value": 900})
    frappe.set_user(visitor)
    with pytest.raises(frappe.PermissionError):
        portal.history("X-1")
    with pytest.raises(frappe.PermissionError):
        portal.history("No such device")
    with pytest.raises(frappe.PermissionError):
        portal.statement(billed[1])


def test_lists_and_documents_of_the_desk_are_closed_to_them_too(visitor):
    assert frappe.get_list("MPS Device", pluck="name", limit=10) == ["D-1"]
    assert {row.device for row in frappe.get_list("Meter Read", fields=["device"], limit=10)} == {"D-1"}
    assert frappe.has_permission("MPS Device", "read", doc="D-1") is True
    assert frappe.has_permission("MPS Device", "read", doc="X-1") is False
    assert frappe.has_permission("MPS Device", "write", doc="D-1") is False
    for doctype in ("Click Contract", "Click Bill", "Click Billing Run", "Meter Read Quarantine"):
        with pytest.raises(frappe.PermissionError):
            frappe.get_list(doctype, limit=10)
        assert not frappe.has_permission(doctype, "read")
    assert not frappe.has_permission("MPS Settings", "read")


def test_a_device_that_changed_hands_keeps_its_former_history_to_itself(visitor):
    frappe.set_user("Administrator")
    frappe.db.set_value("MPS Device", "X-1", "customer", "Test Law LLP")
    dealer.read("X-1", "2026-03-01", 700)
    frappe.db.set_value("Meter Read", {"device": "X-1", "value": 700}, "customer", "Test Law LLP")
    frappe.set_user(visitor)
    assert [row["value"] for row in portal.history("X-1")] == ["700"]


def test_the_history_shows_what_counts_newest_first(visitor):
    assert [(row["day"], row["value"]) for row in portal.history("D-1")] == [
        ("01-31-2026", "3,000"),
        ("12-31-2025", "1,000"),
    ]


def test_the_statement_comes_as_pdf(billed, visitor, monkeypatch):
    pages = []
    monkeypatch.setattr(portal, "get_pdf", lambda html: pages.append(html) or b"%PDF-")
    own = billed[0]
    portal.statement(own)
    assert frappe.local.response.filename == f"{own}.pdf" and frappe.local.response.type == "pdf"
    assert "2,000" in pages[0] and not frappe.flags.ignore_print_permissions


def test_a_bill_that_is_not_posted_is_not_shown(billed, visitor):
    frappe.db.set_value("Click Bill", billed[0], "status", "Ready")
    with pytest.raises(frappe.PermissionError):
        portal.statement(billed[0])


@pytest.mark.parametrize("role", ["Customer", "MPS Manager", "MPS Collector"])
def test_a_login_without_a_customer_gets_nowhere(place, user_with, role):
    frappe.set_user(user_with(role))
    for call in (
        portal.devices,
        lambda: portal.enter([]),
        lambda: portal.history("D-1"),
        lambda: portal.statement("x"),
    ):
        with pytest.raises(frappe.PermissionError):
            call()


def test_guests_get_nowhere(place):
    frappe.set_user("Guest")
    with pytest.raises(frappe.PermissionError):
        portal.devices()


def test_a_contact_with_a_login_counts_as_the_customer(place, user_with):
    user = user_with("Customer")
    make.doc(
        "Contact",
        first_name="Ann",
        user=user,
        links=[{"link_doctype": "Customer", "link_name": OTHER}],
    )
    frappe.set_user(user)
    assert [row["name"] for row in portal.devices()] == ["X-1"]


def test_the_page_shows_their_devices_and_statements(billed, visitor):
    from frappe.website.serve import get_response_content

    html = get_response_content("meters")
    assert 'data-device="D-1"' in html and "X-1" not in html and "3,000" in html
    assert "api.portal.statement?bill=" in html
    frappe.set_user("Administrator")
    assert "belongs to no customer" in get_response_content("meters")


def test_many_devices_cost_as_many_queries_as_one(visitor, count_queries):
    portal.devices()
    with count_queries() as one:
        portal.devices()
    frappe.set_user("Administrator")
    for n in range(8):
        make.device(f"D-1{n}")
    frappe.set_user(visitor)
    with count_queries() as nine:
        assert len(portal.devices()) == 9
    assert len(nine) == len(one) <= 12
