"""Who pays for a call: contract, version and warranty read from the documents, decided by `engine.coverage`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import cint, formatdate, getdate
from pypika.terms import Criterion

from mps_module.billing.contracts import load_contracts
from mps_module.engine.contract import Contract, Line
from mps_module.engine.coverage import Coverage, Kind, Payer, Source, UnderContract, Warranty, decide
from mps_module.engine.schedule import overage_periods

KINDS = tuple(kind.value for kind in Kind)
STANDING = ("Active", "Suspended", "Ended")
"""A contract that ended still decides for the calls of its time."""
UNDER_CLAIM = ("Under Warranty", "Under AMC")


@dataclass(frozen=True, slots=True)
class Unit:
    """What a call is for: a device, an IT asset, or the seats of a contract (by their label there, at a customer)."""

    device: str = ""
    asset: str = ""
    label: str = ""
    customer: str = ""

    def __bool__(self) -> bool:
        return bool(self.device or self.asset or (self.label and self.customer))

    @property
    def name(self) -> str:
        """As contract and bill name it."""
        return self.device or self.asset or self.label


@dataclass(frozen=True, slots=True)
class Decision:
    """Who pays, by which contract, and the words that say why.

    Attributes:
        sla: the contract's class. bills: kinds of lines by which the contract bills this unit's calls.
        cover: how the contract names the unit.
    """

    coverage: Coverage
    contract: str = ""
    customer: str = ""
    sla: str = ""
    note: str = ""
    bills: frozenset[str] = frozenset()
    cover: str = ""
    payers: Mapping[str, str] = field(default_factory=dict)


def unit_of(row: Mapping[str, Any]) -> Unit:
    """The unit that an Issue or Maintenance Visit is for."""
    return Unit(
        row.get("mps_device") or "",
        row.get("mps_asset") or "",
        row.get("mps_unit_label") or "",
        row.get("customer") or "",
    )


def decision(unit: Unit, day: date) -> Decision:
    """Who would pay for a call for this unit on that day. About eight queries; one where no unit is named."""
    rows = covers_of(unit, day)
    warranty = warranty_of(unit.device) if unit.device else None
    row = rows[0] if rows else None
    contract = load_contracts([row.contract]).get(row.contract) if row else None
    under = _under(row, contract, day) if row and contract else None
    found = decide(day, under, warranty)
    return Decision(
        found,
        contract=row.contract if row else "",
        customer=row.customer if row else "",
        sla=(row.sla or "") if row else "",
        note=_note(found, rows, under, warranty, unit),
        bills=under.bills if under else frozenset(),
        cover=_named(row, unit) if row else unit.name,
        payers={kind.value: found.payer(kind).value for kind in Kind},
    )


def covers_of(unit: Unit, day: date) -> list[Any]:
    """Rows of contracts that cover the unit on a day, the contract that began last first. One or two queries."""
    if not unit:
        return []
    cover, contract = DocType("Click Contract Cover"), DocType("Click Contract")
    asset = unit.asset
    if unit.device and not asset:
        asset = frappe.db.get_value("MPS Device", unit.device, "asset") or ""
    wanted: list[Criterion] = []
    if unit.device:
        wanted.append(cover.device == unit.device)
    if asset:
        wanted.append(cover.asset == asset)
    if unit.label and not (unit.device or unit.asset):
        wanted.append((cover.unit_label == unit.label) & (contract.customer == unit.customer))
    query = (
        frappe.qb.from_(cover)
        .join(contract)
        .on((contract.name == cover.parent) & (cover.parenttype == "Click Contract"))
        .select(
            contract.name.as_("contract"), contract.title, contract.status, contract.customer, contract.sla,
            cover.device, cover.asset, cover.unit_label, cover.group_label,
            *(cover[f"coverage_{kind}"] for kind in KINDS),
        )
        .where(Criterion.any(wanted) & contract.status.isin(STANDING) & (contract.start_date <= day))
        .where(contract.end_date.isnull() | (contract.end_date >= day))
        .where(cover.start_date.isnull() | (cover.start_date <= day))
        .where(cover.end_date.isnull() | (cover.end_date >= day))
        .orderby(contract.start_date, order=frappe.qb.desc)
        .orderby(contract.name, cover.idx)
        .limit(20)
    )  # fmt: skip
    return query.run(as_dict=True)


def warranty_of(device: str) -> Warranty | None:
    """What the device brings along: its own warranty, else its Serial No's; an open Warranty Claim that stands counts too."""
    fields = ["serial_no", "warranty_until", *(f"warranty_{kind}" for kind in KINDS)]
    row = frappe.db.get_value("MPS Device", device, fields, as_dict=True)
    if not row:
        return None
    until, claimed = row.warranty_until, None
    if row.serial_no:
        until = until or frappe.db.get_value("Serial No", row.serial_no, "warranty_expiry_date")
        claimed = _claimed(row.serial_no)
    dates = [getdate(day) for day in (until, claimed) if day]
    if not dates:
        return None
    covers = frozenset(kind for kind in Kind if cint(row.get(f"warranty_{kind.value}")))
    return Warranty(max(dates), covers)


def _claimed(serial_no: str) -> date | None:
    """The last day that an open Warranty Claim of the serial number stands for."""
    rows = frappe.get_all(
        "Warranty Claim",
        {
            "serial_no": serial_no,
            "status": ("in", ("Open", "Work In Progress")),
            "warranty_amc_status": ("in", UNDER_CLAIM),
        },
        ["warranty_amc_status", "warranty_expiry_date", "amc_expiry_date"],
        order_by="complaint_date desc, name",
        limit=1,
    )
    if not rows:
        return None
    row = rows[0]
    return (
        row.warranty_expiry_date if row.warranty_amc_status == UNDER_CLAIM[0] else row.amc_expiry_date
    ) or getdate()


def _under(row: Any, contract: Contract, day: date) -> UnderContract:
    version = contract.version_on(day)
    return UnderContract(
        contract.contract,
        version.version,
        agreed=version.coverage,
        line={kind: row[f"coverage_{kind}"] or "" for kind in KINDS},
        bills=frozenset(line.kind.value for line in _billing_lines(contract, day) if _counts(line, row)),
    )


def _billing_lines(contract: Contract, day: date) -> Sequence[Line]:
    """Lines that will bill a call of that day: those of the version in force when its overage period began."""
    earlier = overage_periods(contract, day)
    begins = earlier[-1][0].end + timedelta(days=1) if earlier else contract.start
    return contract.version_on(begins).lines


def _counts(line: Line, row: Any) -> bool:
    return not line.groups or (row.group_label or "") in line.groups


def _named(row: Any, unit: Unit) -> str:
    return row.device or row.asset or row.unit_label or unit.name


def _note(
    found: Coverage, rows: Sequence[Any], under: UnderContract | None, warranty: Warranty | None, unit: Unit
) -> str:
    """One sentence for each source that decided, and what a dispatcher should know besides."""
    if not unit:
        return _("No device is named yet: without one the call is time and material.")
    by_source: defaultdict[tuple[Source, Payer], list[str]] = defaultdict(list)
    for kind, share in found.shares.items():
        by_source[(share.source, share.payer)].append(_(kind.value.title()))
    contract = f"{under.contract} ({_('version {0}').format(under.version)})" if under else ""
    until = formatdate(warranty.until) if warranty else ""
    words = {
        Source.LINE: _("the device's own line of contract {0}").format(contract),
        Source.CONTRACT: _("contract {0}").format(contract),
        Source.WARRANTY: _("warranty until {0}").format(until),
        Source.NO_INCIDENT_LINE: _("contract {0} counts incidents but has no line that prices them").format(
            contract
        ),
        Source.NONE: _("no contract and no warranty covers it"),
    }
    told = [
        _("{0}: {1}, {2}.").format(", ".join(kinds), _(payer.value).lower(), words[source])
        for (source, payer), kinds in by_source.items()
    ]
    if rows and rows[0].status == "Suspended":
        told.append(_("The contract is suspended: ask before anyone is sent."))
    others = sorted({row.contract for row in rows} - {rows[0].contract}) if rows else []
    if others:
        told.append(_("Also covered by {0}.").format(", ".join(others)))
    return "\n".join(told)


def coverage_for_issue(issue: str) -> dict[str, str]:
    """Who pays for a call, as it was shown before anyone was sent; decided now where nothing was yet.

    Returns:
        {"labour", "travel", "parts", "supplies": Included, Incident or Billable, "note": why}

    Raises:
        frappe.DoesNotExistError: no such call.
    """
    fields = [
        "name", "customer", "opening_date", "mps_device", "mps_asset", "mps_unit_label", "mps_coverage_note",
        *(f"mps_coverage_{kind}" for kind in KINDS),
    ]  # fmt: skip
    row = frappe.db.get_value("Issue", issue, fields, as_dict=True)
    if not row:
        frappe.throw(_("There is no call {0}.").format(issue), frappe.DoesNotExistError)
    if all(row[f"mps_coverage_{kind}"] for kind in KINDS):
        told = {kind: row[f"mps_coverage_{kind}"] for kind in KINDS}
        return {**told, "note": row.mps_coverage_note or ""}
    made = decision(unit_of(row), getdate(row.opening_date))
    return {**made.payers, "note": made.note}


def payers_of(told: Mapping[str, str]) -> dict[Kind, Payer]:
    """What a call shows -> what the engine settles by."""
    return {kind: Payer(told.get(kind.value) or Payer.BILLABLE.value) for kind in Kind}
