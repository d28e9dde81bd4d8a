"""What the pages of Customer, Item, Issue, Serial No, Asset and Sales Invoice show of the fleet, both ways with the dashboards of our own doctypes."""

from __future__ import annotations

from typing import Any

from frappe import _


def customer(data: dict[str, Any]) -> dict[str, Any]:
    return _with(
        data,
        "customer",
        ["MPS Device", "Click Contract", "Click Bill", "Meter Read", "Meter Read Quarantine"],
    )


def serial_no(data: dict[str, Any]) -> dict[str, Any]:
    return _with(data, "serial_no", ["MPS Device"])


def asset(data: dict[str, Any]) -> dict[str, Any]:
    return _with(data, "asset", ["MPS Device"])


def item(data: dict[str, Any]) -> dict[str, Any]:
    return _with(data, "item", ["MPS Device Model", "MPS Device"])


def issue(data: dict[str, Any]) -> dict[str, Any]:
    """What came of a call."""
    mine = ("Maintenance Visit", "Warranty Claim", "Stock Entry")
    ours = ("MPS Missing Part", "MPS Supply Request", "MPS Service Charge")
    own = data.setdefault("fieldname", "issue")
    data.setdefault("non_standard_fieldnames", {}).update(
        {**dict.fromkeys(mine, "mps_issue"), **({} if own == "issue" else dict.fromkeys(ours, "issue"))}
    )
    data.setdefault("transactions", []).append({"label": _("Service"), "items": [*mine, *ours]})
    return data


def maintenance_visit(data: dict[str, Any]) -> dict[str, Any]:
    """What a visit brought and what it lacked; its call, device and contract are named by the visit itself."""
    data.setdefault("fieldname", "mps_visit")
    others = {"MPS Missing Part": "maintenance_visit", "MPS Service Charge": "maintenance_visit"}
    data.setdefault("non_standard_fieldnames", {}).update(others)
    data.setdefault("transactions", []).append(
        {"label": _("Managed Print"), "items": ["Stock Entry", "MPS Missing Part", "MPS Service Charge"]}
    )
    return data


def sales_invoice(data: dict[str, Any]) -> dict[str, Any]:
    """An invoice names its contract and bill itself."""
    links = data.setdefault("internal_links", {})
    links.update({"Click Contract": "mps_contract", "Click Bill": "mps_click_bill"})
    data.setdefault("transactions", []).append(
        {"label": _("Managed Print"), "items": ["Click Contract", "Click Bill"]}
    )
    return data


def _with(data: dict[str, Any], fieldname: str, doctypes: list[str]) -> dict[str, Any]:
    """`data` with one more group of links; what others put there stays."""
    own = data.setdefault("fieldname", fieldname)
    if own != fieldname:
        links = data.setdefault("non_standard_fieldnames", {})
        links.update(dict.fromkeys(doctypes, fieldname))
    data.setdefault("transactions", []).append({"label": _("Managed Print"), "items": doctypes})
    return data
