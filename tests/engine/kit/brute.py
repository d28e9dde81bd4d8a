"""The plainest possible second opinion: every kit, every sequence of jobs, no cleverness."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import product
from math import prod

from mps_module.engine.kit import Axis, History, Job, Part, Take

Front = list[tuple[Decimal, float]]


def every_kit(limits: Sequence[int]) -> Iterable[tuple[int, ...]]:
    return product(*(range(most + 1) for most in limits))


def front_of(kits: Iterable[tuple[Decimal, float]]) -> Front:
    """(cost, rate) of the kits that no cheaper or equally dear one reaches."""
    found: Front = []
    for cost, rate in sorted(kits, key=lambda kit: (kit[0], -kit[1])):
        if not found or rate > found[-1][1] + 1e-12:
            found.append((cost, rate))
    return found


def costs_of(parts: Sequence[Part], stock: Sequence[int], axis: Axis = Axis.MONEY) -> Decimal:
    each = [part.holding_cost if axis is Axis.MONEY else Decimal(part.slots) for part in parts]
    return sum((cost * units for cost, units in zip(each, stock, strict=True)), Decimal(0))


def tour_rate(pmfs: Sequence[Sequence[float]], stock: Sequence[int], jobs: int, take: Take) -> float:
    """Expected share of filled jobs: all sequences of needs, each with its chance."""
    needs = [
        (wanted, prod(pmf[d] for pmf, d in zip(pmfs, wanted, strict=True)))
        for wanted in product(*(range(len(pmf)) for pmf in pmfs))
    ]
    expected = 0.0
    for sequence in product(needs, repeat=jobs):
        chance = prod(p for _, p in sequence)
        left, filled = list(stock), 0
        for wanted, _ in sequence:
            whole = all(d <= have for d, have in zip(wanted, left, strict=True))
            filled += whole
            if whole or take is Take.PARTIAL:
                left = [max(0, have - d) for d, have in zip(wanted, left, strict=True)]
        expected += chance * filled
    return expected / jobs


def replayed(parts: Sequence[Part], history: History, stock: Sequence[int], take: Take) -> float:
    """Share of the past jobs, by weight, that a trunk restocked to `stock` before each tour fills."""
    won = total = Decimal(0)
    for tour in (*history.tours, *((job,) for job in history.assumed)):
        left = {part.code: units for part, units in zip(parts, stock, strict=True)}
        for job in tour:
            total += job.weight
            whole = all(left.get(code, 0) >= qty for code, qty in job.needs)
            won += job.weight if whole else 0
            if whole or take is Take.PARTIAL:
                for code, qty in job.needs:
                    left[code] = max(0, left.get(code, 0) - qty)
    return float(won / total)


def parts_of(costs: Sequence[str | int], slots: Sequence[int] | None = None) -> list[Part]:
    room = slots or [1] * len(costs)
    return [
        Part(f"P{i:03}", Decimal(str(cost)), slots=s)
        for i, (cost, s) in enumerate(zip(costs, room, strict=True))
    ]


def service_history(parts: int, jobs: int, seed: int) -> tuple[list[Part], list[Job]]:
    """Jobs as a dealer sees them: a third need nothing, few parts need most, some parts fail together."""
    draw = random.Random(seed)
    popular = [1 / (rank + 1) ** 0.8 for rank in range(parts)]
    codes = [f"P{i:03}" for i in range(parts)]
    draw.shuffle(codes)
    bundles = [draw.choices(codes, popular, k=draw.randint(2, 4)) for _ in range(max(2, parts // 3))]
    past = []
    for number in range(jobs):
        kind = draw.random()
        if kind < 0.35:
            needs: set[str] = set()
        elif kind < 0.65:
            needs = set(draw.choices(codes, popular))
        elif kind < 0.85:
            needs = set(draw.choice(bundles))
        else:
            needs = set(draw.choices(codes, popular, k=3))
        past.append(Job.of(f"J{number}", sorted(needs)))
    shelf = [
        Part(
            code,
            Decimal(str(round(draw.lognormvariate(0.5, 1), 2))) + Decimal("0.01"),
            slots=draw.randint(1, 3),
        )
        for code in sorted(codes)
    ]
    return shelf, past
