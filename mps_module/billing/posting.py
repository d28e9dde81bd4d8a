"""Invoicing the bills of one contract: claimed, built, posted and noted in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from mps_module.fleet.ledger import mark_billed

TAKEN = ("Ready", "Accepted", "Failed", "Part Cancelled")
"""States that an approved run turns into invoices; flagged and blocked bills are accepted first."""
SAVEPOINT = "mps_contract"
BILL_COLUMNS = ("name", "contract", "customer", "due_date", "status", "total", "run", "recheck")


@dataclass(slots=True)
class Outcome:
    """What became of the bills of a contract."""

    invoiced: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: str = ""
    error: str = ""


def post_contract(
    contract: str, names: Sequence[str], submit: bool, terms: Terms | None = None, run: str | None = None
) -> Outcome:
    """Make the invoices of a contract's bills, oldest first; what fails is undone and noted on its bill.

    The contract is locked first: of two workers with the same bills the second finds them invoiced.

    Args:
        run: the run that was approved. A bill that another run computed anew meanwhile, under the same name, is that
            run's to approve; None: whose it is does not matter.
    """
    outcome = Outcome()
    cursor = lock_contracts([contract]).get(contract)
    rows, recheck = claimable(contract)
    names = [row.name for row in rows if row.name in names and run in (None, row.run)]
    terms = terms or load_terms([contract])[contract]
    for row in rows:
        if row.name not in names or row.status not in TAKEN:
            if row.status in OPEN:
                break  # an older bill has to go out first: what comes behind it waits
            continue
        frappe.db.savepoint(SAVEPOINT)
        try:
            cursor = post_bill(row, submit, cursor, terms, recheck)
            outcome.invoiced.append(row.name)
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


def claimable(contract: str) -> tuple[list[Mapping], bool]:
    """The contract's bills that are not fully invoiced, oldest first; whether posted ones wait to be compared again."""
    table = frappe.qb.DocType("Click Bill")
    rows = (
        frappe.qb.from_(table)
        .select(*(table[column] for column in BILL_COLUMNS))
        .where(table.contract == contract)
        .where(table.status.isin([*OPEN, "Part Cancelled"]) | (table.recheck == 1))
        .orderby(table.due_date)
    ).run(as_dict=True)
    open_rows = [row for row in rows if row.status in OPEN or row.status == "Part Cancelled"]
    return open_rows, any(row.recheck for row in rows)


def post_bill(
    row: Mapping, submit: bool, cursor: date | None, terms: Terms, recheck: bool = True
) -> date | None:
    """Invoices of one bill that are not there yet, its state, the contract's cursor, the reads. Returns the cursor.

    Args:
        recheck: earlier bills may wait to be compared again, and this one does it.
    """
    posting, reads = posting_of(row, terms)
    mode = posting.head["invoice_mode"]
    submit = submit if mode in (None, "", "Default") else mode == "Submitted"
    live = {}
    if row.status == "Part Cancelled":
        live = {p.split_value or "": p for p in bills.with_parts([row])[row.name] if not p.cancelled}
    made = [(part, make_invoice(posting, part, submit)) for part in posting.parts if part.key not in live]
    add_invoices(row.name, [(part.key, part.total, invoice.name) for part, invoice in made], len(live))
    due = posting.made.period.due
    note_invoiced(row.name, bills.billing_key(row.contract, due))
    if recheck:
        recheck_done(row.contract, due)
    mark_billed(reads, row.name)
    if cursor is None or due > cursor:
        table = frappe.qb.DocType("Click Contract")
        frappe.qb.update(table).set(table.billed_through, due).where(table.name == row.contract).run()
        frappe.clear_document_cache("Click Contract", row.contract)
        cursor = due
    return cursor


def note_invoiced(bill: str, key: str) -> None:
    table = frappe.qb.DocType("Click Bill")
    frappe.qb.update(table).set(table.status, "Invoiced").set(table.error, None).set(
        table.billing_key, key
    ).set(table.modified, now()).where(table.name == bill).run()


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


def posting_of(row: Mapping, terms: Terms) -> tuple[Posting, set[str]]:
    """A Click Bill's frozen rows with its contract, and the reads that it rests on.

    Raises:
        frappe.QueryDeadlockError: the bill is not what this transaction saw of it. A lock tells the present, a plain
            read the moment at which the transaction began to look: another worker may have invoiced the bill between.
    """
    now_there = frappe.db.get_value(
        "Click Bill", row.name, ["status", "result"], as_dict=True, for_update=True
    )
    if now_there is None or now_there.status != row.status:
        raise frappe.QueryDeadlockError(
            _("Bill {0} was changed by somebody else meanwhile.").format(row.name)
        )
    made, reads = bills.thaw_rows(now_there.result, terms.splits)
    posted = terms.posted(made.period.due)
    return Posting(row.name, made, terms.contract, terms.head, posted, terms.units), reads


def add_invoices(bill: str, made: Sequence[tuple[str, Decimal, str]], there: int) -> None:
    """Rows that link a bill with its invoices."""
    stamp, user = now(), frappe.session.user
    columns = (
        "name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "parent", "parenttype",
        "parentfield", "sales_invoice", "split_value", "amount", "cancelled",
    )  # fmt: skip
    rows = [
        (
            frappe.generate_hash(length=10), stamp, stamp, user, user, 0, there + n, bill, "Click Bill",
            "invoices", invoice, key, amount, 0,
        )
        for n, (key, amount, invoice) in enumerate(made, start=1)
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
