"""Values of the trunk-kit engine: parts, jobs, kits, points of the frontier, answers (domain: section 5).

Money is Decimal in the company's currency. A fill rate is a float between 0 and 1: the expected (or historic)
share of jobs that need no second trip for want of a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum


class KitError(ValueError):
    """The question cannot be answered as asked; the message says which value is wrong."""


class Take(str, Enum):
    """What a job that lacks a part does with the parts that are there, in a tour of several jobs."""

    PARTIAL = "partial"  # it takes those that are there; the next job misses them
    ALL_OR_NOTHING = "all_or_nothing"  # it takes nothing and is done later from another stock


class Axis(str, Enum):
    """What a kit is paid in."""

    MONEY = "money"
    SLOTS = "slots"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a trunk may carry.

    Attributes:
        code: the item's key.
        holding_cost: money for carrying one unit for one restock period.
        slots: room that one unit takes, in the trunk's own unit.
        group: family whose parts lend a rate to a part without history.
        models: device models that it fits; empty = every model.
        max_units: most units that may be aboard; None = as many as any job can use.
        since: first day on which it could be used; earlier jobs say nothing about it.
    """

    code: str
    holding_cost: Decimal
    slots: int = 1
    group: str = ""
    models: frozenset[str] = frozenset()
    max_units: int | None = None
    since: date | None = None

    def __post_init__(self) -> None:
        if not self.code:
            raise KitError("a part needs a code")
        if not isinstance(self.holding_cost, Decimal):
            raise KitError(
                f"{self.code}: holding cost must be a Decimal, not {type(self.holding_cost).__name__}"
            )
        if not self.holding_cost.is_finite() or self.holding_cost < 0:
            raise KitError(f"{self.code}: holding cost {self.holding_cost} must be 0 or more")
        if self.slots < 0:
            raise KitError(f"{self.code}: slots {self.slots} must be 0 or more")
        if self.max_units is not None and self.max_units < 0:
            raise KitError(f"{self.code}: max_units {self.max_units} must be 0 or more")


@dataclass(frozen=True, slots=True)
class Job:
    """A past job and the parts that it needed.

    Attributes:
        key: the call.
        needs: (part code, units), each code once, sorted; build it from a dict with `Job.of`.
        weight: how much this job counts (1, or more for a customer with penalties).
        on: day or moment; orders the jobs of a tour.
        tour: jobs with the same tour share one restock; empty = the grouping asked for decides.
    """

    key: str
    needs: tuple[tuple[str, int], ...] = ()
    weight: Decimal = Decimal(1)
    model: str = ""
    technician: str = ""
    territory: str = ""
    on: date | datetime | None = None
    tour: str = ""

    def __post_init__(self) -> None:
        codes = [code for code, _ in self.needs]
        if len(set(codes)) != len(codes):
            raise KitError(f"job {self.key}: a part is named twice")
        if any(qty < 1 for _, qty in self.needs):
            raise KitError(f"job {self.key}: units must be 1 or more")
        if not isinstance(self.weight, Decimal) or not self.weight.is_finite() or self.weight < 0:
            raise KitError(f"job {self.key}: weight must be a Decimal of 0 or more")

    @classmethod
    def of(cls, key: str, needs: Mapping[str, int] | Iterable[str] = (), **values: object) -> Job:
        """A job from {part: units}, or from part codes of one unit each (a code given twice counts twice)."""
        counts: dict[str, int] = {}
        for code, qty in needs.items() if isinstance(needs, Mapping) else ((code, 1) for code in needs):
            counts[code] = counts.get(code, 0) + qty
        return cls(key=key, needs=tuple(sorted(counts.items())), **values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Kit:
    """Units aboard: (part code, units), sorted, without zeros."""

    units: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, units: Mapping[str, int]) -> Kit:
        """Raises KitError for a negative number of units."""
        if any(qty < 0 for qty in units.values()):
            raise KitError("a kit cannot hold fewer than 0 units")
        return cls(tuple(sorted((code, qty) for code, qty in units.items() if qty)))

    def as_dict(self) -> dict[str, int]:
        return dict(self.units)

    def qty(self, code: str) -> int:
        return dict(self.units).get(code, 0)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.units)


@dataclass(frozen=True, slots=True)
class KitPoint:
    """One kit of the frontier.

    Attributes:
        money, slots: what it costs to hold, and the room it takes.
        rate: job fill rate.
        bound: no kit that costs as little (on the frontier's axis, within its cap) fills more than this.
    """

    kit: Kit
    money: Decimal
    slots: int
    rate: float
    bound: float

    @property
    def gap(self) -> float:
        """How much better an unknown kit could be, in points of fill rate; 0 = proven best."""
        return max(0.0, self.bound - self.rate)


@dataclass(frozen=True, slots=True)
class Frontier:
    """Kits of which none is both cheaper and better than another: cost and rate rise together.

    Attributes:
        axis: what "cheaper" means. cap: limit that held on the other axis, None for none.
        exact: True where it holds every best kit; else `bound` of each point tells how far it may be off.
    """

    points: tuple[KitPoint, ...]
    axis: Axis = Axis.MONEY
    cap: Decimal | int | None = None
    exact: bool = False

    def cost(self, point: KitPoint) -> Decimal | int:
        return point.money if self.axis is Axis.MONEY else point.slots

    @property
    def worst_gap(self) -> float:
        return max((p.gap for p in self.points), default=0.0)

    def thin(self, most: int) -> tuple[KitPoint, ...]:
        """At most `most` points for a chart, both ends kept, spread evenly over the fill rate."""
        if most < 2:
            raise KitError("a chart needs two points")
        if len(self.points) <= most:
            return self.points
        low, high = self.points[0].rate, self.points[-1].rate
        kept, nearest = [], 0
        for number in range(most):
            wanted = low + (high - low) * number / (most - 1)
            while nearest < len(self.points) - 1 and self.points[nearest].rate < wanted:
                nearest += 1
            if number == most - 1:
                nearest = len(self.points) - 1
            if not kept or kept[-1] is not self.points[nearest]:
                kept.append(self.points[nearest])
        return tuple(kept)


class Goal(str, Enum):
    TARGET = "target"  # cheapest kit for a rate
    BUDGET = "budget"  # best rate for money or slots
    PENALTY = "penalty"  # least of holding cost + penalty for broken jobs


@dataclass(frozen=True, slots=True)
class Answer:
    """The kit for one question.

    Attributes:
        asked: the target rate, budget or penalty.
        value: what was optimised: cost for a target, rate for a budget, money in all under a penalty.
        bound: no kit has a better value than this (lower for costs, higher for rates).
        proven: value and bound agree: no better kit exists in this model.
    """

    goal: Goal
    asked: Decimal
    point: KitPoint
    value: Decimal
    bound: Decimal
    proven: bool

    @property
    def kit(self) -> Kit:
        return self.point.kit

    @property
    def gap(self) -> Decimal:
        """|value - bound| as a share of the value; 0 where proven."""
        if self.proven or not self.value:
            return Decimal(0)
        return abs(self.value - self.bound) / self.value


@dataclass(frozen=True, slots=True)
class History:
    """Jobs in the tours in which they were done, each tour in order.

    `assumed`: jobs that stand for parts without history, each with a trunk of its own (`demand.with_prior`).
    """

    tours: tuple[tuple[Job, ...], ...]
    assumed: tuple[Job, ...] = ()

    @property
    def jobs(self) -> tuple[Job, ...]:
        return tuple(job for tour in self.tours for job in tour)
