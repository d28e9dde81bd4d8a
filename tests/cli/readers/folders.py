"""Small folders for the tests of readers and store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from mps_module.cli import store
from mps_module.readers.issue import Issue

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)

SETTINGS = "currency: USD\ntimezone: America/New_York\n"
MODELS = (
    "model,brand,meter,digits,formula,monthly_volume\n"
    "MX,Acme,total,8,,\nMX,Acme,colour,8,,300\nMX,Acme,mono,,total - colour,\n"
    "LP,Acme,total,7,,2000\nLP,Acme,mono,7,,2000\nLP,Acme,colour,7,,\n"
)
CUSTOMERS = "customer,name\nCU-1,Ellery Bakery\n"
FLEET = (
    "device,serial,model,customer,site,department,cost_center,po,installed,removed\n"
    "D-1,SN100,MX,CU-1,Front,Sales,100,,2026-01-01,\n"
    "D-2,SN200,LP,CU-1,Back,Stock,200,,,\n"
    "D-3,SN300,LP,CU-1,Back,Stock,200,,,\n"
)
CONTRACT = """\
contract: C-1
customer: CU-1
start: 2026-01-01
lines:
  - {id: base, kind: flat, rate: "350.00"}
  - {id: colour, kind: click, meter: colour, rate: 0.0085}
"""
COVERS = "contract,unit\nC-1,D-1\nC-1,D-2\nC-1,D-3\n"
HEAD = "device,meter,taken_at,value\n"
PLAIN = {
    "mps.yaml": SETTINGS,
    "models.csv": MODELS,
    "customers.csv": CUSTOMERS,
    "fleet.csv": FLEET,
    "contracts/c1.yaml": CONTRACT,
    "covers.csv": COVERS,
}


def write(folder: Path, files: Mapping[str, str | bytes | None]) -> Path:
    """Write the plain folder with `files` added or put in place; None leaves a file out."""
    for name, content in {**PLAIN, **files}.items():
        if content is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return folder


def load(folder: Path, files: Mapping[str, str | bytes | None]) -> store.Store:
    return store.load(write(folder, files), now=NOW)


def values(data: store.Store, device: str, meter: str = "") -> list[int]:
    """Values of a device that are in the ledger, by time."""
    taken = [j.read for j in data.judgements(device) if j.verdict.value in ("accepted", "flagged")]
    return [
        read.value for read in sorted(taken, key=lambda r: r.taken_at) if not meter or read.meter == meter
    ]


def issues(data: store.Store, code: str) -> list[Issue]:
    return list(data.issues(code=code))


def only(data: store.Store, code: str) -> Issue:
    """The one issue of this code; the counts must add up beside it."""
    found = issues(data, code)
    assert len(found) == 1, [f"{i.place} {i.code} {i.message}" for i in data.issues()]
    assert data.tally().adds_up
    return found[0]


def rows_of(data: store.Store, file: str) -> tuple[int, int, int, int, int]:
    """(received, accepted, flagged, quarantined, duplicate) rows of a file."""
    counts = next(tally.rows for tally in data.tally().files if tally.file == file)
    return (counts.received, counts.accepted, counts.flagged, counts.quarantined, counts.duplicate)


def reads_of(data: store.Store, file: str) -> tuple[int, int, int, int, int]:
    """The same by meter reads."""
    counts = next(tally.reads for tally in data.tally().files if tally.file == file)
    assert counts is not None
    return (counts.received, counts.accepted, counts.flagged, counts.quarantined, counts.duplicate)
