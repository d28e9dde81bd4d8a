"""The smaller parts: what a preview says, which reads are loaded, how a row is shown and multiplied."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

import frappe
import pytest

from mps_module.api import billing as api
from mps_module.billing import bills, posting_date, proof, run, windows
from mps_module.billing.invoice import described, multiplied, plain
from mps_module.billing.standing import Change, Standing, touched
from mps_module.engine.contract import (
    Allowance,
    Contract,
    ContractVersion,
    CoveredUnit,
    Line,
    LineKind,
    Price,
    UnitKind,
)
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reads import Read, ReadSource
from mps_module.engine.result import Basis, BillLine, Boundary, ChargeKind, Finding, MeterUsage, Severity
from tests.site import make
from tests.site.billing import dealer

D = Decimal
JANUARY = Period(date(2026, 1, 1), date(2026, 1, 31))


def finding(code: str, severity: Severity, stake: str, message: str = "") -> Finding:
    return Finding(code, severity, message or code, at_stake=D(stake))


def line(quantity="1", rate="1", amount="1", kind=ChargeKind.OVERAGE, **values) -> BillLine:
    return BillLine("mono", kind, "Mono", D(quantity), D(rate), D(amount), JANUARY, **values)


# What a preview says


@pytest.mark.parametrize(
    ("severities", "state"),
    [((), "Ready"), ((Severity.INFO,), "Ready"), ((Severity.WARN, Severity.INFO), "Flagged"),
     ((Severity.WARN, Severity.BLOCK), "Blocked")],
)  # fmt: skip
def test_the_worst_finding_gives_the_state(severities, state: str):
    assert bills.state_of(finding("x", s, "1") for s in severities) == state


def test_money_at_stake_is_that_of_the_worst_sort_of_finding():
    found = [
        finding("read-missing", Severity.BLOCK, "40"),
        finding("read-missing", Severity.BLOCK, "30"),
        finding("bill-far-off", Severity.WARN, "60"),
        finding("estimated", Severity.INFO, "500"),
    ]
    assert bills.at_stake(found) == 70
    assert bills.at_stake([]) == 0


def test_the_reason_is_the_worst_finding_and_how_many_more():
    found = [
        finding("a", Severity.WARN, "900", "far off"),
        finding("b", Severity.BLOCK, "5", "small block"),
        finding("c", Severity.BLOCK, "50", "no read"),
        finding("d", Severity.INFO, "0", "estimated"),
    ]
    assert bills.reason_of(found) == "no read (and 2 more)"
    assert bills.reason_of(found[3:]) == ""


def test_many_findings_are_cut_in_the_list_but_kept_in_the_result():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 1000)
    from mps_module.billing import prepare
    from mps_module.engine.bill import with_findings
    from mps_module.engine.guards import FleetNorms

    ((draft,),) = prepare.compute([agreed.name], date(2026, 2, 1), FleetNorms(), None).values()
    many = [finding(f"w{n}", Severity.WARN, str(n)) for n in range(100)]
    loud = bills.Draft(with_findings(draft.made, many), draft.company, None)
    assert len(bills.finding_rows(loud, "now", "me")) == bills.SHOWN_FINDINGS
    assert len(bills.thaw(loud.frozen[0]).findings) == 100
    assert loud.frozen[1] == draft.frozen[1], "the digest is of the money, not of the findings"


# Which reads are loaded


def contract(*lines: Line) -> Contract:
    return Contract("C", "Cust", date(2026, 1, 1), (ContractVersion(1, date(2026, 1, 1), lines),))


CLICKS = Line("mono", LineKind.CLICK, Price(()), meters={"mono": D(1)})


def test_the_windows_are_those_of_the_tolerance_and_a_day_more():
    found = windows.windows_of(contract(CLICKS), [BillPeriod(date(2026, 2, 1), overage=JANUARY)])
    assert found.opening == (date(2025, 12, 20), date(2026, 1, 8))
    assert found.closing == (date(2026, 1, 20), date(2026, 2, 7))


def test_catching_up_takes_histories():
    periods = [BillPeriod(date(2026, 2, 1), overage=JANUARY), BillPeriod(date(2026, 3, 1), overage=JANUARY)]
    assert windows.windows_of(contract(CLICKS), periods) is None
    assert windows.windows_of(contract(CLICKS), [BillPeriod(date(2026, 2, 1), base=JANUARY)]) is None


@pytest.mark.parametrize(
    ("extra", "needed"),
    [
        ({}, False),
        ({"allowance": Allowance(D(100))}, False),
        ({"allowance": Allowance(D(100), carry_periods=2)}, True),
    ],
)
def test_carried_allowance_needs_the_history(extra: dict, needed: bool):
    version = contract(Line("mono", LineKind.CLICK, Price(()), meters={"mono": D(1)}, **extra)).versions[0]
    assert windows.needs_history(version) is needed


def test_blocks_need_the_history():
    assert windows.needs_history(contract(Line("b", LineKind.BLOCK, Price(()), block=D(100))).versions[0])


def test_a_device_that_joins_or_leaves_within_the_period_moves():
    units = [
        CoveredUnit("all", start=date(2025, 1, 1)),
        CoveredUnit("exact", start=date(2026, 1, 1), end=date(2026, 1, 31)),
        CoveredUnit("joins", start=date(2026, 1, 9)),
        CoveredUnit("leaves", start=date(2025, 1, 1), end=date(2026, 1, 20)),
        CoveredUnit("gone", start=date(2025, 1, 1), end=date(2025, 12, 31)),
        CoveredUnit("seats", UnitKind.SEAT, start=date(2026, 1, 9)),
    ]
    assert windows.moving_devices(units, JANUARY) == {"joins", "leaves"}
    assert windows.devices_of_units(units) == {"all", "exact", "joins", "leaves", "gone"}


# Which posted bills are looked at again


@pytest.mark.parametrize(
    ("day", "corrects", "share", "again"),
    [
        (date(2026, 1, 15), False, 0, True),  # a late read inside the period
        (date(2026, 2, 3), False, 0, False),  # in the window after it: the boundary is pinned
        (date(2026, 2, 3), False, 10, True),  # something was estimated: it may serve
        (date(2026, 2, 3), True, 0, True),  # a correction of what served
        (date(2026, 2, 20), True, 10, False),  # too late for this bill
        (date(2025, 6, 1), False, 0, False),  # long before
    ],
)
def test_what_makes_a_posted_bill_worth_a_second_look(day, corrects, share, again):
    row = frappe._dict(overage_from=JANUARY.start, overage_to=JANUARY.end, estimate_share=share)
    assert touched(contract(CLICKS), row, [Change(day, datetime(2026, 3, 1), corrects)]) is again


def test_a_released_date_is_a_hole_until_it_is_billed_anew():
    def row(due: int, status: str, key: str | None):
        return frappe._dict(due_date=date(2026, due, 1), status=status, billing_key=key)

    gone = Standing((row(2, "Released", None), row(3, "Invoiced", "k")))
    assert gone.holes() == [date(2026, 2, 1)]
    filled = Standing((row(2, "Released", None), row(2, "Invoiced", "j"), row(3, "Invoiced", "k")))
    assert filled.holes() == []
    assert filled.count(date(2026, 2, 1)) == 2


# Rows


def item(uom_is_whole: int = 0):
    unit = make.doc("UOM", uom_name=f"Unit {uom_is_whole}", must_be_whole_number=uom_is_whole)
    return frappe._dict(name="X", sales_uom=None, stock_uom=unit.name)


@pytest.mark.parametrize(
    ("row", "whole", "expected"),
    [
        (line("12345", "0.0085", "104.93"), 0, ("12345", "0.0085")),
        (line("1.5", "110", "165"), 0, ("1.5", "110")),
        (line("1.5", "110", "165"), 1, ("1", "165")),
        (line("-100", "0.01", "-1"), 0, ("100", "-0.01")),  # the ERP takes no negative quantity
        (line("3", "0.3333333", "1"), 0, ("1", "1")),  # more than six decimals
        (line("3", "0.333333", "1.01"), 0, ("1", "1.01")),  # the product would be another cent
    ],
)
def test_a_row_multiplies_to_its_amount_or_stands_alone(row, whole, expected):
    assert tuple(plain(x) for x in multiplied(row, 2, item(whole))) == tuple(plain(D(x)) for x in expected)


def test_no_two_rows_of_an_item_say_the_same():
    said: set = set()
    texts = [described(line("1", "5", "5"), D(1), "ITEM", said) for _ in range(3)]
    assert len(set(texts)) == 3
    assert described(line("1", "5", "5"), D(1), "OTHER", said) == texts[0]


def test_what_customers_typed_is_escaped():
    row = BillLine("x", ChargeKind.BASE, "<b>A & B</b>", D(1), D(1), D(1), JANUARY)
    assert "&lt;b&gt;A &amp; B" in described(row, D(1), "ITEM", set())


# Posting date


def test_a_closed_accounting_period_moves_the_posting_to_today():
    assert posting_date.posting_date(dealer.COMPANY, date(2026, 2, 1)) == date(2026, 2, 1)
    make.doc(
        "Accounting Period",
        period_name="February",
        company=dealer.COMPANY,
        start_date="2026-02-01",
        end_date="2026-02-28",
        closed_documents=[{"document_type": "Sales Invoice", "closed": 1}],
    )
    assert posting_date.is_closed(dealer.COMPANY, date(2026, 2, 28))
    assert not posting_date.is_closed(dealer.COMPANY, date(2026, 3, 1))
    assert posting_date.posting_date(dealer.COMPANY, date(2026, 2, 1)) == frappe.utils.getdate()


# Proof


def boundary(basis: Basis, **values) -> Boundary:
    taken = datetime(2026, 1, 31, 17, tzinfo=timezone.utc)
    read = Read("D-1", "mono", taken, 5000, ReadSource.COLLECTOR, read_id="MR-1")
    return Boundary(date(2026, 1, 31), basis, 5123, 5123, read=read, **values)


def test_a_boundary_says_what_it_rests_on():
    actual = proof.boundary_view(boundary(Basis.ACTUAL))
    assert (actual["value"], actual["mark"], actual["read"]) == ("5,123", "", "MR-1")
    assert "collector" in actual["text"]
    guess = proof.boundary_view(boundary(Basis.ESTIMATE, low=5000, high=5300))
    assert guess["mark"] == "orange"
    assert "5,000 – 5,300" in guess["text"]
    late = proof.boundary_view(boundary(Basis.ACTUAL, in_tolerance=False))
    assert "outside the tolerance" in late["text"]
    assert proof.boundary_view(boundary(Basis.MISSING))["text"] == "no read"
    assert proof.boundary_view(None) is None


def test_a_virtual_meter_shows_its_terms():
    edges = {"opening": boundary(Basis.ACTUAL), "closing": boundary(Basis.ACTUAL)}
    terms = (
        MeterUsage("D-1", "total", JANUARY, D(900), D(1), **edges),
        MeterUsage("D-1", "colour", JANUARY, D(200), D(-1), **edges),
    )
    rows = list(proof.meter_views(MeterUsage("D-1", "mono", JANUARY, D(700), terms=terms)))
    assert [(r["meter"], r["usage"], r["term"]) for r in rows] == [
        ("mono", "700", False), ("total", "900", True), ("colour", "200", True),
    ]  # fmt: skip
    assert rows[0]["formula"]
    assert rows[2]["weight"] == "× -1"


# The run's steps


def test_an_acceptance_can_be_taken_back():
    dealer.contract(usual_bill=5000)
    dealer.settings(bill_change_money=50)
    dealer.month_reads("D-1", 0, 1000)
    dealer.run("2026-02-01")
    (bill,) = dealer.bills()
    api.accept(bill.name, "new customer")
    assert api.take_back(bill.name) == 1
    (bill,) = dealer.bills()
    assert bill.status == "Flagged"
    assert frappe.db.get_value("Click Bill", bill.name, "accept_reason") is None


def test_a_run_is_prepared_before_it_is_approved():
    doc = make.doc("Click Billing Run", company=dealer.COMPANY, through="2026-02-01")
    with pytest.raises(frappe.ValidationError, match="prepare it first"):
        api.approve(doc.name)
    run.new_attempt(doc.name, "Invoicing")
    for refused in (api.prepare, api.cancel):
        with pytest.raises(frappe.ValidationError):
            refused(doc.name)


def test_only_named_bills_are_invoiced_when_somebody_asks_for_them():
    one, two = (dealer.contract(devices=[f"D-{n}"]) for n in (1, 2))
    for n in (1, 2):
        dealer.month_reads(f"D-{n}", 0, 1000)
    doc = dealer.run("2026-02-01")
    (wanted,) = dealer.bills(contract=two.name)
    with dealer.at_once():
        assert api.retry(doc.name, f'["{wanted.name}"]') == 1
    assert dealer.invoices(one.name) == []
    assert len(dealer.invoices(two.name)) == 1
    assert frappe.db.get_value("Click Billing Run", doc.name, "status") == "Review", "one is left"
