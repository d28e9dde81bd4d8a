"""A whole month of a dealer, from the installation to the margin: each figure is worked out in the comment beside it.

Contract of Test Law LLP from 1 March 2026: devices D-1 and D-2, 0.0085 a click, a base of 150 a month, 95 an incident for
labour and travel, parts and supplies included, four hours to respond and eight to restore. Their D-9 is under no contract.
"""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import frappe
import pytest

from mps_module.api import collector, devices, dispatch, trunk
from mps_module.api.margin import rollup
from mps_module.managed_print.report.contract_margin import contract_margin
from mps_module.managed_print.report.service_measures import service_measures
from mps_module.managed_print.report.technician_scorecard import technician_scorecard
from mps_module.service import costs
from mps_module.stock import replenish
from tests.site import make
from tests.site.billing import dealer
from tests.site.service import build
from tests.site.stock import build as stock

COMPANY = build.COMPANY


def zone(day: str) -> str:
    """Summer time begins in New York on 8 March 2026."""
    return "-04:00" if day >= "2026-03-08" else "-05:00"


def moment(day: str, clock: str) -> str:
    """A time as a phone or a collector there tells it."""
    return f"{day}T{clock}:00{zone(day)}"


@pytest.fixture
def firm() -> SimpleNamespace:
    """Two technicians with trunks, prices and costs, a model whose toner costs 80 and lasts 20,000 pages."""
    hours = {
        "item_code": "LABOUR-H",
        "item_group": "All Item Groups",
        "stock_uom": "Hour",
        "is_stock_item": 0,
    }
    make.doc("Item", **hours)  # by the hour: the ERP sells no part of a piece
    for item, rate in (("LABOUR-H", 120), ("TRIP", 50)):
        build.priced(item, rate)
    for item, rate in (("FUSER-1", 190), ("DRUM-1", 150), ("ROLLER", 30)):
        build.priced(item, rate, is_stock_item=1, valuation_rate=10)
    settings = {
        "labour_item": "LABOUR-H", "travel_item": "TRIP", "labour_step_minutes": 15, "labour_cost": 45,
        "travel_cost": 25, "target_margin_percent": 35, "callback_days": 30, "callback_clicks": 10_000,
    }  # fmt: skip
    frappe.db.set_single_value("MPS Service Settings", settings)
    frappe.db.set_single_value("Trunk Stock Settings", "holding_percent", 36.5)  # 0.1 % a day
    for name in ("MPS Service Settings", "Trunk Stock Settings"):
        frappe.clear_document_cache(name, name)
    others = float(costs.holding(date(2026, 3, 1), frappe.utils.getdate(), COMPANY))
    toner = make.item("TN-100", valuation_rate=80, is_stock_item=1)
    model = make.model("M-100", meters=("mono",))
    model.append("supplies", {"item": toner.name, "colour": "black", "yield_pages": 20_000, "quantity": 1})
    model.save()
    ana, ana_trunk = build.technician("Ana", levels={"FUSER-1": (1, 2)})
    bea, bea_trunk = build.technician("Bea")
    stock.put("FUSER-1", ana_trunk.warehouse, 2)
    stock.put("ROLLER", bea_trunk.warehouse, 4)
    stock.put("FUSER-1", stock.STORE, 5)
    stock.put("DRUM-1", stock.STORE, 2)
    return SimpleNamespace(
        others=others,
        law=make.customer().name,
        ana=SimpleNamespace(name=ana.name, trunk=ana_trunk),
        bea=SimpleNamespace(name=bea.name, trunk=bea_trunk),
    )


def install(firm) -> None:
    """Three devices out of stock, to the customer, on the first of March with 1,000 on their counters."""
    for name in ("D-1", "D-2", "D-9"):
        make.doc("MPS Device", device_id=name, device_model="M-100", company=COMPANY, status="In Stock")
        devices.install(name, {"customer": firm.law}, {"mono": 1_000}, "2026-03-01 08:00:00")


def agree(firm) -> str:
    agreed = dealer.contract(
        {"line_id": "mono", "kind": "click", "meters": "mono", "rate": 0.0085},
        {"line_id": "base", "kind": "flat", "rate": 150},
        {"line_id": "calls", "kind": "incident", "rate": 95},
        devices=("D-1", "D-2"),
        of=firm.law,
        start="2026-03-01",
        base_in_advance=0,
        coverage_labour="incident",
        coverage_travel="incident",
    )
    agreed.db_set("sla", build.sla_class("Gold", 4, 8))
    return agreed.name


def collect(firm, user: str, day: str, **values: int) -> None:
    """The collector pushes reads of the evening; the same push again changes nothing."""
    frappe.set_user(user)
    rows = [
        {"device": name.replace("_", "-"), "meter": "mono", "taken_at": moment(day, "18:00"), "value": value}
        for name, value in values.items()
    ]
    pushed = collector.push_reads(rows)
    assert pushed["counts"]["accepted"] == len(rows), pushed
    assert collector.push_reads(rows)["counts"]["duplicate"] == len(rows)
    frappe.set_user("Administrator")


def assign(issue: str, who, start: str) -> None:
    """On the dispatch board."""
    step = {"issue": issue, "technician": who.name, "start": start, "minutes": 60}
    dispatch.apply([step])
    assert frappe.db.get_value("Issue", issue, "mps_board") == "Assigned"


def attend(who, issue: str, day: str, arrived: str, left: str, outcome: str = "Complete", **values) -> str:
    """The technician's day on the phone: accepted, on the way, on site, and the visit sent; its name."""
    for step, clock in (("accept", "08:05"), ("travel", "08:10"), ("arrive", arrived)):
        answer = stock.act(who.trunk, "visit_step", {"issue": issue, "step": step}, "", moment(day, clock))
        assert answer["status"] == "Done", answer
    payload = {
        "visit": f"{issue} {day}", "issue": issue, "outcome": outcome, "travel_at": moment(day, "08:10"),
        "arrived_at": moment(day, arrived), "left_at": moment(day, left), "problem": "JAM", "cause": "WORN",
        "repair": "REPLACED", "note": "Done", **values,
    }  # fmt: skip
    answer = stock.act(who.trunk, "visit", payload, "", moment(day, left))
    assert answer["status"] == "Done", answer
    again = stock.act(who.trunk, "visit", payload, "", moment(day, left))
    assert again["result"]["visit"] == answer["result"]["visit"]  # sent twice, booked once
    return answer["result"]["visit"]


def receive(who, request: str) -> None:
    """The store picks a request into transit; the technician receives it on the phone."""
    entry = frappe.get_doc("Stock Entry", replenish.send(request))
    entry.submit()
    assert stock.act(who.trunk, "receive", {"delivery": entry.name})["status"] == "Done"


def jam(firm, contract: str) -> str:
    """Tuesday the 3rd, 09:00: D-1 jams. An hour's work and a fuser by Ana, from 10:00 to 11:00."""
    call = build.call("D-1", "Paper jam in tray 2", when="2026-03-03 09:00:00")
    assert (call.customer, call.mps_contract, call.mps_coverage_labour, call.mps_coverage_parts) == (
        firm.law, contract, "Incident", "Included",
    )  # fmt: skip
    assign(call.name, firm.ana, "2026-03-03 10:00:00")
    read = [{"meter": "mono", "value": 1_800}]
    attend(
        firm.ana, call.name, "2026-03-03", "10:00", "11:00", items=[{"item": "FUSER-1", "qty": 1}], reads=read
    )
    return call.name


def jam_again(firm, first: str) -> None:
    """Monday the 9th, 13:00: D-1 again, 2,400 clicks after the repair. Half an hour by Bea, from 14:30."""
    call = build.call("D-1", "Jams again", when="2026-03-09 13:00:00")
    assert call.mps_callback_of == first
    assign(call.name, firm.bea, "2026-03-09 14:30:00")
    attend(firm.bea, call.name, "2026-03-09", "14:30", "15:00", reads=[{"meter": "mono", "value": 4_200}])


def lines(firm) -> None:
    """Tuesday the 10th, 08:00: D-2 prints lines. Ana, half an hour from 09:00, wants a drum; it comes, and on the 11th
    she is there from 08:30 to 10:00."""
    call = build.call("D-2", "Lines on every page", when="2026-03-10 08:00:00")
    assign(call.name, firm.ana, "2026-03-10 09:00:00")
    want = [{"item": "DRUM-1", "qty": 1}]
    attend(firm.ana, call.name, "2026-03-10", "09:00", "09:30", "Held for Part", missing=want)
    assert frappe.db.get_value("Issue", call.name, "mps_board") == "Held for Part"
    (request,) = frappe.get_all(
        "Material Request Item",
        {"item_code": "DRUM-1", "docstatus": 1},
        pluck="parent",
        order_by="name",
        limit=5,
    )
    receive(firm.ana, request)
    assert frappe.db.get_value("Issue", call.name, "mps_board") == "To Assign"
    assign(call.name, firm.ana, "2026-03-11 08:30:00")
    attend(firm.ana, call.name, "2026-03-11", "08:30", "10:00", items=want)


def noise(firm) -> str:
    """Thursday the 12th, 09:00: D-9, under no contract. Bea from 10:00 to 11:30, two rollers; an invoice is drafted."""
    call = build.call("D-9", "Squeaks", when="2026-03-12 09:00:00")
    assert not call.mps_contract and call.mps_coverage_labour == "Billable"
    assign(call.name, firm.bea, "2026-03-12 10:00:00")
    name = attend(firm.bea, call.name, "2026-03-12", "10:00", "11:30", items=[{"item": "ROLLER", "qty": 2}])
    invoice = frappe.get_doc(
        "Sales Invoice", frappe.db.get_value("Maintenance Visit", name, "mps_sales_invoice")
    )
    # 1.5 hours at 120, one trip at 50, two rollers at 30: 180 + 50 + 60.
    assert (invoice.docstatus, float(invoice.net_total)) == (0, 290)
    invoice.submit()
    return invoice.name


def refill(firm) -> None:
    """Of Ana's two fusers one is left, her minimum: one is requested, sent and received."""
    name = trunk.refill([firm.ana.trunk.name])["requests"][firm.ana.trunk.name]
    (row,) = frappe.get_doc("Material Request", name).items
    assert (row.item_code, row.qty) == ("FUSER-1", 1)
    receive(firm.ana, name)
    assert stock.on_hand("FUSER-1", firm.ana.trunk.warehouse) == 2


def bill(contract: str) -> None:
    """Month's end: the run takes clicks, base and incidents; a second run creates nothing."""
    run = dealer.invoice(dealer.run("2026-04-01"))
    (made,) = dealer.bills(contract=contract)
    # D-1 12,000 and D-2 8,000 clicks at 0.0085 are 170; 150 of base; three calls (two of them on one device) at 95 are 285.
    assert (made.status, float(made.total)) == ("Invoiced", 605)
    (invoice,) = dealer.invoices(contract)
    amounts = {row.mps_line_id: float(row.amount) for row in invoice.items}
    assert amounts == {"mono": 170, "base": 150, "calls": 285} and invoice.docstatus == 1
    assert run.name and not dealer.bills(run=dealer.run("2026-04-01").name)


@pytest.fixture
def month(firm, user_with) -> SimpleNamespace:
    install(firm)
    firm.contract = agree(firm)
    user = user_with("MPS Collector")
    make.doc("User Permission", user=user, allow="Customer", for_value=firm.law)
    first = jam(firm, firm.contract)
    jam_again(firm, first)
    lines(firm)
    firm.invoice = noise(firm)
    refill(firm)
    collect(firm, user, "2026-03-31", D_1=13_000, D_2=9_000)
    bill(firm.contract)
    return firm


def trunk_holding(firm, until: date) -> float:
    """Both trunks were empty on 1 March and hold two fusers and two rollers at 10 now: a mean of 20, at 0.1 % a day.
    And what other trunks of this site hold."""
    return 20 * 0.001 * ((until - date(2026, 3, 1)).days + 1) + firm.others


def test_the_month(month):
    today = frappe.utils.getdate()  # once: it may pass midnight meanwhile
    measures(month)
    margin(month, today)
    together(month, today)


def measures(firm) -> None:
    rows = service_measures.execute(
        frappe._dict(from_date="2026-03-01", to_date="2026-03-31", group_by="Technician")
    )[1]
    found = {row["group"]: row for row in rows}
    whole, ana, bea = found[""], found[firm.ana.name], found[firm.bea.name]
    # Four calls. At once: the second jam and the squeak; not the first jam (called back) and the lines (held).
    assert (whole["calls"], whole["first_call"], whole["hold"], whole["callback"]) == (4, 50, 25, 25)
    assert (ana["calls"], ana["first_call"], ana["hold"], ana["callback"]) == (2, 0, 50, 50)
    assert (bea["calls"], bea["first_call"], bea["hold"], bea["callback"]) == (2, 100, 0, 0)
    # Response after 1, 1.5 and 1 working hours; the squeak has no service level.
    assert whole["response"] == pytest.approx(3.5 / 3, abs=0.01)
    # Restored after 2, 2 and 9 + 2 working hours; the last one missed its eight.
    assert whole["restore"] == 5
    assert (whole["agreed"], whole["kept"]) == (3, pytest.approx(200 / 3))
    # D-1 ran 12,000 and D-2 8,000 clicks, over four calls.
    assert (whole["clicks"], whole["mcbc"], whole["trips"]) == (20_000, 5_000, 5)
    card = technician_scorecard.execute(
        frappe._dict(from_date="2026-03-01", to_date="2026-03-31", technician=firm.ana.name)
    )[1]
    assert {r["measure"]: r.get("stands") for r in card}["Held for parts"] == "Worse"


def margin(firm, today: date) -> None:
    filters = frappe._dict(from_date="2026-03-01", to_date=today, contract=firm.contract, renewal="Clicks")
    (row,) = contract_margin.execute(filters)[1]
    assert (row["revenue"], row["clicks"], row["visits"]) == (605, 20_000, 4)
    assert row["supplies"] == 80  # 20,000 clicks at 80 / 20,000
    assert row["parts"] == 20  # a fuser and a drum
    assert row["labour"] == 157.5  # 1 + 0.5 + 0.5 + 1.5 hours at 45
    assert row["travel"] == 100  # four trips at 25
    share = trunk_holding(firm, today) * 4 / 5  # the fifth trip was to D-9
    assert row["trunk"] == pytest.approx(share, abs=0.01)
    assert row["margin"] == pytest.approx(605 - 357.5 - share, abs=0.01)
    # The target of 35 % asks for cost / 0.65, less than was earned: the clicks could be cheaper.
    needed = (357.5 + share) / 0.65
    assert row["needed"] == pytest.approx(needed, abs=0.01)
    old, new = row["renewal"].removeprefix("mono ").split(" → ")
    assert old == "0.0085"
    assert float(new) == pytest.approx((needed - 435) / 20_000, abs=0.000_001)


def together(firm, today: date) -> None:
    told = rollup("2026-03-01", str(today), COMPANY)
    whole = told["whole"]
    assert (whole["mps"], whole["msp"], whole["calls"], whole["other"]) == (605, 0, 290, 0)
    assert (whole["devices"], whole["seats"], whole["incidents"], whole["clicks"]) == (2, 0, 4, 20_000)
    # The contract's 357.50; of D-9 1.5 hours at 45, a trip at 25 and two rollers at 10: 112.50; and the trunks.
    assert whole["cost"] == pytest.approx(470 + trunk_holding(firm, today), abs=0.01)
    assert whole["margin"] == pytest.approx(895 - 470 - trunk_holding(firm, today), abs=0.02)
    (row,) = told["rows"]
    assert row["name"] == firm.law and row["revenue"] == 895
