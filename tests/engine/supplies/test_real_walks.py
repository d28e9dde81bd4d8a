"""Levels in recorded answers of real printers, where they are at hand (MPS_REAL_DATA names their folder)."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest

from mps_module.engine.supply_levels import Level, State, of_snmp, ordered, supply_key
from tests.engine.supplies.build import at

REAL = Path(os.environ.get("MPS_REAL_DATA", "real-data")) / "snmp"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"recorded walks are absent ({REAL})")

SUPPLIES = "1.3.6.1.2.1.43.11.1.1."
CLASS, DESCRIPTION, MOST, LEVEL = "4", "6", "8", "9"
FILLS_UP = "4"


def levels(name: str) -> dict[str, list[Level]]:
    """Levels by supply of one walk."""
    rows: dict[str, dict[str, str]] = defaultdict(dict)
    for line in (REAL / f"{name}.snmprec").read_text(errors="replace").splitlines():
        oid, kind, value = line.split("|", 2)
        if oid.startswith(SUPPLIES):
            column, marker = oid.removeprefix(SUPPLIES).split(".", 1)
            text = bytes.fromhex(value).decode("latin-1").split("\n")[0] if kind == "4x" else value
            rows[marker][column] = text
    found: dict[str, list[Level]] = defaultdict(list)
    for row in rows.values():
        if LEVEL in row:
            level = of_snmp(int(row[LEVEL]), int(row.get(MOST, 100)), at(0), row.get(CLASS) == FILLS_UP)
            if level is not None:
                found[supply_key(row.get(DESCRIPTION, ""))].append(level)
    return {key: ordered(each) for key, each in found.items()}


def test_a_brother_knows_ok_only_and_counts_its_drum():
    found = levels("brother_hl5370dw")
    assert [(level.state, level.percent) for level in found["black"]] == [(State.OK, None)]
    assert found["drum"][0].percent == pytest.approx(68.832)


def test_a_laserjet_tells_toner_and_drum():
    found = levels("jetdirect_m130nw")
    assert (found["black"][0].percent, found["drum"][0].percent) == (28, 71)


def test_a_large_laserjet_tells_each_colour_its_drums_and_kits():
    found = levels("jetdirect_m880")
    assert [found[key][0].percent for key in ("black", "cyan", "magenta", "yellow")] == [92, 16, 100, 70]
    assert [found[f"drum {key}"][0].percent for key in ("black", "cyan", "magenta", "yellow")] == [
        53,
        58,
        58,
        58,
    ]
    assert (found["fuser"][0].percent, found["transfer"][0].percent) == (84, 89)
    assert found["staples"][0].state is State.OK


@pytest.mark.parametrize("name", ["ricoh_mpc3002", "sharp", "sharp_mxm266nv", "utax"])
def test_every_walk_gives_levels_or_says_that_it_knows_none(name: str):
    for rows in levels(name).values():
        for level in rows:
            assert level.percent is None or 0 <= level.percent <= 100
