"""Devices that go on under another contract open where the contract before closed them (`engine.handover`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import frappe
from frappe.utils import getdate

from mps_module.billing.contracts import load_contracts
from mps_module.billing.standing import Past, load_results, standings
from mps_module.billing.units import load_units_and_devices
from mps_module.engine.handover import closing_pins
from mps_module.engine.ledger import Ledger, Pins
from mps_module.engine.reads import Read
from mps_module.fleet.ledger import devices_from, reads_of
from mps_module.fleet.wide import is_one_of

if TYPE_CHECKING:
    from mps_module.billing.loader import Case

DAY = timedelta(days=1)
Closing = tuple[str, date]  # (device, its last day under the contract before)


def feed(cases: Mapping[str, Case]) -> None:
    """Give every case the boundaries that other contracts closed its new devices at.

    One query where devices begin in a period that is billed, and a constant number more where one of them comes from
    another contract.
    """
    begun = {name: _begun(case) for name, case in cases.items()}
    closings = {closing for found in begun.values() for closing in found}
    before = _contracts_before(closings) if closings else {}
    if not before:
        return
    pins = _pins(before)
    for name, case in cases.items():
        for closing in begun[name]:
            for other, found in pins.get(closing, {}).items():
                if other != name and found:
                    case.handed.add(closing[0])
                    case.past.pins.update({k: v for k, v in found.items() if k not in case.past.pins})


def _begun(case: Case) -> set[Closing]:
    """Devices whose first covered day lies in a period that is billed now, with the day before it."""
    spans = [period.overage for period in case.periods if period.overage is not None]
    names = case.device_names
    starts = {(unit.unit, max(unit.start or case.contract.start, case.contract.start)) for unit in case.units}
    return {
        (unit, start - DAY)
        for unit, start in starts
        if unit in names and any(span.start <= start <= span.end for span in spans)
    }


def _contracts_before(closings: Collection[Closing]) -> dict[str, set[Closing]]:
    """Contracts that covered these devices up to these days: by their covers' end, or by their own."""
    cover, contract = frappe.qb.DocType("Click Contract Cover"), frappe.qb.DocType("Click Contract")
    rows = (
        frappe.qb.from_(cover)
        .join(contract)
        .on(contract.name == cover.parent)
        .select(cover.parent, cover.device, cover.end_date, contract.end_date)
        .where(cover.parenttype == "Click Contract")
        .where(is_one_of(cover.device, {device for device, _day in closings}))
        .where(contract.status != "Draft")
        .where(cover.end_date.isnotnull() | contract.end_date.isnotnull())
        .orderby(cover.parent, cover.idx)
    ).run()
    found: defaultdict[str, set[Closing]] = defaultdict(set)
    for name, device, *ends in rows:
        closing = (device, min(getdate(end) for end in ends if end))
        if closing in closings:
            found[name].add(closing)
    return dict(found)


def _pins(before: Mapping[str, Collection[Closing]]) -> dict[Closing, dict[str, Pins]]:
    """{closing: {contract: boundaries that it closes the device's counters at}}."""
    names = list(before)
    contracts, bills = load_contracts(names), standings(names)
    _units, rows = load_units_and_devices(names)
    pasts = {
        name: Past(
            again=date.min,
            names=[row.name for row in bills[name].posted if _closes(row, before[name])],
        )
        for name in contracts
    }
    load_results(pasts.values())
    devices = devices_from(rows)
    reads: defaultdict[str, list[Read]] = defaultdict(list)
    for read in reads_of(
        sorted({device for closings in before.values() for device, _day in closings}), billing=True
    ):
        reads[read.device].append(read)
    found: defaultdict[Closing, dict[str, Pins]] = defaultdict(dict)
    for name, contract in contracts.items():
        own: Sequence[Read] = [read for device in {d for d, _day in before[name]} for read in reads[device]]
        past = pasts[name]
        ledger = Ledger.build(own, devices, (), past.pins, contract.timezone or "UTC")
        for closing in before[name]:
            found[closing][name] = closing_pins(contract, ledger, *closing, past.posted)
    return dict(found)


def _closes(row: Mapping, closings: Collection[Closing]) -> bool:
    """Whether a posted bill's usage reaches over one of these days."""
    if not row.overage_to:
        return False
    return any(getdate(row.overage_from) <= day <= getdate(row.overage_to) for _device, day in closings)
