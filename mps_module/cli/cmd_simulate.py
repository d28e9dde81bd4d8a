"""`mps simulate`: the last months under another plan, side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from mps_module.cli import console, formats
from mps_module.cli.folder import Folder
from mps_module.cli.posted import Posted
from mps_module.engine.contract import Contract
from mps_module.engine.money import decimals_of
from mps_module.engine.result import Bill
from mps_module.engine.simulate import Replay, simulate

MAX_MONTHS = 240


@dataclass(frozen=True, slots=True)
class Simulation:
    contract: Contract
    plan: Contract
    after: date
    until: date
    replay: Replay


def as_plan(contract: Contract, plan: Contract) -> Contract:
    """The other plan for this customer: from the contract's first day on, at the rates that it names.

    The plan's escalator is left out: its rates are today's, and would else be raised for years that it never saw.
    Of a plan with several versions the last one counts.
    """
    version = replace(plan.versions[-1], effective=contract.start, version=1, escalator=None)
    return replace(contract, versions=(version,), currency=plan.currency, title=plan.title)


def months_back(until: date, months: int) -> date:
    """The due date `months` months before `until` (a first of a month)."""
    index = until.year * 12 + until.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def run_simulation(folder: Folder, contract: str, plan_file: Path, months: int, until: date) -> Simulation:
    """Both plans over the bills that fell due in the `months` months up to `until`.

    Raises: UsageProblem: no such contract; the plan cannot be read or is wrong.
    """
    if not 1 <= months <= MAX_MONTHS:
        raise console.UsageProblem(f"--months must be 1 to {MAX_MONTHS}.")
    folder.choose((contract,))
    folder.must_be_sound(contract)
    plan, wrong = folder.read_plan(plan_file)
    if plan is None or wrong:
        raise console.UsageProblem(f"{plan_file}: " + "; ".join(wrong))
    case = folder.case(contract, Posted(folder.path / "no bills"))
    other = as_plan(case.contract, plan)
    if other.currency != case.contract.currency:
        raise console.UsageProblem(
            f"{plan_file} is in {other.currency}, {contract} in {case.contract.currency}: give the plan this currency."
        )
    after = months_back(until, months)
    try:
        replay = simulate(case.contract, other, case.ledger, case.units, after, until)
    except (ValueError, ArithmeticError) as error:
        raise console.UsageProblem(f"The plan cannot be billed: {error}") from error
    return Simulation(case.contract, other, after, until, replay)


def clicks_of(bill: Bill) -> Decimal:
    """Counter steps billed, each counter once."""
    seen: dict[tuple[str, str, str], Decimal] = {}
    for line in bill.lines:
        for usage in line.proof.usages if line.proof else ():
            seen[usage.unit, usage.meter, str(usage.period)] = usage.usage
    return sum(seen.values(), Decimal(0))


def by_month(found: Simulation) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    """(month that the bills close, clicks billed at present, present, plan), oldest first."""
    rows: dict[str, list[Decimal]] = {}
    for column, bills in ((1, found.replay.present), (2, found.replay.plan)):
        for bill in bills:
            row = rows.setdefault(bill.period.closes.strftime("%Y-%m"), [Decimal(0), Decimal(0), Decimal(0)])
            row[column] += bill.total
            row[0] += clicks_of(bill) if column == 1 else 0
    return [(month, *row) for month, row in sorted(rows.items())]


def simulation_json(found: Simulation) -> dict[str, Any]:
    return {
        "contract": found.contract.contract,
        "currency": found.contract.currency,
        "plan": found.plan.title,
        "after": found.after,
        "until": found.until,
        "months": [
            {"month": month, "clicks": clicks, "present": present, "plan": plan, "difference": plan - present}
            for month, clicks, present, plan in by_month(found)
        ],
        "present": found.replay.present_total,
        "plan_total": found.replay.plan_total,
        "difference": found.replay.difference,
    }


def show_simulation(found: Simulation) -> None:
    """Side by side, month by month."""
    out = console.out()
    if not (found.replay.present or found.replay.plan):
        first, last = formats.day(found.after + timedelta(days=1)), formats.day(found.until)
        out.print(f"No bill of {escape(found.contract.contract)} falls due from {first} to {last}.")
        return
    out.print(
        f"[bold]{escape(found.contract.contract)}[/] now and under "
        f"[bold]{escape(found.plan.title or 'the plan')}[/], bills due "
        f"{formats.day(found.after + timedelta(days=1))} to {formats.day(found.until)}, in {found.contract.currency}\n"
    )
    table = Table(box=None, header_style="bold", pad_edge=False, show_footer=True)
    replay, decimals = found.replay, decimals_of(found.contract.currency)
    for name, foot in (
        ("month", "total"),
        ("clicks", ""),
        ("now", formats.amount(replay.present_total, decimals)),
        ("plan", formats.amount(replay.plan_total, decimals)),
        ("difference", formats.signed(replay.difference, decimals)),
    ):
        table.add_column(name, foot, justify="left" if name == "month" else "right", footer_style="bold")
    for month, clicks, present, plan in by_month(found):
        gap = plan - present
        colour = "green" if gap < 0 else "red" if gap > 0 else "dim"
        table.add_row(
            month,
            formats.number(clicks),
            formats.amount(present, decimals),
            formats.amount(plan, decimals),
            f"[{colour}]{formats.signed(gap, decimals)}[/]",
        )
    out.print(table)
    if replay.present_total:
        share = replay.difference / replay.present_total * 100
        word = "less" if replay.difference < 0 else "more"
        out.print(f"\nThe customer would have paid [bold]{abs(share):.1f} % {word}[/].")
