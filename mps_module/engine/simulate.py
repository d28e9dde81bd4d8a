"""The same months under another plan: what a customer would have paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mps_module.engine.bill import bill
from mps_module.engine.contract import Contract, CoveredUnit
from mps_module.engine.ledger import Ledger
from mps_module.engine.money import total_of
from mps_module.engine.result import Bill
from mps_module.engine.schedule import due_periods


@dataclass(frozen=True, slots=True)
class Replay:
    """The bills of two plans over the same days, and their totals."""

    present: tuple[Bill, ...]
    plan: tuple[Bill, ...]

    @property
    def present_total(self) -> Decimal:
        return total_of(b.total for b in self.present)

    @property
    def plan_total(self) -> Decimal:
        return total_of(b.total for b in self.plan)

    @property
    def difference(self) -> Decimal:
        """Plan less present: what the customer would have paid more (< 0: less)."""
        return self.plan_total - self.present_total

    def by_due(self) -> list[tuple[date, Decimal, Decimal]]:
        """(due date, present, plan) for every date on which either plan bills."""
        now = {b.period.due: b.total for b in self.present}
        then = {b.period.due: b.total for b in self.plan}
        none = Decimal(0)
        return [(due, now.get(due, none), then.get(due, none)) for due in sorted(now.keys() | then.keys())]


def simulate(
    contract: Contract,
    plan: Contract,
    ledger: Ledger,
    units: Iterable[CoveredUnit],
    after: date,
    until: date,
    plan_units: Iterable[CoveredUnit] | None = None,
) -> Replay:
    """Bill everything that fell due after `after` and not later than `until` under both contracts.

    Args:
        plan: the other plan; its start should not lie after `after`, or its first months are missing.
        plan_units: other covered units for the plan (groups, allowances); None: the same.
    """
    units = tuple(units)
    others = units if plan_units is None else tuple(plan_units)
    return Replay(
        present=tuple(bill(contract, ledger, units, p) for p in due_periods(contract, after, until)),
        plan=tuple(bill(plan, ledger, others, p) for p in due_periods(plan, after, until)),
    )
