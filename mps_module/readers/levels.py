"""Levels of supplies, and what the supplies are: what `mps toner` and the desk's import read. CSV or XLSX.

A level a row (device, supply, level), or a device a row with a column a colour, as collectors export them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from mps_module.engine.supply_levels import supply_key
from mps_module.readers import columns
from mps_module.readers.issue import BadValue, Issue
from mps_module.readers.records import Kind, read_records
from mps_module.readers.settings import Settings
from mps_module.readers.sheet import FileLog, Sheet, text_of
from mps_module.readers.table import Cell, open_tables
from mps_module.readers.yaml_keys import whole

R = TypeVar("R")
COLOURS = ("black", "cyan", "magenta", "yellow", "waste")
_WORDS = {
    "black": ("Black", "K", "BK", "Schwarz", "Noir"), "cyan": ("Cyan", "C"), "magenta": ("Magenta", "M"),
    "yellow": ("Yellow", "Y", "Gelb", "Jaune"), "waste": ("Waste Toner", "Waste"),
}  # fmt: skip
PER_COLOUR = {
    colour: (
        *(
            f"{word}{tail}"
            for word in words
            for tail in (" Toner Level", " Level", " Toner", " Toner %", " %")
        ),
        *words,
        f"{colour}_level",
        f"toner_{colour}",
        f"toner {colour}",
    )
    for colour, words in _WORDS.items()
}
LEVEL_FIELDS = {
    "device": columns.READ_FIELDS["device"],
    "serial": columns.READ_FIELDS["serial"],
    "taken_at": columns.READ_FIELDS["taken_at"],
    "supply": (
        "supply",
        "colour",
        "color",
        "Supply Name",
        "Supply Description",
        "Marker",
        "Farbe",
        "Couleur",
    ),
    "level": (
        "level",
        "percent",
        "Level %",
        "Supply Level",
        "Remaining",
        "% Remaining",
        "Füllstand",
        "Niveau",
    ),
    "max": ("max", "Max Capacity", "capacity", "maximum"),
    "pages": ("pages", *columns.METERS["total"]),
    **PER_COLOUR,
}
SUPPLY_FIELDS = {
    "model": columns.MODEL_FIELDS["model"],
    "supply": LEVEL_FIELDS["supply"],
    "item": columns.PART_FIELDS["item"],
    "yield_pages": ("yield", "yield_pages", "Yield (Pages)", "Page Yield", "Reichweite"),
    "toners": ("toners", "quantity", "qty"),
}
DEVICE_FIELDS = {
    name: columns.FLEET_FIELDS[name] for name in ("device", "model", "customer", "site", "monthly_volume")
}


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A row of a file: `levels` holds (name of the supply, text of the level). `pages`: page count of that moment."""

    device: str = ""
    serial: str = ""
    taken_at: datetime | None = None
    levels: tuple[tuple[str, str], ...] = ()
    max: str = ""
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """A supply of a model (no model: of all). `toners`: how many are in one device."""

    supply: str
    model: str = ""
    item: str = ""
    yield_pages: int = 0
    toners: int = 1


@dataclass(frozen=True, slots=True)
class DeviceRow:
    device: str
    model: str = ""
    customer: str = ""
    site: str = ""
    monthly_volume: Decimal = Decimal(0)


def _moment(sheet: Sheet, cell: Cell) -> datetime:
    return sheet.clock.moment(cell)[0]


def _count(_sheet: Sheet, cell: Cell) -> int:
    return whole(text_of(cell).replace(",", ""), 0, 10**12)


def _volume(sheet: Sheet, cell: Cell) -> Decimal:
    value = sheet.decimal(cell)
    if value < 0:
        raise BadValue("number-negative", f"{value} is below 0", "Correct the cell.")
    return value


def _levels(**values: Any) -> LevelRow:
    told = [(colour, values.pop(colour, "") or "") for colour in COLOURS]
    supply, level = values.pop("supply", "") or "", values.pop("level", "") or ""
    if supply or level:
        told.append((supply or "black", level))
    found = tuple((name, text) for name, text in told if text)
    if not found:
        raise BadValue("level-missing", "no level stands in this row", "Fill one in, or remove the row.")
    if not (values.get("device") or values.get("serial")):
        raise BadValue("device-missing", "the row names no device", "Fill in device or serial.")
    return LevelRow(levels=found, **{name: value for name, value in values.items() if value is not None})


def _supply(**values: Any) -> SupplyRow:
    values["supply"] = supply_key(values["supply"])
    return SupplyRow(**{name: value for name, value in values.items() if value is not None})


def _device(**values: Any) -> DeviceRow:
    return DeviceRow(**{name: value for name, value in values.items() if value is not None})


LEVELS = Kind(
    "levels",
    LEVEL_FIELDS,
    ("taken_at",),
    _levels,
    {"taken_at": _moment, "pages": _count},
    columns=("taken_at",),
)
SUPPLIES = Kind(
    "supplies", SUPPLY_FIELDS, ("supply", "yield_pages"), _supply, {"yield_pages": _count, "toners": _count}
)
DEVICES = Kind("fleet", DEVICE_FIELDS, ("device",), _device, {"monthly_volume": _volume})


def read_rows(kind: Kind[R], path: Path, settings: Settings, issues: list[Issue]) -> Iterator[tuple[int, R]]:
    """Rows of a file with their numbers; what cannot be used goes to `issues`.

    Raises:
        BadValue: the file holds no table.
    """
    rule = settings.rule_for(path.name)
    tables = open_tables(path, path.name, rule.encoding, rule.delimiter)
    if isinstance(tables, Issue):
        raise BadValue(tables.code, f"{path}: {tables.message}", tables.todo)
    for table in tables:
        yield from read_records(kind, table, settings, FileLog(table.name, kind.name, issues.append))


def by_model(rows: Sequence[SupplyRow]) -> dict[tuple[str, str], SupplyRow]:
    """{(model, supply): row}; the first of each counts."""
    found: dict[tuple[str, str], SupplyRow] = {}
    for row in rows:
        found.setdefault((row.model, row.supply), row)
    return found
