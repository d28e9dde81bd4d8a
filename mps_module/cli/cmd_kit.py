"""`mps kit`: which parts a technician should carry, from past jobs in a file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from mps_module.cli import console, formats
from mps_module.cli.show_check import issue_json, show_issues, show_tally, tally_json
from mps_module.engine.kit import (
    Axis,
    Goal,
    History,
    HistoryModel,
    IndependentModel,
    Job,
    Kit,
    KitError,
    KitModel,
    KitPlan,
    Part,
    Take,
    estimate,
    plan,
    select,
    tours_of,
    with_prior,
)
from mps_module.engine.kit.explain import Verdict as Aboard
from mps_module.engine.reads import Verdict
from mps_module.readers.issue import BadValue, Issue, Tally, counted
from mps_module.readers.jobs import KitFiles, as_parts
from mps_module.readers.settings import settings_beside

POINTS = 15
NAMES = {"jobs": ("jobs", "history"), "items": ("items", "part_list"), "trunk": ("trunk", "stock")}
ENDINGS = (".csv", ".xlsx", ".xlsm", ".tsv", ".txt")
MODELS = ("history", "independent")
YEAR = Decimal(365)


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked. `target` in percent; exactly one of target, budget and penalty.

    Attributes:
        path: a folder with jobs, items and trunk files, or the jobs file itself.
        tour: "day", "week", "tour" or a number of jobs between two restocks.
        holding, restock_days: percent of a part's value that carrying it costs a year; days between restocks.
    """

    path: Path
    items: Path | None = None
    trunk: Path | None = None
    target: str | None = None
    budget: str | None = None
    penalty: str | None = None
    by_slots: bool = False
    cap: str | None = None
    model: str = "history"
    tour: str = "1"
    whole_jobs: bool = False
    technician: str = ""
    territory: str = ""
    holding: str = "25"
    restock_days: int = 7


@dataclass(frozen=True, slots=True)
class Found:
    """The answer and what it rests on."""

    options: Options
    goal: Goal
    jobs: tuple[Job, ...]
    parts: tuple[Part, ...]
    priced: bool
    result: KitPlan
    unlisted: tuple[str, ...] = ()
    issues: list[Issue] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    @property
    def exit_code(self) -> int:
        aside = any(issue.verdict is Verdict.QUARANTINED for issue in self.issues)
        return console.FOUND if aside else console.OK


def run_kit(options: Options) -> Found:
    """Read, solve, explain.

    Raises:
        UsageProblem: a file is missing or unreadable, or the question has no answer; the message says why.
    """
    goal, asked = _question(options)
    if options.model not in MODELS:
        raise console.UsageProblem(f"--model is {' or '.join(MODELS)}, not “{options.model}”.")
    places = _places(options)
    files = KitFiles(*settings_beside(options.path))
    try:
        jobs = files.jobs(places["jobs"])
        listed = files.parts(places["items"]) if places.get("items") else None
        aboard = files.trunk(places["trunk"]) if places.get("trunk") else None
    except BadValue as problem:
        raise console.UsageProblem(f"{problem.message}. {problem.todo}".strip()) from None
    chosen = _chosen(options, jobs, files)
    share = _number("--holding", options.holding) / 100 * options.restock_days / YEAR
    parts = as_parts(listed, chosen, aboard or (), share)
    try:
        model = _model(options, parts, chosen)
        result = plan(
            model, goal, asked, trunk=None if aboard is None else Kit.of(aboard),
            axis=Axis.SLOTS if options.by_slots else Axis.MONEY, cap=_cap(options),
        )  # fmt: skip
    except KitError as error:
        raise console.UsageProblem(f"This cannot be answered: {error}.") from None
    codes = {part.code for part in parts}
    unlisted = sorted({code for job in chosen for code, _units in job.needs} - codes)
    return Found(
        options, goal, chosen, tuple(parts), listed is not None, result, tuple(unlisted), files.issues, files.tally()
    )  # fmt: skip


def _question(options: Options) -> tuple[Goal, Decimal]:
    given = {
        Goal.TARGET: options.target, Goal.BUDGET: options.budget, Goal.PENALTY: options.penalty,
    }  # fmt: skip
    asked = {goal: text for goal, text in given.items() if text is not None}
    if len(asked) > 1:
        raise console.UsageProblem("Give one of --target, --budget and --penalty.")
    goal, text = next(iter(asked.items()), (Goal.TARGET, "80"))
    value = _number(f"--{goal.value}", text.rstrip("%").strip())
    if goal is Goal.TARGET:
        if value > 100:
            raise console.UsageProblem(f"--target is a share of the jobs, at most 100 %, not {text}.")
        value /= 100
    return goal, value


def _number(option: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise console.UsageProblem(f"{option}: “{text}” is no number of 0 or more.")
    return value


def _cap(options: Options) -> Decimal | int | None:
    if options.cap is None:
        return None
    value = _number("--cap", options.cap)
    return value if options.by_slots else int(value)


def _places(options: Options) -> dict[str, Path]:
    """The three files; of a folder those with the usual names."""
    found: dict[str, Path] = {}
    if options.path.is_dir():
        for kind, stems in NAMES.items():
            matches = [
                p
                for p in sorted(options.path.iterdir())
                if p.stem.lower() in stems and p.suffix.lower() in ENDINGS
            ]
            if len(matches) > 1:
                names = " and ".join(p.name for p in matches)
                raise console.UsageProblem(f"{options.path} holds {names}: leave one of them.")
            if matches:
                found[kind] = matches[0]
        if "jobs" not in found:
            raise console.UsageProblem(
                f"{options.path} holds no jobs.csv or jobs.xlsx: one row for each part of a past job."
            )
    else:
        found["jobs"] = options.path
    found.update(
        {kind: p for kind, p in (("items", options.items), ("trunk", options.trunk)) if p is not None}
    )
    for path in found.values():
        if not path.is_file():
            raise console.UsageProblem(f"{path}: no such file.")
    return found


def _chosen(options: Options, jobs: Sequence[Job], files: KitFiles) -> tuple[Job, ...]:
    chosen = select(jobs, technician=options.technician, territory=options.territory)
    if chosen:
        return chosen
    if jobs:
        told = (
            f"technician “{options.technician}”" if options.technician else f"territory “{options.territory}”"
        )
        known = sorted({job.technician if options.technician else job.territory for job in jobs} - {""})
        raise console.UsageProblem(f"No job of {told}. There are: {', '.join(known[:20]) or 'none named'}.")
    said = next(
        (f"{i.place}: {i.message}. {i.todo}" for i in files.issues if i.verdict is Verdict.QUARANTINED), ""
    )
    raise console.UsageProblem(f"There is no past job to learn from. {said}".strip())


def _model(options: Options, parts: Sequence[Part], jobs: Sequence[Job]) -> KitModel:
    take = Take.ALL_OR_NOTHING if options.whole_jobs else Take.PARTIAL
    count = int(options.tour) if options.tour.isdecimal() else 0
    needs = estimate(parts, jobs)
    if options.model == "independent":
        if not count:
            raise console.UsageProblem("--model independent needs --tour as a number of jobs.")
        return IndependentModel.of(parts, {need.part: need.pmf for need in needs}, count, take)
    # A trunk refilled before each job asks for no order of the jobs, so it needs no dates.
    tours = History(tuple((job,) for job in jobs)) if count == 1 else tours_of(jobs, count or options.tour)
    return HistoryModel.of(parts, with_prior(tours, needs), take)


def kit_json(found: Found) -> dict[str, Any]:
    point, answer, now = found.result.answer.point, found.result.answer, found.result.present
    return {
        "goal": found.goal, "asked": answer.asked, "jobs": len(found.jobs),
        "kit": {"units": point.kit.as_dict(), "money": point.money, "slots": point.slots, "rate": point.rate,
                "bound": answer.bound, "proven": answer.proven},
        "frontier": [{"money": p.money, "slots": p.slots, "rate": p.rate, "bound": p.bound} for p in found.result.frontier.points],
        "present": None if now is None else {
            "units": now.kit.as_dict(), "rate": now.rate, "money": now.money, "slots": now.slots,
            "same_money_rate": now.same_money, "same_rate_money": now.same_rate, "unknown": list(now.unknown),
        },
        "changes": [{"part": c.part, "act": c.act, "have": c.have, "want": c.want, "money": c.money} for c in found.result.changes],
        "reasons": [
            {"part": r.part, "verdict": r.verdict, "units": r.units, "unit_cost": r.unit_cost, "loses": r.loses,
             "wins": r.wins, "carries": r.carries, "message": r.message}
            for r in found.result.reasons
        ],
        "unlisted": list(found.unlisted),
        "issues": [issue_json(i) for i in found.issues if i.verdict is not Verdict.ACCEPTED],
        "tally": tally_json(found.tally),
    }  # fmt: skip


def write_kit(found: Found, path: Path) -> None:
    """The kit as a file: part, units, holding cost of all of them, what is aboard now."""
    now = found.result.present
    aboard = now.kit.as_dict() if now else {}
    costs = {part.code: part.holding_cost for part in found.parts}
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("part", "units", "holding_cost", "aboard"))
        for code, units in found.result.answer.kit.units:
            rows.writerow((code, units, formats.plain(round(costs[code] * units, 4)), aboard.get(code, 0)))


def show_kit(found: Found, everything: bool) -> None:
    """The answer, what changes, why, and the frontier."""
    out = console.out()
    told = [i for i in found.issues if i.verdict in (Verdict.QUARANTINED, Verdict.FLAGGED)]
    if told:
        told.sort(key=lambda issue: issue.verdict is Verdict.FLAGGED)
        show_issues(told if everything else told[:20], out)
        if len(told) > 20 and not everything:
            out.print(f"[dim]… and {counted(len(told) - 20, 'more row')}: --all shows them[/]")
        out.print()
        show_tally(found.tally, out)
    _show_answer(found, out)
    if found.result.changes:
        out.print()
        out.print(_changes(found, None if everything else 40))
    out.print()
    out.print(_reasons(found, None if everything else 40))
    out.print()
    out.print(_frontier(found))


def _show_answer(found: Found, out: Any) -> None:
    point, answer, now = found.result.answer.point, found.result.answer, found.result.present
    days = sorted(str(job.on)[:10] for job in found.jobs if job.on)
    when = f", {days[0]} to {days[-1]}" if days else ""
    out.print(f"[bold]{counted(len(found.jobs), 'past job')}[/]{when}, {counted(len(found.parts), 'part')}")
    units = sum(units for _code, units in point.kit.units)
    proof = "no better kit exists" if answer.proven else f"at most {answer.gap:.2%} from the best"
    out.print(
        f"[bold]{point.rate:.2%}[/] of the jobs need no second trip with {counted(len(point.kit.units), 'part')}, "
        f"{counted(units, 'unit')}: {_cost(found, point.money)}, {counted(point.slots, 'slot')} ({proof})"
    )
    if now is not None:
        out.print(
            f"The trunk now: [bold]{now.rate:.2%}[/] for {_cost(found, now.money)}. The same money could fill "
            f"{now.same_money:.2%}; the same jobs could cost {_cost(found, now.same_rate)}."
        )
        if now.unknown:
            out.print(f"Aboard, but not in the list of parts: {escape(', '.join(now.unknown[:20]))}")
    if not found.priced:
        out.print("[dim]No list of parts (--items): every unit costs 1, so money is the number of units.[/]")
    if found.unlisted:
        out.print(
            f"[yellow]{counted(len(found.unlisted), 'part')} that jobs needed {'is' if len(found.unlisted) == 1 else 'are'} "
            f"not in the list and cannot be carried:[/] {escape(', '.join(found.unlisted[:20]))}"
        )


def _cost(found: Found, money: Decimal) -> str:
    return f"{formats.amount(round(money, 2))} a restock" if found.priced else formats.number(money)


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(
            name, justify="left" if name in ("part", "change", "why", "") else "right", overflow="fold"
        )
    return table


def _changes(found: Found, limit: int | None) -> Table:
    table = _table("part", "change", "have", "want", "cost")
    for change in found.result.changes[:limit]:
        money = "" if change.money is None else formats.signed(round(change.money, 2))
        table.add_row(escape(change.part), change.act.value, str(change.have), str(change.want), money)
    return table


def _reasons(found: Found, limit: int | None) -> Table:
    """Parts aboard first, those that carry most jobs on top; then those left out that would win most."""
    table = _table("part", "units", "why")
    ranked = sorted(
        (r for r in found.result.reasons if r.verdict is not Aboard.NO_USE),
        key=lambda r: (not r.units, -r.carries, -r.wins, r.part),
    )
    for reason in ranked[:limit]:
        table.add_row(escape(reason.part), str(reason.units), escape(reason.message))
    if limit is not None and len(ranked) > limit:
        table.add_row("", "", f"[dim]… and {counted(len(ranked) - limit, 'more part')}: --all shows them[/]")
    return table


def _frontier(found: Found) -> Table:
    table = _table("cost", "slots", "jobs filled", "")
    for point in found.result.frontier.thin(POINTS):
        here = " [bold]this kit[/]" if point.kit == found.result.answer.kit else ""
        bar = "█" * round(point.rate * 40)
        table.add_row(
            formats.amount(round(point.money, 2)),
            str(point.slots),
            f"{point.rate:.1%}",
            f"[cyan]{bar}[/]{here}",
        )
    return table
