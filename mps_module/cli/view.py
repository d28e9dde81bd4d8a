"""A bill as a customer reads it: the one view-model that the HTML and the PDF are both made from.

Everything is text already, so the two can differ in looks only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mps_module.cli import formats
from mps_module.cli.chart import Chart
from mps_module.cli.runs import Run, runs_of
from mps_module.engine.contract import Contract, SplitBy
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device
from mps_module.engine.periods import Period
from mps_module.engine.result import Basis, Bill, BillLine, Boundary, ChargeKind, MeterUsage, UnitCount


@dataclass(frozen=True, slots=True)
class Party:
    """A sender or receiver: name and the lines under it."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """What the dealer prints beside its address. `logo`: path of a PNG or JPEG, or empty."""

    logo: str = ""
    terms: str = ""
    bank: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class ChargeRow:
    description: str
    period: str
    quantity: str
    rate: str
    amount: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class MeterRow:
    """`opening_mark`, `closing_mark`: E estimated, T outside the tolerance, – not read."""

    meter: str
    opening: str
    opening_day: str
    opening_mark: str
    closing: str
    closing_day: str
    closing_mark: str
    usage: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeviceBlock:
    device: str
    about: str
    rows: tuple[MeterRow, ...]


@dataclass(frozen=True, slots=True)
class AllowanceRow:
    line: str
    used: str
    included: str
    carried: str
    charged: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    unit: str
    quantity: str
    covered: str


@dataclass(frozen=True, slots=True)
class BillView:
    number: str
    title: str
    company: Party
    customer: Party
    facts: tuple[tuple[str, str], ...]
    currency: str
    charges: tuple[ChargeRow, ...]
    total: str
    allowances: tuple[AllowanceRow, ...]
    units: tuple[UnitRow, ...]
    parts_title: str
    parts: tuple[tuple[str, str], ...]
    devices: tuple[DeviceBlock, ...]
    notes: tuple[str, ...]
    chart: Chart | None
    draft: bool
    paper: str
    logo: str = ""
    terms: tuple[tuple[str, str], ...] = ()
    footer: str = ""


TAX_NOTE = "Amounts are before tax. Tax is added on the invoice."
_MARKS = {
    "E": "E: estimated, since no reading came in near that day; the likely range is given. The next actual reading "
    "settles the difference.",
    "T": "T: the reading lies outside the agreed days around the period's end.",
    "–": "–: no reading is known.",
}
_SPLITS = {
    SplitBy.SITE: "site",
    SplitBy.DEPARTMENT: "department",
    SplitBy.COST_CENTER: "cost centre",
    SplitBy.PO: "order",
}


def bill_number(bill: Bill) -> str:
    """``C-1001-20261101``: contract and due date, which make a bill unique."""
    return f"{bill.contract}-{bill.period.due:%Y%m%d}"


def _is_adjustment(line: BillLine) -> bool:
    return line.kind in (ChargeKind.ADJUSTMENT, ChargeKind.CREDIT)


def charge_rows(bill: Bill, decimals: int) -> tuple[ChargeRow, ...]:
    return tuple(
        ChargeRow(
            line.description or line.line_id,
            formats.period(line.period),
            formats.number(line.quantity),
            formats.rate(line.rate),
            formats.amount(line.amount, decimals),
            "E" if line.estimated else "",
        )
        for line in bill.lines
    )


def _mark(boundary: Boundary) -> str:
    if boundary.basis is Basis.MISSING:
        return "–"
    if boundary.basis is Basis.ESTIMATE:
        return "E"
    return "" if boundary.in_tolerance else "T"


def _side(boundary: Boundary | None) -> tuple[str, str, str]:
    """(value, day, mark) of one end of a period; an estimate carries its interval."""
    if boundary is None or boundary.basis is Basis.MISSING:
        return "", "", "–"
    value = formats.number(boundary.value)
    if boundary.basis is Basis.ESTIMATE:
        when = formats.day(boundary.day)
        if boundary.low is not None and boundary.high is not None:
            when += f" ({formats.number(boundary.low)} – {formats.number(boundary.high)})"
        return value, when, "E"
    when = formats.day(boundary.taken_at.date() if boundary.taken_at else boundary.day)
    return value, when, _mark(boundary)


def meter_row(usage: MeterUsage, label: str, runs: Sequence[Run] = ()) -> MeterRow:
    """One line of the meter statement; a virtual meter has a usage, but no counter to show."""
    if usage.terms:
        return MeterRow(label, "", "", "", "", "", "", formats.number(usage.usage), _formula(usage.terms))
    note = ""
    if usage.opening and usage.closing and usage.opening.epoch != usage.closing.epoch:
        spans = ", then ".join(f"{formats.number(run.start)} to {formats.number(run.end)}" for run in runs)
        note = "the counter began anew in this period" + (
            f": {spans}" if spans else "; each run counts by itself"
        )
    elif usage.usage < 0:
        note = "credit: an earlier estimate was too high"
    return MeterRow(label, *_side(usage.opening), *_side(usage.closing), formats.number(usage.usage), note)


def _formula(terms: Iterable[MeterUsage]) -> str:
    """``total - colour``, ``a4 + 2 × a3``."""
    text = ""
    for term in terms:
        factor = abs(term.weight)
        text += (
            (" - " if term.weight < 0 else " + ")
            + (f"{formats.number(factor)} × " if factor != 1 else "")
            + term.meter
        )
    return text[3:] if text.startswith(" + ") else text.strip()


def _usages(bill: Bill) -> Iterable[MeterUsage]:
    for line in bill.lines:
        if line.proof is not None:
            for usage in line.proof.usages:
                yield from usage.terms
                yield usage


def device_blocks(bill: Bill, ledger: Ledger) -> tuple[DeviceBlock, ...]:
    """The meter statement: every counter that the bill rests on, once, by device in order of their ids."""
    rows: dict[str, dict[tuple[str, Period], MeterRow]] = {}
    for usage in _usages(bill):
        by_meter = rows.setdefault(usage.unit, {})
        if (usage.meter, usage.period) not in by_meter:
            meter = ledger.meter_type(usage.unit, usage.meter)
            label = (meter.label if meter else "") or usage.meter
            by_meter[usage.meter, usage.period] = meter_row(usage, label, runs_of(usage, ledger))
    return tuple(
        DeviceBlock(unit, _about(ledger.devices.get(unit)), tuple(by_meter.values()))
        for unit, by_meter in sorted(rows.items())
    )


def _about(device: Device | None) -> str:
    if device is None:
        return ""
    serial = f"serial {device.serial}" if device.serial else ""
    return ", ".join(x for x in (device.model, serial, device.site, device.department) if x)


def allowance_rows(bill: Bill) -> tuple[AllowanceRow, ...]:
    rows, seen = [], set()
    for line in bill.lines:
        p = line.proof
        key = (line.line_id, line.period)
        if p is None or not p.allowance or key in seen:
            continue
        seen.add(key)
        texts = (
            formats.number(x) for x in (p.gross, p.allowance - p.carried, p.carried, max(p.net, p.net * 0))
        )
        rows.append(AllowanceRow(line.description or line.line_id, *texts))
    return tuple(rows)


def unit_rows(bill: Bill) -> tuple[UnitRow, ...]:
    """Units that were charged for a part of the period only; the others are the line's quantity."""
    rows: dict[tuple[str, Period], UnitCount] = {}
    for line in bill.lines:
        for count in line.proof.counts if line.proof else ():
            if count.fraction != 1 and line.kind is ChargeKind.BASE:
                rows.setdefault((count.unit, count.covered), count)
    return tuple(
        UnitRow(c.unit, formats.number(c.quantity), formats.period(c.covered)) for c in rows.values()
    )


def notes_of(bill: Bill, blocks: Sequence[DeviceBlock]) -> tuple[str, ...]:
    marks = {m for b in blocks for r in b.rows for m in (r.opening_mark, r.closing_mark)}
    if any(line.estimated for line in bill.lines):
        marks.add("E")
    notes = [text for mark, text in _MARKS.items() if mark in marks]
    if any(_is_adjustment(line) for line in bill.lines):
        notes.append(
            "Adjustments and credits settle earlier bills by readings that came in, or were corrected, later."
        )
    return (*notes, TAX_NOTE)


def bill_view(
    bill: Bill,
    contract: Contract,
    ledger: Ledger,
    company: Party,
    customer: Party,
    chart: Chart | None = None,
    draft: bool = False,
    paper: str = "",
    sender: Sender | None = None,
) -> BillView:
    """The document of a bill.

    Args:
        ledger: for model, serial and meter labels, and the runs of a counter that began anew.
        draft: not posted; the document says so.
        paper: ``A4`` or ``Letter``; empty: Letter for the currencies of North America.
        sender: what else the dealer prints on every bill.
    """
    sender = sender or Sender()
    rules = contract.version_on(bill.period.ruled_from).rules
    decimals = rules.decimals
    blocks = device_blocks(bill, ledger)
    facts = [
        ("Bill no.", bill_number(bill)),
        ("Date", formats.day(bill.period.due)),
        ("Contract", contract.contract),
    ]
    if contract.po:
        facts.append(("Your order", contract.po))
    if bill.period.base:
        facts.append(("Base for", formats.period(bill.period.base)))
    if bill.period.overage:
        facts.append(("Usage of", formats.period(bill.period.overage)))
    return BillView(
        number=bill_number(bill),
        title=contract.title,
        company=company,
        customer=customer,
        facts=tuple(facts),
        currency=bill.currency,
        charges=charge_rows(bill, decimals),
        total=formats.money(bill.total, bill.currency, decimals),
        allowances=allowance_rows(bill),
        units=unit_rows(bill),
        parts_title=f"By {_SPLITS.get(rules.split_by, 'part')}",
        parts=tuple((name or "not assigned", formats.amount(value, decimals)) for name, value in bill.parts),
        devices=blocks,
        notes=notes_of(bill, blocks),
        chart=chart if chart is not None and not chart.empty else None,
        draft=draft,
        paper=paper or ("Letter" if bill.currency in ("USD", "CAD", "MXN") else "A4"),
        logo=sender.logo,
        terms=tuple(
            (name, text) for name, text in (("Payment terms", sender.terms), ("Bank", sender.bank)) if text
        ),
        footer=sender.footer,
    )
