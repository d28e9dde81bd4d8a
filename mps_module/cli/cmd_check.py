"""`mps check`: what is missing or suspicious before month-end, worst money first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mps_module.cli import console, formats
from mps_module.cli.billing import Span, run_contract
from mps_module.cli.folder import Folder
from mps_module.cli.posted import Posted, write_if_changed
from mps_module.cli.unfold import STYLE
from mps_module.engine import codec
from mps_module.engine.reads import Verdict
from mps_module.engine.result import Finding, Severity
from mps_module.readers.issue import Issue, Tally

RANK = {Severity.BLOCK: 0, Severity.WARN: 1, Severity.INFO: 2}


@dataclass(slots=True)
class Check:
    """Everything that was found; findings worst money first, issues in order of files and rows."""

    findings: list[Finding] = field(default_factory=list)
    currencies: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    bills: int = 0
    total: dict[str, Decimal] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        worth = any(f.severity is not Severity.INFO for f in self.findings)
        aside = any(i.verdict in (Verdict.QUARANTINED, Verdict.FLAGGED) for i in self.issues)
        return console.FOUND if worth or aside else console.OK


def run_check(path: Path, span: Span, contracts: tuple[str, ...], out: Path | None) -> Check:
    """Bill the span without posting and collect what the engine, the guards and the files have to say.

    Raises: UsageProblem, PostedError.
    """
    folder = Folder(path)
    posted = Posted(out or path / "bills")
    chosen = folder.choose(contracts)
    norms = folder.norms(span.until)
    check = Check()
    seen: set[Finding] = set()
    for contract in console.progress(chosen, len(chosen), "Checking"):
        for finding in _of_contract(folder, contract, span, norms, posted, check):
            if finding not in seen:
                seen.add(finding)
                check.findings.append(finding)
    if not contracts:
        check.findings += folder.loose_ends(span.until)
    check.issues = list(folder.issues())
    check.tally = folder.tally()
    check.findings.sort(key=lambda f: (-f.at_stake, RANK[f.severity], f.contract, f.unit, f.code))
    return check


def _of_contract(
    folder: Folder, contract: str, span: Span, norms: Any, posted: Posted, check: Check
) -> Iterator[Finding]:
    head = folder.contract(contract)
    check.currencies[contract] = head.currency
    broken = folder.contract_findings(contract)
    yield from broken
    if any(f.severity is Severity.BLOCK for f in broken):
        return
    case = folder.case(contract, posted)
    yield from folder.without_units(case, span.until - timedelta(days=1))
    for made in run_contract(case, span, norms, posted, accept=True, post=False):
        yield from made.findings
        if made.bill is not None:
            check.bills += 1
            check.total[head.currency] = check.total.get(head.currency, Decimal(0)) + made.bill.total


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
    worth = any(f.severity is not Severity.INFO for f in check.findings)
    if check.findings:
        out.print(_findings_table(check.findings if limit is None else check.findings[:limit], check))
        _more(out, len(check.findings), limit, "findings")
    aside = [i for i in check.issues if i.verdict in (Verdict.QUARANTINED, Verdict.FLAGGED)]
    if aside:
        out.print()
        out.print(issues_table(aside if limit is None else aside[:limit]))
        _more(out, len(aside), limit, "rows")
    out.print()
    show_tally(check.tally, out)
    sums = ", ".join(formats.money(total, currency) for currency, total in check.total.items())
    out.print(f"{check.bills} bills would come to [bold]{sums or 'nothing'}[/].")
    if not worth and not aside:
        out.print("[bold green]Nothing stands against posting them.[/]")


def _more(out: Any, count: int, limit: int | None, what: str) -> None:
    if limit is not None and count > limit:
        out.print(f"[dim]… and {count - limit} more {what}: --all shows them[/]")


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
        money = (
            formats.money(round(f.at_stake, 2), check.currencies.get(f.contract, "")) if f.at_stake else ""
        )
        table.add_row(
            money.strip(),
            Text(f.severity.value, style=STYLE[f.severity]),
            escape(f.contract),
            escape(f.message),
            escape(f.todo),
        )
    return table


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
    for what, counts in (("rows", tally.rows), ("reads", tally.reads)):
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
        row["value"] = f"'{row['value']}" if str(row["value"])[:1] in ("=", "+", "-", "@") else row["value"]
        writer.writerow({name: row[name] for name in ISSUE_COLUMNS})
    write_if_changed(path, text.getvalue().encode("utf-8"))
