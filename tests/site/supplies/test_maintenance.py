"""Preventive maintenance: due by clicks or days, one call for each due, taken along by a call that is open anyway."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import frappe
import pytest
from frappe.utils import add_days, getdate

from mps_module.api import maintenance as api
from mps_module.service import preventive
from tests.site import make
from tests.site.supplies import build


def today() -> date:
    return getdate()


def model(**values: Any) -> str:
    """Maintained every 50,000 clicks or 180 days, unless `values` say otherwise."""
    return build.model(**({"maintenance_clicks": 50_000, "maintenance_days": 180} | values))


def device(name: str = "D-1", days_ago: int = 100, **values: Any) -> str:
    values.setdefault("device_model", build.MODEL)
    return make.device(name, installed_on=add_days(today(), -days_ago), **values).name


def planned(name: str = "D-1") -> preventive.Planned | None:
    return next(iter(preventive.plan([name])), None)


def call(kind: str | None = None, **values: Any):
    return make.doc(
        "Issue", subject="Paper jam", mps_device="D-1", issue_type=kind, customer="Test Law LLP", **values
    )


def visit(issue: str | None, days_ago: int = 10, **values: Any):
    """A submitted visit of the ERP."""
    if not frappe.db.exists("Sales Person", "Ana"):
        make.doc("Sales Person", sales_person_name="Ana", parent_sales_person="Sales Team")
    doc = frappe.get_doc(
        {
            "doctype": "Maintenance Visit",
            "customer": "Test Law LLP",
            "company": build.COMPANY,
            "mntc_date": add_days(today(), -days_ago),
            "mntc_time": "10:00:00",
            "completion_status": "Fully Completed",
            "maintenance_type": values.pop("maintenance_type", "Unscheduled"),
            "purposes": [{"service_person": "Ana", "work_done": "Cleaned"}],
            "mps_issue": issue,
            "mps_device": "D-1",
            "mps_outcome": "Complete",
            **values,
        }
    )
    doc.insert()
    doc.submit()
    return doc


@pytest.fixture
def due() -> str:
    """By days: installed 175 days ago, due in 5."""
    build.settings(maintenance_days_ahead=14)
    model()
    return device(days_ago=175)


class TestPlan:
    def test_by_days_since_install(self):
        model()
        device(days_ago=100)
        one = planned()
        assert (one.due.by, one.due.on, one.last_visit) == ("days", today() + timedelta(days=80), "")
        assert one.state(today(), 14) == "Later" and one.state(today(), 80) == "Due"

    def test_by_clicks_at_the_pace_of_the_reads(self):
        """401 clicks a day (301 mono, 100 colour): 40,100 of 50,000 made, 9,900 more take 24.7, so 25 days."""
        model(maintenance_days=0)
        device(days_ago=100)
        build.clicks(a100=(0, 0), a50=(15_050, 5_000), a0=(30_100, 10_000))
        one = planned()
        assert (one.due.by, one.due.clicks) == ("clicks", 40_100)
        assert one.due.on == today() + timedelta(days=25)
        assert preventive.why(one).endswith(
            f"40,100 of 50,000 clicks since {frappe.utils.formatdate(add_days(today(), -100))}"
        )

    def test_clicks_before_the_install_are_not_counted(self):
        model(maintenance_days=0)
        device(days_ago=50)
        build.clicks(a90=(0, 0), a50=(20_000, 0), a0=(40_000, 0))
        assert 20_000 <= planned().due.clicks <= 20_500  # 500 a day, from the morning of the install on

    def test_a_new_board_starts_no_new_count(self):
        """A counter that was swapped goes on: 10,000 before and 5,000 after are 15,000."""
        from mps_module.fleet.intake import enter_reads

        model(maintenance_days=0)
        device(days_ago=90)
        build.clicks(a90=(1_000, 0), a40=(11_000, 0))
        entry = enter_reads(
            [
                {"device": "D-1", "meter": "mono", "taken_at": build.ago(39), "value": 0, "kind": "reset"},
                {"device": "D-1", "meter": "mono", "taken_at": build.ago(1), "value": 5_000},
            ],
            "technician",
        )
        assert entry.counts["quarantined"] == 0
        assert planned().due.clicks == 15_000

    def test_the_device_has_figures_of_its_own(self):
        model()
        device(maintenance_days=120)
        assert planned().due.on == today() + timedelta(days=20)
        assert planned().interval.clicks == 50_000

    @pytest.mark.parametrize("values", [{"no_maintenance": 1}, {"status": "Removed"}])
    def test_it_needs_none(self, values):
        model()
        name = device()
        frappe.db.set_value("MPS Device", name, values)
        assert planned() is None

    def test_a_model_without_intervals(self):
        model(maintenance_clicks=0, maintenance_days=0)
        device()
        assert planned() is None

    def test_queries_do_not_grow_with_the_fleet(self, count_queries):
        model()
        names = [device(f"P-{n}") for n in range(12)]
        for name in names:
            build.clicks(name, a50=(0, 0), a0=(5_000, 500))

        def ask(some: list[str]) -> int:
            with count_queries() as queries:
                assert len(preventive.plan(some)) == len(some)
            return len(queries)

        ask(names[:1])
        assert ask(names[:2]) == ask(names)


class TestLast:
    def test_the_visit_of_a_preventive_call_starts_the_count_anew(self, due: str):
        done = visit(call("Preventive Maintenance").name, days_ago=10)
        one = planned()
        assert (one.last_visit, one.due.on) == (done.name, today() + timedelta(days=170))

    def test_a_repair_is_no_maintenance(self, due: str):
        visit(call("Break/Fix").name)
        assert planned().last_visit == ""

    def test_nor_is_a_visit_that_was_not_completed(self, due: str):
        visit(
            call("Preventive Maintenance").name,
            mps_outcome="Held for Part",
            completion_status="Partially Completed",
        )
        assert planned().last_visit == ""

    def test_a_scheduled_visit_of_the_erp_counts(self, due: str):
        assert planned().last_visit == ""
        done = visit(None, maintenance_type="Scheduled")
        assert planned().last_visit == done.name

    def test_a_cancelled_visit_does_not(self, due: str):
        visit(None, maintenance_type="Scheduled").cancel()
        assert planned().last_visit == ""


class TestCalls:
    def test_one_call_for_one_due(self, due: str):
        made = preventive.open_calls()
        issue = frappe.get_doc("Issue", made["D-1"])
        assert (issue.issue_type, issue.customer, issue.mps_device) == (
            "Preventive Maintenance", "Test Law LLP", "D-1",
        )  # fmt: skip
        assert issue.mps_due_on == today() + timedelta(days=5)
        assert "180 days after" in issue.description
        assert preventive.open_calls() == {}
        assert frappe.db.count("Issue", {"mps_device": "D-1"}) == 1
        assert planned().call.name == issue.name

    def test_what_is_due_later_waits(self):
        build.settings(maintenance_days_ahead=14)
        model()
        device(days_ago=100)
        assert preventive.open_calls() == {}
        assert list(preventive.open_calls(today=today() + timedelta(days=66))) == ["D-1"]

    def test_the_next_due_gets_the_next_call(self, due: str):
        first = preventive.open_calls()["D-1"]
        visit(first, days_ago=0)
        frappe.db.set_value("Issue", first, "status", "Closed")
        assert preventive.open_calls() == {}
        later = today() + timedelta(days=170)
        second = preventive.open_calls(today=later)
        assert list(second) == ["D-1"] and second["D-1"] != first

    def test_a_call_that_was_closed_without_a_visit_is_not_opened_again(self, due: str):
        first = preventive.open_calls()["D-1"]
        frappe.db.set_value("Issue", first, "status", "Closed")
        assert preventive.open_calls() == {}

    def test_an_open_repair_takes_it_along_and_says_so(self, due: str):
        repair = call("Break/Fix")
        assert preventive.open_calls() == {"D-1": repair.name}
        repair.reload()
        assert (repair.mps_maintenance_due, repair.mps_due_on) == (1, today() + timedelta(days=5))
        comments = frappe.get_all(
            "Comment",
            {"reference_name": repair.name, "comment_type": "Comment"},
            pluck="content",
            order_by="name",
            limit=5,
        )
        assert any("Maintenance due too" in text for text in comments)
        assert preventive.open_calls() == {}
        assert frappe.db.count("Issue", {"mps_device": "D-1"}) == 1

    def test_its_completed_visit_counts_as_the_maintenance(self, due: str):
        repair = call("Break/Fix")
        preventive.open_calls()
        done = visit(repair.name, days_ago=0)
        assert planned().last_visit == done.name

    def test_unless_the_technician_says_that_it_was_left(self, due: str):
        repair = call("Break/Fix")
        preventive.open_calls()
        visit(repair.name, days_ago=0, mps_maintenance_open=1)
        assert planned().last_visit == ""
        frappe.db.set_value("Issue", repair.name, "status", "Closed")
        made = preventive.open_calls()
        assert made["D-1"] != repair.name
        repair.reload()
        assert (repair.mps_maintenance_due, repair.mps_maintenance_key) == (0, None)
        assert frappe.db.get_value("Issue", made["D-1"], "issue_type") == "Preventive Maintenance"

    def test_a_call_opened_by_hand_is_taken(self, due: str):
        own = call("Preventive Maintenance")
        assert preventive.open_calls() == {"D-1": own.name}
        assert frappe.db.get_value("Issue", own.name, "mps_maintenance_key") == planned().key

    def test_two_jobs_at_once_open_one(self, due: str, monkeypatch):
        """The second run saw nothing when it looked; the key in the database refuses it."""
        stale = preventive.plan
        rows = stale()
        first = preventive.open_calls()
        monkeypatch.setattr(preventive, "plan", lambda *_: rows)
        monkeypatch.setattr(preventive, "calls_of", lambda *_: {})
        assert preventive.open_calls() == {}
        assert frappe.db.count("Issue", {"mps_device": "D-1"}) == 1 == len(first)

    def test_one_that_fails_does_not_stop_the_others(self, due: str, monkeypatch):
        device("D-2", days_ago=178)
        real = preventive._open

        def fail(one):
            if one.device.name == "D-2":
                raise RuntimeError("no")
            return real(one)

        monkeypatch.setattr(preventive, "_open", fail)
        assert list(preventive.open_calls()) == ["D-1"]

    def test_the_desk_opens_them_for_whom_it_may(self, due: str, user_with):
        frappe.set_user(user_with("MPS Technician"))
        with pytest.raises(frappe.PermissionError):
            api.open_calls(["D-1"])
        frappe.set_user(user_with("MPS Service"))
        assert list(api.open_calls('["D-1"]')) == ["D-1"]
