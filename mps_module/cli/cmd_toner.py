"""`mps toner`: days to empty of every supply, from a file of levels; what to send, and what to ask before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from mps_module.cli import console
from mps_module.cli.show_check import issue_json, show_aside
from mps_module.engine import toner
from mps_module.engine.forecast import daily_volume
from mps_module.engine.reads import Verdict
from mps_module.engine.supply_levels import Level, Run, of_snmp, of_text, runs, supply_key
from mps_module.engine.toner import Outlook
from mps_module.engine.toner_guard import Ask, Facts, Rules, asks
from mps_module.readers.folder import TABLE_SUFFIXES
from mps_module.readers.issue import BadValue, Issue, Remark
from mps_module.readers.levels import (
    DEVICES,
    LEVELS,
    SUPPLIES,
    DeviceRow,
    LevelRow,
    SupplyRow,
    by_model,
    read_rows,
)  # fmt: skip
from mps_module.readers.settings import settings_beside

Pages = list[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked. `day`: None: the day of the newest level."""

    levels: Path
    supplies: Path | None = None
    devices: Path | None = None
    day: date | None = None
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Stand:
    """One supply of one device."""

    device: str
    supply: str
    outlook: Outlook
    known: SupplyRow | None
    place: DeviceRow | None
    fill: Decimal | None
    asks: tuple[Ask, ...]
    due: bool


@dataclass(slots=True)
class Found:
    day: date
    stands: list[Stand]
    issues: list[Issue]
    levels: int = 0

    @property
    def due(self) -> list[Stand]:
        return [stand for stand in self.stands if stand.due]

    @property
    def aside(self) -> list[Issue]:
        """What could not be used."""
        return [issue for issue in self.issues if issue.verdict is Verdict.QUARANTINED]


def run_toner(options: Options) -> Found:
    """Read the files and see how every supply stands; soonest empty first.

    Raises: UsageProblem.
    """
    options = _in_folder(options)
    settings, issues = settings_beside(options.levels)
    try:
        rows = list(read_rows(LEVELS, options.levels, settings, issues))
        supplies = list(read_rows(SUPPLIES, options.supplies, settings, issues)) if options.supplies else []
        devices = list(read_rows(DEVICES, options.devices, settings, issues)) if options.devices else []
    except BadValue as bad:
        raise console.UsageProblem(f"{bad.message} {bad.todo}") from None
    levels, pages = _levels(rows, options.levels.name, issues)
    if not levels:
        raise console.UsageProblem(f"{options.levels} holds no level that can be used.")
    newest = max(level.taken_at for found in levels.values() for level in found)
    day = options.day or newest.date()
    now = newest if options.day is None else datetime.combine(day, time(23, 59), newest.tzinfo)
    kinds = by_model([row for _n, row in supplies])
    places = {row.device: row for _n, row in devices}
    stands = []
    for (device, supply), own in levels.items():
        place = places.get(device)
        known = kinds.get((place.model if place else "", supply)) or kinds.get(("", supply))
        until = [level for level in own if level.taken_at <= now]
        if until:
            stands.append(
                _stand((device, supply), until, known, place, pages.get(device, []), now, options.rules)
            )
    stands.sort(key=_soonest)
    return Found(day, stands, issues, sum(map(len, levels.values())))


def _in_folder(options: Options) -> Options:
    """A folder stands for its files levels.*, supplies.* and fleet.*."""
    path = options.levels
    if path.is_file():
        return options
    if not path.is_dir():
        raise console.UsageProblem(f"{path}: no such file or folder.")
    files = {
        name: next(
            (each for each in sorted(path.glob(f"{name}.*")) if each.suffix.lower() in TABLE_SUFFIXES), None
        )
        for name in ("levels", "supplies", "fleet")
    }
    if files["levels"] is None:
        raise console.UsageProblem(f"{path} holds no levels.csv or levels.xlsx.")
    return Options(
        files["levels"], options.supplies or files["supplies"], options.devices or files["fleet"], options.day,
        options.rules,
    )  # fmt: skip


def _levels(
    rows: Iterable[tuple[int, LevelRow]], name: str, issues: list[Issue]
) -> tuple[dict[tuple[str, str], list[Level]], dict[str, Pages]]:
    """Levels by device and supply, and the page counts that stand beside them."""
    levels: defaultdict[tuple[str, str], list[Level]] = defaultdict(list)
    pages: defaultdict[str, Pages] = defaultdict(list)
    for number, row in rows:
        device = row.device or row.serial
        if row.pages is not None:
            pages[device].append((row.taken_at, row.pages))
        for supply, text in row.levels:
            try:
                level = _level(text, row.max, row.taken_at)
            except ValueError:
                problem = Remark(
                    "level-unreadable", f"“{text}” is no level", "Write a percentage, or low, ok, empty.",
                    Verdict.QUARANTINED,
                )  # fmt: skip
                issues.append(
                    Issue(
                        name,
                        number,
                        supply,
                        text,
                        problem.code,
                        problem.message,
                        problem.todo,
                        problem.verdict,
                    )
                )
                continue
            if level is not None:
                levels[device, supply_key(supply)].append(level)
    return dict(levels), {device: sorted(found) for device, found in pages.items()}


def _level(text: str, most: str, at: datetime) -> Level | None:
    if most:
        return of_snmp(int(text), int(most), at)
    if text in ("-1", "-2", "-3"):
        return of_snmp(int(text), 100, at)
    return of_text(text, at)


def _stand(
    key: tuple[str, str],
    levels: Sequence[Level],
    known: SupplyRow | None,
    place: DeviceRow | None,
    pages: Pages,
    now: datetime,
    rules: Rules,
) -> Stand:
    found = runs(levels)
    click_pace = None
    if known and place and place.monthly_volume:
        click_pace = toner.by_clicks(
            float(daily_volume(place.monthly_volume)), known.yield_pages, known.toners
        )
    look = toner.outlook((), now, click_pace, found)
    assert look is not None  # there is at least one level
    fill = _fill(found[-1], known, pages)
    # Nobody has asked for it yet, so that enough is left is no question.
    asked = tuple(
        ask for ask in asks(Facts(look, 0, fill), rules) if ask.code not in ("enough-left", "not-moving")
    )
    return Stand(*key, look, known, place, fill, asked, look.due(rules.days_ahead))


def _fill(run: Run, known: SupplyRow | None, pages: Pages) -> Decimal | None:
    used = toner.toners_used([run])
    rows = run.measured
    if known is None or used is None or len(rows) < 2:
        return None
    between = [count for at, count in pages if rows[0].taken_at <= at <= rows[-1].taken_at]
    clicks = between[-1] - between[0] if between else 0
    return toner.fill_percent(known.yield_pages, used * known.toners, clicks)


def _soonest(stand: Stand) -> tuple[bool, float, str, str]:
    days = stand.outlook.days_left
    return not stand.due, days if days is not None else float("inf"), stand.device, stand.supply


def toner_json(found: Found) -> dict[str, Any]:
    return {
        "day": found.day,
        "levels": found.levels,
        "supplies": [_as_json(stand, found.day) for stand in found.stands],
        "due": len(found.due),
        "issues": [issue_json(issue) for issue in found.aside],
    }


def _as_json(stand: Stand, day: date) -> Mapping[str, Any]:
    look = stand.outlook
    return {
        "device": stand.device,
        "customer": stand.place.customer if stand.place else "",
        "supply": stand.supply,
        "item": stand.known.item if stand.known else "",
        "level": look.level,
        "state": look.state,
        "taken_at": look.taken_at.isoformat(),
        "days_left": None if look.days_left is None else round(look.days_left, 1),
        "empty_on": look.empty_on(day),
        "basis": look.pace.basis,
        "percent_a_day": round(look.pace.daily, 3),
        "fill_percent": None if stand.fill is None else f"{stand.fill:.2f}",
        "due": stand.due,
        "ask": [{"code": ask.code, "message": ask.message} for ask in stand.asks],
    }


def show_toner(found: Found, everything: bool) -> None:
    """What runs out, soonest first; the rest with --all."""
    out = console.out()
    shown = found.stands if everything else found.due
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("device", "customer", "supply", "left", "days", "empty on", "by", "cover", "ask"):
        table.add_column(
            name, justify="right" if name in ("left", "days", "cover") else "left", overflow="fold"
        )
    for stand in shown:
        table.add_row(*_cells(stand, found.day))
    if shown:
        out.print(table)
        out.print()
    out.print(
        f"[bold]{len(found.due)}[/] of {len(found.stands)} supplies run out within the days asked for, "
        f"by {found.levels:,} levels up to {found.day}."
    )
    show_aside(found.aside, out, everything)


def _cells(stand: Stand, day: date) -> Iterable[str]:
    look = stand.outlook
    left = look.state.value if look.level is None else f"{look.level:.0f} %"
    days = "" if look.days_left is None else f"{look.days_left:.0f}"
    colour = "red" if stand.due else "default"
    yield escape(stand.device)
    yield escape(stand.place.customer if stand.place else "")
    yield escape(stand.supply)
    yield f"[{colour}]{left}[/]"
    yield days
    yield str(look.empty_on(day) or "")
    yield look.pace.basis.value
    yield "" if stand.fill is None else f"{stand.fill:.1f} %"
    yield escape(" ".join(ask.message for ask in stand.asks))


def day_of(text: str | None) -> date | None:
    """A day of the command line."""
    return console.parse_day(text) if text else None
