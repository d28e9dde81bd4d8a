"""The solvers for independent part needs: one job per restock as a knapsack, tours by weighted logarithms."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import exp, gcd, inf, log, log1p, prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mps_module.engine.kit.front import unfold
from mps_module.engine.kit.hull import (
    Core,
    Hull,
    core_of,
    core_search,
    hull_of,
    nearby,
    pareto,
    reach,
    stretch,
)
from mps_module.engine.kit.shelf import Stock
from mps_module.engine.kit.sketch import Choice, Ruling, Sketch
from mps_module.engine.kit.tours import Table, table
from mps_module.engine.kit.values import Take

if TYPE_CHECKING:
    from mps_module.engine.kit.independent import IndependentModel

FLOOR = 1e-30  # stands in for a chance of 0 in logarithms; rates are worked out from the true chances
PARETO_WORK = 400_000


def logs(tables: Sequence[Table], weights: Sequence[float]) -> list[list[float]]:
    """By part and units: the weighted sum over terms of the logarithm of the factor."""
    return [
        [sum(w * log(max(f, FLOOR)) for w, f in zip(weights, row, strict=True) if w) for row in levels]
        for levels in tables
    ]


def _rate(value: float) -> float:
    return 0.0 if value < log(FLOOR) / 2 else min(1.0, exp(value))


STATES = 1500  # kits kept of one stretch


class OneJob(Sketch):
    """log(rate) is a sum over parts: all kits by dynamic programming, or hull, neighbours and core search."""

    convex = True
    slices, effort, work, patience = 900, 1000, 2_000_000, 4  # most are settled in a few milliseconds
    stretch_work = 1_000_000

    def __init__(self, model: IndependentModel, costs: Sequence[int], near: int) -> None:
        self.model, self.costs = model, costs
        self.values = logs(model.tables, [1.0])
        self.hull = hull_of(self.values, costs)
        self.cores: dict[int, Core] = {}
        self.walked = (0, [0] * len(costs))
        self.choices = []
        # chunk of the hull -> (costs, values of its kits that matter, how far below the LP bound all others lie)
        self.stretches: dict[int, tuple[list[int], list[float], float]] = {}
        all_kits = pareto(self.values, costs, PARETO_WORK) if self._may_list() else None
        self.exact = all_kits is not None
        if all_kits is not None:
            self.choices = [(cost, _rate(value), (0, node)) for cost, value, node in all_kits]
            return
        for count, (cost, value) in enumerate(zip(self.hull.costs, self.hull.values, strict=True)):
            self.choices.append((cost, _rate(value), (count, None)))
            if count < len(self.hull.steps) and self.hull.steps[count].value > 3e-4:
                self._neighbours(count, cost, value, reach(near, self.hull.steps[count].value))

    def _may_list(self) -> bool:
        """Listing all undominated kits is tried only where there is hope that it stays within its work."""
        span = self.hull.costs[-1] // (gcd(*self.costs) or 1) + 1
        rows = sum(len(levels) for levels in self.values)
        return len(self.values) <= 40 or rows * span <= 2 * PARETO_WORK

    def _core(self, count: int) -> Core:
        if count not in self.cores:
            self.cores[count] = core_of(self.values, self.costs, self.hull, count)
        return self.cores[count]

    def _neighbours(self, count: int, cost: int, value: float, near: int) -> None:
        core = self._core(count)
        room = 2 * self.hull.steps[count].cost
        for more, gain, node in nearby(self.values, self.costs, core, near):
            if cost + more >= 0 and more < room:
                self.choices.append((cost + more, _rate(value + gain), (count, node)))

    def stock(self, reference: Any) -> Stock:
        count, node = reference
        reached, units = self.walked
        if reached > count:
            reached, units = 0, [0] * len(self.values)
        for step in self.hull.steps[reached:count]:
            units[step.part] = step.high
        self.walked = (count, units)  # the next one asked for lies mostly a little further on
        return unfold(node, units)

    def bound(self, budget: float) -> float:
        value = self.hull.bound(budget)
        known = self.stretches.get(bisect_right(self.hull.costs, budget) - 1)
        if known is not None:
            costs, values, limit = known
            at = bisect_right(costs, budget) - 1
            value = min(value, max(value - limit, values[at] if at >= 0 else -inf))
        return _rate(value) if value > -inf else 0.0

    def sharpen(self, kits: Sequence[Choice], within: float) -> list[Choice]:
        """All kits that matter between two of the hull at once, where several stretches there are wide."""
        wide: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for kit, following in pairwise(kits):
            end = following.cost - 1
            if end >= kit.cost and self.bound(end) > kit.rate * (1 + within):
                count = bisect_right(self.hull.costs, end) - 1
                gap = self.hull.bound(end) - log(max(kit.rate, FLOOR) * (1 + within))
                wide[count].append((end, gap))
        work, found = self.stretch_work, []
        for count, slices in sorted(wide.items(), key=lambda each: -len(each[1])):
            if len(slices) < 2 or count >= len(self.hull.steps) or work <= 0:
                continue
            core = self._core(count)
            widest = max(gap for _, gap in slices)
            states, limit, spent = stretch(self.values, self.costs, core, widest, STATES)
            work -= spent
            base, value = self.hull.costs[count], self.hull.values[count]
            self.stretches[count] = (
                [base + c for c, _, _ in states],
                [value + v for _, v, _ in states],
                limit,
            )
            upto = base + self.hull.steps[count].cost
            found += [(base + c, value + v, (count, node)) for c, v, node in states if 0 <= base + c < upto]
        return self._new(kits, found)

    def _new(self, kits: Sequence[Choice], found: list[tuple[int, float, Any]]) -> list[Choice]:
        """Those that fill more than every kit known that is no dearer."""
        known, best, new = list(kits), 0.0, []
        for cost, value, reference in sorted(found, key=itemgetter(0)):
            at = bisect_right(known, cost, key=lambda kit: kit.cost) - 1
            best = max(best, known[at].rate if at >= 0 else 0.0)
            if _rate(value) > best + 1e-12:
                best = _rate(value)
                new.append(Choice(cost, best, self.stock(reference)))
        return new

    def settle(self, budget: int, best: Choice, effort: int, within: float = 0.0) -> Ruling:
        count = _whole(self.hull, budget)
        if count == len(self.hull.steps):
            stock = tuple(self.hull.stock(count, len(self.values)))
            return Ruling(Choice(self.hull.costs[-1], self.model.rate(stock), stock), self.bound(budget))
        core = self._core(count)
        base_cost, base = self.hull.costs[count], self.hull.values[count]
        known, near = log(max(best.rate, FLOOR)) - base, log1p(within)
        found = core_search(
            self.values, self.costs, core, room=budget - base_cost, cap=effort, within=near, known=known
        )
        rate = self.model.rate(found.stock)
        if rate > best.rate:
            best = Choice(base_cost + found.cost, rate, found.stock)
        if not found.slack:
            return Ruling(best, best.rate, found.spent)
        return Ruling(best, max(best.rate, _rate(base + max(found.value, known) + found.slack)), found.spent)


def _whole(hull: Hull, budget: float) -> int:
    """Steps that fit whole within the budget."""
    count = 0
    while count < len(hull.steps) and hull.costs[count + 1] <= budget:
        count += 1
    return count


class Tour(Sketch):
    """The rate is a mean of products. Candidates: hulls of weighted logarithms. Bound: secants (partial), or the
    first job of the tour, which finds the trunk full (all-or-nothing)."""

    SEGMENTS = 24
    slices, effort, patience = 24, 1000, 0

    def __init__(self, model: IndependentModel, costs: Sequence[int], near: int) -> None:
        self.model, self.costs = model, costs
        jobs = model.jobs
        if model.take is Take.PARTIAL:
            self.partial = model.tables
        else:
            self.partial = tuple(
                table(pmf, most, jobs, Take.PARTIAL)
                for pmf, most in zip(model.pmfs, model.shelf.limits, strict=True)
            )
        ones = [[1.0 if k == job else 0.0 for k in range(jobs)] for job in range(jobs)]
        self.by_job = [hull_of(logs(self.partial, one), costs) for one in ones]
        self.choices = []
        # early jobs weigh more where little is aboard: the later ones are broken anyway
        for lean in (0.0, 0.5, 1.0, 2.0, 4.0):
            raw = [exp(-lean * job / jobs) for job in range(jobs)]
            self._along(hull_of(logs(self.partial, [w / sum(raw) for w in raw]), costs))
        self._segments()

    def _along(self, hull: Hull) -> None:
        stock = [0] * len(self.costs)
        rates = self.model.terms
        terms = [prod(levels[0][k] for levels in self.model.tables) for k in range(len(rates))]
        self.choices.append((0, sum(map(float.__mul__, terms, rates)), (hull, 0)))
        for count, step in enumerate(hull.steps, 1):
            old, new = self.model.tables[step.part][step.low], self.model.tables[step.part][step.high]
            stock[step.part] = step.high
            if min(old) > FLOOR and all(terms):
                terms = [t * b / a for t, a, b in zip(terms, old, new, strict=True)]
            else:  # no way back from a chance of 0, so from the beginning
                rows = [levels[units] for levels, units in zip(self.model.tables, stock, strict=True)]
                terms = [prod(row[k] for row in rows) for k in range(len(rates))]
            rate = sum(map(float.__mul__, terms, rates))
            self.choices.append((hull.costs[count], min(1.0, max(0.0, rate)), (hull, count)))

    def stock(self, reference: Any) -> Stock:
        hull, count = reference
        return tuple(hull.stock(count, len(self.costs)))

    def _upper(self, budget: float) -> list[float]:
        """By job: the best that could be done for this job alone."""
        return [_rate(hull.bound(budget)) for hull in self.by_job]

    def _segments(self) -> None:
        """Secant bounds for slices of the budget axis, ready for `bound`: (from, until, constant, hull)."""
        self.secants: list[tuple[int, int, float, Hull]] = []
        if self.model.take is not Take.PARTIAL:
            return
        reach: list[tuple[int, float]] = []
        for cost, rate in sorted((cost, rate) for cost, rate, _ in self.choices):
            if not reach or rate > reach[-1][1]:
                reach.append((cost, rate))
        every = max(1, len(reach) // self.SEGMENTS)
        for at in range(0, len(reach), every):
            until = reach[min(at + every, len(reach) - 1)][0]
            constant, slopes = self._secants(reach[at][1], until)
            self.secants.append(
                (reach[at][0], until, constant, hull_of(logs(self.partial, slopes), self.costs))
            )

    def _secants(self, known: float, budget: float) -> tuple[float, list[float]]:
        """(constant, slope by job) with rate <= constant + sum of slope x log(chance), for the kits within the
        budget that fill `known` or more.

        Each job's chance e^x lies between what the known rate forces (all other jobs at their best) and its own
        best; on that interval the convex e^x is below its secant, and a weighted sum of the x is a sum over parts.
        """
        upper = self._upper(budget)
        constant, slopes = 0.0, []
        for mine in upper:
            top = max(mine, FLOOR)
            low = max(len(upper) * known - (sum(upper) - mine), FLOOR)
            slope = top if top - low < 1e-12 else (top - low) / (log(top) - log(low))
            slopes.append(slope / len(upper))
            constant += (top - slope * log(top)) / len(upper)
        return constant, slopes

    def bound(self, budget: float) -> float:
        upper = self._upper(budget)
        if self.model.take is not Take.PARTIAL:
            return upper[0]
        best = sum(upper) / len(upper)
        for start, until, constant, hull in self.secants:
            if start <= budget <= until:
                best = min(best, constant + hull.bound(budget) + 1e-12)
        return min(1.0, best)

    def settle(self, budget: int, best: Choice, effort: int, within: float = 0.0) -> Ruling:
        bound = self.bound(budget)
        if self.model.take is not Take.PARTIAL:
            return Ruling(best, max(best.rate, bound))
        for _ in range(3):
            constant, slopes = self._secants(best.rate, budget)
            values = logs(self.partial, slopes)
            hull = hull_of(values, self.costs)
            count = _whole(hull, budget)
            cost, top, stock = (
                hull.costs[count],
                constant + hull.values[count],
                hull.stock(count, len(self.costs)),
            )
            if count < len(hull.steps):
                # the same secants as values of a knapsack, solved with whole units
                core = core_of(values, self.costs, hull, count)
                found = core_search(values, self.costs, core, room=budget - cost, cap=effort)
                cost, top, stock = cost + found.cost, top + found.value + found.slack, list(found.stock)
            bound = min(bound, top + 1e-12)
            rate = self.model.rate(stock)
            if rate <= best.rate:
                break
            best = Choice(cost, rate, tuple(stock))
        return Ruling(best, max(best.rate, bound))
