"""The three questions to a frontier: cheapest for a target, best for a budget, best under a penalty."""

from __future__ import annotations

from decimal import Decimal

from mps_module.engine.kit.frontier import QUERY_EFFORT, Solved, point_of
from mps_module.engine.kit.sketch import Choice
from mps_module.engine.kit.values import Answer, Axis, Goal, KitError

SLACK = 1e-12  # a rate this close to the target reaches it


def _decimal(rate: float) -> Decimal:
    return Decimal(repr(rate))


def best_for_budget(solved: Solved, budget: Decimal | int) -> Answer:
    """The kit with the highest fill rate that costs no more than `budget` (money or slots, as the frontier's axis).

    Raises KitError for a negative budget.
    """
    if budget < 0:
        raise KitError("a budget must be 0 or more")
    found = solved.ruling(solved.shelf.as_units(solved.frontier.axis, budget))
    if found is None:
        raise KitError(f"no kit costs {budget} or less")
    point = point_of(solved.shelf, found.best, found.bound, solved.frontier.axis)
    bound = max(point.rate, found.bound)
    return Answer(Goal.BUDGET, Decimal(budget), point, _decimal(point.rate), _decimal(bound), found.proven)


def cheapest_for(solved: Solved, target: Decimal) -> Answer:
    """The cheapest kit that fills `target` (0..1) or more.

    Raises KitError where no kit reaches it; the message names the best rate.
    """
    wanted = float(target)
    if not 0 <= wanted <= 1:
        raise KitError(f"a target rate lies between 0 and 1, not at {target}")
    wanted -= SLACK
    reaching = next((kit for kit in solved.kits if kit.rate >= wanted), None)
    if reaching is None:
        best = solved.kits[-1].rate
        raise KitError(f"no kit is known that fills {target} of the jobs; all parts together fill {best:.6f}")
    low = next(kit.cost for kit, top in zip(solved.kits, solved.bounds, strict=True) if top >= wanted)
    kit, low = _narrowed(solved, wanted, low, reaching)
    axis = solved.frontier.axis
    ruling = solved.at(kit.cost)
    point = point_of(solved.shelf, kit, ruling.bound if ruling else kit.rate, axis)
    value = point.money if axis is Axis.MONEY else Decimal(point.slots)
    bound = solved.shelf.as_money(low) if axis is Axis.MONEY else Decimal(low)
    return Answer(Goal.TARGET, target, point, value, min(bound, value), low >= kit.cost)


def _narrowed(solved: Solved, wanted: float, low: int, best: Choice) -> tuple[Choice, int]:
    """Halve the costs between `low` (no kit cheaper than this reaches the target) and the best kit known."""
    floor, certain = low, True
    while solved.sketch is not None and floor < best.cost:
        middle = (floor + best.cost - 1) // 2
        found = solved.ruling(middle, QUERY_EFFORT // 4)
        if found is not None and found.best.rate >= wanted:
            best = found.best
            continue
        floor = middle + 1
        if found is not None and found.bound >= wanted:
            certain = False  # there may be one: search on above, but the proof ends here
        if certain:
            low = floor
    return best, low


def best_under_penalty(solved: Solved, penalty: Decimal, jobs: Decimal | None = None) -> Answer:
    """The kit with the least holding cost + penalty x expected broken jobs between two restocks.

    Args:
        penalty: money for a broken job (a second trip). jobs: jobs between two restocks, to which the holding costs
            refer; None = those of the model's tour.

    Raises KitError on a slots axis or for a negative penalty.
    """
    if solved.frontier.axis is not Axis.MONEY:
        raise KitError("a penalty is weighed against money, not slots")
    if penalty < 0:
        raise KitError("a penalty must be 0 or more")
    count = Decimal(repr(solved.model.jobs_per_tour)) if jobs is None else jobs
    price = float(penalty * count * solved.shelf.scale)  # in the solver's whole units of money
    kits = list(zip(solved.kits, solved.bounds, strict=True))
    best = min((kit for kit, _ in kits), key=lambda kit: (kit.cost + price * (1 - kit.rate), kit.cost))
    proven = solved.frontier.exact
    if solved.sketch is not None and solved.sketch.convex:
        cost, rate, reference = min(solved.sketch.choices, key=lambda c: c[0] + price * (1 - c[1]))
        if cost + price * (1 - rate) < best.cost + price * (1 - best.rate):
            best = Choice(cost, rate, solved.sketch.stock(reference))
        proven = True
    point = point_of(solved.shelf, best, best.rate, Axis.MONEY)
    value = point.money + penalty * count * (1 - _decimal(point.rate))
    least = value
    if not proven:
        units = min(kit.cost + price * (1 - top) for kit, top in kits)
        # not rounded up to a whole unit: broken jobs cost fractions of one
        least = min(value, _decimal(units) / solved.shelf.scale)
    return Answer(Goal.PENALTY, penalty, point, value, least, proven or least >= value)
