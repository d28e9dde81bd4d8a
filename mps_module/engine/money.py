"""Money and other exact numbers: strict conversion, rounding to the currency, splitting to the cent (section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from math import lcm

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

RATE_DECIMALS = 6
"""Decimals of a rate as an invoice carries it (the ERP's rate fields are set to the same precision)."""

_WITHOUT_FRACTION = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_IN_THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

_QUANTA = tuple(Decimal(1).scaleb(-decimals) for decimals in range(13))
_TOO_BIG = Decimal(10) ** 15


def D(value: Decimal | int | str) -> Decimal:
    """The exact Decimal of a Decimal, an int or a text with a decimal point.

    Raises:
        TypeError: for a float (0.1 is not a tenth), a bool or any other type.
        ValueError: for text that is no plain number (decimal comma, thousands separators, blank, nan), and for
            numbers of 10**15 and above, which no print contract knows.
    """
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, bool) or not isinstance(value, (int, str)):
        kind = type(value).__name__
        raise TypeError(f"{value!r} is a {kind}: give a Decimal, an int or a text such as '0.0085'")
    elif isinstance(value, int):
        number = Decimal(value)
    else:
        number = _from_text(value)
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    if abs(number) >= _TOO_BIG:
        raise ValueError(f"{value!r} is too large to be meant")
    return number


def _from_text(value: str) -> Decimal:
    text = value.strip()
    if "," in text:
        raise ValueError(f"{value!r} holds a comma: write a decimal point and no thousands separators")
    if "_" in text or not text.isascii():
        raise ValueError(f"{value!r} is not a number")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error


def decimals_of(currency: str) -> int:
    """Decimals in which amounts of a currency are written (ISO 4217): JPY 0, KWD 3, all others 2."""
    return 0 if currency in _WITHOUT_FRACTION else 3 if currency in _IN_THOUSANDTHS else 2


def round_to(value: Decimal, decimals: int) -> Decimal:
    """`value` rounded half-up (away from zero) to `decimals` (0..12); never minus zero."""
    rounded = value.quantize(_QUANTA[decimals], ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


def round_money(amount: Decimal, decimals: int = 2) -> Decimal:
    """`amount` in money, rounded half-up to the decimals of its currency: 2.345 -> 2.35, -2.345 -> -2.35."""
    return round_to(amount, decimals)


def round_rate(rate: Decimal) -> Decimal:
    """`rate` as an invoice can carry it: half-up to six decimals; one with six or fewer is returned as it is."""
    exponent = rate.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -RATE_DECIMALS:
        return rate
    return round_to(rate, RATE_DECIMALS)


def total_of(values: Iterable[Decimal]) -> Decimal:
    """Their sum, a Decimal also when there are none."""
    return sum(values, ZERO)


def largest_remainder(
    total: Decimal, weights: Sequence[Decimal | int | Fraction], decimals: int = 2
) -> tuple[Decimal, ...]:
    """`total` split in proportion to `weights`, each part on the grid of `decimals`, adding up exactly.

    Every part is rounded down on the grid and the steps left over go to the largest remainders (ties: the earlier
    part), so no part is a step or more away from its exact share. A zero weight gets zero, unless all weights are zero:
    then all get the same. A negative total gives the mirror image of the positive one. Weights of both signs are
    allowed (a device with a credit beside devices with charges) as long as they do not cancel out.

    Raises:
        ValueError: no weights, a total off the grid, or weights of both signs that add up to zero.
    """
    if not weights:
        raise ValueError("nothing to split over")
    step = _QUANTA[decimals]
    steps = _steps(total, decimals)
    whole = _as_integers(weights)
    sum_of = sum(whole)
    if sum_of == 0:
        if any(whole):
            raise ValueError("the weights cancel out: there is no share to split by")
        whole = [1] * len(whole)
        sum_of = len(whole)
    if sum_of < 0:
        whole = [-weight for weight in whole]
        sum_of = -sum_of
    size = abs(steps)
    parts: list[int] = []
    rests: list[int] = []
    for weight in whole:
        floor, rest = divmod(size * weight, sum_of)
        parts.append(floor)
        rests.append(rest)
    left = size - sum(parts)
    for index in sorted(range(len(parts)), key=lambda i: -rests[i])[:left]:
        parts[index] += 1
    sign = -1 if steps < 0 else 1
    return tuple(step * (sign * part) for part in parts)


def _steps(total: Decimal, decimals: int) -> int:
    numerator, denominator = total.as_integer_ratio()
    steps, rest = divmod(numerator * 10**decimals, denominator)
    if rest:
        raise ValueError(f"{total} has more than {decimals} decimals: round it before it is split")
    return steps


def _as_integers(weights: Sequence[Decimal | int | Fraction]) -> list[int]:
    """Integers in the same proportion."""
    if all(isinstance(weight, int) for weight in weights):
        return [int(weight) for weight in weights]
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (common // denominator) for numerator, denominator in ratios]
