"""The measures of service for reports: which calls, in which groups, under which names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
from frappe.utils import add_months, getdate

from mps_module.engine.callbacks import Call
from mps_module.engine.measures import By, Clicks, Figures, Period, measure
from mps_module.fleet.ledger import NO_LIMIT
from mps_module.service.facts import Facts, Span, load

NARROWED = {
    "contract": "contract",
    "device_model": "model",
    "territory": "territory",
    "problem_code": "problem",
}
"""Filter of a report -> the field of the engine's call."""


@dataclass(slots=True)
class Asked:
    """The filters of a report, understood."""

    span: Span
    period: Period
    where: Callable[[Call], bool] | None = None
    narrowed: Mapping[str, str] | None = None

    def clicks(self, facts: Facts) -> list[Clicks]:
        """Clicks of what was asked for; nobody's clicks are those of a problem."""
        wanted = self.narrowed or {}
        if "problem" in wanted:
            return []
        return [
            row for row in facts.clicks if all(getattr(row, name) == value for name, value in wanted.items())
        ]


def asked(filters: Mapping[str, Any]) -> Asked:
    """A month up to today, unless the filters say otherwise."""
    today = getdate()
    end = getdate(filters.get("to_date") or today)
    start = getdate(filters.get("from_date") or add_months(end, -1))
    narrowed = {field: filters[name] for name, field in NARROWED.items() if filters.get(name)}

    def where(call: Call) -> bool:
        return all(getattr(call, name) == value for name, value in narrowed.items())

    span = Span(start, end, filters.get("company") or "", filters.get("customer") or "")
    return Asked(span, Period(start, end, today), where if narrowed else None, narrowed)


def figures(question: Asked, facts: Facts, by: By | None = None) -> dict[str, Figures]:
    return measure(facts.calls, question.period, by, question.clicks(facts), question.where)


def table(filters: Mapping[str, Any], by: By) -> tuple[dict[str, Figures], Figures]:
    """Figures by group, and the whole."""
    question = asked(filters)
    facts = load(question.span)
    whole = figures(question, facts).get("", Figures())
    return figures(question, facts, by), whole


def technician_names() -> dict[str, str]:
    rows = frappe.get_all(
        "MPS Technician", fields=["name", "technician_name"], order_by="name", limit=NO_LIMIT
    )
    return {row.name: row.technician_name or row.name for row in rows}


def own_technician(user: str) -> str:
    """The technician that a user is; empty: none."""
    found = frappe.get_all("MPS Technician", {"user": user}, pluck="name", order_by="name", limit=1)
    return found[0] if found else ""


def last_months(end: date, number: int) -> date:
    """First day of the month `number` - 1 months before that of `end`."""
    return getdate(add_months(end.replace(day=1), 1 - number))
