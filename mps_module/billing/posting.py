"""Invoicing the bills of some contracts: claimed, built, posted and noted in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import formatdate, now, strip_html_tags

from mps_module.billing import bills
from mps_module.billing.contracts import load_contracts, rows_of
from mps_module.billing.invoice import Posting, dimension_fields, make_invoice
from mps_module.billing.loader import HEAD_FIELDS
from mps_module.billing.posting_date import posting_date
from mps_module.billing.prepare import lock_contracts
from mps_module.billing.standing import OPEN
from mps_module.billing.units import load_units
from mps_module.engine.contract import Contract, CoveredUnit, SplitBy

TAKEN = ("Ready", "Accepted", "Failed", "Part Cancelled")
"""States that an approved run turns into invoices; flagged and blocked bills are accepted first."""
SAVEPOINT = "mps_contract"
BILL_COLUMNS = ("name", "contract", "customer", "due_date", "status", "total", "run", "recheck")


@dataclass(frozen=True, slots=True)
class Posted:
    """A bill whose invoices were made: what is still to be noted of it."""

    row: Mapping
    due: date
    invoices: Sequence[tuple[str, Decimal, str]]  # part, amount, Sales Invoice
    there: int  # invoices of the bill that stood before
    recheck: bool  # earlier bills may wait to be compared again, and this one does it


@dataclass(slots=True)
class Outcome:
    """What became of the bills of a contract."""

    posted: list[Posted] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: str = ""
    error: str = ""

    @property
    def invoiced(self) -> list[str]:
        return [each.row.name for each in self.posted]


def post_contracts(
    wanted: Mapping[str, Sequence[str]],
    submit: bool,
    terms: Mapping[str, Terms] | None = None,
    run: str | None = None,
) -> dict[str, Outcome]:
    """Make the invoices of the bills of some contracts, oldest first; what fails is undone alone and noted on its bill.

    The contracts are locked first: of two workers with the same bills the second finds them invoiced. The caller commits:
    all of them become true at once.

    Args:
        wanted: contract -> names of its bills.
        run: the run that was approved. A bill that another run computed anew meanwhile, under the same name, is that
            run's to approve; None: whose it is does not matter.
    """
    lock_contracts(list(wanted))
    found = claimable(list(wanted))
    terms = terms or load_terms(list(wanted))
    mine = {
        contract: {row.name for row in found[contract][0] if row.name in names and run in (None, row.run)}
        for contract, names in wanted.items()
    }
    present = as_they_are(sorted(set().union(*mine.values())))
    outcomes = {
        contract: post_rows(rows, mine[contract], present, submit, terms[contract], recheck)
        for contract, (rows, recheck) in found.items()
    }
    note_posted([each for outcome in outcomes.values() for each in outcome.posted])
    return outcomes


def post_rows(
    rows: Sequence[Mapping],
    names: Collection[str],
    present: Mapping[str, Mapping],
    submit: bool,
    terms: Terms,
    recheck: bool,
) -> Outcome:
    """The invoices of one contract's bills, not noted yet."""
    outcome = Outcome()
    for row in rows:
        if row.name not in names or row.status not in TAKEN:
            if row.status in OPEN:
                break  # an older bill has to go out first: what comes behind it waits
            continue
        frappe.db.savepoint(SAVEPOINT)
        try:
            outcome.posted.append(post_bill(row, present.get(row.name), submit, terms, recheck))
        except Exception as error:
            if is_lock_conflict(error):
                raise
            frappe.db.rollback(save_point=SAVEPOINT)
            outcome.failed, outcome.error = row.name, note_failure(row, error)
            break
    done = {*outcome.invoiced, outcome.failed}
    outcome.waiting = [
        row.name for row in rows if row.name in names and row.name not in done and row.status in TAKEN
    ]
    if outcome.waiting:
        note_waiting(outcome.waiting, rows)
    return outcome


def claimable(contracts: Sequence[str]) -> dict[str, tuple[list[Mapping], bool]]:
    """By contract: bills that are not fully invoiced, oldest first; whether posted ones wait to be compared again."""
    table = frappe.qb.DocType("Click Bill")
    rows = (
        frappe.qb.from_(table)
        .select(*(table[column] for column in BILL_COLUMNS))
        .where(table.contract.isin(list(contracts)))
        .where(table.status.isin([*OPEN, "Part Cancelled"]) | (table.recheck == 1))
        .orderby(table.due_date)
    ).run(as_dict=True)
    found: dict[str, tuple[list[Mapping], bool]] = {}
    for contract in contracts:
        own = [row for row in rows if row.contract == contract]
        open_rows = [row for row in own if row.status in OPEN or row.status == "Part Cancelled"]
        found[contract] = open_rows, any(row.recheck for row in own)
    return found


def as_they_are(names: Sequence[str]) -> dict[str, Mapping]:
    """Status and frozen result of bills at this moment, by name; nobody changes them until the transaction ends.

    A lock tells the present, a plain read the moment at which the transaction began to look: another worker may have
    invoiced a bill between.
    """
    table = frappe.qb.DocType("Click Bill")
    rows = (
        frappe.qb.from_(table)
        .select(table.name, table.status, table.result)
        .where(table.name.isin([*names, ""]))
        .orderby(table.name)
        .for_update()
    ).run(as_dict=True)
    return {row.name: row for row in rows}


def post_bill(
    row: Mapping, present: Mapping | None, submit: bool, terms: Terms, recheck: bool = True
) -> Posted:
    """The invoices of one bill that are not there yet; `note_posted` does the rest.

    Args:
        row: the bill as this transaction saw it.
        present: the bill as `as_they_are` tells.
    """
    posting = posting_of(row, present, terms)
    mode = posting.head["invoice_mode"]
    submit = submit if mode in (None, "", "Default") else mode == "Submitted"
    live = {}
    if row.status == "Part Cancelled":
        live = {p.split_value or "": p for p in bills.with_parts([row])[row.name] if not p.cancelled}
    made = [
        (part.key, part.total, make_invoice(posting, part, submit).name)
        for part in posting.parts
        if part.key not in live
    ]
    return Posted(row, posting.made.period.due, made, len(live), recheck)


def note_posted(posted: Sequence[Posted]) -> None:
    """On bills that have their invoices now: the links and the state; their contracts' cursors."""
    add_invoices(posted)
    for each in posted:
        if each.recheck:
            recheck_done(each.row.contract, each.due)
    for due in sorted({each.due for each in posted}):
        rows = [each.row for each in posted if each.due == due]
        note_invoiced([row.name for row in rows])
        advance_cursor([row.contract for row in rows], due)


def note_invoiced(names: Sequence[str]) -> None:
    table = frappe.qb.DocType("Click Bill")
    frappe.qb.update(table).set(table.status, "Invoiced").set(table.error, None).set(
        table.modified, now()
    ).where(table.name.isin(names)).run()


def advance_cursor(contracts: Sequence[str], due: date) -> None:
    """The contracts are billed through `due`, if they were not already."""
    table = frappe.qb.DocType("Click Contract")
    frappe.qb.update(table).set(table.billed_through, due).where(table.name.isin(contracts)).where(
        table.billed_through.isnull() | (table.billed_through < due)
    ).run()
    for contract in contracts:
        frappe.clear_document_cache("Click Contract", contract)


def recheck_done(contract: str, due: date) -> None:
    """Bills before this one that had to be compared again have been."""
    table = frappe.qb.DocType("Click Bill")
    frappe.qb.update(table).set(table.recheck, 0).where(table.contract == contract).where(
        table.recheck == 1
    ).where(table.due_date < due).run()


@dataclass(frozen=True, slots=True)
class Terms:
    """What an invoice takes from its contract."""

    contract: Contract
    head: Mapping
    units: Sequence[CoveredUnit] = ()
    splits: bool = False
    dates: dict[tuple[str, date], date] = field(default_factory=dict)  # shared by the contracts of a chunk

    def posted(self, due: date) -> date:
        """On which day a bill of `due` is posted."""
        key = self.head["company"], due
        if key not in self.dates:
            self.dates[key] = posting_date(*key)
        return self.dates[key]


def load_terms(names: Sequence[str]) -> dict[str, Terms]:
    """Terms of contracts, in a constant number of queries; units only where bills are split."""
    contracts = load_contracts(names)
    heads = rows_of("Click Contract", {"name": ["in", list(contracts)]}, [*HEAD_FIELDS, *dimension_fields()])
    splits = {
        name
        for name, contract in contracts.items()
        if any(v.rules.split_by is not SplitBy.NONE for v in contract.versions)
    }
    units = load_units(sorted(splits)) if splits else {}
    dates: dict[tuple[str, date], date] = {}
    return {
        head.name: Terms(contracts[head.name], head, units.get(head.name, ()), head.name in splits, dates)
        for head in heads
    }


def posting_of(row: Mapping, present: Mapping | None, terms: Terms) -> Posting:
    """A Click Bill's frozen rows with its contract.

    Raises:
        frappe.QueryDeadlockError: the bill is not what this transaction saw of it.
    """
    if present is None or present.status != row.status:
        raise frappe.QueryDeadlockError(
            _("Bill {0} was changed by somebody else meanwhile.").format(row.name)
        )
    made = bills.thaw_rows(present.result, terms.splits)
    posted = terms.posted(made.period.due)
    return Posting(row.name, made, terms.contract, terms.head, posted, terms.units)


def add_invoices(posted: Sequence[Posted]) -> None:
    """Rows that link bills with their invoices."""
    stamp, user = now(), frappe.session.user
    columns = (
        "name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "parent", "parenttype",
        "parentfield", "sales_invoice", "split_value", "amount", "cancelled",
    )  # fmt: skip
    rows = [
        (
            frappe.generate_hash(length=10), stamp, stamp, user, user, 0, each.there + n, each.row.name, "Click Bill",
            "invoices", invoice, key, amount, 0,
        )
        for each in posted
        for n, (key, amount, invoice) in enumerate(each.invoices, start=1)
    ]  # fmt: skip
    if rows:
        frappe.db.bulk_insert("Click Bill Invoice", columns, rows)


def note_failure(row: Mapping, error: Exception) -> str:
    """The reason on the bill, the traceback in one Error Log."""
    reason = reason_of(error)
    frappe.log_error(
        title=_("Bill {0}: {1}").format(row.name, reason)[:140],
        reference_doctype="Click Bill",
        reference_name=row.name,
    )
    status = row.status if row.status == "Part Cancelled" else "Failed"
    frappe.db.set_value("Click Bill", row.name, {"status": status, "error": reason})
    frappe.clear_messages()
    return reason


def note_waiting(names: Sequence[str], rows: Sequence[Mapping]) -> None:
    """Say on bills that could not go out yet which older one they wait for."""
    first = next(row for row in rows if row.status in OPEN)
    text = _("Waits for the bill of {0}, which is not invoiced yet").format(formatdate(first.due_date))
    for name in names:
        if name != first.name:
            frappe.db.set_value("Click Bill", name, "error", text)


def reason_of(error: Exception) -> str:
    """What the ERP says, as plain text; the kind of error where it says nothing."""
    text = strip_html_tags(str(error)).strip()
    if not text and frappe.message_log:
        last = frappe.message_log[-1]
        text = strip_html_tags(str(last.get("message") if isinstance(last, dict) else last)).strip()
    return " ".join(text.split()) or type(error).__name__


def is_lock_conflict(error: Exception) -> bool:
    """Two transactions in each other's way: the database has undone this one, and it may simply run again."""
    return isinstance(error, (frappe.QueryDeadlockError, frappe.QueryTimeoutError))
