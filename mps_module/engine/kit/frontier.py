"""From a model to its frontier, and the three questions: a target, a budget, a penalty."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from heapq import heappop, heappush
from itertools import accumulate, pairwise

from mps_module.engine.kit.shelf import Shelf
from mps_module.engine.kit.sketch import Choice, KitModel, Ruling, Sketch
from mps_module.engine.kit.values import Axis, Frontier, KitError, KitPoint

NEAR = 5  # chunks exchanged around each hull kit, at least
FINE = 1e-3  # where the frontier may be off by more than this share of the rate, it is searched
AIM = 1.9e-3  # first of all where it may be off by more than this: no stretch should miss 0.2 %
# kits closer than this share of the rate to a cheaper one are not listed, if the solver gave more than MANY
STEP = 3e-4
MANY = 600
QUERY_EFFORT = 200_000
PRICES = 12  # prices per slot that are tried under a cap
CAPPED_NEAR = 3


class Solved:
    """A frontier with what is needed to answer questions on it more closely than it is drawn."""

    def __init__(
        self,
        model: KitModel,
        frontier: Frontier,
        kits: list[Choice],
        bounds: list[float],
        sketch: Sketch | None,
    ):
        self.model, self.frontier, self.kits, self.bounds, self.sketch = model, frontier, kits, bounds, sketch
        self.shelf = model.shelf

    @property
    def points(self) -> tuple[KitPoint, ...]:
        return self.frontier.points

    def at(self, budget: int) -> Ruling | None:
        """Best listed kit within a budget in whole units, with its bound."""
        number = bisect_right(self.kits, budget, key=lambda kit: kit.cost) - 1
        return Ruling(self.kits[number], self.bounds[number]) if number >= 0 else None

    def ruling(self, budget: int, effort: int = QUERY_EFFORT) -> Ruling | None:
        """As `at`, searched further unless it is proven."""
        known = self.at(budget)
        if known is None or known.proven or self.sketch is None:
            return known
        found = self.sketch.settle(budget, known.best, effort)
        return Ruling(found.best, min(found.bound, max(known.bound, found.best.rate)))


def solve(model: KitModel, axis: Axis = Axis.MONEY, cap: Decimal | int | None = None) -> Solved:
    """The frontier of fill rate against money (or slots), under a cap on the other axis.

    Small problems are listed whole; else the frontier holds the kits of the hull (each the best for what it costs)
    and those found between, with a bound on what may have been missed.
    """
    shelf = model.shelf
    other = Axis.SLOTS if axis is Axis.MONEY else Axis.MONEY
    limit = None if cap is None else shelf.as_units(other, cap)
    if limit is not None and limit < 0:
        raise KitError("a cap must be 0 or more")
    costs, caps = shelf.costs(axis), shelf.costs(other)
    grid = model.grid()
    if grid is not None:
        room = grid.totals(caps) if limit is not None else None
        triples = [
            (cost, -rate, cell)
            for cell, (cost, rate) in enumerate(zip(grid.totals(costs), grid.rates, strict=True))
            if room is None or limit is None or room[cell] <= limit
        ]
        kits = [Choice(cost, -rate, grid.stock(cell)) for cost, rate, cell in _front(triples)]
        return _solved(model, axis, cap, kits, [kit.rate for kit in kits], None, exact=True)
    if limit is not None and sum(map(int.__mul__, shelf.limits, caps)) > limit:
        return _capped(model, axis, cap, limit)
    sketch = model.sketch(costs, NEAR)
    kits = _listed(sketch, thin=not sketch.exact)
    if sketch.exact:
        return _solved(model, axis, cap, kits, [kit.rate for kit in kits], None, exact=True)
    kits, bounds = _refined(sketch, kits)
    return _solved(model, axis, cap, kits, bounds, sketch, exact=False)


def _front(triples: list[tuple[int, float, object]]) -> list[tuple[int, float, object]]:
    """(cost, -rate, …) of the kits that no cheaper or equal one matches."""
    kept, best = [], 1.0
    for triple in sorted(triples, key=lambda t: (t[0], t[1])):
        # rates that differ by rounding only are the same rate
        if not kept or triple[1] < best - 1e-12:
            kept.append(triple)
            best = triple[1]
    return kept


def _listed(sketch: Sketch, thin: bool) -> list[Choice]:
    front = _front([(cost, -rate, reference) for cost, rate, reference in sketch.choices])
    if thin and len(front) > MANY:
        kept, low = front[:1], 0.2 * front[-1][1]
        for point in front:  # rates are negative here
            if point[1] < kept[-1][1] + STEP * min(kept[-1][1], low) or point is front[-1]:
                kept.append(point)
        front = kept
    return [Choice(cost, -rate, sketch.stock(reference)) for cost, rate, reference in front]


def _refined(sketch: Sketch, kits: list[Choice]) -> tuple[list[Choice], list[float]]:
    """Search where most could be missed: between a kit and the next, for the money that is just short of the next.

    A slice is (kit, last budget before the next kit, bound up to there). What is found splits it. A slice is searched
    until its gap is known to be within the aim, no further: the last proof is what takes long.
    """
    more = sketch.sharpen(kits, AIM)
    if more:
        kits = [kit for _, _, kit in _front([(kit.cost, -kit.rate, kit) for kit in (*kits, *more)])]  # type: ignore[misc]
    tops: list[tuple[int, float]] = [(kits[-1].cost, max(kits[-1].rate, sketch.bound(kits[-1].cost)))]
    heap: list[tuple[bool, int, float, int, float, Choice]] = []

    def put(kit: Choice, end: int, top: float, effort: int) -> None:
        top = max(top, kit.rate)
        if end < kit.cost:  # nothing between: a kit as cheap was found
            return
        gap = top / max(kit.rate, 1e-9) - 1
        if gap > FINE:
            # those beyond the aim, then the widest; those that a first look did not settle come after all others
            heappush(heap, (gap <= AIM, effort, -gap, end, top, kit))
        else:
            tops.append((end, top))

    for kit, following in pairwise(kits):
        put(kit, following.cost - 1, sketch.bound(following.cost - 1), sketch.effort)
    found = list(kits)
    work = sketch.work
    for _ in range(sketch.slices):
        if not heap or work <= 0:
            break
        close, effort, _, end, top, kit = heappop(heap)
        ruling = sketch.settle(end, kit, effort, FINE if close else AIM)
        work -= ruling.spent
        top = min(top, ruling.bound)
        if ruling.best.rate > kit.rate + 1e-12:
            found.append(ruling.best)
            put(kit, ruling.best.cost - 1, min(top, sketch.bound(ruling.best.cost - 1)), sketch.effort)
            kit = ruling.best
        if top <= kit.rate * (1 + AIM) or effort >= sketch.effort * 4**sketch.patience:
            tops.append((end, max(top, kit.rate)))
        else:
            put(kit, end, top, 4 * effort)
    tops += [(end, top) for _, _, _, end, top, _ in heap]
    tops.sort()
    front = [kit for _, _, kit in _front([(kit.cost, -kit.rate, kit) for kit in found])]
    return front, _ceilings(front, tops)  # type: ignore[arg-type,return-value]


def _ceilings(kits: Sequence[Choice], tops: Sequence[tuple[int, float]]) -> list[float]:
    """By kit: the most that any kit cheaper than the next one fills. `tops`: (last budget, bound up to it)."""
    found = []
    for number, kit in enumerate(kits):
        end = kits[number + 1].cost - 1 if number + 1 < len(kits) else kit.cost
        at = bisect_left(tops, (end, 0.0))  # the first bound that reaches as far
        found.append(tops[min(at, len(tops) - 1)][1])
    return _tightened(kits, found)


def _tightened(kits: Sequence[Choice], tops: Sequence[float]) -> list[float]:
    """What no dearer kit exceeds no cheaper one does; and no bound lies below what is known to be reached."""
    lowest = accumulate(reversed(tops), min)
    return [max(kit.rate, top) for kit, top in zip(kits, reversed(list(lowest)), strict=True)]


class _Priced:
    """Frontiers at several prices for the capped axis.

    A kit within both limits costs, at any price, no more than budget + price x cap: each price gives a bound, and
    the least of them holds (Lagrange). The kits of each price that keep the cap are candidates.
    """

    def __init__(self, model: KitModel, axis: Axis, limit: int) -> None:
        self.model, self.limit = model, limit
        self.other = Axis.SLOTS if axis is Axis.MONEY else Axis.MONEY
        self.axis, self.costs, self.caps = axis, model.shelf.costs(axis), model.shelf.costs(self.other)
        self.full = sum(map(int.__mul__, model.shelf.limits, self.costs))
        room = sum(map(int.__mul__, model.shelf.limits, self.caps))
        self.fair = Fraction(max(1, self.full), max(1, room)).limit_denominator(1000) or Fraction(1, 1000)
        nothing = tuple([0] * len(self.costs))
        self.kits = [Choice(0, model.rate(nothing), nothing)]
        self.sketches: dict[Fraction, Sketch] = {}

    def add(self, price: Fraction) -> None:
        if price in self.sketches:
            return
        up, down = price.numerator, price.denominator
        mixed = [down * cost + up * cap for cost, cap in zip(self.costs, self.caps, strict=True)]
        sketch = self.model.sketch(mixed, CAPPED_NEAR)
        self.sketches[price] = sketch
        shelf = self.model.shelf
        triples: list[tuple[int, float, object]] = [(kit.cost, -kit.rate, kit.stock) for kit in self.kits]
        for kit in _listed(sketch, thin=True):
            if shelf.cost_of(kit.stock, self.other) <= self.limit:
                triples.append((shelf.cost_of(kit.stock, self.axis), -kit.rate, kit.stock))
        self.kits = [Choice(cost, -rate, stock) for cost, rate, stock in _front(triples)]  # type: ignore[arg-type]

    def bounds(self) -> list[tuple[float, Fraction]]:
        """By kit: (the most that any kit cheaper than the next one fills, the price that shows it)."""
        ends = [*(kit.cost - 1 for kit in self.kits[1:]), self.full]
        found = []
        for kit, end in zip(self.kits, ends, strict=True):
            tops = (
                (sketch.bound(float((end + price * self.limit) * price.denominator)), price)
                for price, sketch in self.sketches.items()
            )
            top, price = min(tops)
            found.append((max(kit.rate, top), price))
        return found

    def around(self, price: Fraction) -> list[Fraction]:
        """Prices half-way (in ratio) to the neighbours."""
        known = sorted(self.sketches)
        at = known.index(price)
        below = known[at - 1] if at else None
        above = known[at + 1] if at + 1 < len(known) else None
        halves = []
        if below is not None:
            halves.append(below + (price - below) / 3 if below else price / 4)
        halves.append(price + (above - price) / 3 if above is not None else price * 4)
        return [half.limit_denominator(max(64, 4 * price.denominator)) for half in halves if half > 0]


def _capped(model: KitModel, axis: Axis, cap: Decimal | int | None, limit: int) -> Solved:
    """Under a cap on the other axis: start with a few prices for it, then try more where most could be missed."""
    priced = _Priced(model, axis, limit)
    for price in (Fraction(0), priced.fair / 8, priced.fair, priced.fair * 8):
        priced.add(price)
    tried: set[Fraction] = set()
    while len(priced.sketches) < PRICES:
        gaps = [
            (top / max(kit.rate, 1e-9), price)
            for kit, (top, price) in zip(priced.kits, priced.bounds(), strict=True)
            if price not in tried
        ]
        if not gaps or max(gaps)[0] <= 1 + FINE:
            break
        price = max(gaps)[1]
        tried.add(price)
        for half in priced.around(price):
            priced.add(half)
    tops = _tightened(priced.kits, [top for top, _ in priced.bounds()])
    return _solved(model, axis, cap, priced.kits, tops, None, exact=False)


def _solved(
    model: KitModel, axis: Axis, cap: Decimal | int | None, kits: list[Choice], bounds: list[float],
    sketch: Sketch | None, *, exact: bool,
) -> Solved:  # fmt: skip
    points = tuple(point_of(model.shelf, kit, bound, axis) for kit, bound in zip(kits, bounds, strict=True))
    return Solved(model, Frontier(points, axis, cap, exact), kits, bounds, sketch)


def point_of(shelf: Shelf, kit: Choice, bound: float, axis: Axis) -> KitPoint:
    """`axis`: what the choice's own cost is counted in."""
    money = kit.cost if axis is Axis.MONEY else shelf.cost_of(kit.stock)
    slots = kit.cost if axis is Axis.SLOTS else shelf.cost_of(kit.stock, Axis.SLOTS)
    return KitPoint(shelf.kit(kit.stock), shelf.as_money(money), slots, kit.rate, max(kit.rate, bound))
