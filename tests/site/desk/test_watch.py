"""What people are told before it costs something: notices, allowances, estimates; each once."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import getdate

from mps_module.billing import outlook, watch
from tests.site import make
from tests.site.billing import dealer


@pytest.fixture
def reader(user_with):
    frappe.db.set_single_value("MPS Settings", "notify_role", "MPS Billing")
    frappe.clear_document_cache("MPS Settings", "MPS Settings")
    return user_with("MPS Billing")


def told(user: str) -> list[str]:
    return frappe.get_all(
        "Notification Log",
        {"for_user": user, "document_type": "Click Contract"},
        pluck="subject",
        order_by="creation, subject",
        limit=50,
    )


def test_notice_is_told_on_its_day_and_once(reader):
    agreed = make.contract(end_date="2026-12-31", notice_days=90)
    agreed.db_set("status", "Active")
    assert watch.news(getdate("2026-10-01")) == []
    news = watch.news(getdate("2026-10-02"))
    assert [name for name, _s in news] == [agreed.name] and "renew it" in news[0][1]
    assert (watch.tell(news), watch.tell(watch.news(getdate("2026-10-03")))) == (1, 0)
    assert told(reader) == [
        f"{agreed.name} of Test Law LLP ends on 12-31-2026: renew it, or plan its last reads"
    ]
    assert watch.news(getdate("2027-01-01")) == []


def test_an_allowance_is_told_at_80_and_at_100_percent(reader):
    agreed = dealer.contract(make.click_line(allowance_qty=10_000, description="Mono"))
    dealer.read("D-1", "2025-12-31", 1_000)
    dealer.read("D-1", "2026-01-14", 8_900)
    frappe.db.set_value("Click Contract", agreed.name, "billed_through", "2026-01-01")
    assert watch.news(getdate("2026-01-15")) == []  # 79 %
    dealer.read("D-1", "2026-01-15", 9_000)
    (news,) = watch.news(getdate("2026-01-16"))  # 8,000 of 10,000
    assert "80 % of the allowance of Mono (10,000) are used before 01-31-2026" in news[1]
    dealer.read("D-1", "2026-01-16", 11_500)
    (news,) = watch.news(getdate("2026-01-17"))
    assert "100 % of the allowance" in news[1]
    assert watch.tell([news]) == 1 and len(told(reader)) == 1


def test_the_last_estimate_that_is_allowed_is_told(reader):
    agreed = dealer.contract(max_estimates_in_row=2, tolerance_before=5, tolerance_after=5)
    dealer.read("D-1", "2025-11-30", 0)
    dealer.read("D-1", "2025-12-31", 1_000)
    assert watch.news(getdate("2026-01-28")) == []  # January would be the first estimate
    (news,) = watch.news(getdate("2026-02-25"))
    assert news[0] == agreed.name and "without a read for 02-28-2026 the contract is blocked" in news[1]
    dealer.read("D-1", "2026-02-26", 3_000)
    assert watch.news(getdate("2026-02-27")) == []


def test_an_earlier_month_is_judged_by_the_window_that_it_was_closed_with(reader):
    """January closed at a read of the 15th, in its window of 20 days; from February on the window is 2 days."""
    agreed = dealer.contract(max_estimates_in_row=2, tolerance_before=20, tolerance_after=20)
    rules = {"base_months": "1", "overage_months": "1", "max_estimates_in_row": 2}
    make.version(
        agreed, make.click_line(), effective="2026-02-01", tolerance_before=2, tolerance_after=2, **rules
    )
    dealer.read("D-1", "2025-12-31", 0)
    dealer.read("D-1", "2026-01-15", 1_000)
    wanted = outlook.wanted_reads([agreed.name], getdate("2026-03-01"))
    assert [(str(one.closes), one.in_row) for one in wanted] == [("2026-02-28", 1)]
    assert watch.news(getdate("2026-02-25")) == [], "February would be the first estimate, not the second"


def test_nobody_is_told_where_nobody_has_the_role():
    make.contract(end_date="2026-12-31", notice_days=90).db_set("status", "Active")
    frappe.db.set_single_value("MPS Settings", "notify_role", "MPS Collector")
    frappe.clear_document_cache("MPS Settings", "MPS Settings")
    assert watch.tell(watch.news(getdate("2026-10-02"))) == 0


def test_the_reminder_a_month_before_the_end_fires(user_with):
    from frappe.email.doctype.notification.notification import trigger_daily_alerts

    user = user_with("MPS Manager")
    for title, status, renews, days in (
        ("Ends", "Active", 0, 30),
        ("Renews", "Active", 1, 30),
        ("Draft", "Draft", 0, 30),
        ("Later", "Active", 0, 31),
    ):
        made = make.contract(
            title=title,
            start=frappe.utils.add_days(None, -100),
            end_date=frappe.utils.add_days(None, days),
            auto_renew=renews,
            renewal_months=12,
        )
        made.db_set("status", status)
    trigger_daily_alerts()
    (subject,) = told(user)
    assert "Test Law LLP ends on" in subject
    name = frappe.db.get_value("Click Contract", {"title": "Ends"})
    assert name in subject
