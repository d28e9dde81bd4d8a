"""`mps bill`: all contracts of a month, or everything from the cursor through a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mps_module.cli import console, formats
from mps_module.cli.billing import EARLIER_NOT_BILLED, Made, Span, State, parts_of, run_contract
from mps_module.cli.documents import logo_problem, write_documents
from mps_module.cli.folder import NO_CONTRACT, Folder
from mps_module.cli.journal import write_journal, write_parts
from mps_module.cli.posted import Posted
from mps_module.cli.view import bill_number
from mps_module.engine import codec
from mps_module.engine.money import decimals_of
from mps_module.engine.result import Finding, Severity
from mps_module.readers.issue import Issue, counted

STYLE = {State.READY: "green", State.FLAGGED: "yellow", State.BLOCKED: "bold red", State.POSTED: "dim"}


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked of `mps bill`."""

    folder: Path
    span: Span
    contracts: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    out: Path | None = None
    dry_run: bool = False
    documents: tuple[str, ...] = ()
    digests: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What stays in memory of one bill of the run."""

    contract: str
    customer: str
    currency: str
    state: State
    due: date | None
    number: str
    total: Decimal | None
    last: Decimal | None
    difference: Decimal | None
    findings: tuple[Finding, ...]
    newly_posted: bool
    estimates: int
    file: str = ""
    digest: str = ""

    @property
    def acceptable(self) -> bool:
        """Whether --accept would post it: there is a bill, and no earlier one is left out."""
        return self.total is not None and not any(f.code == EARLIER_NOT_BILLED for f in self.findings)


@dataclass(slots=True)
class Report:
    rows: list[Row] = field(default_factory=list)
    documents: int = 0
    quarantined: int = 0
    unread: list[Issue] = field(default_factory=list)
    unread_files: list[Issue] = field(default_factory=list)
    no_contract: bool = False

    def count(self, state: State) -> int:
        return sum(row.state is state for row in self.rows)

    @property
    def exit_code(self) -> int:
        held = any(row.state is State.BLOCKED and not row.newly_posted for row in self.rows)
        unread = self.unread or self.unread_files
        return console.FOUND if held or unread or self.no_contract else console.OK


def span_of(period: str | None, through: str | None, today: date) -> Span:
    """The due dates that a month stands for: what closes in October falls due 2 October to 1 November."""
    if period and through:
        raise console.UsageProblem("Give --period or --through, not both.")
    first, last = console.parse_month(through or period or console.last_month(today))
    until = last + timedelta(days=1)
    return Span(until) if through else Span(until, start=first)


def run_bills(options: Options) -> Report:
    """Bill, post and document; the report holds a row for every bill.

    Raises: UsageProblem, PostedError.
    """
    folder = Folder(options.folder)
    folder.must_have_settings()
    read_from = options.out if options.out and not options.dry_run else options.folder / "bills"
    posted = Posted(read_from)
    drafts = Posted(options.out) if options.out and options.dry_run else None
    chosen = folder.choose(options.contracts)
    unknown = [c for c in options.accept if c not in chosen]
    if unknown:
        raise console.UsageProblem(f"--accept {', '.join(unknown)}: no such contract in this run.")
    norms = folder.norms(options.span.until)
    report = Report()
    problem = logo_problem(folder.settings.company, folder.path) if options.documents else ""
    if problem:
        console.err().print(f"[yellow]mps:[/] {escape(problem)}", soft_wrap=True)
    for contract in console.progress(chosen, len(chosen), "Billing"):
        for made in _contract(folder, contract, options, norms, posted):
            report.rows.append(_row(made, folder, posted, options.digests))
            if made.is_posted and not options.dry_run:
                _parts(made, posted)
            report.documents += _documents(made, folder, options, drafts or posted)
    report.quarantined, report.unread = folder.quarantined(), folder.unread_contracts()
    report.unread_files = folder.unread_files()
    report.no_contract = not folder.holds_contracts()
    if not options.dry_run:
        _journals(report, posted)
    return report


def _journals(report: Report, posted: Posted) -> None:
    """The journals of the days of this run, and of days that a killed run left without; a complete one stays as it is."""
    dues = {row.due for row in report.rows if row.due and row.newly_posted}
    for due in sorted(dues | posted.behind()):
        write_journal(posted, due)


def _contract(folder: Folder, contract: str, options: Options, norms: Any, posted: Posted) -> Iterator[Made]:
    broken = folder.contract_findings(contract)
    if any(f.severity is Severity.BLOCK for f in broken):
        yield Made(folder.contract(contract), State.BLOCKED, findings=tuple(broken))
        return
    case = folder.case(contract, posted)
    accept = contract in options.accept
    yield from run_contract(case, options.span, norms, posted, accept, post=not options.dry_run, extra=broken)


def _parts(made: Made, posted: Posted) -> None:
    """The parts of a split bill beside it; of one that was posted earlier only while the units' places are still those."""
    path = posted.path(made.bill.contract, made.bill.period.due, ".parts.csv")
    if not made.bill.parts or (path.exists() and not made.newly_posted):
        return
    parts = parts_of(made.case, made.bill)
    if tuple((part.key, part.total) for part in parts) == made.bill.parts:
        write_parts(path, made.bill, parts)


def _documents(made: Made, folder: Folder, options: Options, target: Posted) -> int:
    """Documents of posted bills; of a dry run's only where it was told where to put them."""
    if not options.documents or made.bill is None:
        return 0
    draft = options.dry_run
    if draft and options.out is None:
        return 0
    if not draft and not made.is_posted:
        return 0
    customer = folder.customer(made.bill.customer)
    company = folder.settings.company
    return write_documents(made, target, company, customer, folder.path, options.documents, draft)


def _row(made: Made, folder: Folder, posted: Posted, digests: bool) -> Row:
    bill = made.bill
    return Row(
        contract=made.contract.contract,
        customer=folder.customer_name(made.contract.customer),
        currency=made.contract.currency,
        state=made.state,
        due=made.due,
        number=bill_number(bill) if bill else "",
        total=bill.total if bill else None,
        last=made.last.total if made.last else None,
        difference=made.difference,
        findings=made.findings,
        newly_posted=made.newly_posted,
        estimates=sum(1 for line in bill.lines if line.estimated) if bill else 0,
        file=posted.path(bill.contract, made.due).as_posix() if bill and made.is_posted else "",
        digest=codec.digest(bill) if bill and digests else "",
    )


def as_json(report: Report, options: Options) -> dict[str, Any]:
    """The report for programs; its keys are documented in docs/cli.md."""
    return {
        "folder": options.folder.as_posix(),
        "dry_run": options.dry_run,
        "bills": [
            {
                "contract": row.contract,
                "customer": row.customer,
                "due": row.due,
                "number": row.number,
                "state": row.state,
                "posted": row.newly_posted or row.state is State.POSTED,
                "new": row.newly_posted,
                "currency": row.currency,
                "total": row.total,
                "last": row.last,
                "difference": row.difference,
                "estimated_lines": row.estimates,
                "file": row.file,
                "digest": row.digest,
                "findings": [codec.encode_value(f) for f in row.findings],
            }
            for row in report.rows
        ],
        "totals": totals(report),
        "counts": {state.value: report.count(state) for state in State},
        "quarantined_rows": report.quarantined,
        "unread_contracts": [_unread(issue) for issue in report.unread],
        "unread_files": [_unread(issue) for issue in report.unread_files],
    }


def _unread(issue: Issue) -> dict[str, Any]:
    return {"file": issue.file, "row": issue.row, "field": issue.field, "message": issue.message}


def totals(report: Report) -> dict[str, Decimal]:
    """Money of all bills that are not held back, by currency."""
    found: dict[str, Decimal] = {}
    for row in report.rows:
        if row.total is not None and (row.state is not State.BLOCKED or row.newly_posted):
            found[row.currency] = found.get(row.currency, Decimal(0)) + row.total
    return found


def show(report: Report, options: Options) -> None:
    """The run as a table, and what to do next."""
    out = console.out()
    if report.no_contract:
        out.print(". ".join(NO_CONTRACT))
    elif report.rows:
        out.print(_table(report))
        _sums(report, options, out)
    else:
        out.print("Nothing is due.")
    _left_open(report, options, out)


def _table(report: Report) -> Table:
    table = Table(title=None, header_style="bold", box=None, pad_edge=False)
    for name, align in (
        ("contract", "left"), ("customer", "left"), ("due", "left"), ("state", "left"), ("amount", "right"),
        ("difference", "right"), ("reason", "left"),
    ):  # fmt: skip
        table.add_column(name, justify=align, no_wrap=name not in ("customer", "reason"), overflow="fold")
    for row in report.rows:
        table.add_row(
            escape(row.contract),
            escape(row.customer),
            row.due.isoformat() if row.due else "",
            Text(_state(row), style=STYLE[row.state]),
            formats.money(row.total, row.currency) if row.total is not None else "–",
            formats.signed(row.difference, decimals_of(row.currency)) if row.difference is not None else "",
            _reason(row),
        )
    return table


def _state(row: Row) -> str:
    if row.state is State.BLOCKED and row.newly_posted:
        return "accepted"
    return row.state.value


def _reason(row: Row) -> Text:
    """The worst finding, and how many more there are."""
    worth = [f for f in row.findings if f.severity is not Severity.INFO]
    if row.state is State.POSTED or not worth:
        return Text(f"{row.estimates} line(s) estimated" if row.estimates else "", style="dim")
    first = next((f for f in worth if f.severity is Severity.BLOCK), worth[0])
    more = f" (+{len(worth) - 1} more)" if len(worth) > 1 else ""
    return Text(first.message + more, style="dim" if first.severity is Severity.INFO else "")


def _sums(report: Report, options: Options, out: Any) -> None:
    counts = [f"{report.count(state)} {state.value}" for state in State if report.count(state)]
    sums = [formats.money(total, currency) for currency, total in totals(report).items()]
    out.print(f"\n[bold]{', '.join(sums) or 'nothing'}[/] in bills: {', '.join(counts)}")
    new = sum(row.newly_posted for row in report.rows)
    if options.dry_run:
        out.print("Dry run: nothing was posted.")
    else:
        where = options.out or options.folder / "bills"
        out.print(
            f"{new} posted now to {escape(str(where))}"
            + (f", {report.documents} documents" if report.documents else "")
        )


def _left_open(report: Report, options: Options, out: Any) -> None:
    """What was held back or could not be read, and what to do about it."""
    held = [row for row in report.rows if row.state is State.BLOCKED and not row.newly_posted]
    if held:
        names = " ".join(f"--accept {row.contract}" for row in [r for r in held if r.acceptable][:3])
        also = f", or post as it is with {escape(names)}" if names else ""
        gap = any(f.code == EARLIER_NOT_BILLED for row in held for f in row.findings)
        first = "; --through posts earlier bills first" if gap else ""
        out.print(f"[bold red]{len(held)} held back.[/] Put right what is named above{also}{first}")
    for issue in (*report.unread, *report.unread_files):
        out.print(
            f"[bold red]not read[/] {escape(f'{issue.place} {issue.field}'.strip())}: {escape(issue.message)}"
        )
    if report.quarantined:
        out.print(
            f"[yellow]{counted(report.quarantined, 'row')} {'is' if report.quarantined == 1 else 'are'} quarantined[/]: "
            f"see mps check {escape(str(options.folder))}"
        )
