"""Tours and small frontiers beside everything that can happen: each kit, each sequence of needs, listed in the test."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction as F
from itertools import pairwise, product

import pytest

from mps_module.engine.kit import (
    Axis,
    HistoryModel,
    IndependentModel,
    Job,
    Kit,
    KitError,
    Part,
    Take,
    best_for_budget,
    best_under_penalty,
    cheapest_for,
    solve,
    tours_of,
)
from mps_module.engine.kit.tours import table, term_weights

D = Decimal
BOTH = pytest.mark.parametrize("take", list(Take))


def expected_share(chances: list[list[F]], stock: tuple[int, ...], jobs: int, take: Take) -> F:
    """Exact, in fractions: walk through the tour job by job over all stocks that may be left."""
    left: dict[tuple[int, ...], F] = {stock: F(1)}
    filled = F(0)
    for _ in range(jobs):
        after: dict[tuple[int, ...], F] = {}
        for have, chance in left.items():
            for needs in product(*(range(len(pmf)) for pmf in chances)):
                p = chance
                for pmf, need in zip(chances, needs, strict=True):
                    p *= pmf[need]
                whole = all(n <= h for n, h in zip(needs, have, strict=True))
                filled += p if whole else 0
                takes = whole or take is Take.PARTIAL
                rest = tuple(max(0, h - n) for n, h in zip(needs, have, strict=True)) if takes else have
                after[rest] = after.get(rest, F(0)) + p
        left = after
    return filled / jobs


def model_of(chances: list[list[F]], jobs: int, take: Take, costs: str = "1234") -> IndependentModel:
    parts = [Part(f"P{i}", D(costs[i]), slots=1 + i) for i in range(len(chances))]
    needs = {part.code: [float(p) for p in pmf] for part, pmf in zip(parts, chances, strict=True)}
    return IndependentModel.of(parts, needs, jobs, take)


SEVERAL_UNITS = [[F(1, 2), F(3, 10), F(1, 5)], [F(9, 10), F(1, 10)]]
CERTAIN = [[F(0), F(1)], [F(3, 4), F(1, 4)]]
PAIRS_ONLY = [[F(4, 5), F(0), F(1, 5)], [F(7, 10), F(3, 10)]]
NEVER = [[F(1)], [F(3, 5), F(2, 5)]]


class TestEverySequence:
    @BOTH
    @pytest.mark.parametrize("jobs", [1, 2, 4])
    @pytest.mark.parametrize("chances", [SEVERAL_UNITS, CERTAIN, PAIRS_ONLY, NEVER])
    def test_rates_of_all_stocks(self, chances: list[list[F]], jobs: int, take: Take) -> None:
        model = model_of(chances, jobs, take)
        assert model.shelf.limits == tuple((len(pmf) - 1) * jobs for pmf in chances)
        for stock in product(*(range(most + 1) for most in model.shelf.limits)):
            exact = float(expected_share(chances, stock, jobs, take))
            assert model.rate(stock) == pytest.approx(exact, abs=1e-12), stock

    @BOTH
    def test_the_grid_holds_the_same_rates(self, take: Take) -> None:
        model = model_of(SEVERAL_UNITS, 3, take)
        grid = model.grid()
        assert grid is not None and len(grid.rates) == 7 * 4
        for cell, rate in enumerate(grid.rates):
            assert rate == pytest.approx(
                float(expected_share(SEVERAL_UNITS, grid.stock(cell), 3, take)), abs=1e-12
            )

    def test_one_part_two_jobs_by_hand(self) -> None:
        """p = 1/4, one aboard: job 1 is filled always, job 2 unless both need it: (1 + 15/16) / 2."""
        for take in Take:
            model = model_of([[F(3, 4), F(1, 4)]], 2, take)
            assert model.rate((1,)) == 31 / 32
            assert model.rate((0,)) == 0.75

    def test_two_parts_two_jobs_by_hand(self) -> None:
        """Both needed with 1/2; A aboard, B not. Job 1: no B (1/2). Partial: A is gone if job 1 needed it, so job 2 is
        filled with 1/2 (no B) x (1 - 1/4 both need A). All-or-nothing: job 1 takes A only if it needs no B."""
        half = [[F(1, 2), F(1, 2)]] * 2
        assert model_of(half, 2, Take.PARTIAL).rate((1, 0)) == (1 / 2 + 1 / 2 * 3 / 4) / 2
        # A left for job 2 with 3/4: filled with 1/2; A gone with 1/4: filled with 1/4
        assert (
            model_of(half, 2, Take.ALL_OR_NOTHING).rate((1, 0)) == (1 / 2 + 3 / 4 * 1 / 2 + 1 / 4 * 1 / 4) / 2
        )

    @BOTH
    def test_a_part_that_every_job_needs(self, take: Take) -> None:
        """With k aboard exactly the first k of four jobs are filled."""
        model = model_of([[F(0), F(1)]], 4, take)
        assert [model.rate((k,)) for k in range(5)] == pytest.approx([0, 0.25, 0.5, 0.75, 1])

    def test_partial_factors_by_hand(self) -> None:
        """p = 1/2, one aboard: job k is filled if it needs none, or is the first to need one: 1/2 + 1/2^k."""
        rows = table((0.5, 0.5), 1, 3, Take.PARTIAL)
        assert rows[0] == (0.5, 0.5, 0.5)
        assert rows[1] == (1.0, 0.75, 0.625)

    @pytest.mark.parametrize(("jobs", "count"), [(1, 1), (2, 3), (3, 7), (4, 15), (6, 63)])
    def test_number_of_words_and_their_signs(self, jobs: int, count: int) -> None:
        """A trunk that never lacks anything makes A and D one: only the empty word is left, and weighs 1."""
        weights = term_weights(jobs, Take.ALL_OR_NOTHING)
        assert len(weights) == count
        assert weights[0] == 1
        assert sum(weights) == pytest.approx(1)


class TestLargeTours:
    """Too many kits to list: frontier from hulls, with bounds."""

    @BOTH
    def test_parts_that_every_job_needs_do_not_spoil_the_frontier(self, take: Take) -> None:
        """Twelve such parts: without one of them no job is filled; all of them four times fill every job, for 48."""
        parts = [Part(f"P{i:02}", D(1)) for i in range(12)]
        solved = solve(IndependentModel.of(parts, dict.fromkeys((p.code for p in parts), 1.0), 4, take))
        assert (solved.points[0].kit, solved.points[0].rate) == (Kit(), 0.0)
        last = solved.points[-1]
        assert (last.rate, last.money, set(last.kit.as_dict().values())) == (1.0, D(48), {4})
        assert cheapest_for(solved, D(1)).value == D(48)

    def test_beside_one_such_part_the_others_count(self) -> None:
        """MUST is needed by each of 4 jobs, 16 others by 5 %: with 4 MUST alone the first job has 0.95^16."""
        parts = [Part("MUST", D(1))] + [Part(f"P{i:02}", D(2)) for i in range(16)]
        model = IndependentModel.of(parts, {p.code: 1.0 if p.code == "MUST" else 0.05 for p in parts}, 4)
        solved = solve(model)
        four = next(p for p in solved.points if p.kit.as_dict() == {"MUST": 4})
        assert four.rate == pytest.approx(0.95**16)
        assert all(p.kit.qty("MUST") for p in solved.points if p.rate > 0)

    @pytest.mark.parametrize("penalty", ["3", "12.5", "30.3", "77"])
    def test_the_bound_under_a_penalty_is_a_bound(self, penalty: str) -> None:
        """Any kit between two points costs at least the first and fills at most its bound."""
        parts = [Part(f"P{i:02}", D(1 + i % 3)) for i in range(40)]
        solved = solve(IndependentModel.of(parts, {p.code: 0.03 for p in parts}, 4))
        answer = best_under_penalty(solved, D(penalty))
        least = min(float(p.money) + float(penalty) * 4 * (1 - p.bound) for p in solved.points)
        assert float(answer.bound) <= least + 1e-9
        assert answer.proven == (answer.bound == answer.value)


# Parts with ties: A and B cost and fill the same, C is two of them, and D is never worth its money.
TIED = [Part("A", D(1)), Part("B", D(1)), Part("C", D(2), slots=2), Part("D", D(9), slots=3)]
TIED_JOBS = (
    [Job.of(f"a{i}", ["A"]) for i in range(3)]
    + [Job.of(f"b{i}", ["B"]) for i in range(3)]
    + [Job.of(f"c{i}", {"C": 2}) for i in range(5)]
    + [Job.of("d", ["D", "A"]), Job.of("n")]
)


def all_kits(model: HistoryModel) -> list[tuple[D, int, F, Kit]]:
    """(money, slots, share of the jobs, kit) of every kit, each job looked at."""
    parts, found = model.shelf.parts, []
    jobs = model.history.jobs
    for stock in product(*(range(most + 1) for most in model.shelf.limits)):
        kit = Kit.of({p.code: n for p, n in zip(parts, stock, strict=True)})
        filled = sum(all(kit.qty(code) >= n for code, n in job.needs) for job in jobs)
        money = sum((p.holding_cost * n for p, n in zip(parts, stock, strict=True)), D(0))
        slots = sum(p.slots * n for p, n in zip(parts, stock, strict=True))
        found.append((money, slots, F(filled, len(jobs)), kit))
    return found


@pytest.fixture(scope="module")
def model() -> HistoryModel:
    return HistoryModel.of(TIED, TIED_JOBS)


class TestEveryKit:
    def test_the_frontier_by_hand(self, model: HistoryModel) -> None:
        """13 jobs. 0: the one without parts; 1: A or B, 3 more; 2: both, 7 (C twice for 4 has 6); then C with one, with both."""
        points = [(p.money, round(p.rate * 13)) for p in solve(model).points]
        assert points == [(D(0), 1), (D(1), 4), (D(2), 7), (D(5), 9), (D(6), 12), (D(15), 13)]

    @pytest.mark.parametrize("cap", [None, 0, 1, 2, 4, 5, 6, 8])
    @pytest.mark.parametrize("axis", list(Axis))
    def test_best_for_every_budget(self, model: HistoryModel, axis: Axis, cap: int | None) -> None:
        kits = all_kits(model)
        solved = solve(model, axis, cap)
        assert solved.frontier.exact
        for budget in range(16):
            rates = [
                rate
                for money, slots, rate, _ in kits
                if (money if axis is Axis.MONEY else slots) <= budget
                and (cap is None or (slots if axis is Axis.MONEY else money) <= cap)
            ]
            answer = best_for_budget(solved, budget)
            assert answer.point.rate == pytest.approx(float(max(rates)))
            assert answer.proven
            assert (answer.point.money if axis is Axis.MONEY else answer.point.slots) <= budget
            if cap is not None:
                assert (answer.point.slots if axis is Axis.MONEY else answer.point.money) <= cap

    @pytest.mark.parametrize("filled", range(14))
    def test_cheapest_for_every_number_of_jobs(self, model: HistoryModel, filled: int) -> None:
        least = min(money for money, _, rate, _ in all_kits(model) if rate >= F(filled, 13))
        assert cheapest_for(solve(model), D(filled) / 13).value == least

    @pytest.mark.parametrize("penalty", ["0", "0.3", "4.3", "4.4", "13", "26", "116.9", "117.1", "500"])
    def test_least_cost_for_every_penalty(self, model: HistoryModel, penalty: str) -> None:
        """13 jobs, one a restock: a filled job is worth penalty / 13; D's job pays from 9 x 13 = 117 on."""
        least = min(F(money) + F(penalty) * (1 - rate) for money, _, rate, _ in all_kits(model))
        answer = best_under_penalty(solve(model), D(penalty))
        assert float(answer.value) == pytest.approx(float(least))
        assert answer.kit.qty("D") == (1 if D(penalty) > 117 else 0)
        assert answer.proven

    def test_points_rise_in_money_and_rate_and_their_kits_are_what_they_say(
        self, model: HistoryModel
    ) -> None:
        by_kit = {kit: (money, slots, float(rate)) for money, slots, rate, kit in all_kits(model)}
        points = solve(model).points
        for low, high in pairwise(points):
            assert low.money < high.money and low.rate < high.rate
        assert all(by_kit[p.kit] == (p.money, p.slots, pytest.approx(p.rate)) for p in points)
        assert {p.gap for p in points} == {0}


class TestToursOfHistory:
    """Two tours. Monday: A, then A with B, then B. Tuesday: A twice in one job, then A, then a job without parts."""

    MONDAY = ({"A": 1}, {"A": 1, "B": 1}, {"B": 1})
    TUESDAY = ({"A": 2}, {"A": 1}, {})

    def week(self, take: Take) -> HistoryModel:
        jobs = [
            Job.of(f"{day}{n}", needs, tour=day)
            for day, tour in (("mo", self.MONDAY), ("tu", self.TUESDAY))
            for n, needs in enumerate(tour)
        ]
        return HistoryModel.of([Part("A", D(2)), Part("B", D(3))], tours_of(jobs), take)

    # (A, B) -> filled of 6: by hand. Monday + Tuesday
    PARTIAL = {
        (0, 0): 0 + 1, (1, 0): 1 + 1, (2, 0): 1 + 2, (3, 0): 1 + 3,
        (0, 1): 0 + 1, (1, 1): 1 + 1, (2, 1): 2 + 2, (3, 1): 2 + 3,
        (0, 2): 1 + 1, (1, 2): 2 + 1, (2, 2): 3 + 2, (3, 2): 3 + 3,
    }  # fmt: skip
    # A broken job leaves its parts: (0, 1) the third of Monday has B; (1, *) job 2 lacks A, so B stays; Tuesday's
    # second job has the one A that the first could not use.
    WHOLE = {
        (0, 0): 0 + 1, (1, 0): 1 + 2, (2, 0): 1 + 2, (3, 0): 1 + 3,
        (0, 1): 1 + 1, (1, 1): 2 + 2, (2, 1): 2 + 2, (3, 1): 2 + 3,
        (0, 2): 1 + 1, (1, 2): 2 + 2, (2, 2): 3 + 2, (3, 2): 3 + 3,
    }  # fmt: skip

    @pytest.mark.parametrize(("take", "filled"), [(Take.PARTIAL, PARTIAL), (Take.ALL_OR_NOTHING, WHOLE)])
    def test_every_stock_by_hand(self, take: Take, filled: dict[tuple[int, int], int]) -> None:
        model = self.week(take)
        assert model.shelf.limits == (3, 2)
        assert {stock: model.weight(stock) for stock in filled} == filled
        grid = model.grid()
        assert grid is not None
        assert {grid.stock(c): round(6 * rate) for c, rate in enumerate(grid.rates)} == filled

    def test_frontiers_by_hand(self) -> None:
        """Partial: each A one more; 3 A and B for 9 fill 5. Whole: A alone for 2 fills 3, with B for 5 four."""
        partial = [(p.money, round(6 * p.rate)) for p in solve(self.week(Take.PARTIAL)).points]
        whole = [(p.money, round(6 * p.rate)) for p in solve(self.week(Take.ALL_OR_NOTHING)).points]
        assert partial == [(D(0), 1), (D(2), 2), (D(4), 3), (D(6), 4), (D(9), 5), (D(12), 6)]
        assert whole == [(D(0), 1), (D(2), 3), (D(5), 4), (D(9), 5), (D(12), 6)]

    def test_a_penalty_counts_three_jobs_a_tour(self) -> None:
        """Penalty 4, 3 jobs a tour: each of six jobs is worth 4 x 3 / 6 = 2. Whole: 2 + 6 for A; 12 for all; 0 + 10."""
        answer = best_under_penalty(solve(self.week(Take.ALL_OR_NOTHING)), D(4))
        assert answer.kit.as_dict() == {"A": 1}
        assert float(answer.value) == pytest.approx(8)

    def test_the_whole_trunk_for_every_job_is_the_upper_end(self) -> None:
        for take in Take:
            assert self.week(take).rate((3, 2)) == 1
        with pytest.raises(KitError, match="budget must be 0"):
            best_for_budget(solve(self.week(Take.PARTIAL)), -1)
