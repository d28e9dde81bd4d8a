"""Parts as whole numbers: the form in which the solvers see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import compress
from math import lcm

from mps_module.engine.kit.values import Axis, Kit, KitError, Part

Stock = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Parts by index.

    `limits`: units beyond which one more never helps. `money`: holding cost x `scale`. `labels`: in order of codes, part
    index and (code, units) for 0, 1, 2 … units; thousands of kits share these pairs.
    """

    parts: tuple[Part, ...]
    limits: Stock
    money: Stock
    slots: Stock
    scale: int
    labels: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]
    several: Stock  # parts of which more than one unit may help

    @classmethod
    def of(cls, parts: Iterable[Part], useful: Mapping[str, int]) -> Shelf:
        """Raises KitError for a code given twice."""
        listed = tuple(parts)
        if len({part.code for part in listed}) != len(listed):
            raise KitError("a part is listed twice")
        scale = lcm(*(Fraction(part.holding_cost).denominator for part in listed)) if listed else 1
        limits = []
        for part in listed:
            most = useful.get(part.code, 0)
            limits.append(most if part.max_units is None else min(most, part.max_units))
        money = tuple(int(Fraction(part.holding_cost) * scale) for part in listed)
        slots = tuple(part.slots for part in listed)
        by_code = sorted(range(len(listed)), key=lambda i: listed[i].code)
        labels = tuple((i, tuple((listed[i].code, units) for units in range(limits[i] + 1))) for i in by_code)
        several = tuple(i for i, most in enumerate(limits) if most > 1)
        return cls(listed, tuple(limits), money, slots, scale, labels, several)

    def costs(self, axis: Axis) -> Stock:
        return self.money if axis is Axis.MONEY else self.slots

    def as_units(self, axis: Axis, amount: Decimal | int) -> int:
        """A budget in the solver's whole units, rounded down: what does not fit is not bought."""
        return int(Fraction(amount) * self.scale // 1) if axis is Axis.MONEY else int(Fraction(amount) // 1)

    def as_money(self, units: int) -> Decimal:
        return (Decimal(units) / self.scale).normalize() + Decimal(0)

    def cost_of(self, stock: Sequence[int], axis: Axis = Axis.MONEY) -> int:
        costs = self.costs(axis)
        more = sum(costs[i] * (stock[i] - 1) for i in self.several if stock[i] > 1)
        return sum(compress(costs, stock)) + more  # the first unit of each, and the others

    def kit(self, stock: Sequence[int]) -> Kit:
        return Kit(tuple([pairs[stock[i]] for i, pairs in self.labels if stock[i]]))

    def stock(self, kit: Kit) -> Stock:
        """Units that count for this shelf: unknown parts and units beyond any use are left out."""
        units = kit.as_dict()
        return tuple(min(units.get(p.code, 0), most) for p, most in zip(self.parts, self.limits, strict=True))

    def holding(self, kit: Kit) -> tuple[Decimal, int]:
        """(money, slots) of all units of the kit whose parts are on this shelf, useful or not."""
        units = kit.as_dict()
        money = sum((part.holding_cost * units.get(part.code, 0) for part in self.parts), Decimal(0))
        return money, sum(part.slots * units.get(part.code, 0) for part in self.parts)
