"""Laws that hold for every bill: no click lost, none billed twice, the same bill again, rows that add up."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import bill
from mps_module.engine.contract import Allowance, BillingRules, EstimateRules, LineKind, Tolerance
from mps_module.engine.ledger import Ledger
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import ChargeKind
from mps_module.engine.schedule import due_periods
from tests.engine.billing.build import clicks, contract, device, flat_price, line, seats, tiers

D = Decimal
START = datetime(2025, 12, 20, tzinfo=timezone.utc)
LAST = date(2027, 2, 1)
MANY = BillingRules(estimates=EstimateRules(max_in_row=99))


@st.composite
def histories(draw, device_id="D1"):
    """Reads of one meter over 14 months at irregular times: (reads, clicks made between the first and the last)."""
    gaps = draw(st.lists(st.integers(1, 70 * 24), min_size=3, max_size=30))
    times = [START + timedelta(hours=h) for h in accumulate(gaps)]
    value, made, reads = draw(st.integers(0, 900_000)), 0, []
    for number, taken_at in enumerate(times):
        kind = ReadKind.ACTUAL
        if number:
            kind = draw(st.sampled_from([ReadKind.ACTUAL] * 8 + [ReadKind.RESET]))
            if kind is ReadKind.RESET:
                value = draw(st.integers(0, 50))
            else:
                used = draw(st.integers(0, 20_000))
                value, made = value + used, made + used
        reads.append(Read("D1", "mono", taken_at, value, kind=kind, read_id=str(number)))
    return reads, made


def bills(agreed, reads, units, posted=False):
    """All bills up to LAST; posted: each pins the boundaries of those before."""
    made = []
    for period in due_periods(agreed, None, LAST):
        ledger = Ledger.build(reads, pins=pins_of(made) if posted else None)
        made.append(bill(agreed, ledger, units, period, made if posted else ()))
    return made


def billed_clicks(made):
    return sum(u.usage for b in made for r in b.lines if r.proof for u in r.proof.usages)


@given(histories(), st.integers(0, 12), st.integers(0, 12), st.sampled_from([1, 3]))
def test_no_click_is_lost_and_none_billed_twice(history, before, after, months):
    reads, _ = history
    rules = BillingRules(
        tolerance=Tolerance(before, after), overage_months=months, estimates=EstimateRules(max_in_row=99)
    )
    made = bills(contract(clicks(), rules=rules), reads, [device()])
    usages = [u for b in made for r in b.lines for u in r.proof.usages]
    for one, following in pairwise(usages):
        assert one.closing == following.opening
    assert billed_clicks(made) == usages[-1].closing.odometer - usages[0].opening.odometer


@given(histories(), st.randoms(use_true_random=False))
def test_order_of_entry_does_not_matter(history, random):
    reads, _ = history
    agreed = contract(clicks(allowance=Allowance(D(500), carry_periods=2)), rules=MANY)
    shuffled = list(reads)
    random.shuffle(shuffled)
    assert bills(agreed, reads, [device()]) == bills(agreed, shuffled, [device()])


@given(histories())
def test_posting_one_after_the_other_gives_what_billing_afresh_gives(history):
    reads, _ = history
    agreed = contract(clicks(price=tiers((1_000, "0.012"), (None, "0.009"))), rules=MANY)
    assert bills(agreed, reads, [device()], posted=True) == bills(agreed, reads, [device()])


@given(histories(), st.data())
def test_a_correction_is_charged_exactly(history, data):
    """After any one correction, posted bills plus the next one come to what the right reads would have cost."""
    reads, _ = history
    wrong = data.draw(st.sampled_from([r for r in reads if r.kind is ReadKind.ACTUAL]))
    room = next((r.value for r in reads if r.taken_at > wrong.taken_at and r.kind is ReadKind.ACTUAL), None)
    if room is None or room < wrong.value:
        return
    value = data.draw(st.integers(wrong.value, room))
    right = Read(
        "D1", "mono", wrong.taken_at, value, read_id="right", supersedes=wrong.read_id, reason="typo"
    )
    agreed = contract(clicks(rate="0.01"), rules=MANY)
    posted = bills(agreed, reads, [device()], posted=True)[:-1]
    period = due_periods(agreed, posted[-1].period.due, LAST)[-1]
    ledger = Ledger.build([*reads, right], pins=pins_of(posted))
    last = bill(agreed, ledger, [device()], period, posted)
    afresh = [bill(agreed, ledger, [device()], b.period) for b in (*posted, last)]
    assert sum(b.total for b in (*posted, last)) == sum(b.total for b in afresh)


@given(
    st.lists(st.integers(0, 60_000), min_size=1, max_size=6),
    st.integers(0, 40_000),
    st.decimals(0, 20, places=2),
    st.sampled_from([None, D(0), D("75.5"), D(900)]),
    st.sampled_from([None, D(1_000)]),
)
def test_rows_add_up_and_multiply_to_their_amounts(used, allowance, discount, minimum, maximum):
    price = tiers((10_000, "0.0111"), (25_000, "0.008333"), (None, "0.00715"))
    one = clicks(
        price=price, allowance=Allowance(D(allowance)), discount=discount, minimum=minimum, maximum=maximum
    )
    reads = [
        Read(f"D{n}", "mono", datetime(2026, m, 1, tzinfo=timezone.utc), v, read_id=f"{n}{m}")
        for n, value in enumerate(used)
        for m, v in ((1, 0), (2, value))
    ]
    agreed = contract(one, line(LineKind.FLAT, "33.33"), line(LineKind.SEAT, "17.77"), rules=MANY)
    units = [*(device(f"D{n}") for n in range(len(used))), seats("s", 3, date(2026, 2, 11))]
    (period,) = due_periods(agreed, date(2026, 1, 1), date(2026, 2, 1))
    made = bill(agreed, Ledger.build(reads), units, period)
    assert made.total == sum(r.amount for r in made.lines)
    for row in made.lines:
        assert row.amount == (row.quantity * row.rate).quantize(D("0.01"), ROUND_HALF_UP)
    of_line = sum(r.amount for r in made.lines if r.line_id == "mono")
    if minimum is not None and (maximum is None or minimum <= maximum):
        assert of_line >= minimum
    if maximum is not None:
        assert of_line <= maximum


@given(st.integers(1, 31), st.integers(0, 400), st.decimals("0.01", 5_000, places=2))
def test_a_unit_is_charged_for_its_days_and_no_others(day, length, rate):
    start = date(2026, 3, day)
    end = start + timedelta(days=length)
    agreed = contract(line(LineKind.SEAT, str(rate)), rules=MANY)
    made = bills(agreed, [], [seats("s", 1, start, end=end)])
    days = sum(c.covered.days for b in made for r in b.lines if r.proof for c in r.proof.counts)
    billed_through = min(end, date(2027, 2, 28))
    assert days == (billed_through - start).days + 1
    assert all(r.kind is ChargeKind.BASE for b in made for r in b.lines)
    assert flat_price(str(rate)).tiers[0].rate == rate
