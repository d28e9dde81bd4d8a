"""The device statement of a Click Bill, and the click details of its invoices: what a customer checks the bill with.

Everything comes from the frozen result: the same paper comes out in five years, whatever was read or renamed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.contacts.doctype.address.address import get_address_display, get_default_address
from frappe.utils import fmt_money, formatdate, getdate

from mps_module.billing.contracts import load_contracts
from mps_module.billing.posted import MOST
from mps_module.billing.terms import exact
from mps_module.billing.units import load_units
from mps_module.engine import packed
from mps_module.engine.contract import SplitBy
from mps_module.engine.result import Basis, Bill, BillLine, Boundary, MeterUsage


@dataclass(slots=True)
class Edge:
    """A boundary as it is printed: value, day of reading, a mark (``E`` estimated, ``*`` outside the window), interval."""

    value: str
    day: str
    mark: str = ""
    interval: str = ""


@dataclass(slots=True)
class MeterRow:
    meter: str
    opening: Edge
    closing: Edge
    usage: Decimal
    shown: str
    part: bool = False  # one of the counters behind a virtual meter


@dataclass(slots=True)
class DeviceBlock:
    device: str
    model: str = ""
    serial: str = ""
    place: str = ""
    rows: list[MeterRow] = field(default_factory=list)


@dataclass(slots=True)
class Charge:
    description: str
    period: str
    quantity: str
    rate: str
    amount: str
    estimated: bool = False


@dataclass(slots=True)
class Pool:
    """What was included and what was used of it."""

    line: str
    used: str
    free: str
    carried: str
    charged: str


@dataclass(slots=True)
class Statement:
    bill: str
    contract: str
    title: str
    customer: str
    currency: str
    due: str
    period: str
    total: str
    charges: list[Charge]
    pools: list[Pool]
    devices: list[DeviceBlock]
    estimated: int
    outside: int

    @property
    def meters(self) -> int:
        return sum(1 for block in self.devices for row in block.rows if not row.part)


def mps_statement(doc: Mapping[str, Any], only: Collection[str] | None = None) -> Statement:
    """The statement of a Click Bill, for its print format. The caller has checked who may see the bill.

    Args:
        only: devices that are shown; None: all.
    """
    made = packed.loads(doc.get("result"))
    labels = meter_labels()
    devices = [block for block in blocks(made, labels) if only is None or block.device in only]
    edges = [edge for block in devices for row in block.rows for edge in (row.opening, row.closing)]
    period = made.period.overage or made.period.base
    title, customer = frappe.db.get_value("Click Contract", made.contract, ["title", "customer_name"]) or (
        "",
        "",
    )
    return Statement(
        bill=doc.get("name"),
        contract=made.contract,
        title=title or "",
        customer=customer or made.customer,
        currency=made.currency,
        due=formatdate(made.period.due),
        period=span(period),
        total=fmt_money(made.total, currency=made.currency),
        charges=[charge(line, made.currency) for line in made.lines],
        pools=pools(made),
        devices=devices,
        estimated=sum(1 for edge in edges if edge.mark == "E"),
        outside=sum(1 for edge in edges if edge.mark == "*"),
    )


def mps_statements(invoice: Mapping[str, Any]) -> list[Statement]:
    """The statements behind a Sales Invoice, for its print format; none where it does not come from a Click Bill.

    An invoice for one site, department, cost center or PO shows the devices of that part.
    """
    names = frappe.get_all(
        "Click Bill Invoice",
        filters={"sales_invoice": invoice.get("name"), "parenttype": "Click Bill"},
        fields=["parent", "split_value"],
        order_by="parent, idx",
        limit=100,
    )
    made = []
    for row in names:
        doc = frappe.get_doc("Click Bill", row.parent)
        made.append(mps_statement(doc, devices_of_part(doc, row.split_value)))
    return made


def devices_of_part(doc: Mapping[str, Any], value: str | None) -> set[str] | None:
    """The devices of one part of a split bill; None where the bill is not split, or the part holds none of them."""
    contract = load_contracts([doc.get("contract")]).get(doc.get("contract"))
    if not value or contract is None:
        return None
    by = contract.version_on(getdate(doc.get("overage_from") or doc.get("base_from"))).rules.split_by
    if by is SplitBy.NONE:
        return None
    units = load_units([contract.contract])[contract.contract]
    return {unit.unit for unit in units if getattr(unit, by.value) == value} or None


def mps_company(name: str) -> dict[str, str]:
    """What stands at the head of a print: the company's name, address, phone, mail, tax id and logo."""
    fields = ["company_name", "phone_no", "email", "website", "tax_id", "company_logo"]
    found = frappe.get_cached_value("Company", name, fields, as_dict=True)
    return {**found, "address": address_of("Company", name)}


def mps_customer_address(customer: str) -> str:
    """The customer's address as HTML lines; empty where none is known."""
    return address_of("Customer", customer)


def address_of(doctype: str, name: str) -> str:
    """The default address as HTML lines. Given as values: whoever may print the document may see whom it is for."""
    address = get_default_address(doctype, name)
    return get_address_display(frappe.get_cached_doc("Address", address).as_dict()) or "" if address else ""


def charge(line: BillLine, currency: str) -> Charge:
    return Charge(
        line.description or line.line_id,
        span(line.period),
        number(line.quantity),
        number(line.rate),
        fmt_money(line.amount, currency=currency),
        line.estimated,
    )


def pools(made: Bill) -> list[Pool]:
    """Allowances, one row a contract line and period."""
    found: dict[tuple, Pool] = {}
    for line in made.lines:
        proof = line.proof
        if proof is None or not proof.allowance:
            continue
        found.setdefault(
            (line.line_id, proof.period),
            Pool(
                (line.description or line.line_id).split(" (")[0],
                number(proof.gross),
                number(proof.allowance),
                number(proof.carried) if proof.carried else "",
                number(proof.net),
            ),
        )
    return list(found.values())


def blocks(made: Bill, labels: Mapping[str, str]) -> list[DeviceBlock]:
    """Devices with their meters, in order of the devices' names; a meter once, however many lines it serves."""
    seen = set()
    rows: defaultdict[str, list[MeterRow]] = defaultdict(list)
    for line in made.lines:
        for usage in line.proof.usages if line.proof else ():
            key = usage.unit, usage.meter, usage.period
            if key not in seen:
                seen.add(key)
                rows[usage.unit] += meter_rows(usage, labels)
    about = {
        row.name: row
        for row in frappe.get_all(
            "MPS Device",
            filters={"name": ["in", sorted(rows)]},
            fields=["name", "device_model", "serial_no_text", "site", "department"],
            order_by="name",
            limit=MOST,
        )
    }
    made_blocks = []
    for name in sorted(rows):
        known = about.get(name) or frappe._dict()
        place = ", ".join(part for part in (known.site, known.department) if part)
        made_blocks.append(
            DeviceBlock(name, known.device_model or "", known.serial_no_text or "", place, rows[name])
        )
    return made_blocks


def meter_rows(usage: MeterUsage, labels: Mapping[str, str]) -> Iterable[MeterRow]:
    """One row for a real meter; for a virtual one its usage, and the counters that it is computed from."""
    label = labels.get(usage.meter, usage.meter)
    if not usage.terms:
        yield MeterRow(label, edge(usage.opening), edge(usage.closing), usage.usage, number(usage.usage))
        return
    yield MeterRow(
        f"{label} ({formula(usage, labels)})", Edge("", ""), Edge("", ""), usage.usage, number(usage.usage)
    )
    for term in usage.terms:
        for row in meter_rows(term, labels):
            row.part = True
            yield row


def formula(usage: MeterUsage, labels: Mapping[str, str]) -> str:
    """``Total - Colour``, ``A4 + 2 x A3``."""
    text = ""
    for term in usage.terms:
        factor = "" if abs(term.weight) == 1 else f"{number(abs(term.weight))} × "
        sign = " − " if term.weight < 0 else " + " if text else ""
        text += f"{sign}{factor}{labels.get(term.meter, term.meter)}"
    return text


def edge(boundary: Boundary | None) -> Edge:
    if boundary is None or boundary.basis is Basis.MISSING:
        return Edge("–", _("not read"))
    value = f"{boundary.value:,}"
    if boundary.basis is Basis.ESTIMATE:
        interval = f"{boundary.low:,} – {boundary.high:,}" if boundary.low is not None else ""
        return Edge(value, formatdate(boundary.day), "E", interval)
    day = boundary.taken_at or (boundary.read.taken_at if boundary.read else None)
    return Edge(value, formatdate(day.date()) if day else "", "" if boundary.in_tolerance else "*")


def meter_labels() -> dict[str, str]:
    return dict(
        frappe.get_all("MPS Meter Type", fields=["name", "label"], order_by="name", limit=MOST, as_list=True)
    )


def span(period: Any) -> str:
    return f"{formatdate(period.start)} – {formatdate(period.end)}" if period else ""


def number(value: Decimal) -> str:
    """``5,750``, ``0.0085``: thousands set apart, no digits that mean nothing."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def mps_rate(rate: float, currency: str) -> str:
    """A rate with all the decimals it has, two at least: ``0.0085``, ``350.00``."""
    digits = number(exact(rate, 6)).partition(".")[2]
    return fmt_money(rate, precision=max(2, len(digits)), currency=currency)
