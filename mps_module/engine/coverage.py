"""Who pays for a call: labour, travel, parts and supplies, each by the first that speaks of it (domain: section 4).

In order: the device's own line of the contract, the contract's version in force that day, the warranty of the device,
and where none of them covers it, the customer for time and material. A contract that excludes something does not forbid
the maker's warranty to pay it; a contract that says `incident` is asked before the warranty, as its price is agreed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import Enum

ZERO = Decimal(0)
MINUTES = Decimal(60)


class Payer(str, Enum):
    """Who pays: a fee that is paid anyway, the price of an incident, or the customer for what was done."""

    INCLUDED = "Included"
    INCIDENT = "Incident"
    BILLABLE = "Billable"


class Kind(str, Enum):
    """What a call is made of."""

    LABOUR = "labour"
    TRAVEL = "travel"
    PARTS = "parts"
    SUPPLIES = "supplies"


class Source(str, Enum):
    """What decided."""

    LINE = "line"
    CONTRACT = "contract"
    WARRANTY = "warranty"
    NO_INCIDENT_LINE = "no incident line"
    NONE = "none"


TERMS = frozenset({"included", "excluded", "incident"})
#: The kind of contract line that bills what the contract excludes.
LINE_OF: Mapping[Kind, str] = {
    Kind.LABOUR: "labour",
    Kind.TRAVEL: "travel",
    Kind.PARTS: "material",
    Kind.SUPPLIES: "material",
}


@dataclass(frozen=True, slots=True)
class UnderContract:
    """A contract that covers the unit on the day.

    Attributes:
        agreed: kind -> included, excluded or incident, by the version in force. line: the same by the unit's own line,
            for those kinds alone in which it differs.
        bills: kinds of the version's lines that count this unit (incident, labour, travel, material).
    """

    contract: str
    version: int = 0
    agreed: Mapping[str, str] = field(default_factory=dict)
    line: Mapping[str, str] = field(default_factory=dict)
    bills: frozenset[str] = frozenset()

    def term(self, kind: Kind) -> tuple[str, Source]:
        """(what it says, which of both says it); ("", NONE) where it is silent."""
        for terms, source in ((self.line, Source.LINE), (self.agreed, Source.CONTRACT)):
            said = terms.get(kind.value) or ""
            if said in TERMS:
                return said, source
        return "", Source.NONE


@dataclass(frozen=True, slots=True)
class Warranty:
    """What the device brings along. `until`: last day. `covers`: kinds that it pays."""

    until: date
    covers: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Share:
    payer: Payer
    source: Source


@dataclass(frozen=True, slots=True)
class Coverage:
    """The payer of each kind, and what decided it."""

    shares: Mapping[Kind, Share]

    def payer(self, kind: Kind) -> Payer:
        return self.shares[kind].payer


def decide(day: date, under: UnderContract | None = None, warranty: Warranty | None = None) -> Coverage:
    """Who pays for each kind on a day; the contract given is one that covers the unit on it."""
    return Coverage({kind: _share(kind, day, under, warranty) for kind in Kind})


def _share(kind: Kind, day: date, under: UnderContract | None, warranty: Warranty | None) -> Share:
    said, source = under.term(kind) if under is not None else ("", Source.NONE)
    if said == "included":
        return Share(Payer.INCLUDED, source)
    if under is not None and said == "incident":
        if "incident" in under.bills:
            return Share(Payer.INCIDENT, source)
        source = Source.NO_INCIDENT_LINE
    if warranty is not None and day <= warranty.until and kind in warranty.covers:
        return Share(Payer.INCLUDED, Source.WARRANTY)
    return Share(Payer.BILLABLE, source)


@dataclass(frozen=True, slots=True)
class Used:
    """A part or supply that went into the device."""

    item: str
    quantity: Decimal
    supply: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """What a visit took: hours, trips (or hours or distance of travel), parts and supplies."""

    hours: Decimal = ZERO
    travel: Decimal = ZERO
    parts: tuple[Used, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.hours or self.travel or self.parts)


@dataclass(frozen=True, slots=True)
class Settlement:
    """The work of a visit by who pays it; every hour and part stands in exactly one of the four.

    Attributes:
        free: in the contract's fee, or under warranty. incident: in the price of the incident.
        charge: on the contract's next bill, by its own lines. invoice: time and material.
        counts: whether this visit makes the call's incident count.
    """

    free: Work
    incident: Work
    charge: Work
    invoice: Work
    counts: bool = False


def settle(
    payers: Mapping[Kind, Payer],
    work: Work,
    bills: Iterable[str] = (),
    counted: bool = False,
    counts: bool = True,
) -> Settlement:
    """Give every hour, trip and part of a visit to its payer.

    Args:
        bills: kinds of lines by which the contract bills what it excludes (none: no contract).
        counted: the incident of this call counts already, by an earlier visit.
        counts: whether the call is of a sort that makes an incident at all.
    """
    lines = frozenset(bills)
    to: dict[str, dict[str, object]] = {
        name: {"hours": ZERO, "travel": ZERO, "parts": []}
        for name in ("free", "incident", "charge", "invoice")
    }

    def payer_of(kind: Kind) -> dict[str, object]:
        payer = payers[kind]
        if payer is Payer.INCLUDED or (payer is Payer.INCIDENT and not counts):
            return to["free"]
        if payer is Payer.INCIDENT:
            return to["incident"]
        return to["charge" if LINE_OF[kind] in lines else "invoice"]

    payer_of(Kind.LABOUR)["hours"] = work.hours
    payer_of(Kind.TRAVEL)["travel"] = work.travel
    for part in work.parts:
        payer_of(Kind.SUPPLIES if part.supply else Kind.PARTS)["parts"].append(part)  # type: ignore[attr-defined]
    shares = {
        name: Work(each["hours"], each["travel"], tuple(each["parts"]))  # type: ignore[arg-type]
        for name, each in to.items()
    }
    by_incident = payers[Kind.LABOUR] is Payer.INCIDENT or bool(shares["incident"])
    return Settlement(**shares, counts=counts and by_incident and not counted)


def billed_hours(hours: Decimal, step_minutes: int = 0, least: Decimal = ZERO) -> Decimal:
    """Hours as they are billed: each begun step counts, and no visit with labour is shorter than the least.

    Args:
        step_minutes: 0: to the minute as it is.
    """
    if hours <= 0:
        return ZERO
    if step_minutes > 0:
        step = Decimal(step_minutes)
        steps = (hours * MINUTES / step).quantize(
            Decimal("0.000001")
        )  # 0.1 h are six minutes, not a hair more
        hours = steps.to_integral_value(ROUND_CEILING) * step / MINUTES
    return max(hours, least)
