"""A dealer's folder: which files it holds, and in which order they are read.

    mps.yaml  customers.*  models.*  fleet.*  contracts/*.yaml  covers.*  calls.*  parts.*  reads/*

Tables may be ``.csv``, ``.txt``, ``.tsv`` or ``.xlsx``; a table may also be a folder of such files (``fleet/*.csv``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE_SUFFIXES = frozenset({".csv", ".txt", ".tsv", ".xlsx", ".xlsm"})
YAML_SUFFIXES = frozenset({".yaml", ".yml"})
TABLES = ("customers", "models", "fleet", "covers", "calls", "parts", "reads")
CONTRACTS = "contracts"

# progress(file, bytes done, bytes in all)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the folder. `name`: its path inside the folder, with ``/``."""

    path: Path
    name: str
    kind: str
    size: int


def sources(folder: Path) -> list[Source]:
    """All files that a run reads, in the order of reading: what others refer to comes first."""
    found: list[Source] = []
    for kind in ("customers", "models", "fleet", CONTRACTS, "covers", "calls", "parts", "reads"):
        suffixes = YAML_SUFFIXES if kind == CONTRACTS else TABLE_SUFFIXES
        paths = sorted(path for path in _candidates(folder, kind) if path.suffix.lower() in suffixes)
        found += [
            Source(path, path.relative_to(folder).as_posix(), kind, path.stat().st_size) for path in paths
        ]
    return found


def strangers(folder: Path) -> list[Source]:
    """Files that stand where data is expected but have no ending that can be read (``reads/march.xls``)."""
    found = []
    for kind in (*TABLES, CONTRACTS):
        suffixes = YAML_SUFFIXES if kind == CONTRACTS else TABLE_SUFFIXES
        for path in sorted(_candidates(folder, kind)):
            if path.suffix.lower() not in suffixes:
                found.append(_source(path, folder, kind))
    return found


def _source(path: Path, folder: Path, kind: str) -> Source:
    name = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode("utf-8")
    return Source(path, name, kind, path.stat().st_size)


def _candidates(folder: Path, kind: str) -> Iterator[Path]:
    """``kind.*`` beside mps.yaml and everything under ``kind/``; hidden files and spreadsheet locks left out."""
    inner = folder / kind
    paths = [*folder.glob(f"{kind}.*"), *(inner.rglob("*") if inner.is_dir() else ())]
    for path in paths:
        if path.is_file() and not path.name.startswith((".", "~$")):
            yield path
