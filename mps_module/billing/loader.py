"""Everything that the bills of some contracts rest on, in a constant number of queries however many contracts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import frappe
from frappe.utils import get_datetime, getdate

from mps_module.billing import handover, windows
from mps_module.billing.contracts import load_contracts, rows_of
from mps_module.billing.service_charges import load_calls
from mps_module.billing.standing import (
    Past,
    Standing,
    changes,
    cursor_of,
    load_results,
    past_of,
    period_of,
    standings,
)
from mps_module.billing.units import load_units_and_devices
from mps_module.engine.bill import bill as engine_bill
from mps_module.engine.contract import Contract, CoveredUnit, ServiceCall
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device
from mps_module.engine.periods import BillPeriod
from mps_module.engine.reads import Read
from mps_module.engine.result import Bill
from mps_module.engine.schedule import due_periods, settlement
from mps_module.fleet.ledger import devices_from, reads_of

HEAD_FIELDS = (
    "name",
    "customer",
    "company",
    "currency",
    "billed_through",
    "modified",
    "status",
    "cost_center",
    "project",
    "po_no",
    "taxes_and_charges",
    "payment_terms_template",
    "invoice_mode",
    "title",
)


@dataclass(slots=True)
class Case:
    """One contract with all that its bills need."""

    head: Mapping[str, Any]
    contract: Contract
    units: tuple[CoveredUnit, ...]
    standing: Standing
    periods: list[BillPeriod] = field(default_factory=list)
    past: Past = field(default_factory=Past)
    calls: tuple[ServiceCall, ...] = ()
    reads: dict[str, list[Read]] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    handed: set[str] = field(default_factory=set)  # devices that come from another contract
    whole: set[str] = field(default_factory=set)  # devices whose whole history is loaded
    ledger: Ledger | None = None
    trial: Bill | None = None  # made while looking for devices that need more reads, and still good

    @property
    def device_names(self) -> set[str]:
        return windows.devices_of_units(self.units)

    def build_ledger(self) -> Ledger:
        reads = (read for name in self.device_names for read in self.reads.get(name, ()))
        self.ledger = Ledger.build(
            reads, self.devices, self.calls, self.past.pins, self.contract.timezone or "UTC"
        )
        return self.ledger

    def bill(self, period: BillPeriod, posted: Sequence[Bill] | None = None) -> Bill:
        """The bill of `period` from today's ledger, with adjustments of earlier ones that changed."""
        given = self.past.posted if posted is None else posted
        if self.trial is not None and self.trial.period is period and not given:
            return self.trial
        return engine_bill(self.contract, self.ledger or self.build_ledger(), self.units, period, given)


def load_cases(
    names: Sequence[str],
    until: date,
    periods: Callable[[Contract, Standing, date | None, date], list[BillPeriod]] | None = None,
) -> dict[str, Case]:
    """Cases of the contracts that have something due up to `until`, ledgers built.

    Args:
        periods: (contract, its bills, cursor, until) -> what to bill; None: everything due and not standing.
    """
    contracts = load_contracts(names)
    heads = {
        row.name: row for row in rows_of("Click Contract", {"name": ["in", list(contracts)]}, HEAD_FIELDS)
    }
    standing = standings(list(contracts))
    cases = {}
    for name, contract in contracts.items():
        head = heads[name]
        due = (periods or due_or_settled)(contract, standing[name], cursor_of(head), until)
        if due:
            cases[name] = Case(head, contract, (), standing[name], due)
    if cases:
        fill(cases)
    return cases


def due_or_settled(
    contract: Contract, standing: Standing, cursor: date | None, until: date
) -> list[BillPeriod]:
    """What falls due, and where nothing does the settlement of a contract that was ended before its last bill."""
    due = due_now(contract, standing, cursor, until)
    if due:
        return due
    last = settlement(contract, cursor, map(period_of, standing.posted))
    return [last] if last is not None and last.due <= until else []


def due_now(contract: Contract, standing: Standing, cursor: date | None, until: date) -> list[BillPeriod]:
    """What falls due after the cursor, and what was released before it; posted dates left out."""
    posted = {row.due_date for row in standing.posted}
    found = {p.due: p for p in due_periods(contract, cursor, until)}
    for hole in standing.holes():
        if hole <= until and hole not in found:
            found.update({p.due: p for p in due_periods(contract, hole - windows.DAY, hole)})
    return [found[due] for due in sorted(found) if due not in posted]


def fill(cases: dict[str, Case]) -> None:
    """Units, earlier bills, calls, devices and reads of all cases."""
    units, rows = load_units_and_devices(list(cases))
    for name, case in cases.items():
        case.units = units[name]
    devices_by = {name: case.device_names for name, case in cases.items()}
    changed = changes(
        {name: case.contract for name, case in cases.items()},
        devices_by,
        {name: case.standing for name, case in cases.items()},
    )
    for name, case in cases.items():
        edited = get_datetime(case.head.modified) if case.head.modified else None
        case.past = past_of(case.contract, case.standing, case.periods[0].due, changed[name], edited)
    load_results([case.past for case in cases.values()])
    handover.feed(cases)
    calls = load_calls(list(cases))
    known = devices_from(rows)
    for name, case in cases.items():
        case.calls = calls[name]
        case.devices = {d: known[d] for d in case.device_names if d in known}
    load_reads(cases)


def load_reads(cases: Mapping[str, Case]) -> None:
    """Boundary windows first; whole histories where those do not settle a bill. Two queries, three at most."""
    groups: dict[windows.Windows, set[str]] = defaultdict(set)
    for case in cases.values():
        window = None if takes_history(case) else windows.windows_of(case.contract, case.periods)
        if window is None:
            case.whole = set(case.device_names) if bills_usage(case) or case.past.again else set()
        else:
            period = next(p.overage for p in case.periods if p.overage is not None)
            case.whole = windows.moving_devices(case.units, period)
            case.whole |= {
                d for d in case.device_names if d not in case.devices or not case.devices[d].meters
            }
            case.whole |= case.handed
            groups[window] |= case.device_names - case.whole
    near, unusual = windows.reads_in({w: d for w, d in groups.items() if d})
    for case in cases.values():
        case.whole |= case.device_names & unusual
        case.reads = {d: near[d] for d in case.device_names - case.whole if d in near}
    load_histories(cases.values())
    late = [case for case in cases.values() if still_open(case)]
    if late:
        load_histories(late)


def load_histories(cases: Iterable[Case]) -> None:
    """All reads of the devices that need them."""
    wanted = {d for case in cases for d in case.whole if d not in case.reads}
    found: dict[str, list[Read]] = defaultdict(list)
    if wanted:
        for read in reads_of(sorted(wanted), billing=True):
            found[read.device].append(read)
    for case in cases:
        case.reads.update({d: found[d] for d in case.whole if d in wanted})
        case.build_ledger()


def still_open(case: Case) -> bool:
    """Devices with a boundary that the windows do not settle are moved to those with a whole history."""
    partial = case.device_names - case.whole
    if not partial or not bills_usage(case):
        return False
    period = next(p for p in case.periods if p.overage is not None)
    made = case.bill(period, ())
    open_devices = partial.intersection(windows.unsettled(made))
    if not open_devices:
        case.trial = made
        return False
    case.whole |= open_devices
    for device in open_devices:
        case.reads.pop(device, None)
    return True


def bills_usage(case: Case) -> bool:
    return any(p.overage is not None for p in case.periods)


def takes_history(case: Case) -> bool:
    """Whether the contract as a whole needs every read: carried allowance, blocks, earlier bills to look at again."""
    return case.past.again is not None or any(windows.needs_history(v) for v in case.contract.versions)


def settles(standing: Standing, due: date) -> bool:
    """Whether the bill of that day has no period of its own."""
    return any(
        row.due_date == due and not (row.base_to or row.overage_to)
        for row in standing.rows
        if row.billing_key
    )


def case_of(contract: str, due: date) -> Case:
    """One contract with the bill of one date, whatever stands already.

    Raises:
        frappe.ValidationError: nothing falls due on that day.
    """

    def only(agreed: Contract, standing: Standing, cursor: date | None, until: date) -> list[BillPeriod]:
        if settles(standing, due):
            return [BillPeriod(due)]
        return [p for p in due_periods(agreed, due - windows.DAY, due) if p.due == due]

    cases = load_cases([contract], getdate(due), only)
    if contract not in cases:
        frappe.throw(frappe._("Contract {0} has no bill that falls due on {1}.").format(contract, due))
    return cases[contract]
