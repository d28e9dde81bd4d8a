"""The reads of a folder, all files judged together as `mps bill` judges them, into the site's read ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mps_module.cli.store import Store
from mps_module.fleet.clock import site_zone
from mps_module.fleet.fleet import Fleet
from mps_module.fleet.intake import enter
from mps_module.fleet.read_file import read_file
from mps_module.fleet.rows import Incoming
from mps_module.readers.folder import sources

if TYPE_CHECKING:
    from mps_module.demo.load import Loader

BATCH = "Folder"


def load(folder: Path, data: Store, site: Loader) -> None:
    """Enter every row of every reads file; counts go into ``site.made`` as "Reads accepted" and so on."""
    zone = site_zone()
    fleet = Fleet.whole()
    incoming: list[Incoming] = []
    for source in sources(folder):
        if source.kind != "reads":
            continue
        found = read_file(source.path, source.name, data.settings, fleet)
        incoming += found.refused
        for device, rows in found.in_order():
            incoming += found.incoming(device, rows, zone)
    for verdict, count in enter(incoming, fleet, batch=BATCH, now=data.now).counts.items():
        site.made[f"Reads {verdict}"] = count
