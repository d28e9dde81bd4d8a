"""Pages of devices from the read ledger: each page once, and by the counters that use up a supply."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mps_module.fleet import clock
from mps_module.fleet.intake import enter_reads
from mps_module.service.clicks import Clicks
from tests.site import make
from tests.site.supplies import build


@pytest.fixture
def device() -> str:
    """1,000 mono and 200 colour in the 20 days before the last 10; 500 and 100 in the last 10."""
    name = build.device()
    build.clicks(name, a30=(10_000, 1_000), a10=(11_000, 1_200), a0=(11_500, 1_300))
    return name


def ago(days: float):
    return clock.aware(build.ago(days), clock.site_zone())


def of(name: str = "D-1") -> Clicks:
    return Clicks.of([name], clock.now())


def test_between_two_reads(device: str):
    clicks = of()
    assert clicks.between(device, "", ago(30), ago(0)) == 1_800
    assert clicks.between(device, "black", ago(30), ago(10)) == pytest.approx(1_200, abs=1)
    assert clicks.between(device, "cyan", ago(30), ago(0)) == 300


def test_between_reads_on_the_straight_line(device: str):
    """Half of the last ten days: 250 mono and 50 colour."""
    assert of().between(device, "", ago(5), ago(0)) == pytest.approx(300, abs=2)


def test_outside_the_reads_nothing_is_made_up(device: str):
    clicks = of()
    assert clicks.between(device, "", ago(90), ago(31)) == 0
    assert clicks.between(device, "", ago(90), ago(-9)) == 1_800


def test_a_device_that_was_never_read(device: str):
    other = make.device("N-1", device_model=build.MODEL).name
    clicks = Clicks.of([other], clock.now())
    assert clicks.between(other, "", ago(30), ago(0)) is None
    assert clicks.daily(other) is None and clicks.span(other) is None and clicks.last_read(other) is None


def test_expected_volumes_serve_a_device_without_reads(device: str):
    """3,025 a month are 100 a day."""
    other = make.device(
        "N-1", device_model=build.MODEL, volumes=[{"meter": "mono", "monthly_volume": 3025}]
    ).name
    clicks = Clicks.of([other], clock.now())
    assert clicks.daily(other) == pytest.approx(100)
    assert clicks.expected(other, clock.now().date(), 7) == pytest.approx(700)


def test_pace_of_the_last_reads(device: str):
    """1,800 pages in 30 days, by the same rule as the billing's estimates."""
    assert of().daily(device) == pytest.approx(60, rel=0.02)
    assert of().daily(device, "magenta") == pytest.approx(10, rel=0.02)


def test_expected_never_falls_as_the_days_grow(device: str):
    clicks, first = of(), clock.now().date()
    sums = [clicks.expected(device, first, days) for days in range(0, 400, 7)]
    assert sums == sorted(sums) and sums[0] == 0


def test_span_is_where_all_counters_were_read(device: str):
    enter_reads([{"device": device, "meter": "mono", "taken_at": build.ago(40), "value": 9_000}], "import")
    first, last = of().span(device)
    assert abs((last - ago(0)).total_seconds()) < 120
    assert abs((first - ago(30)).total_seconds()) < 120
    black_only = of().span(device, "black")
    assert abs((black_only[0] - first).total_seconds()) < 120


def test_a_counter_that_was_swapped_goes_on(device: str):
    """The old board ended at 11,500; the new one begins at 0 and shows 300 today."""
    enter_reads(
        [
            {"device": device, "meter": "mono", "taken_at": build.ago(-0.01), "value": 0, "kind": "reset"},
            {"device": device, "meter": "mono", "taken_at": build.ago(-0.02), "value": 300},
        ],
        "technician",
        now=clock.now() + timedelta(hours=1),
    )
    clicks = Clicks.of([device], clock.now() + timedelta(hours=1))
    assert clicks.between(device, "", ago(30), ago(-1)) == 2_100


def test_a_total_counter_is_not_added_to_its_parts():
    build.toner(build.BLACK)
    make.model("TOTAL-1", meters=("total", "mono", "colour"))
    make.device("T-1", device_model="TOTAL-1")
    for days, total, mono, colour in ((20, 1_000, 900, 100), (0, 1_600, 1_400, 200)):
        enter_reads(
            [
                {
                    "device": "T-1",
                    "taken_at": build.ago(days),
                    "meters": {"total": total, "mono": mono, "colour": colour},
                }
            ],
            "import",
        )
    assert of("T-1").between("T-1", "", ago(20), ago(0)) == pytest.approx(600, abs=1)


def test_a_device_of_which_only_the_total_is_read_goes_by_that():
    make.model("TOTAL-1", meters=("total", "mono", "colour"))
    make.device("T-1", device_model="TOTAL-1")
    for days, total in ((20, 1_000), (0, 1_600)):
        enter_reads(
            [{"device": "T-1", "meter": "total", "taken_at": build.ago(days), "value": total}], "import"
        )
    assert of("T-1").between("T-1", "cyan", ago(20), ago(0)) == pytest.approx(600, abs=1)
