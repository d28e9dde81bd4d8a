"""`mps measures`: first-call completion, holds and callbacks from a file of visits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from mps_module.cli import console
from mps_module.cli.show_check import issue_json, show_aside
from mps_module.engine.callbacks import Norm
from mps_module.engine.measures import By, Figures, Period, measure
from mps_module.engine.reads import Verdict
from mps_module.readers.issue import BadValue, Issue
from mps_module.readers.levels import read_rows
from mps_module.readers.settings import settings_beside
from mps_module.readers.visits import VISITS, calls_of

CHOICES = tuple(by.value for by in By)


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked. `start`, `end`: None: from the first visit to the last."""

    visits: Path
    by: str = By.TECHNICIAN.value
    start: date | None = None
    end: date | None = None
    norm: Norm = field(default_factory=Norm)


@dataclass(slots=True)
class Found:
    """Figures by group, and of all together."""

    options: Options
    period: Period
    groups: dict[str, Figures]
    whole: Figures
    issues: list[Issue]

    @property
    def aside(self) -> list[Issue]:
        """What could not be used."""
        return [issue for issue in self.issues if issue.verdict is Verdict.QUARANTINED]


def run_measures(options: Options) -> Found:
    """Read the file and count.

    Raises: UsageProblem.
    """
    if options.by not in CHOICES:
        raise console.UsageProblem(f"--by is one of {', '.join(CHOICES)}.")
    if not options.visits.is_file():
        raise console.UsageProblem(f"{options.visits}: no such file.")
    settings, issues = settings_beside(options.visits)
    try:
        rows = [row for _number, row in read_rows(VISITS, options.visits, settings, issues)]
    except BadValue as bad:
        raise console.UsageProblem(f"{bad.message} {bad.todo}") from None
    if not rows:
        raise console.UsageProblem(f"{options.visits} holds no visit that can be used.")
    first, last = min(row.date for row in rows), max(row.date for row in rows)
    # Looked at from the day after the last visit: what may still be called back is told.
    period = Period(options.start or first, options.end or last, last + timedelta(days=1))
    if period.end < period.start:
        raise console.UsageProblem("--to lies before --from.")
    calls = calls_of(rows, options.norm)
    whole = measure(calls, period).get("", Figures())
    return Found(options, period, measure(calls, period, By(options.by)), whole, issues)


def measures_json(found: Found) -> dict[str, Any]:
    return {
        "from": found.period.start,
        "to": found.period.end,
        "by": found.options.by,
        "groups": [{"group": name, **_as_json(one)} for name, one in _ordered(found.groups)],
        "all": _as_json(found.whole),
        "issues": [issue_json(issue) for issue in found.aside],
    }


def _ordered(groups: dict[str, Figures]) -> list[tuple[str, Figures]]:
    return sorted(groups.items(), key=lambda each: (-each[1].calls, each[0]))


def _as_json(one: Figures) -> dict[str, Any]:
    return {
        "calls": one.calls, "first_call": one.first_call_percent, "hold": one.hold_percent, "closed": one.closed,
        "callback": one.callback_percent, "callbacks": one.callbacks, "remote": one.remote, "trips": one.trips,
        "open": one.open, "may_come_back": one.watched, "clicks_a_repair_lasts": one.lasted,
    }  # fmt: skip


def show_measures(found: Found) -> None:
    """A line for each group, the most calls first."""
    table = Table(title=f"Completed {found.period.start} to {found.period.end}", title_justify="left")
    table.add_column(found.options.by.title())
    for head in ("Calls", "First-call", "Hold", "Callback", "A repair lasts", "Trips", "Open"):
        table.add_column(head, justify="right")
    for name, one in _ordered(found.groups):
        table.add_row(escape(name or "(none)"), *_cells(one))
    table.add_section()
    table.add_row("[bold]All together[/]", *_cells(found.whole))
    out = console.out()
    out.print(table)
    if found.whole.watched:
        out.print(f"{found.whole.watched} of them may still be called back: their days are not over.")
    show_aside(found.aside, out)


def _cells(one: Figures) -> Iterable[str]:
    yield str(one.calls)
    for share in (one.first_call_percent, one.hold_percent, one.callback_percent):
        yield "no calls" if share is None else f"{share:.1f} %"
    yield "" if one.lasted is None else f"{one.lasted:,.0f}"
    yield str(one.trips)
    yield str(one.open)
