"""A bill unfolded for people: what each row rests on, down to the single read."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.utils import fmt_money, format_datetime, formatdate

from mps_module.billing import bills
from mps_module.engine.periods import Period
from mps_module.engine.result import Basis, Bill, BillLine, Boundary, MeterUsage, Proof
from mps_module.fleet.clock import site_zone

TEMPLATE = "mps_module/templates/includes/click_bill_proof.html"
SHOWN_DEVICES = 200
"""Devices unfolded a row; the statement lists all."""


def html(bill: str) -> str:
    return frappe.render_template(TEMPLATE, view(bills.frozen(bill)))


def view(made: Bill) -> dict[str, Any]:
    """Plain values for the template."""
    return {
        "currency": made.currency,
        "total": money(made.total, made.currency),
        "base": period_text(made.period.base),
        "overage": period_text(made.period.overage),
        "lines": [line_view(line, made.currency) for line in made.lines],
    }


def line_view(line: BillLine, currency: str) -> dict[str, Any]:
    return {
        "id": line.line_id or _("whole bill"),
        "kind": line.kind.value,
        "description": line.description,
        "period": period_text(line.period),
        "quantity": number(line.quantity),
        "rate": number(line.rate),
        "amount": money(line.amount, currency),
        "negative": line.amount < 0,
        "estimated": line.estimated,
        "proof": proof_view(line.proof, currency) if line.proof else None,
    }


def proof_view(proof: Proof, currency: str) -> dict[str, Any]:
    return {
        "version": proof.version,
        "escalation": number(proof.escalation) if proof.escalation != 1 else "",
        "gross": number(proof.gross),
        "allowance": number(proof.allowance) if proof.allowance else "",
        "carried": number(proof.carried) if proof.carried else "",
        "net": number(proof.net),
        "tiers": [(number(t.quantity), number(t.rate), number(t.amount)) for t in proof.tiers],
        "discount": money(proof.discount, currency) if proof.discount else "",
        "note": proof.note,
        "events": proof.events,
        "counts": [
            {
                "unit": c.unit,
                "quantity": number(c.quantity),
                "days": period_text(c.covered),
                "part": "" if c.fraction == 1 else number(round(c.fraction, 6)),
            }
            for c in proof.counts[:SHOWN_DEVICES]
        ],
        "devices": list(device_views(proof.usages)),
        "hidden": max(0, len({u.unit for u in proof.usages}) - SHOWN_DEVICES),
    }


def device_views(usages: Iterable[MeterUsage]) -> Iterable[dict[str, Any]]:
    """One entry a device: its clicks, and each meter with both ends of the period."""
    units: dict[str, list[MeterUsage]] = {}
    for usage in usages:
        units.setdefault(usage.unit, []).append(usage)
    for unit, own in list(units.items())[:SHOWN_DEVICES]:
        meters = [meter for usage in own for meter in meter_views(usage)]
        yield {
            "unit": unit,
            "clicks": number(sum((u.usage * u.weight for u in own), Decimal(0))),
            "meters": meters,
            "odd": any(m["odd"] for m in meters),
        }


def meter_views(usage: MeterUsage, factor: str = "") -> Iterable[dict[str, Any]]:
    """A real counter gives one row; a virtual one a row of its own and one for each of its terms."""
    opening, closing = usage.opening, usage.closing
    edges = [boundary_view(edge) for edge in (opening, closing)]
    yield {
        "meter": usage.meter,
        "period": period_text(usage.period),
        "weight": factor or ("" if usage.weight == 1 else f"× {number(usage.weight)}"),
        "usage": number(usage.usage),
        "opening": edges[0],
        "closing": edges[1],
        "term": bool(factor),
        "formula": bool(usage.terms),
        "epochs": closing.epoch - opening.epoch if opening and closing else 0,
        "odd": any(e and e["mark"] for e in edges),
    }
    for term in usage.terms:
        yield from meter_views(term, f"× {number(term.weight)}")


def boundary_view(edge: Boundary | None) -> dict[str, Any] | None:
    if edge is None:
        return None
    if edge.basis is Basis.MISSING:
        return {"value": "–", "text": _("no read"), "mark": "red", "read": ""}
    read = edge.read
    origin = f"{local(read.taken_at)}, {_(read.source.value)}" if read else ""
    if edge.basis is Basis.ESTIMATE:
        span = f" ({number(edge.low)} – {number(edge.high)})" if edge.low is not None else ""
        since = _(", from {0} of {1}").format(number(read.value), origin) if read else ""
        return {
            "value": number(edge.value),
            "text": _("estimated{0}{1}").format(span, since),
            "mark": "orange",
            "read": read.read_id if read else "",
        }
    outside = "" if edge.in_tolerance else ", " + _("outside the tolerance")
    kind = "" if read is None or read.kind.value == "actual" else f", {_(read.kind.value)}"
    return {
        "value": number(edge.value),
        "text": origin + kind + outside,
        "mark": "" if edge.in_tolerance else "yellow",
        "read": read.read_id if read else "",
    }


def local(moment) -> str:
    return format_datetime(moment.astimezone(site_zone()).replace(tzinfo=None), "medium")


def period_text(period: Period | None) -> str:
    return f"{formatdate(period.start)} – {formatdate(period.end)}" if period else ""


def number(value: Decimal | int | None) -> str:
    """With thousands separators, exact, without trailing zeros."""
    if value is None:
        return ""
    exact = Decimal(value).normalize()
    return f"{exact:,f}"


def money(value: Decimal, currency: str) -> str:
    return fmt_money(float(value), currency=currency)
