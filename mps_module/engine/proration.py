"""The part of a cycle that was covered, by which base and allowance are charged (domain: section 3).

A share is an exact fraction, and an amount is multiplied before it is divided, so that 930 x 23 / 31 is 690 and not
689.99999. By days: covered days / days of the cycle. By months: every month of the cycle weighs the same, and a month
that is covered in part counts by its days. None: a cycle that is covered for a day is charged in full.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from mps_module.engine.contract import Proration
from mps_module.engine.months import DAY, anchored, month_index
from mps_module.engine.periods import Period

NOTHING = Fraction(0)
WHOLE = Fraction(1)


@lru_cache(maxsize=65_536)
def fraction(part: Period | None, full: Period, way: Proration = Proration.DAYS) -> Fraction:
    """The share of the cycle `full` that `part` covers, 0..1, exact. None: nothing covered, 0.

    Raises:
        ValueError: `part` reaches outside `full`.
    """
    if part is None:
        return NOTHING
    if part.start < full.start or part.end > full.end:
        raise ValueError(f"{part} is not inside {full}")
    if part == full or way is Proration.NONE:
        return WHOLE
    if way is Proration.MONTHS:
        return _months(part, full) / _months(full, full)
    return Fraction(part.days, full.days)


def prorate(amount: Decimal, portion: Fraction) -> Decimal:
    """`amount` (money, clicks or units) for that share of a cycle, multiplied before it is divided; not rounded."""
    if portion == 1:
        return amount
    return amount * portion.numerator / portion.denominator


def _months(part: Period, full: Period) -> Fraction:
    """Months in `part`, cut where the cycle's own months begin."""
    # A clipped day (28 February for the 31st) still shows its anchor on the cycle's other side.
    anchor_day = max(full.start.day, (full.end + DAY).day)
    index = month_index(full.start)
    low = full.start
    months = NOTHING
    while low <= part.end:
        index += 1
        high = anchored(index, anchor_day) - DAY
        month = Period(low, high)
        common = part.overlap(low, high)
        if common is not None:
            months += Fraction(common.days, month.days)
        low = high + DAY
    return months
