"""Kits for jobs that need parts together: the sets between the hull's kits, and single questions settled by search.

An item is one more unit of a part (unit 2 counts only on top of unit 1). A job is filled when all its items are
aboard: the set-union knapsack problem (Goldschmidt, Nehme, Yu 1994). `closure.chunks` gives the exact hull; here are

* `upward`: from nothing, again and again the job (or jobs over the same missing items) that fills most weight per cost;
* `downward`: from everything useful, again and again the item whose loss costs least weight per cost saved;
* `between`: small exchanges around each hull kit;
* `search`: branch and bound. Every job's weight is booked on the last chunk it needs, so no kit can be worth more
  than the sum of the books of its items: a knapsack bound that shrinks whenever an excluded item kills jobs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import combinations, compress

from mps_module.engine.kit.closure import Chunk, chunks
from mps_module.engine.kit.front import Front, filled, insert
from mps_module.engine.kit.hull import Core, nearby, reach

Choice = tuple[int, int, frozenset[int]]  # (cost, weight of jobs filled, items aboard)
SMALL = 6  # larger sets of missing items count only their own jobs, not those of their subsets


@dataclass(frozen=True)
class Cover:
    """Items with their costs, and distinct jobs with the summed weight of those that need just these items.

    Not slotted, for the sake of `cached_property`: most covers live for one hull only.
    """

    costs: tuple[int, ...]
    before: tuple[int, ...]  # item of the unit below, -1 for none
    weights: tuple[int, ...]
    jobs: tuple[tuple[int, ...], ...]  # all items, the lower units too

    @classmethod
    def of(cls, costs: Sequence[int], before: Sequence[int], needs: dict[tuple[int, ...], int]) -> Cover:
        return cls(tuple(costs), tuple(before), tuple(needs.values()), tuple(needs))

    @cached_property
    def by_item(self) -> list[list[int]]:
        """The jobs that need it."""
        found: list[list[int]] = [[] for _ in self.costs]
        for job, items in enumerate(self.jobs):
            for item in items:
                found[item].append(job)
        return found

    @cached_property
    def upper(self) -> tuple[int, ...]:
        """Items that stand on another, the lower ones first."""
        return tuple(item for item, below in enumerate(self.before) if below >= 0)

    def chunks(
        self,
        aboard: Collection[int] = frozenset(),
        within: frozenset[int] | set[int] | None = None,
        tied: Collection[int] | None = None,
    ) -> list[Chunk]:
        """The hull, or a part of it: its steps when some items are `aboard` already and no others come than those
        `within`, and of these only the items that jobs tie to one of `tied`."""
        own: dict[int, int] = {}
        groups: dict[tuple[int, ...], int] = {}
        before = self.before
        for weight, items in zip(self.weights, self.jobs, strict=True):
            if within is not None and not within.issuperset(items):
                continue
            tops = tuple([item for item in items if item not in aboard]) if aboard else items
            if self.upper and len(tops) > 1:  # a lower unit is implied by the one above it
                implied = {before[item] for item in tops}
                tops = tuple([item for item in tops if item not in implied])
            if len(tops) > 1:
                groups[tops] = groups.get(tops, 0) + weight
            elif tops:
                own[tops[0]] = own.get(tops[0], 0) + weight
        if aboard:
            before = tuple([-1 if below in aboard else below for below in before])
        return chunks(self.costs, before, own, [(weight, tops) for tops, weight in groups.items()], tied)

    def value(self, aboard: frozenset[int] | set[int]) -> int:
        return sum(compress(self.weights, map(aboard.issuperset, self.jobs)))

    def settled(self, aboard: set[int] | frozenset[int]) -> frozenset[int]:
        """Without units that lack the unit below."""
        if not self.upper:
            return frozenset(aboard)
        kept = set(aboard)
        for item in self.upper:
            if item in kept and self.before[item] not in kept:
                kept.discard(item)
        return frozenset(kept)

    def cost(self, aboard: Collection[int]) -> int:
        return sum(map(self.costs.__getitem__, aboard))


def upward(cover: Cover) -> Iterator[tuple[tuple[int, ...], int]]:
    """(items added, weight of jobs filled by them), one job's missing items at a time."""
    weight: dict[tuple[int, ...], int] = dict(zip(cover.jobs, cover.weights, strict=True))
    holders: list[set[tuple[int, ...]]] = [set() for _ in cover.costs]
    for missing in weight:
        for item in missing:
            holders[item].add(missing)

    def gain(missing: tuple[int, ...]) -> int:
        if len(missing) > SMALL:
            return weight[missing]
        sizes = range(1, len(missing) + 1)
        return sum(weight.get(part, 0) for size in sizes for part in combinations(missing, size))

    def rank(missing: tuple[int, ...]) -> tuple[float, tuple[int, ...], int]:
        won, cost = gain(missing), sum(cover.costs[item] for item in missing)
        return (-won / cost if cost else float("-inf"), missing, won)

    heap = [rank(missing) for missing in weight]
    heapify(heap)
    while heap:
        _, missing, won = heappop(heap)
        if missing not in weight or gain(missing) != won:
            continue  # an entry with the present gain lies elsewhere in the heap
        yield missing, won
        added = set(missing)
        touched: set[tuple[int, ...]] = set().union(*(holders[item] for item in missing))
        changed: set[tuple[int, ...]] = set()
        for old in touched:
            moved = weight.pop(old)
            for item in old:
                holders[item].discard(old)
            new = tuple(item for item in old if item not in added)
            if new:
                weight[new] = weight.get(new, 0) + moved
                changed.add(new)
                for item in new:
                    holders[item].add(new)
        above: set[tuple[int, ...]] = set()
        for new in changed:  # sets that contain a changed one gain by it too
            above |= set.intersection(*(holders[item] for item in new))
        for found in above:
            heappush(heap, rank(found))


def downward(cover: Cover, aboard: frozenset[int]) -> Iterator[tuple[int, int]]:
    """(item dropped, weight of jobs lost), from `aboard` to nothing."""
    alive = [set(items) <= aboard for items in cover.jobs]
    loss = [0] * len(cover.costs)
    for job, items in enumerate(cover.jobs):
        if alive[job]:
            for item in items:
                loss[item] += cover.weights[job]

    def rank(item: int) -> tuple[float, int, int]:
        # of two units of a part with the same loss the upper one, whose number is higher, goes first
        return (loss[item] / cover.costs[item] if cover.costs[item] else float("inf"), -item, loss[item])

    left = set(aboard)
    heap = [rank(item) for item in left]
    heapify(heap)
    while heap:
        _, item, lost = heappop(heap)
        item = -item
        if item not in left or loss[item] != lost:
            continue
        yield item, lost
        left.discard(item)
        eased: set[int] = set()
        for job in cover.by_item[item]:
            if alive[job]:
                alive[job] = False
                for other in cover.jobs[job]:
                    loss[other] -= cover.weights[job]
                    eased.add(other)
        for other in eased & left:
            heappush(heap, rank(other))


def between(cover: Cover, steps: Sequence[Chunk], front: Front, near: int, least: float) -> Iterator[Choice]:
    """Exchanges of up to `near` chunks around each hull kit whose next step wins more than the share `least`.

    Only those that fill more than every cheaper kit of the `front`, which they join.
    """
    values = [[0.0, float(step.value)] for step in steps]
    costs = [step.cost for step in steps]
    aboard: set[int] = set()
    value = cost = 0
    for count, step in enumerate(steps):
        if step.cost and step.value > least * max(value, 1):
            ratio = step.value / step.cost
            window = range(max(0, count - 3 * near), min(len(steps), count + 3 * near + 1))
            losses = sorted((abs(ratio * costs[k] - values[k][1]), k) for k in window)
            stock = tuple([1] * count + [0] * (len(steps) - count))
            core = Core(stock, ratio, tuple(losses))
            for change, gain, node in nearby(values, costs, core, reach(near, step.value / max(value, 1))):
                if not 0 < cost + change < cost + 2 * step.cost:
                    continue
                # A job counts for the last chunk it needs, so the chunks' values are the most that the exchange fills.
                # Where a unit may lack the one below it costs less than it seems: then that is no reason to skip it.
                if not cover.upper and value + gain <= filled(front, cost + change):
                    continue
                found = _changed(cover, steps, aboard, (cost, value), node, count)
                if insert(front, found[0], found[1]):
                    yield found
        aboard.update(step.items)
        value += step.value
        cost += step.cost


def _changed(
    cover: Cover, steps: Sequence[Chunk], aboard: set[int], base: tuple[int, int], node: object, count: int
) -> Choice:
    """The hull kit with the node's chunks flipped, at its true value."""
    added: set[int] = set()
    dropped: set[int] = set()
    while node is not None:
        node, chunk, _ = node  # type: ignore[misc]
        (added if chunk >= count else dropped).update(steps[chunk].items)
    kit = cover.settled((aboard - dropped) | added)
    gone, come = aboard - kit, kit - aboard
    jobs, weights = cover.jobs, cover.weights
    lost = {job for item in gone for job in cover.by_item[item]}
    won = {job for item in come for job in cover.by_item[item]}
    value = base[1] - sum(weights[j] for j in lost if aboard.issuperset(jobs[j]))
    value += sum(weights[j] for j in won if kit.issuperset(jobs[j]))
    return base[0] - cover.cost(gone) + cover.cost(come), value, kit
