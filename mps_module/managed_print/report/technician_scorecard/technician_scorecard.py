"""Technician Scorecard: one technician's figures beside the team's and the field's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_months, getdate

from mps_module.engine.measures import FIELD, By, Figures, Period
from mps_module.managed_print.report.columns import Column, Filters, column
from mps_module.service.facts import Facts, load, months
from mps_module.service.measures import Asked, asked, figures, own_technician, technician_names

OVERSEERS = {"System Manager", "MPS Manager", "MPS Service"}
MEASURES = (
    ("first_call_percent", "%", True),
    ("hold_percent", "%", False),
    ("callback_percent", "%", False),
    ("lasted", "clicks", True),
    ("response", "h", False),
    ("restore", "h", False),
    ("kept_percent", "%", True),
)
"""Figure, its unit, and whether more is better."""


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message and chart."""
    filters = dict(filters or {})
    filters["to_date"] = getdate(filters.get("to_date"))
    filters["from_date"] = getdate(filters.get("from_date") or add_months(filters["to_date"], -3))
    technician = whose(filters.get("technician") or "")
    if not technician:
        return columns(), [], _("Choose a technician."), None
    question = asked(filters)
    facts = load(question.span)
    own = figures(question, facts, By.TECHNICIAN).get(technician, Figures())
    team = figures(question, facts).get("", Figures())
    return columns(), rows_of(own, team), message(technician, own), chart(technician, question, facts)


def whose(chosen: str) -> str:
    """A technician sees their own card only; who plans service, everybody's.

    Raises:
        frappe.PermissionError: the card of somebody else.
    """
    own = own_technician(frappe.session.user)
    if frappe.session.user == "Administrator" or not OVERSEERS.isdisjoint(frappe.get_roles()):
        return chosen or own
    if chosen and chosen != own:
        frappe.throw(_("You may see your own scorecard only."), frappe.PermissionError)
    return own


def labels() -> dict[str, str]:
    return {
        "first_call_percent": _("First-call completion"),
        "hold_percent": _("Held for parts"),
        "callback_percent": _("Called back"),
        "lasted": _("Clicks a repair lasts"),
        "response": _("Response, working hours"),
        "restore": _("Restore, working hours"),
        "kept_percent": _("SLA kept"),
    }


def rows_of(own: Figures, team: Figures) -> list[dict[str, Any]]:
    title = labels()
    field = {
        "first_call_percent": _("{0} % usual, {1} % best").format(*FIELD.first_call),
        "hold_percent": _("{0} % usual, under {1} % good").format(*FIELD.hold),
        "callback_percent": _("{1} to {0} %").format(*FIELD.callbacks),
    }
    made = [
        {"measure": _("Calls begun"), "own": shown(own.calls, ""), "team": shown(team.calls, "")},
        {"measure": _("Calls completed"), "own": shown(own.closed, ""), "team": shown(team.closed, "")},
        {"measure": _("Trips"), "own": shown(own.trips, ""), "team": shown(team.trips, "")},
    ]
    for name, unit, up in MEASURES:
        mine, theirs = getattr(own, name), getattr(team, name)
        made.append(
            {
                "measure": title[name],
                "own": shown(mine, unit),
                "team": shown(theirs, unit),
                "field": field.get(name, ""),
                "stands": stands(mine, theirs, up),
            }
        )
    return made


def shown(value: float | None, unit: str) -> str:
    """A figure for people; none is none, never 0 %."""
    if value is None:
        return _("no calls")
    if unit == "%":
        return f"{value:.1f} %"
    if unit == "h":
        return f"{value:.2f} h"
    return f"{round(value):,}"


def stands(own: float | None, team: float | None, more_is_better: bool) -> str:
    """Better, Worse or As the team."""
    if own is None or team is None:
        return ""
    if abs(own - team) < 0.05:
        return "As the team"
    return "Better" if (own > team) == more_is_better else "Worse"


def message(technician: str, own: Figures) -> str:
    name = technician_names().get(technician, technician)
    if not own.calls and not own.closed:
        return _("{0} has no completed corrective calls in this period.").format(frappe.bold(name))
    watched = _("{0} of the calls may still be called back.").format(own.watched) if own.watched else ""
    return f"{frappe.bold(name)}. {watched}"


def chart(technician: str, question: Asked, facts: Facts) -> dict[str, Any] | None:
    """First-call completion by month, own and team's; months without calls are left out."""
    labels_, mine, theirs = [], [], []
    for month, first, last in months(question.span.start, question.span.end):
        part = replace(question, period=Period(first, last, question.period.today))
        own = figures(part, facts, By.TECHNICIAN).get(technician, Figures()).first_call_percent
        team = figures(part, facts).get("", Figures()).first_call_percent
        if own is not None:
            labels_.append(month_name(month))
            mine.append(round(own, 1))
            theirs.append(round(team or 0, 1))
    if not labels_:
        return None
    return {
        "data": {
            "labels": labels_,
            "datasets": [{"name": _("First-Call %"), "values": mine}, {"name": _("Team"), "values": theirs}],
        },
        "type": "bar",
        "colors": ["#1f9e89", "#9fb3c8"],
    }


def month_name(month: str) -> str:
    return frappe.utils.formatdate(date.fromisoformat(f"{month}-01"), "MMM yyyy")


def columns() -> list[Column]:
    return [
        column("measure", _("Measure"), width=220),
        column("own", _("Technician"), width=130),
        column("team", _("Team"), width=130),
        column("field", _("Field"), width=230),
        column("stands", _("Beside the Team"), width=140),
    ]
