"""The run over contracts: catch-up, nothing twice, blocked bills held back, late reads on the next bill."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mps_module.cli.billing import Made, Span, State, make_bill, run_contract
from mps_module.cli.posted import Posted
from mps_module.engine.contract import SplitBy
from mps_module.engine.result import ChargeKind, Finding, Severity
from mps_module.engine.schedule import due_periods
from tests.cli.values import NO_NORMS, READS, case, read

MARCH = Span(date(2026, 3, 31))
ALL = Span(date(2026, 11, 1))


def run(posted: Posted, span: Span = ALL, reads=None, **options) -> list[Made]:
    given = case(reads=reads)
    given.posted = posted.bills("C-1")
    return list(run_contract(given, span, NO_NORMS, posted, **options))


@pytest.fixture
def posted(tmp_path: Path) -> Posted:
    return Posted(tmp_path / "bills")


def test_catch_up_gives_one_bill_a_due_date_from_the_start(posted: Posted) -> None:
    made = run(posted)
    assert [m.due for m in made] == [date(2026, m, 1) for m in range(1, 12)]
    assert all(m.newly_posted for m in made)
    # 100 base + 2 x 45 seats; from February on 2,500 black over the 500 free at .0085 and 100 colour at .06.
    assert [m.bill.total for m in made[:3]] == [Decimal("190.00"), Decimal("217.25"), Decimal("217.25")]
    assert made[0].last is None and made[2].difference == 0


def test_a_second_run_does_nothing_and_a_catch_up_in_two_steps_gives_the_same_files(
    tmp_path: Path, posted: Posted
) -> None:
    run(posted)
    assert run(posted) == []
    steps = Posted(tmp_path / "steps")
    assert len(run(steps, MARCH)) == 3
    assert len(run(Posted(steps.root))) == 8
    one = {p.relative_to(posted.root): p.read_bytes() for p in posted.root.rglob("*.json")}
    two = {p.relative_to(steps.root): p.read_bytes() for p in steps.root.rglob("*.json")}
    assert len(one) == 11 and one == two


def test_a_single_month_shows_what_was_posted_before(posted: Posted) -> None:
    month = Span(date(2026, 3, 1), start=date(2026, 2, 1))
    first = run(posted, month)
    again = run(posted, month)
    assert [(m.due, m.state, m.newly_posted) for m in first] == [(date(2026, 3, 1), State.READY, True)]
    assert [(m.due, m.state, m.newly_posted) for m in again] == [(date(2026, 3, 1), State.POSTED, False)]
    assert again[0].bill == first[0].bill


def test_a_month_after_a_gap_is_held_back_even_if_accepted(posted: Posted) -> None:
    run(posted, MARCH)
    (made,) = run(posted, Span(date(2026, 6, 1), start=date(2026, 5, 1)), accept=True)
    assert made.state is State.BLOCKED and not made.newly_posted
    assert made.findings[0].code == "earlier-not-billed"
    assert "2 earlier" in made.findings[0].message and "2026-04-01" in made.findings[0].message
    assert posted.cursor("C-1") == date(2026, 3, 1)


def missing_colour() -> list:
    """D-1's colour meter was never read: the contract is blocked from the first usage bill on."""
    return [r for r in READS if r.meter != "colour"]


def test_a_blocked_bill_is_not_posted_and_ends_the_row(posted: Posted) -> None:
    made = run(posted, reads=missing_colour())
    assert [(m.due.month, m.state, m.newly_posted) for m in made] == [
        (1, State.READY, True),
        (2, State.BLOCKED, False),
    ]
    assert posted.dues("C-1") == [date(2026, 1, 1)]


def test_a_blocked_bill_is_posted_when_it_is_accepted(posted: Posted) -> None:
    made = run(posted, MARCH, reads=missing_colour(), accept=True)
    assert [(m.state, m.newly_posted) for m in made] == [
        (State.READY, True),
        (State.BLOCKED, True),
        (State.BLOCKED, True),
    ]


def test_a_dry_run_writes_nothing_but_goes_on_as_if_it_had(posted: Posted) -> None:
    made = run(posted, post=False)
    assert len(made) == 11 and not any(m.newly_posted for m in made)
    assert made[-1].last is not None
    assert not posted.root.exists()


def test_a_late_read_comes_as_an_adjustment_on_the_next_bill(posted: Posted) -> None:
    # The read of 1 March is missing; February is closed with an estimate, then March's bill knows better.
    until_april = [r for r in READS if r.taken_at.date() < date(2026, 4, 20)]
    without = [r for r in until_april if (r.device, r.taken_at.date()) != ("D-1", date(2026, 3, 1))]
    february = run(posted, Span(date(2026, 3, 1)), reads=without)
    assert february[-1].bill.lines[2].estimated
    late = [*without, read("D-1", "mono", "2026-03-01", 13_400), read("D-1", "colour", "2026-03-01", 300)]
    (march,) = run(posted, Span(date(2026, 4, 1)), reads=late)
    old = next(line for line in february[-1].bill.lines if line.line_id == "mono").amount
    adjusted = {x.line_id: x.amount for x in march.bill.lines if x.kind is ChargeKind.ADJUSTMENT}
    # February in truth: 13,400 - 12,000 of D-1 and 2,000 of D-2, less 500: 2,900 x .0085 = 24.65.
    assert adjusted["mono"] == Decimal("24.65") - old
    assert march.bill.total == sum(x.amount for x in march.bill.lines)


def test_a_finding_on_the_contract_shows_on_each_bill(posted: Posted) -> None:
    odd = Finding("odd", Severity.WARN, "odd contract")
    made = run(posted, MARCH, extra=[odd])
    assert {m.state for m in made} == {State.FLAGGED}
    assert all(odd in m.findings and m.newly_posted for m in made)


def test_parts_of_a_split_bill_add_up() -> None:
    given = case(SplitBy.SITE)
    period = due_periods(given.contract, date(2026, 10, 1), date(2026, 11, 1))[0]
    made = make_bill(given, period, NO_NORMS)
    assert [name for name, _ in made.parts] == ["Head office", "Lager Süd"]
    assert sum(part for _, part in made.parts) == made.total == Decimal("217.25")
