"""A small contract, its reads and bills, made by the engine itself, for tests of what is shown."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

from mps_module.cli.billing import Case
from mps_module.engine.contract import (
    Allowance,
    BillingRules,
    Contract,
    ContractVersion,
    CoveredUnit,
    Line,
    LineKind,
    Price,
    SplitBy,
    Tier,
    UnitKind,
)
from mps_module.engine.guards import FleetNorms
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device, MeterType
from mps_module.engine.reads import Read, ReadKind, ReadSource

NO_NORMS = FleetNorms()
METERS = {"mono": MeterType("mono", "Black"), "colour": MeterType("colour", "Colour")}


def rate(text: str) -> Price:
    return Price((Tier(None, Decimal(text)),))


def read(device: str, meter: str, day: str, value: int, kind: ReadKind = ReadKind.ACTUAL) -> Read:
    taken = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=timezone.utc)
    return Read(device, meter, taken, value, ReadSource.COLLECTOR, kind, read_id=f"reads.csv:{value}")


# D-1 makes 1,000 black and 100 colour a month, D-2 2,000 black; its board is swapped in August.
READS = [
    *(read("D-1", "mono", f"2026-{m:02d}-01", 10_000 + 1_000 * m) for m in range(1, 12)),
    *(read("D-1", "colour", f"2026-{m:02d}-01", 100 * m) for m in range(1, 12)),
    *(read("D-2", "mono", f"2026-{m:02d}-01", 2_000 * m) for m in range(1, 9)),
    read("D-2", "mono", "2026-08-16", 17_000),
    read("D-2", "mono", "2026-08-17", 0, ReadKind.RESET),
    *(read("D-2", "mono", f"2026-{m:02d}-01", 1_000 + 2_000 * (m - 9)) for m in range(9, 12)),
]


def contract(split: SplitBy = SplitBy.NONE, start: date = date(2026, 1, 1), mono: str = "0.0085") -> Contract:
    lines = (
        Line("base", LineKind.FLAT, rate("100"), "Base"),
        Line("mono", LineKind.CLICK, rate(mono), "Black prints", {"mono": Decimal(1)}, allowance=Allowance(Decimal(500))),
        Line("colour", LineKind.CLICK, rate("0.06"), "Colour prints", {"colour": Decimal(1)}),
        Line("seats", LineKind.SEAT, rate("45"), "Seats"),
    )  # fmt: skip
    version = ContractVersion(1, start, lines, BillingRules(split_by=split))
    return Contract("C-1", "CUST-1", start, (version,), currency="EUR", title="Print <all> sites")


UNITS = (
    CoveredUnit("D-1", start=date(2026, 1, 1), site="Head office"),
    CoveredUnit("D-2", start=date(2026, 1, 1), site="Lager Süd"),
    CoveredUnit("office", UnitKind.SEAT, date(2026, 1, 1), quantity=Decimal(2), site="Head office"),
)


def ledger(reads: list[Read] | None = None) -> Ledger:
    devices = [
        Device("D-1", "CUST-1", "SN-1", "TASKalfa", "Head office", meters=METERS),
        Device("D-2", "CUST-1", "SN-2", "LaserJet", "Lager Süd", meters={"mono": METERS["mono"]}),
    ]
    return Ledger.build(READS if reads is None else reads, devices)


def case(
    split: SplitBy = SplitBy.NONE, reads: list[Read] | None = None, start: date = date(2026, 1, 1)
) -> Case:
    return Case(contract(split, start), ledger(reads), UNITS)
