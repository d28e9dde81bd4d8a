"""Meter reads as values: what came in, from where, and of which kind (domain: section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class ReadKind(str, Enum):
    """Why a value stands in the ledger.

    `RESET` opens a new epoch after a board swap, `ROLLOVER` after the counter ran past its last digit.
    """

    ACTUAL = "actual"
    ESTIMATE = "estimate"
    INSTALL = "install"
    REMOVAL = "removal"
    RESET = "reset"
    ROLLOVER = "rollover"


class ReadSource(str, Enum):
    """Who says so."""

    COLLECTOR = "collector"
    IMPORT = "import"
    PORTAL = "portal"
    TECHNICIAN = "technician"
    STAFF = "staff"
    ENGINE = "engine"  # an estimate that a posted bill was closed with


@dataclass(frozen=True, slots=True)
class Read:
    """One cumulative counter value of one meter of one device at one moment.

    Attributes:
        device: the dealer's own id of the device (never its serial number).
        meter: key of the meter, e.g. ``mono``.
        taken_at: time of reading, zone-aware.
        value: counter value, in the meter's own unit (impressions or sheets).
        source, kind: see the enums.
        read_id: key of the row in its ledger or file (``reads.csv:17``), for the proof.
        supersedes: read_id of the read that this one replaces, with `reason`.
    """

    device: str
    meter: str
    taken_at: datetime
    value: int
    source: ReadSource = ReadSource.IMPORT
    kind: ReadKind = ReadKind.ACTUAL
    read_id: str = ""
    supersedes: str = ""
    reason: str = ""


class Verdict(str, Enum):
    """What became of an incoming row. The four counts add up to the rows received."""

    ACCEPTED = "accepted"
    FLAGGED = "flagged"  # in the ledger and billable, but somebody should look
    QUARANTINED = "quarantined"  # kept aside until corrected
    DUPLICATE = "duplicate"  # the same read again: a no-op


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdict on one read: `code` is stable for programs, `message` says what to do."""

    read: Read
    verdict: Verdict
    code: str = ""
    message: str = ""
