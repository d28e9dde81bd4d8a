"""A bill loads few reads and comes out as from all of them; its invoice is posted on a day the books are open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import frappe
import pytest

from mps_module.billing import windows
from mps_module.billing.loader import load_cases
from mps_module.billing.posting_date import is_closed, posting_date
from mps_module.engine import contract as engine
from mps_module.engine.bill import bill
from mps_module.engine.periods import BillPeriod, Period
from mps_module.fleet.intake import enter_reads
from mps_module.fleet.ledger import ledger_for
from tests.site import make

D = Decimal
COMPANY = "Print Dealer Inc"
FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))
PLAIN = engine.Price((engine.Tier(None, D("0.01")),))


USUAL = engine.Tolerance(10, 6)


def agreed(*lines, tolerance=USUAL):
    rules = engine.BillingRules(tolerance=tolerance)
    version = engine.ContractVersion(1, date(2026, 1, 1), lines, rules)
    return engine.Contract("CC-1", "CUST", date(2026, 1, 1), (version,))


def clicks(**more):
    return engine.Line("mono", engine.LineKind.CLICK, PLAIN, meters={"mono": D(1)}, **more)


class TestWindows:
    def test_days_around_both_ends_and_one_more_for_time_zones(self):
        found = windows.windows_of(agreed(clicks()), [BillPeriod(date(2026, 3, 1), overage=FEBRUARY)])
        assert found.opening == (date(2026, 1, 20), date(2026, 2, 8))
        assert found.closing == (date(2026, 2, 17), date(2026, 3, 7))

    def test_a_narrow_tolerance_loads_less(self):
        contract = agreed(clicks(), tolerance=engine.Tolerance(0, 0))
        found = windows.windows_of(contract, [BillPeriod(date(2026, 3, 1), overage=FEBRUARY)])
        assert found.closing == (date(2026, 2, 27), date(2026, 3, 1))

    def test_catching_up_several_periods_takes_histories(self):
        january = Period(date(2026, 1, 1), date(2026, 1, 31))
        periods = [
            BillPeriod(date(2026, 2, 1), overage=january),
            BillPeriod(date(2026, 3, 1), overage=FEBRUARY),
        ]
        assert windows.windows_of(agreed(clicks()), periods) is None

    def test_a_bill_without_usage_needs_no_reads(self):
        assert windows.windows_of(agreed(clicks()), [BillPeriod(date(2026, 3, 1), base=FEBRUARY)]) is None

    @pytest.mark.parametrize(
        ("line", "whole"),
        [
            (clicks(), False),
            (clicks(allowance=engine.Allowance(D(100))), False),
            (clicks(allowance=engine.Allowance(D(100), carry_periods=2)), True),
            (engine.Line("b", engine.LineKind.BLOCK, PLAIN, meters={"mono": D(1)}, block=D(9)), True),
        ],
    )
    def test_blocks_and_carried_clicks_rest_on_everything_before(self, line, whole):
        assert windows.needs_history(agreed(line).versions[0]) is whole

    def test_devices_that_come_or_go_within_the_period(self):
        units = [
            engine.CoveredUnit("stays", start=date(2026, 1, 1)),
            engine.CoveredUnit("joins", start=date(2026, 2, 10)),
            engine.CoveredUnit("leaves", start=date(2026, 1, 1), end=date(2026, 2, 10)),
            engine.CoveredUnit("gone", start=date(2026, 1, 1), end=date(2026, 1, 31)),
            engine.CoveredUnit("seats", engine.UnitKind.SEAT, start=date(2026, 2, 10)),
        ]
        assert windows.moving_devices(units, FEBRUARY) == {"joins", "leaves"}
        assert windows.devices_of_units(units) == {"stays", "joins", "leaves", "gone"}


HISTORIES = {
    "plain": [("2025-12-31 12:00", 100), ("2026-01-31 12:00", 1_100), ("2026-02-28 12:00", 2_500)],
    "read often": [
        (f"2026-{m:02}-{d:02} 08:00", 1_000 * m + 10 * d) for m in (1, 2, 3) for d in (1, 8, 15, 22, 27)
    ],
    "not read in february": [("2025-11-30 12:00", 0), ("2025-12-31 12:00", 900), ("2026-01-31 12:00", 1_900)],
    "read late": [("2026-01-31 12:00", 500), ("2026-03-05 12:00", 1_700)],
    "never read": [],
}


@pytest.mark.parametrize("history", HISTORIES, ids=str)
def test_the_bill_from_few_reads_is_the_bill_from_all(history):
    make.device("D-1", device_model=make.model("Mono", ("mono",)).name, installed_on="2025-11-01")
    contract = make.contract("D-1")
    make.version(contract, make.click_line(rate=0.01))
    contract.db_set({"status": "Active", "billed_through": "2026-02-01"})
    rows = [
        {"device": "D-1", "meter": "mono", "taken_at": at, "value": value} for at, value in HISTORIES[history]
    ]
    enter_reads(rows, "staff")
    case = load_cases([contract.name], date(2026, 3, 1))[contract.name]
    (period,) = case.periods
    made = case.bill(period)
    whole = bill(case.contract, ledger_for(["D-1"]), case.units, period)
    assert [(r.line_id, r.quantity, r.amount) for r in made.lines] == [
        (r.line_id, r.quantity, r.amount) for r in whole.lines
    ]
    assert [f.code for f in made.findings] == [f.code for f in whole.findings]


class TestPostingDate:
    due = date(2026, 2, 1)

    def test_the_bills_own_day_while_the_books_are_open(self):
        assert not is_closed(COMPANY, self.due)
        assert posting_date(COMPANY, self.due) == self.due

    def test_today_where_that_month_is_closed_for_invoices(self):
        make.doc(
            "Accounting Period",
            period_name="February 2026",
            company=COMPANY,
            start_date="2026-02-01",
            end_date="2026-02-28",
            closed_documents=[{"document_type": "Sales Invoice", "closed": 1}],
        )
        assert is_closed(COMPANY, self.due)
        assert posting_date(COMPANY, self.due) == frappe.utils.getdate()
        assert not is_closed(COMPANY, date(2026, 3, 1))

    def test_a_period_closed_for_other_documents_stays_open_for_invoices(self):
        make.doc(
            "Accounting Period",
            period_name="February 2026",
            company=COMPANY,
            start_date="2026-02-01",
            end_date="2026-02-28",
            closed_documents=[{"document_type": "Journal Entry", "closed": 1}],
        )
        assert posting_date(COMPANY, self.due) == self.due
