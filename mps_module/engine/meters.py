"""Meter types, virtual meters and their formulas, and the check of a total against its parts (domain: section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from mps_module.engine.reads import Read

TOTAL = "total"
PARTS = ("mono", "colour", "other")
_NAME = r"[A-Za-z_][A-Za-z0-9_.]*"
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_TERM = re.compile(
    rf"\s*(?P<sign>[+-])?\s*(?:(?P<factor>{_NUMBER})\s*\*\s*(?P<name>{_NAME})"
    rf"|(?P<name2>{_NAME})(?:\s*\*\s*(?P<factor2>{_NUMBER}))?)\s*"
)


class MeterUnit(str, Enum):
    IMPRESSION = "impression"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class MeterType:
    """One counter that a model has.

    Attributes:
        key: ``mono``, ``colour``, ``total``, ``a3``, ``scan``, ``duplex`` …
        unit: what one step of the counter is.
        digits: digits of the counter; it rolls over at 10 ** digits. None: unknown, never rolls over by itself.
        formula: for a virtual meter, its terms (meter key -> factor); empty for a real counter.
            ``mono = total - colour`` is ``{"total": 1, "colour": -1}``.
    """

    key: str
    label: str = ""
    unit: MeterUnit = MeterUnit.IMPRESSION
    digits: int | None = None
    formula: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def is_virtual(self) -> bool:
        return bool(self.formula)


@dataclass(frozen=True, slots=True)
class Device:
    """What the engine knows of a device. Key: the dealer's own id.

    Attributes:
        monthly_volume: expected clicks a month by meter key, where there are too few reads to know.
        meters: its model's meters by key; a meter that is not listed is taken as a real counter.
    """

    device: str
    customer: str = ""
    serial: str = ""
    model: str = ""
    site: str = ""
    department: str = ""
    meters: Mapping[str, MeterType] = field(default_factory=dict)
    monthly_volume: Mapping[str, Decimal] = field(default_factory=dict)


def parse_formula(text: str) -> dict[str, Decimal]:
    """Terms of a virtual meter: meter key -> factor.

    ``total - colour`` gives ``{"total": 1, "colour": -1}``, ``a4 + 2 * a3`` gives ``{"a4": 1, "a3": 2}``. The factor
    may stand on either side; a leading ``mono =`` is allowed, typographic signs (− × ·) too; a meter named twice counts
    twice.

    Raises:
        ValueError: empty text, or text that is not a sum of meters with plain factors; the message says where.
    """
    body = text.rpartition("=")[2].replace("−", "-").replace("–", "-").replace("×", "*").replace("·", "*")
    terms: dict[str, Decimal] = {}
    at = 0
    while at < len(body) or not terms:
        found = _TERM.match(body, at)
        if found is None or (terms and not found["sign"]):
            rest = body[at:].strip() or "the end"
            raise ValueError(
                f"Formula {text!r}: expected a meter or factor * meter, joined by + or -, at {rest!r}."
            )
        factor = Decimal(found["factor"] or found["factor2"] or 1)
        name = found["name"] or found["name2"]
        terms[name] = terms.get(name, Decimal(0)) + (-factor if found["sign"] == "-" else factor)
        at = found.end()
    return terms


@dataclass(frozen=True, slots=True)
class SumCheck:
    """A total counter against the sum of its parts. `difference` = total - sum of parts, shown and never hidden."""

    total: int
    parts: Mapping[str, int]
    difference: int
    label: str = TOTAL
    device: str = ""
    taken_at: datetime | None = None

    @property
    def agrees(self) -> bool:
        return self.difference == 0

    @property
    def message(self) -> str:
        """``mono 8,002 + colour 5,919 = 13,921, total 13,037: misses by -884``."""
        summed = " + ".join(f"{key} {value:,}" for key, value in self.parts.items())
        end = "agrees" if self.agrees else f"misses by {self.difference:,}"
        return f"{summed} = {sum(self.parts.values()):,}, {self.label} {self.total:,}: {end}"


def sum_check(values: Mapping[str, int], total: str = TOTAL, parts: Sequence[str] = PARTS) -> SumCheck | None:
    """Compare a total with the parts of it that were read at the same time.

    Args:
        values: meter key -> counter value of one device at one moment.
        total, parts: keys to compare; parts that are not in `values` are left out.

    Returns:
        None where there is nothing to compare: no total, or fewer than two parts.
    """
    if total not in values:
        return None
    found = {key: values[key] for key in parts if key in values}
    if len(found) < 2:
        return None
    return SumCheck(values[total], found, values[total] - sum(found.values()), total)


def sum_checks(reads: Iterable[Read], total: str = TOTAL, parts: Sequence[str] = PARTS) -> Iterator[SumCheck]:
    """A check for every moment at which a device's total and parts were read together, in the order of the reads."""
    wanted = {total, *parts}
    moments: dict[tuple[str, datetime], dict[str, int]] = {}
    for read in reads:
        if read.meter in wanted:
            moments.setdefault((read.device, read.taken_at), {})[read.meter] = read.value
    for (device, taken_at), values in moments.items():
        check = sum_check(values, total, parts)
        if check is not None:
            yield SumCheck(check.total, check.parts, check.difference, total, device, taken_at)
