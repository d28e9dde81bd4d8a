"""Base lines: a flat amount, covered devices, covered seats, each prorated by its days."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from mps_module.engine import rating
from mps_module.engine.charging.scope import (
    Scope,
    as_decimal,
    part_note,
    prorated,
    tier_rows,
)
from mps_module.engine.contract import (
    Line,
)
from mps_module.engine.money import ONE, ZERO
from mps_module.engine.proration import prorate
from mps_module.engine.result import BillLine, ChargeKind, Proof, TierCharge, UnitCount
from mps_module.engine.rows import row


def flat(scope: Scope, line: Line) -> tuple[list[BillLine], Decimal]:
    """One flat amount a base period, prorated where the contract starts or ends in mid-cycle."""
    share = scope.whole(line)
    tiers = rating.rate(ONE, line.price)
    exact = prorate(rating.amount_of(tiers), share)
    if not exact and not scope.covers.contract:
        return [], ZERO
    covers = scope.covers.within(scope.period)
    proof = Proof(
        version=scope.version.version,
        period=scope.period,
        gross=as_decimal(share),
        net=as_decimal(share),
        tiers=tiers,
        note=part_note(scope, share),
        shares=tuple((c.unit.unit, Decimal(c.covered.days) * c.unit.quantity) for c in covers),
    )
    rate = tiers[0].rate if tiers else ZERO
    return [
        row(
            line,
            ChargeKind.BASE,
            scope.period,
            scope.decimals,
            as_decimal(share),
            rate,
            exact=exact,
            proof=proof,
        )
    ], exact


def counted(scope: Scope, line: Line) -> tuple[list[BillLine], Decimal]:
    """Covered devices or seats, each for the part of the period that it was covered."""
    counts, gross = [], Fraction(0)
    for cover in scope.covers.of_line(line, scope.period):
        share = scope.share(cover.covered, line)
        gross += share * Fraction(cover.unit.quantity)
        counts.append(UnitCount(cover.unit.unit, cover.unit.quantity, cover.covered, as_decimal(share)))
    if not counts:
        return [], ZERO
    allowance = prorated(line.allowance.quantity, scope.whole(line)) if line.allowance else ZERO
    quantity = as_decimal(gross)
    net = max(quantity - allowance, ZERO)
    tiers = rating.rate(net, line.price)
    proof = Proof(
        version=scope.version.version,
        period=scope.period,
        counts=tuple(counts),
        gross=quantity,
        allowance=min(allowance, quantity),
        net=net,
        tiers=tiers,
        shares=tuple((c.unit, c.quantity * c.fraction) for c in counts),
    )
    exact = exact_of(tiers, net, gross - Fraction(allowance))
    return tier_rows(scope, line, ChargeKind.BASE, tiers, proof, exact), exact


def exact_of(tiers: tuple[TierCharge, ...], net: Decimal, wanted: Fraction) -> Decimal:
    """The charge; for one tier from the exact fraction, so that 23/31 of 930 is 690 and not 689.99…"""
    if len(tiers) == 1 and net > 0:
        return prorate(tiers[0].rate, wanted)
    return rating.amount_of(tiers)
