"""What every solver offers for one way of counting costs, and the complete table of a small problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mps_module.engine.kit.shelf import Shelf, Stock

GRID_CELLS = 1 << 16  # 16 parts aboard or not; more kits than that are not listed one by one


@dataclass(frozen=True, slots=True, order=True)
class Choice:
    """A kit on the way to a frontier: whole-unit cost, fill rate, units aboard."""

    cost: int
    rate: float
    stock: Stock


@dataclass(frozen=True, slots=True)
class Ruling:
    """Best kit known within a budget, a rate that no kit within it exceeds, and the effort that it took."""

    best: Choice
    bound: float
    spent: int = 0

    @property
    def proven(self) -> bool:
        return self.bound <= self.best.rate + 1e-12


class Sketch(ABC):
    """Kits and bounds for one vector of unit costs.

    `choices`: (cost, rate, reference), in any order, dominated ones too; `stock` turns a reference into units.
    `exact`: the choices hold every kit that no other beats. `convex`: they hold a kit with the least
    cost + penalty x (1 - rate) for every penalty. A frontier is refined in at most `slices` places, with `effort` for each
    (four times more up to `patience` times where that leaves it open) and `work` for all.
    """

    choices: list[tuple[int, float, Any]]
    exact: bool = False
    convex: bool = False
    slices: int = 600
    effort: int = 1200
    work: int = 200_000
    patience: int = 3

    @abstractmethod
    def stock(self, reference: Any) -> Stock: ...

    @abstractmethod
    def bound(self, budget: float) -> float:
        """A rate that no kit within the budget exceeds."""

    def sharpen(self, kits: Sequence[Choice], within: float) -> list[Choice]:
        """More kits, and tighter bounds from now on, for stretches of a frontier that may miss more than `within`."""
        return []

    @abstractmethod
    def settle(self, budget: int, best: Choice, effort: int, within: float = 0.0) -> Ruling:
        """Look for a better kit within the budget, or for the proof that there is none that fills more than
        `within` (a share of the rate) more."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Every kit of a small problem: `rates[k]` belongs to the k-th combination, the first part counting fastest."""

    sizes: Stock
    rates: list[float]

    def totals(self, costs: Sequence[int]) -> list[int]:
        """Cost of every combination."""
        sums = [0]
        for size, cost in zip(self.sizes, costs, strict=True):
            sums = [total + units * cost for units in range(size) for total in sums]
        return sums

    def stock(self, cell: int) -> Stock:
        units = []
        for size in self.sizes:
            cell, level = divmod(cell, size)
            units.append(level)
        return tuple(units)


class KitModel(Protocol):
    """How a stock turns into a fill rate, and how to solve for it."""

    shelf: Shelf

    @property
    def jobs_per_tour(self) -> float:
        """Jobs between two restocks (mean), to which a penalty per broken job applies."""

    def rate(self, stock: Sequence[int]) -> float: ...

    def shift(self, stock: Sequence[int], part: int, units: int) -> float:
        """Change of the rate when `units` more (or fewer) of one part are aboard."""

    def grid(self) -> Grid | None:
        """Every kit, where there are few enough; else None."""

    def sketch(self, costs: Sequence[int], near: int) -> Sketch: ...


def cells(limits: Sequence[int], most: int = GRID_CELLS) -> int | None:
    """Number of combinations of 0..limit units, None where there are more than `most`."""
    count = 1
    for limit in limits:
        count *= limit + 1
        if count > most:
            return None
    return count


def strides(sizes: Sequence[int]) -> list[int]:
    steps, step = [], 1
    for size in sizes:
        steps.append(step)
        step *= size
    return steps


def accumulate(sizes: Sequence[int], table: list[int]) -> list[int]:
    """Turn what is won at exactly this combination into what is won by it and all below (zeta transform)."""
    step = 1
    for size in sizes:
        block = step * size
        for start in range(0, len(table), block):
            for at in range(start + step, start + block):
                table[at] += table[at - step]
        step = block
    return table
