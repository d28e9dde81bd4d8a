"""Toner and maintenance of the demo site."""

from __future__ import annotations

import frappe
import pytest

from mps_module.demo import upkeep
from mps_module.fleet import clock
from mps_module.service import preventive, toner
from tests.site import make
from tests.site.supplies import build


@pytest.mark.parametrize("hour", [0, 5, 6, 23])
def test_levels_come_at_any_hour_and_none_is_of_the_future(monkeypatch, hour):
    make.device("D-1", device_model=make.model("MX-3570N").name)
    build.clicks(a61=(0, 0), a31=(3_000, 0), a1=(6_000, 0))
    now = clock.now().replace(hour=hour, minute=57)
    monkeypatch.setattr(clock, "now", lambda zone=None: now.astimezone(zone or now.tzinfo))
    upkeep.add(weeks=4)
    taken = frappe.get_all("MPS Toner Level", {"device": "D-1", "supply": "black"}, pluck="taken_at", limit=9)
    assert len(taken) == 5 and max(taken) <= now.replace(tzinfo=None)


def test_every_device_gets_levels_at_the_pace_of_its_clicks_once():
    """100 pages a day on 12,000: .808 % a day, as the toner is changed with 3 % in it."""
    make.device("D-1", device_model=make.model("MX-3570N").name)
    build.clicks(a60=(0, 0), a30=(3_000, 0), a0=(6_000, 0))
    first = upkeep.add(weeks=4)
    assert first["models"] >= 1
    rows = frappe.get_all(
        "MPS Toner Level", {"device": "D-1", "supply": "black"}, ["level"], order_by="taken_at", limit=9
    )
    assert len(rows) == 5 and all(2 <= row.level <= 100 for row in rows)
    assert upkeep.add(weeks=4) == {"models": 0, "levels": 0}
    black = next(one for one in toner.standings(["D-1"]) if one.key == "black")
    assert black.supply.yield_pages == 12_000
    if len(black.runs) == 1:
        assert black.outlook.pace.daily == pytest.approx(0.808, rel=0.03)
    assert [one.device.name for one in preventive.plan(["D-1"])] == ["D-1"]
