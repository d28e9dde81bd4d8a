"""Devices that eat the margin: what each one cost in a period, per click, beside the others of its model."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import frappe

from mps_module.billing.margin import ClickCost, click_costs
from mps_module.billing.terms import exact
from mps_module.engine.callbacks import judge
from mps_module.engine.life import LifeCounter, life_meters
from mps_module.engine.margin import Compared, Costs, DeviceCost, compare
from mps_module.engine.meterlog import MeterLog
from mps_module.engine.page_meters import colour_meters
from mps_module.fleet.clock import site_zone
from mps_module.service.costs import Rates, cost_of, parts_by_device, visits_in
from mps_module.service.facts import Facts, Span, load

ZERO = Decimal(0)


@dataclass(slots=True)
class Spent:
    """What one device took in the period."""

    costs: Costs = field(default_factory=Costs)
    clicks: int = 0
    calls: int = 0
    callbacks: int = 0


@dataclass(frozen=True, slots=True)
class Lemon:
    """A device beside the others of its model, with what it took."""

    compared: Compared
    spent: Spent
    device: Any


def lemons(span: Span) -> list[Lemon]:
    """Every device of the span that cost money or was read, the dearest excess first."""
    facts = load(span)
    spent = spent_by_device(span, facts)
    factor = exact(frappe.get_cached_doc("MPS Service Settings").lemon_factor) or Decimal(2)
    rows = [
        DeviceCost(name, facts.devices[name].device_model or "", one.clicks, one.costs.total)
        for name, one in spent.items()
        if name in facts.devices and (one.clicks or one.costs.total)
    ]
    return [
        Lemon(one, spent[one.device.device], facts.devices[one.device.device])
        for one in compare(rows, factor)
    ]


def spent_by_device(span: Span, facts: Facts) -> dict[str, Spent]:
    """Parts, labour, travel and toner at yield, clicks and calls by device."""
    found: dict[str, Spent] = defaultdict(Spent)
    rates = Rates.of_settings()
    for visit in visits_in(span.start, span.end, span.company):
        if visit.mps_device:
            found[visit.mps_device].costs += cost_of(visit, rates)
    for device, value in parts_by_device(span.start, span.end, span.company).items():
        found[device].costs += Costs(parts=value)
    toner = click_costs(list(facts.logs))
    for device, logs in facts.logs.items():
        one = found[device]
        one.clicks, colour = clicks_between(logs, span.start, span.end)
        one.costs += Costs(toner=toner_cost(toner.get(device), one.clicks, colour))
    for judged in judge(facts.calls):
        call = judged.call
        if call.device in found and call.completed and span.start <= call.completed.date() <= span.end:
            found[call.device].calls += 1
            found[call.device].callbacks += bool(judged.called_back)
    return dict(found)


def clicks_between(logs: dict[str, MeterLog], start: date, end: date) -> tuple[int, int]:
    """(all clicks, colour clicks) of a device in a span."""
    zone = site_zone()
    since = datetime.combine(start, time(), zone)
    until = datetime.combine(end + timedelta(days=1), time(), zone)
    every = LifeCounter.of(logs).between(since, until)
    read = [meter for meter, log in logs.items() if log.times]
    colour = set(colour_meters(read)) & set(life_meters(read))
    return every, sum(LifeCounter((logs[meter],)).between(since, until) for meter in colour)


def toner_cost(cost: ClickCost | None, clicks: int, colour: int) -> Decimal:
    """Supplies at their yield: black on every click, the others on colour clicks."""
    if cost is None:
        return ZERO
    return (cost.mono or ZERO) * (clicks - colour) + (cost.colour or cost.mono or ZERO) * colour
