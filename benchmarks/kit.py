"""The kit engine on one core: time, its own gaps, and its answers beside brute force and the MILP solver HiGHS.

    python -m benchmarks.kit            all of it (about three minutes)
    python -m benchmarks.kit --quick    fewer seeds and budgets

HiGHS comes with SciPy; without it those columns say so. The jobs are drawn: a third need no part, popularity falls as
rank^-0.8, a fifth need a bundle of parts that fail together. Prints Markdown tables (docs/kit.md holds one run).
"""

from __future__ import annotations

import argparse
import platform
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import exp, log
from typing import TypeVar

from mps_module.engine.kit import (
    Frontier,
    HistoryModel,
    IndependentModel,
    Job,
    Part,
    Take,
    best_for_budget,
    estimate,
    solve,
    tours_of,
)
from mps_module.engine.kit.frontier import Solved

T = TypeVar("T")
Model = HistoryModel | IndependentModel
SHARES = [0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.17, 0.23, 0.3, 0.38, 0.47, 0.57, 0.68, 0.8, 0.9]


def dealer(parts: int, jobs: int, seed: int) -> tuple[list[Part], list[Job]]:
    draw = random.Random(seed)
    popular = [1 / (rank + 1) ** 0.8 for rank in range(parts)]
    codes = [f"P{i:03}" for i in range(parts)]
    draw.shuffle(codes)
    bundles = [draw.choices(codes, popular, k=draw.randint(2, 4)) for _ in range(max(2, parts // 3))]
    past = []
    for number in range(jobs):
        kind = draw.random()
        needs: list[str] = []
        if kind >= 0.85:
            needs = draw.choices(codes, popular, k=draw.randint(2, 4))
        elif kind >= 0.65:
            needs = draw.choice(bundles)
        elif kind >= 0.35:
            needs = draw.choices(codes, popular)
        past.append(Job.of(f"J{number}", sorted(set(needs)), tour=str(number // 4)))
    shelf = [
        Part(
            code,
            Decimal(str(round(draw.lognormvariate(0.5, 1), 2))) + Decimal("0.01"),
            slots=draw.randint(1, 3),
        )
        for code in sorted(codes)
    ]
    return shelf, past


def timed(run: Callable[[], T], times: int = 1) -> tuple[T, float]:
    """Result and least CPU seconds."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        result = run()
        best = min(best, time.process_time() - start)
    return result, best


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def share(value: float) -> str:
    return f"{value * 100:.3f} %"


def gaps(frontier: Frontier) -> tuple[str, str, str]:
    """Own bound: (median, worst, share of the money axis on which it is above 0.2 %), as shares of the rate."""
    found = sorted(point.gap / max(point.rate, 1e-9) for point in frontier.points)
    axis = Decimal(frontier.points[-1].money) or Decimal(1)
    wide = sum(
        (b.money - a.money for a, b in pairwise(frontier.points) if a.gap > 0.002 * a.rate), Decimal(0)
    )
    return share(found[len(found) // 2]), share(found[-1]), f"{float(wide / axis) * 100:.1f} %"


# -- the same models for HiGHS ----------------------------------------------------------------------------------------


@dataclass
class Highs:
    """A MILP: maximise weights x within rows <= upper."""

    weights: list[float]
    rows: list[tuple[int, int, float]]
    upper: list[float]
    integer: list[int]
    base: float

    def best(self, costs: Sequence[int], budget: int) -> float:
        import numpy
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_matrix

        last = len(self.upper)
        rows = [*self.rows, *((last, i, float(cost)) for i, cost in enumerate(costs))]
        matrix = csr_matrix(
            ([v for _, _, v in rows], ([r for r, _, _ in rows], [c for _, c, _ in rows])),
            shape=(last + 1, len(self.weights)),
        )
        found = milp(
            -numpy.array(self.weights),
            constraints=LinearConstraint(matrix, -numpy.inf, numpy.array([*self.upper, float(budget)])),
            integrality=numpy.array(self.integer),
            bounds=Bounds(0, 1),
            options={"time_limit": 60, "mip_rel_gap": 1e-7},
        )
        return self.base - float(found.fun)


def as_milp(model: Model) -> Highs:
    """History: x aboard, y filled, y <= x. Independent: the sum of logarithms, one unit a part."""
    parts = len(model.shelf.parts)
    if isinstance(model, IndependentModel):
        gains = [-log(pmf[0]) for pmf in model.pmfs]
        return Highs(gains, [], [], [1] * parts, -sum(gains))
    rows, row = [], 0
    for job, (needs, _) in enumerate(model.demands):
        for part, _units in needs:
            rows += [(row, parts + job, 1.0), (row, part, -1.0)]
            row += 1
    weights = [0.0] * parts + [weight / model.total for _, weight in model.demands]
    return Highs(weights, rows, [0.0] * row, [1] * parts + [0] * len(model.demands), model.free / model.total)


def against_highs(model: Model, solved: Solved, shares: Sequence[float]) -> list[object]:
    """Worst shortfall of the drawn frontier and of the answers, proven answers, seconds a question."""
    problem = as_milp(model)
    drawn, asked, proven, ours, theirs = [], [], 0, 0.0, 0.0
    for part in shares:
        budget = (solved.points[-1].money * Decimal(str(part))).quantize(Decimal("0.01"))
        start = time.process_time()
        answer = best_for_budget(solved, budget)
        ours += time.process_time() - start
        start = time.process_time()
        best = problem.best(model.shelf.money, int(budget * model.shelf.scale))
        theirs += time.process_time() - start
        if isinstance(model, IndependentModel):
            best = exp(best)
        drawn.append(1 - max(p.rate for p in solved.points if p.money <= budget) / best)
        asked.append(1 - answer.point.rate / best)
        proven += answer.proven
    count = len(shares)
    return [
        share(max(0.0, *drawn)),
        share(max(0.0, sum(drawn) / count)),
        share(max(0.0, *asked)),
        f"{proven} of {count}",
        f"{ours / count:.3f} s",
        f"{theirs / count:.3f} s",
    ]


def has_highs() -> bool:
    try:
        import scipy.optimize  # noqa: F401
    except ImportError:
        return False
    return True


# -- runs --------------------------------------------------------------------------------------------------------------


def brute_force() -> None:
    """15 parts: the frontier beside all 32,768 kits."""
    rows = []
    parts, jobs = dealer(15, 5000, 1)
    needs = {need.part: need.chance for need in estimate(parts, jobs)}
    models: list[tuple[str, Model]] = [
        ("history", HistoryModel.of(parts, jobs)),
        ("history, tours of 4, partial", HistoryModel.of([*parts[:7]], tours_of(jobs))),
        (
            "history, tours of 4, all-or-nothing",
            HistoryModel.of([*parts[:7]], tours_of(jobs), Take.ALL_OR_NOTHING),
        ),
        ("independent", IndependentModel.of(parts, needs)),
        (
            "independent, tours of 4, all-or-nothing",
            IndependentModel.of(parts[:6], needs, 4, Take.ALL_OR_NOTHING),
        ),
    ]
    for name, model in models:
        solved, ours = timed(lambda model=model: solve(model))

        def every(model: Model = model) -> list[tuple[int, float]]:
            kits = [()]
            for most in model.shelf.limits:
                kits = [(*kit, units) for kit in kits for units in range(most + 1)]
            best, front = -1.0, []
            for cost, rate in sorted(
                ((model.shelf.cost_of(k), model.rate(k)) for k in kits), key=lambda c: (c[0], -c[1])
            ):
                if rate > best + 1e-12:
                    front.append((cost, rate))
                    best = rate
            return front

        front, theirs = timed(every)
        kits = 1
        for most in model.shelf.limits:
            kits *= most + 1
        same = len(front) == len(solved.kits) and all(
            a.cost == cost and abs(a.rate - rate) < 1e-9
            for a, (cost, rate) in zip(solved.kits, front, strict=True)
        )
        rows.append(
            [name, kits, len(front), "equal" if same else "DIFFERENT", f"{ours:.2f} s", f"{theirs:.1f} s"]
        )
    table(
        "Small: beside every kit",
        ["model", "kits", "on the frontier", "result", "engine", "brute force"],
        rows,
    )


def large(seeds: Sequence[int], shares: Sequence[float]) -> None:
    rows, compared = [], []
    for seed in seeds:
        parts, jobs = dealer(500, 5000, seed)
        needs = {need.part: need.pmf for need in estimate(parts, jobs)}
        builds: list[tuple[str, Callable[[], Model]]] = [
            ("history", lambda p=parts, j=jobs: HistoryModel.of(p, j)),
            ("independent", lambda p=parts, n=needs: IndependentModel.of(p, n)),
        ]
        for name, build in builds:
            (model, solved), seconds = timed(lambda b=build: (lambda m: (m, solve(m)))(b()), 3)
            rows.append([name, seed, f"{seconds:.2f} s", len(solved.points), *gaps(solved.frontier)])
            if has_highs():
                compared.append([name, seed, *against_highs(model, solved, shares)])
    head = ["model", "seed", "whole frontier", "kits", "median gap", "worst gap", "axis above 0.2 %"]
    table("500 parts, 5,000 jobs, one job per restock (gaps by the engine's own bound)", head, rows)
    head = ["model", "seed", "frontier: worst", "mean", "answers: worst", "proven", "a question", "HiGHS"]
    title = f"Shortfall against HiGHS at {len(shares)} budgets"
    table(title, head, compared or [["SciPy is not installed"] + [""] * 7])


def tours_and_caps(seed: int) -> None:
    rows = []
    parts, jobs = dealer(500, 5000, seed)
    needs = {need.part: need.pmf for need in estimate(parts, jobs)}
    toured = tours_of(jobs)
    runs: list[tuple[str, Callable[[], Solved]]] = [
        ("history, tours of 4, partial", lambda: solve(HistoryModel.of(parts, toured))),
        (
            "history, tours of 4, all-or-nothing",
            lambda: solve(HistoryModel.of(parts, toured, Take.ALL_OR_NOTHING)),
        ),
        ("independent, 4 jobs, partial", lambda: solve(IndependentModel.of(parts, needs, 4))),
        ("independent, 8 jobs, partial", lambda: solve(IndependentModel.of(parts, needs, 8))),
        (
            "independent, 4 jobs, all-or-nothing",
            lambda: solve(IndependentModel.of(parts, needs, 4, Take.ALL_OR_NOTHING)),
        ),
        ("history, at most 150 slots", lambda: solve(HistoryModel.of(parts, jobs), cap=150)),
        ("independent, at most 150 slots", lambda: solve(IndependentModel.of(parts, needs), cap=150)),
    ]
    for name, run in runs:
        solved, seconds = timed(run)
        rows.append([name, f"{seconds:.2f} s", len(solved.points), *gaps(solved.frontier)])
    head = ["model", "whole frontier", "kits", "median gap", "worst gap", "axis above 0.2 %"]
    table("500 parts, 5,000 jobs: tours, and a cap on slots", head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    print(f"Python {platform.python_version()}, one core; CPU seconds, model building included.")
    brute_force()
    large([1] if quick else [1, 2, 3, 4], SHARES[::3] if quick else SHARES)
    tours_and_caps(1)


if __name__ == "__main__":
    main()
