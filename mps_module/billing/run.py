"""A billing run from start to end: prepare, review, approve, invoice. Every step may be killed and started again.

Work is cut into chunks of contracts, one background job each, so that any number of workers on any number of machines
share it. What is done stands on the bills themselves; an attempt's counter only tells when its last job is through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import cint, getdate, now_datetime
from frappe.utils.background_jobs import get_queue, get_workers
from redis.exceptions import RedisError

from mps_module.billing import prepare
from mps_module.billing.contracts import NO_LIMIT, rows_of
from mps_module.billing.posting import TAKEN, is_lock_conflict, load_terms, post_contracts
from mps_module.billing.standing import OPEN
from mps_module.billing.totals import settle, summary
from mps_module.engine.guards import FleetNorms
from mps_module.fleet.ledger import chunks

if TYPE_CHECKING:
    from frappe.model.document import Document

    from mps_module.billing.posting import Terms

PREPARE_CHUNK = 25
INVOICE_CHUNK = 20
INVOICE_GROUP = 10
"""Contracts of a chunk that one worker alone invoices in one transaction: the ERP forgets its settings at each commit and
reads them again for the next invoice. An invoice's number locks its series to the commit, so where several workers share
a run each contract is a transaction of its own."""
QUEUE = "long"
TRIES = 5
TIMEOUT = 3600
RUN = "Click Billing Run"


# Preparing


def start_preparing(doc: Document) -> None:
    """Put the preparation of a run on the queue."""
    if doc.status in ("Invoicing", "Cancelled"):
        frappe.throw(_("Run {0} is {1}: it cannot be prepared now.").format(doc.name, _(doc.status)))
    attempt = new_attempt(doc.name, "Preparing")
    enqueue("mps_module.billing.run.prepare_run", f"mps-prepare-{attempt}", run=doc.name, attempt=attempt)


def prepare_run(run: str, attempt: str) -> None:
    """Job: find the contracts with something due and hand them out in chunks."""
    doc = frappe.get_doc(RUN, run)
    if doc.job_id != attempt:
        return
    try:
        names, norms = prepare.due_contracts(doc)
    except Exception:
        frappe.db.rollback()
        finish(run, attempt, "Draft", frappe.get_traceback(with_context=False))
        frappe.db.commit()
        raise
    drop_stale(run, names)
    chunks = [names[n : n + PREPARE_CHUNK] for n in range(0, len(names), PREPARE_CHUNK)]
    frappe.db.set_value(RUN, run, {"jobs": len(chunks), "jobs_done": 0, "contracts": len(names)})
    log(run, _("{0} contracts with something due through {1}").format(len(names), doc.through))
    if not chunks:
        finish(run, attempt, "Completed")
    for number, chunk in enumerate(chunks):
        enqueue(
            "mps_module.billing.run.prepare_chunk",
            f"mps-prepare-{attempt}-{number}",
            run=run, attempt=attempt, names=chunk, norms=norms,
        )  # fmt: skip
    frappe.db.commit()


def prepare_chunk(run: str, attempt: str, names: Sequence[str], norms: FleetNorms) -> None:
    """Job: the bills of a chunk. A contract that cannot be computed is logged and leaves the others alone."""
    through = frappe.db.get_value(RUN, run, ["through", "job_id"], as_dict=True)
    if through is None or through.job_id != attempt:
        return
    drafts = {}
    try:
        drafts = prepare.compute(names, getdate(through.through), norms, run)
    except Exception:
        frappe.db.rollback()
        drafts = one_by_one(run, names, norms, getdate(through.through))
    frappe.db.commit()  # what follows has to see what others wrote meanwhile
    again(lambda: [recount(other) for other in sorted(prepare.store(drafts, run))])
    job_done(run, attempt, "Review")


def one_by_one(run: str, names: Sequence[str], norms: FleetNorms, through) -> dict:
    """The chunk again, contract by contract, so that the one that fails is known."""
    drafts = {}
    for name in names:
        try:
            drafts.update(prepare.compute([name], through, norms, run))
        except Exception as error:
            frappe.db.rollback()
            frappe.log_error(
                title=_("Contract {0} could not be billed").format(name),
                reference_doctype="Click Contract",
                reference_name=name,
            )
            drafts[name] = [prepare.unbillable(name, through, run, str(error))]
            log(run, _("{0} could not be computed: {1}").format(name, error))
            frappe.db.commit()
    return drafts


def drop_stale(run: str, names: Sequence[str]) -> None:
    """Remove previews of this run whose contract has nothing due any more."""
    stale = frappe.get_all(
        "Click Bill",
        filters={"run": run, "status": ["in", OPEN], "contract": ["not in", [*names, ""]]},
        pluck="name",
        order_by="name",
        limit=NO_LIMIT,
    )
    prepare.bills.delete(stale)


# Approving and invoicing


def start_invoicing(doc: Document, names: Iterable[str] | None = None) -> int:
    """Put the invoices of what is ready or accepted on the queue. Returns how many bills.

    Args:
        names: only these bills; failed and part-cancelled ones among them are tried again.
    """
    if doc.status not in ("Review", "Invoicing", "Completed"):
        frappe.throw(_("Run {0} is {1}: prepare it first.").format(doc.name, _(doc.status)))
    wanted = to_invoice(doc.name, None if names is None else list(names))
    if not wanted:
        frappe.throw(_("No bill of this run is ready. Accept flagged bills, or repair what failed."))
    attempt = new_attempt(doc.name, "Invoicing", approved_by=frappe.session.user)
    by_contract: dict[str, list[str]] = {}
    for row in wanted:
        by_contract.setdefault(row.contract, []).append(row.name)
    groups = list(by_contract.items())
    chunks = [dict(groups[n : n + INVOICE_CHUNK]) for n in range(0, len(groups), INVOICE_CHUNK)]
    frappe.db.set_value(RUN, doc.name, {"jobs": len(chunks), "jobs_done": 0})
    together = INVOICE_GROUP if workers() < 2 else 1
    for number, chunk in enumerate(chunks):
        enqueue(
            "mps_module.billing.run.invoice_chunk",
            f"mps-invoice-{attempt}-{number}",
            run=doc.name, attempt=attempt, bills=chunk, together=together,
        )  # fmt: skip
    return len(wanted)


def to_invoice(run: str, names: list[str] | None) -> list[Mapping]:
    """Bills that can go out; failed ones only when they are named."""
    states = ("Ready", "Accepted") if names is None else TAKEN
    filters = {"run": run, "status": ["in", states]}
    if names is not None:
        filters["name"] = ["in", names]
    return rows_of("Click Bill", filters, ["name", "contract"], "contract asc, due_date asc")


def workers() -> int:
    """How many workers take jobs from the runs' queue, on whatever machine; 0 where nobody can tell."""
    try:
        return len(get_workers(get_queue(QUEUE)))
    except RedisError:
        return 0


def invoice_chunk(run: str, attempt: str, bills: Mapping[str, Sequence[str]], together: int = 1) -> None:
    """Job: invoices of a chunk of contracts, in the order of their names.

    Args:
        together: contracts to a transaction.
    """
    row = frappe.db.get_value(RUN, run, ["job_id", "invoice_mode"], as_dict=True)
    if row is None or row.job_id != attempt:
        return
    submit = row.invoice_mode == "Submitted"
    terms = load_terms(list(bills))
    frappe.db.commit()  # what follows has to see what others wrote meanwhile
    for group in chunks(bills, together):
        invoice_group({contract: bills[contract] for contract in group}, submit, terms, run)
    job_done(run, attempt, "Completed")


def invoice_group(
    bills: Mapping[str, Sequence[str]], submit: bool, terms: Mapping[str, Terms], run: str
) -> None:
    """Contracts in one transaction; one by one where that cannot be committed, so that the one that fails is known."""
    try:
        again(lambda: post_contracts(bills, submit, terms, run))
    except Exception:
        frappe.db.rollback()
        if len(bills) > 1:
            for contract, names in bills.items():
                invoice_group({contract: names}, submit, terms, run)
            return
        (contract,) = bills
        frappe.log_error(
            title=_("Contract {0} could not be invoiced").format(contract),
            reference_doctype="Click Contract",
            reference_name=contract,
        )
        frappe.db.commit()


# What both share


def enqueue(method: str, job_id: str, **kwargs) -> None:
    """Put a job on the queue once what led to it is committed; benchmarks and tests run it in place."""
    if frappe.flags.mps_run_now:
        frappe.db.commit()  # as on the queue: a job that is rolled back takes nothing with it but its own work
    frappe.enqueue(
        method,
        queue=QUEUE,
        timeout=TIMEOUT,
        job_id=job_id,
        deduplicate=True,
        enqueue_after_commit=not frappe.flags.in_test,
        now=bool(frappe.flags.mps_run_now),
        **kwargs,
    )


def again(work) -> None:
    """Run one transaction and commit it; when another one was in the way, run it again."""
    for left in range(TRIES, 0, -1):
        try:
            work()
            frappe.db.commit()
            return
        except Exception as error:
            if not is_lock_conflict(error) or left == 1:
                raise
            frappe.db.rollback()


def new_attempt(run: str, status: str, **values) -> str:
    """A new attempt at a step: jobs of earlier ones find that they no longer count."""
    attempt = f"{run}-{frappe.generate_hash(length=8)}"
    frappe.db.set_value(
        RUN,
        run,
        {"status": status, "job_id": attempt, "jobs": 0, "jobs_done": 0, "progress": 0, **values},
    )
    return attempt


def job_done(run: str, attempt: str, status: str) -> None:
    """Count a finished chunk; the last one settles the run."""
    table = frappe.qb.DocType(RUN)
    frappe.qb.update(table).set(table.jobs_done, table.jobs_done + 1).where(
        (table.name == run) & (table.job_id == attempt)
    ).run()
    row = frappe.db.get_value(RUN, run, ["jobs", "jobs_done", "job_id"], as_dict=True)
    frappe.db.commit()
    if row.job_id != attempt:
        return
    progress(run, row)
    if row.jobs_done >= row.jobs:
        finish(run, attempt, status)


def progress(run: str, row: Mapping) -> None:
    percent = 100 * cint(row.jobs_done) / max(cint(row.jobs), 1)
    frappe.db.set_value(RUN, run, "progress", percent)  # `modified` tells that the run is alive
    frappe.publish_progress(
        percent, title=_("Billing run"), doctype=RUN, docname=run, description=f"{row.jobs_done} / {row.jobs}"
    )
    frappe.db.commit()


def finish(run: str, attempt: str, status: str, message: str = "") -> None:
    """The step is through: counts, totals, state; a scheduled run goes on by itself."""
    frappe.db.commit()
    lock_run(run)  # another run may be taking bills over just now
    counts = settle(run)
    prepared = status == "Review"
    if open_count(counts):
        status = "Review" if status == "Completed" else status  # something waits for a person
    elif prepared:
        status = "Completed"
    frappe.db.set_value(RUN, run, {"status": status, "progress": 100, "job_id": None})
    log(run, message or summary(counts))
    frappe.db.commit()
    frappe.publish_realtime("mps_run", {"run": run, "status": status}, doctype=RUN, docname=run)
    if status != "Draft":
        from mps_module.billing.auto import step_done

        step_done(run, prepared, counts)
        frappe.db.commit()


def recount(run: str) -> None:
    """Counts of a run whose bills changed beside it; nothing left to decide: it is through."""
    status = lock_run(run)
    counts = settle(run)
    if status == "Review" and not open_count(counts):
        frappe.db.set_value(RUN, run, "status", "Completed")


def lock_run(run: str) -> str | None:
    """The run's status as it is now, and nobody changes it until this transaction ends."""
    return frappe.db.get_value(RUN, run, "status", for_update=True)


def open_count(counts: Mapping) -> float:
    return sum(counts[state] for state in ("ready", "flagged", "blocked", "failed"))


def log(run: str, text: str) -> None:
    """A line in the run's log."""
    old = frappe.db.get_value(RUN, run, "log") or ""
    stamp = now_datetime().strftime("%Y-%m-%d %H:%M:%S")
    frappe.db.set_value(RUN, run, "log", f"{old}{stamp}  {text}\n", update_modified=False)


def resume(doc: Document) -> None:
    """Start the step that a run was in again, after its workers were lost. What is done stays done."""
    if doc.status == "Preparing":
        start_preparing(doc)
    elif doc.status == "Invoicing":
        if to_invoice(doc.name, None):
            start_invoicing(doc)
        else:
            finish(doc.name, doc.job_id, "Completed")


def cancel(doc: Document) -> None:
    """Give a run up: its previews go, the invoices that it made stay."""
    if doc.status == "Invoicing":
        frappe.throw(_("Run {0} is making invoices: wait until it is through.").format(doc.name))
    drop_stale(doc.name, [])
    frappe.db.set_value(RUN, doc.name, {"status": "Cancelled", "job_id": None})
    settle(doc.name)
