"""Kits whose value is a sum over parts: the concave hull, exact fronts, and best kits by core search.

With one job per restock and independent parts, log(fill rate) = sum over i of log P(D_i <= s_i): a multiple-choice
knapsack (Kellerer, Pferschy, Pisinger: Knapsack Problems, 2004, ch. 11).

* Adding units in order of value per cost along each part's upper envelope visits kits that are best for what they
  cost (Everett 1963: a maximiser of value - lambda x cost is best at its own cost). Between two of them the straight
  line is the LP bound.
* `pareto` keeps all undominated sums, part by part (Nemhauser and Ullmann 1969): every best kit, if it fits the cap.
* `core_search` settles one budget or target: starting from the hull kit it tries parts in order of the value that
  a change loses against the LP bound, and drops whatever loses more than the gap that is left (Pisinger 1997).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from operator import itemgetter

from mps_module.engine.kit.front import State, extended, undominated, unfold

Values = Sequence[Sequence[float]]  # by part, by units aboard, not falling


@dataclass(frozen=True, slots=True)
class Step:
    """Raise `part` from `low` to `high` units for `cost`, gaining `value`."""

    part: int
    low: int
    high: int
    cost: int
    value: float

    @property
    def ratio(self) -> float:
        return inf if self.cost == 0 else self.value / self.cost


@dataclass(frozen=True, slots=True)
class Hull:
    """Steps in order of value per cost, with the cost and value after each (entry 0: nothing aboard)."""

    steps: tuple[Step, ...]
    costs: tuple[int, ...]
    values: tuple[float, ...]
    single: tuple[tuple[int, int, float], ...]  # (part, cost, value) of parts of which one unit helps: most
    several: tuple[int, ...]  # parts of which more units help

    def bound(self, budget: float) -> float:
        """Most value that any kit of this cost can have (LP relaxation)."""
        at = bisect_right(self.costs, budget) - 1
        if at < 0:
            return -inf
        if at >= len(self.steps):
            return self.values[-1]
        return self.values[at] + (budget - self.costs[at]) * self.steps[at].ratio

    def cost_bound(self, value: float) -> float:
        """Least cost of any kit with this value; inf where none has it."""
        if value > self.values[-1]:
            return inf
        at = next(i for i, v in enumerate(self.values) if v >= value)
        return 0.0 if at == 0 else self.costs[at] - (self.values[at] - value) / self.steps[at - 1].ratio

    def stock(self, count: int, parts: int) -> list[int]:
        units = [0] * parts
        for step in self.steps[:count]:
            units[step.part] = step.high
        return units


def envelope(levels: Sequence[float]) -> list[int]:
    """Units on the upper concave envelope of value over units, starting at 0, ending where value stops rising."""
    corner = [0]
    for units in range(1, len(levels)):
        if levels[units] <= levels[corner[-1]]:
            continue
        while len(corner) > 1:
            a, b = corner[-2], corner[-1]
            if (levels[b] - levels[a]) * (units - b) >= (levels[units] - levels[b]) * (b - a):
                break
            corner.pop()
        corner.append(units)
    return corner


def hull_of(values: Values, costs: Sequence[int]) -> Hull:
    steps = []
    for part, levels in enumerate(values):
        corner = envelope(levels)
        for low, high in pairwise(corner):
            steps.append(Step(part, low, high, costs[part] * (high - low), levels[high] - levels[low]))
    steps.sort(key=lambda s: (-s.ratio, s.part, s.low))
    spent, gained = [0], [sum(levels[0] for levels in values)]
    for step in steps:
        spent.append(spent[-1] + step.cost)
        gained.append(gained[-1] + step.value)
    single = tuple(
        (i, costs[i], levels[1] - levels[0]) for i, levels in enumerate(values) if len(levels) == 2
    )
    several = tuple(i for i, levels in enumerate(values) if len(levels) > 2)
    return Hull(tuple(steps), tuple(spent), tuple(gained), single, several)


def pareto(values: Values, costs: Sequence[int], work: int) -> list[State] | None:
    """Every undominated (cost, value, choices), or None where that takes more than `work` sums."""
    states: list[State] = [(0, 0.0, None)]
    for part in sorted(range(len(values)), key=lambda i: (costs[i] * (len(values[i]) - 1), i)):
        levels = values[part]
        work -= len(states) * len(levels)
        if work < 0:
            return None
        grown = [(c, v + levels[0], node) for c, v, node in states]
        for units in range(1, len(levels)):
            more, gain = costs[part] * units, levels[units]
            grown += [(c + more, v + gain, (node, part, units)) for c, v, node in states]
        states = undominated(grown)
    return states


@dataclass(frozen=True, slots=True)
class Core:
    """The parts near the split of a hull, with the changes that lose least against the LP bound."""

    stock: tuple[int, ...]
    ratio: float
    parts: tuple[tuple[float, int], ...]  # (least loss, part), rising


def core_of(values: Values, costs: Sequence[int], hull: Hull, count: int) -> Core:
    """Around hull kit `count`, priced at the ratio of the step that comes next."""
    stock = hull.stock(count, len(values))
    ratio = hull.steps[count].ratio
    # what a part loses by its other number of units; rounding may leave a little less than nothing
    losses = [
        (loss if (loss := gain - ratio * cost if stock[part] else ratio * cost - gain) > 0 else 0.0, part)
        for part, cost, gain in hull.single
    ]
    for part in hull.several:
        here, cost = stock[part], costs[part]
        worth = [level - ratio * cost * units for units, level in enumerate(values[part])]
        own = worth.pop(here)
        losses.append((max(0.0, own - max(worth)), part))
    if hull.several:
        losses.sort(key=itemgetter(1))
    # By one number takes less than by pairs, and equal ones stay in order of parts.
    losses.sort(key=itemgetter(0))
    return Core(tuple(stock), ratio, tuple(losses))


def _changes(
    values: Values, costs: Sequence[int], core: Core, part: int, wanted: Iterable[int], limit: float
) -> list[tuple[int, int, float]]:
    """(units, cost, value) of the other wanted numbers of units that lose less than `limit` against the LP bound."""
    here, levels = core.stock[part], values[part]
    found = []
    for units in wanted:
        more, gain = costs[part] * (units - here), levels[units] - levels[here]
        if units != here and core.ratio * more - gain < limit:
            found.append((units, more, gain))
    return found


def reach(near: int, win: float) -> int:
    """How many parts to exchange around a hull kit whose next step wins the share `win` of the rate."""
    return near + (4 if win > 3e-3 else 2 if win > 1e-3 else 0)


def nearby(values: Values, costs: Sequence[int], core: Core, most: int) -> list[State]:
    """Undominated changes (cost, value) of the hull kit in its `most` nearest parts."""
    states: list[State] = [(0, 0.0, None)]
    for _, part in core.parts[:most]:
        here, top = core.stock[part], len(values[part])
        near = range(max(0, here - 2), min(top, here + 3))
        states = extended(states, part, _changes(values, costs, core, part, near, inf))
    return states


@dataclass(frozen=True, slots=True)
class Found:
    """Best change of the hull kit: cost and value relative to it. `slack`: value that a better one could still add to
    it, or to what was known before (0 = proven). `spent`: sums looked at."""

    cost: int
    value: float
    stock: tuple[int, ...]
    slack: float
    spent: int


def core_search(
    values: Values,
    costs: Sequence[int],
    core: Core,
    *,
    room: int | None = None,
    need: float | None = None,
    first: State = (0, 0.0, None),
    cap: int = 60_000,
    within: float = 0.0,
    known: float = -inf,
) -> Found:
    """Most value within `room` more cost, or least cost for `need` more value; `first` must be such a change.

    `within`: a change that adds no more than this is not looked for. `known`: value within the room that is reached
    already, by another kit.
    """
    best, rest = first, inf

    def gap() -> float:
        if room is not None:
            return core.ratio * room - max(best[1], known)
        return core.ratio * best[0] - (need or 0.0)

    states: list[State] = [(0, 0.0, None)]
    eps, spent = 1e-13 + within, len(core.parts)
    for loss, part in core.parts:
        if loss >= gap() - eps:
            break
        changes = _changes(values, costs, core, part, range(len(values[part])), gap() - within)
        spent += len(states) * (1 + len(changes))
        states = extended(states, part, changes)
        best = _better(states, best, room, need)
        limit = gap() - eps
        states = [s for s in states if core.ratio * s[0] - s[1] < limit]
        if len(states) > cap:
            states.sort(key=lambda s: core.ratio * s[0] - s[1])
            rest = min(rest, core.ratio * states[cap][0] - states[cap][1])
            states = sorted(states[:cap], key=itemgetter(0))
    slack = max(0.0, gap() - rest, min(gap(), within))
    return Found(best[0], best[1], unfold(best[2], core.stock), slack, spent)


def stretch(
    values: Values, costs: Sequence[int], core: Core, limit: float, cap: int
) -> tuple[list[State], float, int]:
    """Changes (cost, value) of the hull kit that lose less than `limit` against the LP bound, for all budgets at once.

    Returns the undominated ones, the loss that every change reaches which is not among them nor dominated (`limit`,
    or less where there were more than `cap`), and the sums looked at.
    """
    states: list[State] = [(0, 0.0, None)]
    spent = len(core.parts)
    for loss, part in core.parts:
        if loss >= limit:
            break
        changes = _changes(values, costs, core, part, range(len(values[part])), limit)
        spent += len(states) * (1 + len(changes))
        states = [s for s in extended(states, part, changes) if core.ratio * s[0] - s[1] < limit]
        if len(states) > cap:
            losses = sorted(core.ratio * s[0] - s[1] for s in states)
            limit = losses[cap]
            states = [s for s in states if core.ratio * s[0] - s[1] < limit]
    return states, limit, spent


def _better(states: list[State], best: State, room: int | None, need: float | None) -> State:
    if room is not None:  # sorted by cost, value rising with it: the last that fits
        at = bisect_right(states, room, key=itemgetter(0)) - 1
        return states[at] if at >= 0 and states[at][1] > best[1] else best
    at = bisect_right(states, (need or 0.0) - 1e-15, key=itemgetter(1))
    return states[at] if at < len(states) and states[at][0] < best[0] else best
