"""Fronts: kits, or changes of one kit, of which none has less value than a cheaper one; sorted by cost.

Both cost and value rise along a front, so the best that fits a budget is found by bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import inf
from operator import itemgetter
from typing import Any

Front = list[tuple[int, int]]  # (cost, weight of jobs filled)
Node = Any  # None, or (earlier node, part, units)
State = tuple[int, float, Node]  # (cost, value, choices)
FEW = 4  # with less than one new state for so many, each is put in its place; else all are sorted


def filled(front: Front, budget: int) -> int:
    """Most weight that a kit of the front fills within the budget."""
    at = bisect_right(front, budget, key=itemgetter(0))
    return front[at - 1][1] if at else 0


def insert(front: list[Any], cost: int, value: float, *choices: Node) -> bool:
    """Take a kit into a front; False where a cheaper one has as much value."""
    at = bisect_right(front, cost, key=itemgetter(0))
    if at and front[at - 1][1] >= value:
        return False
    until = at
    while until < len(front) and front[until][1] <= value:
        until += 1
    if at and front[at - 1][0] == cost:
        at -= 1
    front[at:until] = [(cost, value, *choices)]
    return True


def undominated(states: list[State]) -> list[State]:
    """Only those with more value than every one that is as cheap, by cost."""
    kept: list[State] = []
    best, dearest = -inf, None
    for state in sorted(states, key=itemgetter(0)):
        if state[1] > best:
            if state[0] == dearest:
                kept[-1] = state
            else:
                kept.append(state)
            dearest, best, _ = state
    return kept


def extended(states: list[State], part: int, changes: Sequence[tuple[int, int, float]]) -> list[State]:
    """The front of the states as they are, and with one of the part's changes (units, cost, value) each.

    The states are a front, and so are they all with the same change: side by side with the unchanged ones most are
    seen to be dominated, before a state is made of them.
    """
    new = []
    ends = [*(state[0] for state in states), inf]
    for units, more, gain in changes:
        ahead, best = 0, -inf  # the next dearer of the unchanged states, and the value of the one before it
        for cost, value, node in states:
            cost += more
            while ends[ahead] <= cost:
                best = states[ahead][1]
                ahead += 1
            if value + gain > best:
                new.append((cost, value + gain, (node, part, units)))
    if len(states) < FEW * len(new):
        return undominated(states + new)
    front = list(states)
    for state in new:
        insert(front, *state)
    return front


def unfold(node: Node, stock: Sequence[int]) -> tuple[int, ...]:
    """`stock` with the choices of the node laid over it."""
    units = list(stock)
    while node is not None:
        node, part, level = node
        units[part] = level
    return tuple(units)
