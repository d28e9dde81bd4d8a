"""Each word and figure that a technician reads beside a part, a trunk or a change; all by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mps_module.engine.kit import (
    Act,
    Axis,
    Goal,
    HistoryModel,
    IndependentModel,
    Job,
    Kit,
    KitError,
    Part,
    Reason,
    Take,
    Together,
    Verdict,
    changes,
    cheapest_for,
    plan,
    present,
    reasons,
    solve,
    tours_of,
)

D = Decimal
ROLLER, FUSER, BELT, LAMP = (
    Part("ROLLER", D("0.50"), slots=1),
    Part("FUSER", D("8"), slots=4),
    Part("BELT", D("2.50"), slots=2),
    Part("LAMP", D("1"), slots=1),
)
# Twenty jobs: 8 rollers, 4 fusers with belt, 2 belts, 1 fuser with belt and lamp, 5 without parts.
TWENTY = (
    [Job.of(f"r{i}", ["ROLLER"]) for i in range(8)]
    + [Job.of(f"fb{i}", ["FUSER", "BELT"]) for i in range(4)]
    + [Job.of(f"b{i}", ["BELT"]) for i in range(2)]
    + [Job.of("fbl", ["FUSER", "BELT", "LAMP"])]
    + [Job.of(f"n{i}") for i in range(5)]
)


@pytest.fixture(scope="module")
def twenty() -> HistoryModel:
    return HistoryModel.of([ROLLER, FUSER, BELT, LAMP], TWENTY)


def told(model: HistoryModel | IndependentModel, units: dict[str, int]) -> dict[str, Reason]:
    return {reason.part: reason for reason in reasons(model, Kit.of(units))}


def same_needs_in_one_tour(*needs: dict[str, int]) -> HistoryModel:
    """Jobs of one all-or-nothing tour, parts A and B at 1 each."""
    jobs = [Job.of(str(number), need, tour="t") for number, need in enumerate(needs)]
    return HistoryModel.of([Part("A", D(1)), Part("B", D(1))], tours_of(jobs), Take.ALL_OR_NOTHING)


class TestSentences:
    def test_a_part_aboard(self, twenty: HistoryModel) -> None:
        """8 of 20 jobs for 0.50: 40 % for half a unit of money, 80 points for a whole one."""
        assert told(twenty, {"ROLLER": 1})["ROLLER"].message == (
            "1 aboard: without it 40.00% of the jobs would break; "
            "its last unit, held for 0.50, completes 40.00%, 80 points per unit of money."
        )

    def test_a_part_left_out(self, twenty: HistoryModel) -> None:
        """With the belt aboard the fuser completes four jobs, the lamp is missing for the fifth."""
        fuser = told(twenty, {"BELT": 1})["FUSER"]
        assert fuser.message == (
            "Left out: one unit, held for 8, would complete 20.00% of the jobs, 2.5 points per unit of money. "
            "With LAMP it would complete another 5.00%."
        )
        assert fuser.together == (Together(("LAMP",), 0.05),)

    def test_a_part_left_out_that_needs_no_other(self, twenty: HistoryModel) -> None:
        assert told(twenty, {})["ROLLER"].message == (
            "Left out: one unit, held for 0.50, would complete 40.00% of the jobs, 80 points per unit of money."
        )

    def test_others_are_named_in_the_order_of_what_they_complete(self, twenty: HistoryModel) -> None:
        fuser = told(twenty, {})["FUSER"]
        assert fuser.wins == 0
        assert fuser.together == (Together(("BELT",), 0.2), Together(("BELT", "LAMP"), 0.05))
        assert fuser.message.endswith("With BELT it would complete another 20.00%.")
        assert told(twenty, {})["LAMP"].together == (Together(("FUSER", "BELT"), 0.05),)

    def test_at_most_three_company_lists_and_ties_by_name(self) -> None:
        parts = [Part(code, D(1)) for code in "ABCDE"]
        jobs = [Job.of(f"{code}{i}", ["A", code]) for code in "EDCB" for i in range(2 if code == "D" else 1)]
        found = told(HistoryModel.of(parts, jobs), {})["A"].together
        assert [pair.others for pair in found] == [("D",), ("B",), ("C",)]
        assert [pair.share for pair in found] == [0.4, 0.2, 0.2]

    def test_no_company_is_named_for_a_part_that_is_aboard(self, twenty: HistoryModel) -> None:
        fuser = told(twenty, {"FUSER": 1})["FUSER"]
        assert (fuser.verdict, fuser.together) == (Verdict.ABOARD, ())
        assert fuser.loses == 0, "without a belt it completes nothing"

    def test_what_completes_nothing_has_no_minus_before_its_nought(self, twenty: HistoryModel) -> None:
        message = told(twenty, {"FUSER": 1})["FUSER"].message
        assert "completes 0.00%, 0 points" in message
        assert "-0" not in message

    def test_chances_of_several_units(self) -> None:
        """One unit in 10 %, two in 20 % of the jobs: the second unit completes 20, both together 30."""
        parts = [Part("A", D(1)), Part("B", D(1), max_units=3)]
        model = IndependentModel.of(parts, {"A": (0.7, 0.1, 0.2), "B": (1.0, 0.0)})
        found = told(model, {"A": 2, "B": 1})
        assert (found["B"].verdict, found["B"].message) == (Verdict.NO_USE, "No job can use it.")
        assert (found["A"].loses, found["A"].carries) == (pytest.approx(0.2), pytest.approx(0.3))
        assert found["A"].wins == 0

    @pytest.mark.parametrize(
        ("cost", "words"),
        [("0.25", "200 points per unit of money"), ("3", "16.7 points per unit of money"),
         ("4000", "0.0125 points per unit of money"), ("0.04", "1,250 points per unit of money"),
         ("8000000", "0.00000625 points per unit of money")],
    )  # fmt: skip
    def test_points_per_unit_of_money_have_three_digits(self, cost: str, words: str) -> None:
        model = HistoryModel.of([Part("A", D(cost))], [Job.of("1", ["A"]), Job.of("2")])
        assert told(model, {})["A"].message.endswith(f"would complete 50.00% of the jobs, {words}.")

    def test_nothing_per_money_for_a_part_that_is_free(self) -> None:
        (reason,) = reasons(HistoryModel.of([Part("A", D(0))], [Job.of("1", ["A"])]), Kit())
        assert reason.message == "Left out: one unit, held for 0, would complete 100.00% of the jobs."

    def test_the_two_ways_of_no_use(self) -> None:
        parts = [Part("BANNED", D(1), max_units=0), Part("STRANGE", D(1))]
        found = told(HistoryModel.of(parts, [Job.of("1", ["BANNED"])]), {"BANNED": 1, "STRANGE": 4})
        assert found["BANNED"].message == "It may not be carried."
        assert found["STRANGE"].message == "No job can use it."
        assert all(r.verdict is Verdict.NO_USE and r.units == 0 and r.per_cost == 0 for r in found.values())


class TestStockThatHurts:
    """In an all-or-nothing tour a unit more can cost a job; the sentence says so in words, not by a minus sign."""

    def test_a_unit_that_would_break_a_job(self) -> None:
        """A, A aboard: job 0 lacks B, so jobs 1 and 2 are filled. With B job 0 takes both A and they break."""
        model = same_needs_in_one_tour({"A": 2, "B": 1}, {"A": 1}, {"A": 1})
        b = told(model, {"A": 2})["B"]
        assert b.wins == pytest.approx(-1 / 3)
        assert b.message == (
            "Left out: one unit, held for 1, would break 33.33% of the jobs, -33.3 points per unit of money."
        )

    def test_a_unit_aboard_that_does(self) -> None:
        model = same_needs_in_one_tour({"A": 2, "B": 1}, {"A": 1}, {"A": 1})
        b = told(model, {"A": 2, "B": 1})["B"]
        assert (b.loses, b.carries) == (pytest.approx(-1 / 3), pytest.approx(-1 / 3))
        assert b.message == (
            "1 aboard: without it 33.33% more would be done; "
            "its last unit, held for 1, breaks 33.33%, -33.3 points per unit of money."
        )

    def test_the_frontier_leaves_it_out(self) -> None:
        """0; A: one of three; A, A: two of three; four A and B: all (2 + 1 + 1)."""
        solved = solve(same_needs_in_one_tour({"A": 2, "B": 1}, {"A": 1}, {"A": 1}))
        assert [(p.kit.as_dict(), round(p.rate, 6)) for p in solved.points] == [
            ({}, 0.0),
            ({"A": 1}, 0.333333),
            ({"A": 2}, 0.666667),
            ({"A": 4, "B": 1}, 1.0),
        ]


class TestUnits:
    def test_last_unit_and_all_units_are_two_figures(self) -> None:
        """Ten jobs: six need one, three need two, one needs four. With two aboard: all but the last are filled."""
        sizes = [1] * 6 + [2] * 3 + [4]
        model = HistoryModel.of(
            [Part("CLIP", D("0.2"))], [Job.of(str(i), {"CLIP": n}) for i, n in enumerate(sizes)]
        )
        clip = told(model, {"CLIP": 2})["CLIP"]
        assert (clip.units, clip.loses, clip.carries) == (2, pytest.approx(0.3), pytest.approx(0.9))
        assert clip.wins == 0, "a third one alone completes nothing; the last job needs four"
        assert clip.per_cost == pytest.approx(1.5)
        assert clip.message == (
            "2 aboard: without it 90.00% of the jobs would break; "
            "its last unit, held for 0.2, completes 30.00%, 150 points per unit of money."
        )
        assert told(model, {"CLIP": 3})["CLIP"].wins == pytest.approx(0.1)

    def test_units_beyond_any_use_are_not_explained(self) -> None:
        model = HistoryModel.of([ROLLER], [Job.of("1", ["ROLLER"])])
        assert told(model, {"ROLLER": 7})["ROLLER"].units == 1

    def test_weights_of_jobs_are_in_the_shares(self) -> None:
        """One job at a customer with penalties counts as three: 3 of 4."""
        jobs = [Job.of("1", ["LAMP"], weight=D(3)), Job.of("2", ["ROLLER"])]
        found = told(HistoryModel.of([ROLLER, LAMP], jobs), {})
        assert (found["LAMP"].wins, found["ROLLER"].wins) == (0.75, 0.25)


class TestPresent:
    def test_a_good_trunk_is_as_good_as_its_money(self, twenty: HistoryModel) -> None:
        """Roller and belt: 8 + 2 + 5 of 20 jobs for 3.00, and nothing does more for it."""
        now = present(solve(twenty), Kit.of({"ROLLER": 1, "BELT": 1}))
        assert (now.rate, now.same_money) == (0.75, 0.75)
        assert (now.money, now.same_rate, now.slots) == (D("3.00"), D("3.00"), 3)
        assert now.unknown == ()

    def test_a_bad_trunk_is_told_what_its_money_could_do(self, twenty: HistoryModel) -> None:
        """Fuser and lamp, 9.00, complete nothing: 25 %, which the empty trunk has too; 9 buys roller and belt, 75 %."""
        now = present(solve(twenty), Kit.of({"FUSER": 1, "LAMP": 1}))
        assert (now.rate, now.money, now.slots) == (0.25, D(9), 5)
        assert (now.same_money, now.same_rate) == (0.75, D(0))

    def test_too_many_of_a_part_cost_money_all_the_same(self, twenty: HistoryModel) -> None:
        now = present(solve(twenty), Kit.of({"ROLLER": 9}))
        assert (now.rate, now.money, now.slots) == (0.65, D("4.50"), 9)
        assert (now.same_money, now.same_rate) == (0.75, D("0.50"))

    def test_strange_parts_are_named_and_cost_nothing_known(self, twenty: HistoryModel) -> None:
        now = present(solve(twenty), Kit.of({"ZZ-9": 1, "AA-1": 2}))
        assert (now.rate, now.money, now.slots, now.unknown) == (0.25, D(0), 0, ("AA-1", "ZZ-9"))

    def test_an_empty_trunk(self, twenty: HistoryModel) -> None:
        now = present(solve(twenty), Kit())
        assert (now.rate, now.same_money, now.same_rate) == (0.25, 0.25, D(0))

    def test_on_a_slots_axis_the_same_room_is_compared(self, twenty: HistoryModel) -> None:
        """Four slots: fuser alone 25 %; roller and belt take three, with the lamp four: 75 %."""
        now = present(solve(twenty, Axis.SLOTS), Kit.of({"FUSER": 1}))
        assert (now.slots, now.rate, now.same_money) == (4, 0.25, 0.75)

    def test_a_trunk_over_the_cap_keeps_its_own_rate(self, twenty: HistoryModel) -> None:
        """Everything aboard takes 8 slots; a cap of 3 allows 75 % at most, but the trunk does fill all jobs."""
        now = present(solve(twenty, cap=3), Kit.of({"ROLLER": 1, "FUSER": 1, "BELT": 1, "LAMP": 1}))
        assert (now.rate, now.same_money, now.same_rate) == (1.0, 1.0, D("12.00"))


class TestChanges:
    @pytest.mark.parametrize(
        ("have", "want", "act", "units", "money"),
        [
            (0, 1, Act.ADD, 1, "2.50"),
            (0, 3, Act.ADD, 3, "7.50"),
            (1, 2, Act.RAISE, 1, "2.50"),
            (3, 1, Act.DROP, -2, "-5.00"),
            (3, 0, Act.RETURN, -3, "-7.50"),
        ],
    )
    def test_one_part(
        self, twenty: HistoryModel, have: int, want: int, act: Act, units: int, money: str
    ) -> None:
        (move,) = changes(twenty, Kit.of({"BELT": have}), Kit.of({"BELT": want}))
        assert (move.part, move.act, move.have, move.want) == ("BELT", act, have, want)
        assert (move.units, move.money) == (units, D(money))

    def test_the_order_is_add_raise_drop_return_then_by_code(self, twenty: HistoryModel) -> None:
        now = Kit.of({"LAMP": 2, "ROLLER": 1, "X2": 1, "X1": 1})
        then = Kit.of({"LAMP": 1, "ROLLER": 2, "FUSER": 1, "BELT": 1})
        assert [(m.act.value, m.part) for m in changes(twenty, now, then)] == [
            ("add", "BELT"), ("add", "FUSER"), ("raise", "ROLLER"), ("drop", "LAMP"), ("return", "X1"), ("return", "X2"),
        ]  # fmt: skip

    def test_there_and_back_cancel(self, twenty: HistoryModel) -> None:
        now, then = Kit.of({"LAMP": 2, "BELT": 1}), Kit.of({"ROLLER": 3, "BELT": 2})
        there, back = changes(twenty, now, then), changes(twenty, then, now)
        assert {m.part: m.units for m in there} == {m.part: -m.units for m in back} == {
            "LAMP": -2, "BELT": 1, "ROLLER": 3,
        }  # fmt: skip
        assert sum(m.money for m in there) == -sum(m.money for m in back) == D("2.00")


class TestPlan:
    def test_a_target_in_all_its_parts(self, twenty: HistoryModel) -> None:
        """95 % needs all but the lamp: 11.00; aboard are a lamp and a fuser."""
        found = plan(twenty, Goal.TARGET, D("0.95"), trunk=Kit.of({"FUSER": 1, "LAMP": 1}))
        assert found.answer.kit.as_dict() == {"ROLLER": 1, "FUSER": 1, "BELT": 1}
        assert (found.answer.value, found.answer.point.slots, found.answer.proven) == (D(11), 7, True)
        assert [(m.part, m.act) for m in found.changes] == [
            ("BELT", Act.ADD), ("ROLLER", Act.ADD), ("LAMP", Act.RETURN),
        ]  # fmt: skip
        assert sum(m.money for m in found.changes) == found.answer.value - found.present.money == D(2)
        by_part = {r.part: r for r in found.reasons}
        assert [r.part for r in found.reasons] == ["ROLLER", "FUSER", "BELT", "LAMP"]
        assert by_part["FUSER"].loses == pytest.approx(0.20)
        assert by_part["BELT"].loses == pytest.approx(0.30)
        assert by_part["LAMP"].wins == pytest.approx(0.05)

    def test_a_cap_that_shuts_the_target_out_is_told_with_what_there_is(self, twenty: HistoryModel) -> None:
        with pytest.raises(KitError, match=r"no kit is known that fills 0\.95 .* fill 0\.750000"):
            plan(twenty, Goal.TARGET, D("0.95"), cap=4)
        assert cheapest_for(solve(twenty, cap=4), D("0.75")).value == D(3)

    def test_room_instead_of_money(self, twenty: HistoryModel) -> None:
        """95 % in the least room: roller 1, fuser 4, belt 2."""
        found = plan(twenty, Goal.TARGET, D("0.95"), axis=Axis.SLOTS)
        assert (found.answer.value, found.answer.point.money) == (D(7), D("11.00"))
        assert found.present is None and found.changes == ()
