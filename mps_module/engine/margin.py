"""What a contract leaves, what restores its target, and which devices eat it.

All money is Decimal in one currency; percentages are of revenue, 0..100.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal

from mps_module.engine.contract import BASE_KINDS, Contract, ContractVersion, Line, LineKind, Price, Tier
from mps_module.engine.escalation import escalate, escalation_factor
from mps_module.engine.money import HUNDRED, ONE, RATE_DECIMALS, ZERO

CLICK_KINDS = frozenset({LineKind.CLICK, LineKind.BLOCK})
SCALED = {"clicks": CLICK_KINDS, "base": BASE_KINDS, "both": CLICK_KINDS | BASE_KINDS}
"""What a renewal may change: the click rates, the base, or both alike. Prices of calls and parts stay."""
STEPS = 60
MOST = Decimal(1000)  # a factor beyond this is no price


@dataclass(frozen=True, slots=True)
class Costs:
    """What serving cost.

    Attributes:
        toner: supplies, of the clicks made at their yield.
        parts: what was issued on calls, at valuation.
        labour, travel: hours and trips x what they cost the firm.
        trunk: the contract's share of what holding the technicians' parts costs.
        other: clicks x a rate that the reader gives, for what is not recorded.
    """

    toner: Decimal = ZERO
    parts: Decimal = ZERO
    labour: Decimal = ZERO
    travel: Decimal = ZERO
    trunk: Decimal = ZERO
    other: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return sum((getattr(self, each.name) for each in fields(self)), ZERO)

    def __add__(self, more: Costs) -> Costs:
        return Costs(*(getattr(self, each.name) + getattr(more, each.name) for each in fields(self)))


def margin_percent(revenue: Decimal, cost: Decimal) -> Decimal | None:
    """None without revenue: no percentage says how bad that is."""
    return HUNDRED * (revenue - cost) / revenue if revenue > 0 else None


def needed_revenue(cost: Decimal, target: Decimal) -> Decimal:
    """Revenue whose margin is `target` percent at this cost: cost / (1 - target / 100).

    Raises:
        ValueError: a target of 100 % or more, which no price reaches.
    """
    if target >= HUNDRED:
        raise ValueError("a margin of 100 % or more cannot be reached")
    return cost / (ONE - target / HUNDRED)


def shares(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """`amount` by weight, exactly; nothing where the weights come to nothing."""
    whole = sum(weights.values(), ZERO)
    return {name: amount * weight / whole for name, weight in weights.items()} if whole else {}


@dataclass(frozen=True, slots=True)
class Renewal:
    """A price that restores the target margin, checked by billing the same periods with it.

    Attributes:
        needed: revenue that the target asks for; `present` and `renewed`: what the periods bill at today's rates and
            at the new ones.
        factor: by which the chosen rates were multiplied before they were rounded up.
        rates: (line, tier number) -> (today's rate, new rate), those that change.
        reached: False: the chosen rates cannot bring it about (there are none, or a maximum cuts them).
    """

    needed: Decimal
    present: Decimal
    renewed: Decimal
    factor: Decimal
    rates: Mapping[tuple[str, int], tuple[Decimal, Decimal]]
    version: ContractVersion
    reached: bool


def at_todays_rates(contract: Contract, day: date) -> Contract:
    """The contract as if the rates of `day`, escalated, had held from its start."""
    version = contract.version_on(day)
    rise = escalation_factor(contract, version, day)
    lines = tuple(
        replace(line, price=escalate(line.price, rise)) if line.escalates else line for line in version.lines
    )
    plain = replace(version, lines=lines, effective=contract.start, escalator=None)
    return replace(contract, versions=(plain,))


def scaled(contract: Contract, factor: Decimal, kinds: frozenset[LineKind]) -> Contract:
    """Lines of these kinds with every rate x factor, rounded up: clicks to six decimals, base to the currency's."""
    version = contract.versions[0]
    lines = tuple(
        _line(line, factor, version.rules.decimals) if line.kind in kinds else line for line in version.lines
    )
    return replace(contract, versions=(replace(version, lines=lines),))


def _line(line: Line, factor: Decimal, decimals: int) -> Line:
    step = ONE.scaleb(-(RATE_DECIMALS if line.kind is LineKind.CLICK else decimals))
    tiers = tuple(
        Tier(tier.up_to, tier.rate if factor == ONE else (tier.rate * factor).quantize(step, ROUND_CEILING))
        for tier in line.price.tiers
    )
    return replace(line, price=Price(tiers, line.price.mode))


def renew(
    contract: Contract,
    bill: Callable[[Contract], Decimal],
    needed: Decimal,
    change: str = "both",
) -> Renewal:
    """A factor on the chosen rates with which the periods bill `needed`, to the thousandth of it at most above.

    Revenue is a straight line of the factor wherever no minimum, maximum or rounding bends it, so the line through
    today's price and twice today's price is tried first; what bends it is found by halving. Rates are rounded up, so
    the periods never bill less than `needed`.

    Args:
        contract: at today's rates (`at_todays_rates`), one version.
        bill: what the periods bill under a contract; must not fall as rates rise.
        change: a key of `SCALED`.
    """
    kinds = SCALED[change]
    present = bill(contract)
    slope = bill(scaled(contract, Decimal(2), kinds)) - present
    straight = ONE + (needed - present) / slope if slope > 0 else MOST
    best = min(max(straight, ZERO), MOST)
    made = scaled(contract, best, kinds)
    renewed = bill(made)
    if renewed < needed and best < MOST:
        best, made = MOST, scaled(contract, MOST, kinds)
        renewed = bill(made)
    if renewed < needed:
        return Renewal(needed, present, present, ONE, {}, contract.versions[0], False)
    low = ZERO
    for _ in range(STEPS):
        if renewed - needed <= abs(needed) / 1000 or best - low < best / 1_000_000:
            break
        middle = (low + best) / 2
        tried = scaled(contract, middle, kinds)
        amount = bill(tried)
        if amount >= needed:
            best, made, renewed = middle, tried, amount
        else:
            low = middle
    return Renewal(needed, present, renewed, best, changed_rates(contract, made), made.versions[0], True)


def changed_rates(old: Contract, new: Contract) -> dict[tuple[str, int], tuple[Decimal, Decimal]]:
    """(line, tier number from 0) -> (old rate, new rate) where they differ."""
    found = {}
    for was, now in zip(old.versions[0].lines, new.versions[0].lines, strict=True):
        for number, (before, after) in enumerate(zip(was.price.tiers, now.price.tiers, strict=True)):
            if before.rate != after.rate:
                found[was.line_id, number] = (before.rate, after.rate)
    return found


@dataclass(frozen=True, slots=True)
class DeviceCost:
    """What one device cost in a period, and the clicks that it made."""

    device: str
    model: str
    clicks: int
    cost: Decimal

    @property
    def per_click(self) -> Decimal | None:
        return self.cost / self.clicks if self.clicks > 0 else None


@dataclass(frozen=True, slots=True)
class Compared:
    """A device beside the others of its model.

    Attributes:
        others: cost per click of the model's other devices together; None: there are none with clicks.
        times: how many times theirs; None: nothing to compare with, or theirs is 0.
        excess: money beyond what its clicks would have cost at theirs.
        lemon: `times` is at or above the factor; a device that costs money and makes no click is one too.
    """

    device: DeviceCost
    others: Decimal | None
    times: Decimal | None
    excess: Decimal
    lemon: bool


def compare(devices: Iterable[DeviceCost], factor: Decimal) -> list[Compared]:
    """Each device against the other devices of its model, the dearest excess first."""
    devices = list(devices)
    cost: dict[str, Decimal] = defaultdict(lambda: ZERO)
    clicks: dict[str, int] = defaultdict(int)
    for one in devices:
        cost[one.model] += one.cost
        clicks[one.model] += one.clicks
    found = []
    for one in devices:
        rest = clicks[one.model] - one.clicks
        others = (cost[one.model] - one.cost) / rest if rest > 0 else None
        own = one.per_click
        times = own / others if own is not None and others else None
        excess = one.cost - others * one.clicks if others is not None else ZERO
        idle = own is None and one.cost > 0 and others is not None
        free = own is not None and own > 0 and others is not None and not others
        found.append(
            Compared(one, others, times, excess, idle or free or (times is not None and times >= factor))
        )
    return sorted(found, key=lambda each: (-each.excess, each.device.device))
