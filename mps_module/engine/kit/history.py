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

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import lcm

from mps_module.engine.kit.covered import Covered, Replay
from mps_module.engine.kit.shelf import Shelf, Stock
from mps_module.engine.kit.sketch import Grid, Sketch, accumulate, cells, strides
from mps_module.engine.kit.values import History, Job, KitError, Part, Take

Needs = tuple[tuple[int, int], ...]  # (part index, units)
Tour = tuple[tuple[int, Needs], ...]  # (weight, needs) of the jobs that a kit could fill, in order
BOX_WORK = 2_000_000


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
        weights = {job.weight: Fraction(job.weight) for job in jobs}  # few are different
        scale = lcm(1, *(weight.denominator for weight in weights.values()))
        whole = {weight: int(exact * scale) for weight, exact in weights.items()}
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
                demands[found] += whole[job.weight]
        free = demands.pop((), 0)
        total = sum(whole[job.weight] for job in jobs)
        if not total:
            raise KitError("there is no past job to score a kit on")
        tours: Counter[Tour] = Counter()
        if take is Take.ALL_OR_NOTHING and any(len(tour) > 1 for tour in chains):
            for tour in chains:
                rows = ((whole[job.weight], _indexed(job.needs, index, shelf.limits)) for job in tour)
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
        return Replay(self, costs, near) if self.tours else Covered(self, self.demands, costs, near)


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
