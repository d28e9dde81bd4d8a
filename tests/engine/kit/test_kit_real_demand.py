"""Monthly demand of real spare parts, where the file is at hand (MPS_REAL_DATA names its folder)."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from decimal import Decimal
from math import ceil
from pathlib import Path

import pytest

from mps_module.engine.kit import HistoryModel, Job, Kit, Part, best_for_budget, solve, tours_of

REAL = Path(os.environ.get("MPS_REAL_DATA", "real-data")) / "part_demand_51_months.csv"
pytestmark = pytest.mark.skipif(not REAL.is_file(), reason=f"real part demand is absent ({REAL})")

MONTHS = [f"m{number:02}" for number in range(1, 52)]
LEARN, TRY = range(15, 39), range(39, 51)
Demand = dict[str, list[int]]


@pytest.fixture(scope="module")
def demand() -> Demand:
    """Every fourth part with a full record, to keep the test short."""
    with REAL.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[month] for month in MONTHS)]
    return {row["part"]: [int(float(row[month])) for month in MONTHS] for row in rows[::4]}


def past(demand: Demand, months: Iterable[int]) -> list[Job]:
    """One job for each unit; the jobs of a month share one restock."""
    return [
        Job.of(f"{month}/{part}/{unit}", [part], tour=str(month))
        for month in months
        for part, units in demand.items()
        for unit in range(units[month])
    ]


def test_the_kit_beside_the_mean_as_par_on_the_year_after(demand: Demand) -> None:
    parts = [Part(part, Decimal(1)) for part in demand]  # the file has no prices: a unit costs 1
    learned = HistoryModel.of(parts, tours_of(past(demand, LEARN)))
    tried = HistoryModel.of(parts, tours_of(past(demand, TRY)))
    solved = solve(learned)
    means = sorted(
        ((sum(units[m] for m in LEARN) / len(LEARN), part) for part, units in demand.items()), reverse=True
    )
    # measured: with few units both do the same on the year after; with more the mean as par has nothing left to add
    for budget, ahead in ((400, -0.02), (800, 0.03)):
        answer = best_for_budget(solved, budget)
        assert answer.proven
        par: dict[str, int] = {}
        for mean, part in means:
            par[part] = min(max(1, ceil(mean)), budget - sum(par.values()))
        kit, plain = answer.kit, Kit.of(par)
        for model, least in ((learned, 0.0), (tried, ahead)):
            ours, theirs = (model.rate(model.shelf.stock(k)) for k in (kit, plain))
            assert ours > theirs + least


def test_its_rate_is_what_the_months_would_have_filled(demand: Demand) -> None:
    parts = [Part(part, Decimal(1)) for part in demand]
    model = HistoryModel.of(parts, tours_of(past(demand, LEARN)))
    points = solve(model).points
    for point in points[:: len(points) // 9]:
        filled = sum(
            min(units[m], point.kit.as_dict().get(part, 0)) for part, units in demand.items() for m in LEARN
        )
        wanted = sum(units[m] for units in demand.values() for m in LEARN)
        assert point.rate == pytest.approx(filled / wanted)
    rates = [point.rate for point in points]
    assert rates == sorted(rates)
