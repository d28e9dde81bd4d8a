"""What is asked before a toner is sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mps_module.engine.supply_levels import State
from mps_module.engine.toner import outlook
from mps_module.engine.toner_guard import TEXTS, Facts, Rules, asks
from tests.engine.supplies.build import at, level, levels, told


def codes(facts: Facts, rules: Rules | None = None) -> list[str]:
    return [ask.code for ask in asks(facts, rules or Rules())]


def low(**by_day: float):
    """A toner that has 6 days left: 100 to 12 in 44 days."""
    rows = levels(d0=100, d44=12)
    return outlook(rows, at(44))


def test_a_toner_that_runs_out_is_sent_without_a_question():
    assert codes(Facts(low(), 0, Decimal("5.2"))) == []


def test_a_spare_on_the_shelf():
    (ask,) = asks(Facts(low(), 1), Rules())
    assert (ask.code, ask.message) == ("spare-on-shelf", "1 sent and not fitted yet: is it on the shelf?")


@pytest.mark.parametrize(("left", "asked"), [(20, []), (21, ["early-swap"]), (60, ["early-swap"])])
def test_an_early_swap(left, asked):
    """Changed with `left` % in it, more than 20 asks; the new one has 7 days left."""
    rows = [level(0, 100), level(40, left), level(41, 100), level(69, 20)]
    look = outlook(rows, at(69))
    assert look.days_left == 7.0
    assert codes(Facts(look)) == asked


@pytest.mark.parametrize(("fill", "asked"), [("8", []), ("8.01", ["high-fill"]), ("10", ["high-fill"])])
def test_above_eight_percent_on_the_page_it_asks(fill, asked):
    assert codes(Facts(low(), 0, Decimal(fill))) == asked


def test_its_words():
    (ask,) = asks(Facts(low(), 0, Decimal(10)), Rules())
    assert ask.message == "Pages are covered to 10 %, more than 8 %: was it all used in this device?"
    assert ask.message == TEXTS["high-fill"].format(*ask.figures)


@pytest.mark.parametrize(("day", "left", "asked"), [(20, 50, []), (20, 51, ["enough-left"])])
def test_enough_is_more_than_twice_the_days_ahead(day, left, asked):
    """From 100 in 20 days: 50 % left last 20 days, 51 % last 20.8."""
    assert codes(Facts(outlook([level(0, 100), level(day, left)], at(day)))) == asked


def test_a_level_that_does_not_move():
    look = outlook(levels(d0=70, d30=70), at(30))
    assert codes(Facts(look)) == ["not-moving"]
    nearly = outlook(levels(d0=20, d30=20), at(30))
    assert codes(Facts(nearly)) == []


def test_a_sudden_drop():
    assert codes(Facts(outlook([level(0, 90), level(1, 15)], at(1)))) == ["sudden-drop"]


def test_low_by_word_is_never_enough():
    assert codes(Facts(outlook([told(0, State.LOW)], at(0)))) == []
    assert codes(Facts(outlook([told(0, State.EMPTY)], at(0)))) == []


def test_without_a_level_only_what_was_sent_and_used_counts():
    assert codes(Facts(None)) == []
    assert codes(Facts(None, 2, Decimal(12))) == ["spare-on-shelf", "high-fill"]


def test_other_rules():
    rules = Rules(days_ahead=30, highest_fill=Decimal(12), early_swap=50)
    look = outlook(levels(d0=100, d40=40, d41=100, d61=50), at(61))
    assert codes(Facts(look, 0, Decimal(11)), rules) == []
    assert codes(Facts(look, 0, Decimal(11))) == ["early-swap", "high-fill"]
