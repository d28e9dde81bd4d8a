"""Counters, quantities and rates as people and spreadsheets write them, without guessing.

``1.234`` is a thousand in Germany and a little more than one in Texas. Such a text is read only when the folder's
settings say how numbers are written, or when other numbers of the same file leave one reading; else it is set aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from mps_module.readers.issue import BadValue, Remark, shown

COUNTER_LIMIT = 10**10  # printers count with at most ten digits
# What a collector passes on when the device answered "unknown" (-1, -2, -3) through an unsigned 32-bit field.
SENTINELS = frozenset({4294967295, 4294967294, 4294967293, 2147483647})
DECIMAL_LIMIT = Decimal(10) ** 15
MAX_LENGTH = 64

_SPACES = str.maketrans(
    {" ": None, "\u00a0": None, "\u202f": None, "\u2009": None, "'": None, "\u2019": None}
)
_SPACED = re.compile(r"^[+-]?\d{1,3}(?:[ \u00a0\u202f\u2009'\u2019]\d{3})+(?:[.,]\d+)?$")
_PLAIN = re.compile(r"^[+-]?\d+$", re.ASCII)
_MARKED = re.compile(r"^[+-]?\d*(?:[.,]\d+)+$", re.ASCII)
_SCIENTIFIC = re.compile(r"^[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+$", re.ASCII)
_TODO_STYLE = (
    'Say in mps.yaml how numbers are written (numbers: "1,234.56" or "1.234,56"), or write it plainly.'
)


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """`decimal`: the decimal mark, ``.`` or ``,``; the other one groups thousands."""

    decimal: str

    @property
    def thousands(self) -> str:
        return "," if self.decimal == "." else "."

    @classmethod
    def from_sample(cls, sample: str) -> NumberStyle:
        """From a number as the dealer writes it: ``1,234.56``, ``1.234,56`` or ``1 234,56``.

        Raises:
            BadValue: the sample leaves the decimal mark open.
        """
        marks = [char for char in sample if char in ".,"]
        found = _roles(sample.translate(_SPACES)) if marks else None
        if found is None:
            raise BadValue(
                "number-style",
                f"“{shown(sample)}” does not show which mark is the decimal one",
                'Write a sample with thousands and decimals, such as "1,234.56" or "1.234,56".',
            )
        return cls(found)


DOT = NumberStyle(".")
COMMA = NumberStyle(",")


def _roles(text: str) -> str | None:
    """The decimal mark that `text` proves, or None where it proves nothing (or is no such number)."""
    if not _MARKED.match(text):
        return None
    body = text.lstrip("+-")
    marks = [char for char in body if char in ".,"]
    groups = re.split(r"[.,]", body)
    grouped = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3
    if len(set(marks)) == 2:
        # 1.234,5: only the last mark can be the decimal one, once, and what stands before must be groups of three.
        before = groups[1:-1]
        first_ok = 1 <= len(groups[0]) <= 3
        if (
            marks.count(marks[-1]) == 1
            and len(set(marks[:-1])) == 1
            and first_ok
            and all(len(g) == 3 for g in before)
        ):
            return marks[-1]
        return None
    mark = marks[0]
    if len(marks) > 1:
        return ("," if mark == "." else ".") if grouped else None  # 1.234.567: the mark groups
    if grouped and groups[0].lstrip("0"):
        return None  # 1.234: could be either
    return mark  # 1234.5, 0.125, .5, 12.3456: cannot be groups of three


_SIGN = r"(?:(?:[A-Z]{1,3} ?)?[$€£¥]|[A-Z]{3}|Fr\.|kr\.?|zł)"
_BEFORE = re.compile(rf"^{_SIGN}\s*(?=[-(.,\d])")
_BEHIND = re.compile(rf"(?<=[-).,\d])\s*{_SIGN}$")
_NAMED = re.compile(rf"(?<![A-Za-z]){_SIGN}(?![A-Za-z])")
_CREDIT = re.compile(r"\s*(CR|DR)$", re.IGNORECASE)


def bare_amount(text: str) -> tuple[str, bool]:
    """(the number of an amount of money, whether it is negative): ``-12.50``, ``(12.50)``, ``12.50-``, ``$-12.50``,
    ``12,50 €``, ``EUR 12,50``, ``12.50 CR``. What is no amount comes back as it is."""
    text = text.strip().replace("−", "-")
    credit = _CREDIT.search(text)
    text = _CREDIT.sub("", text)
    negative = False
    for _ in range(2):  # the sign may stand outside of the currency, or inside
        if negative:
            pass  # a second sign is left to be refused as no number
        elif text.startswith("(") and text.endswith(")"):
            text, negative = text[1:-1].strip(), True
        elif text.startswith("-") or text.endswith("-"):
            text, negative = text.removeprefix("-").removesuffix("-").strip(), True
        text = _BEHIND.sub("", _BEFORE.sub("", text))
    return text, negative or (credit is not None and credit[1].upper() == "CR")


_SIGNS = {
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD"), "US$": ("USD",), "CA$": ("CAD",), "C$": ("CAD",), "A$": ("AUD",),
    "AU$": ("AUD",), "NZ$": ("NZD",), "MX$": ("MXN",), "S$": ("SGD",), "HK$": ("HKD",), "€": ("EUR",), "£": ("GBP",),
    "¥": ("JPY", "CNY"), "Fr.": ("CHF",), "kr": ("SEK", "NOK", "DKK"), "kr.": ("SEK", "NOK", "DKK"), "zł": ("PLN",),
}  # fmt: skip


def currencies_of(text: str) -> tuple[str, ...]:
    """The currencies that an amount or a sign can be of (``$`` is that of several countries); empty: it names none."""
    found = _NAMED.search(text.replace("−", "-"))
    word = found[0].replace(" ", "") if found else ""
    if word[:3].isalpha() and len(word) == 3 + (word[-1:] in "$€£¥"):
        return (word[:3],)
    return _SIGNS.get(word, ())


def proven_style(texts: Iterable[str]) -> NumberStyle | None:
    """The one style that the numbers among `texts` prove; None where there is no proof or the proofs disagree."""
    decimal = ""
    for text in texts:
        cleaned = bare_amount(text)[0].translate(_SPACES) if len(text) <= MAX_LENGTH else text
        found = _roles(cleaned) if len(cleaned) <= MAX_LENGTH else None
        if found is None or found == decimal:
            continue
        if decimal:
            return None
        decimal = found
    return NumberStyle(decimal) if decimal else None


def _not_a_number(text: str) -> BadValue:
    return BadValue(
        "not-a-number", f"“{shown(text)}” is not a number", "Correct the cell, or leave it empty."
    )


def plain(text: str, style: NumberStyle | None) -> str:
    """`text` with thousands marks removed and ``.`` as its decimal mark.

    Raises:
        BadValue: not a number, rounded by a spreadsheet (1.2E+05), or open to two readings.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH or (not text.isascii() and not _SPACED.match(text)):
        raise _not_a_number(text)
    if _SCIENTIFIC.match(text):
        raise BadValue(
            "number-scientific",
            f"“{text}” was shortened by a spreadsheet, its last digits are lost",
            "Format the column as a number with all its digits and export again.",
        )
    if _SPACED.match(text):
        cleaned = text.translate(_SPACES)
        return cleaned.replace(",", ".")  # thousands are spaces here, so a mark can only be the decimal one
    if _PLAIN.match(text):
        return text
    if not _MARKED.match(text):
        raise _not_a_number(text)
    decimal = _roles(text)
    if decimal is not None:
        if style is not None and style.decimal != decimal:
            raise BadValue(
                "number-style",
                f"“{text}” is not written with “{style.decimal}” as decimal mark, as the settings say",
                "Correct the cell, or the setting “numbers” of this file in mps.yaml.",
            )
    elif style is None or not _fits(text, style):
        if style is None and _fits(text, DOT) and _fits(text, COMMA):
            raise BadValue("number-ambiguous", f"“{text}” can be read in two ways", _TODO_STYLE)
        raise _not_a_number(text)
    else:
        decimal = style.decimal
    thousands = "," if decimal == "." else "."
    return text.replace(thousands, "").replace(decimal, ".")


def _fits(text: str, style: NumberStyle) -> bool:
    whole, _, fraction = text.lstrip("+-").partition(style.decimal)
    groups = whole.split(style.thousands)
    grouped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))
    return grouped and style.thousands not in fraction and style.decimal not in fraction


def is_ambiguous(text: str) -> bool:
    """True for a text that only a declared or proven style can decide."""
    text = text.strip()
    return len(text) <= MAX_LENGTH and bool(_MARKED.match(text)) and _roles(text) is None


def to_decimal(
    cell: object, style: NumberStyle | None = None, *, low: Decimal | None = Decimal(0)
) -> Decimal:
    """An exact Decimal from a cell (text, or a number of a workbook).

    Raises:
        BadValue: see `plain`; or below `low`, or absurdly large.
    """
    if isinstance(cell, bool):
        raise _not_a_number(str(cell))
    if isinstance(cell, float):
        cell = repr(cell)  # shortest text that gives the same float: what the sheet's author typed
        if "e" in cell:
            cell = f"{Decimal(cell):f}"
        style = DOT
    elif isinstance(cell, int):
        cell = str(cell)
    elif not isinstance(cell, str):
        raise _not_a_number(str(cell))
    if cell.endswith("%"):
        cell = cell[:-1]
    try:
        value = Decimal(plain(cell, style))
    except InvalidOperation:
        raise _not_a_number(cell) from None
    if low is not None and value < low:
        raise BadValue("number-negative", f"{value} is below {low}", "Correct the cell.")
    if abs(value) >= DECIMAL_LIMIT:
        raise BadValue("number-absurd", f"{value:f} cannot be meant", "Correct the cell.")
    return value


def to_counter(cell: object, style: NumberStyle | None = None) -> int:
    """A counter value: a whole number from 0 to ten digits.

    Raises:
        BadValue: not a number, ambiguous, with a fraction, negative or absurd.
    """
    try:
        if isinstance(cell, str) and "%" in cell:
            raise _not_a_number(cell)
        value = to_decimal(cell, style)
    except BadValue as bad:
        if bad.code == "number-negative":
            raise BadValue(
                "counter-negative", f"a counter cannot be {shown(cell)}", "Read the device again."
            ) from None
        if bad.code == "number-absurd":
            raise _absurd(cell) from None
        raise
    if value != value.to_integral_value():
        raise BadValue("counter-fraction", f"a counter cannot be {value}", "Read the device again.")
    if value >= COUNTER_LIMIT:
        raise _absurd(cell)
    if value in SENTINELS:
        raise BadValue(
            "counter-unknown",
            f"{value} is what a collector writes when the device did not answer",
            "Read the device again.",
        )
    return int(value)


def _absurd(cell: object) -> BadValue:
    return BadValue(
        "counter-absurd", f"{shown(cell)} has more digits than any counter", "Read the device again."
    )


def yaml_decimal(style: NumberStyle | None) -> Callable[[str], tuple[Decimal, Remark | None]]:
    """A parser for numbers of YAML files, where a point is the decimal mark whatever the folder's tables use.

    A decimal comma is read where it can be nothing else. ``20.000`` is 20 for YAML, but perhaps twenty thousand for
    its author: it is flagged, and refused where the settings say that the dealer writes a decimal comma.
    """

    def parse(text: str) -> tuple[Decimal, Remark | None]:
        text = text.strip()
        if "," in text:
            value = to_decimal(text, style, low=None)
            if style is None and _roles(text) == ",":
                return value, Remark(
                    "decimal-comma",
                    f"“{shown(text)}” was read as {value}",
                    "Write it with a decimal point.",
                )
            return value, None
        value = to_decimal(text, None if style == COMMA else DOT, low=None)
        if style is None and is_ambiguous(text):
            return value, Remark(
                "number-ambiguous",
                f"“{text}” was read as {value.normalize():f}",
                "Write it without trailing zeros (20), or without the point (20000).",
            )
        return value, None

    return parse
