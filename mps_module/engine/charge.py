"""What each kind of contract line charges for a period, with the proof of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from mps_module.engine import rating
from mps_module.engine.contract import (
    AllowanceScope,
    Contract,
    ContractVersion,
    Line,
    LineKind,
    Proration,
    ServiceCall,
)
from mps_module.engine.escalation import escalate, escalation_factor
from mps_module.engine.ledger import Ledger
from mps_module.engine.money import ONE, ZERO, round_money, total_of
from mps_module.engine.periods import Period
from mps_module.engine.proration import fraction, prorate
from mps_module.engine.result import BillLine, ChargeKind, MeterUsage, Proof, TierCharge, UnitCount
from mps_module.engine.rows import row, settle, total
from mps_module.engine.schedule import overage_periods
from mps_module.engine.usage import Cover, Covers, weighted


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


def charge(scope: Scope, line: Line) -> list[BillLine]:
    """All rows of `line` for scope.period: charges, discount, minimum or maximum."""
    rise = escalation_factor(scope.contract, scope.version, scope.period.start) if line.escalates else ONE
    line = replace(line, price=escalate(line.price, rise)) if rise != ONE else line
    rows, exact = CHARGES[line.kind](scope, line)
    if rows and rows[0].proof is not None and rise != ONE:
        rows[0] = replace(rows[0], proof=replace(rows[0].proof, escalation=rise))
    if line.discount and exact:
        off = -exact * line.discount / 100
        rows.append(
            row(
                line,
                ChargeKind.DISCOUNT,
                scope.period,
                scope.decimals,
                ONE,
                off,
                exact=off,
                description=f"Discount {line.discount.normalize():f} %",
            )
        )
        exact += off
    rows = settle(rows, exact, scope.decimals)
    return rows + limits(scope, line, total(rows))


def limits(scope: Scope, line: Line, amount: Decimal) -> list[BillLine]:
    """The row that lifts `amount` to the line's minimum or cuts it to its maximum (both prorated)."""
    share = scope.share(scope.period, line)
    bounds = [
        None if m is None else round_money(prorate(m, share), scope.decimals)
        for m in (line.minimum, line.maximum)
    ]
    return limit_rows(line, scope.period, scope.decimals, amount, *bounds)


def limit_rows(
    line: Line,
    period: Period,
    decimals: int,
    amount: Decimal,
    minimum: Decimal | None,
    maximum: Decimal | None,
) -> list[BillLine]:
    """Minimum and maximum as a row of the difference: 50 + 3 x 10 under a minimum of 100 gives 20."""
    off = rating.true_up(amount, minimum, maximum)
    if not off:
        return []
    kind, name = (
        (ChargeKind.MINIMUM, f"Minimum charge {minimum}")
        if off > 0
        else (ChargeKind.MAXIMUM, f"Maximum charge {maximum}")
    )
    return [row(line, kind, period, decimals, ONE, off, description=name)]


# base lines -------------------------------------------------------------------------------------------------------


def flat(scope: Scope, line: Line) -> tuple[list[BillLine], Decimal]:
    """One flat amount a base period, prorated where the contract starts or ends in mid-cycle."""
    share = scope.share(scope.period, line)
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
    allowance = prorated(line.allowance.quantity, scope.share(scope.period, line)) if line.allowance else ZERO
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


# usage lines ------------------------------------------------------------------------------------------------------


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
    unit leaves unused is not another's. Usage below zero (a true-up) gets no allowance.
    """
    per_unit = [(cover, weighted(usages)) for cover, usages in used]
    gross = sum((clicks for _, clicks in per_unit), ZERO)
    allowance = line.allowance
    own = any(line.line_id in cover.unit.allowances for cover, _ in per_unit)
    if allowance is None and not own:
        return gross, ZERO, ZERO, gross, tuple((c.unit.unit, clicks) for c, clicks in per_unit)
    if own or allowance.scope is AllowanceScope.PER_UNIT:
        nets = [(c, rating.over(clicks, unit_allowance(scope, line, c))) for c, clicks in per_unit]
        net = sum((n for _, n in nets), ZERO)
        return gross, gross - net, ZERO, net, tuple((c.unit.unit, n) for c, n in nets)
    pool = pool_of(scope, line)
    shares = tuple((c.unit.unit, clicks) for c, clicks in per_unit)
    if allowance.carry_periods:
        step = rating.carry_history([*pool_history(scope, line), (pool, gross)], allowance.carry_periods)[-1]
        return gross, step.consumed, step.from_carried, step.charged, shares
    net = rating.over(gross, pool)
    return gross, gross - net, ZERO, net, shares


def unit_allowance(scope: Scope, line: Line, cover: Cover) -> Decimal:
    """A unit's own allowance, or the line's, for the part of the period that it was covered."""
    standard = line.allowance.quantity if line.allowance else ZERO
    return prorated(cover.unit.allowances.get(line.line_id, standard), scope.share(cover.covered, line))


def pool_of(scope: Scope, line: Line) -> Decimal:
    """The pooled allowance of a period: a fixed one prorated by the period, one per device by each device's days."""
    quantity = line.allowance.quantity
    if not line.allowance.per_device:
        return prorated(quantity, scope.share(scope.period, line))
    covers = scope.covers.of_line(line, scope.period)
    return sum((prorated(quantity, scope.share(c.covered, line)) for c in covers), ZERO)


def pool_history(scope: Scope, line: Line) -> list[tuple[Decimal, Decimal]]:
    """(pooled allowance, clicks) of the line in every earlier period, oldest first.

    Recomputed from the contract's first period, so that carrying over needs no balance that could go wrong.
    """
    history = []
    for then, past in earlier(scope, line):
        if past.allowance is not None:
            history.append((pool_of(then, past), clicks_of(then, past)))
    return history


def earlier(scope: Scope, line: Line) -> Iterator[tuple[Scope, Line]]:
    """The earlier overage periods of the contract, each with the line as it stood then."""
    for period, full in overage_periods(scope.contract, scope.period.start):
        version = scope.contract.version_on(period.start)
        past = next((x for x in version.lines if x.line_id == line.line_id), None)
        if past is not None:
            yield replace(scope, version=version, period=period, full=full), past


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
    before = total_of(clicks_of(then, past) for then, past in earlier(scope, line))
    renewal = rating.block_renewals(before, before + now, line.block)
    if not renewal.blocks:
        return [], ZERO
    quantity = Decimal(renewal.blocks)
    proof = Proof(
        version=scope.version.version,
        period=scope.period,
        usages=usages,
        gross=now,
        net=quantity,
        tiers=(TierCharge(quantity, rate, quantity * rate),),
        note=f"{before + now:f} of {line.block:f} a block used; the renewal opens with {renewal.balance:f}",
        shares=tuple((c.unit.unit, weighted(u)) for c, u in used),
    )
    description = f"{line.description or line.line_id}: renewal, {renewal.balance:f} left"
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


# lines for service calls ------------------------------------------------------------------------------------------


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


def incident_use(scope: Scope, line: Line) -> tuple[Decimal, Decimal]:
    """(included calls, calls made) of a period."""
    included = prorated(line.allowance.quantity, scope.share(scope.period, line)) if line.allowance else ZERO
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
                    description=f"{line.description or line.line_id}, call {call.call} of {call.day}",
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


# shared -----------------------------------------------------------------------------------------------------------


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
    for usage in usages:
        for real in usage.terms or (usage,):
            if real.closing.basis.value == "estimate" or real.opening.basis.value == "estimate":
                return True
    return False


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


CHARGES = {
    LineKind.FLAT: flat,
    LineKind.DEVICE: counted,
    LineKind.SEAT: counted,
    LineKind.CLICK: clicks,
    LineKind.BLOCK: block,
    LineKind.INCIDENT: incidents,
    LineKind.LABOUR: per_call(lambda call: call.labour_hours),
    LineKind.TRAVEL: per_call(lambda call: call.travel),
    LineKind.MATERIAL: material,
}
