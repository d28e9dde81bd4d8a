"""Lines for service calls: incidents, hours, trips and parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from mps_module.engine import rating
from mps_module.engine.charging.scope import (
    Scope,
    earlier,
    prorated,
    tier_rows,
)
from mps_module.engine.contract import (
    Line,
    ServiceCall,
)
from mps_module.engine.money import ONE, ZERO
from mps_module.engine.result import BillLine, ChargeKind, Proof, TierCharge
from mps_module.engine.rows import name_of, row


def calls_of(scope: Scope, line: Line) -> list[ServiceCall]:
    """The contract's calls of the period on units that the line covers (all, where it names no group)."""
    calls = [c for c in scope.ledger.calls if scope.period.start <= c.day <= scope.period.end]
    if line.groups:
        fitting = {u.unit for u in scope.covers.units if u.group in line.groups}
        calls = [c for c in calls if c.unit in fitting]
    return sorted(calls, key=lambda c: (c.day, c.call))


def incidents(scope: Scope, line: Line) -> tuple[list[BillLine], Decimal]:
    """Calls under a per-incident contract, at the contract's price a call, after the included ones."""
    calls = [c for c in calls_of(scope, line) if c.incident]
    gross = Decimal(len(calls))
    if not calls:
        return [], ZERO
    carry = line.allowance.carry_periods if line.allowance else 0
    history = [incident_use(then, past) for then, past in earlier(scope, line)] if carry else []
    step = rating.carry_history([*history, incident_use(scope, line)], carry)[-1]
    net = step.charged
    tiers = rating.rate(net, line.price)
    proof = Proof(
        version=scope.version.version,
        period=scope.period,
        events=tuple(c.call for c in calls),
        gross=gross,
        allowance=gross - net,
        carried=step.from_carried,
        net=net,
        tiers=tiers,
        shares=tuple((c.unit, ONE) for c in calls),
    )
    exact = rating.amount_of(tiers)
    return tier_rows(scope, line, ChargeKind.INCIDENT, tiers, proof, exact), exact


def incident_use(scope: Scope, line: Line | None) -> tuple[Decimal, Decimal]:
    """(included calls, calls made) of a period; (0, 0) where the version had no such line."""
    if line is None:
        return ZERO, ZERO
    included = prorated(line.allowance.quantity, scope.whole(line)) if line.allowance else ZERO
    return included, Decimal(sum(1 for c in calls_of(scope, line) if c.incident))


def per_call(quantity_of: Callable[[ServiceCall], Decimal]):
    """A charge of one row a call: hours or trips x the line's rate."""

    def charge_calls(scope: Scope, line: Line) -> tuple[list[BillLine], Decimal]:
        rows, exact = [], ZERO
        for call in calls_of(scope, line):
            quantity = quantity_of(call)
            if not quantity:
                continue
            tiers = rating.rate(quantity, line.price)
            amount = rating.amount_of(tiers)
            proof = Proof(
                version=scope.version.version,
                period=scope.period,
                events=(call.call,),
                gross=quantity,
                net=quantity,
                tiers=tiers,
                shares=((call.unit, ONE),),
            )
            rows.append(
                row(
                    line,
                    ChargeKind.SERVICE,
                    scope.period,
                    scope.decimals,
                    quantity,
                    tiers[0].rate,
                    exact=amount,
                    proof=proof,
                    description=f"{name_of(line)}, call {call.call} of {call.day}",
                )
            )
            exact += amount
        return rows, exact

    return charge_calls


def material(scope: Scope, line: Line) -> tuple[list[BillLine], Decimal]:
    """Parts used on calls, at their own price."""
    rows, exact = [], ZERO
    for call in calls_of(scope, line):
        for part in call.parts:
            amount = part.quantity * part.rate
            proof = Proof(
                version=scope.version.version,
                period=scope.period,
                events=(call.call,),
                gross=part.quantity,
                net=part.quantity,
                tiers=(TierCharge(part.quantity, part.rate, amount),),
                shares=((call.unit, ONE),),
            )
            made = row(
                line,
                ChargeKind.SERVICE,
                scope.period,
                scope.decimals,
                part.quantity,
                part.rate,
                proof=proof,
                description=f"{part.description or part.item}, call {call.call} of {call.day}",
            )
            rows.append(replace(made, item=part.item))
            exact += amount
    return rows, exact
