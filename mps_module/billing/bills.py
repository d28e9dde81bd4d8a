"""Click Bill documents: an engine bill with its findings and frozen result, written in bulk."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import now

from mps_module.engine import codec, packed
from mps_module.engine.bill import pinned
from mps_module.engine.result import Basis, Bill, Finding, Severity
from mps_module.engine.usage import real_usages

SHOWN_FINDINGS = 60
"""Findings kept as rows, worst first; the frozen result holds all."""
SHOWN_NOTES = 15
STATEMENT_BYTES = 2_000_000
STATE = {Severity.BLOCK: "Blocked", Severity.WARN: "Flagged"}

FIELDS = (
    "name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "contract", "customer", "company",
    "due_date", "status", "run", "total", "last_total", "difference", "at_stake", "estimate_share", "currency",
    "base_from", "base_to", "overage_from", "overage_to", "reason", "accepted_by", "accept_reason", "replaces",
    "digest", "computed_at", "result", "billed_before", "recheck", "billing_key",
)  # fmt: skip
FINDING_FIELDS = (
    "name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "parent", "parenttype", "parentfield",
    "severity", "code", "message", "todo", "at_stake", "unit", "line_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A computed bill on its way into the database."""

    made: Bill
    company: str
    run: str | None
    last_total: Decimal | None = None
    sequence: int = 1
    replaces: str | None = None
    accepted_by: str | None = None
    accept_reason: str | None = None
    recheck: int = 0
    state: str = ""
    frozen: tuple[str, str] = ("", "")  # text and digest of `made`

    def __post_init__(self) -> None:
        if not self.frozen[0]:
            object.__setattr__(self, "frozen", freeze(self.made))

    @property
    def name(self) -> str:
        name = f"{self.made.contract}-{self.made.period.due.isoformat()}"
        return name if self.sequence == 1 else f"{name}-{self.sequence}"


def freeze(made: Bill) -> tuple[str, str]:
    """(text, digest) of a bill, encoded once and squeezed: what a database writes slowest is long texts.

    The boundaries that it pins stand in the proofs of its lines already and are left out; the digest covers everything
    but the findings, some of which compare with the rest of the fleet.
    """
    data = packed.pack(replace(made, boundaries=(), findings=()))
    text = packed.text_of(data)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    if made.findings:
        data["findings"] = [codec.encode_value(finding) for finding in made.findings]
        text = packed.text_of(data)
    return packed.squeezed(text), digest


def thaw(text: str) -> Bill:
    """The whole bill back from `freeze`, boundaries included."""
    made = packed.loads(text)
    return made if made.boundaries else replace(made, boundaries=tuple(pinned(made.lines)))


def thaw_rows(text: str, shares: bool) -> Bill:
    """What an invoice needs of a frozen bill: its rows without the usages behind them.

    Args:
        shares: keep the proofs, which say what the rows are split by.
    """
    data = packed.parsed(text)
    for key in ("boundaries", "findings"):
        data.pop(key, None)
    if not shares:
        for line in data["lines"]:
            line.pop("proof", None)
    return packed.rows_of(data)


def billing_key(contract: str, due: date) -> str:
    return f"{contract}|{due.isoformat()}"


def state_of(findings: Iterable[Finding]) -> str:
    severities = {f.severity for f in findings}
    for severity, state in STATE.items():
        if severity in severities:
            return state
    return "Ready"


def at_stake(findings: Iterable[Finding]) -> Decimal:
    """The worst sort of finding, its cases added up: two guards often see the same money."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for finding in findings:
        if finding.severity is not Severity.INFO:
            sums[finding.code] += finding.at_stake
    return max(sums.values(), default=Decimal(0))


def reason_of(findings: Iterable[Finding]) -> str:
    """The worst finding in a line, and how many more there are."""
    rank = {Severity.BLOCK: 0, Severity.WARN: 1}
    worst = sorted((f for f in findings if f.severity in rank), key=lambda f: (rank[f.severity], -f.at_stake))
    if not worst:
        return ""
    more = frappe._(" (and {0} more)").format(len(worst) - 1) if len(worst) > 1 else ""
    return worst[0].message + more


def estimate_share(made: Bill) -> float:
    """Percent of the meters on the bill that close at an estimate."""
    usages = [u for line in made.lines for u in real_usages(line.proof.usages if line.proof else ())]
    estimated = sum(1 for u in usages if u.closing is not None and u.closing.basis is Basis.ESTIMATE)
    return round(100 * estimated / len(usages), 2) if usages else 0


def insert(drafts: Sequence[Draft], cursors: Mapping[str, date | None]) -> None:
    """Write bills and their findings. The unique billing key refuses what stands already.

    Args:
        cursors: contract -> due date of its last bill; the bills of one contract follow each other.
    """
    stamp, user = now(), frappe.session.user
    before = dict(cursors)
    rows, findings, size = [], [], 0
    for draft in sorted(drafts, key=lambda d: (d.made.contract, d.made.period.due)):
        text, digest = draft.frozen
        rows.append(values_of(draft, text, digest, before.get(draft.made.contract), stamp, user))
        before[draft.made.contract] = max(
            filter(None, (before.get(draft.made.contract), draft.made.period.due))
        )
        findings += finding_rows(draft, stamp, user)
        size += len(text)
        if size > STATEMENT_BYTES:
            frappe.db.bulk_insert("Click Bill", FIELDS, rows)
            rows, size = [], 0
    if rows:
        frappe.db.bulk_insert("Click Bill", FIELDS, rows)
    if findings:
        frappe.db.bulk_insert("Click Bill Finding", FINDING_FIELDS, findings)


def values_of(draft: Draft, text: str, digest: str, before: date | None, stamp: str, user: str) -> tuple:
    made = draft.made
    base, overage = made.period.base, made.period.overage
    last = draft.last_total
    return (
        draft.name, stamp, stamp, user, user, 0, 0, made.contract, made.customer, draft.company,
        made.period.due, draft.state or state_of(made.findings), draft.run, made.total, last or 0,
        made.total - last if last is not None else 0, at_stake(made.findings), estimate_share(made), made.currency,
        base and base.start, base and base.end, overage and overage.start, overage and overage.end,
        reason_of(made.findings), draft.accepted_by, draft.accept_reason, draft.replaces,
        digest, stamp, text, before, draft.recheck, billing_key(made.contract, made.period.due),
    )  # fmt: skip


def finding_rows(draft: Draft, stamp: str, user: str) -> list[tuple]:
    found = draft.made.findings
    loud = [f for f in found if f.severity is not Severity.INFO][:SHOWN_FINDINGS]
    notes = [f for f in found if f.severity is Severity.INFO][:SHOWN_NOTES]
    return [
        (
            frappe.generate_hash(length=10), stamp, stamp, user, user, 0, idx, draft.name, "Click Bill", "findings",
            f.severity.value, f.code, f.message, f.todo, f.at_stake, f.unit, f.line_id,
        )
        for idx, f in enumerate((*loud, *notes), start=1)
    ]  # fmt: skip


def delete(names: Sequence[str]) -> None:
    """Remove bills that were never invoiced, with their findings."""
    if not names:
        return
    for doctype, field in (("Click Bill Finding", "parent"), ("Click Bill", "name")):
        frappe.db.delete(doctype, {field: ["in", list(names)]})


def frozen(name: str) -> Bill:
    """The engine's bill that a Click Bill holds."""
    return thaw(frappe.db.get_value("Click Bill", name, "result"))


def with_parts(bills: Iterable[Mapping]) -> dict[str, list[Mapping]]:
    """Invoice rows by bill."""
    names = [b.name for b in bills]
    found: dict[str, list[Mapping]] = defaultdict(list)
    if names:
        for row in frappe.get_all(
            "Click Bill Invoice",
            filters={"parent": ["in", names], "parenttype": "Click Bill"},
            fields=["name", "parent", "sales_invoice", "split_value", "amount", "cancelled", "credit_note"],
            order_by="parent, idx",
            limit=100_000,
        ):
            found[row.parent].append(row)
    return found
