"""The workspace of the app: everything on it leads somewhere, on both versions, for those who may go there."""

from __future__ import annotations

import json
from pathlib import Path

import frappe
import pytest


@pytest.fixture
def workspace():
    return frappe.get_doc("Workspace", "Managed Print")


def test_every_link_and_shortcut_leads_somewhere(workspace):
    rows = [row for row in workspace.links if row.type == "Link"] + [
        row for row in workspace.shortcuts if row.type != "URL"
    ]
    assert len(rows) > 25
    for row in rows:
        kind = getattr(row, "link_type", None) or row.type
        assert frappe.db.exists(kind, row.link_to), f"{kind} {row.link_to}"
        if kind == "Report":
            assert frappe.db.get_value("Report", row.link_to, "ref_doctype") == row.report_ref_doctype


def test_every_report_and_document_of_the_module_is_on_it(workspace):
    linked = {row.link_to for row in workspace.links}
    reports = frappe.get_all("Report", {"module": "Managed Print"}, pluck="name", order_by="name", limit=100)
    assert set(reports) <= linked


def test_what_the_page_names_is_there(workspace):
    cards = {row.label for row in workspace.links if row.type == "Card Break"}
    names = {
        "card": cards,
        "shortcut": {row.label for row in workspace.shortcuts},
        "number_card": {row.label for row in workspace.number_cards},
        "chart": {row.label for row in workspace.charts},
    }
    seen = {kind: set() for kind in names}
    for block in json.loads(workspace.content):
        if block["type"] in names:
            name = block["data"][f"{block['type']}_name"]
            assert name in names[block["type"]], name
            seen[block["type"]].add(name)
    assert seen == names
    for row in workspace.number_cards:
        assert frappe.db.exists("Number Card", row.number_card_name)
    for row in workspace.charts:
        assert frappe.db.exists("Dashboard Chart", row.chart_name)


def test_links_of_a_card_are_counted(workspace):
    title, counts = None, {}
    for row in workspace.links:
        if row.type == "Card Break":
            title, counts[row.label] = row.label, [row.link_count, 0]
        else:
            counts[title][1] += 1
    assert all(said == there for said, there in counts.values()), counts


@pytest.mark.parametrize(
    "name",
    [
        "Installed Devices",
        "Active Contracts",
        "Bills to Look At",
        "Reads in Quarantine",
        "Click Invoices This Month",
    ],
)
def test_number_cards_count(name):
    from frappe.desk.doctype.number_card.number_card import get_result

    card = frappe.get_doc("Number Card", name)
    assert get_result(card.as_dict(), card.filters_json) == 0


def test_a_number_card_counts_what_it_says():
    from frappe.desk.doctype.number_card.number_card import get_result

    from tests.site import make

    make.device("D-1")
    make.device("D-2").db_set("status", "Removed")
    card = frappe.get_doc("Number Card", "Installed Devices")
    assert get_result(card.as_dict(), card.filters_json) == 1


@pytest.mark.parametrize("name", ["Click Invoices by Month", "Reads by Source", "Bills by Status"])
def test_charts_load(name):
    from frappe.desk.doctype.dashboard_chart.dashboard_chart import get

    made = get(chart_name=name, refresh=1)
    assert made is None or "datasets" in made


@pytest.mark.parametrize("role", ["MPS Manager", "MPS Billing", "MPS Service", "MPS Technician"])
def test_the_people_of_the_app_see_it_and_others_do_not(role, user_with):
    from frappe.desk.desktop import get_workspace_sidebar_items

    frappe.set_user(user_with(role))
    assert "Managed Print" in {page["name"] for page in get_workspace_sidebar_items()["pages"]}
    frappe.set_user(user_with("Sales User"))
    assert "Managed Print" not in {page["name"] for page in get_workspace_sidebar_items()["pages"]}


def test_the_sidebar_and_icon_of_version_16_lead_to_what_is_there():
    app = Path(frappe.get_app_path("mps_module"))
    sidebar = json.loads((app / "workspace_sidebar" / "managed_print.json").read_text())
    assert len(sidebar["items"]) > 25
    for item in sidebar["items"]:
        if item["type"] == "Link":
            assert frappe.db.exists(item["link_type"], item["link_to"]), item["link_to"]
    icon = json.loads((app / "desktop_icon" / "managed_print.json").read_text())
    assert (icon["app"], icon["label"]) == (
        "mps_module",
        frappe.get_hooks("app_title", app_name="mps_module")[0],
    )
    assert (app / "public" / icon["logo_url"].removeprefix("/assets/mps_module/")).exists()


@pytest.mark.parametrize(
    ("doctype", "linked"),
    [
        (
            "Click Contract",
            {"Click Contract Version", "Click Bill", "Sales Invoice", "MPS Device", "Customer"},
        ),
        ("Click Bill", {"Sales Invoice", "Click Contract", "Customer", "Click Billing Run"}),
        ("Sales Invoice", {"Click Contract", "Click Bill", "Payment Entry"}),
        ("Customer", {"MPS Device", "Click Contract", "Click Bill", "Sales Order"}),
        ("Item", {"MPS Device Model", "MPS Device", "Sales Invoice"}),
        ("MPS Device", {"Meter Read", "Customer", "Click Contract"}),
    ],
)
def test_dashboards_link_both_ways_and_every_count_can_be_made(doctype, linked):
    data = frappe.get_meta(doctype).get_dashboard_data()
    items = [item for group in data.transactions for item in group["items"]]
    assert linked <= set(items)
    assert len(items) == len(set(items)), "a link twice"
    own = data.get("fieldname")
    for item in items:
        if item in (data.get("internal_links") or {}):
            continue
        field = (data.get("non_standard_fieldnames") or {}).get(item, own)
        links = {link.link_doctype: link for link in frappe.get_meta(doctype).links}
        if item in links:
            field = links[item].link_fieldname
            item = links[item].link_doctype
        assert (
            frappe.get_meta(item).get_field(field)
            or frappe.get_meta(item).has_field(field)
            or not item.startswith(("MPS", "Click", "Meter"))
        ), f"{item}.{field}"


def test_counts_on_the_page_of_a_contract():
    from frappe.desk.notifications import get_open_count

    from tests.site.billing import dealer

    agreed = dealer.contract()
    dealer.month_reads("D-1", 1_000, 2_000)
    run = dealer.run("2026-02-01")
    dealer.invoice(run)
    counts = get_open_count("Click Contract", agreed.name)["count"]
    found = {
        row["doctype"] if "doctype" in row else row["name"]: row["count"]
        for row in counts["external_links_found"]
    }
    assert (found["Click Contract Version"], found["Click Bill"], found["Sales Invoice"]) == (1, 1, 1)
    internal = {row["doctype"]: row for row in counts["internal_links_found"]}
    assert internal["MPS Device"]["names"] == ["D-1"] and internal["Customer"]["count"] == 1


def test_cards_and_charts_of_service():
    from types import SimpleNamespace

    from frappe.desk.doctype.dashboard_chart.dashboard_chart import get as chart
    from frappe.desk.doctype.number_card.number_card import get_result

    from mps_module.api.margin import first_call_card
    from tests.site import make
    from tests.site.service import build, story

    assert first_call_card()["value"] == "no calls"
    person, trunk = build.technician()
    make.device("D-1")
    today = frappe.utils.today()
    who = SimpleNamespace(technician=person.name, trunk=trunk)
    story.served(str(frappe.utils.add_days(today, -3)), who, mps_problem_code="JAM")
    assert first_call_card()["value"] == 100
    late = story.call(today, subject="Again")
    frappe.db.set_value("Issue", late.name, {"mps_board": "To Assign", "mps_restore_state": "Late"})
    for name in ("Open Calls", "Late Calls"):
        card = frappe.get_doc("Number Card", name)
        assert get_result(card.as_dict(), card.filters_json) == 1, name
    made = chart(chart_name="Calls by Problem", refresh=1)
    assert made["labels"] == ["JAM"] and made["datasets"][0]["values"] == [1]


def test_trunk_stock_is_reached_from_the_workspace(workspace):
    linked = {(row.link_type, row.link_to) for row in workspace.links}
    wanted = {
        ("DocType", "Trunk Stock"),
        ("DocType", "Trunk Count"),
        ("DocType", "MPS Missing Part"),
        ("DocType", "Trunk Stock Settings"),
        ("Page", "trunk-kit"),
        ("Report", "Parts That Would Have Completed Calls"),
        ("Report", "Trunk Count Variance"),
    }
    assert wanted <= linked
    shortcuts = {row.label: row.link_to or row.url for row in workspace.shortcuts}
    assert (shortcuts["Trunks"], shortcuts["Trunk Kit"], shortcuts["Phone"]) == (
        "Trunk Stock",
        "trunk-kit",
        "/mps",
    )
