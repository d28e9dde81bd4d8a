"""Response and restore by the ERP's service level: weekend, holiday, hold, reopened, withdrawn, and what fires no hook."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import get_datetime

from mps_module.service import calls, classes, clock
from tests.site import make
from tests.site.service import build

T = get_datetime


@pytest.fixture
def gold():
    """D-1 under Gold: 4 hours to respond, 8 to restore, 8 to 17 on weekdays; 19 January is a holiday."""
    level = build.sla_class(holidays=("2026-01-19",))
    build.contract(sla=level)
    return level


def call(when: str):
    return build.call(when=when)


def states(issue) -> tuple[str, str]:
    issue.reload()
    return issue.mps_response_state, issue.mps_restore_state


def set_status(issue, status: str, when: str) -> None:
    issue.reload()
    issue.status = status
    with build.at(when):
        issue.save()


def in_list(issue, status: str, when: str) -> None:
    """As the list does it: past all hooks; only `modified` tells when."""
    frappe.db.set_value("Issue", issue.name, "status", status, modified=when)


def reconciled(when: str) -> dict[str, int]:
    with build.at(when):
        return clock.reconcile()


class TestDue:
    @pytest.mark.parametrize(
        ("opened", "respond_by", "restore_by"),
        [
            ("2026-01-12 09:00:00", "2026-01-12 13:00:00", "2026-01-12 17:00:00"),
            ("2026-01-12 15:00:00", "2026-01-13 10:00:00", "2026-01-13 14:00:00"),
            ("2026-01-09 16:00:00", "2026-01-12 11:00:00", "2026-01-12 15:00:00"),  # Friday
            (
                "2026-01-16 16:00:00",
                "2026-01-20 11:00:00",
                "2026-01-20 15:00:00",
            ),  # Friday before the holiday
            ("2026-01-17 03:00:00", "2026-01-20 12:00:00", "2026-01-20 16:00:00"),  # Saturday
        ],
    )
    def test_hours_of_work_not_days(self, gold, opened, respond_by, restore_by):
        issue = call(opened)
        assert issue.service_level_agreement == gold
        assert (issue.mps_response_by, issue.sla_resolution_by) == (T(respond_by), T(restore_by))

    def test_each_contract_its_class(self, gold):
        silver = build.sla_class("Silver", response=9, restore=18)
        make.device("D-2")
        build.contract("D-2", sla=silver)
        issue = build.call("D-2", when="2026-01-12 09:00:00")
        assert issue.service_level_agreement == silver
        assert issue.mps_response_by == T("2026-01-13 09:00:00")

    def test_a_call_without_class_has_no_clock(self, gold):
        make.device("D-2")
        issue = build.call("D-2", when="2026-01-12 09:00:00")
        assert not issue.service_level_agreement
        assert states(issue) == ("", "")


class TestResponse:
    def test_an_answer_by_mail_is_none(self, gold):
        issue = call("2026-01-12 09:00:00")
        with build.at("2026-01-12 09:30:00"):
            make.doc(
                "Communication",
                communication_type="Communication",
                communication_medium="Email",
                sent_or_received="Sent",
                reference_doctype="Issue",
                reference_name=issue.name,
                subject="Re",
                content="We are on it",
                sender="office@example.com",
            )
        assert issue.reload().first_responded_on  # the ERP's own way
        reconciled("2026-01-12 12:30:00")
        assert states(issue) == ("At Risk", "Running")
        reconciled("2026-01-12 13:30:00")
        assert states(issue)[0] == "Late"

    def test_on_site_is_one_the_earliest_counts(self, gold):
        issue = call("2026-01-12 09:00:00")
        assert calls.responded(issue.name, T("2026-01-12 13:30:00"))
        assert states(issue)[0] == "Missed"
        assert calls.responded(issue.name, T("2026-01-12 12:59:00"))  # the phone was offline
        assert states(issue)[0] == "Kept"
        assert not calls.responded(issue.name, T("2026-01-12 15:00:00"))
        assert issue.reload().mps_responded_at == T("2026-01-12 12:59:00")

    def test_fixed_remotely_is_response_and_restore(self, gold):
        issue = call("2026-01-12 09:00:00")
        calls.fixed_remotely(issue.name, T("2026-01-12 10:00:00"))
        assert states(issue) == ("Kept", "Kept")
        assert (issue.status, issue.mps_response_kind, issue.mps_board) == ("Resolved", "Remote Fix", "Done")
        assert issue.sla_resolution_date == T("2026-01-12 10:00:00")


class TestRestore:
    def test_kept_and_missed(self, gold):
        issue, other = call("2026-01-12 09:00:00"), call("2026-01-12 09:00:00")
        for each, when in ((issue, "2026-01-12 17:00:00"), (other, "2026-01-13 08:01:00")):
            calls.responded(each.name, T("2026-01-12 12:00:00"))
            calls.restored(each.name, T(when))
        assert states(issue) == ("Kept", "Kept")
        assert states(other) == ("Kept", "Missed")
        assert (issue.agreement_status, other.agreement_status) == ("Fulfilled", "Failed")

    def test_on_hold_for_the_customer_the_clock_stands(self, gold):
        issue = call("2026-01-12 09:00:00")
        set_status(issue, "On Hold", "2026-01-12 10:00:00")
        reconciled("2026-01-12 16:00:00")
        assert states(issue) == ("On Hold", "On Hold")
        set_status(issue, "Open", "2026-01-12 12:00:00")  # two hours later
        issue.reload()
        assert issue.mps_response_by == T("2026-01-12 15:00:00")
        assert issue.sla_resolution_by == T("2026-01-12 19:00:00")
        calls.responded(issue.name, T("2026-01-12 14:30:00"))
        assert states(issue)[0] == "Kept"

    def test_waiting_for_our_part_it_runs_on(self, gold):
        issue = call("2026-01-12 09:00:00")
        calls.set_board(issue.name, "Held for Part")
        reconciled("2026-01-12 17:30:00")
        assert states(issue)[1] == "Late"

    def test_reopened_it_counts_on_and_the_response_stays(self, gold):
        issue = call("2026-01-12 09:00:00")
        calls.responded(issue.name, T("2026-01-12 10:00:00"))
        calls.restored(issue.name, T("2026-01-12 11:00:00"))
        set_status(issue, "Open", "2026-01-12 12:00:00")
        issue.reload()
        assert (issue.mps_restored_at, issue.mps_board) == (None, "To Assign")
        assert issue.mps_response_state == "Kept"
        # The hour in which it was thought to run is given back.
        assert issue.sla_resolution_by == T("2026-01-12 18:00:00")
        calls.restored(issue.name, T("2026-01-12 18:30:00"))
        assert states(issue) == ("Kept", "Missed")

    def test_closed_without_anything_it_was_withdrawn(self, gold):
        issue = call("2026-01-12 09:00:00")
        set_status(issue, "Closed", "2026-01-14 10:00:00")
        assert states(issue) == ("", "")
        assert (issue.mps_board, issue.mps_restored_at) == ("Done", None)
        assert reconciled("2026-01-15 10:00:00")["changed"] == 0


class TestList:
    """The list's "Set as Closed" fires no hook."""

    def test_closed_in_the_list(self, gold):
        issue = call("2026-01-12 09:00:00")
        calls.responded(issue.name, T("2026-01-12 10:00:00"))
        in_list(issue, "Closed", "2026-01-12 16:00:00")
        assert reconciled("2026-01-12 20:00:00")["changed"] == 1
        assert states(issue) == ("Kept", "Kept")
        assert (issue.mps_restored_at, issue.mps_board) == (T("2026-01-12 16:00:00"), "Done")
        assert (issue.sla_resolution_date, issue.agreement_status) == (T("2026-01-12 16:00:00"), "Fulfilled")
        assert reconciled("2026-01-12 21:00:00")["changed"] == 0

    def test_held_and_released_in_the_list(self, gold):
        issue = call("2026-01-12 09:00:00")
        in_list(issue, "On Hold", "2026-01-12 10:00:00")
        reconciled("2026-01-12 11:00:00")
        assert states(issue) == ("On Hold", "On Hold")
        assert issue.sla_resolution_by is None
        in_list(issue, "Open", "2026-01-12 12:00:00")
        reconciled("2026-01-12 12:30:00")
        assert states(issue) == ("Running", "Running")
        assert (issue.mps_response_by, issue.sla_resolution_by) == (
            T("2026-01-12 15:00:00"),
            T("2026-01-12 19:00:00"),
        )

    def test_reopened_in_the_list(self, gold):
        issue = call("2026-01-12 09:00:00")
        calls.responded(issue.name, T("2026-01-12 10:00:00"))
        calls.restored(issue.name, T("2026-01-12 11:00:00"))
        in_list(issue, "Open", "2026-01-12 12:00:00")
        reconciled("2026-01-12 17:30:00")
        assert states(issue) == ("Kept", "At Risk")
        assert issue.sla_resolution_by == T("2026-01-12 18:00:00")
        assert issue.mps_board == "To Assign"

    def test_as_many_queries_for_thirty_calls_as_for_three(self, gold, count_queries):
        for _n in range(3):
            call("2026-01-12 09:00:00")
        reconciled("2026-01-12 09:05:00")
        with count_queries() as few:
            assert reconciled("2026-01-12 12:30:00")["changed"] == 3
        for _n in range(27):
            call("2026-01-12 12:35:00")
        with count_queries() as many:
            assert reconciled("2026-01-12 16:00:00")["changed"] == 30
        assert len(many) == len(few) <= 6


class TestClasses:
    def test_made_once_and_the_rivals_are_named(self, gold):
        rival = frappe.copy_doc(frappe.get_doc("Service Level Agreement", gold))
        rival.update({"service_level": "Everybody", "condition": None})
        rival.insert()
        assert classes.make(classes.NewClass("Gold", 4, 8)) == gold
        assert classes.rivals(gold) == [rival.name]
        classes.use(rival.name)
        assert classes.rivals(gold) == []
        assert call("2026-01-12 09:00:00").service_level_agreement == gold

    def test_the_default_takes_what_no_class_takes(self, gold):
        usual = frappe.copy_doc(frappe.get_doc("Service Level Agreement", gold))
        usual.update({"service_level": "Usual", "condition": None, "default_service_level_agreement": 1})
        usual.insert()
        make.device("D-2")
        assert build.call("D-2", when="2026-01-12 09:00:00").service_level_agreement == usual.name
        assert call("2026-01-12 09:00:00").service_level_agreement == gold
