"""From a quantity to charges: tiers, allowance, carry-over, blocks, minimum and maximum (domain: section 3).

Quantities may be fractional (weights, prorated units) and are never rounded; amounts are exact until `round_money`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from mps_module.engine.contract import Price, Tier, TierMode
from mps_module.engine.money import ZERO
from mps_module.engine.result import TierCharge


def rate(quantity: Decimal, price: Price) -> tuple[TierCharge, ...]:
    """Charges for `quantity`, one row per tier that has any; no row for zero.

    Graduated: each tier prices its own slice, `up_to` included. Volume: the tier reached prices all. Beyond a last tier
    that is not open its rate goes on (`validate_contract` flags that). A negative quantity, a credit, goes at the rate
    of the first tier in both modes: the line through zero is continued.

    Raises:
        ValueError: a price without tiers.
    """
    tiers = price.tiers
    if not tiers:
        raise ValueError("a price needs at least one tier")
    if not quantity:
        return ()
    if quantity < 0 or len(tiers) == 1:
        return (_charge(quantity, tiers[0].rate),)
    if price.mode is TierMode.VOLUME:
        return (_charge(quantity, _reached(tiers, quantity).rate),)
    rows: list[TierCharge] = []
    floor = ZERO
    final = tiers[-1]
    for tier in tiers:
        if tier.up_to is None or tier is final or quantity <= tier.up_to:
            rows.append(_charge(quantity - floor, tier.rate))
            break
        if tier.up_to > floor:
            rows.append(_charge(tier.up_to - floor, tier.rate))
            floor = tier.up_to
    return tuple(rows)


def _charge(quantity: Decimal, per_unit: Decimal) -> TierCharge:
    return TierCharge(quantity, per_unit, quantity * per_unit)


def _reached(tiers: Sequence[Tier], quantity: Decimal) -> Tier:
    for tier in tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            return tier
    return tiers[-1]


def amount_of(rows: Sequence[TierCharge]) -> Decimal:
    """The exact sum of the rows, before rounding."""
    return sum((row.amount for row in rows), ZERO)


def over(used: Decimal, free: Decimal) -> Decimal:
    """What is charged of `used` when `free` are paid for already. Negative usage (a true-up) is passed on as a credit
    and neither adds to nor takes from the allowance."""
    if used < 0:
        return used
    return used - free if used > free else ZERO


def consume_free(free: Decimal, parts: Sequence[Decimal]) -> list[Decimal]:
    """What is charged of each part when `free` units are used up from the first on: 500 over 300, 250, 100 -> 0, 50, 100.

    A negative part (a true-up) first makes up for the positive ones; it is a credit only where it is larger than all of
    them. So the charged parts always add up to ``over(sum(parts), free)``.
    """
    back = -sum((part for part in parts if part < 0), ZERO)
    ahead = sum((part for part in parts if part > 0), ZERO)
    settle = min(back, ahead)  # negative against positive parts
    pool = max(free, ZERO) + settle
    charged: list[Decimal] = []
    for part in parts:
        if part < 0:
            taken = min(-part, settle)
            settle -= taken
            charged.append(part + taken)
        else:
            taken = min(part, pool)
            pool -= taken
            charged.append(part - taken)
    return charged


@dataclass(frozen=True, slots=True)
class CarryStep:
    """One overage period with carried allowance. carried + allowance = consumed + expired + sum(pool).

    Attributes:
        charged: usage beyond allowance and carried; negative usage as it is.
        consumed: usage that allowance (its own and carried) paid for; `from_carried` of it was carried.
        expired: unused clicks that end with this period.
        pool: unused clicks carried on, oldest first, at most `carry_periods` entries.
    """

    allowance: Decimal
    carried: Decimal
    charged: Decimal
    consumed: Decimal
    from_carried: Decimal
    expired: Decimal
    pool: tuple[Decimal, ...]


def carry_step(pool: Sequence[Decimal], allowance: Decimal, used: Decimal, carry_periods: int) -> CarryStep:
    """One period: the oldest carried clicks are used up first, the period's own allowance last; then what has been
    carried for `carry_periods` periods expires.

    Args:
        pool: what the period before carried on (its `CarryStep.pool`); empty in the first.
    """
    carried = sum(pool, ZERO)
    need = used if used > 0 else ZERO
    left: list[Decimal] = []
    for clicks in (*pool, allowance):
        taken = min(clicks, need)
        need -= taken
        left.append(clicks - taken)
    consumed = carried + allowance - sum(left, ZERO)
    kept = left[-carry_periods:] if carry_periods > 0 else []
    # A pool shorter than carry_periods (young contract) keeps all of it, the period's own rest included.
    expired = sum(left, ZERO) - sum(kept, ZERO)
    return CarryStep(
        allowance=allowance,
        carried=carried,
        charged=used if used < 0 else need,
        consumed=consumed,
        from_carried=min(consumed, carried),
        expired=expired,
        pool=tuple(kept),
    )


def carry_history(history: Sequence[tuple[Decimal, Decimal]], carry_periods: int) -> list[CarryStep]:
    """`carry_step` through (allowance, used) of all periods from the contract's start, oldest first."""
    steps: list[CarryStep] = []
    pool: tuple[Decimal, ...] = ()
    for allowance, used in history:
        step = carry_step(pool, allowance, used, carry_periods)
        steps.append(step)
        pool = step.pool
    return steps


def carry_over(history: Sequence[tuple[Decimal, Decimal]], carry_periods: int) -> Decimal:
    """Unused clicks that the next period may use, after (allowance, used) of all periods before it, oldest first."""
    steps = carry_history(history, carry_periods)
    return sum(steps[-1].pool, ZERO) if steps else ZERO


@dataclass(frozen=True, slots=True)
class BlockRenewal:
    """What a period does to a block of copies.

    Attributes:
        blocks: bought in the period, the first one not counted (negative: a true-up gave blocks back).
        balance: copies left at its end.
    """

    blocks: int
    balance: Decimal


def blocks_needed(used: Decimal, block: Decimal) -> int:
    """Blocks bought once `used` copies are made in all: the first at the start, the next with the first copy beyond.

    Raises:
        ValueError: a block of no copies.
    """
    if block <= 0:
        raise ValueError("a block must hold copies")
    return max(1, int((used / block).to_integral_value(ROUND_CEILING)))


def block_renewals(before: Decimal, after: Decimal, block: Decimal) -> BlockRenewal:
    """The blocks that fall due while the copies made since the contract's start grow from `before` to `after`.

    20,000 bought and 23,000 made: one more is bought, and it opens with 17,000. Only the two cumulative values count, so
    periods add up however they are cut, and a true-up that takes back the renewing copy takes back the renewal.
    """
    has = blocks_needed(after, block)
    return BlockRenewal(has - blocks_needed(before, block), has * block - after)


def true_up(amount: Decimal, minimum: Decimal | None, maximum: Decimal | None) -> Decimal:
    """What a minimum adds to the charges (> 0) or a maximum takes off (< 0), as a line of its own; else 0.

    100 with 50 + 3 x 10 -> 20. A credit stays a credit: a minimum is held against charges of at least zero, so a bill of
    -20 with a minimum of 100 comes to 80.
    """
    if maximum is not None and amount > maximum:
        return maximum - amount
    if minimum is not None and amount < minimum:
        return max(minimum, ZERO) - max(amount, ZERO)
    return ZERO
