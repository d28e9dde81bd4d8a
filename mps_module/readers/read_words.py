"""Reads as they are stored, the words that files use for kinds and sources, and who takes reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mps_module.engine.reads import ReadKind, ReadSource
from mps_module.readers.columns import plain_name
from mps_module.readers.sheet import FileLog

KINDS = tuple(ReadKind)
SOURCES = tuple(ReadSource)
KIND_WORDS: Mapping[str, ReadKind] = {
    plain_name(word): kind
    for kind, words in {
        ReadKind.ACTUAL: ("actual", "a", "real", "read", "normal", "regular"),
        ReadKind.ESTIMATE: ("estimate", "estimated", "e", "est"),
        ReadKind.INSTALL: ("install", "installation", "installed", "start", "initial"),
        ReadKind.REMOVAL: ("removal", "removed", "remove", "final", "deinstall"),
        ReadKind.RESET: ("reset", "board swap", "swap", "replaced board"),
        ReadKind.ROLLOVER: ("rollover", "roll-over", "wrap"),
    }.items()
    for word in words
}
SOURCE_WORDS: Mapping[str, ReadSource] = {
    plain_name(word): source
    for source, words in {
        ReadSource.COLLECTOR: ("collector", "dca", "auto", "automatic", "agent", "network", "snmp"),
        ReadSource.IMPORT: ("import", "file", "csv"),
        ReadSource.PORTAL: ("portal", "web", "customer", "email", "phone", "fax"),
        ReadSource.TECHNICIAN: ("technician", "tech", "service", "visit"),
        ReadSource.STAFF: ("staff", "office", "manual"),
        ReadSource.ENGINE: ("engine",),
    }.items()
    for word in words
}
BLANKS = frozenset({"n/a", "na", "-", "--", "null", "none", "nan", "unknown", "not supported"})


class RawRead(NamedTuple):
    """A read as it is stored: whole numbers only. `device` and `meter`: numbers that the sink gave out.

    `tag`: kind, source and the number of reads on the row, see `tag_of`.
    """

    device: int
    meter: int
    micros: int
    value: int
    tag: int
    row: int


@dataclass(frozen=True, slots=True)
class Extra:
    """What few reads have: an id of their own, or the read that they replace and why."""

    row: int
    meter: str
    read_id: str
    supersedes: str
    reason: str


class ReadSink(Protocol):
    """Where reads go, and who knows the devices."""

    def device_ref(self, device: str, serial: str) -> tuple[int, str]:
        """(number, id) of the device. Raises BadValue: unknown or ambiguous, with what to do."""

    def meter_ref(self, meter: str) -> int:
        """Number of a meter key."""

    def add_reads(self, log: FileLog, reads: Sequence[RawRead]) -> None:
        """Take reads, in chunks."""

    def add_extra(self, log: FileLog, extra: Extra) -> None:
        """Take what belongs to a read of the last or next chunk."""


def tag_of(kind: ReadKind, source: ReadSource, reads: int = 1) -> int:
    """kind, source and number of reads on the row in one number."""
    return KINDS.index(kind) | SOURCES.index(source) << 4 | reads << 8


def untag(tag: int) -> tuple[ReadKind, ReadSource, int]:
    """The reverse of `tag_of`."""
    return KINDS[tag & 15], SOURCES[tag >> 4 & 15], tag >> 8
