"""From past jobs to tours and chances of need."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.kit import (
    HistoryModel,
    Job,
    Kit,
    KitError,
    Part,
    best_for_budget,
    estimate,
    select,
    solve,
    tours_of,
    with_prior,
)

D = Decimal


def job(key: str, day: int | None = None, tech: str = "ann", **more: object) -> Job:
    return Job.of(key, more.pop("needs", ()), on=date(2024, 3, day) if day else None, technician=tech, **more)


JOBS = (
    job("1", 4, territory="north", model="C300"),
    job("2", 4, "bob", territory="north", model="C300"),
    job("3", 5, territory="south", model="M500"),
    job("4", None, territory="north", model="M500"),
)


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({}, "1234"),
        ({"technician": "bob"}, "2"),
        ({"territory": "north"}, "124"),
        ({"models": ["M500"]}, "34"),
        ({"since": date(2024, 3, 5)}, "3"),
        ({"until": date(2024, 3, 4)}, "12"),
        ({"technician": "ann", "territory": "north", "models": ["C300"]}, "1"),
    ],
)
def test_select(asked: dict, keys: str) -> None:
    assert "".join(j.key for j in select(JOBS, **asked)) == keys


def keys(history) -> list[str]:
    return sorted("".join(j.key for j in tour) for tour in history.tours)


def test_tours_by_their_own_name_in_order_of_time() -> None:
    jobs = [job("b", 2, tour="x"), job("a", 1, tour="x"), job("c", 1, tour="y"), job("d", 1), job("e", 1)]
    assert keys(tours_of(jobs)) == ["ab", "c", "d", "e"]
    assert len(tours_of(jobs).jobs) == 5


def test_the_same_tour_name_of_two_technicians_is_two_tours() -> None:
    assert keys(tours_of([job("a", 1, "ann", tour="1"), job("b", 1, "bob", tour="1")])) == ["a", "b"]


def test_tours_by_day_and_week_are_one_technicians() -> None:
    jobs = [job("a", 4), job("b", 4), job("c", 4, "bob"), job("d", 8), job("e", 11)]
    assert keys(tours_of(jobs, "day")) == ["ab", "c", "d", "e"]
    assert keys(tours_of(jobs, "week")) == ["abd", "c", "e"]  # 4 and 8 March 2024 lie in one week


def test_tours_of_so_many_jobs_in_a_row() -> None:
    jobs = [job(str(day), day) for day in (3, 1, 2, 5, 4)] + [job("x", 1, "bob")]
    assert [[j.key for j in tour] for tour in tours_of(jobs, 2).tours] == [
        ["1", "2"],
        ["3", "4"],
        ["5"],
        ["x"],
    ]


def test_hours_order_the_jobs_of_a_day() -> None:
    late = Job.of("a", on=datetime(2024, 3, 4, 15, tzinfo=timezone.utc))
    early = Job.of("b", on=datetime(2024, 3, 4, 9, tzinfo=timezone.utc))
    assert [j.key for j in tours_of([late, early], "day").tours[0]] == ["b", "a"]


@pytest.mark.parametrize(("by", "what"), [("month", "month"), (0, "one job")])
def test_unknown_groupings_are_refused(by: str | int, what: str) -> None:
    with pytest.raises(KitError, match=what):
        tours_of([job("a", 1)], by)


def test_tours_by_time_need_dates() -> None:
    with pytest.raises(KitError, match="date of every job"):
        tours_of([job("a")], "day")


@given(
    st.lists(st.tuples(st.integers(1, 28), st.sampled_from(["ann", "bob"])), max_size=20), st.integers(1, 5)
)
def test_no_job_is_lost_or_doubled(days: list[tuple[int, str]], size: int) -> None:
    jobs = [job(f"{i:02}", day, tech) for i, (day, tech) in enumerate(days)]
    for by in ("tour", "day", "week", size):
        assert sorted(j.key for j in tours_of(jobs, by).jobs) == [j.key for j in jobs]


# -- chances of need ---------------------------------------------------------------------------------------------------


def worn(count: int, needed: int, part: str = "A", model: str = "") -> list[Job]:
    return [Job.of(f"{part}{i}", [part] if i < needed else [], model=model) for i in range(count)]


def test_a_part_alone_has_its_own_rate() -> None:
    (need,) = estimate([Part("A", D(1))], worn(40, 10))
    assert (need.seen, need.exposed, need.strength) == (10, 40, 0)
    assert need.rate == need.chance == pytest.approx(0.25)
    assert need.pmf == pytest.approx((0.75, 0.25)) and need.source == "history"


def test_the_familys_rate_counts_for_so_many_jobs() -> None:
    """B was needed by 8 of 80 jobs; A, of its group, by none: (0 + 20 x 0.1) / (80 + 20) = 0.02."""
    parts = [Part("A", D(1), group="roller"), Part("B", D(1), group="roller"), Part("Z", D(1), group="fuser")]
    jobs = worn(80, 8, "B")
    by_code = {need.part: need for need in estimate(parts, jobs, strength=20)}
    assert by_code["A"].prior == pytest.approx(0.1)
    assert by_code["A"].rate == pytest.approx(0.02)
    # Z is alone in its group and leans on all parts: 8 of 240
    assert by_code["Z"].prior == pytest.approx(8 / 240)


def test_a_new_part_takes_the_rate_of_its_models_family() -> None:
    new_day = date(2024, 6, 1)
    parts = [
        Part("OLD1", D(1), group="fuser", models=frozenset({"C300"})),
        Part("OLD2", D(1), group="fuser", models=frozenset({"M500"})),
        Part("NEW", D(1), group="fuser", models=frozenset({"C300"}), since=new_day),
        Part("STRANGE", D(1), group="belt", models=frozenset({"C300"}), since=new_day),
    ]
    jobs = [
        Job.of(f"c{i}", ["OLD1"] if i < 6 else [], model="C300", on=date(2024, 5, 1)) for i in range(30)
    ] + [Job.of(f"m{i}", ["OLD2"] if i < 1 else [], model="M500", on=date(2024, 5, 1)) for i in range(20)]
    by_code = {need.part: need for need in estimate(parts, jobs)}
    new = by_code["NEW"]
    assert (new.seen, new.exposed, new.source) == (0, 0, "model")
    assert new.rate == pytest.approx(6 / 30), "OLD1 shares its model, OLD2 does not"
    assert new.share == pytest.approx(0.6)
    assert new.chance == pytest.approx(0.2 * 0.6), "three jobs in five are on the model"
    assert by_code["STRANGE"].source == "fleet"
    assert by_code["STRANGE"].rate == pytest.approx(7 / 50)


def test_units_per_job_come_from_the_jobs() -> None:
    jobs = [Job.of("1", {"A": 2}), Job.of("2", {"A": 1}), Job.of("3", {"A": 2}), Job.of("4")]
    (need,) = estimate([Part("A", D(1))], jobs)
    assert need.pmf == pytest.approx((0.25, 0.25, 0.5))


def test_a_part_used_on_a_foreign_model_is_counted_still() -> None:
    part = Part("A", D(1), models=frozenset({"M500"}))
    (need,) = estimate([part], [Job.of("1", ["A"], model="C300"), Job.of("2", model="C300")])
    assert need.exposed == need.seen == 1 and 0 <= need.chance <= 1


def test_the_strength_is_measured_where_parts_are_alike() -> None:
    parts = [Part(f"P{i}", D(1), group="g") for i in range(6)]
    alike = [Job.of(f"j{i}", [f"P{i % 6}"]) for i in range(60)]
    assert all(need.strength == 1000 for need in estimate(parts, alike)), (
        "no spread at all: lean on the family"
    )
    unlike = [Job.of(f"j{i}", ["P0"] if i % 2 else ["P1"] if i % 10 == 0 else []) for i in range(400)]
    measured = estimate(parts, unlike)[2]
    assert 10 <= measured.strength < 50, "a wide spread: the family tells little"


def test_without_jobs_there_is_nothing_to_estimate() -> None:
    with pytest.raises(KitError, match="without jobs"):
        estimate([Part("A", D(1))], [])


@given(st.lists(st.sets(st.sampled_from("ABCD")), min_size=1, max_size=30))
def test_chances_are_chances(sets: list[set[str]]) -> None:
    parts = [Part(code, D(1), group="g" if code < "C" else "") for code in "ABCD"]
    for need in estimate(parts, [Job.of(str(i), sorted(s)) for i, s in enumerate(sets)]):
        assert all(0 <= p <= 1 for p in need.pmf)
        assert sum(need.pmf) == pytest.approx(1)
        low, high = sorted((need.seen / need.exposed, need.prior))
        assert low - 1e-12 <= need.rate <= high + 1e-12


def test_a_new_part_competes_with_the_old_ones_on_the_history() -> None:
    parts = [
        Part("OLD", D(4), group="fuser"),
        Part("NEW", D(1), group="fuser", since=date(2024, 6, 1)),
        Part("RARE", D(4), group="belt"),
    ]
    jobs = [
        Job.of(f"j{i}", ["OLD"] if i < 10 else ["RARE"] if i == 10 else [], on=date(2024, 1, 1))
        for i in range(50)
    ]
    plain = tours_of(jobs)
    assert solve(HistoryModel.of(parts, plain)).points[-1].kit == Kit.of({"OLD": 1, "RARE": 1})
    history = with_prior(plain, estimate(parts, jobs))
    (assumed,) = history.assumed
    assert assumed.needs == (("NEW", 1),)
    assert assumed.weight == D("10.00"), "OLD was needed in 10 of 50 jobs; NEW is expected in as many"
    model = HistoryModel.of(parts, history)
    assert best_for_budget(solve(model), 1).kit == Kit.of({"NEW": 1})
    assert model.rate((0, 0, 0)) == pytest.approx(39 / 60)
    assert model.jobs_per_tour == 1, "assumed jobs make no tour longer"
