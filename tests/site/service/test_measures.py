"""The measures on a site: documents in, the figures that were counted by hand out."""

from __future__ import annotations

from types import SimpleNamespace

import frappe
import pytest

from mps_module.managed_print.report.service_measures import service_measures
from mps_module.managed_print.report.technician_scorecard import technician_scorecard
from tests.site import make
from tests.site.billing import dealer
from tests.site.service import build, story

JUNE = {"from_date": "2026-06-01", "to_date": "2026-06-30"}


def rows_of(report, **filters) -> dict[str, dict]:
    found = report.execute(frappe._dict(JUNE | filters))[1]
    return {row.get("group") or row["label"]: row for row in found}


def who(name: str = "Ana") -> SimpleNamespace:
    person, trunk = build.technician(name)
    return SimpleNamespace(technician=person.name, trunk=trunk, user=person.user)


@pytest.fixture
def norm():
    frappe.db.set_single_value("MPS Service Settings", {"callback_days": 30, "callback_clicks": 0})
    frappe.clear_document_cache("MPS Service Settings", "MPS Service Settings")


@pytest.fixture
def month(norm):
    """June of two technicians: Ana four calls (one held, one called back), Bea one; one is open, one was withdrawn."""
    ana, bea = who("Ana"), who("Bea")
    for name in ("D-1", "D-2", "D-3", "D-4"):
        make.device(name)
    held = story.call("2026-06-02", "D-2", mps_problem_code="JAM")
    story.visit(held, ana, "2026-06-02", outcome="Held for Part")
    story.visit(held, bea, "2026-06-04")
    story.close(held, "2026-06-04 12:00:00")
    story.served("2026-06-01", ana, "D-1", mps_problem_code="JAM")
    story.served("2026-06-10", bea, "D-1", mps_problem_code="LINES")  # the callback of the one before
    story.served("2026-06-15", ana, "D-3")
    remote = story.call("2026-06-20", "D-4")
    story.visit(remote, ana, "2026-06-20", mps_remote=1)
    story.close(remote, "2026-06-20 12:00:00")
    story.call("2026-06-28", "D-2")  # open; it repeats the held one
    story.close(story.call("2026-06-29", "D-3"), "2026-06-29 10:00:00")  # nobody came: withdrawn
    story.served("2026-06-12", ana, "D-4", issue_type="Preventive Maintenance")
    cancelled = story.call("2026-06-05", "D-4", subject="Twice")
    story.visit(cancelled, ana, "2026-06-05", outcome="Held for Part").cancel()
    story.visit(cancelled, ana, "2026-06-06")
    story.close(cancelled, "2026-06-06 12:00:00")
    return SimpleNamespace(ana=ana, bea=bea)


def test_a_month_counted_by_hand(month):
    whole = rows_of(service_measures, group_by="Month")["2026-06"]
    # Completed corrective: held, D-1 twice, D-3, D-4 remote, D-4 "Twice": six.
    assert (whole["calls"], whole["open"], whole["withdrawn"]) == (6, 1, 1)
    # Not at once: the held one, D-1's first (called back on the 10th), "Twice" (D-4 was called for again on the 20th).
    assert whole["first_call"] == 50
    assert whole["hold"] == pytest.approx(100 / 6)
    # Called back: D-1's first, the held one (by the open call of the 28th), "Twice".
    assert (whole["callbacks"], whole["callback"]) == (3, 50)
    assert (whole["remote"], whole["trips"]) == (1, 6)  # held 2, D-1 2, D-3 1, Twice 1


def test_technicians_add_up_and_have_what_is_theirs(month):
    rows = rows_of(service_measures, group_by="Technician")
    ana, bea, whole = rows[month.ana.technician], rows[month.bea.technician], rows["All Together"]
    # Ana began five (held, D-1, D-3, remote, Twice), Bea one; Bea completed the held one.
    assert (ana["calls"], bea["calls"], whole["calls"]) == (5, 1, 6)
    assert (ana["closed"], bea["closed"]) == (4, 2)
    assert (ana["hold"], bea["hold"]) == (20, 0)
    assert ana["first_call"] == 40  # D-3 and the remote fix
    assert (ana["callback"], bea["callback"]) == (50, 50)  # D-1 and Twice of four; the held one of two
    for figure in ("calls", "closed", "callbacks", "open", "withdrawn", "trips", "remote"):
        assert sum(row[figure] for name, row in rows.items() if name != "All Together") == whole[figure]
    assert ana["label"].startswith("Ana") and ana["mcbc"] is None


def test_by_problem_and_customer(month):
    rows = rows_of(service_measures, group_by="Problem")
    assert (rows["JAM"]["calls"], rows["LINES"]["calls"]) == (2, 1)
    assert rows["JAM"]["callback"] == 100 and rows["LINES"]["callback"] == 0
    assert rows_of(service_measures, group_by="Customer")["Test Law LLP"]["calls"] == 6
    narrowed = rows_of(service_measures, group_by="Month", problem_code="JAM")
    assert narrowed["2026-06"]["calls"] == 2 and narrowed["2026-06"]["mcbc"] is None


def test_no_calls_is_no_percentage(norm):
    _columns, rows, message, chart, summary = service_measures.execute(frappe._dict(JUNE))
    assert rows == [] and chart is None and summary == []
    assert "nothing to measure" in message
    ana = who()
    make.device("D-1")
    story.call("2026-06-28")
    (row,) = [row for row in service_measures.execute(frappe._dict(JUNE))[1] if not row.get("bold")]
    assert (row["open"], row["calls"]) == (1, 0)
    assert (row["first_call"], row["hold"], row["callback"], row["kept"], row["response"]) == (None,) * 5
    card = technician_scorecard.execute(frappe._dict(JUNE, technician=ana.technician))
    assert {r["measure"]: r["own"] for r in card[1]}["First-call completion"] == "no calls"
    assert "no completed corrective calls" in card[2] and card[3] is None


def test_clicks_between_calls_count_every_device_of_the_model(norm):
    ana = who()
    for name in ("D-1", "D-2"):
        make.device(name)
        dealer.read(name, "2026-05-31", 10_000)
        dealer.read(name, "2026-06-30", 40_000 if name == "D-1" else 22_000)
    agreed = dealer.contract(devices=("D-1",))
    story.served("2026-06-10", ana, "D-1")
    story.served("2026-06-12", ana, "D-1", subject="Again")
    rows = rows_of(service_measures, group_by="Model")
    # 30 days from noon to noon; June begins half a day later and ends half a day after the last read:
    # 29.5/30 of 30,000 and of 12,000 make 29,500 + 11,800, over two calls.
    assert rows["MX-3570N"]["clicks"] == 41_300
    assert rows["MX-3570N"]["mcbc"] == 20_650
    contracts = rows_of(service_measures, group_by="Contract")
    assert contracts[agreed.name]["clicks"] == 29_500


def test_a_callback_across_a_board_swap_is_found_by_the_life_of_the_device(norm):
    """The new board counts from 0: by raw values the device would have made fewer than no clicks."""
    frappe.db.set_single_value("MPS Service Settings", "callback_clicks", 2_000)
    frappe.clear_document_cache("MPS Service Settings", "MPS Service Settings")
    ana = who()
    make.device("D-1")
    dealer.read("D-1", "2026-06-01", 50_000)
    dealer.read("D-1", "2026-06-05", 50_700)
    make.doc(
        "Meter Read", device="D-1", meter="mono", taken_at="2026-06-05 12:00:01", value=0, kind="reset",
        source="technician",
    )  # fmt: skip
    dealer.read("D-1", "2026-06-20", 1_500)
    first = story.call("2026-06-01")
    story.visit(first, ana, "2026-06-01")
    story.close(first, "2026-06-01 12:00:00")
    story.served("2026-06-20", ana, "D-1", clock="12:00:00", subject="Far enough")
    # 700 clicks on the old board and 1,500 on the new one: 2,200 are not under 2,000.
    assert rows_of(service_measures)["All Together"]["callback"] == 0
    frappe.db.set_value("MPS Device Model", "MX-3570N", "callback_clicks", 2_300)  # the model's own norm
    assert rows_of(service_measures)["All Together"]["callback"] == 50


def test_hours_are_those_of_the_service_level_and_kept_is_what_its_clock_says(norm):
    sla = build.sla_class("Gold", 4, 8, holidays=("2026-06-08",))
    ana = who()
    make.device("D-1")
    make.device("D-2")
    late = story.call("2026-06-05", "D-1", clock="16:00:00")  # Friday; Monday the 8th is a holiday
    story.visit(late, ana, "2026-06-09", "10:30:00")
    values = {"service_level_agreement": sla, "mps_responded_at": "2026-06-09 09:00:00", "total_hold_time": 0}
    story.close(late, "2026-06-09 10:30:00", mps_response_state="Missed", mps_restore_state="Kept", **values)
    soon = story.served("2026-06-10", ana, "D-2")
    values["mps_responded_at"] = "2026-06-10 10:00:00"
    story.close(soon, "2026-06-10 12:00:00", mps_response_state="Kept", mps_restore_state="Kept", **values)
    row = rows_of(service_measures)["All Together"]
    # Friday 16-17 and Tuesday 8-9: two hours; the other one hour. Restored after 3.5 and 3 hours.
    assert (row["response"], row["restore"]) == (1.5, 3.25)
    assert (row["agreed"], row["kept"]) == (2, 50)


def test_a_scorecard_stands_beside_the_team_and_the_field(month):
    columns, rows, message, chart = technician_scorecard.execute(
        frappe._dict(JUNE, technician=month.bea.technician)
    )
    card = {row["measure"]: row for row in rows}
    first = card["First-call completion"]
    # Bea's one call was not called back; the team stands at 3 of 6.
    assert (first["own"], first["team"], first["stands"]) == ("100.0 %", "50.0 %", "Better")
    assert first["field"] == "32 % usual, 60 % best"
    assert (card["Called back"]["own"], card["Called back"]["stands"]) == ("50.0 %", "As the team")
    assert (card["Held for parts"]["own"], card["Held for parts"]["stands"]) == ("0.0 %", "Better")
    assert card["Calls completed"]["own"] == "2"
    assert "Bea" in message
    assert chart["data"]["datasets"][0]["values"] == [100] and chart["data"]["datasets"][1]["values"] == [50]
    assert {c["fieldname"] for c in columns} == set(first)


def test_a_technician_sees_the_own_card_and_no_other(month):
    frappe.get_doc("User", month.bea.user).add_roles("MPS Technician")
    frappe.set_user(month.bea.user)
    rows = technician_scorecard.execute(frappe._dict(JUNE))[1]
    assert {r["measure"]: r["own"] for r in rows}["Calls completed"] == "2"
    with pytest.raises(frappe.PermissionError):
        technician_scorecard.execute(frappe._dict(JUNE, technician=month.ana.technician))


@pytest.mark.parametrize(
    ("report", "readers"),
    [
        ("Service Measures", {"MPS Manager", "MPS Service", "MPS Billing"}),
        ("Technician Scorecard", {"MPS Manager", "MPS Service", "MPS Technician"}),
        ("Lemon Devices", {"MPS Manager", "MPS Service", "MPS Billing"}),
    ],
)
def test_reports_open_for_their_readers_only(report, readers, user_with):
    from frappe.desk.query_report import run

    for role in ("MPS Manager", "MPS Service", "MPS Billing", "MPS Technician", "Sales User", "Customer"):
        frappe.set_user(user_with(role))
        if role in readers:
            made = run(report, filters=JUNE)
            assert made["columns"] and made["result"] == []
        else:
            with pytest.raises(frappe.PermissionError):
                run(report, filters=JUNE)
        frappe.set_user("Administrator")


def test_a_user_permission_leaves_one_customers_calls(month, user_with):
    ana = month.ana
    make.device("X-1", of=make.customer("Other Corp").name)
    story.served("2026-06-10", ana, "X-1", customer="Other Corp")
    user = user_with("MPS Service")
    make.doc("User Permission", user=user, allow="Customer", for_value="Other Corp")
    frappe.set_user(user)
    rows = rows_of(service_measures, group_by="Customer")
    assert set(rows) == {"Other Corp", "All Together"} and rows["All Together"]["calls"] == 1


def test_many_calls_cost_as_many_queries_as_few(norm, count_queries):
    ana = who()
    make.device("D-1")
    dealer.read("D-1", "2026-06-01", 100)
    story.served("2026-06-01", ana)

    def cost() -> int:
        service_measures.execute(frappe._dict(JUNE))
        with count_queries() as queries:
            service_measures.execute(frappe._dict(JUNE))
        return len(queries)

    few = cost()
    for number in range(2, 8):
        make.device(f"D-{number}")
        dealer.read(f"D-{number}", "2026-06-01", 100)
        story.served(f"2026-06-{number:02}", ana, f"D-{number}")
    assert cost() == few <= 20
