"""The device statement of a Click Bill, and the click details of its invoices: what a customer checks the bill with.

Everything comes from the frozen result: the same paper comes out in five years, whatever was read or renamed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.utils import fmt_money, formatdate

from mps_module.billing.posted import MOST
from mps_module.engine import codec
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


def statement(name: str) -> Statement:
    """The statement of a Click Bill.

    Raises:
        frappe.PermissionError: the user may not read the bill.
    """
    doc = frappe.get_doc("Click Bill", name)
    doc.check_permission("read")
    return statement_of(doc)


def statement_of(doc: Mapping[str, Any]) -> Statement:
    made = codec.loads(doc.get("result"))
    labels = meter_labels()
    devices = blocks(made, labels)
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


def statements_of_invoice(invoice: str) -> list[Statement]:
    """The statements behind a Sales Invoice; none where it does not come from a Click Bill."""
    frappe.get_doc("Sales Invoice", invoice).check_permission("read")
    names = frappe.get_all(
        "Click Bill Invoice",
        filters={"sales_invoice": invoice, "parenttype": "Click Bill"},
        pluck="parent",
        order_by="parent",
        limit=100,
    )
    return [statement_of(frappe.get_doc("Click Bill", name)) for name in dict.fromkeys(names)]


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
