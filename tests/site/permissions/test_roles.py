"""Every role on every document of the app: what it may do, spelled out, and that it may do nothing else."""

from __future__ import annotations

import frappe
import pytest

LETTERS = {
    "r": "read",
    "w": "write",
    "c": "create",
    "d": "delete",
    "s": "submit",
    "x": "cancel",
    "a": "amend",
}

# Manager, Billing, Service, Technician, Collector, Customer (portal), Sales User (nobody here)
ROLES = (
    "MPS Manager",
    "MPS Billing",
    "MPS Service",
    "MPS Technician",
    "MPS Collector",
    "Customer",
    "Sales User",
)
MAY = {
    "Click Bill": ("r", "r", "r", "", "", "", ""),
    "Click Billing Run": ("rwcd", "rwc", "", "", "", "", ""),
    "Click Contract": ("rwcd", "rwc", "r", "", "", "", ""),
    "Click Contract Version": ("rwcdsxa", "rwc", "r", "", "", "", ""),
    "Meter Read": ("r", "r", "r", "r", "", "r", ""),
    "Meter Read Import": ("rwcd", "rwc", "rwc", "", "", "", ""),
    "Meter Read Quarantine": ("rw", "rw", "rw", "", "", "", ""),
    "Meter Read Sheet": ("rwcds", "rwcs", "rwcs", "rwcs", "", "", ""),
    "MPS Device": ("rwcd", "r", "rwc", "r", "", "r", ""),
    "MPS Device Model": ("rwcd", "r", "rwc", "r", "", "", ""),
    "MPS Meter Type": ("rwcd", "r", "r", "r", "", "", ""),
    "MPS Service Charge": ("rwcdsxa", "rwcsx", "rwcs", "", "", "", ""),
    "MPS Settings": ("rwc", "r", "", "", "", "", ""),
}


@pytest.mark.parametrize("doctype", sorted(MAY))
def test_each_role_may_do_this_and_nothing_else(doctype, user_with):
    for role, letters in zip(ROLES, MAY[doctype], strict=True):
        user = user_with(role)
        may = {
            letter for letter, ptype in LETTERS.items() if frappe.has_permission(doctype, ptype, user=user)
        }
        assert "".join(sorted(may)) == "".join(sorted(letters)), f"{role} on {doctype}"


@pytest.mark.parametrize("doctype", sorted(MAY))
def test_guests_and_other_staff_see_nothing(doctype, user_with):
    for user in ("Guest", user_with("Employee"), user_with("Accounts User")):
        assert not frappe.has_permission(doctype, "read", user=user), user


def test_no_document_of_billing_and_fleet_is_left_out():
    """A new document has to be put into the table above (those of service and trunk stock are tested with them)."""
    known = set(MAY)
    here = set(
        frappe.get_all(
            "DocType",
            {"module": "Managed Print", "istable": 0, "name": ["not like", "Trunk%"]},
            pluck="name",
            order_by="name",
            limit=100,
        )
    )
    assert known <= here
    assert not {name for name in here - known if name.startswith(("Click", "Meter"))}


@pytest.mark.parametrize(
    ("report", "readers"),
    [
        ("Missing Reads", ("MPS Manager", "MPS Billing", "MPS Service")),
        ("Volume by Month and Season", ("MPS Manager", "MPS Billing", "MPS Service")),
        ("Estimate Share", ("MPS Manager", "MPS Billing", "MPS Service")),
        ("Contract Margin", ("MPS Manager", "MPS Billing")),
        ("Renewals", ("MPS Manager", "MPS Billing")),
        ("Unbilled Usage", ("MPS Manager", "MPS Billing")),
    ],
)
def test_reports_open_for_their_readers_only(report, readers, user_with):
    from frappe.desk.query_report import run

    for role in ROLES:
        frappe.set_user(user_with(role))
        if role in readers:
            assert run(report, filters={"from_date": "2026-01-01", "to_date": "2026-12-31"})["columns"]
        else:
            with pytest.raises(frappe.PermissionError):
                run(report, filters={})
        frappe.set_user("Administrator")


def test_every_hook_of_permission_says_yes_or_no_and_stands_with_its_list(user_with):
    """None allows on version 15 and refuses on version 16; a document without a list rule (or the other way) leaks."""
    conditions = frappe.get_hooks("permission_query_conditions", app_name="mps_module")
    checks = frappe.get_hooks("has_permission", app_name="mps_module")
    assert set(conditions) == set(checks)
    users = ["Administrator", *(user_with(role) for role in ROLES)]
    for doctype, methods in checks.items():
        for user in users:
            for ptype in ("read", "write", "create"):
                answer = frappe.get_attr(methods[0])(frappe.new_doc(doctype), ptype=ptype, user=user)
                assert isinstance(answer, bool), f"{doctype} {ptype} {user}"
            assert isinstance(frappe.get_attr(conditions[doctype][0])(user), str)
