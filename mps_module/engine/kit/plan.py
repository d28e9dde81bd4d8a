"""Everything about one trunk in one value: frontier, kit, reasons, trunk of today, changes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mps_module.engine.kit.explain import Change, Present, Reason, changes, present, reasons
from mps_module.engine.kit.frontier import Solved, solve
from mps_module.engine.kit.questions import best_for_budget, best_under_penalty, cheapest_for
from mps_module.engine.kit.sketch import KitModel
from mps_module.engine.kit.values import Answer, Axis, Frontier, Goal, Kit


@dataclass(frozen=True, slots=True)
class KitPlan:
    """The answer to one question, with the frontier it stands on. `present` and `changes` need a trunk of today."""

    frontier: Frontier
    answer: Answer
    reasons: tuple[Reason, ...]
    present: Present | None
    changes: tuple[Change, ...]


def ask(solved: Solved, goal: Goal, asked: Decimal) -> Answer:
    """One of the three questions. Raises KitError as they do."""
    if goal is Goal.TARGET:
        return cheapest_for(solved, asked)
    if goal is Goal.BUDGET:
        return best_for_budget(solved, asked)
    return best_under_penalty(solved, asked)


def plan(
    model: KitModel,
    goal: Goal,
    asked: Decimal,
    *,
    trunk: Kit | None = None,
    axis: Axis = Axis.MONEY,
    cap: Decimal | int | None = None,
) -> KitPlan:
    """Solve, ask, explain.

    Args:
        asked: the target rate (0..1), the budget (money, or slots on a slots axis), or the penalty for a broken job.
        trunk: what is aboard today. cap: limit on the other axis (slots on a money axis).

    Raises KitError for a question that has no answer.
    """
    solved = solve(model, axis, cap)
    answer = ask(solved, goal, asked)
    now = present(solved, trunk) if trunk is not None else None
    moves = changes(model, trunk, answer.kit) if trunk is not None else ()
    return KitPlan(solved.frontier, answer, reasons(model, answer.kit), now, moves)
