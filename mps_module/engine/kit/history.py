"""Kits scored on the jobs that were really done: which of them, or of their tours, would this trunk have filled?

One job per restock, and tours whose broken jobs take along what is there, come to the same form: job k of a tour is
filled when of each part it needs the trunk began with as many units as jobs 1..k asked for together. So every job is
a set of units that must be aboard, and `closure`, `cover` and `search` apply.

All-or-nothing tours are replayed. A broken job leaves its parts to later ones, so the trunk is never emptier than in
the partial tour (induction over the jobs), and the partial rate is a lower bound. One more unit can even cost a job:
it lets an early job be filled that takes what two later ones needed. The upper bound is that a job is filled at
best when its own needs fit the full trunk.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, product
from math import gcd, inf, lcm
from typing import Any

from mps_module.engine.kit.cover import Cover, between, downward, upward
from mps_module.engine.kit.fork import SHRUNK, Fork, Front, insert
from mps_module.engine.kit.search import Cores, Ladder, settle
from mps_module.engine.kit.shelf import Shelf, Stock
from mps_module.engine.kit.sketch import Choice, Grid, Ruling, Sketch, accumulate, cells, strides
from mps_module.engine.kit.values import History, Job, KitError, Part, Take

Needs = tuple[tuple[int, int], ...]  # (part index, units)
Tour = tuple[tuple[int, Needs], ...]  # (weight, needs) of the jobs that a kit could fill, in order
BOX_WORK = 2_000_000
REPLAYS = 150


@dataclass(frozen=True)
class HistoryModel:
    """Past jobs as whole numbers. Not slotted, for the sake of `cached_property`.

    Attributes:
        demands: distinct sets of units that fill a job, with the summed weight of such jobs.
        free: weight of jobs that need no part. total: weight of all jobs (those that no kit can fill too).
        tours: distinct all-or-nothing tours with their number; empty for the other modes.
    """

    shelf: Shelf
    history: History
    take: Take
    demands: tuple[tuple[Needs, int], ...]
    free: int
    total: int
    tours: tuple[tuple[Tour, int], ...]
    unknown_parts: tuple[str, ...]

    @classmethod
    def of(
        cls, parts: Iterable[Part], history: History | Iterable[Job], take: Take = Take.PARTIAL
    ) -> HistoryModel:
        """`history`: jobs in tours (see `demand.tours_of`), or plain jobs, each with a fresh trunk.

        Parts that jobs needed but that are not listed cannot be carried: those jobs count as broken.
        Raises KitError where there is no job with a weight.
        """
        listed = tuple(parts)
        past = history if isinstance(history, History) else History(tuple((job,) for job in history))
        chains = (*past.tours, *((job,) for job in past.assumed))
        jobs = [job for chain in chains for job in chain]
        scale = lcm(1, *{Fraction(job.weight).denominator for job in jobs})
        index = {part.code: i for i, part in enumerate(listed)}
        unknown = sorted({code for job in jobs for code, _ in job.needs if code not in index})
        asked = _tour_needs(chains)
        useful = Counter[str]()
        for needs in asked:
            for code, units in needs.items():
                useful[code] = max(useful[code], units)
        shelf = Shelf.of(listed, useful)
        demands: Counter[Needs] = Counter()
        for job, needs in zip(jobs, asked, strict=True):
            found = _indexed(needs.items(), index, shelf.limits)
            if found is not None:
                demands[found] += int(Fraction(job.weight) * scale)
        free = demands.pop((), 0)
        total = sum(int(Fraction(job.weight) * scale) for job in jobs)
        if not total:
            raise KitError("there is no past job to score a kit on")
        tours: Counter[Tour] = Counter()
        if take is Take.ALL_OR_NOTHING and any(len(tour) > 1 for tour in chains):
            for tour in chains:
                rows = (
                    (int(Fraction(j.weight) * scale), _indexed(j.needs, index, shelf.limits)) for j in tour
                )
                tours[tuple((w, needs) for w, needs in rows if needs)] += 1
            tours.pop((), 0)
        wanted = tuple(sorted((needs, weight) for needs, weight in demands.items() if weight))
        return cls(shelf, past, take, wanted, free, total, tuple(tours.items()), tuple(unknown))

    @property
    def jobs_per_tour(self) -> float:
        tours = self.history.tours
        return sum(len(tour) for tour in tours) / len(tours) if tours else 1.0

    def weight(self, stock: Sequence[int]) -> int:
        """Weight of the past jobs that this trunk fills."""
        if not self.tours:
            return self.free + sum(w for needs, w in self.demands if all(stock[i] >= q for i, q in needs))
        return self.free + sum(count * replay(tour, stock) for tour, count in self.tours)

    def rate(self, stock: Sequence[int]) -> float:
        """Share of the past jobs (by weight) that a trunk, restocked to these units before each tour, fills."""
        return self.weight(stock) / self.total

    @cached_property
    def touching(self) -> tuple[tuple[int, ...], ...]:
        """By part the rows of `tours` (or `demands`) in which it is needed."""
        rows: list[list[int]] = [[] for _ in self.shelf.parts]
        for number, (row, _) in enumerate(self.tours or self.demands):
            needs = [need for _, job in row for need in job] if self.tours else row
            for part in {part for part, _ in needs}:  # type: ignore[misc]
                rows[part].append(number)
        return tuple(tuple(row) for row in rows)

    def shift(self, stock: Sequence[int], part: int, units: int) -> float:
        """Change of the rate when `units` more (or fewer) of one part are aboard."""
        changed = list(stock)
        changed[part] += units
        won = 0
        for number in self.touching[part]:
            if self.tours:
                tour, count = self.tours[number]
                won += count * (replay(tour, changed) - replay(tour, stock))
            else:
                needs, weight = self.demands[number]
                fits = all(changed[i] >= q for i, q in needs) - all(stock[i] >= q for i, q in needs)
                won += weight * fits
        return won / self.total

    @cached_property
    def own_demands(self) -> tuple[tuple[Needs, int], ...]:
        """As `demands`, but each job with a full trunk: what an all-or-nothing tour cannot exceed."""
        found: Counter[Needs] = Counter()
        for tour, count in self.tours:
            for weight, needs in tour:
                found[needs] += weight * count
        return tuple(sorted(found.items()))

    def grid(self) -> Grid | None:
        count = cells(self.shelf.limits)
        if count is None:
            return None
        sizes = tuple(most + 1 for most in self.shelf.limits)
        steps = strides(sizes)
        table = [0] * count
        if not self.tours:
            for needs, weight in self.demands:
                table[sum(steps[i] * units for i, units in needs)] += weight
        elif not _boxes(self.tours, self.shelf.limits, steps, table):
            return None
        table[0] += self.free
        return Grid(sizes, [won / self.total for won in accumulate(sizes, table)])

    def sketch(self, costs: Sequence[int], near: int) -> Sketch:
        return _Replay(self, costs, near) if self.tours else _Covered(self, self.demands, costs, near)


def _tour_needs(tours: Iterable[tuple[Job, ...]]) -> list[dict[str, int]]:
    """By job, what it and the jobs before it in its tour asked of the parts that it needs."""
    found = []
    for tour in tours:
        so_far: Counter[str] = Counter()
        for job in tour:
            so_far.update(dict(job.needs))
            found.append({code: so_far[code] for code, _ in job.needs})
    return found


def _indexed(needs: Iterable[tuple[str, int]], index: Mapping[str, int], limits: Stock) -> Needs | None:
    """None where no kit can hold them."""
    found = []
    for code, units in needs:
        if code not in index or units > limits[index[code]]:
            return None
        found.append((index[code], units))
    return tuple(sorted(found))


def replay(tour: Tour, stock: Sequence[int]) -> int:
    """Weight of the jobs of one all-or-nothing tour that are filled."""
    left: dict[int, int] = {}
    won = 0
    for weight, needs in tour:
        if all(left.get(i, stock[i]) >= units for i, units in needs):
            won += weight
            for i, units in needs:
                left[i] = left.get(i, stock[i]) - units
    return won


def _boxes(tours: Iterable[tuple[Tour, int]], limits: Stock, steps: Sequence[int], table: list[int]) -> bool:
    """Add to `table` what each tour wins, as differences along every part it touches; False = too much work.

    A tour's result depends on its own parts only, up to the units that all its jobs together ask for; beyond that it
    stays the same, so differences outside this box are 0 and prefix sums restore the whole function."""
    work = 0
    for tour, count in tours:
        most: Counter[int] = Counter()
        for _, needs in tour:
            most.update(dict(needs))
        parts = sorted(most)
        sizes = [min(most[i], limits[i]) + 1 for i in parts]
        own = strides(sizes)
        cells_here = own[-1] * sizes[-1]
        work += cells_here * (len(parts) + len(tour))
        if work > BOX_WORK:
            return False
        box = [0] * cells_here
        places = []
        for levels in product(*(range(size) for size in reversed(sizes))):
            units = dict(zip(parts, reversed(levels), strict=True))
            places.append(sum(steps[i] * units[i] for i in parts))
            box[len(places) - 1] = count * replay(tour, units)  # type: ignore[arg-type]
        for step, size in zip(own, sizes, strict=True):
            for at in range(cells_here - 1, -1, -1):
                if at // step % size:
                    box[at] -= box[at - step]
        for place, change in zip(places, box, strict=True):
            table[place] += change
    return True


ROUNDS = 8  # of splitting cases, each with the kits that the one before has found


class _Covered(Sketch):
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
        for number, way in enumerate(self.ways):
            cost = value = 0
            yield 0, 0, (number, 0)
            for count, (items, won) in enumerate(way, 1):
                cost += self.cover.cost(frozenset(items))
                value += won
                yield cost, value, (number, count)
        yield from between(self.cover, self.steps, near, 3e-4)

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
                    work -= self._start(fork, within)
                else:
                    fork.renew(ends)
                work -= self._split(fork, within, work)
                found += fork.kits
                fork.kits = []
        return [Choice(cost, self._rate(value), self.stock(items)) for cost, value, items in found]

    def _start(self, fork: Fork, within: float) -> int:
        """Begin with the gap of the kits known; anew, and with less to decide, where that finds much better ones."""
        work, last = 0, inf
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


class _Replay(Sketch):
    """All-or-nothing tours: kits that are good for partial tours, or for single jobs, replayed and then improved."""

    slices, patience = 48, 0

    def __init__(self, model: HistoryModel, costs: Sequence[int], near: int) -> None:
        self.model, self.costs = model, costs
        self.single = _Covered(model, model.own_demands, costs, near)
        self.choices = []
        for source in (_Covered(model, model.demands, costs, near), self.single):
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
