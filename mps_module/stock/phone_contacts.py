"""Whom a technician asks for at the customer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import frappe

from mps_module.stock.levels import NO_LIMIT


@dataclass(frozen=True, slots=True)
class Contact:
    """Name of a person (or the address that a call was written from), and where to ring."""

    name: str = ""
    number: str = ""


def contacts_of(calls: Iterable[Any], devices: Mapping[str, Any]) -> dict[str, Contact]:
    """Call -> whom to ask for: the call's own contact, else the device's, else the customer's first, else the sender.

    The office that typed a call in is its sender too, but nobody at the customer: our own users are left out.
    `devices`: those of the calls, with their contacts. Three queries.
    """
    listed = list(calls)
    first = _first_of({row.customer for row in listed if row.get("customer")})
    chosen = {
        row.name: row.get("contact")
        or (devices.get(row.get("mps_device") or "") or {}).get("contact")
        or first.get(row.get("customer") or "")
        or ""
        for row in listed
    }
    people = _people(set(chosen.values()) - {""})
    ours = _staff({row.raised_by for row in listed if row.get("raised_by")})
    return {
        row.name: people.get(chosen[row.name])
        or Contact("" if row.get("raised_by") in ours else row.get("raised_by") or "")
        for row in listed
    }


def _first_of(customers: Collection[str]) -> dict[str, str]:
    """Customer -> its primary contact, where there is one."""
    if not customers:
        return {}
    rows = frappe.get_all(
        "Customer",
        {"name": ("in", sorted(customers)), "customer_primary_contact": ("is", "set")},
        ["name", "customer_primary_contact"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.name: row.customer_primary_contact for row in rows}


def _people(names: Collection[str]) -> dict[str, Contact]:
    if not names:
        return {}
    rows = frappe.get_all(
        "Contact",
        {"name": ("in", sorted(names))},
        ["name", "first_name", "last_name", "mobile_no", "phone"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {
        row.name: Contact(
            " ".join(part for part in (row.first_name, row.last_name) if part) or row.name,
            row.mobile_no or row.phone or "",
        )
        for row in rows
    }


def _staff(addresses: Collection[str]) -> set[str]:
    """Those of the addresses that are our own users'; Administrator is one."""
    if not addresses:
        return set()
    rows = frappe.get_all(
        "User",
        {"name": ("in", sorted(addresses)), "user_type": "System User"},
        pluck="name",
        order_by="name",
        limit=NO_LIMIT,
    )
    return {*rows, *frappe.STANDARD_USERS}
