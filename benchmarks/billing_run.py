"""A month-end on a bench: the whole billing run beside what the ERP needs for its bare documents.

    ~/frappe-bench/env/bin/python benchmarks/billing_run.py --site SITE [--contracts 200] [--devices 100]

(run)  prepare, approve, invoice: reads, engine, guards, frozen proof, submitted Sales Invoices
(a)    bare Sales Invoices with the same rows, new_doc and submit
(b)    ERPNext Subscriptions, the same number of invoices
(c)    one invoice row for each device and meter, on a sample of contracts, scaled

All in one run on one site. (a) is measured between the chunks of everything else, so that both have the same machine and
the same growing tables. Processor time is that of this process and of the database's thread that serves it: neighbours
make it longer, too, but far less than they do the time on the wall. `--workers 2` adds months that one and two worker
processes share.
The site must have `mps_test_site` set; what was made is taken away again, save items, plans and settings.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import billing_site as site

CHUNK = 20  # invoices of (b) measured at a time


def database_time() -> float:
    """Processor seconds that the database has spent on this connection; 0 where it runs on another machine."""
    import frappe
    from pypika import CustomFunction, Schema

    processes = Schema("information_schema").processlist
    own = processes.id == CustomFunction("CONNECTION_ID", [])()
    ((thread,),) = frappe.qb.from_(processes).select(processes.tid).where(own).run()
    task = Path(f"/proc/{thread}/task/{thread}")
    if not task.exists() or "mariadb" not in (task / "comm").read_text():
        return 0.0
    return int((task / "schedstat").read_text().split()[0]) / 1e9


class Clock:
    """Wall and processor seconds of several pieces of work."""

    def __init__(self) -> None:
        self.wall = self.python = self.database = 0.0
        self.count = 0

    def run(self, work: Callable[[], object], count: int = 0) -> None:
        database, wall, python = database_time(), time.perf_counter(), time.process_time()
        work()
        self.python += time.process_time() - python
        self.wall += time.perf_counter() - wall
        self.database += database_time() - database
        self.count += count

    @property
    def cpu(self) -> float:
        return self.python + self.database

    def __add__(self, other: Clock) -> Clock:
        both = Clock()
        both.wall, both.python = self.wall + other.wall, self.python + other.python
        both.database, both.count = self.database + other.database, max(self.count, other.count)
        return both


def interleaved(through: str, contracts: int, others: list[str], rows: list[dict]) -> dict[str, Clock]:
    """The whole run in this process, and (a) between its chunks, so that a busy machine is busy for both.

    (a) is measured as often as the run has chunks of both steps: twice as many invoices as the run makes.

    Args:
        others: customers of (a), as new to the caches as those of the contracts; each gets one invoice.
    """
    import frappe

    from mps_module.billing import run

    clocks = {"a": Clock(), "prepare": Clock(), "invoice": Clock()}
    queue: list[tuple[str, dict]] = []
    waiting = iter(others)
    real = run.enqueue
    run.enqueue = lambda method, job_id, **kwargs: queue.append((method, kwargs))
    doc = site.new_run(through)
    frappe.db.commit()
    try:
        for step, start in (("prepare", run.start_preparing), ("invoice", run.start_invoicing)):
            clocks[step].run(lambda start=start: start(doc), contracts)
            frappe.db.commit()
            while queue:
                method, kwargs = queue.pop(0)
                clocks[step].run(lambda m=method, k=kwargs: frappe.get_attr(m)(**k))
                share = list(islice(waiting, len(kwargs.get("names") or kwargs.get("bills") or ())))
                clocks["a"].run(lambda some=share: bare(some, rows), len(share))
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


def subscriptions(customers: list[str], rows: list[dict]) -> dict[str, Clock]:
    """(b): the ERP bills as many subscriptions once, three submitted rows each; (a) between them."""
    import frappe
    from erpnext.accounts.doctype.subscription.subscription import process_all

    plans = []
    for row in rows:
        name = f"Bench {row['item_code']}"
        if not frappe.db.exists("Subscription Plan", name):
            site.insert("Subscription Plan", plan_name=name, item=row["item_code"], currency="USD", cost=100,
                        price_determination="Fixed Rate", billing_interval="Month", billing_interval_count=1)  # fmt: skip
        plans.append({"plan": name, "qty": row["qty"]})
    names = []
    for customer in customers:
        doc = site.insert("Subscription", party_type="Customer", party=customer, company=site.COMPANY,
                          start_date="2026-01-01", end_date="2026-12-31", submit_invoice=1, plans=plans,
                          generate_invoice_at="Beginning of the current subscription period")  # fmt: skip
        names.append(doc.name)
        frappe.db.commit()

    def bill(some: list[str]) -> None:
        try:
            process_all(some, "2026-01-01")
        except TypeError:
            process_all("2026-01-01")  # v14: all of them at the first call

    clocks = {"a": Clock(), "b": Clock()}
    for start in range(0, len(names), CHUNK):
        some = slice(start, start + CHUNK)
        clocks["b"].run(lambda some=some: bill(names[some]), len(names[some]))
        clocks["a"].run(lambda some=some: bare(customers[some], rows), len(names[some]))
    check_subscriptions(names, len(rows))
    return clocks


def check_subscriptions(names: list[str], rows: int) -> None:
    """One submitted invoice each, of as many rows as ours."""
    import frappe

    made = frappe.get_all(
        "Sales Invoice", {"subscription": ["in", names], "docstatus": 1}, pluck="name", order_by="name", limit=10**6
    )  # fmt: skip
    lines = frappe.db.count("Sales Invoice Item", {"parent": ["in", [*made, ""]]})
    if (len(made), lines) != (len(names), len(names) * rows):
        raise SystemExit(f"Subscription submitted {len(made)} invoices of {len(names)}, {lines} rows")


def one_row_each(customers: list[str], devices: int, rows: list[dict]) -> dict[str, Clock]:
    """(c): one row for each device and meter; (a) between them."""
    clocks = {"a": Clock(), "c": Clock()}
    many = rows_per_device(devices)
    for customer in customers:
        clocks["c"].run(lambda who=customer: bare([who], many), 1)
        clocks["a"].run(lambda who=customer: bare([who], rows), 1)
    return clocks


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
    real = run.enqueue, run.workers
    run.enqueue = lambda method, job_id, **kwargs: queue.append((method, kwargs))
    run.workers = lambda: workers  # these processes are none of the bench's own
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
        run.enqueue, run.workers = real
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
    try:
        measure(args, tag)
    finally:
        frappe.db.rollback()
        site.clean(tag)


def measure(args: argparse.Namespace, tag: str) -> None:
    import frappe

    names = site.build(tag, args.contracts, args.devices)
    customers = frappe.get_all(
        "Click Contract", {"name": ["in", names]}, pluck="customer", order_by="name", limit=len(names)
    )
    rows = rows_of_bill(args.devices)
    others = site.bystanders(tag, 2 * args.contracts)
    bare(site.bystanders(f"{tag} warm", 5), rows)  # warm up
    usual = Clock()
    for number, month in enumerate(("2026-02-01", "2026-03-01"), start=1):
        if number > 1:
            site.read_month(tag, customers, args.devices, number)
        clocks = interleaved(month, args.contracts, others, rows)
        plain = clocks.pop("a")
        usual.wall, usual.count = usual.wall + plain.wall, usual.count + plain.count
        title = "whole run" if number == 1 else "next month"
        report(f"(run) {title}, one worker", clocks["prepare"] + clocks["invoice"], plain)
        for step, clock in clocks.items():
            report(f"        {step}", clock, plain)
        total = expected(names, month)
        print(f"        every invoice {total:,.2f} net, equal to its bill")
    if "b" not in args.skip:
        clocks = subscriptions(customers, rows)
        report("(b) ERPNext Subscription", clocks["b"], clocks["a"])
    if "c" not in args.skip:
        clocks = one_row_each(customers[: args.sample], args.devices, rows)
        report("(c) one row a device and meter", clocks["c"], clocks["a"])
    if "w" not in args.skip:
        for number in range(3, 3 + args.workers):
            site.read_month(tag, customers, args.devices, number)
            seconds = shared_run(args.site, f"2026-{number + 1:02}-01", number - 2)
            ratio = seconds / args.contracts / (usual.wall / usual.count)
            print(
                f"(run) month {number}, {number - 2} worker process(es): {seconds:.2f} s, wall {ratio:.2f} x (a)",
                flush=True,
            )


def expected(names: list[str], month: str) -> float:
    """The net total that all invoices of a month must have."""
    import frappe

    totals = set(
        frappe.get_all(
            "Sales Invoice",
            {"mps_contract": ["in", names], "posting_date": month, "docstatus": 1},
            pluck="net_total",
            order_by="name",
            limit=len(names) + 1,
        )
    )
    if len(totals) != 1:
        raise SystemExit(f"invoices differ: {sorted(totals)}")
    return totals.pop()


def report(what: str, clock: Clock, plain: Clock) -> None:
    """A line: time on the wall and processor time of each contract, beside a bare invoice measured between."""
    ratios = []
    for kind in ("wall", "cpu"):
        each, bare_each = getattr(clock, kind) / clock.count, getattr(plain, kind) / plain.count
        ratios.append(f"{kind} {1000 * each:7.1f} ms (a: {1000 * bare_each:7.1f}) {each / bare_each:5.2f} x")
    print(f"{what:36} {clock.wall:8.2f} s   {'   '.join(ratios)}", flush=True)


if __name__ == "__main__":
    main()
