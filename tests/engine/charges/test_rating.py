"""Rating: tiers, allowances, free units, carry-over, blocks, minimum and maximum."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import Price, TierMode
from mps_module.engine.money import round_money
from mps_module.engine.rating import (
    amount_of,
    block_renewals,
    blocks_needed,
    carry_history,
    carry_over,
    carry_step,
    consume_free,
    over,
    rate,
    true_up,
)

from .builders import dec, price

THREE = (("10000", ".01"), ("20000", ".0085"), (None, ".007"))
GRADUATED = price(*THREE)
VOLUME = price(*THREE, mode=TierMode.VOLUME)


@pytest.mark.parametrize(
    ("quantity", "graduated", "volume"),
    [
        ("10000", "100", "100"),
        ("10001", "100.0085", "85.0085"),
        ("20001", "185.007", "140.007"),
        ("25750", "225.25", "180.25"),
        ("0", "0", "0"),
        ("10000.5", "100.00425", "85.00425"),
    ],
)
def test_tiers(quantity: str, graduated: str, volume: str) -> None:
    assert amount_of(rate(dec(quantity), GRADUATED)) == dec(graduated)
    assert amount_of(rate(dec(quantity), VOLUME)) == dec(volume)


def test_a_row_a_tier_shows_quantity_and_rate() -> None:
    rows = rate(dec(25_750), GRADUATED)
    assert [(row.quantity, row.rate, row.amount) for row in rows] == [
        (dec(10_000), dec(".01"), dec(100)),
        (dec(10_000), dec(".0085"), dec(85)),
        (dec(5_750), dec(".007"), dec("40.25")),
    ]
    assert len(rate(dec(25_750), VOLUME)) == 1
    assert rate(dec(0), GRADUATED) == ()


def test_a_credit_goes_at_the_first_rate() -> None:
    assert amount_of(rate(dec(-300), GRADUATED)) == dec(-3)
    assert amount_of(rate(dec(-300), VOLUME)) == dec(-3)


def test_beyond_a_last_tier_that_is_not_open_its_rate_goes_on() -> None:
    closed = price(("1000", ".02"), ("2000", ".01"))
    assert amount_of(rate(dec(5000), closed)) == dec(20) + dec(40)
    assert amount_of(rate(dec(5000), price(("1000", ".02"), ("2000", ".01"), mode=TierMode.VOLUME))) == dec(
        50
    )


def test_no_tier_is_an_error_not_a_free_click() -> None:
    with pytest.raises(ValueError, match="at least one tier"):
        rate(dec(1), Price(()))


def test_pooled_and_per_device_allowance() -> None:
    made = [dec(9_100), dec(2_400), dec(14_250)]
    overage = price((None, ".0085"))
    pooled = over(sum(made), dec(20_000))
    assert pooled == 5_750
    assert amount_of(rate(pooled, overage)) == dec("48.875")
    own = sum(over(used, free) for used, free in zip(made, map(dec, (8_000, 6_000, 6_000)), strict=True))
    assert own == 9_350
    assert amount_of(rate(own, overage)) == dec("79.475")


def test_an_allowance_is_not_given_on_a_credit() -> None:
    assert over(dec(-50), dec(1000)) == -50
    assert over(dec(999), dec(1000)) == 0


def test_free_units_are_used_up_in_order() -> None:
    assert consume_free(dec(500), [dec(300), dec(250), dec(100)]) == [0, 50, 100]


@pytest.mark.parametrize(
    ("free", "parts", "charged"),
    [
        (500, [300, -100, 400], [0, 0, 100]),  # 600 in all, 500 free
        (0, [300, -100], [200, 0]),
        (0, [-100, 300], [0, 200]),
        (500, [100, -300], [0, -200]),
        (500, [], []),
    ],
)
def test_free_units_beside_a_true_up(free: int, parts: list[int], charged: list[int]) -> None:
    assert consume_free(dec(free), [dec(part) for part in parts]) == charged


def test_carried_clicks_are_used_first_and_expire() -> None:
    # 1,000 a period, kept for two more; 400, then nothing, then 2,900, then 1,000
    steps = carry_history([(dec(1000), dec(used)) for used in (400, 0, 2900, 1000)], 2)
    assert [step.pool for step in steps] == [(600,), (600, 1000), (0, 0), (0, 0)]
    assert [step.charged for step in steps] == [0, 0, 300, 0]
    assert [step.from_carried for step in steps] == [0, 0, 1600, 0]


def test_unused_clicks_of_one_period_expire_after_their_time() -> None:
    steps = carry_history([(dec(1000), dec(0))] * 4, 2)
    assert [step.expired for step in steps] == [0, 0, 1000, 1000]
    assert carry_over([(dec(1000), dec(0))] * 4, 2) == 2000


def test_without_carry_over_the_rest_expires_at_once() -> None:
    assert carry_over([(dec(1000), dec(400))], 0) == 0
    assert carry_step((), dec(1000), dec(400), 0).expired == 600
    assert carry_over([], 3) == 0


def test_renewal_of_a_block_opens_with_the_rest() -> None:
    renewal = block_renewals(dec(0), dec(23_000), dec(20_000))
    assert (renewal.blocks, renewal.balance) == (1, 17_000)


@pytest.mark.parametrize(
    ("before", "after", "blocks", "balance"),
    [
        (0, 20_000, 0, 0),  # just used up: the next copy renews it
        (20_000, 20_001, 1, 19_999),
        (15_000, 65_000, 3, 15_000),
        (0, 0, 0, 20_000),
        (20_100, 19_900, -1, 100),  # an estimate was too high: the renewal is taken back
    ],
)
def test_blocks(before: int, after: int, blocks: int, balance: int) -> None:
    renewal = block_renewals(dec(before), dec(after), dec(20_000))
    assert (renewal.blocks, renewal.balance) == (blocks, balance)


def test_a_block_without_copies_is_an_error() -> None:
    with pytest.raises(ValueError, match="must hold copies"):
        blocks_needed(dec(5), dec(0))


def test_minimum_and_maximum() -> None:
    assert true_up(dec(50) + 3 * dec(10), dec(100), None) == 20
    assert true_up(dec(100), dec(100), dec(100)) == 0
    assert true_up(dec(130), dec(100), dec(120)) == -10
    assert true_up(dec(-20), dec(100), None) == 100  # the credit stays a credit
    assert true_up(dec(0), None, None) == 0


# properties -------------------------------------------------------------------------------------------------------

quantities = st.decimals(0, 200_000, places=3)
rates = st.decimals("0", "1", places=6)
limits = st.lists(st.integers(1, 100_000), min_size=0, max_size=4, unique=True).map(sorted)


@st.composite
def prices(draw: st.DrawFn) -> Price:
    ends = [str(end) for end in draw(limits)]
    tiers = [(end, str(draw(rates))) for end in [*ends, None]]
    return price(*tiers)


@given(prices(), st.lists(quantities, min_size=2, max_size=6))
def test_graduated_never_falls_with_quantity_nor_jumps(tiers: Price, several: list[Decimal]) -> None:
    dearest = max(tier.rate for tier in tiers.tiers)
    cheapest = min(tier.rate for tier in tiers.tiers)
    for low, high in pairwise(sorted(several)):
        step = amount_of(rate(high, tiers)) - amount_of(rate(low, tiers))
        assert cheapest * (high - low) <= step <= dearest * (high - low)


@given(prices(), st.integers(0, 3), st.decimals("0", "1", places=3))
def test_graduated_is_straight_within_a_tier(tiers: Price, pick: int, along: Decimal) -> None:
    tier_number = min(pick, len(tiers.tiers) - 1)
    low = tiers.tiers[tier_number - 1].up_to if tier_number else dec(0)
    high = tiers.tiers[tier_number].up_to or low + 1000
    between = low + (high - low) * along
    expected = amount_of(rate(low, tiers)) + (between - low) * tiers.tiers[tier_number].rate
    assert amount_of(rate(between, tiers)) == expected


@given(prices(), quantities)
def test_rows_hold_the_whole_quantity_in_both_modes(tiers: Price, quantity: Decimal) -> None:
    for mode in TierMode:
        rows = rate(quantity, Price(tiers.tiers, mode))
        assert sum(row.quantity for row in rows) == quantity
        assert all(row.amount == row.quantity * row.rate for row in rows)


@given(st.integers(0, 5000), st.lists(st.integers(-2000, 5000), max_size=8))
def test_charged_parts_add_up_to_what_is_over(free: int, parts: list[int]) -> None:
    charged = consume_free(dec(free), [dec(part) for part in parts])
    assert sum(charged) == over(dec(sum(parts)), dec(free))
    for part, paid in zip(parts, charged, strict=True):
        assert min(part, 0) <= paid <= max(part, 0)


history_lists = st.lists(st.tuples(st.integers(0, 2000), st.integers(-500, 5000)), min_size=1, max_size=15)


@given(history_lists, st.integers(0, 4))
def test_carry_over_conserves_clicks(history: list[tuple[int, int]], keep: int) -> None:
    steps = carry_history([(dec(allowance), dec(used)) for allowance, used in history], keep)
    left = dec(0)
    for step, (allowance, used) in zip(steps, history, strict=True):
        assert step.carried == left
        left = sum(step.pool, dec(0))
        assert step.carried + allowance == step.consumed + step.expired + left
        assert step.charged + step.consumed == used or used < 0
        assert step.charged == used if used < 0 else step.charged >= 0
        assert len(step.pool) <= keep
        # nothing is charged while clicks are left, and nothing older than `keep` periods is
        assert step.charged <= 0 or left == 0


@given(history_lists, st.integers(0, 4))
def test_longer_carrying_never_costs_more(history: list[tuple[int, int]], keep: int) -> None:
    exact = [(dec(allowance), dec(used)) for allowance, used in history]
    charged = [sum(step.charged for step in carry_history(exact, periods)) for periods in (keep, keep + 1)]
    assert charged[1] <= charged[0]


@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=10), st.integers(1, 30_000))
def test_block_balance_however_the_periods_are_cut(made: list[int], size: int) -> None:
    block, before, bought = dec(size), dec(0), 1
    for used in made:
        renewal = block_renewals(before, before + used, block)
        bought += renewal.blocks
        before += used
        assert renewal.balance == bought * block - before
        assert 0 <= renewal.balance <= block
    assert bought == 1 + block_renewals(dec(0), before, block).blocks


@given(st.decimals(-1000, 1000, places=2), st.decimals(0, 500, places=2), st.decimals(0, 500, places=2))
def test_charges_end_up_between_minimum_and_maximum(amount: Decimal, one: Decimal, other: Decimal) -> None:
    low, high = min(one, other), max(one, other)
    ended = amount + true_up(amount, low, high)
    assert ended == low + min(amount, 0) if amount < low else low <= ended <= high


def test_money_comes_last() -> None:
    assert round_money(amount_of(rate(dec(10_001), GRADUATED))) == dec("100.01")
