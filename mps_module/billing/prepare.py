"""The preview of a billing run: every due bill computed, guarded and written as a Click Bill."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import getdate

from mps_module.billing import bills
from mps_module.billing.contracts import NO_LIMIT, load_contracts, rows_of
from mps_module.billing.loader import Case, load_cases
from mps_module.billing.standing import OPEN, billed_beyond_end, cursor_of, period_of
from mps_module.billing.terms import exact
from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import with_findings
from mps_module.engine.guards import FleetNorms, GuardLimits, guard
from mps_module.engine.periods import BillPeriod
from mps_module.engine.result import Bill, Finding, Severity
from mps_module.engine.schedule import due_periods

PAGE = 200
"""Contracts looked at together while the run finds out what is due."""
BILLABLE = ("Active", "Ended")
"""An ended contract still gets its last overage."""


def contracts_in_scope(run: Mapping) -> list[str]:
    """Names of the contracts that a run's filters leave, in order."""
    filters = {"company": run.company, "status": ["in", BILLABLE], "start_date": ["<=", run.through]}
    if run.contract:
        filters["name"] = run.contract
    if run.customer:
        filters["customer"] = run.customer
    names = rows_of("Click Contract", filters, ["name", "customer"])
    if not (run.customer_group or run.territory):
        return [row.name for row in names]
    customers = customers_of(run, {row.customer for row in names})
    return [row.name for row in names if row.customer in customers]


def customers_of(run: Mapping, among: set[str]) -> set[str]:
    """Customers in the run's customer group and territory, branches below them included."""
    filters: dict = {"name": ["in", sorted(among)]}
    for field, doctype in (("customer_group", "Customer Group"), ("territory", "Territory")):
        if run.get(field):
            filters[field] = ["in", [run.get(field), *frappe.db.get_descendants(doctype, run.get(field))]]
    return set(frappe.get_all("Customer", filters=filters, pluck="name", order_by="name", limit=NO_LIMIT))


def due_contracts(run: Mapping) -> tuple[list[str], FleetNorms]:
    """The contracts with something due, and the fleet's usual rates to hold them against."""
    names = contracts_in_scope(run)
    through = getdate(run.through)
    due, fleet = [], []
    released = set(
        frappe.get_all(
            "Click Bill",
            filters={"company": run.company, "status": ["in", ("Released", "Credited")]},
            pluck="contract",
            order_by="contract",
            limit=NO_LIMIT,
        )
    )
    cursors = {
        row.name: cursor_of(row) for row in rows_of("Click Contract", {"name": ["in", names]}, ["name", "billed_through"])
    }  # fmt: skip
    for start in range(0, len(names), PAGE):
        agreed = load_contracts(names[start : start + PAGE])
        fleet += agreed.values()
        back = billed_beyond_end({n: c.end for n, c in agreed.items() if c.end and cursors[n]})
        due += [
            name
            for name, contract in agreed.items()
            if name in released or name in back or due_periods(contract, cursors[name], through)
        ]
    return due, FleetNorms.of(fleet if is_whole_fleet(run) else whole_fleet(run.company), through)


def is_whole_fleet(run: Mapping) -> bool:
    return not (run.contract or run.customer or run.customer_group or run.territory)


def whole_fleet(company: str) -> Iterable:
    """All active contracts of the company, page by page: the norm does not depend on the run's filters."""
    names = frappe.get_all(
        "Click Contract",
        filters={"company": company, "status": "Active"},
        pluck="name",
        order_by="name",
        limit=NO_LIMIT,
    )
    for start in range(0, len(names), PAGE):
        yield from load_contracts(names[start : start + PAGE]).values()


def guard_limits() -> GuardLimits:
    """The settings' limits; what is empty there keeps the engine's own."""
    settings = frappe.get_cached_doc("MPS Settings")
    usual = GuardLimits()
    percent = exact(settings.bill_change_percent)
    return GuardLimits(
        rate_warn=exact(settings.rate_warn_factor) or usual.rate_warn,
        rate_block=exact(settings.rate_block_factor) or usual.rate_block,
        bill_change=percent / 100 if percent else usual.bill_change,
        bill_change_money=exact(settings.bill_change_money) or usual.bill_change_money,
    )


def bills_of(case: Case, norms: FleetNorms, limits: GuardLimits) -> list[tuple[Bill, Decimal | None]]:
    """(bill with all findings, total of the last one like it) for every due period of a contract, oldest first."""
    found: list[tuple[Bill, Decimal | None]] = []
    for n, period in enumerate(case.periods):
        # The first bill puts right what changed before it; those behind it have nothing left to compare.
        made = case.bill(period, case.past.posted if n == 0 else ())
        alike = [b for b, _ in found if (b.period.overage is None) == (period.overage is None)]
        row = case.standing.last_like(period)
        last = alike[-1] if alike else (stub(case, row) if row else None)
        findings = guard(
            case.contract, made, case.ledger or case.build_ledger(), case.units, norms, last, limits
        )
        found.append((with_findings(made, findings), last.total if last else None))
        if period is not case.periods[-1]:
            case.past.pins.update({k: v for k, v in pins_of([made]).items() if k not in case.past.pins})
    return found


def stub(case: Case, row: Mapping) -> Bill:
    """An earlier bill for comparison: its period and total only."""
    return Bill(case.contract.contract, "", case.contract.currency, period_of(row), (), exact(row.total))


def missing_master(case: Case) -> list[Finding]:
    """What no invoice could be made without, said while it is a preview."""
    settings = frappe.get_cached_doc("MPS Settings")
    if settings.default_item:
        return []
    bare = {line.line_id for v in case.contract.versions for line in v.lines if not line.item}
    if not bare:
        return []
    return [
        Finding(
            code="no-item",
            severity=Severity.BLOCK,
            message=frappe._("No item carries {0} on the invoice").format(", ".join(sorted(bare))),
            todo=frappe._("Name an item on the contract's lines, or a default item in MPS Settings"),
            contract=case.contract.contract,
        )
    ]


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """No garbage collection: a chunk's values, tens of thousands, live until it is stored, and would be looked through
    again and again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@collector_at_rest()
def compute(
    names: Sequence[str], through: date, norms: FleetNorms, run: str | None
) -> dict[str, list[bills.Draft]]:
    """Drafts of every due bill of these contracts."""
    limits = guard_limits()
    found = {}
    for name, case in load_cases(names, through).items():
        extra = missing_master(case)
        drafts = []
        for made, last in bills_of(case, norms, limits):
            if not (made.lines or made.period.base or made.period.overage):
                continue  # nothing to settle at the end of a contract
            standing = case.standing
            gone = [r for r in standing.rows if r.due_date == made.period.due and not r.billing_key]
            drafts.append(
                bills.Draft(
                    made=with_findings(made, extra) if extra else made,
                    company=case.head.company,
                    run=run,
                    last_total=last,
                    sequence=len(gone) + 1,
                    replaces=gone[-1].name if gone else None,
                    recheck=int(any(r.due_date > made.period.due for r in standing.posted)),
                )
            )
        found[name] = drafts
    return found


def unbillable(name: str, through: date, run: str, reason: str) -> bills.Draft:
    """The blocked preview of a contract that cannot be computed: an empty bill that says why."""
    head = frappe.db.get_value("Click Contract", name, ["customer", "company", "currency"], as_dict=True)
    finding = Finding(
        code="cannot-bill",
        severity=Severity.BLOCK,
        message=frappe._("Cannot be computed: {0}").format(reason),
        todo=frappe._("Repair the contract or its devices, and prepare again"),
        contract=name,
    )
    made = Bill(
        name, head.customer, head.currency or "", BillPeriod(through), (), exact(0), findings=(finding,)
    )
    return bills.Draft(made=made, company=head.company, run=run)


def store(drafts: Mapping[str, list[bills.Draft]], run: str) -> set[str]:
    """Write the drafts of a chunk in place of older previews of the same bills.

    Returns: other runs that lost previews to this one.

    The contracts are locked first, so that nobody invoices or previews them meanwhile; what was invoiced since the
    drafts were computed is left as it is.
    """
    if not drafts:
        return set()
    cursors = lock_contracts(list(drafts))
    open_rows, posted = open_bills(list(drafts))
    busy = set(runs_at_work(run))
    write, remove, losers = [], [], set()
    for name, made in drafts.items():
        mine = {row.due_date: row for row in open_rows if row.contract == name}
        if any(row.run in busy for row in mine.values()) or {d.made.period.due for d in made} & posted[name]:
            continue
        remove += [row.name for row in mine.values()]
        losers |= {row.run for row in mine.values() if row.run and row.run != run}
        write += [keep_acceptance(draft, mine.get(draft.made.period.due)) for draft in made]
    bills.delete(remove)
    bills.insert(write, cursors)
    return losers


def keep_acceptance(draft: bills.Draft, old: Mapping | None) -> bills.Draft:
    """A bill that was accepted stays accepted as long as it is the same bill."""
    if old is None or old.status != "Accepted" or old.digest != draft.frozen[1]:
        return draft
    return replace(draft, state="Accepted", accepted_by=old.accepted_by, accept_reason=old.accept_reason)


def lock_contracts(names: Sequence[str]) -> dict[str, date | None]:
    """Lock contracts in order of name until the transaction ends; their cursors."""
    table = frappe.qb.DocType("Click Contract")
    rows = (
        frappe.qb.from_(table)
        .select(table.name, table.billed_through)
        .where(table.name.isin(sorted(names)))
        .orderby(table.name)
        .for_update()
    ).run()
    return {name: getdate(day) if day else None for name, day in rows}


def open_bills(names: Sequence[str]) -> tuple[list[Mapping], dict[str, set[date]]]:
    """Bills of these contracts that are not invoiced yet, and the dates that are."""
    rows = rows_of(
        "Click Bill",
        {"contract": ["in", list(names)], "billing_key": ["is", "set"]},
        ["name", "contract", "due_date", "status", "run", "digest", "accepted_by", "accept_reason"],
        "contract asc, due_date asc",
    )
    posted: dict[str, set[date]] = {name: set() for name in names}
    for row in rows:
        row.due_date = getdate(row.due_date)
        if row.status not in OPEN:
            posted[row.contract].add(row.due_date)
    return [row for row in rows if row.status in OPEN], posted


def runs_at_work(but: str) -> list[str]:
    """Other runs that are making invoices right now: their bills are theirs."""
    return frappe.get_all(
        "Click Billing Run",
        filters={"status": "Invoicing", "name": ["!=", but]},
        pluck="name",
        order_by="name",
        limit=NO_LIMIT,
    )
