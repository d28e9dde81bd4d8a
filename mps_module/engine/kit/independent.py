"""Kits for independent part needs: one job per restock (exact), or tours of several jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from mps_module.engine.kit.shelf import Shelf
from mps_module.engine.kit.sketch import Grid, Sketch, cells
from mps_module.engine.kit.sums import OneJob, Tour
from mps_module.engine.kit.tours import Pmf, Table, check_pmf, table, term_weights, useful_units
from mps_module.engine.kit.values import KitError, Part, Take

GRID_WORK = 3_000_000
WORD_WORK = 5_000_000


@dataclass(frozen=True, slots=True)
class IndependentModel:
    """Parts needed independently of each other; every job alike.

    Attributes:
        pmfs: by part P(a job needs 0, 1, 2 … units).
        jobs: jobs between two restocks. take: what a broken job takes along.
        tables: by part and units aboard the factor of every term of the rate (see `tours`).
        terms: weight of each term.
    """

    shelf: Shelf
    pmfs: tuple[Pmf, ...]
    jobs: int
    take: Take
    tables: tuple[Table, ...]
    terms: tuple[float, ...]

    @classmethod
    def of(
        cls,
        parts: Iterable[Part],
        needs: Mapping[str, float | Sequence[float]],
        jobs: int = 1,
        take: Take = Take.PARTIAL,
    ) -> IndependentModel:
        """`needs`: by part code the chance that a job needs one, or the chances of needing 0, 1, 2 … units.

        Raises KitError for a chance outside 0..1, a part without chance, or an all-or-nothing tour that is too long.
        """
        listed = tuple(parts)
        terms = tuple(term_weights(jobs, take))
        pmfs = []
        for part in listed:
            if part.code not in needs:
                raise KitError(f"{part.code}: how often is it needed?")
            need = needs[part.code]
            pmfs.append(check_pmf(part.code, (1 - need, need) if isinstance(need, int | float) else need))
        useful = {part.code: useful_units(pmf, jobs) for part, pmf in zip(listed, pmfs, strict=True)}
        shelf = Shelf.of(listed, useful)
        if len(terms) * sum(limit + 1 for limit in shelf.limits) > WORD_WORK:
            raise KitError(
                "too many parts for an all-or-nothing tour this long; use partial, or the job history"
            )
        tables = tuple(table(pmf, most, jobs, take) for pmf, most in zip(pmfs, shelf.limits, strict=True))
        return cls(shelf, tuple(pmfs), jobs, take, tables, terms)

    @property
    def jobs_per_tour(self) -> float:
        return float(self.jobs)

    def rate(self, stock: Sequence[int]) -> float:
        """Job fill rate of a stock, exact up to floating point."""
        rows = [levels[units] for levels, units in zip(self.tables, stock, strict=True)]
        total = 0.0
        for term, weight in enumerate(self.terms):
            total += weight * prod(row[term] for row in rows)
        return min(1.0, max(0.0, total))

    def shift(self, stock: Sequence[int], part: int, units: int) -> float:
        """Change of the rate when `units` more (or fewer) of one part are aboard."""
        changed = list(stock)
        changed[part] += units
        return self.rate(changed) - self.rate(stock)

    def grid(self) -> Grid | None:
        count = cells(self.shelf.limits)
        if count is None or count * len(self.terms) > GRID_WORK:
            return None
        rates = [0.0] * count
        for term, weight in enumerate(self.terms):
            products = [weight]
            for levels in self.tables:
                products = [factor * p for factor in (row[term] for row in levels) for p in products]
            rates = list(map(float.__add__, rates, products))
        return Grid(tuple(most + 1 for most in self.shelf.limits), [min(1.0, max(0.0, r)) for r in rates])

    def sketch(self, costs: Sequence[int], near: int) -> Sketch:
        return OneJob(self, costs, near) if len(self.terms) == 1 else Tour(self, costs, near)
