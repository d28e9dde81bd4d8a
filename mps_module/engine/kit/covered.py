"""The solver of the job history: jobs as sets of units, and all-or-nothing tours that are replayed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import gcd, inf
from typing import TYPE_CHECKING, Any

from mps_module.engine.kit.cover import Cover, between, downward, upward
from mps_module.engine.kit.fork import SHRUNK, Fork
from mps_module.engine.kit.front import Front, insert
from mps_module.engine.kit.search import Cores, settle
from mps_module.engine.kit.shelf import Stock
from mps_module.engine.kit.sketch import Choice, Ruling, Sketch
from mps_module.engine.kit.tree import Ladder

if TYPE_CHECKING:
    from mps_module.engine.kit.history import HistoryModel, Needs

REPLAYS = 150
ROUNDS = 8  # of splitting cases, each with the kits that the one before has found


class Covered(Sketch):
    """Jobs as sets of units; parts that cost nothing are aboard from the start."""

    convex = True
    effort, work, fork_work = 8000, 30_000, 400_000

    def __init__(
        self, model: HistoryModel, demands: Iterable[tuple[Needs, int]], costs: Sequence[int], near: int
    ) -> None:
        self.model, self.limits = model, model.shelf.limits
        self.first: list[int] = []
        self.part_of: list[int] = []
        before, item_costs = [], []
        for part, most in enumerate(self.limits):
            self.first.append(len(before))
            for unit in range(most if costs[part] else 0):
                before.append(len(before) - 1 if unit else -1)
                item_costs.append(costs[part])
                self.part_of.append(part)
        self.gift = [0 if costs[part] else most for part, most in enumerate(self.limits)]
        self.base = model.free
        needs: Counter[tuple[int, ...]] = Counter()
        for wanted, weight in demands:
            needs[tuple(self.first[i] + u for i, units in wanted if costs[i] for u in range(units))] += weight
        self.base += needs.pop((), 0)
        self.cover = Cover.of(item_costs, before, dict(needs))
        self.steps = self.cover.chunks()
        self.ladder = Ladder.of(self.cover, self.steps)
        self.cores = Cores(self.cover, self.ladder)
        self.forks: dict[int, Fork] = {}
        self.unit = gcd(*self.cover.weights) or 1
        self.walked: dict[int, tuple[int, list[int]]] = {}
        self.choices = [(cost, self._rate(value), aboard) for cost, value, aboard in self._paths(near)]

    def _rate(self, value: float) -> float:
        return min(1.0, (self.base + value) / self.model.total)

    def _paths(self, near: int) -> Iterable[tuple[int, int, Any]]:
        """Kits as (path, entries of the path), unfolded only if they are kept; exchanges as sets."""
        down = list(downward(self.cover, frozenset(item for step in self.steps for item in step.items)))
        self.ways = [
            [(step.items, step.value) for step in self.steps],
            list(upward(self.cover)),
            [((item,), lost) for item, lost in reversed(down)],
        ]
        front: Front = []
        for number, way in enumerate(self.ways):
            cost = value = 0
            yield 0, 0, (number, 0)
            for count, (items, won) in enumerate(way, 1):
                cost += self.cover.cost(items)
                value += won
                if insert(front, cost, value):
                    yield cost, value, (number, count)
        yield from between(self.cover, self.steps, front, near, 3e-4)

    def stock(self, reference: Any) -> Stock:
        if isinstance(reference, frozenset):
            units = list(self.gift)
            for item in reference:
                units[self.part_of[item]] += 1
            return tuple(units)
        way, count = reference
        reached, units = self.walked.get(way, (0, self.gift))
        if reached > count:
            reached, units = 0, self.gift
        units = list(units)
        for items, _ in self.ways[way][reached:count]:
            for item in items:
                units[self.part_of[item]] += 1
        self.walked[way] = (count, units)  # the next one asked for lies mostly a little further on
        return tuple(units)

    def bound(self, budget: float) -> float:
        top = self.ladder.bound(budget)
        fork = self.forks.get(bisect_right(self.ladder.costs, budget) - 1)
        if fork is not None:
            top = min(top, fork.bound(int(budget)))
        return self._rate((top + 1e-6) // self.unit * self.unit)  # whole jobs only

    def sharpen(self, kits: Sequence[Choice], within: float) -> list[Choice]:
        """Cases for the chunks of the hull that hold wide stretches. What is found splits these, so some rounds are made."""
        front: Front = []
        for kit in kits:
            insert(front, kit.cost, round(kit.rate * self.model.total) - self.base)
        work, found = self.fork_work, []
        for _ in range(ROUNDS):
            wide = self._wide(front, within)
            if not wide or work <= 0:
                break
            for chunk, ends in wide.items():
                fork = self.forks.get(chunk)
                if fork is None:
                    fork = self.forks[chunk] = Fork(self.cover, self.ladder, front, ends)
                    work -= self._start(fork, within, inf)
                else:
                    fork.renew(ends)
                    work -= self._start(fork, within, fork.gap / 2)
                work -= self._split(fork, within, work)
                found += fork.kits
                fork.kits = []
        return [Choice(cost, self._rate(value), self.stock(items)) for cost, value, items in found]

    def _start(self, fork: Fork, within: float, last: float) -> int:
        """Begin with the gap of the kits known; anew, and with less to decide, where that finds much better ones."""
        work = 0
        while True:
            gap = max(
                fork.ladder.bound(end) - least
                for end, least in zip(fork.ends, self._enough(fork, within), strict=True)
            )
            if gap <= 0 or gap > SHRUNK * last:
                return work
            last = gap
            work += fork.start(gap)

    def _wide(self, front: Front, within: float) -> dict[int, list[int]]:
        """By chunk of the hull, those with most first: last budgets before a next kit where more could be missed."""
        wide: defaultdict[int, list[int]] = defaultdict(list)
        for (cost, filled), (following, _) in pairwise(front):
            end = following - 1
            if end >= cost and self.bound(end) > self._rate(filled) * (1 + within):
                wide[bisect_right(self.ladder.costs, end) - 1].append(end)
        wide.pop(len(self.steps), None)
        return dict(sorted(wide.items(), key=lambda each: (-len(each[1]), each[0])))

    def _enough(self, fork: Fork, within: float) -> list[float]:
        unit = self.unit  # whole jobs, as in `bound`
        have = map(fork.have, fork.ends)
        return [filled + (within * (self.base + filled) // unit + 1) * unit - 1e-6 for filled in have]

    def _split(self, fork: Fork, within: float, most: int) -> int:
        """Split cases where the gap is widest until none is too wide, or the work is done; the work."""
        done = 0
        while done < most:
            at = fork.widest(self._enough(fork, within))
            work = fork.split(at) if at is not None else 0
            if not work:
                break
            done += work
        return done

    def settle(self, budget: int, best: Choice, effort: int, within: float = 0.0) -> Ruling:
        aboard = frozenset(
            self.first[part] + unit
            for part, units in enumerate(best.stock)
            if not self.gift[part]
            for unit in range(units)
        )
        start = (self.cover.cost(aboard), self.cover.value(aboard), aboard)
        slack = int(within * (self.base + start[1]))
        found = settle(self.cores, budget, start, effort, slack)
        cost, value, items = found.best
        return Ruling(
            Choice(cost, self._rate(value), self.stock(items)), self._rate(found.bound), found.spent
        )


class Replay(Sketch):
    """All-or-nothing tours: kits that are good for partial tours, or for single jobs, replayed and then improved."""

    slices, patience = 48, 0

    def __init__(self, model: HistoryModel, costs: Sequence[int], near: int) -> None:
        self.model, self.costs = model, costs
        self.single = Covered(model, model.own_demands, costs, near)
        self.choices = []
        for source in (Covered(model, model.demands, costs, near), self.single):
            kept: dict[int, Any] = {}
            for _cost, rate, reference in source.choices:
                kept.setdefault(int(rate * REPLAYS), reference)
            for reference in kept.values():
                stock = source.stock(reference)
                self.choices.append((sum(map(int.__mul__, stock, costs)), model.rate(stock), stock))

    def stock(self, reference: Any) -> Stock:
        return reference

    def bound(self, budget: float) -> float:
        return self.single.bound(budget)

    def settle(self, budget: int, best: Choice, effort: int, within: float = 0.0) -> Ruling:
        """One unit more, or one unit of another part instead, as long as that fills more jobs."""
        bound = self.bound(budget)
        replays = min(REPLAYS, max(10, effort // len(self.model.tours)))
        while best.rate < bound - 1e-12 and replays > 0:
            better = None
            for change in _exchanges(best, self.costs, self.model.shelf.limits, budget):
                replays -= 1
                rate = self.model.rate(change)
                if rate > best.rate:
                    better = Choice(sum(map(int.__mul__, change, self.costs)), rate, change)
                    break
                if replays <= 0:
                    break
            if better is None:
                break
            best = better
        return Ruling(best, max(best.rate, bound))


def _exchanges(best: Choice, costs: Sequence[int], limits: Stock, budget: int) -> Iterable[Stock]:
    for added, cost in enumerate(costs):
        if best.stock[added] >= limits[added]:
            continue
        more = list(best.stock)
        more[added] += 1
        if best.cost + cost <= budget:
            yield tuple(more)
            continue
        for dropped, units in enumerate(best.stock):
            if units and dropped != added and best.cost + cost - costs[dropped] <= budget:
                less = list(more)
                less[dropped] -= 1
                yield tuple(less)
