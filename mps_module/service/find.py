"""Finding what a call is for: by id, serial number, asset tag, sticker, or within a customer's text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import frappe
from frappe.query_builder import DocType
from frappe.utils import getdate
from pypika.terms import Criterion

from mps_module.engine.call_text import codes_in, fresh_text
from mps_module.fleet.fleet import serial_key

MOST = 20
MOST_ASSETS = 5_000
DEVICE_FIELDS = (
    "name", "device_model", "serial_no_text", "asset_tag", "customer", "customer_name", "site", "department", "status",
)  # fmt: skip


def devices_called(codes: Iterable[str], customers: Collection[str] | None = None) -> list[Any]:
    """Devices that have one of these ids, asset tags or serial numbers; retired ones are left out. One query.

    Args:
        customers: only theirs; None: anybody's.
    """
    names = sorted({code.strip() for code in codes if code and code.strip()})
    if not names or (customers is not None and not customers):
        return []
    table = DocType("MPS Device")
    keys = sorted({serial_key(name) for name in names})
    wanted = [table.name.isin(names), table.asset_tag.isin(names), table.serial_key.isin(keys)]
    query = (
        frappe.qb.from_(table)
        .select(*(table[name] for name in DEVICE_FIELDS))
        .where(Criterion.any(wanted) & (table.status != "Retired"))
        .orderby(table.name)
        .limit(MOST)
    )
    if customers is not None:
        query = query.where(table.customer.isin(sorted(customers)))
    return query.run(as_dict=True)


def assets_called(codes: Iterable[str], customers: Collection[str] | None = None) -> list[Any]:
    """IT assets of these ids or names that a contract covers. One query."""
    names = sorted({code.strip() for code in codes if code and code.strip()})
    if not names:
        return []
    asset = DocType("Asset")
    return _covered_assets(asset.name.isin(names) | asset.asset_name.isin(names), customers)


def assets_of(customers: Collection[str]) -> list[Any]:
    """IT assets that contracts of these customers cover. One query."""
    return _covered_assets(DocType("Asset").name.isnotnull(), customers, MOST_ASSETS) if customers else []


def _covered_assets(wanted: Criterion, customers: Collection[str] | None, most: int = MOST) -> list[Any]:
    cover, contract, asset = DocType("Click Contract Cover"), DocType("Click Contract"), DocType("Asset")
    query = (
        frappe.qb.from_(cover)
        .join(contract)
        .on(contract.name == cover.parent)
        .join(asset)
        .on(asset.name == cover.asset)
        .select(asset.name, asset.asset_name, asset.item_code, contract.customer, contract.customer_name)
        .distinct()
        .where(
            wanted & contract.status.isin(("Active", "Suspended")) & (cover.parenttype == "Click Contract")
        )
        .where(cover.end_date.isnull() | (cover.end_date >= getdate()))
        .orderby(asset.name)
        .limit(most)
    )
    if customers is not None:
        query = query.where(contract.customer.isin(sorted(customers) or [""]))
    return query.run(as_dict=True)


def seats_of(customers: Collection[str]) -> list[Any]:
    """Seat blocks that contracts of these customers cover today: {unit_label, quantity, contract, customer}."""
    if not customers:
        return []
    cover, contract, today = DocType("Click Contract Cover"), DocType("Click Contract"), getdate()
    return (
        frappe.qb.from_(cover)
        .join(contract)
        .on(contract.name == cover.parent)
        .select(cover.unit_label, cover.quantity, contract.name.as_("contract"), contract.customer)
        .where((cover.unit_kind == "Seat") & contract.customer.isin(sorted(customers)))
        .where(contract.status.isin(("Active", "Suspended")) & (cover.parenttype == "Click Contract"))
        .where(cover.start_date.isnull() | (cover.start_date <= today))
        .where(cover.end_date.isnull() | (cover.end_date >= today))
        .orderby(contract.name, cover.idx)
        .limit(MOST)
        .run(as_dict=True)
    )


def one_in(text: str, customer: str = "") -> tuple[str, str, list[str]]:
    """(device, asset, what else it could be) that a text names; at most two queries, none for a text without codes.

    Of several devices those of the customer count; when there are still several, none is chosen: a serial number is no
    safe key. A device of another customer is not chosen for this one, it is only said.
    """
    codes = codes_in(fresh_text(text))
    if not codes:
        return "", "", []
    rows = devices_called(codes)
    own = [row for row in rows if row.customer == customer] if customer else rows
    if len(own) == 1:
        return own[0].name, "", []
    if rows:
        return "", "", [row.name for row in own or rows]
    assets = assets_called(codes, [customer] if customer else None)
    return ("", assets[0].name, []) if len(assets) == 1 else ("", "", [row.name for row in assets])


def candidates(
    txt: str, customer: str = "", customers: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Everything that a call could be for, the likeliest first: exact codes, then beginnings, then the customer's own.

    Args:
        txt: what was typed or scanned. customer: the call's, if it is known. customers: only theirs; None: anybody's.

    Returns:
        rows of {kind: Device, Asset or Seat, name, label, customer, customer_name, hint}.
    """
    text = txt.strip()[:200]
    codes = [text, *codes_in(text)] if text else []
    found = [_device(row) for row in devices_called(codes, customers)]
    found += [_asset(row) for row in assets_called(codes, customers)]
    if not found:
        found = [_device(row) for row in _like(text, customer, customers)]
        found += [_asset(row) for row in _assets_like(text, customer, customers)]
    theirs = [customer] if customer else sorted({row["customer"] for row in found if row["customer"]})
    if customers is not None:
        theirs = [name for name in theirs or customers if name in customers]
    found += [_seats(row) for row in seats_of(theirs) if not text or text.lower() in row.unit_label.lower()]
    unique = {(row["kind"], row["name"], row["customer"]): row for row in found}
    return sorted(unique.values(), key=lambda row: bool(customer) and row["customer"] != customer)[:MOST]


def _like(text: str, customer: str, customers: Collection[str] | None) -> Sequence[Any]:
    table = DocType("MPS Device")
    query = (
        frappe.qb.from_(table)
        .select(*(table[name] for name in DEVICE_FIELDS))
        .where(table.status != "Retired")
        .orderby(table.status, table.customer_name, table.name)
        .limit(MOST)
    )
    if text:
        begins, within = f"{text}%", f"%{text}%"
        query = query.where(
            table.name.like(within)
            | table.serial_key.like(f"%{serial_key(text)}%")
            | table.asset_tag.like(begins)
            | table.customer_name.like(within)
            | table.site.like(begins)
            | table.device_model.like(within)
        )
    if customer:
        query = query.where(table.customer == customer)
    if customers is not None:
        query = query.where(table.customer.isin(sorted(customers) or [""]))
    return query.run(as_dict=True)


def _assets_like(text: str, customer: str, customers: Collection[str] | None) -> list[Any]:
    """IT assets under contract whose id, name or customer holds the text."""
    if customer:
        customers = [customer] if customers is None or customer in customers else []
    asset, contract, within = DocType("Asset"), DocType("Click Contract"), f"%{text}%"
    columns = (asset.name, asset.asset_name, asset.item_code, contract.customer_name)
    return _covered_assets(Criterion.any([column.like(within) for column in columns]), customers)


def _device(row: Any) -> dict[str, Any]:
    place = " · ".join(part for part in (row.site, row.department) if part)
    return {
        "kind": "Device",
        "name": row.name,
        "label": " · ".join(part for part in (row.device_model, row.serial_no_text) if part),
        "customer": row.customer or "",
        "customer_name": row.customer_name or row.customer or "",
        "hint": " · ".join(part for part in (place, row.asset_tag, row.status) if part),
    }


def _asset(row: Any) -> dict[str, Any]:
    return {
        "kind": "Asset",
        "name": row.name,
        "label": row.asset_name or row.item_code or "",
        "customer": row.customer or "",
        "customer_name": row.customer_name or row.customer or "",
        "hint": row.item_code or "",
    }


def _seats(row: Any) -> dict[str, Any]:
    return {
        "kind": "Seat",
        "name": row.unit_label,
        "label": f"{row.quantity:g}",
        "customer": row.customer,
        "customer_name": row.customer,
        "hint": row.contract,
    }
