"""Contracts as values: versions, lines, charges, billing rules, covered units (domain: section 3).

Every line is a quantity with a price. The kinds differ only in where the quantity comes from: a flat base counts 1,
a per-device or per-seat line counts covered units, a click line counts clicks, an incident line counts calls. So a
per-seat plan is a contract whose usage never moves, and one pipeline rates them all:
usage -> weights -> allowance -> tier price -> discount -> minimum / maximum -> rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

ZERO = Decimal(0)


class LineKind(str, Enum):
    FLAT = "flat"  # 1 a base period
    DEVICE = "device"  # covered devices, prorated by days
    SEAT = "seat"  # covered seats and IT assets, prorated by days
    CLICK = "click"  # weighted clicks of the overage period
    BLOCK = "block"  # a block of copies, renewed when it is used up
    INCIDENT = "incident"  # calls of the overage period (per-incident contract)
    LABOUR = "labour"  # hours on calls (time and material)
    TRAVEL = "travel"  # trips (or hours or kilometres, as the calls count them)
    MATERIAL = "material"  # parts used on calls, at their own price less `discount`


BASE_KINDS = frozenset({LineKind.FLAT, LineKind.DEVICE, LineKind.SEAT})


class TierMode(str, Enum):
    GRADUATED = "graduated"  # each tier prices its own slice
    VOLUME = "volume"  # the tier that is reached prices all


class AllowanceScope(str, Enum):
    POOLED = "pooled"
    PER_UNIT = "per_unit"


class Proration(str, Enum):
    DAYS = "days"
    MONTHS = "months"
    NONE = "none"


class SplitBy(str, Enum):
    NONE = "none"
    SITE = "site"
    DEPARTMENT = "department"
    COST_CENTER = "cost_center"
    PO = "po"


class UnitKind(str, Enum):
    DEVICE = "device"
    SEAT = "seat"
    ASSET = "asset"


@dataclass(frozen=True, slots=True)
class Tier:
    """Rate for quantities up to and including `up_to` (cumulative); None: without end. Rate: money per unit."""

    up_to: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """Tiers in rising order, without gaps; the last one may be open. A single rate is one open tier."""

    tiers: tuple[Tier, ...]
    mode: TierMode = TierMode.GRADUATED


@dataclass(frozen=True, slots=True)
class Allowance:
    """Clicks (seats, calls) that the base already pays for, per overage period.

    Attributes:
        quantity: per unit when `scope` is PER_UNIT (a unit may carry its own), the whole pool when POOLED;
            with `per_device` set, a pool is quantity x covered devices (prorated).
        carry_periods: unused allowance stays usable for this many further overage periods (0: it expires).
    """

    quantity: Decimal = ZERO
    scope: AllowanceScope = AllowanceScope.POOLED
    per_device: bool = False
    carry_periods: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One priced thing of a contract.

    Attributes:
        line_id: stable through versions.
        meters: for CLICK and BLOCK: meter key -> weight (clicks per step of the counter).
        groups: covers units of these groups only; empty: all units of the fitting kind.
        discount: percent off, 0..100.
        minimum, maximum: money a period for this line, None: no limit.
        block: copies of one block (BLOCK); `price` is then the price of one block.
        unit: what a click line means to bill; compared with the meter's unit by the guards.
        item: the ERP's item code that carries the line on the invoice.
        proration: overrides the billing rules' way.
    """

    line_id: str
    kind: LineKind
    price: Price
    description: str = ""
    meters: Mapping[str, Decimal] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    allowance: Allowance | None = None
    discount: Decimal = ZERO
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    block: Decimal = ZERO
    unit: str = "impression"
    item: str = ""
    cost_center: str = ""
    proration: Proration | None = None
    escalates: bool = True


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A boundary read may lie `before` days before to `after` days after the boundary date."""

    before: int = 10
    after: int = 6


@dataclass(frozen=True, slots=True)
class EstimateRules:
    """`max_in_row`: after so many estimates in a row of one meter the contract is blocked until it is read."""

    allowed: bool = True
    max_in_row: int = 2


@dataclass(frozen=True, slots=True)
class Escalator:
    """Percent by which base, overage and credit rates rise at every anniversary of `first` (compounding).

    `first` is the date of the first rise; None: the first anniversary of the contract's start.
    """

    percent: Decimal
    every_months: int = 12
    first: date | None = None


@dataclass(frozen=True, slots=True)
class BillingRules:
    """Cycles in months (1, 3, 6, 12 …). Periods are cut at `anchor_day` of the month (clipped to its length).

    Attributes:
        base_in_advance: base is billed for the period to come (overage always in arrears).
        anchor_month: a month (1..12) in which a cycle begins: 1 for calendar quarters and years. None: cycles are
            counted from the month in which the contract (or a new cycle) starts.
        minimum, maximum: money for the whole bill, before tax.
        decimals: of the currency.
    """

    base_months: int = 1
    overage_months: int = 1
    anchor_day: int = 1
    base_in_advance: bool = True
    tolerance: Tolerance = Tolerance()
    estimates: EstimateRules = EstimateRules()
    proration: Proration = Proration.DAYS
    split_by: SplitBy = SplitBy.NONE
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int = 2
    anchor_month: int | None = None


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """What holds from `effective` on, until the next version. The version in force on the first day of a base or
    overage period governs the whole of that period."""

    version: int
    effective: date
    lines: tuple[Line, ...]
    rules: BillingRules = BillingRules()
    escalator: Escalator | None = None
    coverage: Mapping[str, str] = field(default_factory=dict)
    sla_class: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """`end` is the last covered day (None: open). `timezone`: IANA name, in which the days begin.

    Cycles are those of the rules in force at the period's start; a change of cycle starts a new grid at the
    version's effective date.
    """

    contract: str
    customer: str
    start: date
    versions: tuple[ContractVersion, ...]
    end: date | None = None
    currency: str = "USD"
    timezone: str = "UTC"
    title: str = ""
    po: str = ""
    usual_bill: Decimal | None = None

    def version_on(self, day: date) -> ContractVersion:
        """The version in force on `day`; before the first one, the first."""
        found = self.versions[0]
        for version in self.versions:
            if version.effective <= day:
                found = version
        return found


@dataclass(frozen=True, slots=True)
class CoveredUnit:
    """A device, seat block or IT asset under a contract from `start` to `end` (last covered day; None: open).

    Attributes:
        quantity: 1 for a device; number of seats for a seat block.
        group: matches Line.groups.
        allowances: line_id -> this unit's own allowance per overage period.
        min/max clicks etc. live on the line; money dimensions for splitting live here.
    """

    unit: str
    kind: UnitKind = UnitKind.DEVICE
    start: date = date.min
    end: date | None = None
    quantity: Decimal = Decimal(1)
    group: str = ""
    site: str = ""
    department: str = ""
    cost_center: str = ""
    po: str = ""
    allowances: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartUsed:
    item: str
    quantity: Decimal
    rate: Decimal
    description: str = ""


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A closed call as billing sees it. What coverage already pays for is decided before (service side): only what
    is billable stands here: `incident` counts under a per-incident line, hours, travel and parts under time and
    material lines."""

    call: str
    unit: str
    day: date
    incident: bool = False
    labour_hours: Decimal = ZERO
    travel: Decimal = ZERO
    parts: tuple[PartUsed, ...] = ()
    description: str = ""
