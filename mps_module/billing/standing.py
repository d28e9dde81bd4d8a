"""The bills of a contract as they stand: what is posted, from which period on it must be looked at again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import frappe
from frappe.query_builder.functions import Max
from frappe.utils import getdate

from mps_module.billing.bills import thaw
from mps_module.billing.contracts import NO_LIMIT, day_or_none, rows_of
from mps_module.billing.windows import DAY, midnight
from mps_module.engine import packed
from mps_module.engine.adjust import pins_at, pins_of
from mps_module.engine.contract import Contract
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.result import Bill, Boundary
from mps_module.fleet.ledger import WITHDRAWN
from mps_module.fleet.wide import is_one_of

OPEN = ("Ready", "Flagged", "Blocked", "Accepted", "Failed")
"""Computed, not invoiced yet."""
POSTED = ("Invoiced", "Part Cancelled")
"""The customer has invoices for it."""
GONE = ("Released", "Credited")
"""Stood once; the period may be billed again."""

BILL_FIELDS = (
    "name",
    "contract",
    "due_date",
    "status",
    "total",
    "base_from",
    "base_to",
    "overage_from",
    "overage_to",
    "estimate_share",
    "computed_at",
    "recheck",
    "billing_key",
    "run",
    "digest",
)
RACE = timedelta(minutes=10)
"""A read may be committed so long after its time of creation."""

Pins = dict[tuple[str, str, date, bool], Boundary]


@dataclass(frozen=True, slots=True)
class Standing:
    """The Click Bills of one contract, oldest first, without their frozen results."""

    rows: tuple[Mapping, ...] = ()

    @property
    def posted(self) -> list[Mapping]:
        return [row for row in self.rows if row.status in POSTED]

    @property
    def open(self) -> list[Mapping]:
        return [row for row in self.rows if row.status in OPEN]

    def holes(self) -> list[date]:
        """Dates whose bill was released or credited and not made anew."""
        taken = {row.due_date for row in self.rows if row.billing_key}
        return sorted({row.due_date for row in self.rows if row.status in GONE} - taken)

    def before(self, due: date) -> list[Mapping]:
        return [row for row in self.posted if row.due_date < due]

    def last_like(self, period: BillPeriod) -> Mapping | None:
        """The posted bill before `period` of the same kind, with or without overage."""
        alike = [b for b in self.before(period.due) if bool(b.overage_to) == (period.overage is not None)]
        return alike[-1] if alike else None

    def count(self, due: date) -> int:
        """How many bills of that date there are, released ones included."""
        return sum(1 for row in self.rows if row.due_date == due)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that came in after a bill was computed: a read, or a service charge."""

    day: date
    at: datetime
    corrects: bool = False  # it replaces an earlier read, or was withdrawn


@dataclass(frozen=True, slots=True)
class Reach:
    """Days of reading that a posted bill may rest on: plain reads from `low` to `last`, corrections up to `high`."""

    low: date
    last: date
    high: date

    @classmethod
    def of_all(cls, reaches: Iterable[Reach]) -> Reach | None:
        """One that holds them all; None: there is none."""
        every = list(reaches)
        if not every:
            return None
        return cls(min(r.low for r in every), max(r.last for r in every), max(r.high for r in every))


@dataclass(slots=True)
class Past:
    """What a contract's next bill rests on of its earlier ones.

    Attributes:
        again: due date from which on posted bills are compared with today's ledger; None: nothing changed.
        names: the bills whose frozen results are needed.
        posted: those results, oldest first, from `again` on.
        pins: boundaries that posted bills closed at.
    """

    again: date | None = None
    names: list[str] = field(default_factory=list)
    posted: list[Bill] = field(default_factory=list)
    pins: Pins = field(default_factory=dict)


def standings(contracts: Sequence[str]) -> dict[str, Standing]:
    """One query for any number of contracts."""
    found = defaultdict(list)
    for row in rows_of(
        "Click Bill", {"contract": ["in", list(contracts)]}, BILL_FIELDS, "due_date asc, creation asc"
    ):
        row.due_date = getdate(row.due_date)
        found[row.contract].append(row)
    return {name: Standing(tuple(found[name])) for name in contracts}


def billed_beyond_end(ends: Mapping[str, date]) -> set[str]:
    """Contracts whose posted bills reach beyond their end, edited since the newest of them was computed. One query.

    Args:
        ends: contract -> its last day.
    """
    if not ends:
        return set()
    bill, contract = frappe.qb.DocType("Click Bill"), frappe.qb.DocType("Click Contract")
    rows = (
        frappe.qb.from_(bill)
        .join(contract)
        .on(contract.name == bill.contract)
        .select(bill.contract, Max(bill.base_to), Max(bill.overage_to))
        .where(bill.contract.isin(sorted(ends)))
        .where(bill.status.isin(POSTED))
        .groupby(bill.contract, contract.modified)
        .having(Max(bill.computed_at) < contract.modified)
        .orderby(bill.contract)
    ).run()
    return {
        name for name, *days in rows if any(day is not None and getdate(day) > ends[name] for day in days)
    }


def changes(
    contracts: Mapping[str, Contract], devices: Mapping[str, Iterable[str]], standing: Mapping[str, Standing]
) -> dict[str, list[Change]]:
    """Reads and service charges by contract that came in after its newest posted bill was computed. Two queries.

    Reads that no posted bill can rest on, as nearly all that came in since, are not asked for.

    Args:
        devices: contract -> its devices.
    """
    since = {
        name: max(b.computed_at for b in stands.posted) - RACE
        for name, stands in standing.items()
        if stands.posted
    }
    found: dict[str, list[Change]] = defaultdict(list)
    if not since:
        return found
    oldest = min(since.values())
    contract_of, reaches = defaultdict(list), defaultdict(list)
    for name in since:
        reach = Reach.of_all(
            reach_of(contracts[name], row) for row in standing[name].posted if row.overage_to
        )
        for device in devices[name] if reach else ():
            contract_of[device].append(name)
            reaches[reach].append(device)
    for read in changed_reads(reaches, oldest) if reaches else ():
        change = Change(
            getdate(read.taken_at), read.modified, bool(read.supersedes) or read.status == WITHDRAWN
        )
        for name in contract_of[read.device]:
            if change.at > since[name]:
                found[name].append(change)
    for row in rows_of(
        "MPS Service Charge",
        {"contract": ["in", list(since)], "modified": [">", oldest], "docstatus": [">", 0]},
        ["contract", "call_date", "modified"],
    ):
        if row.modified > since[row.contract]:
            found[row.contract].append(Change(getdate(row.call_date), row.modified, corrects=True))
    return found


def changed_reads(reaches: Mapping[Reach, Iterable[str]], since: datetime) -> list[Mapping]:
    """Reads of devices, by the days that matter to their bills, that came in or were changed since then."""
    table = frappe.qb.DocType("Meter Read")
    corrects = (table.supersedes != "") | (table.status == WITHDRAWN)
    matters = None
    for reach, devices in reaches.items():
        day = table.taken_at.between(midnight(reach.low), midnight(reach.last + DAY)) | (
            corrects & (table.taken_at < midnight(reach.high + DAY))
        )
        group = is_one_of(table.device, devices) & day
        matters = group if matters is None else matters | group
    return (
        frappe.qb.from_(table)
        .select(table.device, table.taken_at, table.modified, table.supersedes, table.status)
        .where(table.modified > since)
        .where(matters)
        .orderby(table.device)
        .limit(NO_LIMIT)
    ).run(as_dict=True)


def past_of(
    contract: Contract, standing: Standing, due: date, changed: Sequence[Change], edited: datetime | None
) -> Past:
    """Which earlier bills the bill of `due` needs.

    Args:
        changed: what came in since the newest posted bill was computed.
        edited: when the contract's covers were last saved.
    """
    earlier = standing.before(due)
    if not earlier:
        return Past()
    newest = max(row.computed_at for row in earlier)
    moved = edited is not None and edited > newest
    again = [row.due_date for row in earlier if moved or row.recheck or touched(contract, row, changed)]
    past = Past(again=min(again) if again else None)
    from_there = [row.name for row in earlier if past.again and row.due_date >= past.again]
    overage = [row.name for row in earlier if row.overage_to and row.name not in from_there]
    past.names = overage[-1:] + from_there
    return past


def touched(contract: Contract, row: Mapping, changed: Sequence[Change]) -> bool:
    """Whether a change may make this posted bill another one."""
    if not row.overage_to or not changed:
        return False
    reach = reach_of(contract, row)
    return any(
        change.day <= reach.high if change.corrects else reach.low <= change.day <= reach.last
        for change in changed
    )


def reach_of(contract: Contract, row: Mapping) -> Reach:
    """The days whose reads a posted bill with usage may rest on.

    A boundary that closed at an actual read stays (it is pinned), so a plain read counts only up to the last day of the
    period; where something was estimated, reads count wherever they may serve.
    """
    start, end = getdate(row.overage_from), getdate(row.overage_to)
    tolerance = contract.version_on(start).rules.tolerance
    high = end + timedelta(days=tolerance.after)
    if row.estimate_share:
        return Reach(date.min, high, high)
    return Reach(start - timedelta(days=tolerance.before + 1), end, high)


def load_results(pasts: Iterable[Past]) -> None:
    """Fill `posted` and `pins` from the frozen results. One query for all contracts."""
    wanted = [name for past in pasts for name in past.names]
    if not wanted:
        return
    texts = dict(
        frappe.get_all(
            "Click Bill",
            filters={"name": ["in", wanted]},
            fields=["name", "result"],
            order_by="name",
            limit=NO_LIMIT,
            as_list=True,
        )
    )
    for past in pasts:
        if past.again is None:  # nothing to compare: of the last bill its boundaries alone
            for name in past.names:
                past.pins.update(pins_at(packed.packed_boundaries(packed.parsed(texts[name]))))
            continue
        bills = [thaw(texts[name]) for name in past.names]
        past.pins = pins_of(bills)
        past.posted = [made for made in bills if made.period.due >= past.again]


def period_of(row: Mapping) -> BillPeriod:
    """The periods of a Click Bill row, without their full cycles."""

    def period(start, end) -> Period | None:
        return Period(getdate(start), getdate(end)) if start and end else None

    return BillPeriod(
        getdate(row.due_date),
        period(row.get("base_from"), row.get("base_to")),
        period(row.get("overage_from"), row.get("overage_to")),
    )


def cursor_of(row: Mapping) -> date | None:
    return day_or_none(row.get("billed_through"))
