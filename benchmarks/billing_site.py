"""A dealer of any size on a test site, for the benchmarks of billing: customers, contracts, devices, reads.

Devices, covers and reads are written in bulk: they are the scenery, not what is measured.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

COMPANY = "Print Dealer Inc"
ITEMS = ("MPS-BASE", "MPS-MONO", "MPS-COLOUR")
START = date(2026, 1, 1)
MONO, COLOUR = 1_500, 300  # clicks a month


def connect(site: str, bench: str = "") -> None:
    """Open the site; it must be one made for tests, since benchmarks fill it."""
    import frappe

    os.chdir(Path(bench or os.environ.get("FRAPPE_BENCH") or "~/frappe-bench").expanduser() / "sites")
    frappe.init(site, sites_path=".")
    frappe.connect()
    if not frappe.conf.get("mps_test_site"):
        raise SystemExit(f"{site} is not a site made for tests (mps_test_site is not set)")
    frappe.set_user("Administrator")
    frappe.flags.mute_emails = True


def build(tag: str, contracts: int, devices: int, months: int = 1) -> list[str]:
    """`contracts` contracts of `devices` devices each, read at the end of every month. Names of the contracts.

    Each has a flat base in advance, and mono and colour clicks with a pooled allowance in arrears: three rows a bill.
    The reads came in when they were taken; those of later months are brought by `read_month`.
    """
    import frappe

    masters()
    made = []
    for n in range(contracts):
        customer = insert_customer(f"{tag} {n:05}")
        contract = insert("Click Contract", title=f"{tag} {n:05}", customer=customer, company=COMPANY,
                          currency="USD", start_date=START)  # fmt: skip
        version = insert(
            "Click Contract Version",
            contract=contract.name,
            effective_date=START,
            lines=[
                {"line_id": "base", "kind": "flat", "rate": 350, "item": ITEMS[0]},
                {"line_id": "mono", "kind": "click", "meters": "mono", "rate": 0.0085, "item": ITEMS[1],
                 "allowance_qty": 20_000},
                {"line_id": "colour", "kind": "click", "meters": "colour", "rate": 0.061, "item": ITEMS[2]},
            ],
        )  # fmt: skip
        version.submit()
        frappe.db.set_value("Click Contract", contract.name, {"status": "Active", "billed_through": START})
        fleet(tag, n, contract.name, customer, devices)
        for month in range(months + 1):
            enter_reads(tag, n, customer, devices, month)
        made.append(contract.name)
        frappe.db.commit()
    return made


def bystanders(tag: str, count: int) -> list[str]:
    """Customers without a contract, like those that `build` makes."""
    import frappe

    made = [insert_customer(f"{tag} x{n:05}") for n in range(count)]
    frappe.db.commit()
    return made


def insert_customer(name: str) -> str:
    return insert("Customer", customer_name=name, customer_type="Company",
                  customer_group="Commercial", territory="All Territories").name  # fmt: skip


def insert(doctype: str, **values):
    import frappe

    return frappe.get_doc({"doctype": doctype, **values}).insert(ignore_permissions=True)


def masters() -> None:
    import frappe

    for code in ITEMS:
        if not frappe.db.exists("Item", code):
            insert("Item", item_code=code, item_group="All Item Groups", stock_uom="Nos", is_stock_item=0)
    if not frappe.db.exists("MPS Device Model", "BENCH"):
        insert("MPS Device Model", model_name="BENCH", meters=[{"meter": "mono"}, {"meter": "colour"}])
    frappe.db.set_single_value("MPS Settings", {"default_item": ITEMS[0], "bill_change_money": 1_000_000})
    frappe.db.commit()
    frappe.clear_cache(doctype="MPS Settings")


def fleet(tag: str, n: int, contract: str, customer: str, devices: int) -> None:
    """Devices and their covers, in bulk."""
    import frappe

    stamp, user = frappe.utils.now(), "Administrator"
    names = [f"{tag}-{n:05}-{k:04}" for k in range(devices)]
    head = ("name", "creation", "modified", "owner", "modified_by")
    frappe.db.bulk_insert(
        "MPS Device",
        [*head, "device_id", "customer", "company", "device_model", "status", "installed_on"],
        [(d, stamp, stamp, user, user, d, customer, COMPANY, "BENCH", "Installed", START) for d in names],
    )
    frappe.db.bulk_insert(
        "Click Contract Cover",
        [
            *head,
            "idx",
            "parent",
            "parenttype",
            "parentfield",
            "unit_kind",
            "device",
            "quantity",
            "start_date",
        ],
        [
            (
                f"{d}-c",
                stamp,
                stamp,
                user,
                user,
                i,
                contract,
                "Click Contract",
                "covers",
                "Device",
                d,
                1,
                START,
            )
            for i, d in enumerate(names, start=1)
        ],
    )


def enter_reads(tag: str, n: int, customer: str, devices: int, month: int, now: bool = False) -> None:
    """The reads of one month of one contract, in bulk.

    Args:
        month: 0 for the opening reads, 1 for those at the end of the first month ...
        now: they come in now, as a new month's do once the one before is billed; else when they were taken.
    """
    import frappe

    at = list(month_ends(month))[month]
    stamp, user = frappe.utils.now() if now else at, "Administrator"
    frappe.db.bulk_insert(
        "Meter Read",
        ["name", "creation", "modified", "owner", "modified_by", "device", "meter", "taken_at", "value", "kind",
         "source", "customer", "status", "source_key"],
        [
            (f"{tag}-{n:05}-{k:04}-{meter}-{month}", stamp, stamp, user, user, f"{tag}-{n:05}-{k:04}", meter, at,
             10_000 + monthly * month, "actual", "collector", customer, "Accepted",
             f"{tag}-{n:05}-{k:04}-{meter}-{month}")
            for k in range(devices)
            for meter, monthly in (("mono", MONO), ("colour", COLOUR))
        ],
    )  # fmt: skip


def read_month(tag: str, customers: Iterable[str], devices: int, month: int) -> None:
    """Another month of reads of all contracts, as it comes in while time goes on."""
    import frappe

    for n, customer in enumerate(customers):
        enter_reads(tag, n, customer, devices, month, now=True)
    frappe.db.commit()


def month_ends(months: int) -> Iterator[datetime]:
    """Eight in the evening of the last day before the start, and of so many months after it."""
    for m in range(months + 1):
        year, month = divmod(START.month - 1 + m, 12)
        yield datetime(START.year + year, month + 1, 1, 20) - timedelta(days=1)


def expected_total(devices: int) -> float:
    """Net of one month of one contract."""
    mono = max(0, devices * MONO - 20_000)
    return round(350 + round(mono * 0.0085, 2) + round(devices * COLOUR * 0.061, 2), 2)


@contextmanager
def in_place() -> Iterator[None]:
    """Background jobs run in this process."""
    import frappe

    frappe.flags.mps_run_now = True
    try:
        yield
    finally:
        frappe.flags.mps_run_now = False


def new_run(through: str, mode: str = "Submitted"):
    return insert("Click Billing Run", company=COMPANY, through=through, invoice_mode=mode)


def clean(tag: str, runs: Iterable[str] = ()) -> None:
    """Take everything that `build(tag, ...)` and what billed its customers made away again, ledger entries included.

    Args:
        runs: more runs to remove, which may have come out empty.
    """
    import frappe

    def names(doctype: str, **filters) -> list[str]:
        return frappe.get_all(doctype, filters, pluck="name", order_by="name", limit=1_000_000)

    theirs = ["like", f"{tag} %"]
    chosen = ["in", [*names("Click Contract", title=theirs), ""]]
    invoices = ["in", [*names("Sales Invoice", customer=theirs), ""]]
    subscriptions = ["in", [*names("Subscription", party=theirs), ""]]
    bills = ["in", [*names("Click Bill", contract=chosen), ""]]
    of_bills = frappe.get_all(
        "Click Bill", {"contract": chosen}, pluck="run", distinct=True, order_by="run", limit=10_000
    )
    versions = ["in", [*names("Click Contract Version", contract=chosen), ""]]
    for doctype in ("GL Entry", "Payment Ledger Entry"):
        frappe.db.delete(doctype, {"voucher_no": invoices})
    for doctype in ("Sales Invoice Item", "Payment Schedule", "Click Bill Finding", "Click Bill Invoice"):
        frappe.db.delete(doctype, {"parent": bills if doctype.startswith("Click") else invoices})
    for doctype in ("Click Contract Line", "Click Contract Tier"):
        frappe.db.delete(doctype, {"parent": versions})
    frappe.db.delete("Click Contract Cover", {"parent": chosen})
    frappe.db.delete("Subscription Plan Detail", {"parent": subscriptions})
    for doctype, key in (("Sales Invoice", invoices), ("Subscription", subscriptions), ("Click Bill", bills),
                         ("Click Contract Version", versions),
                         ("Click Contract", chosen), ("Click Billing Run", ["in", [*filter(None, of_bills), *runs, ""]])):  # fmt: skip
        frappe.db.delete(doctype, {"name": key})
    frappe.db.delete("Meter Read", {"device": ["like", f"{tag}-%"]})
    frappe.db.delete("MPS Device", {"name": ["like", f"{tag}-%"]})
    frappe.db.delete("Customer", {"name": theirs})
    frappe.db.commit()
