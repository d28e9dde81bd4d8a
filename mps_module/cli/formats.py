"""Numbers, money and days as people read them. One place, so that screen, HTML and PDF never disagree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mps_module.engine.money import decimals_of
from mps_module.engine.periods import Period

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIGNS = {"USD": "$", "CAD": "CA$", "AUD": "A$", "EUR": "€", "GBP": "£"}


def plain(value: Decimal | int) -> str:
    """The number without exponent, trailing zeros or a minus on nought: ``12345.5``."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def number(value: Decimal | int, places: int = 4) -> str:
    """A quantity with thousands separators and up to `places` decimals: ``12,345``, ``0.5``, ``0.7419``."""
    if isinstance(value, Decimal) and -int(value.as_tuple().exponent) > places:
        value = round(value, places)
    text = plain(value)
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}{dot}{rest}" if whole != "-0" else f"-0{dot}{rest}"


def amount(value: Decimal, decimals: int = 2) -> str:
    """Money without its currency: ``1,234.50``. Digits that it has beyond `decimals` stay."""
    places = max(decimals, -int(value.normalize().as_tuple().exponent)) if value else decimals
    text = f"{abs(value):,.{places}f}"
    return f"-{text}" if value < 0 else text


def rate(value: Decimal) -> str:
    """A price of one unit: at least two decimals, up to eight where it has them: ``0.0085``, ``45.00``."""
    return amount(round(value, 8), 2)


def money(value: Decimal, currency: str, decimals: int | None = None) -> str:
    """Money with its currency: ``$1,234.50``, ``CHF 12.00``, ``-€3.00``. `decimals`: else those of the currency."""
    sign = _SIGNS.get(currency, f"{currency} ")
    text = amount(abs(value), decimals_of(currency) if decimals is None else decimals)
    return f"-{sign}{text}" if value < 0 else f"{sign}{text}"


def signed_number(value: Decimal) -> str:
    """A difference of quantities: ``+1,307``, ``-0.129``."""
    return f"+{number(value)}" if value > 0 else number(value)


def signed(value: Decimal, decimals: int = 2) -> str:
    """A difference of money: ``+12.00``, ``-3.50``, ``0.00``."""
    return f"+{amount(value, decimals)}" if value > 0 else amount(value, decimals)


def day(value: date) -> str:
    """``31 Oct 2026``: no reader takes the day for the month."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    return f"{_MONTHS[value.month - 1]} {value.year}"


def short_month(value: date) -> str:
    """Label under a chart's bar: the month, with the year where one begins."""
    return f"{_MONTHS[value.month - 1]} {value.year % 100:02d}"


def period(value: Period) -> str:
    """``1 – 31 Oct 2026``, ``1 Aug – 31 Oct 2026``, ``15 Dec 2026 – 14 Jan 2027``."""
    a, b = value.start, value.end
    if a == b:
        return day(a)
    if a.year != b.year:
        return f"{day(a)} – {day(b)}"
    if a.month != b.month:
        return f"{a.day} {_MONTHS[a.month - 1]} – {day(b)}"
    return f"{a.day} – {day(b)}"
