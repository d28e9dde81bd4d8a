"""Many budgets at once: the stretch of money that one chunk of the hull covers, split into cases for all of it.

Where the hull takes a large chunk in one step, its straight line is far above what kits within the stretch can fill,
and the search for each single budget would meet the same cases again and again. A case (some items aboard, some kept
out) with a hull of its own holds for every budget: the highest of the cases bounds the whole stretch, and the kits of
their hulls are candidates in all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mps_module.engine.kit.cover import Choice, Cover
from mps_module.engine.kit.front import Front, filled, insert
from mps_module.engine.kit.search import Case
from mps_module.engine.kit.tree import Ladder

MARGIN = 1.1  # budgets that come to be of interest later may have wider gaps than the first ones
SHRUNK = 0.9  # kits found that narrow the gap to this share make it worth to begin anew


class Fork:
    """The cases of one chunk of the hull. `ends`: budgets of interest, rising. `front`: the kits known, which grow."""

    def __init__(self, cover: Cover, ladder: Ladder, front: Front, ends: Sequence[int]) -> None:
        self.cover, self.ladder, self.front, self.ends = cover, ladder, front, list(ends)
        self.kits: list[Choice] = []
        # with what their taken items cost, and their bounds at the ends
        self.cases: list[tuple[Case, int, list[float]]] = []
        self.gap = 0.0  # kits that lie lower than this under the hull's line are in none of the cases

    def have(self, budget: int) -> int:
        return filled(self.front, budget)

    def start(self, gap: float) -> int:
        """Leave out what every kit less than `gap` under the hull's line has or lacks; the work of it."""
        whole = Case.whole(self.cover, self.ladder, self.ends[-1])
        self.cases, self.gap = [], gap * MARGIN
        core = whole.narrowed(whole.bound - self.gap)
        if core is None:
            return 0
        self.add(core)
        return core.size

    def renew(self, ends: Sequence[int]) -> None:
        """Other budgets of interest, in the same stretch; the cases hold for them as well."""
        cases, self.cases, self.ends = self.cases, [], list(ends)
        for case, _, _ in cases:
            self.add(case)

    def add(self, case: Case) -> None:
        """A case, with the kits of its hull, and those that use up each end's budget."""
        spent = self.cover.cost(case.taken)
        self.climb(case, spent)
        bounds = []
        for end in self.ends:
            here = replace(case, left=end - spent)
            bounds.append(here.bound if end >= spent else 0.0)
            if bounds[-1] >= self.have(end) + 1:
                cost, weight, items = here.hull_kit(self.cover)
                if insert(self.front, cost, weight):
                    self.kits.append((cost, weight, items))
        self.cases.append((case, spent, bounds))

    def climb(self, case: Case, spent: int) -> None:
        """The kits of the case's own hull, up to the last end."""
        steps, ladder = case.ladder.steps, case.ladder
        for count, (cost, weight) in enumerate(zip(ladder.costs, ladder.values, strict=True)):
            if spent + cost > self.ends[-1]:
                break
            if insert(self.front, spent + cost, case.won + weight):
                items = case.taken.union(*(step.items for step in steps[:count]))
                self.kits.append((spent + cost, case.won + weight, items))

    def widest(self, enough: Sequence[float]) -> int | None:
        """The end at which the cases leave most above what is enough; None where they leave nothing."""
        if not self.cases:
            return None
        found, most = None, 0.0
        for at, column in enumerate(zip(*(bounds for _, _, bounds in self.cases), strict=True)):
            gap = max(column) - enough[at]
            if gap > most:
                found, most = at, gap
        return found

    def split(self, at: int) -> int:
        """Split the case that is highest at one of the ends; the work of it, 0 where it cannot be split."""
        number = max(range(len(self.cases)), key=lambda n: self.cases[n][2][at])
        case, spent, bounds = self.cases[number]
        here = replace(case, left=self.ends[at] - spent)
        if not here.ladder.price(here.left):
            return 0
        item, wide = here.split(), replace(case, left=self.ends[-1] - spent)
        halves = [wide.decided([], frozenset([item])), wide.decided([item], frozenset())]
        del self.cases[number]
        before = len(self.cases)
        for half in halves:
            if half is not None:
                self.add(half)
        for _, _, own in self.cases[before:]:  # no case holds more than the one it came from
            own[:] = map(min, own, bounds)
        return 2 * case.size

    def bound(self, budget: int) -> float:
        """A weight that no kit within the budget exceeds."""
        found = self.ladder.bound(budget) - self.gap
        for case, spent, _ in self.cases:
            if spent <= budget:
                found = max(found, case.won + case.ladder.bound(budget - spent))
        return found
