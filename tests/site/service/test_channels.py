"""Calls from the portal, the phone and a collector's alert; who may see what; what the desk shows."""

from __future__ import annotations

import json

import frappe
import pytest

from mps_module.api import collector, portal_service
from mps_module.api import service as api
from mps_module.service import calls, portal_calls
from tests.site import make
from tests.site.billing import dealer as billing
from tests.site.fleet import build as fleet_build
from tests.site.service import build
from tests.site.stock import build as stock


@pytest.fixture
def who():
    found = build.dealer()
    frappe.get_doc("MPS Device", "D-1").update({"serial_no_text": "JPB 0011", "site": "Annex"}).save()
    make.device("D-9", of=make.customer("Ellery Schools").name, serial_no_text="XK99881")
    return found


def as_user(user: str):
    frappe.set_user(user)


class TestAlerts:
    def key(self, *customers: str) -> str:
        return fleet_build.user(
            "collector@example.com", "MPS Collector", customers=customers, user_type="Website User"
        )

    def test_one_call_an_alert_however_often_it_is_sent(self, who):
        user = self.key(who.customer)
        as_user(user)
        alert = {"key": "A-1", "serial": "jpb0011", "code": "J-2011", "text": "Paper jam", "severity": "high"}
        first = collector.push_alerts([alert])["rows"]
        again = collector.push_alerts(json.dumps([alert, {**alert, "key": "A-2"}]))["rows"]
        as_user("Administrator")
        issue = frappe.get_doc("Issue", first[0]["issue"])
        assert [row["verdict"] for row in (*first, *again)] == ["created", "known", "created"]
        assert again[0]["issue"] == issue.name
        assert (issue.subject, issue.mps_device, issue.customer) == ("J-2011: Paper jam", "D-1", who.customer)
        assert (issue.mps_problem_code, issue.mps_sla, issue.mps_board) == ("JAM", who.sla, "To Assign")
        assert frappe.db.count("Issue", {"mps_device": "D-1"}) == 2

    def test_what_is_not_its_business_is_refused_and_tells_nothing(self, who):
        as_user(self.key(who.customer))
        rows = collector.push_alerts(
            [
                {"key": "A-1", "serial": "XK99881", "text": "Jam"},
                {"key": "A-2", "serial": "nothing", "text": "Jam"},
                {"key": "", "device": "D-1", "text": "Jam"},
                {"key": "A-3", "device": "D-1"},
            ]
        )["rows"]
        assert [row["verdict"] for row in rows] == ["refused"] * 4
        assert not any("D-9" in row["message"] for row in rows)

    def test_only_collectors_with_customers(self, who, user_with):
        as_user(self.key())
        with pytest.raises(frappe.PermissionError):
            collector.push_alerts([])
        as_user(user_with("MPS Manager"))
        with pytest.raises(frappe.PermissionError):
            collector.push_alerts([])


class TestPortal:
    @pytest.fixture
    def guest(self, who) -> str:
        user = fleet_build.user("office@law.example.com", "Customer", user_type="Website User")
        customer = frappe.get_doc("Customer", who.customer)
        customer.append("portal_users", {"user": user})
        customer.save()
        return user

    def test_a_call_for_the_own_device(self, who, guest):
        as_user(guest)
        made = portal_service.new_call("Device:D-1", "Black lines", "Since <b>Monday</b>", "LINES")
        listed = portal_service.calls()
        as_user("Administrator")
        issue = frappe.get_doc("Issue", made["issue"])
        assert (issue.mps_device, issue.customer, issue.mps_problem_code) == ("D-1", who.customer, "LINES")
        assert (issue.raised_by, issue.via_customer_portal, issue.mps_coverage_labour) == (
            guest,
            1,
            "Included",
        )
        assert "<b>" not in issue.description
        assert [(row["name"], row["state"], row["open"]) for row in listed] == [
            (issue.name, "We have it", True)
        ]

    def test_no_device_and_no_call_of_others(self, who, guest):
        other = build.call("D-9", "Noise")
        as_user(guest)
        with pytest.raises(frappe.PermissionError):
            portal_service.new_call("Device:D-9", "Noise")
        with pytest.raises(frappe.PermissionError):
            portal_service.new_call("Seat:Office", "Noise")
        with pytest.raises(frappe.ValidationError, match="few words"):
            portal_service.new_call("Device:D-1", "  ")
        assert other.name not in [row["name"] for row in portal_service.calls()]

    def test_a_server_that_the_contract_covers_and_no_other(self, who, guest):
        for name in ("SRV-0042", "SRV-0043"):
            asset = frappe.get_doc({"doctype": "Asset", "asset_name": name, "item_code": "SERVER"})
            asset.name = f"ASSET-{name}"
            asset.db_insert()
        frappe.db.set_value("Click Contract Cover", who.contract.covers[0].name, "asset", "ASSET-SRV-0042")
        as_user(guest)
        labels = {unit["value"]: unit["label"] for unit in portal_calls.units([who.customer])}
        assert labels["Asset:ASSET-SRV-0042"] == "SRV-0042 · ASSET-SRV-0042"
        assert "Asset:ASSET-SRV-0043" not in labels
        made = portal_service.new_call("Asset:ASSET-SRV-0042", "Blue screen")
        with pytest.raises(frappe.PermissionError):
            portal_service.new_call("Asset:ASSET-SRV-0043", "Blue screen")
        assert [row["device"] for row in portal_service.calls()] == ["ASSET-SRV-0042"]
        as_user("Administrator")
        issue = frappe.get_doc("Issue", made["issue"])
        assert (issue.mps_asset, issue.customer, issue.mps_contract) == (
            "ASSET-SRV-0042", who.customer, who.contract.name,
        )  # fmt: skip
        frappe.db.set_value("Click Contract Cover", who.contract.covers[0].name, "end_date", "2026-02-01")
        assert portal_calls.units([who.customer])[1:] == []

    def test_strangers_are_sent_away(self, who, user_with):
        as_user(user_with("Customer"))
        with pytest.raises(frappe.PermissionError):
            portal_service.calls()

    def test_the_page_lists_devices_calls_and_problems(self, who, guest):
        from mps_module.www import service

        build.call("D-1", "Paper jam")
        as_user(guest)
        frappe.form_dict.device = "D-1"
        context = frappe._dict()
        service.get_context(context)
        assert [unit["value"] for unit in context.units] == ["Device:D-1"]
        assert "JPB 0011" in context.units[0]["label"]
        assert [row["subject"] for row in context.calls] == ["Paper jam"]
        assert (context.chosen, context.problems["JAM"]) == ("Device:D-1", "Paper jams")


class TestPhone:
    def test_a_call_on_the_spot_is_mine(self, who):
        payload = {"device": "JPB0011", "subject": "Also jams in tray 3", "problem": "JAM", "mine": True}
        answer = stock.act(who.trunk, "new_call", payload, key="new-1")
        again = stock.act(who.trunk, "new_call", payload, key="new-1")
        assert answer["status"] == "Done"
        assert again["result"] == answer["result"]
        issue = frappe.get_doc("Issue", answer["result"]["issue"])
        assert (issue.mps_device, issue.customer, issue.mps_board) == ("D-1", who.customer, "Assigned")
        assert str(issue.opening_date) == "2026-01-05"
        assert issue.name in [row["issue"] for row in stock.ask(who.trunk, "my_calls")["calls"]]

    def test_what_cannot_be_is_said(self, who):
        make.device("D-2", serial_no_text="JPB0011")
        both = stock.act(who.trunk, "new_call", {"device": "JPB0011", "subject": "Jam"})
        assert (both["status"], both["code"]) == ("Conflict", "device")
        assert both["result"]["candidates"] == ["D-1", "D-2"]
        for payload, code in (
            ({"device": "NONE-1", "subject": "Jam"}, "device"),
            ({"device": "D-1"}, "payload"),
            ({"device": "D-1", "subject": "Jam", "problem": "WORN"}, "problem"),
        ):
            answer = stock.act(who.trunk, "new_call", payload)
            assert (answer["status"], answer["code"]) == ("Refused", code)


class TestAccess:
    @pytest.mark.parametrize(
        ("role", "rights"),
        [
            ("MPS Service", {"read", "write", "create"}),
            ("MPS Manager", {"read", "write", "create", "delete"}),
            ("MPS Billing", {"read"}),
            ("MPS Collector", set()),
        ],
    )
    def test_rights_on_calls(self, who, user_with, role, rights):
        frappe.set_user(user_with(role))
        asked = ("read", "write", "create", "delete")
        assert {right for right in asked if frappe.has_permission("Issue", right)} == rights

    def test_the_erps_own_roles_keep_theirs(self, who, user_with):
        frappe.set_user(user_with("Support Team"))
        assert all(frappe.has_permission("Issue", right) for right in ("read", "write", "create", "delete"))
        frappe.set_user(user_with("Maintenance User"))
        assert frappe.has_permission("Maintenance Visit", "submit")

    def test_the_steps_may_be_repeated(self, who):
        from mps_module.setup import service_access

        before = frappe.db.count("Custom DocPerm", {"parent": ("in", list(service_access.GRANTS))})
        service_access.apply()
        assert frappe.db.count("Custom DocPerm", {"parent": ("in", list(service_access.GRANTS))}) == before

    def test_a_technician_sees_the_own_calls_and_visits_alone(self, who):
        mine = stock.call("Mine", to=who.trunk, mps_device="D-1")
        other = build.call("D-1", "Other's")
        ben, _trunk = build.technician("Ben")
        issue = frappe.get_doc("Issue", mine)
        visit = build.visit(issue, who, submit=False)
        bens = build.visit(issue, build.Dealer(**{**_fields(who), "technician": ben.name}), submit=False)
        frappe.set_user(who.user)
        assert frappe.get_list("Issue", pluck="name") == [mine]
        assert frappe.has_permission("Issue", "read", doc=mine)
        assert not frappe.has_permission("Issue", "read", doc=other.name)
        assert not frappe.has_permission("Issue", "write", doc=mine)
        assert frappe.get_list("Maintenance Visit", pluck="name") == [visit.name]
        assert not frappe.has_permission("Maintenance Visit", "read", doc=bens.name)

    @pytest.mark.parametrize(
        ("function", "args"),
        [
            (api.candidates, ()),
            (api.call_panel, ("ISS-1",)),
            (api.fixed_remotely, ("ISS-1",)),
            (api.decide_again, ("ISS-1",)),
            (api.settle_visit, ("MV-1",)),
            (api.make_class, ("Gold", 4, 8)),
            (api.use_as_class, ("SLA-1",)),
        ],
    )
    def test_nothing_of_it_is_for_technicians(self, who, function, args):
        frappe.set_user(who.user)
        with pytest.raises(frappe.PermissionError):
            function(*args)


def _fields(who: build.Dealer) -> dict:
    return {name: getattr(who, name) for name in build.Dealer.__slots__}


class TestDesk:
    def test_everything_beside_the_call(self, who, user_with):
        before = build.call("D-1", "Jam before", when="2026-01-05 09:00:00")
        build.part_used(before.name, who.trunk, "ROLLER")
        build.visit(before, who, day="2026-01-05", mps_repair_code="REPLACED")
        stock.put("ROLLER", who.trunk.warehouse, 3)
        billing.read("D-1", "2026-01-02", 5000)
        make.doc(
            "Meter Read Quarantine", device="D-1", meter="mono", value=4000, taken_at="2026-01-06 12:00:00",
            message="Lower than before",
        )  # fmt: skip
        issue = build.call("D-1", "Jam again", when="2026-01-12 09:00:00")
        frappe.set_user(user_with("MPS Service"))
        with build.at("2026-01-12 12:30:00"):
            shown = api.call_panel(issue.name)
        assert (shown["coverage"]["labour"], shown["coverage"]["contract"]) == ("Included", who.contract.name)
        assert (shown["clock"]["response"], shown["clock"]["other_agreement"]) == ("At Risk", False)
        assert shown["device"]["serial_no_text"] == "JPB 0011"
        (past,) = shown["history"]
        assert (past["name"], past["visits"], past["outcome"], past["repair"]) == (
            before.name,
            1,
            "Complete",
            "REPLACED",
        )
        assert [row["message"] for row in shown["reads"]] == ["Lower than before"]
        (part,) = shown["parts"]
        assert (part["item"], part["calls"], part["same"]) == ("ROLLER", 1, 1)
        assert [(one["trunk"], one["qty"]) for one in part["trunks"]] == [(who.trunk.name, 3)]

    def test_coverage_is_shown_before_the_call_is_saved(self, who):
        shown = api.call_panel(values=json.dumps({"mps_device": "D-9", "opening_date": "2026-01-12"}))
        assert (shown["coverage"]["parts"], shown["clock"]) == ("Billable", {})

    def test_deciding_again_follows_a_new_version_until_it_is_billed(self, who):
        issue = build.call("D-1", when="2026-01-12 09:00:00")
        make.version(who.contract, *build.LINES, effective="2026-01-10", coverage_labour="incident")
        assert issue.reload().mps_coverage_labour == "Included"  # what was shown stands
        api.decide_again(issue.name)
        assert issue.reload().mps_coverage_labour == "Incident"
        build.visit(issue, who)
        with pytest.raises(frappe.ValidationError, match="billed already"):
            api.decide_again(issue.name)

    def test_fixed_remotely_from_the_desk(self, who, user_with):
        issue = build.call("D-1", when="2026-01-12 09:00:00")
        frappe.set_user(user_with("MPS Service"))
        api.fixed_remotely(issue.name, "2026-01-12 09:30:00")
        assert (issue.reload().status, issue.mps_response_state) == ("Resolved", "Kept")
        with pytest.raises(frappe.ValidationError, match="future"):
            api.fixed_remotely(issue.name, "2099-01-01 00:00:00")

    def test_a_class_from_the_desk(self, who, user_with):
        frappe.set_user(user_with("MPS Manager", "System Manager"))
        made = api.make_class("Platinum", 1, 2, all_days=True)
        assert made == {"name": "SLA-Issue-Platinum", "rivals": []}
        assert len(frappe.get_doc("Service Level Agreement", made["name"]).support_and_resolution) == 7
        with pytest.raises(frappe.ValidationError, match="no less"):
            api.make_class("Odd", 4, 2)

    def test_a_visit_entered_on_the_desk_moves_its_call(self, who):
        issue = build.call("D-1", when="2026-01-12 09:00:00")
        build.visit(issue, who, outcome="Held for Part", mntc_time="10:00:00")
        issue.reload()
        assert (issue.mps_board, issue.mps_held_for_part, issue.mps_visits) == ("Held for Part", 1, 1)
        assert (issue.status, issue.mps_response_state) == ("Open", "Kept")
        build.visit(issue, who, day="2026-01-13", mntc_time="09:00:00")
        issue.reload()
        assert (issue.status, issue.mps_visits, issue.mps_restore_state) == ("Resolved", 2, "Missed")
        assert calls.callback_of(issue.name) is None
