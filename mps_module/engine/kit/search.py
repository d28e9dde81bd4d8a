"""One question on the job history, settled by branch and bound: most weight of jobs within a cost.

At the hull's price lambda every job is booked on the last chunk that it needs. An item of a chunk is then worth its
share of the chunk's value (the same weight per cost for each of its items; no part of a chunk can do better), so for
every kit within the budget

    value <= lambda x budget + sum over items aboard of (worth - lambda x cost)

with equality at the hull's kits. Deciding against the bound costs what the item loses; an item kept out also takes
the jobs it kills off the books of the single items they were booked on. Whole weights let a branch end as soon as it
cannot hold one unit of weight more than the best kit known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from math import gcd
from operator import attrgetter, itemgetter

from mps_module.engine.kit.closure import Chunk
from mps_module.engine.kit.cover import Choice, Cover
from mps_module.engine.kit.tree import EPS, Ladder, Settled, Tree

TREE = 1000  # branches at one price before the case is split
WORTH = 0.7  # a new hull is worth its work where no more than this share of the items is left
HULL = 4  # branches that take as long as one job or item of a new hull


@dataclass(frozen=True, slots=True)
class Case:
    """The problem with some items decided: what is left of it, and its hull."""

    taken: frozenset[int]
    left: int  # budget
    won: int  # weight of jobs that the taken items fill alone
    cover: Cover
    ladder: Ladder
    fresh: bool = True  # not narrowed yet

    @property
    def bound(self) -> float:
        return self.won + self.ladder.bound(self.left)

    def hull_kit(self, whole: Cover) -> Choice:
        """The hull's kit within the budget, and after it every chunk that still fits."""
        aboard, left = set[int](), self.left
        for step in self.ladder.steps:
            if step.cost <= left:
                aboard.update(step.items)
                left -= step.cost
        added = self.cover.settled(aboard)
        kit = self.taken | added
        return whole.cost(kit), self.won + self.cover.value(added), kit

    def split(self) -> int:
        """The dearest item of the chunk that the budget cuts in two."""
        step = self.ladder.steps[bisect_right(self.ladder.costs, self.left) - 1]
        return max(step.items, key=lambda item: (self.cover.costs[item], -item))

    @property
    def size(self) -> int:
        """Work of a new hull, in branches."""
        return HULL * (len(self.cover.jobs) + len(self.ladder.steps))

    @classmethod
    def whole(cls, cover: Cover, ladder: Ladder, budget: int) -> Case:
        return cls(frozenset(), budget, 0, cover, ladder)

    def decided(self, take: Iterable[int], bar: frozenset[int], *, fresh: bool = True) -> Case | None:
        """With more items aboard (and the units below them) or kept out; None where they do not fit."""
        added: set[int] = set()
        for item in take:
            while item >= 0 and item not in added:
                added.add(item)
                item = self.cover.before[item]
        left = self.left - self.cover.cost(added)
        if left < 0 or not bar.isdisjoint(added):
            return None
        won, needs = self.won, dict[tuple[int, ...], int]()
        # items of jobs that lack less from now on, and of jobs that cannot be filled any more
        helped, harmed = set[int](), set[int]()
        for weight, items in zip(self.cover.weights, self.cover.jobs, strict=True):
            if not bar.isdisjoint(items):
                harmed.update(items)
                continue
            missing = items
            if not added.isdisjoint(items):
                missing = tuple([item for item in items if item not in added])
                helped.update(missing)
            if missing:
                needs[missing] = needs.get(missing, 0) + weight
            else:
                won += weight
        before = [-1 if below in added else below for below in self.cover.before]
        cover = Cover.of(self.cover.costs, before, needs)
        steps = self._steps(cover, (added, helped), (bar, harmed))
        return Case(self.taken | added, left, won, cover, Ladder.of(cover, steps), fresh)

    def _steps(
        self, cover: Cover, take: tuple[Set[int], Set[int]], bar: tuple[Set[int], Set[int]]
    ) -> list[Chunk]:
        """The hull with some items decided; most chunks of this case's own hull stay as they are.

        `take`, `bar`: the items decided, and the others of their jobs. At each price the best set is nested in that of
        a case with more aboard, and holds that of a case with more kept out. So up to the last chunk that holds an
        item taken the same items are aboard at that chunk's price, in another order, and the chunks after it stay;
        and the chunks before the first that holds an item kept out stay. On either side only those items change that a
        chain of jobs ties to the decided ones.
        """
        (added, helped), (barred, harmed) = take, bar
        steps = self.ladder.steps
        last = max((n for n, step in enumerate(steps) if not added.isdisjoint(step.items)), default=-1)
        first = min(
            (n for n, step in enumerate(steps) if not barred.isdisjoint(step.items)), default=len(steps)
        )
        if last >= first:
            return cover.chunks()
        new = []
        if helped:
            new += cover.chunks(within=_items(steps[: last + 1]) - added, tied=helped)
        if harmed:
            new += cover.chunks(aboard=_items(steps[:first]), tied=harmed)
        moved, needed = _items(new), set[int]().union(*cover.jobs)
        kept = [step for step in steps if step.items[0] in needed and step.items[0] not in moved]
        return sorted([*kept, *new], key=attrgetter("rank"))

    def narrowed(self, least: float) -> Case | None:
        """Without the items that every kit of weight `least` or more has, or lacks; None where there is no such kit.

        Deciding an item against the bound costs what it loses. So most items are settled by a small gap alone, and a
        new hull of the few that are left lies lower.
        """
        gap, price = self.bound - least, self.ladder.price(self.left)
        if gap < 0:
            return None
        if not price:
            return replace(self, fresh=False)
        take, bar, left = [], set(), 0
        for item, (rate, cost) in enumerate(zip(self.ladder.rates, self.cover.costs, strict=True)):
            if not rate:
                continue
            if (rate - price) * cost > gap:
                take.append(item)
            elif (price - rate) * cost > gap:
                bar.add(item)
            else:
                left += 1
        if left > WORTH * (left + len(take) + len(bar)):
            return replace(self, fresh=False)
        return self.decided(take, frozenset(bar), fresh=False)


def _items(steps: Iterable[Chunk]) -> set[int]:
    return {item for step in steps for item in step.items}


class Cores:
    """What is left to decide around each chunk of the hull: found once, of use for every budget that cuts the chunk.

    All these budgets have one price, so an item that may be decided at one gap may be so at every smaller gap.
    """

    def __init__(self, cover: Cover, ladder: Ladder) -> None:
        self.cover, self.ladder = cover, ladder
        self.known: dict[int, tuple[float, Case]] = {}

    def at(self, budget: int, least: float) -> tuple[Case | None, int]:
        """The problem without what every kit of weight `least` or more has or lacks, and the work of finding it."""
        whole = Case.whole(self.cover, self.ladder, budget)
        chunk, gap = bisect_right(self.ladder.costs, budget) - 1, whole.bound - least
        if chunk in self.known and self.known[chunk][0] >= gap:
            core = self.known[chunk][1]
            left = budget - self.cover.cost(core.taken)
            return (replace(core, left=left) if left >= 0 else None), 0
        core = whole.narrowed(least)
        if core is None:
            return None, 0
        self.known[chunk] = (gap, replace(core, fresh=True))
        return core, core.size if core.cover is not self.cover else 0


def _tried(cover: Cover, case: Case, best: Choice, slack: int) -> tuple[Choice, float, int]:
    """A case at its own price: (best kit now known, most that the case can hold, work)."""
    inner = (0, best[1] - case.won, frozenset[int]())
    found = Tree(case.cover, case.ladder, case.left, inner, TREE, slack).run()
    if found.best[1] > inner[1]:
        kit = cover.settled(found.best[2] | case.taken)
        best = (cover.cost(kit), cover.value(kit), kit)
    return best, case.won + found.bound, found.spent


def _everything(ladder: Ladder) -> Settled:
    """The budget pays for all items."""
    full = frozenset(item for step in ladder.steps for item in step.items)
    return Settled((ladder.costs[-1], ladder.values[-1], full), ladder.values[-1])


def settle(cores: Cores, budget: int, best: Choice, effort: int = 200_000, slack: int = 0) -> Settled:
    """Improve `best` (a kit within the budget) until it is proven to `slack` units of weight or the effort is spent.

    Best-first over cases: the case with the highest bound is tried at its own price (`Tree`); what that leaves open
    is split into "with" and "without" the dearest item of the chunk that the budget cuts, each with a new hull.
    No item may be free of cost: its book could not be split at any price.
    """
    cover, ladder = cores.cover, cores.ladder
    if ladder.costs[-1] <= budget:
        return _everything(ladder)
    unit = gcd(*cover.weights) or 1
    given, slack = effort, slack // unit * unit
    near = best[1]  # what cases hold that are left within the slack
    queue: list[tuple[float, int, Case]] = []
    numbers = count()

    def enough() -> float:
        return best[1] + slack + unit - EPS * unit

    def put(case: Case | None, top: float) -> None:
        nonlocal near
        top = min(top, case.bound) if case else 0.0
        if case and top >= enough():
            heappush(queue, (-top, next(numbers), case))
        else:
            near = max(near, min(int(top + EPS), best[1] + slack))

    whole = Case.whole(cover, ladder, budget)
    best = max(best, whole.hull_kit(cover), key=itemgetter(1))
    core, spent = cores.at(budget, enough())
    effort -= spent
    put(core, whole.bound)
    near = max(near, min(int(whole.bound + EPS), best[1] + slack))
    while queue:
        bound, _, case = queue[0]
        if -bound < enough() or effort <= 0:
            break
        heappop(queue)
        best = max(best, case.hull_kit(cover), key=itemgetter(1))
        if case.fresh:
            narrow = case.narrowed(enough())
            effort -= narrow.size if narrow and narrow.cover is not case.cover else 0
            put(narrow, -bound)
            near = max(near, min(int(EPS - bound), best[1] + slack))
            continue
        best, reach, spent = _tried(cover, case, best, slack)
        effort -= spent
        top = min(-bound, reach)
        if top < enough():
            near = max(near, int(top + EPS))
            continue
        if effort < 2 * case.size:
            heappush(queue, (-top, next(numbers), case))
            break
        effort -= 2 * case.size
        item = case.split()
        put(case.decided([], frozenset([item])), top)
        put(case.decided([item], frozenset()), top)
    top = max([best[1], near, *(int((EPS - bound) // unit) * unit for bound, _, _ in queue)])
    return Settled(best, top, given - effort)
