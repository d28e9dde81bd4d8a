"""Contracts with their versions, and billable calls, as documents."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe

from mps_module.cli.store import Store
from mps_module.engine import contract as engine

if TYPE_CHECKING:
    from mps_module.demo.load import Loader

UNIT_KINDS = {engine.UnitKind.DEVICE: "Device", engine.UnitKind.SEAT: "Seat", engine.UnitKind.ASSET: "Asset"}
COVERAGE = ("labour", "travel", "parts", "supplies")


def contract(site: Loader, contract_id: str, data: Store) -> None:
    """A Click Contract with its covers, its submitted versions, and active."""
    agreed, _, units = data.load(contract_id)
    rate_for(site, agreed)
    doc = site.insert(
        "Click Contract",
        contract_id,
        title=agreed.title or contract_id,
        customer=agreed.customer,
        company=site.company,
        currency=agreed.currency,
        start_date=agreed.start,
        end_date=agreed.end,
        time_zone=agreed.timezone,
        po_no=agreed.po,
        usual_bill=agreed.usual_bill,
        covers=[cover(unit) for unit in units],
    )
    for version in agreed.versions:
        add_version(site, doc.name, version)
    if doc.status == "Draft":
        doc.status = "Active"
        doc.save()


def rate_for(site: Loader, agreed: engine.Contract) -> None:
    """An invoice in another currency needs an exchange rate; a demo takes 1 where the site has none."""
    pair = {"from_currency": agreed.currency, "to_currency": site.currency}
    if agreed.currency != site.currency and not frappe.db.exists("Currency Exchange", pair):
        frappe.get_doc(
            {"doctype": "Currency Exchange", "date": agreed.start, "exchange_rate": 1, **pair}
        ).insert()


def cover(unit: engine.CoveredUnit) -> dict[str, Any]:
    """A cover row; the place is written out, as it stood in the file."""
    kind = UNIT_KINDS[unit.kind]
    return {
        "unit_kind": kind,
        "device": unit.unit if kind == "Device" else None,
        "unit_label": None if kind == "Device" else unit.unit,
        "start_date": unit.start,
        "end_date": unit.end,
        "quantity": unit.quantity,
        "group_label": unit.group,
        "site": unit.site,
        "department": unit.department,
        "cost_center": unit.cost_center,
        "po_no": unit.po,
        "allowances": terms(unit.allowances),
    }


def terms(values: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{key}={number.normalize():f}" for key, number in values.items())


def add_version(site: Loader, contract_name: str, version: engine.ContractVersion) -> None:
    """A submitted Click Contract Version."""
    name = f"{contract_name}-V{version.version:03}"
    if frappe.db.exists("Click Contract Version", name):
        return
    rules = version.rules
    escalator = version.escalator
    doc = site.insert(
        "Click Contract Version",
        name,
        contract=contract_name,
        effective_date=version.effective,
        base_months=str(rules.base_months),
        overage_months=str(rules.overage_months),
        base_in_advance=int(rules.base_in_advance),
        anchor_day=rules.anchor_day,
        anchor_month=str(rules.anchor_month or ""),
        proration=rules.proration.value,
        tolerance_before=rules.tolerance.before,
        tolerance_after=rules.tolerance.after,
        estimates_allowed=int(rules.estimates.allowed),
        max_estimates_in_row=rules.estimates.max_in_row,
        minimum=rules.minimum,
        maximum=rules.maximum,
        split_by=rules.split_by.value,
        escalator_percent=escalator.percent if escalator else 0,
        escalator_every_months=escalator.every_months if escalator else 12,
        escalator_first=escalator.first if escalator else None,
        lines=[line_row(site, line) for line in version.lines],
        tiers=[row for line in version.lines for row in tier_rows(line)],
        **{f"coverage_{part}": version.coverage[part] for part in COVERAGE if part in version.coverage},
    )
    doc.submit()


def line_row(site: Loader, line: engine.Line) -> dict[str, Any]:
    allowance = line.allowance or engine.Allowance()
    tiers = line.price.tiers
    return {
        "line_id": line.line_id,
        "kind": line.kind.value,
        "description": line.description,
        "item": service_item(site, line.item or "MPS-SERVICE"),
        "meters": terms(line.meters),
        "groups": ", ".join(line.groups),
        "rate": tiers[0].rate if len(tiers) == 1 and tiers[0].up_to is None else 0,
        "tier_mode": line.price.mode.value,
        "allowance_qty": allowance.quantity,
        "allowance_scope": allowance.scope.value,
        "allowance_per_device": int(allowance.per_device),
        "carry_periods": allowance.carry_periods,
        "discount_percent": line.discount,
        "minimum": line.minimum,
        "maximum": line.maximum,
        "block_size": line.block,
        "unit": line.unit,
        "proration": line.proration.value if line.proration else "",
        "escalates": int(line.escalates),
    }


def tier_rows(line: engine.Line) -> list[dict[str, Any]]:
    """Tier rows, where one rate does not say it all."""
    tiers = line.price.tiers
    if len(tiers) == 1 and tiers[0].up_to is None:
        return []
    return [{"line_id": line.line_id, "up_to": tier.up_to or 0, "rate": tier.rate} for tier in tiers]


def service_item(site: Loader, code: str) -> str:
    """An item that is sold and not stocked; made if it is missing."""
    return site.insert(
        "Item",
        code,
        item_code=code,
        item_name=code,
        item_group=frappe.get_all(
            "Item Group", filters={"is_group": 0}, pluck="name", order_by="lft", limit=1
        )[0],
        stock_uom="Nos",
        is_stock_item=0,
    ).name


def charges(site: Loader, contract_id: str, data: Store) -> None:
    """A submitted MPS Service Charge for each billable call."""
    agreed, ledger, units = data.load(contract_id)
    devices = {unit.unit for unit in units if unit.kind is engine.UnitKind.DEVICE}
    for call in ledger.calls:
        if frappe.db.exists(
            "MPS Service Charge", {"contract": agreed.contract, "call_ref": call.call, "docstatus": 1}
        ):
            continue
        if not (call.incident or call.labour_hours or call.travel or call.parts):
            continue
        parts = [
            {
                "item": service_item(site, part.item),
                "description": part.description,
                "quantity": part.quantity,
                "rate": part.rate,
            }
            for part in call.parts
        ]
        doc = frappe.get_doc(
            {
                "doctype": "MPS Service Charge",
                "contract": agreed.contract,
                "call_ref": call.call,
                "call_date": call.day,
                "device": call.unit if call.unit in devices else None,
                "unit_label": call.unit,
                "incident": int(call.incident),
                "labour_hours": call.labour_hours,
                "travel": call.travel,
                "description": call.description,
                "parts": parts,
            }
        ).insert()
        doc.submit()
        site.made[doc.doctype] = site.made.get(doc.doctype, 0) + 1
