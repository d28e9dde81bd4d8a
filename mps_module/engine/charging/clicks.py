"""Usage lines: clicks less allowance through the tiers, and blocks of copies."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from mps_module.engine import rating
from mps_module.engine.charging.scope import (
    Scope,
    earlier,
    is_estimated,
    prorated,
    tier_rows,
)
from mps_module.engine.contract import (
    AllowanceScope,
    Line,
)
from mps_module.engine.money import ONE, ZERO, total_of
from mps_module.engine.proration import NOTHING, WHOLE
from mps_module.engine.result import BillLine, ChargeKind, MeterUsage, Proof, TierCharge
from mps_module.engine.rows import name_of, row
from mps_module.engine.usage import Cover, weighted


def clicks(scope: Scope, line: Line) -> tuple[list[BillLine], Decimal]:
    """Weighted clicks less allowance, through the tiers; a negative net is credited at the first rate."""
    used = scope.covers.usages(line, scope.period, scope.version.rules)
    if not used:
        return [], ZERO
    usages = tuple(u for _, per_unit in used for u in per_unit)
    if not usages:
        return [], ZERO
    gross, allowed, carried, net, shares = net_clicks(scope, line, used)
    tiers = rating.rate(net, line.price)
    proof = Proof(
        version=scope.version.version,
        period=scope.period,
        usages=usages,
        gross=gross,
        allowance=allowed,
        carried=carried,
        net=net,
        tiers=tiers,
        shares=shares,
    )
    kind = ChargeKind.CREDIT if net < 0 else ChargeKind.OVERAGE
    exact = rating.amount_of(tiers)
    return tier_rows(scope, line, kind, tiers, proof, exact, estimated=is_estimated(usages)), exact


Used = list[tuple[Cover, list[MeterUsage]]]
Shares = tuple[tuple[str, Decimal], ...]


def net_clicks(scope: Scope, line: Line, used: Used) -> tuple[Decimal, Decimal, Decimal, Decimal, Shares]:
    """(gross, allowance, of it carried over, net, shares of the units) of a click line.

    Pooled: the pool is taken off the sum, and each unit's share of the charge follows its clicks. Per unit: what one
    unit leaves unused is not another's; a unit with an allowance of its own stays out of the pool. Usage below zero (a
    true-up) gets no allowance.
    """
    per_unit = [(cover, weighted(usages)) for cover, usages in used]
    gross = total_of(clicks for _, clicks in per_unit)
    shares = tuple((c.unit.unit, clicks) for c, clicks in per_unit)
    if line.allowance is None and not any(has_own(line, c) for c, _ in per_unit):
        return gross, ZERO, ZERO, gross, shares
    pooled = line.allowance is not None and line.allowance.scope is AllowanceScope.POOLED
    alone: dict[str, list[tuple[Cover, Decimal]]] = {}
    together = []
    for cover, clicks in per_unit:
        if pooled and not has_own(line, cover):
            together.append((cover.unit.unit, clicks))
        else:  # a unit that moved within the period is one unit all the same
            alone.setdefault(cover.unit.unit, []).append((cover, clicks))
    nets = tuple((unit, net_of_unit(scope, line, parts)) for unit, parts in alone.items())
    over = total_of(net for _, net in nets)
    if not pooled:
        return gross, gross - over, ZERO, over, nets
    shared = total_of(clicks for _, clicks in together)
    pool, carry = pool_of(scope, line), line.allowance.carry_periods
    history = pool_history(scope, line) if carry else []
    step = rating.carry_history([*history, (pool, shared)], carry)[-1]
    net = step.charged + over
    return gross, gross - net, step.from_carried, net, shares if not nets else (*together, *nets)


def has_own(line: Line, cover: Cover) -> bool:
    return line.line_id in cover.unit.allowances


def net_of_unit(scope: Scope, line: Line, parts: list[tuple[Cover, Decimal]]) -> Decimal:
    """A unit's clicks beyond its own allowance, or the line's, for the days that it was covered."""
    standard = line.allowance.quantity if line.allowance else ZERO
    free = ZERO
    by_quantity: dict[Decimal, Fraction] = {}
    for cover, _ in parts:
        quantity = cover.unit.allowances.get(line.line_id, standard)
        by_quantity[quantity] = by_quantity.get(quantity, NOTHING) + scope.share(cover.covered, line)
    for quantity, share in by_quantity.items():
        free += prorated(quantity, min(share, WHOLE))
    return rating.over(total_of(clicks for _, clicks in parts), free)


def pool_of(scope: Scope, line: Line) -> Decimal:
    """The pooled allowance of a period: a fixed one prorated by the period, one per device by each device's days."""
    quantity = line.allowance.quantity
    if not line.allowance.per_device:
        return prorated(quantity, scope.whole(line))
    days: dict[str, Fraction] = {}
    for cover in scope.covers.of_line(line, scope.period):
        if not has_own(line, cover):
            unit = cover.unit.unit
            days[unit] = days.get(unit, NOTHING) + scope.share(cover.covered, line)
    return total_of(prorated(quantity, min(share, WHOLE)) for share in days.values())


def pool_history(scope: Scope, line: Line) -> list[tuple[Decimal, Decimal]]:
    """(pooled allowance, clicks) of the line in every earlier period, oldest first.

    Recomputed from the contract's first period, so that carrying over needs no balance that could go wrong. A period
    without the line or its allowance counts as (0, 0): what was carried into it grows older all the same.
    """
    return [
        (pool_of(then, past), pooled_clicks(then, past)) if past and past.allowance else (ZERO, ZERO)
        for then, past in earlier(scope, line)
    ]


def pooled_clicks(scope: Scope, line: Line) -> Decimal:
    """The clicks of a period that its pool stands for: of units without an allowance of their own."""
    used = scope.covers.usages(line, scope.period, scope.version.rules)
    return total_of(weighted(usages) for cover, usages in used if not has_own(line, cover))


def clicks_of(scope: Scope, line: Line) -> Decimal:
    """The line's weighted clicks of a period."""
    used = scope.covers.usages(line, scope.period, scope.version.rules)
    return total_of(weighted(usages) for _, usages in used)


def block(scope: Scope, line: Line) -> tuple[list[BillLine], Decimal]:
    """A block of copies, bought with the first bill and again whenever it is used up.

    Of 20,000 bought and 23,000 made, 3,000 come off the renewal: it opens with 17,000.
    """
    rate = line.price.tiers[0].rate
    if scope.opens:
        proof = Proof(
            version=scope.version.version,
            period=scope.period,
            gross=line.block,
            net=ONE,
            tiers=(TierCharge(ONE, rate, rate),),
            note="first block",
        )
        return [row(line, ChargeKind.BLOCK, scope.period, scope.decimals, ONE, rate, proof=proof)], rate
    used = scope.covers.usages(line, scope.period, scope.version.rules)
    usages = tuple(u for _, per_unit in used for u in per_unit)
    now = total_of(weighted(u) for _, u in used)
    past_clicks = [clicks_of(then, past) for then, past in earlier(scope, line) if past]
    before = total_of(past_clicks)
    renewal = rating.block_renewals(before, before + now, line.block)
    # A line that an amendment brought buys its first block here, as no first bill did.
    joined = not past_clicks and scope.period.start > scope.contract.start
    quantity = Decimal(renewal.blocks + joined)
    if not quantity and not usages:
        return [], ZERO
    proof = Proof(
        version=scope.version.version,
        period=scope.period,
        usages=usages,
        gross=now,
        net=quantity,
        tiers=(TierCharge(quantity, rate, quantity * rate),),
        note=f"{before + now:,f} used of blocks of {line.block:,f}; {renewal.balance:,f} left",
        shares=tuple((c.unit.unit, weighted(u)) for c, u in used),
    )
    # Without a renewal the row comes to nothing: it says what is left, and carries the reads that the next one rests on.
    what = "renewal, " if quantity else ""
    description = f"{name_of(line)}: {what}{renewal.balance:,f} left"
    return [
        row(
            line,
            ChargeKind.BLOCK,
            scope.period,
            scope.decimals,
            quantity,
            rate,
            description=description,
            estimated=is_estimated(usages),
            proof=proof,
        )
    ], quantity * rate
