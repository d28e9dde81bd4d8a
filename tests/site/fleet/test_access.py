"""Who sees and does what: a collector's key, a portal user, the firm's own roles."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import collector, devices, reads
from mps_module.fleet.intake import enter_reads
from tests.site.fleet import build
from tests.site.fleet.build import row

OURS, THEIRS = "Ellery Schools", "Tide & Marlow"


@pytest.fixture
def fleet() -> None:
    build.device("T-1", serial_no_text="A1")
    build.device("O-1", customer=build.customer(THEIRS), serial_no_text="B2")
    enter_reads([row("T-1", "mono", "2026-03-01", 10), row("O-1", "mono", "2026-03-01", 10)], "import")


@pytest.fixture
def key(fleet) -> str:
    user = build.user("dca@example.com", "MPS Collector", customers=(OURS,), user_type="Website User")
    frappe.set_user(user)
    return user


def push(*rows) -> dict:
    return collector.push_reads(list(rows))


class TestCollector:
    def test_it_pushes_reads_of_its_customers_devices(self, key: str):
        answer = push(
            row("T-1", "mono", "2026-04-01T10:00:00-04:00", 50),
            {"serial": "a1", "taken_at": "2026-04-02", "meters": {"mono": 60, "colour": 3}},
            row("T-1", "mono", "2026-04-03", 5),
        )
        assert answer["counts"] == {
            "received": 4,
            "accepted": 3,
            "flagged": 0,
            "quarantined": 1,
            "duplicate": 0,
        }
        assert [(r["row"], r["verdict"]) for r in answer["rows"]] == [
            (1, "accepted"), (2, "accepted"), (2, "accepted"), (3, "quarantined"),
        ]  # fmt: skip
        frappe.set_user("Administrator")
        doc = frappe.get_doc("Meter Read", answer["rows"][0]["read"])
        assert (doc.source, doc.batch, doc.owner, doc.customer) == ("collector", key, key, OURS)

    def test_pushing_again_changes_nothing(self, key: str):
        rows = [row("T-1", "mono", "2026-04-01", 50), row("T-1", "mono", "2026-04-02", 5)]
        push(*rows)
        again = push(*rows)
        assert again["counts"] == {
            "received": 2,
            "accepted": 0,
            "flagged": 0,
            "quarantined": 0,
            "duplicate": 2,
        }

    @pytest.mark.parametrize("named", [{"device": "O-1"}, {"serial": "B2"}])
    def test_devices_of_others_do_not_exist_for_it(self, key: str, named: dict):
        """The row is kept, but the answer is the same as for a device that nobody has."""
        answer = push({"meter": "mono", "taken_at": "2026-04-01", "value": 50, **named})["rows"][0]
        nobody = push({"meter": "mono", "taken_at": "2026-04-01", "value": 50, next(iter(named)): "ZZZ"})[
            "rows"
        ][0]
        assert answer["verdict"] == "quarantined" and answer["code"] == nobody["code"]
        assert answer["message"].replace(next(iter(named.values())), "ZZZ") == nobody["message"]
        frappe.set_user("Administrator")
        assert frappe.db.count("Meter Read", {"device": "O-1"}) == 1
        assert not frappe.db.get_value("Meter Read Quarantine", answer["quarantine"], "device")

    def test_a_serial_that_repeats_elsewhere_is_its_own_customers(self, fleet, key: str):
        frappe.set_user("Administrator")
        build.device("O-2", customer=THEIRS, serial_no_text="A1")
        frappe.set_user(key)
        assert (
            push({"serial": "A1", "meter": "mono", "taken_at": "2026-04-01", "value": 50})["counts"][
                "accepted"
            ]
            == 1
        )

    def test_it_has_no_say_in_kinds_corrections_or_customers(self, key: str):
        """A lower value with kind reset stays refused; supersedes and customer are not listened to."""
        standing = frappe.db.get_value("Meter Read", {"device": "T-1"}, "name")
        answer = push(
            row("T-1", "mono", "2026-04-01", 5, kind="reset"),
            row("T-1", "mono", "2026-03-01", 9, supersedes=standing, reason="cheaper"),
            row("T-1", "colour", "2026-04-01", 9, customer=THEIRS),
        )
        assert [r["code"] for r in answer["rows"]] == ["lower-than-before", "conflict", ""]
        frappe.set_user("Administrator")
        assert frappe.db.get_value("Meter Read", answer["rows"][2]["read"], "customer") == OURS

    @pytest.mark.parametrize(
        "doctype",
        [
            "MPS Device",
            "Meter Read",
            "Meter Read Quarantine",
            "Customer",
            "Click Contract",
            "Sales Invoice",
            "MPS Settings",
        ],
    )
    def test_it_reads_and_writes_nothing_else(self, key: str, doctype: str):
        if not frappe.get_meta(doctype).issingle:
            with pytest.raises(frappe.PermissionError):
                frappe.get_list(doctype, limit=1)
        for ptype in ("read", "write", "create", "delete"):
            assert not frappe.has_permission(doctype, ptype)

    def test_no_document_of_another_way_in(self, key: str):
        with pytest.raises(frappe.PermissionError):
            frappe.get_doc({"doctype": "Meter Read", **row("T-1", "mono", "2026-05-01", 99)}).insert()
        with pytest.raises(frappe.PermissionError):
            frappe.get_doc("MPS Device", "T-1").check_permission("read")

    def test_nor_any_other_call_of_the_app(self, key: str):
        read = frappe.db.get_value("Meter Read", {"device": "T-1"}, "name")
        for call in (
            lambda: reads.enter([row("T-1", "mono", "2026-05-01", 99)]),
            lambda: reads.supersede(read, 5, "x"),
            lambda: reads.withdraw(read, "x"),
            lambda: devices.counters("T-1"),
            lambda: devices.move("T-1", {}, {}, "2026-05-01"),
        ):
            with pytest.raises(frappe.PermissionError):
                call()

    def test_a_key_without_customers_serves_nobody(self, fleet):
        frappe.set_user(build.user("lost@example.com", "MPS Collector", user_type="Website User"))
        with pytest.raises(frappe.PermissionError, match="serves no customer"):
            push(row("T-1", "mono", "2026-04-01", 50))

    @pytest.mark.parametrize("roles", [("MPS Manager",), ("MPS Technician",), ()])
    def test_only_collectors_push(self, fleet, roles):
        frappe.set_user(build.user("who@example.com", *roles, customers=(OURS,)))
        with pytest.raises(frappe.PermissionError):
            push(row("T-1", "mono", "2026-04-01", 50))

    @pytest.mark.parametrize("sent", ["no json", '{"device": "T-1"}', "[1]", '[{"meters": 5}]'])
    def test_nonsense_is_refused_whole(self, key: str, sent: str):
        with pytest.raises(frappe.ValidationError):
            collector.push_reads(sent)

    def test_too_much_at_once_is_refused_whole(self, key: str):
        with pytest.raises(frappe.ValidationError, match="10000"):
            push(*[{"value": 1}] * 10_001)

    def test_a_permission_for_another_doctype_opens_nothing(self, fleet):
        user = build.user("narrow@example.com", "MPS Collector", user_type="Website User")
        frappe.get_doc(
            {
                "doctype": "User Permission",
                "user": user,
                "allow": "Customer",
                "for_value": OURS,
                "apply_to_all_doctypes": 0,
                "applicable_for": "Sales Order",
            }
        ).insert()
        frappe.set_user(user)
        with pytest.raises(frappe.PermissionError):
            push(row("T-1", "mono", "2026-04-01", 50))


class TestPortal:
    """A portal user sees their own customer's devices and reads, and changes nothing."""

    @pytest.fixture(params=["portal user", "contact"])
    def portal_user(self, fleet, request) -> str:
        user = build.user("office@ellery.example", "Customer", user_type="Website User")
        if request.param == "contact":
            frappe.get_doc(
                {
                    "doctype": "Contact",
                    "first_name": "Office",
                    "user": user,
                    "links": [{"link_doctype": "Customer", "link_name": OURS}],
                }
            ).insert()
        else:
            doc = frappe.get_doc("Customer", OURS)
            doc.append("portal_users", {"user": user})
            doc.save()
        frappe.set_user(user)
        return user

    def test_lists_hold_their_own(self, portal_user: str):
        assert frappe.get_list("MPS Device", pluck="name") == ["T-1"]
        assert frappe.get_list("Meter Read", pluck="device") == ["T-1"]

    def test_single_documents_too(self, portal_user: str):
        assert frappe.get_doc("MPS Device", "T-1").has_permission("read") is True
        assert frappe.get_doc("MPS Device", "O-1").has_permission("read") is False
        other = frappe.db.get_value("Meter Read", {"device": "O-1"})
        with pytest.raises(frappe.PermissionError):
            frappe.get_doc("Meter Read", other).check_permission("read")

    def test_nothing_is_written(self, portal_user: str):
        device = frappe.get_doc("MPS Device", "T-1")
        for ptype in ("write", "create", "delete", "share"):
            assert not device.has_permission(ptype)
        with pytest.raises(frappe.PermissionError):
            devices.move("T-1", {"site": "X"}, {"mono": 20, "colour": 1}, "2026-05-01")

    def test_quarantine_and_imports_are_the_firms(self, portal_user: str):
        for doctype in ("Meter Read Quarantine", "Meter Read Import", "Meter Read Sheet"):
            with pytest.raises(frappe.PermissionError):
                frappe.get_list(doctype)

    def test_a_portal_user_of_nobody_sees_nothing(self, fleet):
        frappe.set_user(build.user("nobody@example.com", "Customer", user_type="Website User"))
        assert frappe.get_list("MPS Device") == []
        assert frappe.get_doc("MPS Device", "T-1").has_permission("read") is False

    def test_one_of_the_firm_who_is_also_a_customer_works_on(self, fleet):
        frappe.set_user(build.user("both@example.com", "Customer", "MPS Service"))
        assert sorted(frappe.get_list("MPS Device", pluck="name")) == ["O-1", "T-1"]


RIGHTS = {
    "MPS Manager": {"MPS Device": "rwcd", "Meter Read": "r", "Meter Read Quarantine": "rw", "Meter Read Import": "rwcd", "MPS Device Model": "rwcd", "MPS Meter Type": "rwcd"},
    "MPS Billing": {"MPS Device": "r", "Meter Read": "r", "Meter Read Quarantine": "rw", "Meter Read Import": "rwc", "MPS Device Model": "r", "MPS Meter Type": "r"},
    "MPS Service": {"MPS Device": "rwc", "Meter Read": "r", "Meter Read Quarantine": "rw", "Meter Read Import": "rwc", "MPS Device Model": "rwc", "MPS Meter Type": "r"},
    "MPS Technician": {"MPS Device": "r", "Meter Read": "r", "Meter Read Quarantine": "", "Meter Read Import": "", "MPS Device Model": "r", "MPS Meter Type": "r"},
    "MPS Collector": {"MPS Device": "", "Meter Read": "", "Meter Read Quarantine": "", "Meter Read Import": "", "MPS Device Model": "", "MPS Meter Type": ""},
    "Sales User": {"MPS Device": "", "Meter Read": "", "Meter Read Quarantine": "", "Meter Read Import": "", "MPS Device Model": "", "MPS Meter Type": ""},
}  # fmt: skip


@pytest.mark.parametrize("role", RIGHTS)
def test_what_each_role_may(role: str):
    frappe.set_user(build.user("role@example.com", role))
    ptypes = {"read": "r", "write": "w", "create": "c", "delete": "d"}
    found = {
        doctype: "".join(letter for ptype, letter in ptypes.items() if frappe.has_permission(doctype, ptype))
        for doctype in RIGHTS[role]
    }
    assert found == RIGHTS[role]


def test_a_user_permission_on_a_customer_narrows_the_firms_own_people(fleet):
    frappe.set_user(build.user("east@example.com", "MPS Service", customers=(OURS,)))
    assert frappe.get_list("MPS Device", pluck="name") == ["T-1"]
    assert frappe.get_list("Meter Read", pluck="device") == ["T-1"]
    with pytest.raises(frappe.PermissionError):
        devices.counters("O-1")
    with pytest.raises(frappe.PermissionError):
        reads.enter([row("O-1", "mono", "2026-05-01", 99)])


def test_a_technician_enters_reads_but_corrects_none(fleet):
    frappe.set_user(build.user("tech@example.com", "MPS Technician"))
    answer = reads.enter([row("T-1", "mono", "2026-04-01", 99)], "technician")
    assert answer["counts"]["accepted"] == 1
    for call in (
        lambda: reads.supersede(answer["rows"][0]["read"], 98, "misread"),
        lambda: reads.withdraw(answer["rows"][0]["read"], "misread"),
    ):
        with pytest.raises(frappe.PermissionError):
            call()


def test_entering_takes_no_word_for_the_customer_or_the_source(fleet):
    answer = reads.enter([row("T-1", "mono", "2026-04-01", 99, customer=THEIRS)])
    assert frappe.db.get_value("Meter Read", answer["rows"][0]["read"], "customer") == OURS
    with pytest.raises(frappe.ValidationError):
        reads.enter([row("T-1", "mono", "2026-04-02", 99)], "engine")


@pytest.mark.parametrize(
    ("doctype", "field"), [("Customer", "customer"), ("Serial No", "serial_no"), ("Asset", "asset")]
)
def test_pages_of_the_erp_link_to_the_device_and_back(doctype: str, field: str):
    data = frappe.get_meta(doctype).get_dashboard_data()
    groups = [group for group in data.transactions if "MPS Device" in group["items"]]
    assert len(groups) == 1
    assert (data.get("non_standard_fieldnames") or {}).get("MPS Device", data.fieldname) == field
    back = frappe.get_meta("MPS Device").get_dashboard_data()
    assert back.internal_links[doctype] == field
