"""Short ways to say a contract, reads and units in a test."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

from mps_module.engine.bill import bill
from mps_module.engine.contract import (
    Allowance,
    BillingRules,
    Contract,
    ContractVersion,
    CoveredUnit,
    Line,
    LineKind,
    Price,
    Tier,
    TierMode,
    UnitKind,
)
from mps_module.engine.ledger import Ledger
from mps_module.engine.periods import BillPeriod
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import Bill, ChargeKind
from mps_module.engine.schedule import due_periods

NEW_YEAR = date(2026, 1, 1)


def flat_price(rate: str) -> Price:
    return Price((Tier(None, Decimal(rate)),))


def tiers(*steps: tuple[int | None, str], mode: TierMode = TierMode.GRADUATED) -> Price:
    return Price(tuple(Tier(None if up is None else Decimal(up), Decimal(rate)) for up, rate in steps), mode)


def clicks(line_id: str = "mono", rate: str = "0.0085", meter: str = "mono", **more) -> Line:
    more.setdefault("price", flat_price(rate))
    more.setdefault("meters", {meter: Decimal(1)})
    return Line(line_id, LineKind.CLICK, **more)


def line(kind: LineKind, rate: str, line_id: str = "", **more) -> Line:
    return Line(line_id or kind.value, kind, flat_price(rate), **more)


def pool(quantity: int, **more) -> Allowance:
    return Allowance(Decimal(quantity), **more)


def contract(*lines: Line, start: date = NEW_YEAR, rules: BillingRules | None = None, **more) -> Contract:
    version = ContractVersion(1, start, tuple(lines), rules or BillingRules(), more.pop("escalator", None))
    return Contract("C-1", "CUST-1", start, more.pop("versions", (version,)), **more)


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=timezone.utc)


def read(
    value: int, *when: int, device: str = "D1", meter: str = "mono", kind=ReadKind.ACTUAL, **more
) -> Read:
    taken_at = at(*when)
    name = f"{device}/{meter}/{taken_at:%Y-%m-%d %H}/{value}/{kind.value}"
    return Read(device, meter, taken_at, value, kind=kind, read_id=name, **more)


def month_starts(*values: int, year: int = 2026, device: str = "D1", meter: str = "mono") -> list[Read]:
    """A read at midnight of the first of each month from January on."""
    return [
        read(value, year + n // 12, n % 12 + 1, 1, device=device, meter=meter)
        for n, value in enumerate(values)
    ]


def device(name: str = "D1", start: date = NEW_YEAR, **more) -> CoveredUnit:
    return CoveredUnit(name, UnitKind.DEVICE, start, **more)


def seats(name: str, quantity: int, start: date = NEW_YEAR, **more) -> CoveredUnit:
    return CoveredUnit(name, UnitKind.SEAT, start, quantity=Decimal(quantity), **more)


def period_due(agreed: Contract, due: date) -> BillPeriod:
    return next(p for p in due_periods(agreed, None, due) if p.due == due)


def bill_due(agreed: Contract, reads, units, due: date, calls=(), posted=(), devices=(), pins=None) -> Bill:
    ledger = Ledger.build(reads, devices=devices, calls=calls, pins=pins)
    return bill(agreed, ledger, units, period_due(agreed, due), posted)


def amounts(made: Bill) -> dict[tuple[str, str], Decimal]:
    """(line, kind) -> sum of its rows."""
    found: dict[tuple[str, str], Decimal] = {}
    for row in made.lines:
        key = row.line_id, row.kind.value
        found[key] = found.get(key, Decimal(0)) + row.amount
    return found


def amount(made: Bill, line_id: str, kind: ChargeKind) -> Decimal:
    return amounts(made)[line_id, kind.value]
