"""A call fills itself in, wherever it comes from; plain Issues are left alone."""

from __future__ import annotations

import frappe
import pytest

from mps_module.service import calls, find
from tests.site import make
from tests.site.billing import dealer as billing
from tests.site.service import build


@pytest.fixture
def fleet():
    """D-1 (SN JPB-0011, tag T-4711) under a Gold contract of the test customer; D-9 of another customer without one."""
    who = build.dealer(technician_name="Ana")
    frappe.get_doc("MPS Device", "D-1").update({"serial_no_text": "JPB 0011", "asset_tag": "T-4711"}).save()
    other = make.customer("Ellery Schools").name
    make.device("D-9", of=other, serial_no_text="XK99881")
    return who


class TestFilling:
    def test_everything_follows_from_the_device(self, fleet):
        issue = build.call("D-1", "Paper jam in tray 2")
        assert issue.customer == fleet.customer
        assert (issue.mps_contract, issue.mps_sla) == (fleet.contract.name, "SLA-Issue-Gold")
        assert issue.service_level_agreement == "SLA-Issue-Gold"
        assert [issue.get(f"mps_coverage_{k}") for k in ("labour", "travel", "parts", "supplies")] == [
            "Included"
        ] * 4
        assert f"contract {fleet.contract.name}" in issue.mps_coverage_note
        assert (issue.mps_problem_code, issue.issue_type, issue.mps_board) == (
            "JAM",
            "Break/Fix",
            "To Assign",
        )
        assert issue.company == build.COMPANY

    @pytest.mark.parametrize(
        ("subject", "description"),
        [
            ("JPB0011 jams", ""),
            ("Copier down", "<p>Hello,<br>asset T-4711 makes lines.</p>"),
            ("Sticker", "https://help.example.com/d/?tag=T-4711"),
            ("Serial jpb0011", "please come"),
        ],
    )
    def test_the_device_is_found_in_the_text(self, fleet, subject, description):
        issue = make.doc("Issue", subject=subject, description=description, raised_by="x@example.com")
        assert (issue.mps_device, issue.customer) == ("D-1", fleet.customer)

    def test_a_sticker_of_an_id_with_four_characters(self, fleet):
        make.device("DEV-00012", of=fleet.customer)
        issue = make.doc("Issue", subject="Scanned", description="https://help.example.com/d/DEV-00012?x=1")
        assert issue.mps_device == "DEV-00012"

    def test_a_device_of_somebody_else_is_not_taken(self, fleet):
        issue = make.doc("Issue", subject="XK99881 jams", customer=fleet.customer)
        assert issue.mps_device is None
        assert "D-9" in issue.mps_coverage_note

    def test_a_double_serial_number_is_left_to_people(self, fleet):
        make.device("D-2", of=fleet.customer, serial_no_text="JPB0011")
        issue = make.doc("Issue", subject="JPB0011 jams")
        assert issue.mps_device is None
        assert "D-1, D-2" in issue.mps_coverage_note

    def test_what_people_chose_stays(self, fleet):
        issue = build.call("D-1", "Paper jam", mps_problem_code="NOISE", issue_type="Question")
        assert (issue.mps_problem_code, issue.issue_type) == ("NOISE", "Question")

    def test_toner_is_a_call_for_supplies(self, fleet):
        assert build.call("D-1", "Black toner is empty").issue_type == "Supplies"

    def test_another_device_another_payer(self, fleet):
        issue = build.call("D-1")
        issue.mps_device = "D-9"
        issue.save()
        assert (issue.mps_contract, issue.mps_sla, issue.mps_coverage_labour) == (None, None, "Billable")
        issue.mps_device = None
        issue.save()
        assert (issue.mps_coverage_labour, issue.mps_coverage_note) == (None, None)

    def test_seats_of_a_service_customer(self, fleet):
        row = {"unit_kind": "Seat", "unit_label": "Office seats", "quantity": 25, "start_date": "2026-01-01"}
        lines = ({"line_id": "s", "kind": "seat", "rate": 30},)
        agreed = build.contract(covers=[row], lines=lines, of=make.customer("Seats Ltd").name)
        issue = make.doc("Issue", subject="Outlook wants a password", customer="Seats Ltd")
        assert (issue.mps_unit_label, issue.mps_contract, issue.mps_coverage_labour) == (
            "Office seats",
            agreed.name,
            "Included",
        )

    def test_a_server_that_a_contract_covers(self, fleet):
        asset = frappe.get_doc({"doctype": "Asset", "asset_name": "SRV-0042", "item_code": "SERVER"})
        asset.name = "ACC-ASS-2026-00042"
        asset.db_insert()
        frappe.db.set_value("Click Contract Cover", fleet.contract.covers[0].name, "asset", asset.name)
        issue = make.doc("Issue", subject="SRV-0042 blue screen")
        assert (issue.mps_asset, issue.mps_contract, issue.mps_problem_code) == (
            asset.name,
            fleet.contract.name,
            "SOFTWARE",
        )
        assert issue.customer == fleet.customer


class TestMail:
    def mail(self, issue, content, **values):
        return make.doc(
            "Communication",
            communication_type="Communication",
            communication_medium="Email",
            sent_or_received=values.pop("way", "Received"),
            reference_doctype="Issue",
            reference_name=issue.name,
            subject=issue.subject,
            content=content,
            sender="someone@example.com",
            **values,
        )

    def test_the_text_of_the_mail_is_read(self, fleet):
        issue = make.doc("Issue", subject="Help!", raised_by="someone@example.com")
        assert not issue.mps_device
        self.mail(issue, "<p>our machine JPB0011 prints<br>stripes</p>")
        issue.reload()
        assert (issue.mps_device, issue.mps_problem_code, issue.customer) == ("D-1", "LINES", fleet.customer)
        assert issue.service_level_agreement == "SLA-Issue-Gold"
        assert issue.mps_board == "To Assign"

    def test_what_is_quoted_below_it_is_not(self, fleet):
        issue = make.doc("Issue", subject="Help!", raised_by="someone@example.com")
        self.mail(issue, "It is broken<br>&gt; your call for JPB0011 is closed".replace("&gt;", ">"))
        assert not issue.reload().mps_device

    def test_our_own_answer_is_not_read(self, fleet):
        issue = make.doc("Issue", subject="Help!", raised_by="someone@example.com")
        self.mail(issue, "is it JPB0011?", way="Sent")
        assert not issue.reload().mps_device


class TestPlain:
    def test_an_issue_that_is_nothing_of_ours_costs_no_query_and_changes_nothing(self, fleet, count_queries):
        from mps_module.overrides import issue as hooks

        doc = frappe.get_doc({"doctype": "Issue", "subject": "Question about my invoice"})
        with count_queries() as sent:
            hooks.before_validate(doc)
            hooks.before_save(doc)
        assert len(sent) == 0
        doc.subject = "Invoice ACC-SINV-2026-00001 is wrong"
        with count_queries() as sent:
            hooks.before_validate(doc)
        assert len(sent) <= 2
        doc.insert()
        assert not (doc.mps_board or doc.mps_coverage_labour or doc.mps_response_state)
        with count_queries() as sent:
            hooks.before_validate(doc)
            hooks.before_save(doc)
        assert len(sent) == 0


class TestCandidates:
    def test_a_scanned_code_finds_one(self, fleet):
        rows = find.candidates("https://help.example.com/?tag=T-4711")
        assert [(row["kind"], row["name"]) for row in rows] == [("Device", "D-1")]

    def test_part_of_a_name_finds_several_own_first(self, fleet):
        rows = find.candidates("D-", customer="")
        assert {row["name"] for row in rows} == {"D-1", "D-9"}
        assert find.candidates("Ellery")[0]["name"] == "D-9"

    def test_limited_to_customers(self, fleet):
        assert find.candidates("XK99881", customers=[fleet.customer]) == []
        assert [row["name"] for row in find.candidates("", customers=["Ellery Schools"])] == ["D-9"]


class TestCallback:
    def done(self, when: str, at: str) -> str:
        issue = build.call("D-1", when=when)
        calls.responded(issue.name, frappe.utils.get_datetime(at))
        calls.restored(issue.name, at)
        return issue.name

    def test_within_the_days(self, fleet):
        first = self.done("2026-01-05 09:00:00", "2026-01-05 11:00:00")
        assert build.call("D-1", when="2026-02-04 09:00:00").mps_callback_of == first  # 30 days
        assert build.call("D-1", when="2026-02-05 09:00:00").mps_callback_of is None

    def test_over_the_clicks_it_is_none(self, fleet):
        frappe.db.set_single_value("MPS Service Settings", "callback_clicks", 1000)
        frappe.clear_document_cache("MPS Service Settings", "MPS Service Settings")
        billing.read("D-1", "2026-01-05", 10_000)
        billing.read("D-1", "2026-01-15", 11_000)
        self.done("2026-01-05 09:00:00", "2026-01-05 12:00:00")
        assert build.call("D-1", when="2026-01-14 12:00:00").mps_callback_of is not None  # 900 clicks
        assert build.call("D-1", when="2026-01-15 12:00:00").mps_callback_of is None  # 1,000

    def test_maintenance_repeats_nothing_and_is_not_repeated(self, fleet):
        self.done("2026-01-05 09:00:00", "2026-01-05 11:00:00")
        later = build.call("D-1", when="2026-01-08 09:00:00", issue_type="Preventive Maintenance")
        assert later.mps_callback_of is None
        assert calls.callback_of(later.name) is None
