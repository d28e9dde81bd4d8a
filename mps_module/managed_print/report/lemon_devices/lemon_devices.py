"""Lemon Devices: what each device costs per click beside the others of its model."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import add_months, getdate

from mps_module.managed_print.report.columns import Column, Filters, column, money
from mps_module.service.facts import Span
from mps_module.service.lemons import Lemon, lemons

MOST_BARS = 10


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = filters or {}
    end = getdate(filters.get("to_date"))
    start = getdate(filters.get("from_date") or add_months(end, -12))
    company = filters.get("company") or ""
    found = lemons(Span(start, end, company, filters.get("customer") or ""))
    currency = frappe.get_cached_value("Company", company, "default_currency") if company else None
    currency = currency or frappe.db.get_default("currency")
    wanted = [
        one
        for one in found
        if (not filters.get("device_model") or one.device.device_model == filters["device_model"])
        and (not filters.get("only_lemons") or one.compared.lemon)
    ]
    rows = [row_of(one, currency) for one in wanted]
    return columns(), rows, message(wanted), chart(rows), summary(wanted, currency)


def row_of(one: Lemon, currency: str) -> dict[str, Any]:
    cost, compared = one.spent.costs, one.compared
    return {
        "device": compared.device.device,
        "serial": one.device.serial_no_text,
        "model": compared.device.model,
        "customer": one.device.customer,
        "lemon": int(compared.lemon),
        "clicks": compared.device.clicks,
        "calls": one.spent.calls,
        "callbacks": one.spent.callbacks,
        "parts": float(round(cost.parts, 2)),
        "labour": float(round(cost.labour, 2)),
        "travel": float(round(cost.travel, 2)),
        "toner": float(round(cost.toner, 2)),
        "cost": float(round(cost.total, 2)),
        "per_click": number(compared.device.per_click),
        "others": number(compared.others),
        "times": number(compared.times, 1),
        "excess": float(round(compared.excess, 2)),
        "currency": currency,
    }


def number(value: Any, decimals: int = 6) -> float | None:
    return None if value is None else float(round(value, decimals))


def message(found: list[Lemon]) -> str | None:
    if not found:
        return _("No device was read or cost anything in this period.")
    alone = sum(1 for one in found if one.compared.others is None)
    return (
        _("{0} devices are the only ones of their model: nothing to compare them with.").format(alone)
        if alone
        else None
    )


def chart(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    shown = [row for row in rows if row["excess"] > 0][:MOST_BARS]
    if not shown:
        return None
    return {
        "data": {
            "labels": [row["device"] for row in shown],
            "datasets": [{"name": _("More than Its Model"), "values": [row["excess"] for row in shown]}],
        },
        "type": "bar",
        "colors": ["#d1495b"],
        "fieldtype": "Currency",
    }


def summary(found: list[Lemon], currency: str) -> list[dict[str, Any]]:
    bad = [one for one in found if one.compared.lemon]
    excess = float(round(sum(one.compared.excess for one in bad), 2))
    return [
        {"label": _("Devices"), "value": len(found), "datatype": "Int"},
        {"label": _("Lemons"), "value": len(bad), "datatype": "Int", "indicator": "Red" if bad else "Green"},
        {"label": _("They Cost More by"), "value": excess, "datatype": "Currency", "currency": currency},
    ]


def columns() -> list[Column]:
    return [
        column("device", _("Device"), "Link", "MPS Device", 110),
        column("serial", _("Serial No"), width=110),
        column("model", _("Model"), "Link", "MPS Device Model", 130),
        column("customer", _("Customer"), "Link", "Customer", 150),
        column("lemon", _("Lemon"), "Check", width=70),
        column("clicks", _("Clicks"), "Int", width=90),
        column("calls", _("Calls"), "Int", width=70),
        column("callbacks", _("Called Back"), "Int", width=100),
        money("parts", _("Parts"), 100),
        money("labour", _("Labour"), 100),
        money("travel", _("Travel"), 100),
        money("toner", _("Toner"), 100),
        money("cost", _("Cost"), 110),
        column("per_click", _("Cost per Click"), "Float", width=120),
        column("others", _("Others of the Model"), "Float", width=150),
        column("times", _("Times"), "Float", width=80),
        money("excess", _("More than Its Model"), 150),
        column("currency", _("Currency"), "Link", "Currency", 80),
    ]
