"""Where calls and technicians are: coordinates of addresses where they are known, doors and territories elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import frappe
from frappe.utils.nestedset import get_root_of

from mps_module.engine.dispatch import Place, Travel
from mps_module.stock.levels import NO_LIMIT


def travel() -> Travel:
    """Minutes between places, as the service settings say."""
    return Travel(norm=frappe.get_cached_doc("MPS Service Settings").travel_minutes or 30)


def coordinates(latitude: object, longitude: object) -> tuple[float | None, float | None]:
    """Two numbers, or none: 0, 0 is what an empty field holds (and lies in the sea)."""
    pair = float(latitude or 0), float(longitude or 0)
    return pair if any(pair) else (None, None)


def of_addresses(names: Iterable[str]) -> dict[str, Any]:
    """City and coordinates of addresses. One query."""
    wanted = sorted(set(names) - {"", None})
    if not wanted:
        return {}
    rows = frappe.get_all(
        "Address",
        {"name": ("in", wanted)},
        ["name", "address_line1", "city", "mps_latitude", "mps_longitude"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.name: row for row in rows}


def everywhere() -> str:
    """The territory above all others: what new customers stand in, and near to none."""
    return get_root_of("Territory") or ""


def of_call(row: Any, addresses: dict[str, Any], root: str) -> Place:
    """The door of a call: the device's address, else the customer's site. `root`: see `everywhere`."""
    address = addresses.get(row.customer_address or "") or frappe._dict()
    latitude, longitude = coordinates(address.get("mps_latitude"), address.get("mps_longitude"))
    door = row.customer_address or "|".join(filter(None, (row.customer, row.site)))
    return Place(door, _known(row.territory, root), latitude, longitude)


def told(row: Any, addresses: dict[str, Any]) -> str:
    """The place of a call in words: street and city, else the site."""
    address = addresses.get(row.customer_address or "") or frappe._dict()
    street = ", ".join(filter(None, (address.get("address_line1"), address.get("city"))))
    return ", ".join(filter(None, (row.site, street))) or row.territory or ""


def _known(territory: str | None, root: str) -> str:
    return "" if territory in (None, root) else territory


def home(technician: Any, root: str) -> Place:
    """Where a technician's day starts."""
    latitude, longitude = coordinates(technician.latitude, technician.longitude)
    return Place(f"home of {technician.name}", _known(technician.territory, root), latitude, longitude)


def territories_under(territory: str) -> set[str]:
    """A territory and all below it."""
    bounds = frappe.db.get_value("Territory", territory, ["lft", "rgt"], order_by="name")
    if not bounds:
        return set()
    filters = {"lft": (">=", bounds[0]), "rgt": ("<=", bounds[1])}
    return set(frappe.get_all("Territory", filters, pluck="name", order_by="lft", limit=NO_LIMIT))
