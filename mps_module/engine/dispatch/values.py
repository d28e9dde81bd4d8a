"""Values of dispatch: calls, technicians, their days (domain: section 4; docs/service-board.md).

Moments are whole minutes since 1970 in UTC: two of them can be subtracted on any day, whatever the clocks do.
`minutes_of` and `moment_of` lead there and back. Probabilities are floats between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from math import asin, cos, dist, radians, sin

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
EARTH_KM = 6371.0
NEVER = 1 << 40
"""A deadline that is none."""


class DispatchError(ValueError):
    """A value that cannot be; the message says which."""


def minutes_of(moment: datetime) -> int:
    """Whole minutes since 1970, rounded down. Raises DispatchError for a time without zone."""
    if moment.tzinfo is None:
        raise DispatchError(f"{moment} has no time zone")
    return (moment - EPOCH) // timedelta(minutes=1)


def moment_of(minutes: int, zone: tzinfo = timezone.utc) -> datetime:
    return (EPOCH + timedelta(minutes=minutes)).astimezone(zone)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands or a day starts. `key`: the same key is the same door."""

    key: str = ""
    territory: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Travel:
    """Minutes between places.

    With coordinates: distance on the sphere x `detour`, at `speed` km/h, plus `door` minutes for parking and walking.
    Without: `norm` within a territory or where one is unknown, twice as much between territories.
    """

    norm: int = 30
    speed: float = 40.0
    detour: float = 1.3
    door: int = 5

    def minutes(self, start: Place, end: Place) -> int:
        if start.key and start.key == end.key:
            return 0
        if None not in (start.latitude, start.longitude, end.latitude, end.longitude):
            return self.door + round(kilometres(start, end) * self.detour / self.speed * 60)
        apart = start.territory and end.territory and start.territory != end.territory
        return self.norm * 2 if apart else self.norm


def kilometres(start: Place, end: Place) -> float:
    """Great-circle distance, from the chord between two points of the unit sphere. Both places have coordinates."""
    chord = dist(
        _point(start.latitude or 0.0, start.longitude or 0.0),
        _point(end.latitude or 0.0, end.longitude or 0.0),
    )
    return 2 * EARTH_KM * asin(min(1.0, chord / 2))


@lru_cache(maxsize=50_000)
def _point(latitude: float, longitude: float) -> tuple[float, float, float]:
    up, across = radians(latitude), radians(longitude)
    return cos(up) * cos(across), cos(up) * sin(across), sin(up)


@dataclass(frozen=True, slots=True)
class Skill:
    """Share (0..1) of such calls that a technician solves, parts aside. The narrowest that fits counts."""

    level: float
    model: str = ""
    brand: str = ""
    category: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.level <= 1:
            raise DispatchError(f"a skill of {self.level} is no share")


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be done.

    Attributes:
        category: of an IT asset, where it is for no printer.
        minutes: work on the spot.
        respond_by, restore_by: latest arrival and latest end; None: nobody promised one (or it is met already).
    """

    key: str
    model: str = ""
    brand: str = ""
    category: str = ""
    problem: str = ""
    place: Place = field(default_factory=Place)
    minutes: int = 60
    respond_by: int | None = None
    restore_by: int | None = None

    @property
    def latest_start(self) -> int:
        """Latest arrival that keeps both promises; NEVER without any."""
        respond = NEVER if self.respond_by is None else self.respond_by
        restore = NEVER if self.restore_by is None else self.restore_by - self.minutes
        return min(respond, restore)


@dataclass(frozen=True, slots=True)
class Stop:
    """A call in a technician's day. `start`: arrival. `fixed`: on the way or on site, not to be moved."""

    key: str
    call: Call
    start: int
    minutes: int
    fixed: bool = False

    @property
    def end(self) -> int:
        return self.start + self.minutes

    @property
    def in_time(self) -> bool:
        return self.start <= latest_start(self.call, self.minutes)


def latest_start(call: Call, minutes: int) -> int:
    """As `Call.latest_start`, for a visit of so many minutes."""
    respond = NEVER if call.respond_by is None else call.respond_by
    return respond if call.restore_by is None else min(respond, call.restore_by - minutes)


@dataclass(frozen=True, slots=True)
class Technician:
    """Who may go.

    Attributes:
        aboard: units in the trunk by part.
        home: where the day starts.
        windows: (from, to) of working hours, in order, not overlapping.
        stops: what is planned, in order of time.
    """

    key: str
    skills: tuple[Skill, ...] = ()
    aboard: Mapping[str, int] = field(default_factory=dict)
    home: Place = field(default_factory=Place)
    windows: tuple[tuple[int, int], ...] = ()
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A technician for a call.

    Attributes:
        chance: of closing the call in one visit: skill x parts.
        skill, skill_from: and which entry gave it: model, brand, category, any, unlisted, none.
        parts: chance that no part is missing.
        arrive: first arrival that fits into the day; None: none within the days that were looked at.
        travel: minutes on the way to it.
        spare: minutes between it and the first promise; negative: late; None: nothing was promised.
    """

    technician: str
    chance: float
    skill: float
    skill_from: str
    parts: float
    arrive: int | None
    travel: int
    spare: int | None

    @property
    def in_time(self) -> bool:
        return self.arrive is not None and (self.spare is None or self.spare >= 0)


@dataclass(frozen=True, slots=True)
class Move:
    """An assignment that goes to another time, or to another technician."""

    key: str
    call: str
    technician: str
    start: int
    to_technician: str
    to_start: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Room for a call: who takes it when, and what moves for it.

    Attributes:
        chance: of closing the call in one visit.
        change: by how much the moved calls' own chances change, added up.
    """

    call: str
    technician: str
    start: int
    minutes: int
    chance: float
    change: float = 0.0
    moves: tuple[Move, ...] = ()

    @property
    def worth(self) -> float:
        """What proposals are ordered by: calls closed in one visit, less a hundredth for each customer who is moved."""
        return self.chance + self.change - 0.01 * len(self.moves)
