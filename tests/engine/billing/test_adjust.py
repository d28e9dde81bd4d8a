"""Late and corrected reads: the customer pays the exact difference, once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mps_module.engine.adjust import pins_of
from mps_module.engine.contract import BillingRules, LineKind, ServiceCall, SplitBy
from mps_module.engine.result import ChargeKind
from mps_module.engine.split import split_bill
from tests.engine.billing.build import amounts, bill_due, clicks, contract, device, line, month_starts, read

D = Decimal
AGREED = contract(clicks(rate="0.01"))


def billed(reads, *months: int, agreed=AGREED, calls=()):
    """Bills posted one after the other, each seeing those before."""
    posted = []
    for month in months:
        due = date(2026, month, 1)
        posted.append(
            bill_due(agreed, reads, [device()], due, calls=calls, posted=posted, pins=pins_of(posted))
        )
    return posted


def test_nothing_changed_means_no_adjustment():
    posted = billed(month_starts(0, 1_000, 2_200), 2, 3)
    assert all(r.kind is not ChargeKind.ADJUSTMENT for b in posted for r in b.lines)


def test_a_corrected_read_is_adjusted_on_the_next_bill():
    reads = month_starts(0, 1_000, 2_000, 3_000)
    posted = billed(reads, 2, 3)
    wrong = reads[1]
    right = read(1_100, 2026, 2, 1, supersedes=wrong.read_id, reason="mistyped")
    made = bill_due(
        AGREED, [*reads, right], [device()], date(2026, 4, 1), posted=posted, pins=pins_of(posted)
    )
    rows = [(r.period.start.month, r.amount) for r in made.lines if r.kind is ChargeKind.ADJUSTMENT]
    assert rows == [(1, D("1.00")), (2, D("-1.00"))]
    assert made.total == D("10.00")


def test_what_was_adjusted_once_is_not_adjusted_again():
    reads = month_starts(0, 1_000, 2_000, 3_000, 4_000)
    posted = billed(reads, 2)
    right = read(1_100, 2026, 2, 1, supersedes=reads[1].read_id, reason="mistyped")
    for month in (3, 4, 5):
        due = date(2026, month, 1)
        posted.append(bill_due(AGREED, [*reads, right], [device()], due, posted=posted, pins=pins_of(posted)))
    assert [b.total for b in posted] == [D("10.00"), D("10.00"), D("10.00"), D("10.00")]
    assert sum(b.total for b in posted) == D("40.00")
    assert amounts(posted[1]) == {("mono", "overage"): D("9.00"), ("mono", "adjustment"): D("1.00")}


def test_a_late_read_nearer_to_midnight_does_not_move_a_posted_bill():
    reads = [read(0, 2026, 1, 1), read(900, 2026, 1, 29), read(2_000, 2026, 3, 1)]
    posted = billed(reads[:2], 2)
    late = read(990, 2026, 1, 31, 20)
    made = bill_due(AGREED, [*reads, late], [device()], date(2026, 3, 1), posted=posted, pins=pins_of(posted))
    assert amounts(made) == {("mono", "overage"): D("11.00")}  # 2,000 - 900: opens at what January closed at


def test_a_read_that_comes_after_the_estimate_replaces_it():
    reads = [*month_starts(0, 3_000, 6_000), read(12_000, 2026, 5, 1)]
    posted = billed(reads[:3], 2, 3, 4)
    assert posted[-1].lines[0].estimated
    late = read(7_000, 2026, 4, 1)
    made = bill_due(AGREED, [*reads, late], [device()], date(2026, 5, 1), posted=posted, pins=pins_of(posted))
    assert sum(b.total for b in posted) + made.total == D("120.00")
    rows = amounts(made)
    assert rows["mono", "overage"] == D("50.00")
    assert rows["mono", "adjustment"] == D("10.00") - posted[-1].total


def test_a_call_entered_late_is_charged_with_the_next_bill():
    agreed = contract(line(LineKind.INCIDENT, "95"))
    posted = billed([], 2, agreed=agreed)
    call = ServiceCall("S1", "D1", date(2026, 1, 30), incident=True)
    made = bill_due(agreed, [], [device()], date(2026, 3, 1), calls=[call], posted=posted)
    assert amounts(made) == {("incident", "adjustment"): D("95.00")}


def test_bills_older_than_those_given_are_left_alone():
    reads = month_starts(0, 1_000, 2_000, 3_000, 4_000)
    posted = billed(reads, 2)
    right = read(1_100, 2026, 2, 1, supersedes=reads[1].read_id, reason="mistyped")
    posted.append(
        bill_due(AGREED, [*reads, right], [device()], date(2026, 3, 1), posted=posted, pins=pins_of(posted))
    )
    made = bill_due(
        AGREED, [*reads, right], [device()], date(2026, 4, 1), posted=posted[1:], pins=pins_of(posted)
    )
    assert amounts(made) == {("mono", "overage"): D("10.00")}


def test_an_adjustment_goes_to_the_site_whose_device_was_corrected():
    rules = BillingRules(split_by=SplitBy.SITE)
    agreed = contract(clicks(rate="0.01"), rules=rules)
    units = [device(site="North"), device("D2", site="South")]
    reads = month_starts(0, 1_000, 2_000, 3_000) + month_starts(0, 500, 1_000, 1_500, device="D2")
    posted = [bill_due(agreed, reads, units, date(2026, 2, 1))]
    right = read(
        700, 2026, 2, 1, device="D2", supersedes="D2/mono/2026-02-01 00/500/actual", reason="mistyped"
    )
    made = bill_due(agreed, [*reads, right], units, date(2026, 3, 1), posted=posted, pins=pins_of(posted))
    parts = {part.key: part.total for part in split_bill(made, units, SplitBy.SITE)}
    assert parts == {"North": D("10.00"), "South": D("3.00") + D("2.00")}
