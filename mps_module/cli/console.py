"""What every command shares: where text goes, JSON, progress, and exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

OK, FOUND, UNUSABLE = 0, 1, 2
"""Exit codes: all well; something to look at (findings, blocked bills, differences); wrong use or unreadable input."""

YEARS = range(1990, 2100)
"""Of months and days that can be asked for; the files are read by the same bounds."""

T = TypeVar("T")


class UsageProblem(Exception):
    """The command cannot work with what it was given. The message says what to do; exit code 2."""


def out() -> Console:
    """Standard output. Made anew, so that a redirection in force is honoured; wide when it is no terminal."""
    return Console(
        file=sys.stdout, width=None if sys.stdout.isatty() else 160, highlight=False, soft_wrap=False
    )


def err() -> Console:
    return Console(file=sys.stderr, highlight=False)


def print_json(data: Any) -> None:
    """Machine output: UTF-8 JSON with stable order, Decimals as strings, days in ISO form."""
    json.dump(data, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def progress(items: Iterable[T], total: int, text: str) -> Iterator[T]:
    """`items` with a progress bar on standard error; silent where that is no terminal."""
    console = err()
    if not console.is_terminal:
        yield from items
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield from bar.track(items, total=total, description=text)


def parse_month(text: str) -> tuple[date, date]:
    """First and last day of ``2026-10``. Raises UsageProblem."""
    try:
        year, month = text.split("-")
        first = date(int(year), int(month), 1)
        if first.year not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise UsageProblem(f"“{text}” is not a month. Write it as 2026-10.") from None
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def parse_day(text: str) -> date:
    """``2026-11-01``. Raises UsageProblem."""
    try:
        day = date.fromisoformat(text)
        if day.year not in YEARS:
            raise ValueError(text)
        return day
    except ValueError:
        raise UsageProblem(f"“{text}” is not a day. Write it as 2026-11-01.") from None


def last_month(today: date) -> str:
    """The last whole month before `today`, as ``2026-10``."""
    return (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
