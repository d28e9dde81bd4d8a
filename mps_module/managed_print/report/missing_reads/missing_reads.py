"""Missing Reads: meters under contract without an actual read in the window of the bills that come."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from frappe import _
from frappe.utils import add_days, getdate

from mps_module.billing.outlook import Wanted, wanted_reads
from mps_module.engine.result import Basis
from mps_module.managed_print.report.columns import Column, Filters, column, contracts_of, devices_of

STATES = {"Past": "Window is over", "Open": "Can be read now", "Later": "Window opens later"}
MOST_BARS = 12


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = filters or {}
    today = getdate(filters.get("today"))
    until = getdate(filters.get("through") or add_days(today, 31))
    contracts = {row.name: row for row in contracts_of(filters)}
    wanted = list(wanted_reads(list(contracts), until))
    if filters.get("state"):
        wanted = [one for one in wanted if one.state(today) == filters["state"]]
    devices = devices_of({one.device for one in wanted})
    rows = [row_of(one, contracts[one.contract], devices.get(one.device) or {}, today) for one in wanted]
    return columns(), rows, None, chart(rows), summary(rows)


def row_of(one: Wanted, contract: Any, device: Any, today: date) -> dict[str, Any]:
    closing = one.closing
    last = closing.read
    return {
        "contract": one.contract,
        "customer": contract.customer,
        "customer_name": contract.customer_name,
        "device": one.device,
        "model": device.get("device_model"),
        "serial": device.get("serial_no_text"),
        "site": device.get("site"),
        "meter": one.meter,
        "closes": one.closes,
        "state": one.state(today),
        "low": one.low,
        "high": one.high,
        "last_value": last.value if last else None,
        "last_day": last.taken_at.date() if last else None,
        "days": (today - last.taken_at.date()).days if last else None,
        "estimate": closing.value if closing.basis is Basis.ESTIMATE else None,
        "in_row": one.in_row,
    }


def chart(rows: list[dict]) -> dict[str, Any] | None:
    """Meters by customer, those with most of them first, each by the state of its window."""
    if not rows:
        return None
    counts: dict[str, Counter] = {}
    for row in rows:
        counts.setdefault(row["customer_name"] or row["customer"], Counter())[row["state"]] += 1
    most = sorted(counts, key=lambda name: -counts[name].total())[:MOST_BARS]
    return {
        "data": {
            "labels": most,
            "datasets": [
                {"name": _(title), "values": [counts[name][state] for name in most]}
                for state, title in STATES.items()
            ],
        },
        "type": "bar",
        "barOptions": {"stacked": 1},
        "colors": ["#e24c4c", "#ecad4b", "#c0c6cc"],
        "fieldtype": "Int",
    }


def summary(rows: list[dict]) -> list[dict[str, Any]]:
    past = sum(1 for row in rows if row["state"] == "Past")
    return [
        {"label": _("Meters without a Read"), "value": len(rows), "datatype": "Int"},
        {"label": _("Devices"), "value": len({row["device"] for row in rows}), "datatype": "Int"},
        {
            "label": _("Window Is Over"),
            "value": past,
            "datatype": "Int",
            "indicator": "Red" if past else "Green",
        },
        {
            "label": _("Second Estimate or More"),
            "value": sum(1 for row in rows if row["in_row"] > 1),
            "datatype": "Int",
        },
    ]


def columns() -> list[Column]:
    return [
        column("contract", _("Contract"), "Link", "Click Contract", 110),
        column("customer", _("Customer"), "Link", "Customer", 100),
        column("customer_name", _("Customer Name"), width=170),
        column("device", _("Device"), "Link", "MPS Device", 110),
        column("model", _("Model"), "Link", "MPS Device Model", 130),
        column("serial", _("Serial"), width=110),
        column("site", _("Site"), width=110),
        column("meter", _("Meter"), "Link", "MPS Meter Type", 90),
        column("closes", _("Closes On"), "Date", width=110),
        column("state", _("Window"), width=80),
        column("low", _("Opens"), "Date", width=110),
        column("high", _("Ends"), "Date", width=110),
        column("last_value", _("Last Value"), "Int", width=100),
        column("last_day", _("Last Read"), "Date", width=110),
        column("days", _("Days Ago"), "Int", width=80),
        column("estimate", _("Would Be Billed At"), "Int", width=130),
        column("in_row", _("Estimates in a Row"), "Int", width=130),
    ]
