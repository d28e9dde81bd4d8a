"""A month-end on a bench: the whole billing run beside what the ERP needs for its bare documents.

    ~/frappe-bench/env/bin/python benchmarks/billing_run.py --site SITE [--contracts 200] [--devices 100]

(run)  prepare, approve, invoice: reads, engine, guards, frozen proof, submitted Sales Invoices
(a)    bare Sales Invoices with the same rows, new_doc and submit
(b)    ERPNext Subscriptions, the same number of invoices
(c)    one invoice row for each device and meter, on a sample of contracts, scaled

All in one run on one site. (a) is measured between the chunks of the run, so that both have the same machine and the
same growing tables. `--workers 2` adds months that one and two worker processes share.
The site must have `mps_test_site` set; it is filled with test data and not cleaned.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import billing_site as site


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Clock:
    """Wall and processor seconds of several pieces of work."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.count = 0

    def run(self, work: Callable[[], object], count: int = 0) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        self.count += count


def interleaved(through: str, customers: list[str], rows: list[dict]) -> dict[str, Clock]:
    """The whole run in this process, and (a) between its chunks, so that a busy machine is busy for both.

    (a) is measured as often as the run has chunks of both steps: twice as many invoices as the run makes.
    """
    import frappe

    from mps_module.billing import run

    clocks = {"a": Clock(), "prepare": Clock(), "invoice": Clock()}
    queue: list[tuple[str, dict]] = []
    real = run.enqueue
    run.enqueue = lambda method, job_id, **kwargs: queue.append((method, kwargs))
    doc = site.new_run(through)
    frappe.db.commit()
    try:
        for step, start in (("prepare", run.start_preparing), ("invoice", run.start_invoicing)):
            clocks[step].run(lambda start=start: start(doc), len(customers))
            frappe.db.commit()
            while queue:
                method, kwargs = queue.pop(0)
                clocks[step].run(lambda m=method, k=kwargs: frappe.get_attr(m)(**k))
                share = len(kwargs.get("names") or kwargs.get("bills") or ())
                clocks["a"].run(lambda n=share: bare(customers[:n], rows), share)
            doc.reload()
            if doc.blocked or doc.flagged:
                raise SystemExit(f"{doc.blocked} blocked, {doc.flagged} flagged: {first_reason(doc.name)}")
    finally:
        run.enqueue = real
    check(doc)
    return clocks


def first_reason(run: str) -> str:
    import frappe

    return frappe.db.get_value("Click Bill", {"run": run, "status": ["in", ("Blocked", "Flagged")]}, "reason")


def check(doc) -> None:
    """Every bill has its invoice, and both have the same net amount."""
    import frappe

    if doc.invoiced != doc.contracts or doc.failed:
        error = frappe.db.get_value("Click Bill", {"run": doc.name, "status": "Failed"}, "error")
        raise SystemExit(f"{doc.invoiced} of {doc.contracts} invoiced: {error}")


def bare(customers: list[str], rows: list[dict]) -> None:
    """(a): the same rows, one pass each, committed each as the run does."""
    import frappe

    for customer in customers:
        invoice = frappe.new_doc("Sales Invoice")
        invoice.update({"customer": customer, "company": site.COMPANY, "currency": "USD",
                        "set_posting_time": 1, "posting_date": "2026-02-01"})  # fmt: skip
        for row in rows:
            invoice.append("items", row)
        invoice.submit()
        frappe.db.commit()


def rows_of_bill(devices: int) -> list[dict]:
    mono = devices * site.MONO - 20_000
    rows = [
        (site.ITEMS[0], 1, 350),
        (site.ITEMS[1], mono, 0.0085),
        (site.ITEMS[2], devices * site.COLOUR, 0.061),
    ]
    return [{"item_code": code, "qty": qty, "rate": rate} for code, qty, rate in rows if qty > 0]


def rows_per_device(devices: int) -> list[dict]:
    return [
        {"item_code": code, "qty": qty, "rate": rate, "description": f"device {n}"}
        for n in range(devices)
        for code, qty, rate in ((site.ITEMS[1], site.MONO, 0.0085), (site.ITEMS[2], site.COLOUR, 0.061))
    ]


def subscriptions(customers: list[str]) -> float:
    """(b): seconds in which the ERP bills as many subscriptions once."""
    import frappe
    from erpnext.accounts.doctype.subscription.subscription import process_all

    plans = []
    for code in site.ITEMS:
        name = f"Bench {code}"
        if not frappe.db.exists("Subscription Plan", name):
            site.insert("Subscription Plan", plan_name=name, item=code, currency="USD", cost=100,
                        price_determination="Fixed Rate", billing_interval="Month", billing_interval_count=1)  # fmt: skip
        plans.append({"plan": name, "qty": 1})
    names = []
    for customer in customers:
        doc = site.insert("Subscription", party_type="Customer", party=customer, company=site.COMPANY,
                          start_date="2026-01-01", end_date="2026-12-31", submit_invoice=1, plans=plans,
                          generate_invoice_at="Beginning of the current subscription period")  # fmt: skip
        names.append(doc.name)
        frappe.db.commit()
    before = frappe.db.count("Sales Invoice")

    def bill() -> None:
        try:
            process_all(names, "2026-01-01")
        except TypeError:
            process_all("2026-01-01")

    seconds = timed(bill)
    frappe.db.commit()
    made = frappe.db.count("Sales Invoice") - before
    if made < len(customers):
        raise SystemExit(f"Subscription made {made} invoices of {len(customers)}")
    return seconds


# Two workers: chunks are handed out to processes as a queue would.


def worker(name: str, jobs, done) -> None:
    import frappe

    site.connect(name)
    while (job := jobs.get()) is not None:
        method, kwargs = job
        frappe.get_attr(method)(**kwargs)
        done.put(1)
    frappe.destroy()


def shared_run(site_name: str, through: str, workers: int) -> float:
    """The whole run again, its chunks shared by `workers` processes. Seconds."""
    import frappe

    from mps_module.billing import run

    queue: list[tuple[str, dict]] = []
    real = run.enqueue
    run.enqueue = lambda method, job_id, **kwargs: queue.append((method, kwargs))
    doc = site.new_run(through)
    frappe.db.commit()
    context = multiprocessing.get_context("spawn")
    jobs, done = context.Queue(), context.Queue()
    crew = [context.Process(target=worker, args=(site_name, jobs, done)) for _ in range(workers)]
    for member in crew:
        member.start()
    time.sleep(6)  # workers of a queue are there already
    start = time.perf_counter()
    try:
        for step in (run.start_preparing, run.start_invoicing):
            step(doc)
            frappe.db.commit()
            drain(queue, jobs, done)
            frappe.db.rollback()
            doc.reload()
        seconds = time.perf_counter() - start
    finally:
        run.enqueue = real
        for _ in crew:
            jobs.put(None)
        for member in crew:
            member.join(60)
    check(doc)
    return seconds


def drain(queue: list, jobs, done) -> None:
    """Hand out what is queued; the first job of a preparation queues the chunks, here as there."""
    import frappe

    open_jobs = 0
    while queue or open_jobs:
        while queue:
            method, kwargs = queue.pop(0)
            if method.endswith("prepare_run"):
                frappe.get_attr(method)(**kwargs)
                continue
            jobs.put((method, kwargs))
            open_jobs += 1
        if open_jobs:
            done.get(timeout=600)
            open_jobs -= 1


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", required=True)
    parser.add_argument("--contracts", type=int, default=200)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, default=5, help="contracts measured for (c)")
    parser.add_argument("--skip", default="", help="parts to leave out: b, c, w")
    args = parser.parse_args()
    site.connect(args.site)
    import frappe

    tag = f"B{frappe.generate_hash(length=5)}"
    print(f"{args.contracts} contracts of {args.devices} devices, two meters each; building ...", flush=True)
    names = site.build(tag, args.contracts, args.devices, months=3)
    customers = frappe.get_all(
        "Click Contract", {"name": ["in", names]}, pluck="customer", order_by="name", limit=len(names)
    )
    rows = rows_of_bill(args.devices)
    bare(customers[:5], rows)  # warm up
    clocks = interleaved("2026-02-01", customers, rows)
    plain, steps = clocks.pop("a"), clocks
    scale = len(customers) / plain.count
    first, second = plain.wall * scale, 0.0
    report(args, "(a) bare Sales Invoices, the same rows", first, first)
    report(args, "(run) the whole billing run, one worker", sum(c.wall for c in steps.values()), first)
    for step, clock in steps.items():
        report(args, f"        {step}", clock.wall, first)
    cpu = sum(c.cpu for c in steps.values())
    print(
        f"        processor time: (a) {plain.cpu * scale:.2f} s, run {cpu:.2f} s: {cpu / plain.cpu / scale:.2f} x (a)"
    )
    total = expected(names)
    print(f"        every invoice {total:,.2f} net, equal to its bill")
    if "w" not in args.skip:
        for workers in range(1, args.workers + 1):
            month = "2026-03-01" if workers == 1 else "2026-04-01"
            seconds = shared_run(args.site, month, workers)
            report(args, f"(run) the next month, {workers} worker process(es)", seconds, first + second)
    if "b" not in args.skip:
        report(args, "(b) ERPNext Subscription", subscriptions(customers), first + second)
    if "c" not in args.skip:
        sample = customers[: args.sample]
        seconds = timed(lambda: bare(sample, rows_per_device(args.devices))) * len(customers) / len(sample)
        report(args, f"(c) one row a device and meter (from {len(sample)})", seconds, first + second)


def expected(names: list[str]) -> float:
    """The net total that all invoices of the first month must have."""
    import frappe

    totals = set(
        frappe.get_all(
            "Sales Invoice",
            {"mps_contract": ["in", names], "posting_date": "2026-02-01", "docstatus": 1},
            pluck="net_total",
            order_by="name",
            limit=len(names) + 1,
        )
    )
    if len(totals) != 1:
        raise SystemExit(f"invoices differ: {sorted(totals)}")
    return totals.pop()


def report(args: argparse.Namespace, what: str, seconds: float, bare_seconds: float) -> None:
    each = 1000 * seconds / args.contracts
    print(f"{what:52} {seconds:8.2f} s {each:8.1f} ms each   {seconds / bare_seconds:5.2f} x (a)", flush=True)


if __name__ == "__main__":
    main()
