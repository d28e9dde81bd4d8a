"""Retain the example's bills: ``python3 -m examples.retain`` writes examples/expected, one file a month.

They are what the engine makes of examples/dealer, kept so that a change of the engine shows as a change of a bill. That
they are right is shown elsewhere: tests/cli/test_example_dealer.py computes the same amounts by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path

if not __package__:  # started as a file: python3 examples/retain.py
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from examples.plan import HERE
from examples.writers import write_csv
from mps_module.cli.store import Loaded, Store, load
from mps_module.engine.bill import bill
from mps_module.engine.guards import FleetNorms, guard
from mps_module.engine.periods import BillPeriod
from mps_module.engine.result import Bill, Severity
from mps_module.engine.schedule import due_periods
from mps_module.engine.validate import validate_contract

TODAY = datetime(2026, 11, 22, 18, tzinfo=timezone.utc)
MONTHS = [(2025 + n // 12, n % 12 + 1) for n in range(10, 22)]  # November 2025 to October 2026
HEADER = (
    "contract", "due", "currency", "held", "line", "kind", "period_start", "period_end",
    "quantity", "rate", "amount", "estimated", "total",
)  # fmt: skip


def made_in(case: Loaded, until: date) -> Iterator[tuple[BillPeriod, Bill, Bill | None]]:
    """The contract's bills due until `until`, each with the last one like it (base and usage where it has them)."""
    last: dict[tuple[bool, bool], Bill] = {}
    for period in due_periods(case.contract, None, until):
        made = bill(case.contract, case.ledger, case.units, period)
        kind = (period.base is None, period.overage is None)
        yield period, made, last.get(kind)
        last[kind] = made


def held_by(store: Store, case: Loaded, made: Bill, last: Bill | None, norms: FleetNorms) -> str:
    """Codes of everything that keeps the bill from being posted."""
    meters = {key: meter for model in store.models.values() for key, meter in model.meters.items()}
    findings = [
        *validate_contract(case.contract, meters),
        *made.findings,
        *guard(case.contract, made, case.ledger, case.units, norms, last),
    ]
    return " ".join(sorted({f.code for f in findings if f.severity is Severity.BLOCK}))


def plain(number) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bill_rows(made: Bill, held: str) -> Iterator[tuple[str, ...]]:
    for line in made.lines:
        yield (
            made.contract, made.period.due.isoformat(), made.currency, held, line.line_id, line.kind.value,
            line.period.start.isoformat(), line.period.end.isoformat(), plain(line.quantity),
            plain(line.rate), f"{line.amount:f}", "yes" if line.estimated else "no", f"{made.total:f}",
        )  # fmt: skip


def retained(store: Store) -> dict[str, list[tuple[str, ...]]]:
    """Month -> every row of every bill whose period closes in it, as `mps bill --period` makes them."""
    names = sorted([*store.contract_ids(), *store.blocked_ids()])
    cases = {name: store.load(name) for name in names}
    contracts = [case.contract for case in cases.values()]
    norms = {month: FleetNorms.of(contracts, date(year, number, 28)) for month, year, number in _months()}
    rows: dict[str, list[tuple[str, ...]]] = {month: [] for month in norms}
    for case in cases.values():
        for period, made, last in made_in(case, TODAY.date()):
            month = f"{period.closes:%Y-%m}"
            if month in rows:
                rows[month] += bill_rows(made, held_by(store, case, made, last, norms[month]))
    return rows


def _months() -> Iterator[tuple[str, int, int]]:
    for year, number in MONTHS:
        yield f"{year}-{number:02d}", year, number


def main() -> None:
    with load(HERE / "dealer", now=TODAY) as store:
        for month, rows in retained(store).items():
            write_csv(HERE / "expected" / f"{month}.csv", HEADER, rows)
    print(f"{len(MONTHS)} months retained")


if __name__ == "__main__":
    main()
