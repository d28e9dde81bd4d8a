"""What `mps check` and `mps quarantine` show: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mps_module.cli import console, formats
from mps_module.cli.cmd_check import Check
from mps_module.cli.posted import write_if_changed
from mps_module.cli.unfold import STYLE
from mps_module.engine import codec
from mps_module.engine.money import decimals_of, round_to
from mps_module.engine.reads import Verdict
from mps_module.engine.result import Finding
from mps_module.readers.issue import Issue, Tally, counted


def issue_json(issue: Issue) -> dict[str, Any]:
    return {
        "file": issue.file,
        "row": issue.row,
        "field": issue.field,
        "value": issue.value,
        "code": issue.code,
        "verdict": issue.verdict.value,
        "message": issue.message,
        "todo": issue.todo,
        "unit": issue.unit,
        "meter": issue.meter,
    }


def tally_json(tally: Tally) -> dict[str, Any]:
    def counts(part: Any) -> dict[str, int]:
        return {
            name: getattr(part, name)
            for name in ("received", "accepted", "flagged", "quarantined", "duplicate")
        }

    return {
        "rows": counts(tally.rows),
        "reads": counts(tally.reads),
        "adds_up": tally.adds_up,
        "files": [
            {
                "file": f.file,
                "kind": f.kind,
                "rows": counts(f.rows),
                "reads": counts(f.reads) if f.reads else None,
            }
            for f in tally.files
        ],
    }


def check_json(check: Check) -> dict[str, Any]:
    return {
        "findings": [codec.encode_value(f) for f in check.findings],
        "issues": [issue_json(i) for i in check.issues if i.verdict is not Verdict.ACCEPTED],
        "tally": tally_json(check.tally),
        "bills": check.bills,
        "total": check.total,
    }


def show_check(check: Check, limit: int | None) -> None:
    """Findings, rows set aside, and the tally; at most `limit` of each, None: all."""
    out = console.out()
    if check.findings:
        out.print(_findings_table(check.findings if limit is None else check.findings[:limit], check))
        _more(out, len(check.findings), limit, "finding")
        out.print()
    aside = check.issues if limit is None else check.quarantined
    if aside:
        show_issues(aside if limit is None else aside[:limit], out)
        _more(out, len(aside), limit, "row")
    out.print()
    show_tally(check.tally, out)
    sums = ", ".join(formats.money(total, currency) for currency, total in check.total.items())
    out.print(f"{counted(check.bills, 'bill')} would come to [bold]{sums or 'nothing'}[/].")
    if check.exit_code == console.OK:
        out.print("[bold green]Nothing stands against posting them.[/]")


def _more(out: Any, count: int, limit: int | None, what: str) -> None:
    if limit is not None and count > limit:
        more = counted(count - limit, f"more {what}")
        out.print(f"[dim]… and {more}: --all shows {'it' if count - limit == 1 else 'them'}[/]")


def _findings_table(findings: list[Finding], check: Check) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("at stake", "", "contract", "what", "what to do"):
        table.add_column(
            name,
            justify="right" if name == "at stake" else "left",
            overflow="fold",
            no_wrap=name in ("", "at stake"),
        )
    for f in findings:
        currency = check.currencies.get(f.contract, "")
        stake = round_to(f.at_stake, decimals_of(currency))
        money = formats.money(stake, currency) if f.at_stake else ""
        table.add_row(
            money.strip(),
            Text(f.severity.value, style=STYLE[f.severity]),
            escape(f.contract),
            escape(f.message),
            escape(f.todo),
        )
    return table


NARROW = 110  # columns of a terminal under which six columns of text are no longer readable


def show_issues(issues: list[Issue], out: Any) -> None:
    """Rows set aside or flagged, as a table where there is room for one; else one below the other."""
    if out.width >= NARROW:
        out.print(issues_table(issues))
        return
    for i in issues:
        style = STYLE[i.severity]
        value = f" “{escape(i.value[:40])}”" if i.value else ""
        out.print(f"[{style}]{i.verdict.value}[/] [bold]{escape(i.place)}[/] {escape(i.field)}{value}")
        for text in (i.message, i.todo):
            if text:
                out.print(Padding(escape(text), (0, 0, 0, 2)))


def show_aside(aside: list[Issue], out: Any, everything: bool = False, most: int = 20) -> None:
    """Rows that could not be used, the first of them unless everything is wanted; nothing where there is none."""
    if not aside:
        return
    out.print(f"\n[yellow]{counted(len(aside), 'row')} could not be used:[/]")
    show_issues(aside if everything else aside[:most], out)
    _more(out, len(aside), None if everything else most, "row")
    out.print()


def issues_table(issues: list[Issue]) -> Table:
    """Rows set aside or flagged: where, what stands there, what to do."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("place", "field", "value", "", "what", "what to do"):
        table.add_column(name, overflow="fold")
    for i in issues:
        style = STYLE[i.severity]
        table.add_row(
            escape(i.place),
            escape(i.field),
            escape(i.value[:40]),
            Text(i.verdict.value, style=style),
            escape(i.message),
            escape(i.todo),
        )
    return table


def show_tally(tally: Tally, out: Any) -> None:
    holds_reads = any(file.reads is not None for file in tally.files) or not tally.files
    for what, counts in (("rows", tally.rows), *([("reads", tally.reads)] if holds_reads else ())):
        out.print(
            f"{counts.received:,} {what} received = {counts.accepted:,} accepted + {counts.flagged:,} flagged + "
            f"{counts.quarantined:,} quarantined + {counts.duplicate:,} duplicate"
        )


ISSUE_COLUMNS = ("file", "row", "field", "value", "verdict", "code", "message", "todo", "unit", "meter")


def write_issues(issues: list[Issue], path: Path) -> None:
    """The rows as CSV, to be worked off in a spreadsheet."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ISSUE_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for issue in issues:
        row = issue_json(issue)
        # A cell that begins like a formula would be run by the spreadsheet that opens this list.
        for name in ("field", "value", "message", "unit", "meter"):
            row[name] = f"'{row[name]}" if str(row[name])[:1] in ("=", "+", "-", "@") else row[name]
        writer.writerow({name: row[name] for name in ISSUE_COLUMNS})
    write_if_changed(path, text.getvalue().encode("utf-8"))
