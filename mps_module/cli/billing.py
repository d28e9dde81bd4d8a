"""The run over all contracts: make each bill, let the guards look at it, post it or hold it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from mps_module.cli.posted import Posted
from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import bill, with_findings
from mps_module.engine.contract import Contract, CoveredUnit, SplitBy
from mps_module.engine.guards import FleetNorms, guard
from mps_module.engine.ledger import Ledger
from mps_module.engine.periods import BillPeriod
from mps_module.engine.result import Bill, Finding, Severity
from mps_module.engine.schedule import due_periods, settlement
from mps_module.engine.split import BillPart, split_bill

EARLIER_NOT_BILLED = "earlier-not-billed"
LOOK_BACK = 400  # days in which the bill before this one must lie


class State(str, Enum):
    READY = "ready"
    FLAGGED = "flagged"  # postable, but somebody should look
    BLOCKED = "blocked"  # not posted unless accepted
    POSTED = "posted"  # was posted by an earlier run


@dataclass(slots=True)
class Case:
    """A contract with all that its bills are made from. `posted` grows with every bill of a catch-up."""

    contract: Contract
    ledger: Ledger
    units: tuple[CoveredUnit, ...]
    posted: list[Bill] = field(default_factory=list)

    def pinned(self) -> Ledger:
        """The ledger with the boundaries that posted bills rest on."""
        if not self.posted:
            return self.ledger
        return replace(self.ledger, pins={**self.ledger.pins, **pins_of(self.posted)})

    def before(self, due: date) -> list[Bill]:
        return [b for b in self.posted if b.period.due < due]

    def last_like(self, period: BillPeriod) -> Bill | None:
        """The last bill before `period` that had base and usage where this one has them."""
        kind = (period.base is None, period.overage is None)
        like = [
            b for b in self.before(period.due) if (b.period.base is None, b.period.overage is None) == kind
        ]
        return like[-1] if like else None

    def compared_with(self, period: BillPeriod) -> Bill | None:
        """The bill that `period` is held against: the last posted one like it; before anything was posted, what the
        period before would have cost."""
        if self.before(period.due):
            return self.last_like(period)
        kind = (period.base is None, period.overage is None)
        first = period.due - timedelta(days=LOOK_BACK)
        earlier = [p for p in due_periods(self.contract, first, period.due) if p.due < period.due]
        like = [p for p in earlier if (p.base is None, p.overage is None) == kind]
        return bill(self.contract, self.ledger, self.units, like[-1]) if like else None


@dataclass(frozen=True, slots=True)
class Span:
    """Which due dates a run is about: `until` included. `start` None: from the cursor (catch-up); else after it."""

    until: date
    start: date | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """One bill of the run. `bill` is None where the contract itself cannot be billed."""

    contract: Contract
    state: State
    due: date | None = None
    bill: Bill | None = None
    last: Bill | None = None
    findings: tuple[Finding, ...] = ()
    newly_posted: bool = False
    case: Case | None = None

    @property
    def is_posted(self) -> bool:
        """Whether the bill is posted, by this run or an earlier one."""
        return self.newly_posted or self.state is State.POSTED

    @property
    def difference(self) -> Decimal | None:
        return self.bill.total - self.last.total if self.bill and self.last else None


def state_of(findings: Iterable[Finding]) -> State:
    severities = {f.severity for f in findings}
    if Severity.BLOCK in severities:
        return State.BLOCKED
    return State.FLAGGED if Severity.WARN in severities else State.READY


def make_bill(case: Case, period: BillPeriod, norms: FleetNorms, last: Bill | None = None) -> Bill:
    """The bill of a period with adjustments, guards' findings and its split. `last`: the bill it is held against."""
    ledger, before = case.pinned(), case.before(period.due)
    made = bill(case.contract, ledger, case.units, period, before)
    findings = guard(case.contract, made, ledger, case.units, norms, last)
    made = with_findings(made, findings)
    return replace(made, parts=tuple((part.key, part.total) for part in parts_of(case, made)))


def parts_of(case: Case, made: Bill) -> tuple[BillPart, ...]:
    """The bill by site, department, cost centre or PO; nothing where the contract does not split it."""
    rules = case.contract.version_on(made.period.ruled_from).rules
    if rules.split_by is SplitBy.NONE:
        return ()
    return split_bill(made, case.units, rules.split_by, rules.decimals)


def gap_finding(contract: Contract, missed: Sequence[BillPeriod]) -> Finding:
    """A period in the middle that nobody billed: posting a later one would lose it."""
    return Finding(
        code=EARLIER_NOT_BILLED,
        severity=Severity.BLOCK,
        message=f"{len(missed)} earlier bill(s) are not posted, the first is due {missed[0].due}",
        todo="Catch up with --through",
        contract=contract.contract,
    )


def settlements(case: Case, cursor: date | None, span: Span) -> list[BillPeriod]:
    """The settlement of a contract that was ended before its last bill, if it falls into the span."""
    found = settlement(case.contract, cursor, [made.period for made in case.posted])
    inside = found is not None and found.due <= span.until and (span.start is None or found.due > span.start)
    return [found] if inside else []


def run_contract(
    case: Case,
    span: Span,
    norms: FleetNorms,
    posted: Posted,
    accept: bool = False,
    post: bool = True,
    extra: Sequence[Finding] = (),
) -> Iterator[Made]:
    """Every bill of one contract in the span, oldest first; a blocked one ends its row.

    Args:
        accept: post it though it is blocked.
        post: False: nothing is written, later bills see the earlier ones as if they were posted.
        extra: findings on the contract itself, shown with each of its bills.
    """
    contract, cursor = case.contract, posted.cursor(case.contract.contract)
    for old in case.posted if span.start else ():
        if span.start < old.period.due <= span.until:
            yield Made(
                contract,
                State.POSTED,
                old.period.due,
                old,
                case.last_like(old.period),
                old.findings,
                case=case,
            )
    after = max(filter(None, (span.start, cursor)), default=None)
    missed = (
        due_periods(contract, cursor, span.start) if span.start and cursor and cursor < span.start else []
    )
    for period in [*due_periods(contract, after, span.until), *settlements(case, cursor, span)]:
        try:
            last = case.compared_with(period)
            made = make_bill(case, period, norms, last)
        except (ValueError, ArithmeticError) as error:
            finding = Finding("cannot-bill", Severity.BLOCK, str(error), contract=contract.contract)
            yield Made(contract, State.BLOCKED, period.due, findings=(finding,), case=case)
            return
        if not (made.lines or period.base or period.overage):
            return  # nothing to settle at the contract's end
        if missed or extra:
            made = with_findings(made, [*extra, *([gap_finding(contract, missed)] if missed else ())])
        state = state_of(made.findings)
        hold = state is State.BLOCKED and (not accept or bool(missed))
        done = post and not hold and posted.post(made)
        yield Made(contract, state, period.due, made, last, made.findings, done, case)
        if hold:
            return
        case.posted.append(made)
