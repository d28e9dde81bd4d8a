"""Kill billing workers at random points, run again, and look: no invoice twice, none missing, no half state.

    ~/frappe-bench/env/bin/python benchmarks/torture_billing.py --site SITE [--rounds 200] [--seed 1]

Every round bills two missed months of a few fresh contracts. Its worker is a process of its own that is killed (SIGKILL)
up to three times at a random moment; every third round two runs over the same contracts work at once, and both are
killed. Then the run is resumed to its end and every document is counted. The first lie ends the script with code 1.

A round without kills goes first: it loads what workers need before they are forked, and its length is the span in which
kills fall.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import billing_site as site

THROUGH = "2026-03-01"
DUE = ("2026-02-01", "2026-03-01")
DEVICES = 2
EARLIEST = 0.02  # seconds: a worker has its connection by then


class Lie(Exception):
    """The documents do not tell the truth."""


def advance(run: str) -> None:
    """What a worker and the person who approves do: from whatever state the run is in to its end."""
    import frappe

    from mps_module.billing import run as billing_run

    with site.in_place():
        for _ in range(6):
            frappe.db.rollback()
            doc = frappe.get_doc("Click Billing Run", run)
            if doc.status == "Draft":
                billing_run.start_preparing(doc)
            elif doc.status == "Review" and billing_run.to_invoice(run, None):
                billing_run.start_invoicing(doc)
            elif doc.status in ("Preparing", "Invoicing"):
                billing_run.resume(doc)
            else:
                break
            frappe.db.commit()


def spawn(site_name: str, run: str) -> int:
    """A worker process for a run. Its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 0
    try:
        import frappe

        parents = frappe.local.db  # stays the parent's: held here, or its end would close it there
        site.connect(site_name)
        with Path(os.devnull).open("w") as null:
            os.dup2(null.fileno(), 1)
        advance(run)
        frappe.db.commit()
        assert frappe.db is not parents
    except BaseException as error:
        print(f"worker: {error!r}", file=sys.stderr)
        code = 1
    os._exit(code)


def kill_at_random(site_name: str, runs: list[str], dice: random.Random, longest: float) -> int:
    """Start a worker a run and kill each at some moment of `longest` seconds. How many were killed at work."""
    pids = [spawn(site_name, run) for run in runs]
    killed = 0
    for pid in pids:
        time.sleep(dice.uniform(EARLIEST, longest))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        killed += os.WIFSIGNALED(status)
    return killed


def finish(site_name: str, runs: list[str]) -> None:
    """Let every run come to its end, one after the other."""
    for run in runs:
        _, status = os.waitpid(spawn(site_name, run), 0)
        if status:
            raise Lie(f"{run}: the worker ended with status {status}")


def inspect(contracts: list[str], runs: list[str]) -> None:
    """Count what stands.

    Raises:
        Lie: an invoice twice or missing, an amount that is not the bill's, a state that is half.
    """
    import frappe

    frappe.db.rollback()
    for contract in contracts:
        bills = frappe.get_all(
            "Click Bill", {"contract": contract}, ["name", "due_date", "status", "total", "billing_key"],
            order_by="due_date", limit=100,
        )  # fmt: skip
        got = [(str(b.due_date), b.status) for b in bills]
        if got != [(due, "Invoiced") for due in DUE]:
            raise Lie(f"{contract}: bills {got}")
        invoices = frappe.get_all(
            "Sales Invoice", {"mps_contract": contract}, ["name", "docstatus", "net_total", "mps_click_bill"],
            order_by="posting_date", limit=100,
        )  # fmt: skip
        if [(i.docstatus, i.net_total, i.mps_click_bill) for i in invoices] != [
            (1, b.total, b.name) for b in bills
        ]:
            raise Lie(f"{contract}: invoices {invoices} for bills {bills}")
        links = frappe.get_all("Click Bill Invoice", {"parent": ["in", [b.name for b in bills]]}, pluck="sales_invoice",
                               order_by="sales_invoice", limit=100)  # fmt: skip
        if sorted(links) != sorted(i.name for i in invoices):
            raise Lie(f"{contract}: links {links}")
        inspect_books(contract, invoices)
    states = frappe.get_all(
        "Click Billing Run", {"name": ["in", runs]}, pluck="status", order_by="name", limit=10
    )
    if set(states) != {"Completed"}:
        raise Lie(f"runs {runs}: {states}")


def inspect_books(contract: str, invoices: list) -> None:
    import frappe

    for invoice in invoices:
        rows = frappe.get_all("GL Entry", {"voucher_no": invoice.name, "is_cancelled": 0}, ["debit", "credit"],
                              order_by="name", limit=100)  # fmt: skip
        debit, credit = round(sum(r.debit for r in rows), 2), round(sum(r.credit for r in rows), 2)
        if not debit == credit == invoice.net_total:
            raise Lie(f"{invoice.name}: ledger {debit} / {credit}")
    cursor = frappe.db.get_value("Click Contract", contract, "billed_through")
    if str(cursor) != DUE[-1]:
        raise Lie(f"{contract}: billed through {cursor}")
    reads = frappe.get_all(
        "Meter Read",
        {"device": ["like", f"{contract_tag(contract)}%"]},
        pluck="name",
        order_by="name",
        limit=100,
    )
    unbilled = [read for read in reads if not frappe.get_doc("Meter Read", read).billed_in]
    if unbilled or not reads:
        raise Lie(f"{contract}: no bill rests on {unbilled or 'any read'}")


def contract_tag(contract: str) -> str:
    import frappe

    title = frappe.db.get_value("Click Contract", contract, "title")
    return title.replace(" ", "-") + "-"


def fresh(number: int, contracts: int) -> tuple[str, list[str], list[str]]:
    """(tag, new contracts, new runs over them): two runs every third round."""
    import frappe

    tag = f"T{frappe.generate_hash(length=6)}"
    names = site.build(tag, contracts, DEVICES, months=2)
    runs = [site.new_run(THROUGH).name for _ in range(2 if number % 3 == 2 else 1)]
    frappe.db.commit()
    return tag, names, runs


def quiet_round(contracts: int) -> float:
    """A round in this process that nobody disturbs. Seconds from its start to its last invoice."""
    tag, names, runs = fresh(0, contracts)
    advance(runs[0])  # loads modules and caches
    inspect(names, runs)
    site.clean(tag)
    tag, names, runs = fresh(0, contracts)
    start = time.perf_counter()
    advance(runs[0])
    seconds = time.perf_counter() - start
    inspect(names, runs)
    site.clean(tag)
    return seconds


def one_round(site_name: str, number: int, contracts: int, dice: random.Random, longest: float) -> int:
    """A round; how many workers were killed at work."""
    tag, names, runs = fresh(number, contracts)
    killed = sum(kill_at_random(site_name, runs, dice, longest) for _ in range(dice.randint(1, 3)))
    finish(site_name, runs)
    if len(runs) > 1:
        finish(site_name, runs)  # what the other run took over is invoiced there; both end
    inspect(names, runs)
    site.clean(tag, runs)
    return killed


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", required=True)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--contracts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.randrange(10**6)
    dice = random.Random(seed)
    site.connect(args.site)
    killed = number = 0
    start = time.perf_counter()
    try:
        longest = quiet_round(args.contracts)
        print(f"a round that nobody disturbs takes {longest:.2f} s", flush=True)
        for number in range(1, args.rounds + 1):
            killed += one_round(args.site, number - 1, args.contracts, dice, longest)
            if number % 10 == 0:
                print(f"{number} rounds, {killed} workers killed at work", flush=True)
    except Lie as lie:
        print(f"round {number}, seed {seed}: {lie}")
        return 1
    seconds = time.perf_counter() - start
    print(
        f"{args.rounds} rounds, {killed} workers killed at work, seed {seed}: nothing twice, missing or half ({seconds:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
