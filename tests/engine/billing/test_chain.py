"""A device that goes from contract to contract: what all of them bill is what the counter made, whatever the days.

Clicks cost 1.00 each, so the bills add up to the counter. Every due period is billed in order, each with what the bills
before it have pinned, and each contract with what the one before it closed at.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import bill
from mps_module.engine.contract import BillingRules, Contract, Tolerance
from mps_module.engine.handover import closing_pins
from mps_module.engine.ledger import Ledger, Pins
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import Bill
from mps_module.engine.schedule import due_periods
from tests.engine.billing.build import NEW_YEAR, clicks, contract, device, read

DAY = timedelta(days=1)
JULY = date(2026, 7, 1)
SPAN = (JULY - NEW_YEAR).days
LAST_VALUE = 9_000


def chain_of(last_days: list[int], rules: BillingRules) -> list[Contract]:
    """Contracts one behind the other; each ends on its day of the year (0: 1 January), the last one with June."""
    starts = [NEW_YEAR, *(NEW_YEAR + timedelta(days=n + 1) for n in last_days)]
    ends = [*(start - DAY for start in starts[1:]), JULY - DAY]
    return [
        contract(clicks(rate="1"), start=start, end=end, rules=rules)
        for start, end in zip(starts, ends, strict=True)
    ]


def reads_of(days: list[tuple[int, int]]) -> list[Read]:
    """A rising counter: installed at 0 on New Year's Day, read on these days and hours, at 9,000 as June ends."""
    middle = sorted({(day, hour) for day, hour in days})
    made = [read(0, 2026, 1, 1, kind=ReadKind.INSTALL)]
    for number, (day, hour) in enumerate(middle, 1):
        at = NEW_YEAR + timedelta(days=day)
        value = LAST_VALUE * number // (len(middle) + 1)
        made.append(read(value, at.year, at.month, at.day, hour))
    return [*made, read(LAST_VALUE, 2026, 6, 30, 23)]


def bills_of(agreed: Contract, reads: list[Read], handed: Pins) -> list[Bill]:
    posted: list[Bill] = []
    unit = device(start=agreed.start, end=agreed.end)
    for period in due_periods(agreed, None, JULY):
        ledger = Ledger.build(reads, pins={**handed, **pins_of(posted)})
        posted.append(bill(agreed, ledger, [unit], period, posted))
    return posted


def billed(chain: list[Contract], reads: list[Read]) -> list[Decimal]:
    """What each contract bills in all."""
    totals, handed = [], {}
    for agreed in chain:
        posted = bills_of(agreed, reads, handed)
        totals.append(sum((made.total for made in posted), Decimal(0)))
        ledger = Ledger.build(reads, pins={**handed, **pins_of(posted)})
        handed = closing_pins(agreed, ledger, "D1", agreed.end or JULY, posted)
    return totals


LAST_DAYS = st.lists(st.integers(3, SPAN - 4), max_size=3, unique=True).map(sorted)
TIMES = st.lists(st.tuples(st.integers(1, SPAN - 2), st.integers(0, 23)), max_size=12)
TOLERANCES = st.builds(Tolerance, st.integers(0, 12), st.integers(0, 12))


@settings(max_examples=150, deadline=None)
@given(LAST_DAYS, TIMES, TOLERANCES, st.sampled_from([1, 3]))
@example([129], [(129, 0), (136, 20)], Tolerance(10, 6), 1)
@example([30, 31], [], Tolerance(0, 0), 1)
def test_no_click_is_lost_or_billed_twice(
    last_days: list[int], times: list[tuple[int, int]], tolerance: Tolerance, months: int
) -> None:
    chain = chain_of(last_days, BillingRules(tolerance=tolerance, overage_months=months))
    totals = billed(chain, reads_of(times))
    assert sum(totals) == LAST_VALUE


def test_one_contract_and_three_bill_the_same_clicks() -> None:
    """1,500 a month, read at each month's end; handed over with January and with April."""
    reads = reads_of([(30, 20), (58, 20), (89, 20), (119, 20), (150, 20)])
    rules = BillingRules()
    assert billed(chain_of([], rules), reads) == [9_000]
    assert billed(chain_of([30, 119], rules), reads) == [1_500, 4_500, 3_000]


def test_an_install_a_few_days_before_the_handover_is_not_opened_at_again() -> None:
    """Installed at 0 on 1 January, 4,500 on the second, handed over after the fourth, 9,000 as June ends."""
    rules = BillingRules(tolerance=Tolerance(10, 6))
    assert billed(chain_of([3], rules), reads_of([(1, 0)])) == [4_500, 4_500]


def test_a_device_installed_anew_since_opens_at_its_install() -> None:
    """The first contract closes at 3,000; 40 test prints in the workshop are nobody's; 1,000 more until June ends."""
    reads = [
        read(0, 2026, 1, 1, kind=ReadKind.INSTALL),
        read(3_000, 2026, 1, 31, 12, kind=ReadKind.REMOVAL),
        read(3_040, 2026, 2, 1, 9, kind=ReadKind.INSTALL),
        read(4_040, 2026, 6, 30, 23),
    ]
    assert billed(chain_of([30], BillingRules()), reads) == [3_000, 1_000]


def test_an_estimate_at_the_handover_is_trued_up_by_the_contract_that_goes_on() -> None:
    """2,000 clicks in the first 20 days are 100 a day: 1,100 more are expected for the 11 days until the 31st."""
    reads = [
        read(0, 2026, 1, 1, kind=ReadKind.INSTALL),
        read(2_000, 2026, 1, 21),
        read(LAST_VALUE, 2026, 6, 30, 23),
    ]
    rules = BillingRules(tolerance=Tolerance(3, 3))
    assert billed(chain_of([30], rules), reads) == [3_100, LAST_VALUE - 3_100]


def test_a_quarterly_contract_after_a_monthly_one() -> None:
    """1,500 a month, read at each month's end: monthly until February, then by the quarter from March to June."""
    reads = reads_of([(30, 20), (58, 20), (89, 20), (119, 20), (150, 20)])
    first, second = chain_of([58], BillingRules())
    (version,) = second.versions
    second = replace(second, versions=(replace(version, rules=BillingRules(overage_months=3)),))
    assert billed([first, second], reads) == [3_000, 6_000]


def test_a_contract_of_a_day_bills_the_clicks_of_that_day() -> None:
    """Only 10 January is the second contract's: 700 until the evening before, 750 on its evening."""
    reads = [
        read(0, 2026, 1, 1, kind=ReadKind.INSTALL),
        read(700, 2026, 1, 9, 23),
        read(750, 2026, 1, 10, 23),
        read(LAST_VALUE, 2026, 6, 30, 23),
    ]
    rules = BillingRules(tolerance=Tolerance(0, 0))
    assert billed(chain_of([8, 9], rules), reads) == [700, 50, LAST_VALUE - 750]
