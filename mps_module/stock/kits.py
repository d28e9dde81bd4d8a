"""The kit of a trunk: job history and costs of the ERP -> the engine's plan -> what the desk page shows; and applying it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import flt, getdate, nowdate

from mps_module.engine.kit import (
    Goal,
    HistoryModel,
    IndependentModel,
    Job,
    Kit,
    KitError,
    KitModel,
    KitPlan,
    Part,
    Take,
    estimate,
    plan,
    select,
    tours_of,
    with_prior,
)
from mps_module.stock import history, levels, trunks
from mps_module.stock.levels import NO_LIMIT, NOTHING
from mps_module.stock.trunks import Trunk

CHART_POINTS = 120
SCOPES = ("technician", "territory", "all")
MODELS = ("history", "independent")
COMPARED = ("on_hand", "par")
CENT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Question:
    """What the kit page asks.

    Attributes:
        scope: whose jobs count: the technician's, the territory's or all.
        goal, asked: target rate (0..1), budget (money for one restock period) or penalty for a broken job.
        model: "history" scores kits on the jobs as they were; "independent" on each part's chance of being needed.
        jobs_per_tour: jobs between two restocks (1: the trunk is refilled after each job).
        compare: what the kit is compared with: what is on hand, or the present par levels.
        max_slots: room in the trunk; None: no limit.
        extra: items that may be carried though no job has needed them yet.
    """

    trunk: str
    scope: str = "territory"
    goal: Goal = Goal.TARGET
    asked: Decimal = Decimal("0.8")
    model: str = "history"
    jobs_per_tour: int = 1
    compare: str = "on_hand"
    max_slots: int | None = None
    extra: tuple[str, ...] = ()


def answer(question: Question) -> dict[str, Any]:
    """The plan for a question, as plain values for the page.

    Raises:
        frappe.ValidationError: there is no history, or the question has no answer (with the engine's reason).
    """
    trunk = trunks.load([question.trunk]).get(question.trunk)
    if trunk is None:
        frappe.throw(_("{0} is no trunk in use.").format(question.trunk))
    jobs = jobs_of(question, trunk)
    if not jobs:
        frappe.throw(
            _("There are no past jobs for this choice. Widen it, or bring the jobs of your old system in."),
            title=_("No history"),
        )
    aboard = _aboard(question, trunk)
    parts = _parts(question, trunk, jobs, aboard)
    try:
        model = _model(question, parts, jobs)
        result = plan(model, question.goal, question.asked, trunk=Kit.of(aboard), cap=question.max_slots)
    except KitError as error:
        frappe.throw(_("This cannot be answered: {0}").format(str(error)), title=_("No kit"))
    return _told(question, trunk, jobs, parts, result)


def jobs_of(question: Question, trunk: Trunk) -> tuple[Job, ...]:
    """The jobs that count for a question."""
    days = frappe.get_cached_doc("Trunk Stock Settings").history_days or 730
    since = getdate(nowdate()) - timedelta(days=days)
    everything = history.jobs(since)
    if question.scope == "technician":
        return select(everything, technician=trunk.name)
    if question.scope == "territory" and trunk.territory:
        return select(everything, territory=trunk.territory)
    return tuple(everything)


def _aboard(question: Question, trunk: Trunk) -> dict[str, int]:
    if question.compare == "par":
        rows = frappe.get_all(
            "Trunk Stock Item",
            {"parent": trunk.name, "parenttype": "Trunk Stock"},
            ["item", "par_qty"],
            order_by="idx",
            limit=NO_LIMIT,
        )
        return {row.item: int(row.par_qty) for row in rows if row.par_qty}
    bins = levels.bins([trunk.warehouse])
    return {item: int(each.on_hand) for (item, _place), each in bins.items() if each.on_hand >= 1}


def _parts(question: Question, trunk: Trunk, jobs: Sequence[Job], aboard: Mapping[str, int]) -> list[Part]:
    """Every part that jobs needed, that is aboard or that was named, with its holding cost."""
    needed = {code for job in jobs for code, _units in job.needs}
    codes = sorted(needed | set(aboard) | set(question.extra))
    facts = levels.item_facts(codes)
    costs = holding_costs(trunk, codes)
    table = DocType("Item")
    since = dict(
        frappe.qb.from_(table)
        .select(table.name, table.creation)
        .where(table.name.isin(codes or [""]))
        .orderby(table.name)
        .limit(NO_LIMIT)
        .run()
    )
    # A part that no job has needed: new ones lean on their group, old ones have shown that they are not needed.
    return [
        Part(
            code,
            costs.get(code, Decimal(0)),
            group=facts[code].group,
            since=None if code in needed else since[code].date(),
        )
        for code in codes
        if code in facts
    ]


def holding_costs(trunk: Trunk, items: Iterable[str]) -> dict[str, Decimal]:
    """Money for carrying one unit for one restock period: value x holding cost a year x days / 365."""
    settings = frappe.get_cached_doc("Trunk Stock Settings")
    share = Decimal(str(settings.holding_percent or 0)) / 100 * Decimal(settings.restock_days or 7) / 365
    values = unit_values(trunk, items)
    return {item: (value * share).quantize(CENT) for item, value in values.items()}


def unit_values(trunk: Trunk, items: Iterable[str]) -> dict[str, Decimal]:
    """What a unit is worth: at the source, else in the trunk, else the item's own rate. Two queries."""
    wanted = sorted(set(items))
    bins = levels.bins([trunk.source, trunk.warehouse], wanted)
    table = DocType("Item")
    own = {
        row[0]: row[1] or row[2] or row[3] or 0
        for row in frappe.qb.from_(table)
        .select(table.name, table.valuation_rate, table.last_purchase_rate, table.standard_rate)
        .where(table.name.isin(wanted or [""]))
        .orderby(table.name)
        .limit(NO_LIMIT)
        .run()
    }
    return {
        item: Decimal(
            str(
                bins.get((item, trunk.source), NOTHING).rate
                or bins.get((item, trunk.warehouse), NOTHING).rate
                or own.get(item, 0)
            )
        )
        for item in wanted
    }


def _model(question: Question, parts: Sequence[Part], jobs: Sequence[Job]) -> KitModel:
    needs = estimate(parts, jobs)
    if question.model == "independent":
        chances = {need.part: need.pmf for need in needs}
        return IndependentModel.of(parts, chances, question.jobs_per_tour, Take.PARTIAL)
    tours = tours_of(jobs, question.jobs_per_tour)
    return HistoryModel.of(parts, with_prior(tours, needs), Take.PARTIAL)


def _told(
    question: Question, trunk: Trunk, jobs: Sequence[Job], parts: Sequence[Part], result: KitPlan
) -> dict[str, Any]:
    names = {code: fact.name for code, fact in levels.item_facts(part.code for part in parts).items()}
    point = result.answer.point
    days = [job.on for job in jobs if isinstance(job.on, date)]
    return {
        "trunk": trunk.name,
        "jobs": len(jobs),
        "from": str(min(days)) if days else None,
        "to": str(max(days)) if days else None,
        "exact": result.frontier.exact,
        "worst_gap": result.frontier.worst_gap,
        "frontier": [
            {"money": float(each.money), "slots": each.slots, "rate": each.rate, "bound": each.bound}
            for each in result.frontier.thin(CHART_POINTS)
        ],
        "kit": {
            "money": float(point.money),
            "slots": point.slots,
            "rate": point.rate,
            "proven": result.answer.proven,
            "gap": float(result.answer.gap),
            "items": [
                {"item": code, "item_name": names.get(code, code), "units": units}
                for code, units in point.kit.units
            ],
        },
        "present": _present(result),
        "changes": [
            {
                "item": change.part,
                "item_name": names.get(change.part, change.part),
                "act": change.act.value,
                "have": change.have,
                "want": change.want,
                "money": None if change.money is None else float(change.money),
            }
            for change in result.changes
        ],
        "reasons": [
            {
                "item": reason.part,
                "item_name": names.get(reason.part, reason.part),
                "verdict": reason.verdict.value,
                "units": reason.units,
                "loses": reason.loses,
                "wins": reason.wins,
                "carries": reason.carries,
                "message": reason.message,
            }
            for reason in result.reasons
        ],
        "question": {
            "goal": question.goal.value,
            "asked": float(question.asked),
            "compare": question.compare,
        },
    }


def _present(result: KitPlan) -> dict[str, Any] | None:
    now = result.present
    if now is None:
        return None
    return {
        "rate": now.rate,
        "money": float(now.money),
        "slots": now.slots,
        "same_money": now.same_money,
        "same_rate": float(now.same_rate),
        "unknown": list(now.unknown),
    }


def apply(trunk: str, kit: Mapping[str, int]) -> dict[str, int]:
    """Write a kit as the trunk's levels: par = units of the kit, refilled as soon as one is missing.

    Parts that are not in the kit keep their line with par 0, so that what is left of them is seen and goes back.

    Returns:
        {"set", "dropped"}: how many lines carry the kit, and how many were set to 0.

    Raises:
        frappe.ValidationError: a part that is not kept in stock, or a number that is none.
    """
    doc = frappe.get_doc("Trunk Stock", trunk)
    for item, units in kit.items():
        if isinstance(units, bool) or not isinstance(units, int) or not 0 <= units <= 10**6:
            frappe.throw(_("{0}: {1} is no number of units.").format(item, units))
    rows = {row.item: row for row in doc.items}
    dropped = 0
    for item, row in rows.items():
        if not kit.get(item) and flt(row.par_qty):
            row.update({"par_qty": 0, "min_qty": 0, "source": "Kit"})
            dropped += 1
    for item, units in sorted(kit.items()):
        if not units:
            continue
        values = {"par_qty": units, "min_qty": max(0, units - 1), "source": "Kit"}
        if item in rows:
            rows[item].update(values)
        else:
            doc.append("items", {"item": item, **values})
    doc.save()
    return {"set": sum(1 for units in kit.values() if units), "dropped": dropped}
