"""Laws of whole bills over contracts composed of everything at once: lines, cycles, moves, swaps, corrections."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import bill
from mps_module.engine.contract import (
    Allowance,
    AllowanceScope,
    BillingRules,
    Contract,
    ContractVersion,
    CoveredUnit,
    Escalator,
    EstimateRules,
    LineKind,
    Proration,
    ServiceCall,
    SplitBy,
    Tolerance,
)
from mps_module.engine.ledger import Ledger
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import Bill, ChargeKind
from mps_module.engine.schedule import due_periods
from mps_module.engine.split import split_bill
from tests.engine.billing.build import NEW_YEAR, clicks, flat_price, line, tiers

D = Decimal
UNTIL = date(2026, 7, 1)
DEVICES = ("A", "B")


@st.composite
def agreements(draw) -> Contract:
    """One or two versions with any of the kinds of lines, and rules of any sort."""
    allowance = draw(
        st.sampled_from(
            [
                None,
                Allowance(D(2_000)),
                Allowance(D(900), AllowanceScope.PER_UNIT),
                Allowance(D(1_000), per_device=True),
                Allowance(D(1_500), carry_periods=2),
            ]
        )
    )
    prices = [flat_price("0.0085"), tiers((1_000, "0.0111"), (4_000, "0.008333"), (None, "0.00715"))]
    usage = clicks(
        price=draw(st.sampled_from(prices)),
        allowance=allowance,
        discount=draw(st.sampled_from([D(0), D("7.5")])),
        minimum=draw(st.sampled_from([None, D(12)])),
        maximum=draw(st.sampled_from([None, D(60)])),
    )
    others = draw(
        st.lists(
            st.sampled_from(
                [
                    line(LineKind.FLAT, "33.33"),
                    line(LineKind.DEVICE, "17.77"),
                    line(LineKind.INCIDENT, "95"),
                    line(LineKind.BLOCK, "20", block=D(3_000), meters={"mono": D(1)}),
                ]
            ),
            unique_by=lambda one: one.line_id,
        )
    )
    start = date(2026, 1, draw(st.integers(1, 28)))
    anchor = draw(st.sampled_from([1, 15, 31]))
    end = draw(st.sampled_from([None, date(2026, 5, 19)]))
    versions = [version(draw, 1, start, (usage, *others), anchor)]
    if draw(st.booleans()):
        amended = (clicks(rate="0.009", allowance=allowance), *others)
        versions.append(version(draw, 2, date(2026, 3, draw(st.integers(1, 28))), amended, anchor))
    return Contract("C-1", "CUST-1", start, tuple(versions), end)


def version(draw, number, effective, lines, anchor) -> ContractVersion:
    rules = BillingRules(
        base_months=draw(st.sampled_from([1, 3])),
        overage_months=draw(st.sampled_from([1, 2])),
        anchor_day=anchor,
        tolerance=Tolerance(draw(st.integers(0, 10)), draw(st.integers(0, 6))),
        estimates=EstimateRules(max_in_row=99),
        proration=draw(st.sampled_from(list(Proration))),
        minimum=draw(st.sampled_from([None, D("49.90")])),
    )
    return ContractVersion(number, effective, lines, rules, draw(st.sampled_from([None, Escalator(D(4), 2)])))


@st.composite
def fleets(draw) -> list[CoveredUnit]:
    """Two devices; either may move to another site, join late or leave early."""
    units = []
    for name in DEVICES:
        start = NEW_YEAR + timedelta(days=draw(st.integers(0, 60)))
        end = draw(st.none() | st.integers(90, 170).map(lambda n: NEW_YEAR + timedelta(days=n)))
        if draw(st.booleans()):
            move = start + timedelta(days=draw(st.integers(1, 29)))
            units.append(CoveredUnit(name, start=start, end=move - timedelta(days=1), site="North"))
            start = move
        units.append(CoveredUnit(name, start=start, end=end, site="South"))
    return units


@st.composite
def ledgers(draw) -> list[Read]:
    """Reads of both devices at odd times, now and then a swap of the board."""
    reads = []
    for name in DEVICES:
        moment, value = datetime(2025, 12, 25, tzinfo=timezone.utc), draw(st.integers(0, 90_000))
        for number in range(draw(st.integers(4, 12))):
            moment += timedelta(hours=draw(st.integers(12, 40 * 24)))
            kind = ReadKind.RESET if number and draw(st.integers(0, 9)) == 0 else ReadKind.ACTUAL
            value = 0 if kind is ReadKind.RESET else value + draw(st.integers(0, 4_000))
            reads.append(Read(name, "mono", moment, value, kind=kind, read_id=f"{name}{number}"))
    return reads


CALLS = tuple(
    ServiceCall(f"S{n}", DEVICES[n % 2], NEW_YEAR + timedelta(days=23 * n), incident=True) for n in range(7)
)
FEW = settings(max_examples=25, deadline=None)


def bills(agreed, reads, units, posted=False) -> list[Bill]:
    made: list[Bill] = []
    for period in due_periods(agreed, None, UNTIL):
        ledger = Ledger.build(reads, calls=CALLS, pins=pins_of(made) if posted else None)
        made.append(bill(agreed, ledger, units, period, made if posted else ()))
    return made


@FEW
@given(agreements(), ledgers(), fleets())
def test_posting_with_pins_changes_nothing_while_nothing_changes(agreed, reads, units):
    assert bills(agreed, reads, units, posted=True) == bills(agreed, reads, units)


@FEW
@given(agreements(), ledgers(), fleets())
def test_every_device_is_billed_from_its_first_boundary_to_its_last(agreed, reads, units):
    made = bills(agreed, reads, units)
    for name in DEVICES:
        usages = [
            u
            for b in made
            for r in b.lines
            if r.line_id == "mono" and r.proof
            for u in r.proof.usages
            if u.unit == name
        ]
        for one, following in zip(usages, usages[1:], strict=False):
            assert one.period.end + timedelta(days=1) == following.period.start
            assert one.closing.odometer == following.opening.odometer
        if usages:
            whole = usages[-1].closing.odometer - usages[0].opening.odometer
            assert sum(u.usage for u in usages) == whole


@FEW
@given(agreements(), ledgers(), fleets())
def test_rows_multiply_and_parts_add_up(agreed, reads, units):
    for made in bills(agreed, reads, units):
        assert made.total == sum(r.amount for r in made.lines)
        for row in made.lines:
            assert row.amount == (row.quantity * row.rate).quantize(D("0.01"), ROUND_HALF_UP)
        parts = split_bill(made, units, SplitBy.SITE)
        assert sum(p.total for p in parts) == made.total
        assert {p.key for p in parts} <= {"North", "South", ""}


@FEW
@given(agreements(), ledgers(), fleets(), st.data())
def test_a_correction_settles_to_what_was_right(agreed, reads, units, data):
    """Whatever the contract holds: what was posted and the next bill come to what the right reads cost under the same
    pins."""
    posted = bills(agreed, reads, units, posted=True)
    if len(posted) < 2:
        return
    *before, last = posted
    number = data.draw(st.integers(0, len(reads) - 1))
    wrong = reads[number]
    if wrong.kind is not ReadKind.ACTUAL:
        return
    value = wrong.value + data.draw(st.integers(0, 300))
    right = Read(
        wrong.device, "mono", wrong.taken_at, value, read_id="x", supersedes=wrong.read_id, reason="typo"
    )
    ledger = Ledger.build([*reads, right], calls=CALLS, pins=pins_of(before))
    made = bill(agreed, ledger, units, last.period, before)
    afresh = [bill(agreed, ledger, units, b.period) for b in posted]
    assert sum(b.total for b in (*before, made)) == sum(b.total for b in afresh)
    for row in made.lines:
        if row.kind is ChargeKind.ADJUSTMENT:
            assert row.amount


@FEW
@given(agreements(), ledgers(), fleets(), st.integers(1, 6))
def test_settled_once_it_stays_settled_whichever_bills_are_given(agreed, reads, units, keep):
    """Nothing changes after the correction, so a later bill finds nothing to adjust, with all bills or the last few."""
    posted = bills(agreed, reads, units[:-1], posted=True)  # a row of cover is entered late
    if len(posted) < 3:
        return
    ledger = Ledger.build(reads, calls=CALLS, pins=pins_of(posted[:-2]))
    settled = bill(agreed, ledger, units, posted[-2].period, posted[:-2])
    history = [*posted[:-2], settled]
    ledger = Ledger.build(reads, calls=CALLS, pins=pins_of(history))
    for given_bills in (history, history[-keep:]):
        last = bill(agreed, ledger, units, posted[-1].period, given_bills)
        assert [r for r in last.lines if r.kind is ChargeKind.ADJUSTMENT] == []


@FEW
@given(agreements(), ledgers(), fleets(), st.integers(5, 120))
def test_an_early_end_never_costs_more_days_than_were_covered(agreed, reads, units, days):
    """Ended early, every base row that is charged by days comes to its share of the days until the end."""
    end = agreed.start + timedelta(days=days)
    if agreed.end is not None and end >= agreed.end:
        return
    short = Contract(agreed.contract, agreed.customer, agreed.start, agreed.versions, end)
    ledger = Ledger.build(reads, calls=CALLS)
    for period in due_periods(agreed, None, UNTIL):
        if period.base is None:
            continue
        long_, cut = bill(agreed, ledger, units, period), bill(short, ledger, units, period)
        base = [sum(r.amount for r in b.lines if r.line_id in ("flat", "device")) for b in (long_, cut)]
        assert 0 <= base[1] <= base[0]
        if period.base.start > end:
            assert base[1] == 0
        elif period.base.end <= end:
            assert base[1] == base[0]
