"""What stands on a site after install-app."""

from __future__ import annotations

import frappe
import pytest

from mps_module.permissions import has_app_permission


def test_the_app_is_this_checkout():
    """The bench may hold another checkout; the one under test must be the one that these tests belong to."""
    from pathlib import Path

    assert Path(frappe.get_app_path("mps_module")) == Path(__file__).resolve().parents[2] / "mps_module"
    assert "mps_module" in frappe.get_installed_apps()


def test_module_and_roles_are_there():
    assert frappe.db.get_value("Module Def", "Managed Print", "app_name") == "mps_module"
    roles = frappe.get_all("Role", filters={"name": ["like", "MPS %"]}, pluck="name", order_by="name")
    assert roles == ["MPS Billing", "MPS Collector", "MPS Manager", "MPS Service", "MPS Technician"]


def test_the_counters_of_numbered_documents_stand_before_the_first_one():
    """Two first documents at the same moment would shut each other out; a counter in use keeps its number."""
    from frappe.model.naming import NamingSeries

    from mps_module.setup import counters

    series = frappe.qb.DocType("Series")
    rows = {name for (name,) in frappe.qb.from_(series).select(series.name).run()}
    prefixes = {NamingSeries(name).get_prefix() for name in counters.names()}
    assert {"SUP-", "MRI-", "MRS-"} < prefixes <= rows
    supply = NamingSeries("SUP-.#####")
    supply.update_counter(41)
    counters.apply()
    assert supply.get_current_value() == 41


@pytest.mark.parametrize(
    ("roles", "sees"), [(["MPS Billing"], True), (["MPS Collector"], False), (["Sales User"], False)]
)
def test_the_tile_is_for_people_who_work_with_it(roles: list[str], sees: bool):
    user = frappe.get_doc(
        {"doctype": "User", "email": "tile@example.com", "first_name": "Tile", "send_welcome_email": 0}
    ).insert()
    user.add_roles(*roles)
    frappe.set_user(user.name)
    assert has_app_permission() is sees


@pytest.mark.parametrize("half", ["first", "second"])
def test_each_test_starts_from_the_same_site(half: str):
    """Two halves, in any order: neither may find what the other inserted and 'committed'."""
    assert not frappe.db.exists("Customer Group", "Left Behind")
    frappe.get_doc({"doctype": "Customer Group", "customer_group_name": "Left Behind"}).insert()
    frappe.db.commit()


def test_the_company_of_the_test_site(company: str):
    assert frappe.db.get_value("Company", company, ["default_currency", "country"]) == (
        "USD",
        "United States",
    )
    assert frappe.db.get_value("Company", company, "default_receivable_account")
