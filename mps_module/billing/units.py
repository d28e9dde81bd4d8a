"""Cover rows of Click Contracts -> the engine's covered units, with what is known of their devices, in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

import frappe
from frappe.utils import getdate
from pypika.terms import Function

from mps_module.billing.contracts import day_or_none
from mps_module.billing.terms import exact, parse_terms
from mps_module.engine.contract import CoveredUnit, UnitKind
from mps_module.fleet.ledger import DEVICE_COLUMNS
from mps_module.fleet.wide import ABOUT, packed_rows

Row = Mapping[str, Any]
COVER_FIELDS = (
    "parent", "idx", "unit_kind", "device", "asset", "unit_label", "quantity", "start_date", "end_date", "group_label",
    "site", "department", "cost_center", "po_no", "allowances",
)  # fmt: skip
PLACE_FIELDS = ("site", "department", "cost_center", "po_no")
UNIT_KINDS = {"Device": UnitKind.DEVICE, "Seat": UnitKind.SEAT, "Asset": UnitKind.ASSET}


def load_units(names: Sequence[str]) -> dict[str, tuple[CoveredUnit, ...]]:
    """Covered units by contract."""
    return load_units_and_devices(names)[0]


def load_units_and_devices(
    names: Sequence[str],
) -> tuple[dict[str, tuple[CoveredUnit, ...]], list[tuple]]:
    """(Covered units by contract, rows of their devices for `fleet.ledger.devices_from`). One query."""
    found: defaultdict[str, list[CoveredUnit]] = defaultdict(list)
    devices: dict[str, tuple] = {}
    if not names:
        return {}, []
    cover, device = frappe.qb.DocType("Click Contract Cover"), frappe.qb.DocType("MPS Device")
    rows = packed_rows(
        frappe.qb.from_(cover)
        .left_join(device)
        .on(device.name == cover.device)
        .where(cover.parent.isin(list(names)))
        .where(cover.parenttype == "Click Contract"),
        [cover.parent, Function("FLOOR", cover.idx / ABOUT)],
        (
            *(cover[field] for field in COVER_FIELDS),
            *(device[field] for field in (*PLACE_FIELDS, *DEVICE_COLUMNS)),
        ),
    )
    covers, places = len(COVER_FIELDS), len(COVER_FIELDS) + len(PLACE_FIELDS)
    for values in sorted(rows, key=itemgetter(0, 1)):
        row = dict(zip(COVER_FIELDS, values, strict=False))
        for field in ("start_date", "end_date"):
            row[field] = date.fromisoformat(row[field]) if row[field] else None
        place = dict(zip(PLACE_FIELDS, values[covers:places], strict=True))
        found[values[0]].append(unit_of(row, place))
        if values[places]:
            devices[values[places]] = tuple(values[places:])
    return {name: tuple(found[name]) for name in names}, list(devices.values())


def unit_of(row: Row, place: Row) -> CoveredUnit:
    """A cover row; site, department, cost center and PO fall back to the device's own.

    Raises:
        ValueError: own allowances that cannot be read.
    """
    try:
        allowances = parse_terms(row.get("allowances"))
    except ValueError as error:
        raise ValueError(f"Row {row.get('idx')}, Own Allowances: {error}") from error

    def placed(field: str) -> str:
        return row.get(field) or place.get(field) or ""

    return CoveredUnit(
        unit=row.get("device") or row.get("asset") or row.get("unit_label") or "",
        kind=UNIT_KINDS[row.get("unit_kind") or "Device"],
        start=getdate(row.get("start_date")) if row.get("start_date") else date.min,
        end=day_or_none(row.get("end_date")),
        quantity=exact(row.get("quantity")),
        group=row.get("group_label") or "",
        site=placed("site"),
        department=placed("department"),
        cost_center=placed("cost_center"),
        po=placed("po_no"),
        allowances=allowances,
    )
