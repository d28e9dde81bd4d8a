"""Meter types and virtual meters as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum


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
