"""A correction after the bill: what it would be today, and taking it back by a return with a new bill in its place.

Left alone, the difference comes by itself as an adjustment on the contract's next bill. Credit and rebill is for the
customer who wants the old invoice gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate

from mps_module.billing import bills, release
from mps_module.billing.loader import Case, case_of, load_cases
from mps_module.billing.posting import as_they_are, load_terms, note_posted, post_bill
from mps_module.billing.prepare import bills_of, guard_limits, lock_contracts
from mps_module.billing.standing import POSTED
from mps_module.engine.adjust import adjustments, grouped
from mps_module.engine.guards import FleetNorms
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.result import Bill, BillLine, ChargeKind
from mps_module.engine.rows import total

if TYPE_CHECKING:
    from frappe.model.document import Document


@dataclass(frozen=True, slots=True)
class Affected:
    """A posted bill that would come out differently today.

    Attributes:
        was: net amount charged for its own rows so far, adjustments of them on later bills included.
        now: what today's reads give.
    """

    bill: str
    contract: str
    customer: str
    currency: str
    due: str
    was: Decimal
    now: Decimal
    rows: tuple[tuple[str, Decimal], ...] = ()

    @property
    def difference(self) -> Decimal:
        return self.now - self.was


def affected(contracts: Sequence[str]) -> list[Affected]:
    """Posted bills of these contracts that corrected or late reads change, largest difference first."""
    after = {}

    def next_one(contract, standing, _cursor, _until) -> list[BillPeriod]:
        posted = standing.posted
        if not posted:
            return []
        after[contract.contract] = posted
        return [BillPeriod(posted[-1].due_date + timedelta(days=1))]

    found = []
    for name, case in load_cases(contracts, getdate(), next_one).items():
        found += affected_of(case, after[name])
    return sorted(found, key=lambda a: -abs(a.difference))


def affected_of(case: Case, rows: Sequence[Mapping]) -> list[Affected]:
    """The posted bills whose own rows come out differently today.

    A row belongs to the bill that charged it: February may be the base of one bill and the usage of the next, and a
    read of February changes only the second.
    """
    posted = case.past.posted
    if not posted:
        return []
    today = [case.bill(made.period, ()) for made in posted]
    moved = grouped(adjustments(posted, today))
    charged = grouped(line for made in posted for line in made.lines)
    names = {row.due_date: row.name for row in rows}
    found = []
    for made, now in zip(posted, today, strict=True):
        own = own_keys((*made.lines, *now.lines))
        changed = [line for key in own for line in moved.get(key, ())]
        if not changed:
            continue
        was = sum((total(charged.get(key, ())) for key in own), Decimal(0))
        found.append(
            Affected(
                names[made.period.due],
                made.contract,
                made.customer,
                made.currency,
                str(made.period.due),
                was,
                was + total(changed),
                tuple((line.description, line.amount) for line in changed),
            )
        )
    return found


def own_keys(lines: Iterable[BillLine]) -> list[tuple[str, Period]]:
    """What a bill charges by itself: contract line and period, adjustments of other bills left out."""
    return sorted(
        {(line.line_id, line.period) for line in lines if line.kind is not ChargeKind.ADJUSTMENT},
        key=lambda key: (key[1].start, key[0]),
    )


def recomputed(bill: str) -> tuple[Mapping, Bill, Case, Bill, Decimal | None]:
    """(row, the frozen bill, case, the bill as it is today with findings, total of the one before)."""
    row = release.bill_row(bill)
    if row is None:
        raise frappe.DoesNotExistError(_("Click Bill {0} does not exist").format(bill))
    case = case_of(row.contract, getdate(row.due_date))
    ((now, last),) = bills_of(case, FleetNorms(), guard_limits())
    return row, bills.frozen(bill), case, now, last


def compare(bill: str) -> dict[str, Any]:
    """Old and new side by side: totals, and rows by contract line and period."""
    _row, old, _case, new, _last = recomputed(bill)
    was, now = grouped(old.lines), grouped(new.lines)
    rows = []
    for key in sorted(was.keys() | now.keys(), key=lambda k: (k[1].start, k[0])):
        first = next(iter((*was.get(key, ()), *now.get(key, ()))))
        before, after = total(was.get(key, ())), total(now.get(key, ()))
        rows.append(
            {
                "line": first.description,
                "period": str(key[1]),
                "old": float(before),
                "new": float(after),
                "difference": float(after - before),
                "old_quantity": sum(float(x.quantity) for x in was.get(key, ())),
                "new_quantity": sum(float(x.quantity) for x in now.get(key, ())),
            }
        )
    return {
        "bill": bill,
        "currency": old.currency,
        "old": float(old.total),
        "new": float(new.total),
        "difference": float(new.total - old.total),
        "rows": rows,
    }


def credit_and_rebill(bill: str, reason: str, submit: bool = True) -> dict[str, Any]:
    """Take the bill's invoices back by returns, and bill the period anew from today's reads.

    One transaction: where the ERP refuses either, nothing has happened.
    """
    row, old, case, new, last = recomputed(bill)
    if row.status not in POSTED:
        frappe.throw(_("Bill {0} is {1}: only an invoiced bill can be credited.").format(bill, _(row.status)))
    cursor = lock_contracts([row.contract])[row.contract]
    if frappe.db.get_value("Click Bill", bill, "status", for_update=True) != row.status:
        frappe.throw(_("Bill {0} was changed by somebody else meanwhile. Look at it again.").format(bill))
    credits = [credit(part, submit) for part in bills.with_parts([row])[bill] if not part.cancelled]
    release.release(row, "Credited")
    draft = bills.Draft(
        made=new,
        company=case.head.company,
        run=row.run,
        last_total=last,
        sequence=case.standing.count(new.period.due) + 1,
        replaces=bill,
        accepted_by=frappe.session.user,
        accept_reason=reason,
        recheck=int(any(b.due_date > new.period.due for b in case.standing.posted)),
        state="Accepted",
    )
    bills.insert([draft], {row.contract: cursor if cursor != new.period.due else row.billed_before})
    fresh = frappe.db.get_value(
        "Click Bill", draft.name, ["name", "contract", "customer", "due_date", "status", "run"], as_dict=True
    )
    present = as_they_are([fresh.name])[fresh.name]
    note_posted([post_bill(fresh, present, submit, load_terms([row.contract])[row.contract])])
    invoices = [part.sales_invoice for part in bills.with_parts([fresh])[fresh.name]]
    return {
        "old_bill": bill,
        "bill": fresh.name,
        "credit_notes": [name for name in credits if name],
        "invoices": invoices,
        "old": float(old.total),
        "new": float(new.total),
        "difference": float(new.total - old.total),
    }


def credit(part: Mapping, submit: bool) -> str | None:
    """The return of one invoice; a draft is deleted instead. Its name, if there is one."""
    # The ERP's modules are imported when they are needed: they open log files relative to the bench.
    from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

    invoice: Document = frappe.get_doc("Sales Invoice", part.sales_invoice)
    if invoice.docstatus == 0:
        invoice.flags.ignore_permissions = True
        frappe.db.delete("Click Bill Invoice", part.name)
        invoice.delete()
        return None
    if invoice.is_return:
        frappe.throw(
            _("{0} is a credit note itself: cancel it instead, and bill the period again.").format(
                invoice.name
            )
        )
    credit_note = make_sales_return(invoice.name)
    credit_note.flags.ignore_permissions = True
    credit_note.update_outstanding_for_self = 0
    if submit:
        credit_note.submit()
    else:
        credit_note.insert()
    frappe.db.set_value("Click Bill Invoice", part.name, "credit_note", credit_note.name)
    return credit_note.name
