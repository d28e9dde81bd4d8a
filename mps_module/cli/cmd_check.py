"""`mps check`: what is missing or suspicious before month-end, worst money first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from mps_module.cli import console
from mps_module.cli.billing import Case, Span, run_contract
from mps_module.cli.folder import Folder
from mps_module.cli.posted import Posted
from mps_module.cli.suspects import flagged_reads, overdue_reads
from mps_module.engine.guards import FleetNorms
from mps_module.engine.reads import Verdict
from mps_module.engine.result import Finding, Severity
from mps_module.readers.issue import Issue, Tally

RANK = {Severity.BLOCK: 0, Severity.WARN: 1, Severity.INFO: 2}
IDLE = frozenset({"call-outside", "call-nothing", "call-unpriced"})
Flags = dict[tuple[str, str, str], Issue]


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
    def quarantined(self) -> list[Issue]:
        return [i for i in self.issues if i.verdict is Verdict.QUARANTINED]

    @property
    def exit_code(self) -> int:
        worth = any(f.severity is not Severity.INFO for f in self.findings)
        return console.FOUND if worth or self.quarantined else console.OK


def run_check(path: Path, span: Span, contracts: tuple[str, ...], out: Path | None) -> Check:
    """Bill the span without posting and collect what the engine, the guards and the files have to say.

    Raises: UsageProblem, PostedError.
    """
    folder = Folder(path)
    posted = Posted(out or path / "bills")
    chosen = folder.choose(contracts)
    norms = folder.norms(span.until)
    check = Check(issues=[i for i in folder.issues() if i.verdict is not Verdict.ACCEPTED])
    flags = {(i.unit, i.meter, i.value): i for i in check.issues if i.verdict is Verdict.FLAGGED and i.meter}
    for contract in console.progress(chosen, len(chosen), "Checking"):
        check.findings += merged(_of_contract(folder, contract, span, norms, posted, check, flags))
    if not contracts:
        check.findings += folder.loose_ends(span.until)
        check.findings += idle_calls(check.issues)
    check.tally = folder.tally()
    check.findings.sort(key=lambda f: (-f.at_stake, RANK[f.severity], f.contract, f.unit, f.code))
    return check


def idle_calls(issues: Iterable[Issue]) -> Iterator[Finding]:
    """Calls that were read well and of which something is never billed."""
    for issue in issues:
        if issue.code in IDLE:
            message = f"{issue.place}, {issue.field} {issue.value}: {issue.message}"
            yield Finding(issue.code, Severity.WARN, message, issue.todo, unit=issue.unit)


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The same thing said of several lines, said once, with the money of all of them."""
    found: dict[tuple[str, str, str], Finding] = {}
    whole: set[Finding] = set()
    for finding in findings:
        if finding in whole:
            continue
        whole.add(finding)
        key = (finding.code, finding.unit, finding.message)
        other = found.get(key)
        found[key] = replace(finding, at_stake=finding.at_stake + other.at_stake) if other else finding
    return list(found.values())


def _of_contract(
    folder: Folder, contract: str, span: Span, norms: FleetNorms, posted: Posted, check: Check, flags: Flags
) -> Iterator[Finding]:
    head = folder.contract(contract)
    check.currencies[contract] = head.currency
    broken = folder.contract_findings(contract)
    yield from broken
    if any(f.severity is Severity.BLOCK for f in broken):
        return
    case = folder.case(contract, posted)
    yield from folder.without_units(case, span.until - timedelta(days=1))
    named = set()
    for made in run_contract(case, span, norms, posted, accept=True, post=False):
        for finding in made.findings:
            named.add(finding.unit)
            yield finding
        if made.bill is not None:
            yield from flagged_reads(made.bill, flags)
            check.bills += 1
            check.total[head.currency] = check.total.get(head.currency, Decimal(0)) + made.bill.total
    yield from _overdue(case, span, named)


def _overdue(case: Case, span: Span, named: set[str]) -> Iterator[Finding]:
    """Devices that fell silent, unless the bill's own findings name them already."""
    for finding in overdue_reads(case, span.until):
        if finding.unit not in named:
            yield finding
