"""The example dealer's folder, loaded as the command does it, for tests that compare its bills with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

from mps_module.cli.store import Loaded, Store
from mps_module.cli.store import load as load_folder
from mps_module.engine.bill import bill
from mps_module.engine.guards import FleetNorms, guard
from mps_module.engine.reads import Verdict
from mps_module.engine.result import Bill, Finding
from mps_module.engine.schedule import due_periods
from mps_module.engine.split import split_bill
from mps_module.readers.issue import Tally

DEALER = Path(__file__).resolve().parents[2] / "examples" / "dealer"
TODAY = datetime(2026, 11, 22, 18, tzinfo=timezone.utc)


@dataclass
class Example:
    """The store, and short ways to what the tests ask of it."""

    store: Store

    def __post_init__(self) -> None:
        self.names = sorted([*self.store.contract_ids(), *self.store.blocked_ids()])
        self.cases: dict[str, Loaded] = {name: self.store.load(name) for name in self.names}

    @property
    def tally(self) -> Tally:
        return self.store.tally()

    def made(self, name: str, due: date) -> tuple[Bill, Bill | None]:
        case = self.cases[name]
        periods = [p for p in due_periods(case.contract, None, due) if p.due <= due]
        bills = [bill(case.contract, case.ledger, case.units, p) for p in periods[-2:]]
        assert bills[-1].period.due == due
        return bills[-1], bills[0] if len(bills) > 1 else None

    def guarded(self, name: str, due: date) -> list[Finding]:
        """What the guards say of the bill, beside the norms of the whole fleet."""
        norms = FleetNorms.of([case.contract for case in self.cases.values()], date(2026, 10, 1))
        made, last = self.made(name, due)
        case = self.cases[name]
        return guard(case.contract, made, case.ledger, case.units, norms, last)

    def split(self, name: str, due: date) -> list[tuple[str, Decimal]]:
        case, (made, _) = self.cases[name], self.made(name, due)
        rules = case.contract.version_on(date(2026, 10, 1)).rules
        return [
            (part.key, part.total) for part in split_bill(made, case.units, rules.split_by, rules.decimals)
        ]

    def quarantined(self) -> list[tuple[str, str]]:
        """(code, place) of every read row that was set aside."""
        return [
            (i.code, i.place) for i in self.store.issues(Verdict.QUARANTINED) if i.file.startswith("reads/")
        ]

    def flagged(self) -> Iterator[tuple[str, str, date]]:
        """(device, meter, local day) of every flagged read."""
        for row in self.store.devices():
            for judgement in self.store.judgements(row.device.device):
                if judgement.verdict is Verdict.FLAGGED:
                    read = judgement.read
                    yield read.device, read.meter, read.taken_at.date()


@contextmanager
def load() -> Iterator[Example]:
    with load_folder(DEALER, now=TODAY) as store:
        yield Example(store)


def bill_all(example: Example, until: date) -> dict[str, list[Bill]]:
    """All bills of all contracts from their start on, as if nothing had been posted."""
    return {
        name: [
            bill(case.contract, case.ledger, case.units, p) for p in due_periods(case.contract, None, until)
        ]
        for name, case in example.cases.items()
    }


def bill_of(bills: list[Bill], due: date) -> Bill:
    return next(b for b in bills if b.period.due == due)
