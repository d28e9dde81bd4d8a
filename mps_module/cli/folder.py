"""A dealer's folder as the commands see it: contracts, the case of each, the fleet's norms, and what is loose."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn

from mps_module.cli import console, store
from mps_module.cli.billing import Case
from mps_module.cli.posted import Posted
from mps_module.engine.contract import Contract, LineKind
from mps_module.engine.guards import FleetNorms
from mps_module.engine.handover import closing_pins
from mps_module.engine.ledger import Pins
from mps_module.engine.meters import MeterType
from mps_module.engine.months import DAY
from mps_module.engine.reads import Verdict
from mps_module.engine.result import Basis, Finding, Severity
from mps_module.engine.validate import validate_contract
from mps_module.readers.contracts import read_contracts
from mps_module.readers.issue import Issue, Tally
from mps_module.readers.records import Customer
from mps_module.readers.settings import SETTINGS_FILE
from mps_module.readers.sheet import FileLog

NEED_UNITS = frozenset({LineKind.CLICK, LineKind.BLOCK, LineKind.DEVICE, LineKind.SEAT})
PLAN_KEYS = {"contract": "plan", "customer": "plan", "start": "2000-01-01"}  # what a plan need not say


COUNTED = frozenset({"file-empty", "columns-unknown"})  # problems of a whole file whose rows are counted
NO_CONTRACT = (
    "There is no contract",
    "Put a file for each into the folder contracts; mps template makes an example",
)


class Folder:
    """Raises UsageProblem where `path` is no folder. Bad content never raises; it is in `issues`."""

    def __init__(self, path: Path):
        self.path = path
        if not path.is_dir():
            raise console.UsageProblem(f"{path} is no folder. mps template {path} makes one to start from.")
        self.store = _load(path)
        self.settings = self.store.settings
        self._norms: dict[date, FleetNorms] = {}

    # Contracts

    def choose(self, contracts: tuple[str, ...]) -> list[str]:
        """The contracts asked for, all where none is named; also those that must not be billed. Raises UsageProblem."""
        known = sorted({*self.store.contract_ids(), *self.store.blocked_ids()})
        for name in contracts:
            if name not in known:
                near = difflib.get_close_matches(name, known, 3, 0.5)
                hint = f" Did you mean {' or '.join(near)}?" if near else ""
                raise console.UsageProblem(f"There is no contract {name} in {self.path}.{hint}")
        return [c for c in known if c in contracts] if contracts else known

    def holds_contracts(self) -> bool:
        """Whether there is any file of contracts, read or not."""
        return any(file.kind == "contracts" for file in self.store.tally().files)

    def contract(self, contract: str) -> Contract:
        return self.store.contract(contract)

    def case(self, contract: str, posted: Posted) -> Case:
        """All that the contract's bills are made from. Raises PostedError."""
        loaded = self.store.load(contract)
        case = Case(loaded.contract, loaded.ledger, loaded.units, posted.bills(contract))
        handed = self._handed_over(case, posted)
        if handed:
            case.ledger = replace(case.ledger, pins=handed)
        return case

    def _handed_over(self, case: Case, posted: Posted) -> Pins:
        """What other contracts closed at, where a device goes on under this one on the day after."""
        contract = case.contract
        settled = {
            (device, boundary.day)
            for made in case.posted
            for device, _, boundary in made.boundaries
            if boundary.opening and boundary.basis is Basis.ACTUAL
        }
        starts = {(unit.unit, max(unit.start, contract.start)) for unit in case.units} - settled
        others: dict[str, set[str]] = {}
        for other, device in self.store.shared_units(contract.contract):
            if any(device == unit for unit, _ in starts):
                others.setdefault(other, set()).add(device)
        pins: dict = {}
        for other, devices in others.items():
            before = self.store.load(other)
            last = [day for day in (before.contract.end,) if day]
            ends = {(u.unit, min([*last, *([u.end] if u.end else ())], default=None)) for u in before.units}
            wanted = {(d, start - DAY) for d, start in starts if d in devices and (d, start - DAY) in ends}
            if wanted:
                own = Case(before.contract, before.ledger, before.units, posted.bills(other))
                for device, day in sorted(wanted):
                    pins.update(closing_pins(own.contract, own.pinned(), device, day, own.posted))
        return pins

    def contract_findings(self, contract: str) -> list[Finding]:
        """What is wrong with the contract itself; one that the files' check set aside always has a blocking finding."""
        found = [f for f in self._findings(self.contract(contract)) if f.severity is not Severity.INFO]
        if contract in self.store.blocked_ids() and not any(f.severity is Severity.BLOCK for f in found):
            found.append(
                Finding(
                    "contract-set-aside",
                    Severity.BLOCK,
                    "The contract is set aside for what its file says",
                    "mps quarantine names the place and what to do",
                    contract=contract,
                )
            )
        return found

    def _findings(self, contract: Contract) -> list[Finding]:
        meters: dict[str, MeterType] = {}
        for model in self.store.models.values():
            meters |= model.meters
        return validate_contract(contract, meters or None)

    def must_be_sound(self, contract: str) -> None:
        """Raises UsageProblem: the contract must not be billed as it stands."""
        wrong = [f.message for f in self.contract_findings(contract) if f.severity is Severity.BLOCK]
        if wrong:
            raise console.UsageProblem(f"{contract} cannot be billed: {'; '.join(wrong)}")

    def unread_contracts(self) -> list[Issue]:
        """Why contracts (or whole files of them) could not be read: nobody else would miss them."""
        names = {f.file for f in self.store.tally().files if f.kind == "contracts"}
        known = {*self.store.contract_ids(), *self.store.blocked_ids()}
        return [
            issue
            for issue in self.store.issues(Verdict.QUARANTINED)
            if issue.file in names
            and not issue.unit
            and issue.value not in known
            and "covers" not in issue.field
        ]

    def must_have_settings(self) -> None:
        """Raises UsageProblem: mps.yaml says something that cannot be read. The rest of it would give other days, other
        numbers or another currency than the dealer meant."""
        for issue in self.store.issues(Verdict.QUARANTINED):
            if issue.file == SETTINGS_FILE:
                what = " ".join(filter(None, (issue.place, issue.field)))
                raise console.UsageProblem(
                    f"{what}: {issue.message}. {issue.todo} Nothing is billed until it is right."
                )

    def unread_files(self) -> list[Issue]:
        """Files other than contracts that gave no rows to count: what they held is on no list of rows set aside."""
        contracts = {f.file for f in self.store.tally().files if f.kind == "contracts"}
        return [
            issue
            for issue in self.store.issues(Verdict.QUARANTINED)
            if not issue.row and issue.code not in COUNTED and issue.file not in contracts
        ]

    def norms(self, day: date) -> FleetNorms:
        """The fleet's usual rates on a day."""
        if day not in self._norms:
            self._norms[day] = FleetNorms.of(self.store.contracts(), day)
        return self._norms[day]

    # Customers

    def customer(self, customer: str) -> Customer | None:
        return self.store.customer(customer)

    def customer_name(self, customer: str) -> str:
        found = self.store.customer(customer)
        return (found.name if found else "") or customer

    # What became of the rows

    def issues(self) -> Iterator[Issue]:
        yield from self.store.issues()

    def tally(self) -> Tally:
        return self.store.tally()

    def quarantined(self) -> int:
        return self.store.tally().rows.quarantined

    def loose_ends(self, day: date) -> list[Finding]:
        """Devices at a customer that no contract covers, with a month's clicks at the fleet's rates at stake; and that there
        is no contract at all."""
        norms = self.norms(day)
        found = [] if self.holds_contracts() else [Finding("no-contract", Severity.WARN, *NO_CONTRACT)]
        for name in self.store.uncovered_devices():
            row = self.store.device(name)
            if row is None or row.removed is not None or not row.device.customer:
                continue
            rates = {
                meter: norms.rates.get((self.settings.currency, meter)) for meter in row.device.monthly_volume
            }
            stake = sum(
                (v * rates[m][0] for m, v in row.device.monthly_volume.items() if rates[m]), Decimal(0)
            )
            found.append(
                Finding(
                    "device-uncovered",
                    Severity.WARN,
                    f"{name} stands at {self.customer_name(row.device.customer)}, but no contract covers it",
                    "Add it to covers.csv, or give it a removal date in fleet.csv",
                    at_stake=round(stake, 2),
                    unit=name,
                )
            )
        return found

    def without_units(self, case: Case, day: date) -> list[Finding]:
        """A contract that charges by unit and covers none on `day`."""
        contract = case.contract
        if contract.start > day or (contract.end and contract.end < day):
            return []
        if not any(line.kind in NEED_UNITS for line in contract.version_on(day).lines):
            return []
        if any(u.start <= day and (u.end is None or u.end >= day) for u in case.units):
            return []
        return [
            Finding(
                "no-units",
                Severity.WARN,
                f"No unit is covered on {day}, though lines of the contract charge by unit",
                "Add its units to covers.csv, or end the contract",
                at_stake=contract.usual_bill or Decimal(0),
                contract=contract.contract,
            )
        ]

    # Plans

    def read_plan(self, path: Path) -> tuple[Contract | None, list[str]]:
        """(the plan, what is wrong with it). A plan is a contract that may leave out contract, customer and start.

        Raises UsageProblem: no such file.
        """
        if not path.is_file():
            raise console.UsageProblem(f"{path}: no such file.")
        issues: list[Issue] = []
        log = FileLog(path.name, "contracts", issues.append)
        rows = list(read_contracts(path, path.name, self.settings, log, PLAN_KEYS))
        issues += [issue for row in rows for issue in row.issues]
        wrong = [f"{i.place} {i.field}: {i.message}" for i in issues if i.verdict is Verdict.QUARANTINED]
        plans = [row.contract for row in rows if row.contract is not None]
        if wrong or len(plans) != 1:
            return None, wrong or [f"holds {len(plans)} plans; one is wanted"]
        plan = plans[0]
        if not plan.title:
            plan = replace(plan, title=path.stem)
        return plan, [f.message for f in self._findings(plan) if f.severity is Severity.BLOCK]


def _load(path: Path) -> store.Store:
    """Read the folder, with a bar on standard error where that is a terminal."""
    screen = console.err()
    if not screen.is_terminal:
        return store.load(path)
    columns = (TextColumn("Reading {task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("", total=1)

        def moved(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=max(total, 1))

        return store.load(path, moved)
