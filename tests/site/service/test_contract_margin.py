"""The margin of a contract with all its costs, its renewal price, and lemons: documents in, money counted by hand out."""

from __future__ import annotations

from types import SimpleNamespace

import frappe
import pytest

from mps_module.api import margin as api
from mps_module.managed_print.report.contract_margin import contract_margin
from mps_module.managed_print.report.lemon_devices import lemon_devices
from tests.site import make
from tests.site.billing import dealer
from tests.site.service import build, story
from tests.site.stock import build as stock

SPAN = {"from_date": "2026-01-01", "to_date": "2026-02-28"}


def rows_of(report=contract_margin, **filters) -> list[dict]:
    return report.execute(frappe._dict(SPAN | filters))[1]


def issue_part(trunk, day: str, qty: float = 1, **values) -> None:
    """Parts from a trunk, used on a call of that day."""
    doc = frappe.get_doc(
        {
            "doctype": "Stock Entry", "stock_entry_type": "Material Issue", "company": build.COMPANY,
            "set_posting_time": 1, "posting_date": day, "mps_move": "Use", "mps_trunk": trunk.name,
            "items": [{"item_code": "FUSER", "qty": qty, "s_warehouse": trunk.warehouse}], **values,
        }
    )  # fmt: skip
    doc.insert().submit()


def put_aboard(trunk, day: str, qty: float = 10) -> None:
    """Parts that the trunk has carried since a day, at 10 each."""
    stock.part("FUSER")
    row = {"item_code": "FUSER", "qty": qty, "t_warehouse": trunk.warehouse, "basic_rate": 10}
    doc = frappe.get_doc(
        {
            "doctype": "Stock Entry", "stock_entry_type": "Material Receipt", "company": build.COMPANY,
            "set_posting_time": 1, "posting_date": day, "items": [row],
        }
    )  # fmt: skip
    doc.insert().submit()


def costs(**values) -> None:
    frappe.db.set_single_value(
        "MPS Service Settings", {"labour_cost": 45, "travel_cost": 25, "target_margin_percent": 35, **values}
    )
    frappe.clear_document_cache("MPS Service Settings", "MPS Service Settings")
    frappe.db.set_single_value("Trunk Stock Settings", "holding_percent", 36.5)  # 0.1 % a day
    frappe.clear_document_cache("Trunk Stock Settings", "Trunk Stock Settings")


@pytest.fixture
def world() -> SimpleNamespace:
    """January: 10,000 clicks at 0.01 and a base of 100; one call on site with a part, one remote; another's call."""
    costs()
    toner = make.item("TN-100", valuation_rate=80, is_stock_item=1)
    model = make.model()
    model.append("supplies", {"item": toner.name, "colour": "black", "yield_pages": 20_000, "quantity": 1})
    model.save()
    agreed = dealer.contract(
        make.click_line(rate=0.01), {"line_id": "base", "kind": "flat", "rate": 100}, base_in_advance=0
    )
    dealer.month_reads("D-1", 1_000, 11_000)
    run = dealer.run("2026-02-01")
    dealer.invoice(run)
    person, trunk = build.technician()
    who = SimpleNamespace(technician=person.name, trunk=trunk)
    put_aboard(trunk, "2025-12-01")
    call = story.call("2026-01-12", mps_contract=agreed.name)
    visit = story.visit(call, who, "2026-01-12", hours=2, mps_contract=agreed.name)
    issue_part(trunk, "2026-01-12", mps_issue=call.name, mps_visit=visit.name, mps_device="D-1")
    again = story.call("2026-01-20", mps_contract=agreed.name)
    story.visit(again, who, "2026-01-20", hours=0.5, mps_remote=1, mps_contract=agreed.name)
    other = story.call("2026-01-21", None, customer=make.customer("Other Corp").name)
    story.visit(other, who, "2026-01-21")
    return SimpleNamespace(contract=agreed.name, who=who, call=call)


def test_every_cost_of_a_contract(world):
    (row,) = rows_of()
    assert (row["revenue"], row["clicks"], row["visits"]) == (200, 10_000, 2)
    assert row["supplies"] == 40  # 10,000 x 80 / 20,000
    assert row["parts"] == 10  # one fuser at its valuation, by its call's contract
    assert row["labour"] == 112.5  # 2.5 hours at 45
    assert row["travel"] == 25  # one trip; remote work has none
    # The trunk held 100 on 1 January and 90 on 28 February: 95 x 0.1 % x 59 days = 5.605, half of the two trips.
    assert row["trunk"] == 2.80
    assert (row["cost"], row["margin"]) == (190.30, 9.70)
    assert row["percent"] == pytest.approx(100 * 9.6975 / 200)
    assert row["revenue_per_click"] == 0.02
    assert row["per_click"] == pytest.approx(0.019030)
    assert row["margin_per_click"] == pytest.approx(0.000970)


def test_the_revenue_that_the_target_asks_for(world):
    (row,) = rows_of()
    assert (row["needed"], row["missing"]) == (292.77, 92.77)  # 190.3025 / 0.65
    (row,) = rows_of(target=4)
    assert row["needed"] == 198.23 and row["missing"] == -1.77
    with pytest.raises(frappe.ValidationError, match="below 100"):
        rows_of(target=100)


def test_the_renewal_price_stands_in_the_report_and_bills_the_target(world):
    (row,) = rows_of(renewal="Clicks")
    # 292.7731 less 100 of base, over 10,000 clicks: 0.01927731, rounded up to six decimals.
    assert row["renewal"] == "mono 0.01 → 0.019278"
    (row,) = rows_of(renewal="Base")
    assert row["renewal"] == "base 100 → 192.78"
    (row,) = rows_of(renewal="Both")
    assert row["renewal"] == "mono 0.01 → 0.014639; base 100 → 146.39"
    assert row["renewal_change"] == pytest.approx(46.39, abs=0.01)


def test_the_offer_of_the_form_becomes_a_draft_version(world):
    told = api.renewal_price(world.contract, "clicks", None, SPAN["from_date"], SPAN["to_date"])
    assert (told["present"], told["needed"], told["renewed"], told["periods"]) == (200, 292.77, 292.78, 1)
    assert told["reached"] and [(r["line"], r["old"], r["new"]) for r in told["rates"]] == [
        ("mono", "0.01", "0.019278")
    ]
    name = api.apply_renewal(world.contract, "2026-07-01", "clicks", None, SPAN["from_date"], SPAN["to_date"])
    version = frappe.get_doc("Click Contract Version", name)
    assert (version.docstatus, str(version.effective_date)) == (0, "2026-07-01")
    assert {row.line_id: row.rate for row in version.lines} == {"mono": 0.019278, "base": 100}
    assert "35" in version.reason
    assert frappe.db.count("Click Contract Version", {"contract": world.contract, "docstatus": 1}) == 1


def test_a_price_that_cannot_be_is_refused_with_a_word(world):
    with pytest.raises(frappe.ValidationError, match="billed nothing"):
        api.renewal_price(world.contract, "clicks", None, "2025-01-01", "2025-02-01")
    with pytest.raises(frappe.ValidationError, match="the clicks, the base"):
        api.renewal_price(world.contract, "calls")
    seats = dealer.contract(
        {"line_id": "seat", "kind": "seat", "rate": 20, "maximum": 20},
        devices=(),
        covers=[{"unit_kind": "Seat", "unit_label": "Desk", "quantity": 1, "start_date": "2026-01-01"}],
        base_in_advance=0,
        title="Seats",
    )
    run = dealer.run("2026-02-01")
    dealer.invoice(run)
    story.visit(
        story.call("2026-01-22", None, mps_contract=seats.name),
        world.who,
        "2026-01-22",
        mps_contract=seats.name,
    )
    told = api.renewal_price(seats.name, "both", None, SPAN["from_date"], SPAN["to_date"])
    assert not told["reached"] and told["rates"] == []
    with pytest.raises(frappe.ValidationError, match="cannot restore"):
        api.apply_renewal(seats.name, "2026-07-01", "both", None, SPAN["from_date"], SPAN["to_date"])


def test_who_may_ask_for_a_price_and_who_may_draft_it(world, user_with):
    args = (world.contract, "clicks", None, SPAN["from_date"], SPAN["to_date"])
    frappe.set_user(user_with("MPS Billing"))
    assert api.renewal_price(*args)["reached"]
    assert api.apply_renewal(world.contract, "2026-07-01", *args[1:])
    for role in ("MPS Service", "MPS Technician", "Sales User"):
        frappe.set_user("Administrator")
        frappe.set_user(user_with(role))
        for ask in (api.renewal_price, lambda *a: api.apply_renewal(a[0], "2026-08-01", *a[1:])):
            with pytest.raises(frappe.PermissionError):
                ask(*args)


def test_a_supply_that_was_issued_is_counted_at_its_yield_and_not_twice(world):
    stock.put("TN-100", world.who.trunk.warehouse, 5, basic_rate=80)
    doc = frappe.get_doc(
        {
            "doctype": "Stock Entry", "stock_entry_type": "Material Issue", "company": build.COMPANY,
            "set_posting_time": 1, "posting_date": frappe.utils.today(), "mps_contract": world.contract,
            "items": [{"item_code": "TN-100", "qty": 1, "s_warehouse": world.who.trunk.warehouse}],
        }
    )  # fmt: skip
    doc.insert().submit()
    (row,) = rows_of(to_date=frappe.utils.today())
    assert (row["parts"], row["supplies"]) == (10, 40)


def test_an_invoice_for_time_and_material_is_revenue_of_its_contract(world):
    invoice = make.doc(
        "Sales Invoice", customer=make.customer().name, company=build.COMPANY, currency="USD",
        items=[{"item_code": make.item("LABOUR").name, "qty": 2, "rate": 110}],
    )  # fmt: skip
    visit = frappe.get_all(
        "Maintenance Visit", {"mps_issue": world.call.name}, pluck="name", order_by="name", limit=1
    )
    frappe.db.set_value("Maintenance Visit", visit[0], "mps_sales_invoice", invoice.name)
    assert rows_of()[0]["calls"] == 0  # a draft is no revenue
    invoice.submit()
    (row,) = rows_of()
    assert (row["revenue"], row["calls"], row["margin"]) == (200, 220, 229.70)
    assert row["missing"] == -127.23  # 292.77 - 420


def test_a_contract_that_cost_and_billed_nothing_is_shown(world):
    quiet = dealer.contract(devices=("D-2",), title="Quiet")
    story.visit(story.call("2026-01-25", "D-2"), world.who, "2026-01-25", mps_contract=quiet.name)
    rows = {row["contract"]: row for row in rows_of()}
    row = rows[quiet.name]
    assert (row["revenue"], row["labour"], row["travel"], row["percent"], row["per_click"]) == (
        0,
        45,
        25,
        None,
        None,
    )
    assert row["margin"] < 0 and rows_of()[0]["contract"] == quiet.name  # the worst first


def test_lemons_beside_the_others_of_their_model(world):
    for name, last in (("D-2", 11_000), ("D-3", 11_000)):
        make.device(name)
        dealer.month_reads(name, 1_000, last)
    found = {row["device"]: row for row in rows_of(lemon_devices)}
    # D-1: 10,000 clicks, from New Year's midnight 9,839 of them: half a day of 31 lies before it (10,000 / 31 / 2 = 161).
    one, other = found["D-1"], found["D-2"]
    assert (one["clicks"], other["clicks"]) == (9_839, 9_839)
    assert (one["parts"], one["labour"], one["travel"], one["toner"]) == (10, 112.5, 25, 39.36)
    assert other["cost"] == 39.36 and other["per_click"] == 0.004
    # 186.856 / 9,839 clicks is 4.7 times 0.004; 147.50 more than they.
    assert (one["lemon"], one["times"], one["excess"], one["others"]) == (1, 4.7, 147.5, 0.004)
    assert (other["lemon"], one["calls"], one["callbacks"]) == (
        0,
        2,
        1,
    )  # completed on the 12th, again on the 20th
    assert [row["device"] for row in rows_of(lemon_devices, only_lemons=1)] == ["D-1"]


def test_margins_and_lemons_cost_the_same_queries_for_many(world, count_queries):
    def cost(report, **filters) -> int:
        rows_of(report, **filters)
        with count_queries() as queries:
            rows_of(report, **filters)
        return len(queries)

    few = cost(contract_margin, renewal="Clicks"), cost(lemon_devices)
    for number in range(2, 6):
        agreed = dealer.contract(devices=(f"D-{number}",), title=f"No {number}", base_in_advance=0)
        dealer.month_reads(f"D-{number}", 1_000, 2_000)
        story.visit(
            story.call("2026-01-25", f"D-{number}"), world.who, "2026-01-25", mps_contract=agreed.name
        )
    dealer.invoice(dealer.run("2026-02-01"))
    many = cost(contract_margin, renewal="Clicks"), cost(lemon_devices)
    assert many == few and few[0] <= 45 and few[1] <= 30
