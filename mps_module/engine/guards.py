"""Guards before anything is posted: what looks wrong on a bill, and the money at stake (domain: section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median

from mps_module.engine.contract import Contract, ContractVersion, CoveredUnit, Line, LineKind
from mps_module.engine.escalation import escalate, escalation_factor
from mps_module.engine.ledger import Ledger
from mps_module.engine.meter_names import is_colour, is_mono, is_total
from mps_module.engine.money import ZERO, total_of
from mps_module.engine.result import Bill, BillLine, ChargeKind, Finding, MeterUsage, Severity
from mps_module.engine.usage import Covers
from mps_module.engine.validate_lines import is_surcharge

CLICK_KINDS = frozenset({LineKind.CLICK, LineKind.BLOCK})


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """When a guard speaks. Factors are times off; `enough_rates`: fewer rates in the fleet make no norm.

    Attributes:
        rate_warn, rate_block: factor of a rate to the fleet's median (a slipped zero is 10).
        bill_change: part of the last bill by which this one may differ, e.g. 0.5.
        bill_change_money: smaller differences are never flagged, in the contract's currency.
    """

    rate_warn: Decimal = Decimal("2.5")
    rate_block: Decimal = Decimal(5)
    enough_rates: int = 4
    bill_change: Decimal = Decimal("0.5")
    bill_change_money: Decimal = Decimal(50)


@dataclass(frozen=True, slots=True)
class FleetNorms:
    """The fleet's usual rate of each meter by currency: (currency, meter) -> (median money per click, how many)."""

    rates: Mapping[tuple[str, str], tuple[Decimal, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, contracts: Iterable[Contract], day: date) -> FleetNorms:
        """From the click lines in force on `day`; a weight counts into the rate, a rate of zero is no price."""
        found: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
        for contract in contracts:
            version = contract.version_on(day)
            for line in click_lines(version):
                for meter, rate in meter_rates(contract, version, line, day):
                    if rate > 0:
                        found[contract.currency, meter].append(rate)
        return cls({key: (median(rates), len(rates)) for key, rates in found.items()})

    def rate(self, currency: str, meter: str, enough: int) -> Decimal | None:
        """The norm, None where fewer than `enough` rates stand behind it."""
        norm, count = self.rates.get((currency, meter), (ZERO, 0))
        return norm if count >= enough else None


def guard(
    contract: Contract,
    made: Bill,
    ledger: Ledger,
    units: Iterable[CoveredUnit],
    norms: FleetNorms,
    last: Bill | None = None,
    limits: GuardLimits | None = None,
) -> list[Finding]:
    """Everything about `made` that somebody should see before it is posted, worst money first.

    Args:
        last: the contract's bill before this one, for comparison.
    """
    limits = limits or GuardLimits()
    period = made.period.overage or made.period.base
    if period is None:
        return list(negative(contract, made))
    version = contract.version_on(period.start)
    found: list[Finding] = []
    if made.period.overage:
        found += rates_off(contract, version, made, norms, limits)
        found += mixed_groups(contract, version, made)
        found += black_from_total(contract, version, made)
        found += without_rate(contract, version, made, Covers(contract, ledger, units), norms)
        found += wrong_unit(contract, version, made, ledger)
    found += far_off(contract, made, last, limits)
    found += negative(contract, made)
    return sorted(found, key=lambda f: (-f.at_stake, f.code, f.unit, f.line_id))


def click_lines(version: ContractVersion) -> list[Line]:
    return [line for line in version.lines if line.kind is LineKind.CLICK and line.price.tiers]


def meter_rates(
    contract: Contract, version: ContractVersion, line: Line, day: date
) -> Iterator[tuple[str, Decimal]]:
    """(meter, money per step of its counter) at the first tier, discount taken off."""
    price = escalate(line.price, escalation_factor(contract, version, day)) if line.escalates else line.price
    rate = price.tiers[0].rate * (100 - line.discount) / 100
    return ((meter, rate * weight) for meter, weight in line.meters.items())


def rates_off(
    contract: Contract, version: ContractVersion, made: Bill, norms: FleetNorms, limits: GuardLimits
) -> Iterator[Finding]:
    """A rate far from the fleet's norm: a slipped zero cost one dealer 38,000."""
    for line in click_lines(version):
        clicks = clicks_of(made, line.line_id)
        for meter, rate in meter_rates(contract, version, line, made.period.overage.start):
            norm = norms.rate(contract.currency, meter, limits.enough_rates)
            if norm is None or norm == rate:
                continue
            factor = max(rate / norm, norm / rate) if rate > 0 else None
            if factor is not None and factor < limits.rate_warn:
                continue
            blocks = factor is None or factor >= limits.rate_block
            how = "nothing" if factor is None else f"{rate.normalize():f}"
            yield Finding(
                code="rate-off-norm",
                severity=Severity.BLOCK if blocks else Severity.WARN,
                message=f"Line {line.line_id} charges {how} a click of {meter}; the fleet's norm is {norm.normalize():f}",
                todo="Check the rate for a slipped decimal point; if it is meant, accept the bill",
                at_stake=money(abs(rate - norm) * abs(clicks)),
                contract=contract.contract,
                line_id=line.line_id,
            )


def mixed_groups(contract: Contract, version: ContractVersion, made: Bill) -> Iterator[Finding]:
    """Mono and colour on one line at one weight: colour goes at the price of black."""
    for line in click_lines(version):
        colour = [m for m in line.meters if is_colour(m)]
        black = [m for m in line.meters if is_mono(m)]
        weights = {line.meters[m] for m in (*colour, *black)}
        if colour and black and len(weights) == 1:
            yield Finding(
                code="mono-and-colour-in-one-group",
                severity=Severity.WARN,
                message=f"Line {line.line_id} counts {', '.join((*black, *colour))} alike, at one rate",
                todo="Give colour a line or a weight of its own",
                at_stake=money(amount_of(made, line.line_id)),
                contract=contract.contract,
                line_id=line.line_id,
            )


def black_from_total(contract: Contract, version: ContractVersion, made: Bill) -> Iterator[Finding]:
    """Black billed from the total counter while colour is billed too: each colour click is charged twice."""
    lines = click_lines(version)
    for line in lines:
        if not any(is_total(m) for m in line.meters):
            continue
        counted = {u.unit for u in usages_of(made, line.line_id)}
        twice, meant = ZERO, True
        for other in lines:
            if other is not line and any(is_colour(m) for m in other.meters):
                meant = meant and is_surcharge(other)
                twice += total_of(u.usage for u in usages_of(made, other.line_id) if u.unit in counted)
        if twice > 0:
            yield Finding(
                code="black-billed-from-total",
                severity=Severity.WARN if meant else Severity.BLOCK,
                message=f"Line {line.line_id} bills the total counter while colour is billed too: "
                f"{twice:,} colour clicks are charged twice",
                todo="Bill black from a mono meter (total − colour), or call the colour line a surcharge if that is what it is",
                at_stake=money(twice * line.price.tiers[0].rate),
                contract=contract.contract,
                line_id=line.line_id,
            )


def without_rate(
    contract: Contract, version: ContractVersion, made: Bill, covers: Covers, norms: FleetNorms
) -> Iterator[Finding]:
    """A colour or mono counter that moves while no line of the contract prices it."""
    priced = [line for line in version.lines if line.kind in CLICK_KINDS]
    if not priced:
        return
    forgotten: dict[tuple[str, ...], list[str]] = {}  # by group and meters: a fleet has few models
    for cover in covers.within(made.period.overage):
        unit = cover.unit
        known = covers.ledger.devices.get(unit.unit)
        if known is None:
            continue
        sort = (unit.group, *known.meters)
        if sort not in forgotten:
            forgotten[sort] = unpriced(priced, *sort)
        for meter in forgotten[sort]:
            usage = covers.ledger.usage(
                unit.unit, meter, cover.covered, version.rules.tolerance, first=cover.joins, last=cover.leaves
            ).usage
            if usage > 0:
                yield Finding(
                    code="meter-without-rate",
                    severity=Severity.WARN,
                    message=f"{unit.unit} made {usage:,} clicks of {meter}, and no line of the contract prices them",
                    todo=f"Add a line for {meter}, or move the device to a group that has one",
                    at_stake=money(usage * norms.rates.get((contract.currency, meter), (ZERO, 0))[0]),
                    contract=contract.contract,
                    unit=unit.unit,
                )


def unpriced(lines: Iterable[Line], group: str, *meters: str) -> list[str]:
    """Colour and mono counters that none of the lines prices for a group, nor a total counter instead."""
    billed = {m for line in lines if not line.groups or group in line.groups for m in line.meters}
    if any(map(is_total, billed)):
        return []
    return [
        meter
        for meter in meters
        if (is_colour(meter) or is_mono(meter))
        and meter not in billed
        and not any(same_sort(meter, m) for m in billed)
    ]


def wrong_unit(contract: Contract, version: ContractVersion, made: Bill, ledger: Ledger) -> Iterator[Finding]:
    """A line that bills impressions from a counter of sheets (or the other way round)."""
    for line in click_lines(version):
        seen: set[tuple[str, str]] = set()
        for usage in usages_of(made, line.line_id):
            kind = ledger.meter_type(usage.unit, usage.meter)
            model = (ledger.devices[usage.unit].model, usage.meter) if kind else ("", "")
            if kind is not None and kind.unit.value != line.unit and model not in seen:
                seen.add(model)
                yield Finding(
                    code="unit-mismatch",
                    severity=Severity.WARN,
                    message=f"Line {line.line_id} bills {line.unit}s, but {usage.meter} of {model[0]} counts "
                    f"{kind.unit.value}s",
                    todo="Bill a meter of the same unit, or give the line the meter's unit",
                    at_stake=money(amount_of(made, line.line_id)),
                    contract=contract.contract,
                    unit=usage.unit,
                    line_id=line.line_id,
                )


def far_off(contract: Contract, made: Bill, last: Bill | None, limits: GuardLimits) -> Iterator[Finding]:
    """A bill far off the last one (of its kind: a quarter with overage is held against one with overage)."""
    was = last.total if last is not None else contract.usual_bill
    if was is None:
        return
    if last is not None and (last.period.overage is None) != (made.period.overage is None):
        return
    difference = made.total - was
    if abs(difference) > max(abs(was) * limits.bill_change, limits.bill_change_money):
        yield Finding(
            code="bill-far-off",
            severity=Severity.WARN,
            message=f"The bill is {made.total:,}, the one before was {was:,} ({difference:+,})",
            todo="Look at what changed: reads, devices, rates",
            at_stake=money(abs(difference)),
            contract=contract.contract,
        )


def negative(contract: Contract, made: Bill) -> Iterator[Finding]:
    if made.total < 0:
        yield Finding(
            code="bill-negative",
            severity=Severity.WARN,
            message=f"The bill comes to a credit of {-made.total:,}",
            todo="Post it as a credit note",
            at_stake=money(-made.total),
            contract=contract.contract,
        )


def same_sort(meter: str, other: str) -> bool:
    """Both colour or both black: ``colour`` is priced where ``colour_a4`` and ``colour_a3`` are."""
    return any(sort(meter) and sort(other) for sort in (is_colour, is_mono))


def rows_of(made: Bill, line_id: str) -> Iterator[BillLine]:
    return (r for r in made.lines if r.line_id == line_id and r.kind is not ChargeKind.ADJUSTMENT)


def usages_of(made: Bill, line_id: str) -> Iterator[MeterUsage]:
    return (u for r in rows_of(made, line_id) if r.proof for u in r.proof.usages)


def clicks_of(made: Bill, line_id: str) -> Decimal:
    """Net clicks of a line: what its rate was multiplied by."""
    return total_of(r.proof.net for r in rows_of(made, line_id) if r.proof)


def amount_of(made: Bill, line_id: str) -> Decimal:
    return abs(total_of(r.amount for r in rows_of(made, line_id)))


def money(amount: Decimal) -> Decimal:
    """Money at stake to the cent, for showing and sorting."""
    return amount.quantize(Decimal("0.01"))
