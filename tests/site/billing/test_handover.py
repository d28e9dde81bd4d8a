"""A device that goes on under another contract on a site: the second opens at what the first closes at.

Clicks cost 1.00 each, 100 a month, so the bills of both contracts add up to the counter.
"""

from __future__ import annotations

from decimal import Decimal

import frappe
import pytest
from frappe.utils import add_days

from mps_module.billing.loader import load_cases
from tests.site import make
from tests.site.billing import dealer

JUNE = "2026-07-01"
LINE = {"rate": 1}


def two_contracts(last: str, by: str = "contract"):
    """D-1 under the first until `last`, under the second from the day after."""
    dealer.month_reads("D-1", *range(0, 700, 100))
    following = add_days(last, 1)
    window = {"tolerance_before": 10, "tolerance_after": 6}
    if by == "contract":
        first = dealer.contract(make.click_line(**LINE), end_date=last, **window)
        second = dealer.contract(make.click_line(**LINE), start=following, **window)
    else:
        cover = {"unit_kind": "Device", "device": "D-1"}
        first = dealer.contract(
            make.click_line(**LINE),
            covers=[{**cover, "start_date": "2026-01-01", "end_date": last}],
            **window,
        )
        second = dealer.contract(
            make.click_line(**LINE), covers=[{**cover, "start_date": following}], **window
        )
    return first, second


@pytest.fixture(autouse=True)
def device():
    dealer.settings(default_tolerance_before=10, default_tolerance_after=6)
    make.device("D-1", of=make.customer().name, installed_on="2025-12-01")


def clicks(*contracts) -> Decimal:
    """Billed by these contracts, standing bills only."""
    names = [each.name for each in contracts]
    rows = dealer.bills(contract=["in", names], status=["not in", ["Released", "Credited"]])
    return sum((Decimal(str(row.total)) for row in rows), Decimal(0))


@pytest.mark.parametrize("by", ["contract", "cover"])
@pytest.mark.parametrize("last", ["2026-05-04", "2026-05-10", "2026-05-24"])
def test_no_click_is_lost_or_billed_twice(last: str, by: str):
    """A read ten days before the last day lies in the window of the close alone, one six days after in both."""
    both = two_contracts(last, by)
    dealer.invoice(dealer.run(JUNE))
    assert clicks(*both) == 600


def test_month_by_month_the_old_contracts_last_bill_being_posted_before():
    both = two_contracts("2026-05-10")
    dealer.invoice(dealer.run("2026-05-11"))
    # four months, and ten days of May: the read of 30 April lies within ten days of the tenth
    assert clicks(both[0]) == 400
    dealer.invoice(dealer.run(JUNE))
    assert (clicks(*both), clicks(both[1])) == (600, 200)


def test_a_gap_between_the_contracts_is_billed_by_neither():
    first, second = two_contracts("2026-03-31", "cover")
    second.covers[0].start_date = "2026-05-01"
    second.save()
    dealer.invoice(dealer.run(JUNE))
    assert (clicks(first), clicks(second)) == (300, 200)


def test_one_more_query_for_new_devices_and_a_constant_number_for_those_that_move(count_queries):
    """Three contracts that hand a device each to three others cost as many queries as one that does."""
    covers = {"unit_kind": "Device", "start_date": "2026-01-01"}
    taking = []
    for number in range(3):
        name = f"M-{number}"
        make.device(name, of=make.customer().name, installed_on="2025-12-01")
        dealer.month_reads(name, *range(0, 700, 100))
        dealer.contract(
            make.click_line(**LINE), covers=[{**covers, "device": name, "end_date": "2026-05-10"}]
        )
        second = {**covers, "device": name, "start_date": "2026-05-11"}
        taking.append(dealer.contract(make.click_line(**LINE), covers=[second]).name)
    load_cases(taking, frappe.utils.getdate(JUNE))  # meta and caches
    with count_queries() as one:
        load_cases(taking[:1], frappe.utils.getdate(JUNE))
    with count_queries() as three:
        cases = load_cases(taking, frappe.utils.getdate(JUNE))
    assert len(three) == len(one)
    assert all(case.handed == {f"M-{number}"} for number, case in enumerate(cases.values()))
