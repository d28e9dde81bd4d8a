"""Levels of a supply as devices report them: what they mean, which supply they are of, and where it was refilled.

A level falls and never rises but by a refill. Real ones do not keep to that: sensors waver by a percent or two, a
shaken cartridge shows a little more, a device that warms up says 0 for a moment, and many know no percentage at all,
only "OK" and "low" (Printer-MIB: -3 and -2). What is said here decides what counts as a refill.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

NOISE = 2.0
"""Percent points that a level may waver without anything having happened."""
REFILL = 10.0
"""Rise in percent points, above the lowest level since the last refill, that is a refill."""
FULL = 98.0
"""A rise by more than the noise that ends here is a refill too: a toner changed early."""
GLITCH_DAYS = 2.0
"""A level that stands alone between two that agree, all within these days, is a misreading."""
DROP = 30.0
"""Percent points lost within GLITCH_DAYS that nobody believes before the next level bears it out."""
DAY = 86400.0


class State(str, Enum):
    """What a device said. OK and Low come without a percentage."""

    MEASURED = "Measured"
    OK = "OK"
    LOW = "Low"
    EMPTY = "Empty"


@dataclass(frozen=True, slots=True)
class Level:
    """One level. `percent`: what is left, 0 to 100; None: the device told only `state`. `taken_at`: aware."""

    taken_at: datetime
    percent: float | None = None
    state: State = State.MEASURED

    @property
    def rank(self) -> float:
        """How full it is; of two cartridges under one name the fuller one is in use."""
        if self.percent is not None:
            return self.percent
        return 50.0 if self.state is State.OK else 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """Levels from one refill to the next, in order. `left_before`: percent that the refill found; None: not known.

    The first run of a supply was opened by no refill that was seen (`refilled` False).
    """

    levels: tuple[Level, ...]
    refilled: bool = False
    left_before: float | None = None

    @property
    def measured(self) -> list[Level]:
        return [level for level in self.levels if level.percent is not None]

    @property
    def used(self) -> float:
        """Percent points used up in this run: what it began with less the lowest since. Rises are noise, never used."""
        values = [level.percent for level in self.levels if level.percent is not None]
        return values[0] - min(values) if values else 0.0

    @property
    def days(self) -> float:
        """Days between its first and last level with a percentage."""
        rows = self.measured
        return (rows[-1].taken_at - rows[0].taken_at).total_seconds() / DAY if rows else 0.0


def of_percent(percent: float, taken_at: datetime) -> Level:
    """A level of so many percent, 0 being empty. Raises ValueError outside 0 to 100."""
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} is no percentage")
    return Level(taken_at, float(percent), State.MEASURED if percent else State.EMPTY)


def of_snmp(level: int, maximum: int, taken_at: datetime, filled: bool = False) -> Level | None:
    """A level as Printer-MIB has it (prtMarkerSuppliesLevel and MaxCapacity, RFC 3805).

    Args:
        filled: the supply is a receptacle that fills up (waste toner): `level` is what is in it.

    Returns:
        None: the device says that it does not know (-1, -2). -3, "some remaining", is OK without a percentage.
    """
    if level == -3:
        return Level(taken_at, None, State.OK)
    if level < 0:
        return None
    if maximum <= 0:
        return None if level or filled else Level(taken_at, 0.0, State.EMPTY)
    percent = min(100.0, 100.0 * level / maximum)
    return of_percent(100.0 - percent if filled else percent, taken_at)


WORDS = {
    "ok": State.OK, "good": State.OK, "normal": State.OK, "some": State.OK, "some remaining": State.OK,
    "low": State.LOW, "near empty": State.LOW, "nearly empty": State.LOW, "almost empty": State.LOW,
    "empty": State.EMPTY, "out": State.EMPTY, "replace": State.EMPTY, "end of life": State.EMPTY,
}  # fmt: skip


def of_text(text: str, taken_at: datetime) -> Level:
    """A level as people and exports write it: ``42``, ``42 %``, ``low``, ``OK``, ``empty``.

    Raises:
        ValueError: neither a percentage nor a word that is known.
    """
    word = " ".join(text.replace("_", " ").replace("-", " ").split()).casefold()
    state = WORDS.get(word)
    if state is not None:
        return Level(taken_at, 0.0 if state is State.EMPTY else None, state)
    number = re.fullmatch(r"(\d{1,3}(?:[.,]\d+)?)\s*%?", text.strip())
    if number is None:
        raise ValueError(f"{text!r} is no level")
    return of_percent(float(number[1].replace(",", ".")), taken_at)


COLOURS = {
    "black": ("black", "bk", "k", "schwarz", "noir", "negro", "blk"), "cyan": ("cyan", "c"),
    "magenta": ("magenta", "m"), "yellow": ("yellow", "y", "gelb", "jaune", "amarillo"),
}  # fmt: skip
KINDS = {
    "waste": ("waste", "resttoner"), "drum": ("drum", "imaging", "photoconductor", "trommel"), "fuser": ("fuser", "fixing"),
    "transfer": ("transfer", "belt", "itb"), "developer": ("developer",), "maintenance": ("maintenance",),
    "staples": ("staple", "staples", "stapler"), "rollers": ("roller", "rollers"), "feeder": ("feeder",),
}  # fmt: skip
TONER = frozenset({"toner", "cartridge", "ink", "tinte"})


def supply_key(text: str) -> str:
    """Which supply a name means: ``Black Toner Cartridge`` is black, ``Cyan Drum 828A`` is ``drum cyan``.

    A toner without a colour is black; a name that says nothing is itself, in small letters.
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    words = re.findall(r"[a-z0-9]+", "".join(c for c in folded if not unicodedata.combining(c)))
    colour = next((key for key, names in COLOURS.items() if not set(names).isdisjoint(words)), "")
    kind = next((key for key, names in KINDS.items() if not set(names).isdisjoint(words)), "")
    if kind:
        return f"{kind} {colour}".strip() if kind in ("drum", "developer") else kind
    if colour:
        return colour
    return "black" if not TONER.isdisjoint(words) else " ".join(words)[:60]


def ordered(levels: Iterable[Level]) -> list[Level]:
    """By time, one of each moment (the fuller one), without misreadings.

    A misreading stands at least REFILL apart from both its neighbours, on the same side, while these agree (the later
    one no higher than noise above the earlier) and lie within GLITCH_DAYS. The newest level has no neighbour after it
    and always stays.
    """
    best: dict[datetime, Level] = {}
    for level in levels:
        known = best.get(level.taken_at)
        if known is None or level.rank > known.rank:
            best[level.taken_at] = level
    rows = [best[moment] for moment in sorted(best)]
    kept: list[Level] = []
    for at, level in enumerate(rows):
        if kept and at + 1 < len(rows) and _glitch(kept[-1], level, rows[at + 1]):
            continue
        kept.append(level)
    return kept


def _glitch(before: Level, level: Level, after: Level) -> bool:
    if before.percent is None or level.percent is None or after.percent is None:
        return False
    if (after.taken_at - before.taken_at).total_seconds() > GLITCH_DAYS * DAY:
        return False
    if not before.percent - REFILL < after.percent <= before.percent + NOISE:
        return False
    low, high = sorted((before.percent, after.percent))
    return level.percent <= low - REFILL or level.percent >= high + REFILL


def runs(levels: Iterable[Level]) -> list[Run]:
    """The levels cut where the supply was refilled, oldest run first. What rises is a refill or noise, never both."""
    found: list[Run] = []
    current: list[Level] = []
    lowest: float | None = None
    refilled, left = False, None
    for level in ordered(levels):
        if current and _is_refill(level, lowest, current[-1].state):
            found.append(Run(tuple(current), refilled, left))
            refilled, left = True, lowest if current[-1].percent is not None else None
            current, lowest = [], None
        current.append(level)
        if level.percent is not None:
            lowest = level.percent if lowest is None else min(lowest, level.percent)
    if current:
        found.append(Run(tuple(current), refilled, left))
    return found


def _is_refill(level: Level, lowest: float | None, before: State) -> bool:
    """`lowest`: of the run so far. `before`: what the level before it said."""
    if level.percent is None:
        return level.state is State.OK and before in (State.LOW, State.EMPTY)
    if lowest is None:
        return before is State.LOW and level.percent >= REFILL * 2
    rise = level.percent - lowest
    return rise >= REFILL or (rise > NOISE and level.percent >= FULL)


def dropped_suddenly(levels: Sequence[Level]) -> bool:
    """Whether the newest level lies so far below the one before that another one should bear it out first."""
    rows = ordered(levels)[-2:]
    if len(rows) < 2 or rows[0].percent is None or rows[1].percent is None:
        return False
    days = (rows[1].taken_at - rows[0].taken_at).total_seconds() / DAY
    return days <= GLITCH_DAYS and rows[0].percent - rows[1].percent >= DROP
