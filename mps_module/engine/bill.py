"""One pure function from (contract, ledger, covered units, period) to a bill (domain: section 3).

Running it again gives the same bill; a late or corrected read shows up as the exact difference, in the adjustments of
the next bill.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from mps_module.engine import rows as bill_rows
from mps_module.engine.adjust import adjustments
from mps_module.engine.charging import Scope, charge, limit_rows
from mps_module.engine.contract import (
    BASE_KINDS,
    Contract,
    ContractVersion,
    CoveredUnit,
    Line,
    LineKind,
    Price,
)
from mps_module.engine.ledger import Ledger
from mps_module.engine.money import round_money
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.proration import fraction, prorate
from mps_module.engine.reading_rules import billed_again, lost_reads, reading_findings
from mps_module.engine.result import Basis, Bill, BillLine, Boundary
from mps_module.engine.schedule import Stream, periods
from mps_module.engine.usage import Covers, real_usages

WHOLE_BILL = ""  # line_id of rows that belong to the contract and not to one of its lines


def bill(
    contract: Contract,
    ledger: Ledger,
    units: Iterable[CoveredUnit],
    period: BillPeriod,
    posted: Sequence[Bill] = (),
) -> Bill:
    """The bill of `contract` that falls due on ``period.due``.

    Args:
        ledger: the accepted reads and calls of the covered units. To recompute beside posted bills it must carry
            their pins (`adjust.pins_of`).
        units: the covered units with their days.
        period: what falls due (`schedule.due_periods`).
        posted: earlier bills of this contract; what they would be today, less what they charged, becomes
            adjustment rows.

    Returns: the bill, its findings (missing reads, too many estimates) and the boundaries that posting it pins.
    """
    covers = Covers(contract, ledger, units)
    base = list(base_rows(contract, ledger, covers, period))
    usage = list(usage_rows(contract, ledger, covers, period))
    lines = [*base, *usage, *contract_limits(contract, ledger, covers, period, base, usage)]
    findings = reading_findings(contract, ledger, period, lines)
    if posted:
        earlier = [b for b in posted if b.period.due < period.due]
        today = [bill(contract, ledger, covers.units, b.period) for b in earlier]
        lines += adjustments(earlier, today)
        findings = [*findings, *lost_reads(earlier, today), *billed_again(period, earlier)]
    return Bill(
        contract=contract.contract,
        customer=contract.customer,
        currency=contract.currency,
        period=period,
        lines=tuple(lines),
        total=bill_rows.total(lines),
        findings=tuple(findings),
        boundaries=tuple(pinned(lines)),
    )


def base_rows(contract: Contract, ledger: Ledger, covers: Covers, period: BillPeriod) -> Iterable[BillLine]:
    """Flat, device and seat lines of the base period, and the first block of copies."""
    if period.base is None:
        return
    version = contract.version_on(period.base.start)
    scope = Scope(
        contract,
        version,
        ledger,
        covers,
        period.base,
        period.base_full or period.base,
        opens=period.base.start == contract.start,
    )
    for line in version.lines:
        if line.kind in BASE_KINDS or (line.kind is LineKind.BLOCK and scope.opens):
            yield from charge(scope, line)


def usage_rows(contract: Contract, ledger: Ledger, covers: Covers, period: BillPeriod) -> Iterable[BillLine]:
    """Clicks, renewals of blocks and service calls of the overage period, always in arrears."""
    if period.overage is None:
        return
    version = contract.version_on(period.overage.start)
    scope = Scope(contract, version, ledger, covers, period.overage, period.overage_full or period.overage)
    for line in version.lines:
        if line.kind not in BASE_KINDS:
            yield from charge(scope, line)


def contract_limits(
    contract: Contract,
    ledger: Ledger,
    covers: Covers,
    period: BillPeriod,
    base: list[BillLine],
    usage: list[BillLine],
) -> list[BillLine]:
    """Minimum and maximum of a whole overage period: its usage and the base of the same days, billed before or not.

    So a base in advance neither lifts the first bill, which has no usage yet, nor the last one, which has no base. A
    contract without usage lines is held to its limits base period by base period.
    """
    counted, full = governing(period)
    if counted is None:
        return []
    version = contract.version_on(counted.start)
    rules = version.rules
    if rules.minimum is None and rules.maximum is None:
        return []
    if period.overage is not None:
        amount = bill_rows.total(usage) + base_within(contract, ledger, covers, counted)
    elif all(line.kind in BASE_KINDS for line in version.lines):
        amount = bill_rows.total(base)
    else:
        return []
    part = fraction(counted.overlap(contract.start, contract.end), full, rules.proration)
    bounds = [
        None if m is None else round_money(prorate(m, part), rules.decimals)
        for m in (rules.minimum, rules.maximum)
    ]
    line = Line(WHOLE_BILL, LineKind.FLAT, Price(()), description="whole contract", item=item_of(version))
    return limit_rows(line, counted, rules.decimals, amount, *bounds)


def base_within(contract: Contract, ledger: Ledger, covers: Covers, days: Period) -> Decimal:
    """Base charges of the periods that overlap `days`, each by the share of its days (rounded to the cent)."""
    amount = Decimal(0)
    for one in periods(contract, Stream.BASE, None, days.end + timedelta(days=367)):
        common = one.period.overlap(days.start, days.end)
        if common is not None:
            base = bill_rows.total(
                base_rows(contract, ledger, covers, BillPeriod(one.due, one.period, None, one.full))
            )
            amount += base * common.days / one.period.days
    return round_money(amount, contract.version_on(days.start).rules.decimals)


def governing(period: BillPeriod) -> tuple[Period | None, Period | None]:
    """The period (and its full cycle) whose rules hold for the whole bill: the overage's, else the base's."""
    if period.overage is not None:
        return period.overage, period.overage_full or period.overage
    return period.base, period.base_full or period.base


def item_of(version: ContractVersion) -> str:
    return next((line.item for line in version.lines if line.item), "")


def pinned(lines: Iterable[BillLine]) -> Iterable[tuple[str, str, Boundary]]:
    """Every boundary that the bill rests on, once."""
    seen = set()
    for line in lines:
        for usage in real_usages(line.proof.usages if line.proof else ()):
            for boundary in (usage.opening, usage.closing):
                key = (usage.unit, usage.meter, boundary.day, boundary.opening)
                if key not in seen and boundary.basis is not Basis.MISSING:
                    seen.add(key)
                    yield usage.unit, usage.meter, boundary


def with_findings(made: Bill, findings: Iterable) -> Bill:
    """`made` with further findings (guards that need more than one contract to see), worst money first."""
    every = sorted({*made.findings, *findings}, key=lambda f: (-f.at_stake, f.code, f.unit))
    return replace(made, findings=tuple(every))
