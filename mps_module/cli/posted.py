"""Posted bills on disk: ``bills/<due>/<contract>.json``. Written once, never overwritten, checked when read.

The folder of posted bills is the cursor: a contract is billed through the last due date that it has a file for.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote

from mps_module.engine import codec
from mps_module.engine.result import Bill

JOURNAL = "journal.csv"


class PostedError(Exception):
    """A posted bill that cannot be read, or that is not what was posted. The message names file and remedy."""


def file_stem(contract: str) -> str:
    """The contract's id as a file name that every system can hold, and that can be turned back."""
    safe = quote(contract, safe=" -_.,()+")
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe


def write_once(path: Path, data: bytes) -> bool:
    """Write `data` whole or not at all. False: the file is there already and stays as it is."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).chmod(0o644)
        try:
            os.link(name, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            if path.exists():
                return False
            Path(name).rename(path)
        return True
    finally:
        Path(name).unlink(missing_ok=True)


def write_if_changed(path: Path, data: bytes) -> bool:
    """Replace the file, but only where its bytes differ. True: it was written."""
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, a file is wanted", str(path))
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    return True


def freeze(bill: Bill) -> bytes:
    """A bill as the bytes that are posted: the digest of its content, then the bill."""
    encoded = codec.encode_bill(bill)
    data = {"digest": codec.digest_of(encoded), "bill": encoded}
    return (json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def thaw(path: Path) -> Bill:
    """The bill of a posted file. Raises PostedError: not readable, or changed since it was posted."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        same = codec.digest_of(data["bill"]) == data["digest"]
        bill = codec.decode_bill(data["bill"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PostedError(f"{path}: not a posted bill ({error}). Restore it from a backup.") from error
    if not same:
        raise PostedError(
            f"{path}: changed since it was posted. Restore it from a backup; "
            "a correction belongs into the reads, and comes as an adjustment on the next bill."
        )
    return bill


@dataclass(slots=True)
class Posted:
    """All posted bills under `root`, found by one look at the file names."""

    root: Path
    _dues: dict[str, list[date]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise PostedError(f"{self.root} is a file. Posted bills need a folder.")
        for folder in sorted(self.root.iterdir()) if self.root.is_dir() else ():
            try:
                due = date.fromisoformat(folder.name)
            except ValueError:
                continue
            for path in folder.glob("*.json"):
                self._dues.setdefault(unquote(path.stem), []).append(due)

    def path(self, contract: str, due: date, suffix: str = ".json") -> Path:
        return self.root / due.isoformat() / f"{file_stem(contract)}{suffix}"

    def cursor(self, contract: str) -> date | None:
        """Due date of the contract's last posted bill; None: nothing was billed yet."""
        dues = self._dues.get(contract)
        return dues[-1] if dues else None

    def dues(self, contract: str) -> list[date]:
        return list(self._dues.get(contract, ()))

    def bill(self, contract: str, due: date) -> Bill:
        """Raises PostedError."""
        found = thaw(self.path(contract, due))
        if (found.contract, found.period.due) != (contract, due):
            raise PostedError(
                f"{self.path(contract, due)}: holds the bill of {found.contract} due {found.period.due}. "
                "Move it to where it belongs."
            )
        return found

    def bills(self, contract: str) -> list[Bill]:
        """All posted bills of the contract, oldest first. Raises PostedError."""
        return [self.bill(contract, due) for due in self._dues.get(contract, ())]

    def on(self, due: date) -> Iterator[Bill]:
        """The posted bills of one due date, by contract. One at a time in memory. Raises PostedError."""
        for contract in sorted(c for c, dues in self._dues.items() if due in dues):
            yield self.bill(contract, due)

    def behind(self) -> set[date]:
        """Due dates whose journal is missing or older than a bill beside it: a run was killed before it wrote them."""
        return {due for due in {due for dues in self._dues.values() for due in dues} if self._is_behind(due)}

    def _is_behind(self, due: date) -> bool:
        journal = self.journal(due)
        if not journal.exists():
            return True
        written = journal.stat().st_mtime_ns
        return any(path.stat().st_mtime_ns > written for path in journal.parent.glob("*.json"))

    def journal(self, due: date) -> Path:
        return self.root / due.isoformat() / JOURNAL

    def post(self, bill: Bill) -> bool:
        """Freeze the bill. False: one is posted already, and stays."""
        due = bill.period.due
        if not write_once(self.path(bill.contract, due), freeze(bill)):
            return False
        dues = self._dues.setdefault(bill.contract, [])
        dues.append(due)
        dues.sort()
        return True
