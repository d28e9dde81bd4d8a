"""The dispatch board: calls by urgency, technicians with their day, the ranking with its reasons, and room for a call."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime

from mps_module.engine.dispatch import Candidate, make_room, moment_of, rank, rank_all, urgency
from mps_module.fleet import clock
from mps_module.service import assign, board_words, places, scene
from mps_module.service.changes import changes
from mps_module.service.scene import Scene
from mps_module.service.technicians import hours_of

BEST = 3
"""Technicians named on a call's card."""
STATES = (
    "",
    "To Assign",
    "Assigned",
    "Late",
    "At Risk",
    "On Hold",
    "Held for Part",
    "Needs Help",
    "Follow-up",
)


def load(
    territory: str = "", state: str = "", day: date | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """The whole board. A constant number of queries.

    Args:
        territory: calls and technicians of it and of those below; empty: all.
        state: one of STATES; empty: all open calls.
        day: of the timelines; calls are always all that are open.
    """
    stamp = changes()  # before the rest: what changes while it is read shows at the next look
    here = scene.read(day, now)
    within = places.territories_under(territory) if territory else None
    calls = [told for told in _calls(here) if within is None or told["territory"] in within]
    people = [
        name
        for name, person in here.people.items()
        if within is None or (person.row.territory or "") in within
    ]
    counts = _counts(calls)
    calls = [call for call in calls if not state or state in (call["state"], call["board"])]
    team = here.technicians(names=people)
    asked = [here.calls[call["name"]] for call in calls]
    ranked = rank_all(asked, team, here.demand, here.now, here.travel)
    for call in calls:
        call["best"] = [_short(one, here) for one in ranked[call["name"]][:BEST]]
    return {
        "stamp": stamp,
        "now": stored(here.now),
        "day": str(here.day),
        "calls": calls,
        "counts": counts,
        "technicians": [_technician(name, here) for name in people],
        "hours": _hours(here, people),
        "full": here.full,
        "history": round(here.demand.totals.get(("all", "", ""), 0)),
    }


def stored(minutes: int | None) -> str | None:
    """A moment of the engine in the site's time, as the database writes it."""
    if minutes is None:
        return None
    return str(clock.stored(moment_of(minutes, clock.site_zone()), clock.site_zone()))


def _calls(here: Scene) -> list[dict[str, Any]]:
    share = (frappe.get_cached_doc("MPS Service Settings").at_risk_percent or 0) / 100
    told = []
    for name, row in here.rows.items():
        call = here.calls[name]
        promises = [due for due in (call.respond_by, call.restore_by) if due is not None]
        due = min(promises, default=None)
        opened = None
        if row.opening_date:
            opened = scene.engine_time(get_datetime(f"{row.opening_date} {row.opening_time or '00:00:00'}"))
        state, place = urgency(here.now, opened, due, share, row.status == "On Hold")
        plan = here.plans.get(name)
        told.append(
            {
                "name": name,
                "subject": row.subject,
                "customer": row.customer_name or row.customer or "",
                "device": row.mps_device or row.mps_asset or "",
                "model": row.device_model or row.asset_name or row.mps_unit_label or "",
                "problem": row.mps_problem_code or "",
                "kind": row.mps_kind or "",
                "priority": row.priority or "",
                "place": places.told(row, here.addresses),
                "territory": row.territory or "",
                "state": state,
                "board": board_of(row, plan),
                "due": stored(due),
                "due_for": "" if due is None else "response" if due == call.respond_by else "restore",
                "left": None if due is None else due - here.now,
                "minutes": call.minutes,
                "callback": bool(row.mps_callback_of),
                "held": bool(row.mps_held_for_part),
                "coverage": board_words.coverage(row),
                "plan": _plan(plan, here) if plan else None,
                "order": place,
            }
        )
    return sorted(told, key=lambda each: (each["order"], each["name"]))


def board_of(row: Any, plan: Any) -> str:
    """Where a call stands: what its assignment says, else what was written down, else it waits."""
    if plan is not None:
        return assign.BOARD_OF[plan.status]
    return row.mps_board if row.mps_board in ("Held for Part", "Needs Help", "Follow-up") else "To Assign"


def _plan(plan: Any, here: Scene) -> dict[str, Any]:
    stop = here.stop(plan)
    return {
        "name": plan.name,
        "seen": assign.token(plan),
        "issue": plan.issue,
        "technician": plan.technician,
        "technician_name": plan.technician_name,
        "status": plan.status,
        "start": stored(stop.start),
        "minutes": stop.minutes,
        "subject": plan.subject or "",
        "customer": _customer(plan, here),
        "late": bool(plan.active_key) and not stop.in_time,
        "active": bool(plan.active_key),
        "fixed": stop.fixed,
    }


def _customer(plan: Any, here: Scene) -> str:
    row = here.rows.get(plan.issue)
    return (row.customer_name if row else "") or plan.customer_name or plan.customer or ""


def _counts(calls: list[dict[str, Any]]) -> dict[str, int]:
    """How many calls each choice of the state filter shows."""
    found = dict.fromkeys(STATES, 0)
    for call in calls:
        found[""] += 1
        for state in {call["state"], call["board"]} & found.keys() - {""}:
            found[state] += 1
    return found


def _short(one: Candidate, here: Scene) -> dict[str, Any]:
    return {
        "technician": one.technician,
        "name": here.people[one.technician].row.technician_name,
        "chance": round(one.chance, 4),
        "arrive": stored(one.arrive),
        "in_time": one.in_time,
    }


def _technician(name: str, here: Scene) -> dict[str, Any]:
    person = here.people[name]
    shown = [_plan(plan, here) for plan in here.shown.get(name, [])]
    of_day = sorted(
        (plan for plan in shown if plan["start"] and plan["start"][:10] == str(here.day)),
        key=lambda plan: plan["start"],
    )
    running = next((plan for plan in reversed(of_day) if plan["fixed"]), None)
    return {
        "name": name,
        "title": person.row.technician_name,
        "territory": person.row.territory or "",
        "trunk": person.trunk,
        "parts": len(person.aboard),
        "skills": board_words.skills(person.skills),
        "off": here.day in person.off,
        "works": [hour.isoformat() for hour in hours_of(person.row)],
        "where": board_words.where(running) if running else "",
        "plans": of_day,
        "later": sum(
            1 for plan in shown if plan["active"] and plan["start"] and plan["start"][:10] > str(here.day)
        ),
    }


def _hours(here: Scene, people: list[str]) -> list[int]:
    """First and last hour of the timelines: the working hours and whatever is planned outside them."""
    first, last = 8, 17
    for name in people:
        start, end = hours_of(here.people[name].row)
        first = min(first, start.hour)
        last = max(last, end.hour + (end.minute > 0))
        for plan in here.shown.get(name, []):
            stop = here.stop(plan)
            start, end = stored(stop.start) or "", stored(stop.end) or ""
            if start[:10] == str(here.day):
                first = min(first, int(start[11:13]))
                last = max(last, 24 if end[:10] > start[:10] else int(end[11:13]) + (end[14:16] > "00"))
    return [first, last]


def candidates(issue: str, now: datetime | None = None) -> dict[str, Any]:
    """All technicians for one call, best first, with the reasons in words."""
    here, call = _with_call(issue, now)
    ranked = rank(call, here.technicians(without=issue), here.demand, here.now, here.travel)
    kind, known = here.demand.told_kind(call)
    shares = {
        one.technician: here.demand.shares(call, here.people[one.technician].aboard) for one in ranked
    }  # fmt: skip
    names = board_words.item_names(share.part for each in shares.values() for share in each)
    return {
        "issue": issue,
        "seen": assign.token(here.plans.get(issue)),
        "minutes": call.minutes,
        "basis": board_words.basis(kind, known),
        "technicians": [
            {
                **_short(one, here),
                "skill": round(one.skill, 4),
                "parts": round(one.parts, 4),
                "travel": one.travel,
                "spare": one.spare,
                "why": board_words.why(one, call, shares[one.technician], names, kind, known),
                "missing": [names.get(s.part, s.part) for s in shares[one.technician] if s.aboard < s.units],
            }
            for one in ranked
        ],
    }


def room(issue: str, now: datetime | None = None) -> dict[str, Any]:
    """Whose day can take a call, and what moves for it: each proposal with the steps that make it so."""
    here, call = _with_call(issue, now)
    team = here.technicians(without=issue)
    proposals = make_room(call, team, here.demand, here.now, here.travel)
    return {
        "issue": issue,
        "due": stored(min((d for d in (call.respond_by, call.restore_by) if d is not None), default=None)),
        "proposals": [_proposal(each, here) for each in proposals],
    }


def _proposal(each: Any, here: Scene) -> dict[str, Any]:
    steps = []
    told = []
    for move in each.moves:
        plan = here.plans[move.call]
        steps.append(
            {
                "issue": move.call,
                "technician": move.to_technician,
                "start": stored(move.to_start),
                "minutes": move.minutes,
                "seen": assign.token(plan),
            }
        )
        told.append(board_words.move(move, here, stored(move.start), stored(move.to_start)))
    steps.append(
        {
            "issue": each.call,
            "technician": each.technician,
            "start": stored(each.start),
            "minutes": each.minutes,
            "seen": assign.token(here.plans.get(each.call)),
        }
    )
    return {
        "technician": each.technician,
        "name": here.people[each.technician].row.technician_name,
        "start": stored(each.start),
        "minutes": each.minutes,
        "chance": round(each.chance, 4),
        "change": round(each.change, 4),
        "moves": told,
        "steps": steps,
    }


def _with_call(issue: str, now: datetime | None) -> tuple[Scene, Any]:
    here = scene.read(now=now)
    call = here.calls.get(issue)
    if call is None:
        frappe.throw(_("Call {0} is not open.").format(issue))
    return here, call
