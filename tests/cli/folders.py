"""A small dealer's folder, written file by file into a temporary directory, for tests of the commands.

Two contracts in euros at one customer: C-1 bills 1,000 black clicks a month at .01 (10.00) and 50.00 base in advance;
C-2 bills three seats at 20.00. Reads are taken at noon on the last day of each month.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from mps_module.cli.main import app

SETTINGS = """\
company: {name: Müller Bürotechnik, address: "Hafenstraße 12\\n20457 Hamburg", terms: Payable within 14 days}
currency: EUR
timezone: Europe/Berlin
"""
CUSTOMERS = """\
customer,name,address,city,zip,country
K-1,Łódź & Söhne AG,Königsallee 1,Düsseldorf,40212,Germany
"""
MODELS = """\
model,brand,meter,label,unit,digits,formula
M-1,Kyocera,mono,Black,impression,7,
M-1,Kyocera,colour,Colour,impression,7,
M-2,HP,mono,Black,impression,7,
"""
FLEET = """\
device,serial,model,customer,site,installed
D-1,SN1,M-2,K-1,Nord,2025-12-31
D-2,SN2,M-2,K-1,Süd,2025-12-31
"""
COVERS = """\
contract,unit,kind,start,end,quantity
C-1,D-1,device,2026-01-01,,
C-1,D-2,device,2026-01-01,,
C-2,office,seat,2026-01-01,,3
"""
CONTRACTS = """\
contract: C-1
title: Print
customer: K-1
start: 2026-01-01
lines:
  - {id: base, kind: flat, rate: "50.00", description: Base, item: MPS-BASE}
  - {id: mono, kind: click, meter: mono, rate: "0.01", description: Black prints, item: MPS-MONO}
---
contract: C-2
title: Seats
customer: K-1
start: 2026-01-01
lines:
  - {id: seats, kind: seat, rate: "20.00", description: Workplace seats}
"""
MONTH_ENDS = ("2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")
# D-1 makes 400 a month, D-2 600.
READS = "device,meter,taken_at,value,read_id\n" + "".join(
    f"{device},mono,{day}T12:00:00,{start + step * i},{device}-{i}\n"
    for device, start, step in (("D-1", 1000, 400), ("D-2", 5000, 600))
    for i, day in enumerate(MONTH_ENDS)
)


def make_folder(path: Path, **files: str) -> Path:
    """The folder; a keyword replaces a file: ``reads=…``, ``contracts=…``."""
    texts = {
        "mps.yaml": files.get("settings", SETTINGS),
        "customers.csv": files.get("customers", CUSTOMERS),
        "models.csv": files.get("models", MODELS),
        "fleet.csv": files.get("fleet", FLEET),
        "covers.csv": files.get("covers", COVERS),
        "contracts/all.yaml": files.get("contracts", CONTRACTS),
        "reads/reads.csv": files.get("reads", READS),
    }
    for name, text in texts.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    return path


def mps(*args: object) -> Any:
    """Run the command as a user would."""
    return CliRunner().invoke(app, [str(a) for a in args], env={"COLUMNS": "160"})


def mps_json(*args: object, code: int = 0) -> Any:
    """Run a command with --json and give what it says."""
    result = mps(*args, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def without(reads: str, *ids: str) -> str:
    """The reads file without the rows of these read ids."""
    return "".join(line for line in reads.splitlines(True) if not line.strip().endswith(ids))


def files_of(path: Path) -> dict[str, bytes]:
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
