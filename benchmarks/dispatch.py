"""Ranking 50 technicians for 300 calls, beside the plain way: look the history up anew for every pair.

    python -m benchmarks.dispatch [--past 5000] [--runs 5]

Named baseline `per pair`: for each call and technician the shares of past calls are counted anew, with the same prior,
the same skill and the same search of the day. Both must agree on every chance and arrival before times are told; the
baseline runs on a tenth of the calls, and its time is multiplied by ten. CPU seconds of one core, the best of the runs.
Also told: finding room for a call in 50 full days. Prints a Markdown table (docs/service-board.md holds one run).
"""

from __future__ import annotations

import argparse
import platform
import random
import time
from collections.abc import Callable
from typing import Any

from mps_module.engine.dispatch import (
    Call,
    Demand,
    PastCall,
    Place,
    Skill,
    Stop,
    Technician,
    Travel,
    first_slot,
    gaps,
    make_room,
    rank_all,
    skill_for,
)
from mps_module.engine.dispatch.history import kinds_of
from mps_module.engine.kit import Job

TECHNICIANS, CALLS, PARTS, MODELS, PROBLEMS = 50, 300, 400, 60, 10
DAY = 1_440 * 20_000
NOW = DAY + 8 * 60
TRAVEL = Travel()


def world(past: int, seed: int = 1) -> tuple[list[Call], list[Technician], list[PastCall]]:
    """A dealer: trunks of 120 parts, days with four stops, a third of the past calls without parts."""
    draw = random.Random(seed)
    parts = [f"P{number:03}" for number in range(PARTS)]
    popular = [1 / (rank + 1) ** 0.8 for rank in range(PARTS)]
    brands = {f"M{number:02}": f"B{number % 8}" for number in range(MODELS)}

    def place() -> Place:
        return Place(
            f"D{draw.random()}", f"T{draw.randrange(6)}", 40 + draw.random() / 2, -74 + draw.random() / 2
        )

    def call(key: str) -> Call:
        model = draw.choice(list(brands))
        due = NOW + draw.randrange(30, 9 * 60) if draw.random() < 0.8 else None
        return Call(
            key, model, brands[model], "", f"X{draw.randrange(PROBLEMS)}", place(), 60, due, due and due + 240
        )

    history = []
    for number in range(past):
        model = draw.choice(list(brands))
        needs = () if draw.random() < 0.33 else set(draw.choices(parts, popular, k=draw.randint(1, 3)))
        history.append(
            PastCall(
                Job.of(str(number), sorted(needs), model=model),
                brands[model],
                f"X{draw.randrange(PROBLEMS)}",
            )
        )
    team = []
    for number in range(TECHNICIANS):
        stops = tuple(
            Stop(f"A{number}-{at}", call(f"S{number}-{at}"), DAY + 540 + at * 120, 60) for at in range(4)
        )
        skills = tuple(Skill(draw.random(), brand=f"B{brand}") for brand in draw.sample(range(8), 5))
        aboard = dict.fromkeys(draw.choices(parts, popular, k=120), 1)
        windows = tuple((DAY + day * 1_440 + 480, DAY + day * 1_440 + 1_020) for day in range(5))
        team.append(Technician(f"T{number:02}", skills, aboard, place(), windows, stops))
    return [call(f"C{number}") for number in range(CALLS)], team, history


def chance_per_pair(
    call: Call, technician: Technician, history: list[PastCall], strength: float = 10
) -> float:
    """The baseline: one pair, the whole history."""
    known = 1.0
    for level, (scope, which, problem) in enumerate(kinds_of(call.model, call.brand, call.problem)):
        alike = [
            past
            for past in history
            if scope == "all"
            or (
                (past.job.model if scope == "model" else past.brand) == which
                and problem in ("", past.problem)
            )
        ]
        if not alike:
            continue
        met = sum(all(technician.aboard.get(p, 0) >= n for p, n in past.job.needs) for past in alike)
        known = met / len(alike) if not level else (met + strength * known) / (len(alike) + strength)
    return known * skill_for(technician, call)[0]


def per_pair(
    calls: list[Call], team: list[Technician], history: list[PastCall]
) -> dict[tuple[str, str], tuple[float, int | None]]:
    found = {}
    for call in calls:
        for technician in team:
            slot = first_slot(gaps(technician, NOW), call, call.minutes, TRAVEL)
            found[call.key, technician.key] = (
                chance_per_pair(call, technician, history), slot.arrive if slot else None
            )  # fmt: skip
    return found


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    best, answer = float("inf"), None
    for _run in range(runs):
        begin = time.process_time()
        answer = work()
        best = min(best, time.process_time() - begin)
    return best, answer


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--past", type=int, default=5_000)
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    calls, team, history = world(given.past)

    def ours() -> dict[str, Any]:
        return rank_all(calls, team, Demand.of(history), NOW, TRAVEL)

    took, ranked = timed(ours, given.runs)
    sample = calls[: CALLS // 10]
    plain, checked = timed(lambda: per_pair(sample, team, history), 1)
    for (call, technician), (chance, arrive) in checked.items():
        one = next(each for each in ranked[call] if each.technician == technician)
        assert abs(one.chance - chance) < 1e-9 and one.arrive == arrive, (call, technician)
    demand = Demand.of(history)
    room, found = timed(lambda: make_room(calls[0], team, demand, NOW, TRAVEL), given.runs)
    print(
        f"Python {platform.python_version()}, {given.past} past calls, {PARTS} parts; CPU seconds of one core.\n"
    )
    print("| what | ours | per pair | ratio |\n| --- | --- | --- | --- |")
    print(
        f"| {TECHNICIANS} technicians × {CALLS} calls | {took:.2f} s | {plain * 10:.0f} s | {plain * 10 / took:.0f} |"
    )
    print(f"| room for one call in {TECHNICIANS} days, {len(found)} proposals | {room:.3f} s | | |")


if __name__ == "__main__":
    main()
