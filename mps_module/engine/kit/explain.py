"""Why a part is aboard or not, what the trunk of today achieves, and what to change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from mps_module.engine.kit.frontier import Solved
from mps_module.engine.kit.history import HistoryModel
from mps_module.engine.kit.shelf import Stock
from mps_module.engine.kit.sketch import KitModel
from mps_module.engine.kit.values import Kit


class Verdict(str, Enum):
    ABOARD = "aboard"
    LEFT_OUT = "left_out"  # it would fill jobs, but others fill more for the money
    NO_USE = "no_use"  # no job needs it


@dataclass(frozen=True, slots=True)
class Together:
    """Jobs (by weight, as a share of all) that need this part and, besides, just these others that are not aboard."""

    others: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part is aboard or not.

    Attributes:
        units: aboard. unit_cost: holding cost of one.
        loses: fill rate lost without its last unit. wins: fill rate won by one more unit.
        carries: fill rate that would be lost without all of its units.
        per_cost: `loses` (aboard) or `wins` per unit of money; None where it costs nothing.
        together: for a part left out whose jobs lack other parts too: what it would take, best first.
        message: plain English; all numbers in it are fields.
    """

    part: str
    verdict: Verdict
    units: int
    unit_cost: Decimal
    loses: float
    wins: float
    carries: float
    per_cost: float | None
    together: tuple[Together, ...]
    message: str


def reasons(model: KitModel, kit: Kit) -> tuple[Reason, ...]:
    """One reason for every part of the shelf, in its order."""
    stock = model.shelf.stock(kit)
    return tuple(_reason(model, stock, number) for number in range(len(stock)))


def _reason(model: KitModel, stock: Stock, number: int) -> Reason:
    part, units, limit = model.shelf.parts[number], stock[number], model.shelf.limits[number]
    loses = _clean(-model.shift(stock, number, -1)) if units else 0.0
    carries = loses if units == 1 else _clean(-model.shift(stock, number, -units)) if units else 0.0
    wins = _clean(model.shift(stock, number, 1)) if units < limit else 0.0
    told = loses if units else wins
    per_cost = told / float(part.holding_cost) if part.holding_cost else None
    together = _together(model, stock, number) if isinstance(model, HistoryModel) and not units else ()
    verdict = Verdict.ABOARD if units else Verdict.LEFT_OUT if limit else Verdict.NO_USE
    each = "" if per_cost is None else f", {_points(per_cost)} points per unit of money"
    if verdict is Verdict.NO_USE:
        message = "No job can use it." if part.max_units != 0 else "It may not be carried."
    elif verdict is Verdict.ABOARD:
        whole = (
            f"{carries:.2%} of the jobs would break" if carries >= 0 else f"{-carries:.2%} more would be done"
        )
        last = f"completes {loses:.2%}" if loses >= 0 else f"breaks {-loses:.2%}"
        message = (
            f"{units} aboard: without it {whole}; its last unit, held for {part.holding_cost}, {last}{each}."
        )
    else:
        # in an all-or-nothing tour one unit more can let a job take what two later ones needed
        does = f"complete {wins:.2%}" if wins >= 0 else f"break {-wins:.2%}"
        message = f"Left out: one unit, held for {part.holding_cost}, would {does} of the jobs{each}."
        if together:
            others = ", ".join(together[0].others)
            message += f" With {others} it would complete another {together[0].share:.2%}."
    return Reason(
        part.code, verdict, units, part.holding_cost, loses, wins, carries, per_cost, together, message
    )


def _clean(change: float) -> float:
    """Rounding is no change, and no change has no sign."""
    return change if abs(change) > 1e-12 else 0.0


def _points(share: float) -> str:
    """A share in points, to three digits and never as a power of ten."""
    return f"{Decimal(f'{share * 100:.3g}'):,f}"


def _together(model: HistoryModel, stock: Stock, number: int, most: int = 3) -> tuple[Together, ...]:
    if model.tours:
        rows = [(needs, weight * count) for tour, count in (model.tours[t] for t in model.touching[number])
                for weight, needs in tour]  # fmt: skip
    else:
        rows = [model.demands[row] for row in model.touching[number]]
    found: Counter[tuple[str, ...]] = Counter()
    for needs, weight in rows:
        lacking = [i for i, units in needs if stock[i] < units]
        if number in lacking and len(lacking) > 1:
            found[tuple(model.shelf.parts[i].code for i in lacking if i != number)] += weight
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Together(others, weight / model.total) for others, weight in ranked[:most])


@dataclass(frozen=True, slots=True)
class Present:
    """What a trunk achieves as it is.

    Attributes:
        rate: its job fill rate. money, slots: what its known parts cost to hold, useful or not.
        same_money: the best rate for that money. same_rate: the least money for that rate.
        unknown: codes aboard of which the model knows nothing.
    """

    kit: Kit
    rate: float
    money: Decimal
    slots: int
    same_money: float
    same_rate: Decimal
    unknown: tuple[str, ...]


def present(solved: Solved, kit: Kit) -> Present:
    """Raises nothing: a trunk may hold anything."""
    from mps_module.engine.kit.questions import best_for_budget

    shelf, model = solved.shelf, solved.model
    rate = model.rate(shelf.stock(kit))
    money, slots = shelf.holding(kit)
    points = solved.points
    on_axis = money if solved.frontier.axis.value == "money" else slots
    best = best_for_budget(solved, on_axis).point.rate if solved.frontier.cost(points[0]) <= on_axis else 0.0
    enough = next((point.money for point in points if point.rate >= rate - 1e-12), money)
    known = {part.code for part in shelf.parts}
    unknown = tuple(code for code in kit.codes if code not in known)
    return Present(kit, rate, money, slots, max(best, rate), min(enough, money), unknown)


class Act(str, Enum):
    ADD = "add"  # not aboard yet
    RAISE = "raise"  # more units
    DROP = "drop"  # fewer units, some stay
    RETURN = "return"  # all go back


@dataclass(frozen=True, slots=True)
class Change:
    """One step from the trunk of today to the kit. `money`: change of the holding cost, None for an unknown part."""

    part: str
    act: Act
    have: int
    want: int
    money: Decimal | None

    @property
    def units(self) -> int:
        return self.want - self.have


def changes(model: KitModel, now: Kit, then: Kit) -> tuple[Change, ...]:
    """Adds first, then raises, drops and returns; by part within each."""
    have, want = now.as_dict(), then.as_dict()
    costs = {part.code: part.holding_cost for part in model.shelf.parts}
    found = []
    for code in sorted(have.keys() | want.keys()):
        old, new = have.get(code, 0), want.get(code, 0)
        if old == new:
            continue
        act = (Act.RAISE if old else Act.ADD) if new > old else (Act.DROP if new else Act.RETURN)
        found.append(Change(code, act, old, new, costs[code] * (new - old) if code in costs else None))
    order = list(Act)
    return tuple(sorted(found, key=lambda change: (order.index(change.act), change.part)))
