"""What a line is charged from, and what the charges of all kinds of lines share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from mps_module.engine.contract import (
    Contract,
    ContractVersion,
    Line,
    Proration,
)
from mps_module.engine.ledger import Ledger
from mps_module.engine.money import ZERO, round_money
from mps_module.engine.periods import Period
from mps_module.engine.proration import NOTHING, fraction, prorate
from mps_module.engine.result import Basis, BillLine, ChargeKind, MeterUsage, Proof, TierCharge
from mps_module.engine.rows import row
from mps_module.engine.schedule import overage_periods
from mps_module.engine.usage import Covers, real_usages


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that a line is charged from; `full` is the cycle that `period` is (a part of)."""

    contract: Contract
    version: ContractVersion
    ledger: Ledger
    covers: Covers
    period: Period
    full: Period
    opens: bool = False  # the contract's first period: a block of copies is bought

    @property
    def decimals(self) -> int:
        return self.version.rules.decimals

    def share(self, part: Period, line: Line) -> Fraction:
        """`part` as a fraction of the full cycle, in the line's way of prorating."""
        return fraction(part, self.full, line.proration or self.version.rules.proration)

    def whole(self, line: Line) -> Fraction:
        """The contract's days in the period as a fraction of the full cycle: a contract that was ended early, in a
        period billed in advance, owes the days until its end."""
        part = self.period.overlap(self.contract.start, self.contract.end)
        return NOTHING if part is None else self.share(part, line)


def earlier(scope: Scope, line: Line) -> Iterator[tuple[Scope, Line | None]]:
    """The earlier overage periods of the contract, each with the line as it stood then (None: not in that version)."""
    for period, full in overage_periods(scope.contract, scope.period.start):
        version = scope.contract.version_on(period.start)
        past = next((x for x in version.lines if x.line_id == line.line_id), None)
        yield replace(scope, version=version, period=period, full=full), past


def tier_rows(
    scope: Scope,
    line: Line,
    kind: ChargeKind,
    tiers: Iterable[TierCharge],
    proof: Proof,
    exact: Decimal,
    estimated: bool = False,
) -> list[BillLine]:
    """A row a tier; the first carries the proof. Nothing over the allowance is a row of 0, so that it shows."""
    tiers = tuple(tiers)
    if not tiers:
        rate = line.price.tiers[0].rate if line.price.tiers else ZERO
        return [row(line, kind, scope.period, scope.decimals, ZERO, rate, estimated=estimated, proof=proof)]
    rows = []
    for number, tier in enumerate(tiers):
        amount = exact if len(tiers) == 1 else tier.amount
        rows.append(
            row(
                line,
                kind,
                scope.period,
                scope.decimals,
                tier.quantity,
                tier.rate,
                exact=amount,
                estimated=estimated,
                proof=proof if number == 0 else None,
            )
        )
    return rows


def is_estimated(usages: Iterable[MeterUsage]) -> bool:
    """True when a closing or opening value is an estimate."""
    return any(
        real.closing.basis is Basis.ESTIMATE or real.opening.basis is Basis.ESTIMATE
        for real in real_usages(usages)
    )


def prorated(quantity: Decimal, share: Fraction) -> Decimal:
    """An allowance for part of a cycle, in whole clicks (half up); a whole cycle gives it unchanged."""
    return quantity if share == 1 else round_money(prorate(quantity, share), 0)


def as_decimal(share: Fraction) -> Decimal:
    """A share for display and proof (28 digits); amounts are charged from the fraction itself."""
    return Decimal(share.numerator) / share.denominator


def part_note(scope: Scope, share: Fraction) -> str:
    if share == 1:
        return ""
    how = scope.version.rules.proration
    if how is Proration.DAYS:
        return f"{scope.period.days} of {scope.full.days} days"
    return f"{share.numerator}/{share.denominator} of the cycle"
