"""The header of a table: which row it is, and what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mps_module.readers.columns import MeterNames, lookup, plain_name
from mps_module.readers.settings import FileRule
from mps_module.readers.table import HEADER_SEARCH, Broken, Cell, Formula, Row

LEFT_OUT = "-"  # in a mapping of columns: do not read this one


@dataclass(slots=True)
class Header:
    """Where a table's columns are.

    Attributes:
        row: of the column names. `width`: number of columns.
        at: field -> positions; more than one where the same name stands twice.
        meters: meter key -> positions (wide reads). `extra`: text behind a prefix -> position (``allowance:mono``).
        names: field, meter key or extra -> the file's own column name.
        unused: names of columns that mean nothing here.
    """

    row: int
    width: int
    at: dict[str, list[int]] = field(default_factory=dict)
    meters: dict[str, list[int]] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    @property
    def single(self) -> bool:
        """No field or meter has two columns."""
        return all(len(places) == 1 for places in (*self.at.values(), *self.meters.values()))


class Recogniser:
    """Finds the header of a table and what its columns mean."""

    def __init__(
        self,
        fields: Mapping[str, Iterable[str]],
        enough: Callable[[Header], bool],
        rule: FileRule,
        meters: MeterNames | None = None,
        prefix: str = "",
    ) -> None:
        self.fields = frozenset(fields)
        self.aliases = lookup(fields)
        self.enough = enough
        self.meters = meters
        self.prefix = prefix
        self.mapped = {plain_name(name): target for name, target in rule.columns.items()}

    def find(self, rows: Iterator[Row]) -> Header | None:
        """The first of the top rows whose names are enough; None: there is no such row."""
        for number, cells in _top(rows):
            header = self.header(number, cells)
            if self.enough(header):
                return header
        return None

    def header(self, row: int, cells: Sequence[Cell]) -> Header:
        names = [name_of(cell) for cell in cells]
        header = Header(row, max((place + 1 for place, name in enumerate(names) if name), default=0))
        ranks: dict[str, int] = {}
        for place, name in enumerate(names):
            if name:
                self._place(header, ranks, place, name)
        return header

    def _place(self, header: Header, ranks: dict[str, int], place: int, name: str) -> None:
        plain = plain_name(name)
        if self.prefix and name.lower().startswith(self.prefix):
            rest = name[len(self.prefix) :].strip()
            header.extra[rest] = place
            header.names[rest] = name
            return
        target, rank = self.mapped.get(plain, ""), -1
        if target == LEFT_OUT:
            return
        if not target:
            if self.meters is not None and name in self.meters.own:
                target = name
            else:
                target, rank = self.aliases.get(plain, ("", 0))
        if target in self.fields:
            self._field(header, ranks, target, rank, place, name)
            return
        key = self.meters.key(target or name) if self.meters is not None else None
        if key is None and rank == -1 and target and self.meters is not None:
            key = target  # the dealer says that this column is a meter, so it is one
        if key is None:
            header.unused.append(name)
            return
        header.meters.setdefault(key, []).append(place)
        header.names.setdefault(key, name)

    @staticmethod
    def _field(header: Header, ranks: dict[str, int], target: str, rank: int, place: int, name: str) -> None:
        """The better known name wins; the same name twice stays twice, for the rows to decide."""
        before = ranks.get(target)
        if before is None or rank < before:
            if before is not None:
                header.unused.append(header.names[target])
            ranks[target], header.at[target], header.names[target] = rank, [place], name
        elif rank == before:
            header.at[target].append(place)
        else:
            header.unused.append(name)


def _top(rows: Iterator[Row]) -> Iterator[tuple[int, Sequence[Cell]]]:
    for count, (number, cells) in enumerate(rows):
        if count >= HEADER_SEARCH:
            return
        if not isinstance(cells, Broken):
            yield number, cells


def name_of(cell: Cell) -> str:
    if isinstance(cell, Formula):
        cell = cell.cached
    return "" if cell is None else str(cell).strip().lstrip("\ufeff").strip()


def needs(*required: str) -> Callable[[Header], bool]:
    """A header is enough when it has these fields."""
    return lambda header: all(name in header.at for name in required)
