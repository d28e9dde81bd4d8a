"""The bound of one question on the job history, and the branches of one case at its own price."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import gcd, inf

from mps_module.engine.kit.closure import Chunk
from mps_module.engine.kit.cover import Choice, Cover

EPS = 1e-6
DEEPEST = 400  # decisions on one branch: Python's own stack has an end


@dataclass(frozen=True, slots=True)
class Settled:
    """Best kit found within a budget, and a weight that no kit within it exceeds."""

    best: Choice
    bound: int
    spent: int = 0  # branches, and items and jobs of new hulls

    @property
    def proven(self) -> bool:
        return self.bound <= self.best[1]


@dataclass(frozen=True)
class Ladder:
    """The hull's chunks with the cost and weight after each (entry 0: nothing aboard), and the books.

    Not slotted, for the sake of `cached_property`: only a search for one budget needs the books.
    """

    cover: Cover
    steps: tuple[Chunk, ...]
    costs: tuple[int, ...]
    values: tuple[int, ...]

    @classmethod
    def of(cls, cover: Cover, steps: Sequence[Chunk]) -> Ladder:
        costs = accumulate((step.cost for step in steps), initial=0)
        values = accumulate((step.value for step in steps), initial=0)
        return cls(cover, tuple(steps), tuple(costs), tuple(values))

    @cached_property
    def rates(self) -> tuple[float, ...]:
        """By item the weight per cost of its chunk, 0 for items that no job needs."""
        rates = [0.0] * len(self.cover.costs)
        for step in self.steps:
            for item in step.items:
                rates[item] = step.value / step.cost if step.cost else inf
        return tuple(rates)

    @cached_property
    def book(self) -> tuple[int, ...]:
        """By job the single item of the last chunk it needs, -1 where that chunk has several."""
        last = [-1] * len(self.cover.costs)
        for number, step in enumerate(self.steps):
            for item in step.items:
                last[item] = number
        ends = [self.steps[max([last[item] for item in items])].items for items in self.cover.jobs]
        return tuple([items[0] if len(items) == 1 else -1 for items in ends])

    def price(self, budget: int) -> float:
        """Weight per cost of the first chunk that does not fit; 0 where all fit."""
        count = bisect_right(self.costs, budget) - 1
        return 0.0 if count == len(self.steps) else self.steps[count].value / self.steps[count].cost

    def bound(self, budget: float) -> float:
        """LP bound on the weight of jobs that any kit within the budget fills."""
        count = bisect_right(self.costs, budget) - 1
        if count < 0 or count == len(self.steps):
            return float(self.values[count]) if count >= 0 else 0.0
        step = self.steps[count]
        return self.values[count] + (budget - self.costs[count]) * step.value / step.cost


class Tree:
    def __init__(
        self, cover: Cover, ladder: Ladder, budget: int, best: Choice, nodes: int, slack: int = 0
    ) -> None:
        self.cover, self.budget, self.best, self.nodes = cover, budget, best, nodes
        self.given = nodes
        self.steps = ladder.steps
        self.price, self.root = ladder.price(budget), ladder.bound(budget)
        self.unit = gcd(*cover.weights) or 1
        self.slack = slack // self.unit * self.unit
        self.rest = -inf  # highest bound among branches given up, or not worth the while
        self.book = ladder.book
        price = self.price
        self.reduced = [(rate - price) * cost for rate, cost in zip(ladder.rates, cover.costs, strict=True)]
        self.out = bytearray(len(cover.costs))
        self.taken = bytearray(len(cover.costs))
        self.dead = bytearray(len(cover.jobs))
        self.alive = sum(cover.weights)  # of jobs of which no item is out

    def limit(self) -> float:
        # in a part of the problem the best may be no multiple of the unit
        return (self.best[1] // self.unit + 1) * self.unit - EPS * self.unit

    def run(self) -> Settled:
        if not self.price:  # everything fits
            return self.everything()
        gap = self.root - self.limit() - self.slack
        if gap >= 0:
            # what cannot be changed within the gap stays as in the hull kit; the rest is decided, dearest first
            fixed = [i for i, r in enumerate(self.reduced) if abs(r) > gap]
            bound = self.root
            used = 0
            for item in fixed:
                if self.reduced[item] > 0:
                    self.taken[item] = 1
                    used += self.cover.costs[item]
            for item in fixed:
                if self.reduced[item] < 0:
                    bound = self.exclude(item, bound, [])
            if used <= self.budget:
                free = [
                    i
                    for i in range(len(self.reduced))
                    if abs(self.reduced[i]) <= gap or self.reduced[i] == 0.0
                ]
                free = [i for i in free if not self.out[i] and not self.taken[i]]
                self.order = sorted(free, key=lambda i: (-abs(self.reduced[i]), i))
                self.branch(0, used, bound)
        if self.slack and self.root >= self.limit():  # what lies within the slack was not looked for
            self.rest = max(self.rest, min(self.root, self.best[1] + self.slack))
        top = (
            self.best[1] if self.rest == -inf else max(self.best[1], int(self.rest // self.unit) * self.unit)
        )
        return Settled(self.best, top, self.given - self.nodes)

    def everything(self) -> Settled:
        full = frozenset(item for step in self.steps for item in step.items)
        if self.root > self.best[1]:
            self.best = (self.cover.cost(full), int(self.root), full)
        return Settled(self.best, self.best[1])

    def exclude(self, item: int, bound: float, undo: list[tuple[int, float]]) -> float:
        """Bound without the item; `undo` collects the books that changed (item, old) and the jobs (-1 - job, 0)."""
        self.out[item] = 1
        bound -= max(0.0, self.reduced[item])
        for job in self.cover.by_item[item]:
            if self.dead[job]:
                continue
            self.dead[job] = 1
            self.alive -= self.cover.weights[job]
            undo.append((-1 - job, 0.0))
            home = self.book[job]
            if home < 0 or home == item or self.out[home]:
                continue
            old, weight = self.reduced[home], self.cover.weights[job]
            undo.append((home, old))
            self.reduced[home] = old - weight
            bound -= weight if self.taken[home] else max(0.0, old) - max(0.0, old - weight)
        return bound

    def branch(self, depth: int, used: int, bound: float) -> None:
        if bound < self.limit() + self.slack:
            return
        if depth == len(self.order):
            if self.alive > self.best[1]:
                aboard = self.cover.settled({i for i, t in enumerate(self.taken) if t})
                self.best = (self.cover.cost(aboard), self.alive, aboard)
            return
        if self.nodes <= 0 or depth >= DEEPEST:
            self.rest = max(self.rest, bound)
            return
        self.nodes -= 1
        item = self.order[depth]
        cost, keep = self.cover.costs[item], self.reduced[item]
        ways = (True, False) if keep >= 0 else (False, True)
        for take in ways:
            if take:
                if used + cost <= self.budget:
                    self.taken[item] = 1
                    self.branch(depth + 1, used + cost, bound + min(0.0, keep))
                    self.taken[item] = 0
            else:
                undo: list[tuple[int, float]] = []
                self.branch(depth + 1, used, self.exclude(item, bound, undo))
                self.out[item] = 0
                for what, old in reversed(undo):
                    if what < 0:
                        self.dead[-1 - what] = 0
                        self.alive += self.cover.weights[-1 - what]
                    else:
                        self.reduced[what] = old
