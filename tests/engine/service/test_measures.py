"""First-call completion, holds, callbacks: small worlds whose figures are counted by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.callbacks import HELD, Call, Norm, Visit, is_callback, judge
from mps_module.engine.measures import By, Clicks, Figures, Period, measure

JUNE = Period(date(2026, 6, 1), date(2026, 6, 30), today=date(2026, 9, 1))


def at(day: int, hour: int = 9, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour)


def done(day: int, technician: str = "Ann", hour: int = 12, month: int = 6, **values) -> Visit:
    return Visit(at(day, hour, month), technician, **values)


def call(name: str, opened: int, *visits: Visit, closed: bool = True, month: int = 6, **values) -> Call:
    """A call on device D that its last visit completed."""
    ended = max((v.ended for v in visits if not v.cancelled), default=at(opened, 17, month))
    values.setdefault("device", "D")
    return Call(name, at(opened, month=month), ended if closed else None, visits=visits, **values)


def whole(*calls: Call, period: Period = JUNE, clicks=()) -> Figures:
    return measure(calls, period, clicks=clicks).get("", Figures())


def by(dimension: By, *calls: Call, clicks=(), period: Period = JUNE) -> dict[str, Figures]:
    return measure(calls, period, dimension, clicks)


# -- the words, one by one ------------------------------------------------------------------------------------------


def test_one_visit_that_completes_the_call_is_a_first_call_completion():
    found = whole(call("A", 1, done(2)))
    assert (found.calls, found.first, found.held, found.callbacks) == (1, 1, 0, 0)
    assert (found.first_call_percent, found.hold_percent, found.callback_percent) == (100, 0, 0)


def test_without_calls_nothing_is_zero_percent():
    found = whole()
    assert found.calls == 0
    shares = (found.first_call_percent, found.hold_percent, found.callback_percent, found.kept_percent)
    assert shares == (None,) * 4
    assert (found.mcbc, found.lasted, found.response, found.restore) == (None,) * 4


def test_a_call_of_two_trips_is_completed_but_not_at_once():
    found = whole(call("A", 1, done(2, outcome="Follow-up"), done(4)))
    assert (found.calls, found.first, found.held, found.trips) == (1, 0, 0, 2)


def test_a_held_call_is_no_first_call_completion_and_counts_once_however_often_it_was_held():
    found = whole(call("A", 1, done(2, outcome=HELD), done(4, outcome=HELD), done(5)), call("B", 8, done(8)))
    # Two calls, one of them held (twice): 50 %.
    assert (found.calls, found.held, found.hold_percent, found.first_call_percent) == (2, 1, 50, 50)


def test_a_call_that_was_marked_as_held_counts_so_although_its_one_visit_completed_it():
    found = whole(call("A", 1, done(2), held=True))
    assert (found.held, found.first) == (1, 0)


def test_remote_work_is_no_trip():
    fixed = call("A", 1, done(1, remote=True))
    tried = call("B", 3, done(3, remote=True, outcome="Follow-up"), done(4), device="E")
    found = whole(fixed, tried)
    assert (found.calls, found.first, found.remote, found.trips) == (2, 2, 1, 1)


def test_a_remote_fix_that_no_visit_tells_of_belongs_to_nobody_and_is_counted():
    found = by(By.TECHNICIAN, call("A", 1, remote_fix=True))
    assert set(found) == {""}
    assert (found[""].calls, found[""].first, found[""].remote, found[""].withdrawn) == (1, 1, 1, 0)


def test_a_call_closed_without_any_work_was_withdrawn_and_is_no_call():
    found = whole(call("A", 1), call("B", 2, done(2)))
    assert (found.calls, found.withdrawn, found.first_call_percent) == (1, 1, 100)


def test_a_cancelled_visit_never_took_place():
    twice = call("A", 1, done(2, cancelled=True, outcome=HELD), done(3))
    never = call("B", 4, done(5, cancelled=True), device="E")
    found = whole(twice, never)
    # A: one trip left, not held. B: no visit left and no remote fix: withdrawn.
    assert (found.calls, found.first, found.held, found.withdrawn) == (1, 1, 0, 1)


def test_preventive_and_supply_calls_are_not_counted_and_call_nothing_back():
    found = whole(call("A", 1, done(1)), call("P", 3, done(3), corrective=False), call("B", 5, done(5)))
    # B repeats A although the preventive call lies between them.
    assert (found.calls, found.callbacks) == (2, 1)
    assert judge([call("P", 3, done(3), corrective=False)]) == []


def test_open_calls_are_told_but_not_measured():
    found = whole(call("A", 1, done(2, outcome=HELD), closed=False), call("B", 3, done(3), device="E"))
    assert (found.calls, found.open, found.held) == (1, 1, 0)
    # Completed after the period: open at its end. Opened after it: not there yet.
    late = call("C", 29, done(2, month=7), device="F")
    later = call("G", 2, done(3, month=7), month=7, device="G")
    found = whole(late, later)
    assert (found.calls, found.open) == (0, 1)


def test_calls_count_in_the_period_in_which_they_were_completed():
    early = call("A", 30, done(2), month=5)
    found = whole(early)
    assert found.calls == 1
    may = Period(date(2026, 5, 1), date(2026, 5, 31), today=date(2026, 9, 1))
    assert (whole(early, period=may).calls, whole(early, period=may).open) == (0, 1)


# -- callbacks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "norm", "lives", "expected"),
    [
        (11, Norm(10), (None, None), True),  # completed on the 1st, ten days later
        (12, Norm(10), (None, None), False),  # eleven
        (5, Norm(10, 1_000), (5_000, 5_999), True),  # 999 clicks, under 1,000
        (5, Norm(10, 1_000), (5_000, 6_000), False),  # 1,000 is not under 1,000
        (12, Norm(10, 1_000), (5_000, 5_001), False),  # days AND clicks
        (5, Norm(10, 1_000), (None, 6_000), True),  # clicks not known: the days alone
        (5, Norm(10, 0), (5_000, 90_000), True),  # no clicks asked for
        (1, Norm(0), (None, None), True),  # the same day, later
    ],
)
def test_a_callback_comes_within_days_and_under_clicks(day, norm, lives, expected):
    first = call("A", 1, done(1), completed_life=lives[0])
    second = Call("B", at(day, 15), device="D", norm=norm, opened_life=lives[1])
    assert is_callback(first, second) is expected


def test_nothing_repeats_a_call_that_is_still_open_or_was_completed_later():
    waiting = call("A", 1, closed=False)
    assert not is_callback(waiting, call("B", 2, done(3)))
    finished = call("A", 1, done(6))
    assert not is_callback(finished, call("B", 2, done(3)))


def test_the_norm_is_that_of_the_later_calls_device_model():
    strict, loose = Norm(30, 500), Norm(30, 5_000)
    first = call("A", 1, done(1), completed_life=1_000)
    assert not is_callback(first, call("B", 5, done(5), norm=strict, opened_life=2_000))
    assert is_callback(first, call("B", 5, done(5), norm=loose, opened_life=2_000))


def test_a_callback_takes_the_first_call_completion_from_the_call_before_it():
    found = whole(call("A", 1, done(1)), call("B", 10, done(10)))
    # B itself was completed at once and never called back.
    assert (found.calls, found.first, found.callbacks, found.callback_percent) == (2, 1, 1, 50)


def test_a_callback_of_a_callback():
    found = judge([call("C", 20, done(20)), call("A", 1, done(1)), call("B", 10, done(10))])
    assert [(one.call.call, one.callback_of, one.called_back) for one in found] == [
        ("A", "", ("B",)),
        ("B", "A", ("C",)),
        ("C", "B", ()),
    ]
    figures = whole(*(one.call for one in found))
    assert (figures.calls, figures.first, figures.callbacks) == (3, 1, 2)


def test_two_callbacks_at_once_make_one_call_that_was_called_back():
    # B is still open when C comes in: both repeat A, and C does not repeat B.
    found = judge([call("A", 1, done(1)), call("B", 3, done(8)), call("C", 4, done(9))])
    assert [one.callback_of for one in found] == ["", "A", "A"]
    figures = whole(*(one.call for one in found))
    assert (figures.callbacks, figures.callback_percent) == (1, pytest.approx(100 / 3))


def test_calls_of_two_devices_and_calls_without_one_repeat_nothing():
    found = whole(
        call("A", 1, done(1)),
        call("B", 2, done(2), device="E"),
        call("S", 3, done(3), device=""),
        call("T", 4, done(4), device=""),
    )
    assert (found.calls, found.callbacks, found.first) == (4, 0, 4)


def test_a_callback_after_the_period_counts_against_the_call_in_it():
    figures = whole(call("A", 28, done(28)), call("B", 5, done(5, month=7), month=7))
    assert (figures.calls, figures.callbacks) == (1, 1)


def test_a_withdrawn_call_calls_nothing_back():
    figures = whole(call("A", 1, done(1)), call("B", 3), call("C", 5, done(5), device="E"))
    assert (figures.callbacks, figures.withdrawn) == (0, 1)


def test_calls_whose_days_are_not_over_are_watched():
    soon = Period(date(2026, 6, 1), date(2026, 6, 30), today=date(2026, 6, 30))
    # Thirty days after the 1st is 1 July: watched until then. Called back already: watched no more.
    figures = whole(
        call("A", 1, done(1)),
        call("B", 2, done(2), device="E"),
        call("C", 4, done(4), device="E"),
        period=soon,
    )
    assert (figures.callbacks, figures.watched) == (1, 2)
    assert whole(call("A", 1, done(1))).watched == 0


# -- by whom and what -----------------------------------------------------------------------------------------------


def test_the_first_trip_has_the_hold_and_the_last_visit_the_callback():
    held = call("A", 1, done(2, "Ann", outcome=HELD), done(4, "Bob"))
    again = call("B", 10, done(10, "Cleo"))
    found = by(By.TECHNICIAN, held, again)
    assert {n: (f.calls, f.held, f.closed, f.callbacks) for n, f in found.items()} == {
        "Ann": (1, 1, 0, 0),
        "Bob": (0, 0, 1, 1),
        "Cleo": (1, 0, 1, 0),
    }
    assert found["Ann"].callback_percent is None and found["Bob"].first_call_percent is None


def test_a_visit_after_the_completing_one_does_not_take_the_callback_over():
    one = call("A", 1, done(2, "Ann"), done(3, "Bob", outcome="Follow-up"))
    assert (one.opener, one.closer) == ("Ann", "Ann")
    none = call("B", 1, done(2, "Ann", outcome="Follow-up"), done(3, "Bob", outcome="Needs Help"))
    assert (none.opener, none.closer) == ("Ann", "Bob")


def test_groups_of_a_call():
    one = call("A", 1, done(2), model="M", customer="C", contract="K", territory="T", problem="JAM")
    for dimension, name in (
        (By.MODEL, "M"), (By.CUSTOMER, "C"), (By.CONTRACT, "K"), (By.TERRITORY, "T"), (By.PROBLEM, "JAM"),
        (By.MONTH, "2026-06"), (By.TECHNICIAN, "Ann"),
    ):  # fmt: skip
        assert list(by(dimension, one)) == [name]


def test_clicks_between_calls_count_every_device_of_the_group_called_for_or_not():
    clicks = [
        Clicks(30_000, "2026-06", "M", "Law", "K1", "North"),
        Clicks(12_000, "2026-06", "M", "Bank", "K2", "North"),
        Clicks(9_000, "2026-06", "N", "Bank", "K2", "North"),
    ]
    calls = [
        call("A", 1, done(1), model="M", customer="Law"),
        call("B", 2, done(2), model="M", customer="Bank", device="E"),
        call("PC", 3, done(3), model="", customer="Bank", device="pc", counts_clicks=False),
    ]
    models = by(By.MODEL, *calls, clicks=clicks)
    assert models["M"].mcbc == 21_000  # 42,000 / 2
    assert models["N"].calls == 0 and models["N"].mcbc is None and models["N"].clicks == 9_000
    assert models[""].mcbc is None  # the computer clicks nothing
    customers = by(By.CUSTOMER, *calls, clicks=clicks)
    assert (customers["Law"].mcbc, customers["Bank"].mcbc) == (30_000, 21_000)
    assert whole(*calls, clicks=clicks).mcbc == 25_500  # 51,000 / 2
    for nobody in (By.TECHNICIAN, By.PROBLEM):
        assert all(f.clicks is None and f.mcbc is None for f in by(nobody, *calls, clicks=clicks).values())


def test_how_long_a_repair_lasts_is_the_closers():
    first = call("A", 1, done(1, "Ann"), completed_life=10_000)
    second = call("B", 20, done(20, "Bob"), opened_life=14_000, completed_life=14_500)
    third = call("C", 28, done(28, "Cleo"), opened_life=16_500)
    found = by(By.TECHNICIAN, first, second, third)
    assert (found["Ann"].lasted, found["Bob"].lasted, found["Cleo"].lasted) == (4_000, 2_000, None)
    assert whole(first, second, third).lasted == 3_000


def test_hours_are_means_of_what_is_known_and_the_service_level_of_what_was_agreed():
    found = whole(
        call("A", 1, done(1), response_hours=2.0, restore_hours=4.0, kept=True),
        call("B", 2, done(2), device="E", response_hours=5.0, kept=False),
        call("C", 3, done(3), device="F"),
    )
    assert (found.response, found.responses) == (3.5, 2)
    assert (found.restore, found.restores) == (4.0, 1)
    assert (found.agreed, found.kept_percent) == (2, 50)


def test_calls_that_are_left_out_still_call_others_back():
    calls = [call("A", 1, done(1), contract="K1"), call("B", 5, done(5), contract="K2")]
    found = measure(calls, JUNE, where=lambda one: one.contract == "K1")[""]
    assert (found.calls, found.callbacks) == (1, 1)
    assert measure([call("W", 1, contract="K2")], JUNE, where=lambda one: one.contract == "K1") == {}


def test_months():
    found = measure(
        [call("A", 30, done(31, month=5), month=5), call("B", 10, done(10)), call("C", 20, closed=False)],
        Period(date(2026, 5, 1), date(2026, 6, 30), today=date(2026, 9, 1)),
        By.MONTH,
        [Clicks(1_000, "2026-05"), Clicks(2_000, "2026-06")],
    )
    # B repeats A within ten days, and C, which is still open, repeats B.
    assert {m: (f.calls, f.callbacks, f.open, f.mcbc) for m, f in found.items()} == {
        "2026-05": (1, 1, 0, 1_000),
        "2026-06": (1, 1, 1, 2_000),
    }


# -- properties -----------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["", "Ann", "Bob", "Cleo"])
VISITS = st.lists(
    st.builds(
        Visit,
        ended=st.integers(0, 70 * 24).map(lambda h: datetime(2026, 5, 10) + timedelta(hours=h)),
        technician=NAMES,
        outcome=st.sampled_from(["Complete", HELD, "Follow-up"]),
        remote=st.booleans(),
        cancelled=st.booleans(),
    ),
    max_size=3,
).map(tuple)


@st.composite
def worlds(draw) -> list[Call]:
    calls = []
    for number in range(draw(st.integers(0, 12))):
        visits = draw(VISITS)
        opened = datetime(2026, 5, 1) + timedelta(hours=draw(st.integers(0, 75 * 24)))
        ended = max([opened, *(v.ended for v in visits if not v.cancelled)])
        calls.append(
            Call(
                f"C{number}",
                opened,
                draw(st.sampled_from([ended, None])),
                device=draw(st.sampled_from(["", "D", "E"])),
                model=draw(st.sampled_from(["", "M", "N"])),
                corrective=draw(st.integers(0, 5)) > 0,
                visits=visits,
                remote_fix=draw(st.booleans()),
                norm=Norm(draw(st.integers(0, 40)), draw(st.integers(0, 2_000))),
                opened_life=draw(st.none() | st.integers(0, 5_000)),
                completed_life=draw(st.none() | st.integers(0, 5_000)),
                response_hours=draw(st.none() | st.integers(0, 20).map(float)),
                restore_hours=draw(st.none() | st.integers(0, 40).map(float)),
                kept=draw(st.none() | st.booleans()),
            )
        )
    return calls


COUNTS = (
    "calls", "first", "held", "remote", "trips", "closed", "callbacks", "watched", "open", "withdrawn", "clicked_calls",
    "lasted_calls", "lasted_clicks", "responses", "response_hours", "restores", "restore_hours", "agreed", "kept",
)  # fmt: skip


@given(worlds(), st.sampled_from(list(By)))
def test_the_groups_add_up_to_the_whole(calls, dimension):
    parts = measure(calls, JUNE, dimension).values()
    total = measure(calls, JUNE).get("", Figures())
    for name in COUNTS:
        assert sum(getattr(one, name) for one in parts) == getattr(total, name), name


@given(worlds())
def test_shares_stay_between_none_and_all_and_the_order_of_calls_does_not_matter(calls):
    found = measure(calls, JUNE).get("", Figures())
    assert found.first + max(found.held, found.callbacks) <= found.calls == found.closed
    assert found.kept <= found.agreed <= found.calls
    assert found == measure(calls[::-1], JUNE).get("", Figures())


@given(worlds())
def test_every_callback_names_one_call_that_was_completed_before_it_on_its_device(calls):
    known = {one.call: one for one in calls}
    found = judge(calls)
    for one in found:
        if one.callback_of:
            before = known[one.callback_of]
            assert before.device == one.call.device != ""
            assert before.completed < one.call.opened
    named = sorted(name for one in found for name in one.called_back)
    assert named == sorted(one.call.call for one in found if one.callback_of)
