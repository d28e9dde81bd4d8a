"""Once only and at a constant price: two runs at once, runs again, killed workers, queries a contract."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import frappe
import pytest

from benchmarks import billing_site, torture_billing
from mps_module.billing import bills as bill_documents
from mps_module.billing import posting, prepare, proof, run
from mps_module.billing.loader import load_cases
from mps_module.engine import packed
from mps_module.engine.codec import digest
from mps_module.engine.guards import FleetNorms
from tests.site.billing import dealer

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = os.environ.get("MPS_TORTURE_ROUNDS", "3")


def test_two_runs_over_the_same_contract_make_one_invoice():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    first, second = dealer.run("2026-02-01"), dealer.run("2026-02-01")
    assert first.reload().status == "Completed", "the second run took its preview over"
    assert first.contracts == 0
    with pytest.raises(frappe.ValidationError, match="No bill of this run is ready"):
        dealer.invoice(first)
    dealer.invoice(second)
    assert len(dealer.invoices(agreed.name)) == 1
    assert len(dealer.bills(contract=agreed.name)) == 1


def test_a_bill_of_a_run_that_is_invoicing_is_not_taken_over():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    first = dealer.run("2026-02-01")
    frappe.db.set_value("Click Billing Run", first.name, "status", "Invoicing")
    second = dealer.run("2026-02-01")
    (bill,) = dealer.bills(contract=agreed.name)
    assert bill.run == first.name
    assert second.status == "Completed"


def test_what_another_run_computed_anew_meanwhile_is_that_runs_to_approve(monkeypatch):
    """The first run is approved; before its job begins the second one has the bill, under the same name."""
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 1000)
    first = dealer.run("2026-02-01")
    jobs = []
    with monkeypatch.context() as later:
        later.setattr(run, "enqueue", lambda method, job_id, **kwargs: jobs.append(kwargs))
        run.start_invoicing(first)
    frappe.db.set_value("Click Billing Run", first.name, "status", "Review")  # as the second one saw it
    second = dealer.run("2026-02-01")
    frappe.db.set_value("Click Billing Run", first.name, "status", "Invoicing")
    for job in jobs:
        run.invoice_chunk(**job)
    (bill,) = dealer.bills(contract=agreed.name)
    assert (bill.status, bill.run) == ("Ready", second.name)
    assert not frappe.db.exists("Sales Invoice", {"mps_contract": agreed.name})
    assert [frappe.db.get_value("Click Billing Run", r.name, "status") for r in (first, second)] == [
        "Completed",
        "Review",
    ]
    dealer.invoice(second.reload())
    assert frappe.db.count("Sales Invoice", {"mps_contract": agreed.name}) == 1
    assert frappe.db.get_value("Click Billing Run", second.name, "status") == "Completed"


def test_the_same_job_twice_invoices_once():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    doc = dealer.run("2026-02-01")
    (bill,) = dealer.bills(contract=agreed.name)
    attempt = run.new_attempt(doc.name, "Invoicing")
    for _ in range(2):
        frappe.db.set_value("Click Billing Run", doc.name, "job_id", attempt)
        run.invoice_chunk(doc.name, attempt, {agreed.name: [bill.name]})
    assert len(dealer.invoices(agreed.name)) == 1


def test_a_bill_that_was_invoiced_while_this_worker_waited_is_not_invoiced_again(monkeypatch):
    """A killed worker's commit may come through after the next one began to look: what that one saw is not true."""
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    doc = dealer.run("2026-02-01")
    seen = posting.claimable([agreed.name])
    wanted = {agreed.name: [row.name for row in seen[agreed.name][0]]}
    dealer.invoice(doc)
    monkeypatch.setattr(posting, "claimable", lambda _contracts: seen)
    with pytest.raises(frappe.QueryDeadlockError, match="changed by somebody else"):
        posting.post_contracts(wanted, True)
    assert len(dealer.invoices(agreed.name)) == 1
    monkeypatch.undo()
    assert posting.post_contracts(wanted, True)[agreed.name].invoiced == [], "looked at again, it is done"


def test_jobs_of_an_earlier_attempt_do_nothing():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    doc = dealer.run("2026-02-01")
    (bill,) = dealer.bills(contract=agreed.name)
    run.invoice_chunk(doc.name, "an attempt long gone", {agreed.name: [bill.name]})
    assert dealer.invoices(agreed.name) == []


def test_the_database_refuses_a_second_bill_of_a_period():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    dealer.run("2026-02-01")
    (draft,) = prepare.compute([agreed.name], date(2026, 2, 1), FleetNorms(), None)[agreed.name]
    twin = bill_documents.Draft(draft.made, draft.company, None, sequence=7)
    with pytest.raises(Exception, match="Duplicate"):
        bill_documents.insert([twin], {agreed.name: None})


def test_a_frozen_bill_comes_back_whole():
    agreed = dealer.contract()
    dealer.month_reads("D-1", 1000, 13_345)
    ((draft,),) = prepare.compute([agreed.name], date(2026, 2, 1), FleetNorms(), None).values()
    text, _digest = bill_documents.freeze(draft.made)
    assert digest(bill_documents.thaw(text)) == digest(draft.made)
    assert bill_documents.thaw_rows(text, shares=False).total == draft.made.total


def test_a_bill_that_was_kept_as_plain_text_is_invoiced_and_shown_all_the_same():
    """Bills of versions before this one are not squeezed."""
    agreed = dealer.contract()
    dealer.month_reads("D-1", 0, 10_000)
    doc = dealer.run("2026-02-01")
    (bill,) = dealer.bills(contract=agreed.name)
    made = bill_documents.frozen(bill.name)
    frappe.db.set_value("Click Bill", bill.name, "result", packed.dumps(made))
    dealer.invoice(doc)
    assert [i.net_total for i in dealer.invoices(agreed.name)] == [bill.total]
    assert digest(bill_documents.frozen(bill.name)) == digest(made)
    assert "D-1" in proof.html(bill.name)


def test_reads_from_the_windows_give_the_same_bill_as_whole_histories(monkeypatch):
    agreed = dealer.contract()
    for day, value in (
        ("2025-06-30", 0),
        ("2025-12-30", 9000),
        ("2026-01-02", 9100),
        ("2026-01-15", 12_000),
        ("2026-01-30", 15_000),
    ):
        dealer.read("D-1", day, value)
    near = load_cases([agreed.name], date(2026, 2, 1))[agreed.name]
    assert near.whole == set(), "plain reads at both ends need no history"
    monkeypatch.setattr("mps_module.billing.loader.takes_history", lambda _case: True)
    whole = load_cases([agreed.name], date(2026, 2, 1))[agreed.name]
    (period,) = near.periods
    assert near.bill(period).total == whole.bill(period).total == frappe.utils.flt(6000 * 0.0085, 2)


@pytest.mark.parametrize("kind", ["reset", "rollover"])
def test_a_counter_that_began_anew_takes_the_history(kind: str):
    agreed = dealer.contract()
    dealer.read("D-1", "2025-12-31", 9_999_000)
    dealer.read("D-1", "2026-01-14", 9_999_900)
    dealer.read("D-1", "2026-01-15", 100, kind=kind)
    dealer.read("D-1", "2026-01-31", 5100)
    dealer.invoice(dealer.run("2026-02-01"))
    clicks = {"reset": 900 + 5000, "rollover": 900 + 200 + 5000}[kind]
    assert [i.items[0].qty for i in dealer.invoices(agreed.name)] == [clicks]


def many(count: int, first: int = 1) -> list[str]:
    names = [dealer.contract(devices=[f"Q-{n}"]).name for n in range(first, first + count)]
    for n in range(first, first + count):
        dealer.month_reads(f"Q-{n}", 0, 1000)
    return names


def test_preparing_more_contracts_takes_no_more_queries(count_queries):
    names = many(20)
    prepare.compute(names[:2], date(2026, 2, 1), FleetNorms(), None)  # caches
    counts = []
    for chunk in (names[:5], names):
        with count_queries() as queries:
            drafts = prepare.compute(chunk, date(2026, 2, 1), FleetNorms(), None)
        assert len(drafts) == len(chunk)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30, counts


def test_an_invoice_takes_the_same_queries_beside_many_or_few(count_queries):
    names = many(8)
    doc = dealer.run("2026-02-01")
    every = {b.contract: [b.name] for b in dealer.bills()}
    attempt = run.new_attempt(doc.name, "Invoicing")
    costs = []
    for chunk in (names[:2], names[2:4], names[4:8]):
        frappe.db.set_value("Click Billing Run", doc.name, "job_id", attempt)
        with count_queries() as queries:
            run.invoice_chunk(doc.name, attempt, {c: every[c] for c in chunk})
        costs.append(len(queries) / len(chunk))
    assert len(dealer.bills(status="Invoiced")) == 8
    # The first chunk fills caches; after that an invoice costs the same, in small chunks and in large ones.
    assert abs(costs[2] - costs[1]) <= 12, costs
    assert costs[2] < 220, costs


@contextmanager
def committed(contracts: int, devices: int = 1):
    """(Contracts with a month of reads, a run over them) that other connections see, too; taken away in the end."""
    tag = f"C{frappe.generate_hash(length=6)}"
    names = billing_site.build(tag, contracts, devices, months=1)
    doc = billing_site.new_run("2026-02-01")
    frappe.db.commit()
    try:
        yield names, doc
    finally:
        frappe.db.rollback()
        billing_site.clean(tag, [doc.name])


@pytest.mark.commits
def test_a_lock_conflict_at_the_first_invoice_leaves_the_run_at_work(monkeypatch):
    """The transaction that is undone is the invoice's own; that the run was approved stays."""
    with committed(2) as (names, doc):
        real, conflicts = run.post_contracts, []

        def in_the_way_once(*args):
            if not conflicts:
                conflicts.append(args)
                raise frappe.QueryDeadlockError
            return real(*args)

        monkeypatch.setattr(run, "post_contracts", in_the_way_once)
        with billing_site.in_place():
            run.start_preparing(doc)
            run.start_invoicing(doc.reload())
        doc.reload()
        assert (doc.status, doc.invoiced, doc.ready) == ("Completed", 2, 0)
        assert doc.approved_by == "Administrator"
        assert len(conflicts) == 1
        assert sorted(i.mps_contract for i in dealer.invoices(["in", names])) == sorted(names)


@pytest.mark.parametrize(("workers", "sizes"), [(0, [3]), (1, [3]), (2, [1, 1, 1]), (5, [1, 1, 1])])
def test_one_worker_takes_contracts_together_and_several_do_not_keep_each_other_waiting(
    monkeypatch, workers: int, sizes: list[int]
):
    names = many(3)
    doc = dealer.run("2026-02-01")
    real, taken = run.post_contracts, []
    monkeypatch.setattr(run, "workers", lambda: workers)
    monkeypatch.setattr(
        run, "post_contracts", lambda wanted, *more: taken.append(len(wanted)) or real(wanted, *more)
    )
    dealer.invoice(doc)
    assert taken == sizes
    assert [len(dealer.invoices(name)) for name in names] == [1, 1, 1]


@pytest.mark.commits
def test_a_contract_that_breaks_the_transaction_of_several_leaves_the_others_theirs(monkeypatch):
    """Not refused by the ERP, which is undone alone, but failing where all of them are noted."""
    with committed(3) as (names, doc):
        real = posting.advance_cursor

        def broken(contracts, due):
            if names[1] in contracts:
                raise RuntimeError("no room on the disk")
            real(contracts, due)

        with billing_site.in_place():
            run.start_preparing(doc)
            with monkeypatch.context() as while_broken:
                while_broken.setattr(posting, "advance_cursor", broken)
                run.start_invoicing(doc.reload())
            doc.reload()
            assert (doc.status, doc.invoiced, doc.ready) == ("Review", 2, 1)
            assert [len(dealer.invoices(name)) for name in names] == [1, 0, 1]
            logged = {"reference_name": names[1], "error": ["like", "%no room on the disk%"]}
            assert frappe.db.exists("Error Log", logged)
            run.start_invoicing(doc)
        assert (doc.reload().status, doc.invoiced) == ("Completed", 3)
        assert [len(dealer.invoices(name)) for name in names] == [1, 1, 1]


@pytest.mark.commits
@pytest.mark.slow
def test_a_worker_whose_view_is_older_than_the_invoice_makes_none(site, monkeypatch):
    """Two real connections: this one began to look before the other one invoiced."""
    monkeypatch.setenv("FRAPPE_BENCH", str(Path(frappe.get_site_path()).resolve().parents[1]))
    with committed(1, devices=2) as ((name,), doc):
        with billing_site.in_place():
            run.start_preparing(doc)
        frappe.db.commit()
        names = frappe.get_all("Click Bill", {"contract": name}, pluck="name", order_by="name", limit=5)
        assert os.waitpid(torture_billing.spawn(site, doc.name), 0)[1] == 0
        assert frappe.db.get_value("Click Bill", names[0], "status") == "Ready", "the old view"
        with pytest.raises(frappe.QueryDeadlockError, match="changed by somebody else"):
            posting.post_contracts({name: names}, True)
        frappe.db.rollback()
        run.again(lambda: posting.post_contracts({name: names}, True))
        assert len(dealer.invoices(name)) == 1


@pytest.mark.commits
@pytest.mark.slow
def test_killed_workers_leave_nothing_twice_missing_or_half(site):
    """Processes that are really killed; what they made is removed by the script."""
    bench = Path(frappe.get_site_path()).resolve().parents[1]
    frappe.db.commit()
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "torture_billing.py"), "--site", site, "--rounds", ROUNDS, "--contracts", "2", "--seed", "7"],
        capture_output=True, text=True, timeout=900, check=False,
        env={**os.environ, "FRAPPE_BENCH": str(bench)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing twice, missing or half" in done.stdout
    frappe.db.rollback()
