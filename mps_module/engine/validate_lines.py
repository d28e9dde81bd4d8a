"""Static checks of contract lines: tiers, rates, meters, allowances, and lines that bill the same clicks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, pairwise

from mps_module.engine.contract import AllowanceScope, Line, LineKind, Price, TierMode
from mps_module.engine.meter_names import is_colour, is_mono, is_total
from mps_module.engine.meters import MeterType
from mps_module.engine.money import HUNDRED, RATE_DECIMALS
from mps_module.engine.result import Severity

USAGE_KINDS = frozenset({LineKind.CLICK, LineKind.BLOCK})
ALLOWANCE_KINDS = frozenset({LineKind.CLICK, LineKind.INCIDENT, LineKind.DEVICE, LineKind.SEAT})
CARRY_KINDS = frozenset({LineKind.CLICK, LineKind.INCIDENT})


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding before the contract and the money at stake are known."""

    code: str
    severity: Severity
    message: str
    todo: str
    line_id: str = ""

    def within(self, where: str) -> Problem:
        return replace(self, message=where + self.message) if where else self


def block(code: str, message: str, todo: str, line_id: str = "") -> Problem:
    return Problem(code, Severity.BLOCK, message, todo, line_id)


def warn(code: str, message: str, todo: str, line_id: str = "") -> Problem:
    return Problem(code, Severity.WARN, message, todo, line_id)


def line_problems(line: Line, meter_types: Mapping[str, MeterType] | None) -> Iterator[Problem]:
    """What is wrong with one line taken by itself."""
    for problem in (
        *_price(line),
        *_meters(line, meter_types),
        *_block(line),
        *_allowance(line),
        *_money(line),
    ):
        yield replace(problem, line_id=line.line_id, message=f"Line {line.line_id}: {problem.message}")
    if not line.line_id.strip():
        yield block("line-id-missing", "A line has no id", "Give each line its own id")


def _price(line: Line) -> Iterator[Problem]:
    tiers = line.price.tiers
    if not tiers:
        if line.kind is not LineKind.MATERIAL:  # parts bring their own price
            yield block("rate-missing", "no rate", "Give a rate or tiers")
        return
    yield from _tiers(line.price)
    for tier in tiers:
        exponent = tier.rate.normalize().as_tuple().exponent
        if not isinstance(exponent, int):
            yield block("rate-not-a-number", f"a rate of {tier.rate}", "Give a number")
        elif tier.rate < 0:
            yield block("rate-negative", f"a rate of {tier.rate}", "Give rates of 0 or more")
        elif exponent < -RATE_DECIMALS:
            yield block(
                "rate-decimals",
                f"the rate {tier.rate} has {-exponent} decimals",
                f"Round it to {RATE_DECIMALS} decimals, which is what an invoice carries",
            )
    if line.kind is not LineKind.MATERIAL and all(tier.rate == 0 for tier in tiers):
        yield warn("rate-zero", "a rate of 0 bills nothing", "Check that it is meant to be free")


def _tiers(price: Price) -> Iterator[Problem]:
    floor = Decimal(0)
    for number, tier in enumerate(price.tiers, start=1):
        if tier.up_to is None:
            if number < len(price.tiers):
                yield block(
                    "tier-open-early", f"tier {number} has no end but others follow", "Give it an up_to"
                )
                return
        elif tier.up_to <= floor:
            why = "overlaps the tier before" if number > 1 else "holds nothing"
            yield block(
                "tiers-out-of-order", f"tier {number} up to {tier.up_to} {why}", "Order the tiers upwards"
            )
        else:
            floor = tier.up_to
    if price.tiers[-1].up_to is not None:
        yield warn(
            "tier-closed",
            f"no rate beyond {price.tiers[-1].up_to}; the last tier's goes on",
            "Leave out the last tier's up_to",
        )
    rates = [tier.rate for tier in price.tiers]
    if any(later > earlier for earlier, later in pairwise(rates)):
        yield warn(
            "tiers-rise", "a later tier costs more than the one before", "Check the rates for a slipped zero"
        )
    if price.mode is TierMode.VOLUME and len(set(rates)) < len(rates):
        yield warn("tiers-same-rate", "two tiers have the same rate", "Check the rates")


def _meters(line: Line, meter_types: Mapping[str, MeterType] | None) -> Iterator[Problem]:
    if line.kind not in USAGE_KINDS:
        if line.meters:
            yield warn("meter-unused", f"a {line.kind.value} line counts no meter", "Drop its meters")
        return
    if not line.meters:
        yield block("meter-missing", "no meter to count", "Name the meter")
    for meter, weight in line.meters.items():
        if not meter.strip():
            yield block("meter-missing", "a meter without a name", "Name the meter")
        elif meter_types is not None and meter not in meter_types:
            yield block(
                "meter-unknown",
                f"no model has a meter {meter!r}",
                f"Use one of {', '.join(sorted(meter_types)) or 'the models (there are none)'}",
            )
        elif meter_types is not None and meter_types[meter].unit.value != line.unit:
            yield warn(
                "unit-differs",
                f"it bills a {line.unit}, {meter} counts a {meter_types[meter].unit.value}",
                "Correct the line's unit or its weight",
            )
        if weight < 0:
            yield block("weight-negative", f"{meter} has a weight of {weight}", "Give weights above 0")
        elif weight == 0:
            yield warn(
                "weight-zero", f"{meter} has a weight of 0 and is never billed", "Drop it or give a weight"
            )
    yield from _mixed(line)


def _mixed(line: Line) -> Iterator[Problem]:
    """Mono and colour at one and the same price; other weights than 1 : 1 say that somebody thought of it."""
    mono = {weight for meter, weight in line.meters.items() if is_mono(meter)}
    colour = {weight for meter, weight in line.meters.items() if is_colour(meter)}
    if mono & colour:
        yield warn(
            "mono-colour-mixed",
            f"mono and colour in one group at one rate ({', '.join(line.meters)})",
            "Give colour its own line or a weight",
        )
    for meter in line.meters:
        if is_total(meter) and (mono or colour):
            yield block(
                "total-with-parts",
                f"{meter} holds the other clicks of the line already ({', '.join(line.meters)})",
                "Count the total or its parts, not both",
            )


def _block(line: Line) -> Iterator[Problem]:
    if line.kind is not LineKind.BLOCK:
        if line.block:
            yield warn("block-unused", f"a {line.kind.value} line sells no blocks", "Drop the block's size")
        return
    if line.block <= 0:
        yield block("block-empty", f"a block of {line.block} copies", "Give the copies of one block")
    if len(line.price.tiers) > 1:
        yield warn("block-tiers", "every block costs the rate of the first tier", "Give one rate")


def _allowance(line: Line) -> Iterator[Problem]:
    allowance = line.allowance
    if allowance is None:
        return
    if line.kind not in ALLOWANCE_KINDS:
        yield block(
            "allowance-unfit",
            f"a {line.kind.value} line has no allowance",
            "Put the allowance on the click line that it makes free",
        )
    if allowance.quantity < 0:
        yield block("allowance-negative", f"an allowance of {allowance.quantity}", "Give 0 or more")
    if allowance.carry_periods < 0:
        yield block(
            "carry-negative", f"carried for {allowance.carry_periods} periods", "Give 0 (it expires) or more"
        )
    elif allowance.carry_periods and (
        line.kind not in CARRY_KINDS or allowance.scope is AllowanceScope.PER_UNIT
    ):
        yield warn(
            "carry-unfit", "only a pooled allowance of clicks or calls is carried over", "Drop carry_periods"
        )
    if allowance.per_device and allowance.scope is AllowanceScope.PER_UNIT:
        yield warn("allowance-per-device", "it is per unit already", "Drop per_device or make it a pool")


def _money(line: Line) -> Iterator[Problem]:
    if not 0 <= line.discount <= HUNDRED:
        yield block("discount", f"a discount of {line.discount} %", "Give 0 to 100")
    if line.minimum is not None and line.maximum is not None and line.minimum > line.maximum:
        yield block(
            "minimum-over-maximum",
            f"its minimum {line.minimum} is more than its maximum {line.maximum}",
            "Correct one of them",
        )
    for name, limit in (("minimum", line.minimum), ("maximum", line.maximum)):
        if limit is not None and limit < 0:
            yield block("limit-negative", f"a {name} of {limit}", "Give 0 or more, or none")


def overlap_problems(lines: Sequence[Line], meter_types: Mapping[str, MeterType] | None) -> Iterator[Problem]:
    """Lines that bill the same clicks of the same devices twice."""
    usage = [line for line in lines if line.kind in USAGE_KINDS]
    for one, other in combinations(usage, 2):
        if not _same_devices(one, other):
            continue
        for total, part in ((one, other), (other, one)):
            yield from _total_and_part(total, part, meter_types)
        for meter in sorted(set(one.meters) & set(other.meters)):
            yield warn(
                "meter-twice",
                f"Lines {one.line_id} and {other.line_id} both bill {meter} of the same devices",
                "Drop one, or part the devices by group",
                other.line_id,
            )


def _same_devices(one: Line, other: Line) -> bool:
    return not one.groups or not other.groups or bool(set(one.groups) & set(other.groups))


def _total_and_part(
    total: Line, part: Line, meter_types: Mapping[str, MeterType] | None
) -> Iterator[Problem]:
    """Black billed from the total counter while colour (or mono) is billed too: those clicks would be paid twice."""
    totals = [meter for meter in total.meters if is_total(meter)]
    parts = [meter for meter in part.meters if is_colour(meter) or is_mono(meter)]
    if not totals or not parts:
        return
    known = meter_types or {}
    mono = next((key for key in known if is_mono(key)), "mono (total - colour)")
    # Colour beside total is said here and stopped at the bill, where the clicks that both lines share are known, and
    # the money (guards.black_from_total).
    colour = any(map(is_colour, parts))
    yield (warn if colour or is_surcharge(part) else block)(
        "black-billed-from-total" if colour else "total-with-parts",
        f"Line {total.line_id} bills {', '.join(totals)}, which holds the {', '.join(parts)} of line {part.line_id}",
        f"Bill {mono} on it instead, give each line groups of devices of its own, or call the other line a surcharge "
        "if that is what it is",
        total.line_id,
    )


def is_surcharge(line: Line) -> bool:
    """True for a line that says so: all clicks at one rate and a surcharge on colour is a plan that people have."""
    return "surcharge" in f"{line.line_id} {line.description}".lower()
