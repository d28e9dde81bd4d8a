"""The months of a bill's picture, where the meters were read once a quarter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from mps_module.cli.volume import volume_chart
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device, MeterType
from mps_module.engine.reads import ReadKind
from tests.cli.values import METERS, UNITS, case, contract, read


def test_months_between_two_quarterly_reads_share_their_clicks_by_days() -> None:
    """The bill must not look ahead, so in January it would estimate; the picture of the quarter knows better."""
    midnight = datetime(2026, 1, 1, tzinfo=timezone.utc)
    days = (0, 90, 181, 273)  # 1 January, April, July, October
    reads = [
        replace(
            read("D-1", meter, "2026-01-01", value),
            taken_at=midnight + timedelta(days=day),
            read_id=f"{meter}{day}",
        )
        for meter, a_day in (("mono", 100), ("colour", 10))
        for day in days
        for value in (500 + a_day * day,)
    ]
    given = case(reads=reads)
    units = given.units[:1]
    chart = volume_chart(given.contract, given.ledger, units, date(2026, 9, 30))
    lengths = (31, 28, 31, 30, 31, 30, 31, 31, 30)
    assert [(s.name, s.values) for s in chart.series] == [
        ("Black", tuple(100 * n for n in lengths)),
        ("Colour", tuple(10 * n for n in lengths)),
    ]
    # Beyond the last read there is only the estimate.
    later = volume_chart(given.contract, given.ledger, units, date(2026, 11, 30))
    assert later.series[0].values[:9] == chart.series[0].values and later.series[0].values[10] > 0


def test_the_months_of_a_virtual_meter_and_of_a_swapped_board_share_their_clicks_too() -> None:
    kinds = {**METERS, "total": MeterType("total"), "bw": MeterType("bw", formula={"total": 1, "colour": -1})}
    reads = [
        read("D-1", "total", "2026-01-01", 1_000), read("D-1", "colour", "2026-01-01", 0),
        read("D-1", "total", "2026-02-15", 5_500), read("D-1", "total", "2026-02-16", 0, ReadKind.RESET),
        read("D-1", "total", "2026-04-01", 4_400), read("D-1", "colour", "2026-04-01", 900),
    ]  # fmt: skip
    agreed = contract()
    lines = (replace(agreed.versions[0].lines[1], meters={"bw": Decimal(1)}),)
    agreed = replace(agreed, versions=(replace(agreed.versions[0], lines=lines),))
    known = Ledger.build(reads, [Device("D-1", "CUST-1", meters=kinds)])
    chart = volume_chart(agreed, known, UNITS[:1], date(2026, 3, 31))
    # 100 a day, of which 10 are colour; on the day of the swap only those of colour are known. January opens at its read.
    assert chart.series[0].values == (2745, 2420, 2835)
    assert sum(chart.series[0].values) == 4_500 + 4_400 - 900
