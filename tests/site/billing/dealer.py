"""A small dealer for the billing tests: devices with reads, a contract, and a run over it that works at once."""

from __future__ import annotations

from contextlib import contextmanager

import frappe

from tests.site import make

COMPANY = "Print Dealer Inc"


def read(device: str, day: str, value: int, meter: str = "mono", **values):
    """A read at noon."""
    return make.doc(
        "Meter Read",
        device=device,
        meter=meter,
        taken_at=f"{day} 12:00:00",
        value=value,
        kind=values.pop("kind", "actual"),
        source=values.pop("source", "staff"),
        **values,
    )


def settings(**values) -> None:
    """A default item for every line; no bill is far off the last one, unless a test says so."""
    make.item("MPS-CLICKS")
    usual = {"default_item": "MPS-CLICKS", "invoice_mode": "Submitted", "bill_change_money": 1_000_000}
    frappe.db.set_single_value("MPS Settings", usual | values)
    frappe.clear_document_cache("MPS Settings", "MPS Settings")


def contract(
    *lines: dict, devices=("D-1",), of: str | None = None, start="2026-01-01", covers=None, **values
):
    """An active contract over devices of one customer, which are made where they are missing."""
    if frappe.db.get_single_value("MPS Settings", "default_item") != "MPS-CLICKS":
        settings()
    who = of or make.customer().name
    for name in devices:
        if not frappe.db.exists("MPS Device", name):
            make.device(name, of=who, installed_on="2025-12-01")
    head = {k: values.pop(k) for k in list(values) if frappe.get_meta("Click Contract").has_field(k)}
    if covers is not None:
        head["covers"] = covers
    agreed = make.contract(*devices, of=who, start=start, **head)
    rules = {"base_months": "1", "overage_months": "1", **values}
    make.version(agreed, *(lines or (make.click_line(),)), **rules)
    agreed.reload()
    agreed.status = "Active"
    agreed.save()
    return agreed


def month_reads(device: str, *values: int, meter: str = "mono", year: int = 2026) -> None:
    """Reads on the last day of December before, and of January, February ...: boundaries of calendar months."""
    days = [f"{year - 1}-12-31", *(str(frappe.utils.get_last_day(f"{year}-{m:02}-01")) for m in range(1, 13))]
    for day, value in zip(days, values, strict=False):
        read(device, day, value, meter)


@contextmanager
def at_once():
    """Background jobs run in place."""
    before, frappe.flags.mps_run_now = frappe.flags.mps_run_now, True
    try:
        yield
    finally:
        frappe.flags.mps_run_now = before


def run(through: str, mode: str = "Submitted", **values):
    """A prepared run."""
    from mps_module.billing.run import start_preparing

    doc = make.doc("Click Billing Run", company=COMPANY, through=through, invoice_mode=mode, **values)
    with at_once():
        start_preparing(doc)
    return doc.reload()


def invoice(doc, names=None):
    from mps_module.billing.run import start_invoicing

    with at_once():
        start_invoicing(doc.reload(), names)
    return doc.reload()


def bills(**filters) -> list:
    return frappe.get_all(
        "Click Bill",
        filters=filters,
        fields=[
            "name",
            "status",
            "total",
            "due_date",
            "reason",
            "error",
            "contract",
            "run",
            "difference",
            "at_stake",
        ],
        order_by="contract, due_date, creation",
        limit=100,
    )


def invoices(contract: str, **filters) -> list:
    names = frappe.get_all(
        "Sales Invoice",
        filters={"mps_contract": contract, **filters},
        pluck="name",
        order_by="name",
        limit=100,
    )
    return [frappe.get_doc("Sales Invoice", name) for name in names]
