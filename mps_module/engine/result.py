"""What billing yields: boundaries, usage, lines with their proof, findings, a bill. All values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reads import Read


class Basis(str, Enum):
    """What a boundary value rests on."""

    ACTUAL = "actual"
    ESTIMATE = "estimate"
    MISSING = "missing"  # neither read nor estimate can be had: usage counts 0 and the bill is blocked


@dataclass(frozen=True, slots=True)
class Boundary:
    """The value at which a meter's period closes and its next one opens.

    Attributes:
        day: boundary date (the closing period's last day, or the first day of a unit's cover).
        value: counter value; for an estimate the estimated one.
        odometer: clicks since the first read through all epochs; usage = difference of two odometers.
        epoch: index of the epoch of the value.
        low, high: interval of an estimate (same unit as value), 90 %.
        in_tolerance: False where an actual read outside the window had to serve (install/removal reads).
        read: the read it rests on; for an estimate the last actual read before.
    """

    day: date
    basis: Basis
    value: int
    odometer: int
    epoch: int = 0
    taken_at: datetime | None = None
    in_tolerance: bool = True
    low: int | None = None
    high: int | None = None
    read: Read | None = None
    opening: bool = False  # the first covered day of a unit, not the close of a period
    estimate: Read | None = None  # the recorded estimate that served, if it was not computed


@dataclass(frozen=True, slots=True)
class MeterUsage:
    """Usage of one meter of one unit in one period: `usage` = closing.odometer - opening.odometer (never rounded;
    negative: a true-up of an estimate that was too high). For a virtual meter `terms` holds its parts."""

    unit: str
    meter: str
    period: Period
    usage: Decimal
    weight: Decimal = Decimal(1)
    opening: Boundary | None = None
    closing: Boundary | None = None
    terms: tuple[MeterUsage, ...] = ()


@dataclass(frozen=True, slots=True)
class TierCharge:
    """`quantity` x `rate` = `amount` (exact, not rounded)."""

    quantity: Decimal
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class UnitCount:
    """A covered unit on a base line: `fraction` of the full period that it was covered."""

    unit: str
    quantity: Decimal
    covered: Period
    fraction: Decimal


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that a line's amount rests on; unfolding it needs nothing else.

    quantity flow: gross (weighted usage, units, calls) - allowance (incl. carried) = net -> tiers -> discount.
    """

    version: int
    period: Period
    escalation: Decimal = Decimal(1)
    usages: tuple[MeterUsage, ...] = ()
    counts: tuple[UnitCount, ...] = ()
    events: tuple[str, ...] = ()
    gross: Decimal = Decimal(0)
    allowance: Decimal = Decimal(0)
    carried: Decimal = Decimal(0)
    net: Decimal = Decimal(0)
    tiers: tuple[TierCharge, ...] = ()
    discount: Decimal = Decimal(0)
    note: str = ""
    shares: tuple[tuple[str, Decimal], ...] = ()  # (unit, weight) by which the line is split


class ChargeKind(str, Enum):
    BASE = "base"
    OVERAGE = "overage"
    BLOCK = "block"
    INCIDENT = "incident"
    SERVICE = "service"
    DISCOUNT = "discount"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    CREDIT = "credit"  # negative true-up
    ADJUSTMENT = "adjustment"  # difference of an earlier bill


@dataclass(frozen=True, slots=True)
class BillLine:
    """One row of the bill. `amount` is rounded to the currency; it is quantity x rate rounded, row by row, so that an
    invoice that multiplies again gets the same cent. Rows of one tier each; a contract line may give several."""

    line_id: str
    kind: ChargeKind
    description: str
    quantity: Decimal
    rate: Decimal
    amount: Decimal
    period: Period
    item: str = ""
    cost_center: str = ""
    estimated: bool = False
    proof: Proof | None = None


class Severity(str, Enum):
    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should know before a bill is posted.

    Attributes:
        code: stable for programs (``rate-off-norm``).
        at_stake: money at stake, in the contract's currency; findings are shown worst money first.
        todo: what to do about it.
    """

    code: str
    severity: Severity
    message: str
    todo: str = ""
    at_stake: Decimal = Decimal(0)
    contract: str = ""
    unit: str = ""
    line_id: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill: a pure function of (contract, ledger, covered units, period).

    `boundaries` are the values that the posted bill pins: (device, meter) -> closing boundary.
    """

    contract: str
    customer: str
    currency: str
    period: BillPeriod
    lines: tuple[BillLine, ...]
    total: Decimal
    findings: tuple[Finding, ...] = ()
    boundaries: tuple[tuple[str, str, Boundary], ...] = ()
    parts: tuple[tuple[str, Decimal], ...] = field(default=())

    @property
    def blocked(self) -> bool:
        return any(f.severity is Severity.BLOCK for f in self.findings)
