"""`mps explain`'s tree says everything that the proof holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO

from rich.console import Console

from mps_module.cli.billing import make_bill
from mps_module.cli.runs import runs_of
from mps_module.cli.unfold import bill_tree, finding_text
from mps_module.engine.contract import SplitBy
from mps_module.engine.reads import ReadKind
from mps_module.engine.result import Bill, Finding, Severity
from mps_module.engine.schedule import due_periods
from tests.cli.values import NO_NORMS, READS, case, read


def made(month: int = 11, reads=None, split: SplitBy = SplitBy.NONE) -> tuple[Bill, object]:
    given = case(split, reads)
    period = due_periods(given.contract, date(2026, month - 1, 1), date(2026, month, 1))[0]
    return make_bill(given, period, NO_NORMS), given.ledger


def shown(bill: Bill, *args) -> str:
    console = Console(width=220, record=True, file=StringIO())
    console.print(bill_tree(bill, *args))
    return console.export_text()


def test_the_arithmetic_of_an_allowance() -> None:
    text = shown(made()[0])
    assert "3,000 used - 500 free = 2,500 charged" in text
    assert "2,500 × 0.0085 = 21.25" in text
    assert "Black prints (mono, overage) 1 – 31 Oct 2026: 2,500 × 0.0085 = €21.25" in text


def test_an_estimate_says_from_which_read() -> None:
    bill, _ = made(reads=[r for r in READS if r.taken_at.date() < date(2026, 11, 1)])
    text = shown(bill)
    assert (
        "estimated" in text
        and "for 31 Oct 2026 from 20,000, read 2026-10-01 12:00+00:00 by collector" in text
    )
    assert "findings" in text and "D-1: mono is estimated" in text


def test_a_missing_read_is_named() -> None:
    bill, _ = made(reads=[r for r in READS if r.meter != "colour"])
    assert "opens without a read" in shown(bill)


def test_a_swap_shows_both_runs_and_they_add_up() -> None:
    bill, ledger = made(month=9)
    text = shown(bill, None, ledger)
    assert "epoch 0: 16,000 to 17,000 = 1,000" in text and "epoch 1 after reset: 0 to 1,000 = 1,000" in text
    usages = [u for line in bill.lines if line.proof for u in line.proof.usages]
    for usage in usages:
        runs = runs_of(usage, ledger)
        assert not runs or sum(r.clicks for r in runs) == usage.usage


def test_a_rollover_runs_to_the_end_of_the_counter() -> None:
    """Ten million is where a counter of seven unknown digits starts again."""
    reads = [r for r in READS if r.device == "D-1"] + [
        read("D-2", "mono", "2026-10-01", 9_999_000),
        read("D-2", "mono", "2026-11-01", 500, ReadKind.ROLLOVER),
    ]
    bill, ledger = made(reads=reads)
    usage = next(u for line in bill.lines if line.proof for u in line.proof.usages if u.unit == "D-2")
    assert usage.usage == Decimal(1500)
    assert [(r.start, r.end) for r in runs_of(usage, ledger)] == [(9_999_000, 10_000_000), (0, 500)]


def test_only_so_many_units_are_shown_when_asked() -> None:
    text = shown(made()[0], 1)
    assert "D-1: 1,000 clicks" in text and "… and 1 more units" in text and "D-2: 2,000" not in text


def test_parts_findings_and_markup_are_plain_text() -> None:
    bill, _ = made(split=SplitBy.SITE)
    odd = replace(bill, findings=(Finding("x", Severity.WARN, "[bold]odd[/]", "Look", Decimal("12.5")),))
    text = shown(odd)
    assert "Lager Süd: " in text
    assert "warn [bold]odd[/] [12.50 at stake]. Look" in text
    assert "block" in finding_text(Finding("y", Severity.BLOCK, "m"))
