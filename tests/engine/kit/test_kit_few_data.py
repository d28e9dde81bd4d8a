"""Chances of need where there is little to go by, and what the kit makes of them; sums done by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from mps_module.engine.kit import (
    HistoryModel,
    IndependentModel,
    Job,
    Kit,
    KitError,
    Need,
    Part,
    best_for_budget,
    best_under_penalty,
    cheapest_for,
    estimate,
    select,
    solve,
    tours_of,
    with_prior,
)

D = Decimal


def used(code: str, times: int, of: int, model: str = "", on: date | None = None) -> list[Job]:
    return [Job.of(f"{code}-{i}", [code] if i < times else [], model=model, on=on) for i in range(of)]


def by_part(parts: list[Part], jobs: list[Job], strength: float | None = None) -> dict[str, Need]:
    return {need.part: need for need in estimate(parts, jobs, strength)}


class TestFewJobs:
    @pytest.mark.parametrize(("strength", "rate"), [(0, 1.0), (1, 0.55), (9, 0.19), (99, 0.109)])
    def test_one_job_against_the_family(self, strength: float, rate: float) -> None:
        """NEW was needed in its only job; its family in 1 of 10: (1 + m / 10) / (1 + m)."""
        start = date(2026, 5, 1)
        parts = [Part("NEW", D(1), group="g", since=start), Part("OLD", D(1), group="g")]
        jobs = [Job.of("new", ["NEW", "OLD"], on=start), *used("x", 0, 9, on=date(2026, 4, 1))]
        need = by_part(parts, jobs, strength)["NEW"]
        assert (need.seen, need.exposed, need.prior, need.source) == (1, 1, pytest.approx(0.1), "history")
        assert need.rate == pytest.approx(rate)

    def test_two_in_a_family_cannot_show_a_spread_and_count_for_fifty_jobs(self) -> None:
        parts = [Part(code, D(1), group="g") for code in "ABC"]
        jobs = used("A", 10, 50) + used("B", 5, 50)
        need = by_part(parts, jobs)["C"]
        assert (need.prior, need.strength) == (pytest.approx(15 / 200), 50)
        assert need.rate == pytest.approx(50 * 0.075 / 150)

    def test_a_family_never_needed_says_nought(self) -> None:
        needs = by_part([Part(code, D(1), group="g") for code in "AB"], used("none", 0, 4))
        assert all(need.rate == need.chance == 0 and need.pmf == (1, 0) for need in needs.values())

    def test_spread_measured_by_moments(self) -> None:
        """Peers of X: 0, 20, 40 % of 100 jobs. Mean 0.2, spread 0.08 / 3, noise 0.16 x 3 / 300 = 0.0016;
        m = 0.16 / (0.026667 - 0.0016) = 6.38, held up at 10."""
        parts = [Part(code, D(1), group="g") for code in "ABCX"]
        jobs = [
            Job.of(str(i), [code for code, most in (("B", 20), ("C", 40)) if i < most]) for i in range(100)
        ]
        assert by_part(parts, jobs)["X"].strength == 10
        # peers 10, 20, 30 %: spread 0.02 / 3 = 0.006667, m = 0.16 / 0.0050667 = 31.58
        jobs = [
            Job.of(str(i), [code for code, most in (("A", 10), ("B", 20), ("C", 30)) if i < most])
            for i in range(100)
        ]
        x = by_part(parts, jobs)["X"]
        assert x.strength == pytest.approx(31.5789, abs=1e-4)
        assert x.rate == pytest.approx(31.5789 * 0.2 / 131.5789, abs=1e-6)

    def test_a_shared_model_comes_before_the_group_and_the_group_before_all(self) -> None:
        parts = [
            Part("KIN", D(1), group="roller", models=frozenset({"M1", "M2"})),
            Part("GROUP", D(1), group="roller", models=frozenset({"M3"})),
            Part("OTHER", D(1), group="fuser"),
            Part("ME", D(1), group="roller", models=frozenset({"M2"})),
            Part("COUSIN", D(1), group="roller", models=frozenset({"M9"})),
        ]
        jobs = used("KIN", 4, 8, "M2") + used("GROUP", 1, 10, "M3") + used("OTHER", 2, 2, "M1")
        needs = by_part(parts, jobs)
        assert needs["ME"].prior == pytest.approx(4 / 10), "KIN, in 10 jobs on M1 and M2"
        assert (needs["COUSIN"].source, needs["COUSIN"].exposed) == ("group", 0)
        assert needs["COUSIN"].prior == pytest.approx(5 / (10 + 10 + 8)), "KIN, GROUP and ME"
        assert needs["COUSIN"].chance == 0, "no job on its model"

    def test_a_use_on_a_foreign_model_makes_a_chance(self) -> None:
        """Listed for M1 only, used in 1 of 4 jobs on M2: the chance of a job is a quarter, not nought."""
        (need,) = estimate([Part("A", D(1), models=frozenset({"M1"}))], used("A", 1, 4, "M2"))
        assert (need.seen, need.exposed, need.share) == (1, 1, 0.25)
        assert need.chance == need.pmf[1] == 0.25

    def test_jobs_before_a_part_existed_say_nothing(self) -> None:
        """10 jobs in April, 5 in May: a part since May, needed twice, is at 2 of 5 and its share is whole."""
        part = Part("A", D(1), since=date(2026, 5, 1))
        jobs = used("n", 0, 10, on=date(2026, 4, 30)) + used("A", 2, 5, on=date(2026, 5, 1))
        (need,) = estimate([part], jobs)
        assert (need.exposed, need.rate, need.share, need.chance) == (5, 0.4, 1.0, 0.4)

    def test_jobs_without_model_or_date_count_for_every_part(self) -> None:
        part = Part("A", D(1), models=frozenset({"M1"}), since=date(2026, 5, 1))
        (need,) = estimate([part], [Job.of("1", ["A"]), Job.of("2"), Job.of("3", model="M2"), Job.of("4")])
        assert (need.exposed, need.share, need.chance) == (3, 0.75, pytest.approx(0.25))

    def test_units_of_few_jobs_are_split_as_seen(self) -> None:
        """Needed by 3 of 8: twice three units, once one."""
        jobs = [Job.of("1", {"A": 3}), Job.of("2", {"A": 1}), Job.of("3", {"A": 3}), *used("n", 0, 5)]
        (need,) = estimate([Part("A", D(1))], jobs)
        assert need.pmf == pytest.approx((5 / 8, 1 / 8, 0, 2 / 8))
        model = IndependentModel.of([Part("A", D(1))], {"A": need.pmf})
        assert [model.rate((n,)) for n in range(4)] == pytest.approx([0.625, 0.75, 0.75, 1])
        assert [p.kit.qty("A") for p in solve(model).points] == [0, 1, 3], "a second unit alone helps nobody"


class TestAssumedJobs:
    def test_their_weight_is_chance_times_jobs_to_the_cent(self) -> None:
        """OLD: 2 of 7 jobs; so NEW is expected in 2 of 7 as well: weight 2.00. Weights of jobs count."""
        parts = [Part("OLD", D(1), group="g"), Part("NEW", D(1), group="g", since=date(2026, 6, 1))]
        jobs = used("OLD", 2, 7, on=date(2026, 5, 1))
        (assumed,) = with_prior(tours_of(jobs), estimate(parts, jobs)).assumed
        assert (assumed.key, assumed.needs, assumed.weight) == ("prior:NEW", (("NEW", 1),), D("2.00"))
        heavy = [Job(j.key, j.needs, weight=D("1.5"), on=j.on) for j in jobs]
        (assumed,) = with_prior(tours_of(heavy), estimate(parts, heavy)).assumed
        assert assumed.weight == D("3.00")

    def test_a_part_with_jobs_of_its_own_gets_none(self) -> None:
        jobs = used("A", 1, 3)
        history = tours_of(jobs)
        assert with_prior(history, estimate([Part("A", D(1)), Part("B", D(1))], jobs)) == history

    def test_they_have_a_trunk_of_their_own(self) -> None:
        """OLD once a tour of two; the assumed NEW does not lengthen the tour, and one NEW fills it."""
        parts = [Part("OLD", D(3), group="g"), Part("NEW", D(2), group="g", since=date(2026, 6, 1))]
        jobs = [
            Job.of(str(i), ["OLD"] if i % 2 else [], tour=str(i // 2), on=date(2026, 5, 1)) for i in range(8)
        ]
        history = with_prior(tours_of(jobs), estimate(parts, jobs))
        model = HistoryModel.of(parts, history)
        assert model.jobs_per_tour == 2
        # 8 jobs and an assumed weight of 8 x 1/2
        assert [model.rate(stock) for stock in ((0, 0), (1, 0), (0, 1), (1, 1))] == pytest.approx(
            [4 / 12, 8 / 12, 8 / 12, 1]
        )
        assert best_for_budget(solve(model), D("2.99")).kit == Kit.of({"NEW": 1})


class TestSelection:
    NOON = datetime(2026, 5, 2, 12, tzinfo=timezone.utc)

    def test_moments_count_by_their_day_and_both_ends_belong(self) -> None:
        jobs = [Job.of(str(n), on=self.NOON + timedelta(days=n)) for n in range(-2, 3)]
        kept = select(jobs, since=date(2026, 5, 1), until=date(2026, 5, 3))
        assert [j.key for j in kept] == ["-1", "0", "1"]
        assert select(jobs, since=date(2026, 5, 4), until=date(2026, 5, 3)) == ()

    def test_weeks_of_two_years_do_not_mix(self) -> None:
        """31 December 2024 and 1 January 2025 share ISO week 1 of 2025; 29 December belongs to the week before."""
        days = (date(2024, 12, 29), date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31))
        tours = tours_of([Job.of(str(n), on=day) for n, day in enumerate(days)], "week").tours
        assert [[j.key for j in tour] for tour in tours] == [["0"], ["1", "2"], ["3"]]

    def test_a_day_without_an_hour_comes_first_and_equal_moments_go_by_key(self) -> None:
        jobs = [Job.of("c", on=self.NOON), Job.of("b", on=self.NOON), Job.of("z", on=self.NOON.date())]
        assert [j.key for j in tours_of(jobs, 3).tours[0]] == ["z", "b", "c"]


class TestEdges:
    def test_chances_of_nought_and_one(self) -> None:
        """ALWAYS in every job, NEVER in none, HALF in half: without ALWAYS no job is filled at all."""
        parts = [Part(code, D(1)) for code in ("ALWAYS", "HALF", "NEVER")]
        solved = solve(IndependentModel.of(parts, {"ALWAYS": 1.0, "HALF": 0.5, "NEVER": 0.0}))
        assert [(p.kit.codes, p.rate) for p in solved.points] == [
            ((), 0.0), (("ALWAYS",), 0.5), (("ALWAYS", "HALF"), 1.0),
        ]  # fmt: skip
        assert best_for_budget(solved, 99).kit.qty("NEVER") == 0

    def test_parts_that_cost_nothing_come_first_and_free(self) -> None:
        parts = [Part("GIFT", D(0)), Part("PAID", D(4))]
        solved = solve(HistoryModel.of(parts, [Job.of("1", {"GIFT": 2}), Job.of("2", ["GIFT", "PAID"])]))
        assert [(p.kit.as_dict(), p.money, p.rate) for p in solved.points] == [
            ({"GIFT": 2}, D(0), 0.5), ({"GIFT": 2, "PAID": 1}, D(4), 1.0),
        ]  # fmt: skip
        assert best_under_penalty(solved, D("7.9")).kit.as_dict() == {"GIFT": 2}
        assert best_under_penalty(solved, D("8.1")).kit.as_dict() == {"GIFT": 2, "PAID": 1}

    def test_all_parts_free_make_a_frontier_of_one_kit(self) -> None:
        solved = solve(HistoryModel.of([Part("A", D(0))], [Job.of("1", ["A"])]))
        assert [(p.money, p.rate) for p in solved.points] == [(D(0), 1.0)]
        assert cheapest_for(solved, D(1)).value == best_for_budget(solved, 0).point.money == 0

    @pytest.mark.parametrize(
        ("budget", "aboard"), [("0.32", "A"), ("0.33", "AB"), ("0.3333", "AB"), ("0.329999", "A")]
    )
    def test_cents_decide(self, budget: str, aboard: str) -> None:
        """0.11 and 0.22: no float ever adds them up."""
        model = IndependentModel.of([Part("A", D("0.11")), Part("B", D("0.22"))], {"A": 0.5, "B": 0.1})
        assert "".join(best_for_budget(solve(model), D(budget)).kit.codes) == aboard

    def test_capped_units_leave_big_jobs_broken(self) -> None:
        """Two jobs need one, one needs three; two may be carried: at best two of three."""
        jobs = [Job.of("1", ["A"]), Job.of("2", ["A"]), Job.of("3", {"A": 3})]
        solved = solve(HistoryModel.of([Part("A", D(1), max_units=2)], jobs))
        assert [(p.kit.qty("A"), p.rate) for p in solved.points] == [(0, 0.0), (1, pytest.approx(2 / 3))]
        with pytest.raises(KitError, match=r"fill 0\.666667"):
            cheapest_for(solved, D("0.7"))
