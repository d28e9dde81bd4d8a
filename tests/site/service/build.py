"""A dealer's service for the tests: customer, device, contract, SLA class, technician with trunk, calls and visits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import frappe
from frappe.utils import get_datetime

from tests.site import make
from tests.site.billing import dealer as billing
from tests.site.stock import build as stock

COMPANY = "Print Dealer Inc"
LINES = (
    {"line_id": "mono", "kind": "click", "meters": "mono", "rate": 0.0085},
    {"line_id": "calls", "kind": "incident", "rate": 95},
    {"line_id": "labour", "kind": "labour", "rate": 110},
    {"line_id": "travel", "kind": "travel", "rate": 40},
    {"line_id": "parts", "kind": "material", "rate": 0},
)


@dataclass(slots=True)
class Dealer:
    """What `dealer()` made. `contract` and `trunk` are documents, the rest names."""

    customer: str
    device: str
    contract: Any
    technician: str
    trunk: Any
    sla: str
    user: str


@contextmanager
def at(moment: str) -> Iterator[None]:
    """The clock of the ERP's service levels and of ours stands at a moment of the site's time."""
    before, frappe.flags.current_time = frappe.flags.get("current_time"), get_datetime(moment)
    try:
        yield
    finally:
        frappe.flags.current_time = before


def sla_class(
    title: str = "Gold",
    response: float = 4,
    restore: float = 8,
    holidays: tuple[str, ...] = (),
    **values: Any,
) -> str:
    """A class, 8 to 17 on weekdays; `holidays` as its own list."""
    from mps_module.service import classes

    days = make.doc(
        "Holiday List",
        holiday_list_name=f"Days of {title}",
        from_date="2025-01-01",
        to_date="2027-12-31",
        holidays=[{"holiday_date": day, "description": "Holiday"} for day in holidays],
    )
    return classes.make(classes.NewClass(title, response, restore, days.name, **values))


def contract(
    device: str = "D-1", lines: tuple[dict, ...] = LINES, sla: str | None = None, **values: Any
) -> Any:
    """An active contract over one device. `values`: of contract or version, as coverage_labour="incident"."""
    agreed = billing.contract(*lines, devices=(device,), **values)
    if sla:
        agreed.db_set("sla", sla)
    return agreed


def technician(first_name: str = "Ana", levels: Mapping[str, tuple[float, float]] | None = None) -> Any:
    """(MPS Technician document, Trunk Stock document) of a technician with role, employee, sales person and trunk."""
    trunk = stock.technician(first_name, levels=dict(levels) if levels else None)
    if frappe.db.exists("MPS Technician", trunk.technician):
        return frappe.get_doc("MPS Technician", trunk.technician), trunk
    person = make.doc(
        "MPS Technician",
        employee=trunk.technician,
        technician_name=first_name,
        user=trunk.user,
        sales_person=trunk.sales_person,
        trunk=trunk.name,
        company=COMPANY,
    )
    return person, trunk


def dealer(*lines: dict, sla: str | None = "Gold", technician_name: str = "Ana", **values: Any) -> Dealer:
    """Everything that a call needs. `lines`, `values`: see `contract`. sla=None: no class."""
    level = sla_class(sla) if sla else ""
    agreed = contract(lines=lines or LINES, sla=level or None, **values)
    person, trunk = technician(technician_name)
    return Dealer(agreed.customer, "D-1", agreed, person.name, trunk, level, trunk.user)


def call(device: str | None = "D-1", subject: str = "Paper jam in tray 2", when: str = "", **values: Any):
    """An Issue, opened at `when` (site time; empty: now)."""
    if when:
        values |= {
            "creation": when,
            "service_level_agreement_creation": when,
            "opening_date": when[:10],
            "opening_time": when[11:] or "00:00:00",
        }
        with at(when):
            return make.doc("Issue", subject=subject, mps_device=device, **values)
    return make.doc("Issue", subject=subject, mps_device=device, **values)


def part_used(
    issue: str, trunk: Any, item: str, qty: float = 1, visit: str | None = None, device: str = "D-1"
):
    """Stock of `item` is put on the trunk and used on the call; the submitted Stock Entry."""
    stock.part(item)
    stock.put(item, trunk.warehouse, qty)
    entry = frappe.get_doc(
        {
            "doctype": "Stock Entry",
            "stock_entry_type": "Material Issue",
            "company": COMPANY,
            "mps_move": "Use",
            "mps_trunk": trunk.name,
            "mps_issue": issue,
            "mps_device": device,
            "mps_visit": visit,
            "items": [{"item_code": item, "qty": qty, "s_warehouse": trunk.warehouse}],
        }
    )
    entry.submit()
    return entry


def visit(issue: Any, who: Dealer, *, outcome: str = "Complete", submit: bool = True, **values: Any):
    """A Maintenance Visit for a call: one hour, one trip, at ten on 12 January 2026 unless told otherwise."""
    doc = frappe.get_doc(
        {
            "doctype": "Maintenance Visit",
            "customer": issue.customer,
            "company": COMPANY,
            "mntc_date": values.pop("day", "2026-01-12"),
            "mntc_time": values.pop("mntc_time", "10:00:00"),  # else the hour at which the tests run
            "completion_status": "Fully Completed" if outcome == "Complete" else "Partially Completed",
            "maintenance_type": "Breakdown",
            "purposes": [{"service_person": who.trunk.sales_person, "work_done": "Cleaned the rollers"}],
            "mps_issue": issue.name,
            "mps_device": issue.get("mps_device"),
            "mps_contract": issue.get("mps_contract"),
            "mps_technician": who.technician,
            "mps_outcome": outcome,
            "mps_labour_hours": values.pop("hours", 1),
            "mps_travel": values.pop("travel", 1),
            **values,
        }
    )
    doc.insert()
    if submit:
        doc.submit()
    return doc


def priced(item: str, rate: float, price_list: str = "Standard Selling", **values: Any) -> str:
    """An item of service or stock with a selling price."""
    make.item(item, **values)
    make.doc("Item Price", item_code=item, price_list=price_list, price_list_rate=rate)
    return item
