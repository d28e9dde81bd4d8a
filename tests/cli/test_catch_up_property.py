"""Whatever comes in late, and in however many runs a year is billed: in the end every click was billed once."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mps_module.cli.billing import Case, Span, run_contract
from mps_module.cli.posted import Posted
from mps_module.engine.contract import (
    BillingRules,
    Contract,
    ContractVersion,
    CoveredUnit,
    EstimateRules,
    Line,
    LineKind,
)
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device, MeterType
from mps_module.engine.reads import Read
from tests.cli.values import NO_NORMS, rate

START = date(2026, 1, 1)
MONTHS = 8
METERS = {"mono": MeterType("mono", digits=8)}


def first_of(month: int) -> date:
    return date(2026 + (month - 1) // 12, (month - 1) % 12 + 1, 1)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[tuple[Read, int]], list[int]]:
    """(reads, each with the month in which it becomes known), and the months in which somebody bills.

    Every month's last day is read, the last one in time; the others may come late.
    """
    value, rows = draw(st.integers(0, 50_000)), []
    for month in range(1, MONTHS + 2):
        day = first_of(month) - timedelta(days=1)
        taken = datetime(day.year, day.month, day.day, 18, tzinfo=timezone.utc)
        late = 0 if month == MONTHS + 1 or month == 1 else draw(st.integers(0, 3))
        known = min(month + late, MONTHS + 1)
        rows.append((Read("D-1", "mono", taken, value, read_id=f"r{month}"), known))
        value += draw(st.integers(0, 5_000))
    runs = sorted(draw(st.sets(st.integers(2, MONTHS), max_size=MONTHS)) | {MONTHS + 1, MONTHS + 2})
    return rows, runs


def contract() -> Contract:
    line = Line("mono", LineKind.CLICK, rate("0.01"), "Black", {"mono": Decimal(1)})
    rules = BillingRules(estimates=EstimateRules(max_in_row=12))
    return Contract("C-1", "K", START, (ContractVersion(1, START, (line,), rules),))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(stories())
def test_every_click_is_billed_once(story: tuple[list[tuple[Read, int]], list[int]]) -> None:
    rows, runs = story
    units = (CoveredUnit("D-1", start=START),)
    device = Device("D-1", meters=METERS, monthly_volume={"mono": Decimal(2_000)})
    with tempfile.TemporaryDirectory() as where:
        for month in runs:
            ledger = Ledger.build([r for r, known in rows if known <= month], [device])
            posted = Posted(Path(where))
            case = Case(contract(), ledger, units, posted.bills("C-1"))
            for made in run_contract(case, Span(first_of(month)), NO_NORMS, posted, accept=True):
                assert made.newly_posted
            # A second run with the same reads has nothing to do.
            again = Case(contract(), ledger, units, Posted(Path(where)).bills("C-1"))
            assert list(run_contract(again, Span(first_of(month)), NO_NORMS, Posted(Path(where)))) == []
        bills = Posted(Path(where)).bills("C-1")
    assert [b.period.due for b in bills] == [first_of(m) for m in range(2, MONTHS + 3)]
    through = {r.taken_at.date(): r.value for r, _ in rows}
    # The last bill's month has no read of its own yet; all before it is known and settled by now.
    settled = sum(
        (line.amount for b in bills for line in b.lines if line.period.end < first_of(MONTHS + 1)), Decimal(0)
    )
    clicks = through[first_of(MONTHS + 1) - timedelta(days=1)] - through[START - timedelta(days=1)]
    assert settled == Decimal(clicks) / 100


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(stories(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_number_of_runs_do_not_matter_once_all_is_known(story, random) -> None:
    rows, runs = story
    reads = [r for r, _ in rows]
    shuffled = list(reads)
    random.shuffle(shuffled)
    device = Device("D-1", meters=METERS, monthly_volume={"mono": Decimal(2_000)})
    units = (CoveredUnit("D-1", start=START),)
    files = []
    for given_reads, months in ((reads, [MONTHS + 1]), (shuffled, [m for m in runs if m <= MONTHS + 1])):
        with tempfile.TemporaryDirectory() as where:
            for month in months:
                posted = Posted(Path(where))
                case = Case(contract(), Ledger.build(given_reads, [device]), units, posted.bills("C-1"))
                list(run_contract(case, Span(first_of(month)), NO_NORMS, posted, accept=True))
            files.append({p.name + p.parent.name: p.read_bytes() for p in Path(where).rglob("*.json")})
    assert files[0] == files[1] and len(files[0]) == MONTHS


def test_a_contract_that_ends_is_billed_to_its_last_day_and_no_further(tmp_path: Path) -> None:
    ended = replace(contract(), end=date(2026, 3, 15))
    reads = [
        Read("D-1", "mono", datetime(2026, m, d, 12, tzinfo=timezone.utc), value)
        for m, d, value in ((1, 1, 0), (2, 1, 100), (3, 1, 200), (3, 15, 250))
    ]
    ledger = Ledger.build(reads, [Device("D-1", meters=METERS)])
    posted = Posted(tmp_path)
    case = Case(ended, ledger, (CoveredUnit("D-1", start=START),))
    made = list(run_contract(case, Span(date(2026, 12, 31)), NO_NORMS, posted))
    assert [m.due for m in made] == [date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 16)]
    assert sum(m.bill.total for m in made) == Decimal("2.50")


def test_a_contract_that_is_ended_behind_its_last_bill_is_settled_once(tmp_path: Path) -> None:
    """January to March at 310 in advance; then the end is said to have been 14 February: 14 of 28 days are owed."""
    line = Line("base", LineKind.FLAT, rate("310"), "Base")
    agreed = replace(contract(), versions=(ContractVersion(1, START, (line,)),))
    posted = Posted(tmp_path)
    case = Case(agreed, Ledger.build([]), ())
    first = list(run_contract(case, Span(date(2026, 3, 1)), NO_NORMS, posted))
    assert [m.bill.total for m in first] == [Decimal("310.00")] * 3
    ended = replace(agreed, end=date(2026, 2, 14))
    case = Case(ended, Ledger.build([]), (), posted=[m.bill for m in first])
    assert list(run_contract(case, Span(date(2026, 3, 1)), NO_NORMS, posted)) == [], "it is dated 2 March"
    (last,) = run_contract(case, Span(date(2026, 4, 1)), NO_NORMS, posted)
    assert (last.due, last.bill.total, last.newly_posted) == (date(2026, 3, 2), Decimal("-465.00"), True)
    assert [f.code for f in last.findings] == ["bill-negative"]
    again = Case(ended, Ledger.build([]), (), posted=[*(m.bill for m in first), last.bill])
    assert list(run_contract(again, Span(date(2026, 12, 31)), NO_NORMS, posted)) == []
