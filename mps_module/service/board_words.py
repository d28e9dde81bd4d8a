"""What the board says in words: why somebody is proposed, on what history, who pays, what moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_date, get_datetime

from mps_module.engine.dispatch import Call, Candidate, Move, PartShare, Skill
from mps_module.engine.dispatch.history import Kind
from mps_module.stock.levels import NO_LIMIT


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def duration(minutes: int) -> str:
    """3 h 05 min; under an hour 25 min."""
    hours, rest = divmod(abs(minutes), 60)
    return _("{0} h {1} min").format(hours, f"{rest:02}") if hours else _("{0} min").format(rest)


def item_names(items: Iterable[str]) -> dict[str, str]:
    """Item -> its name. One query."""
    wanted = sorted(set(items))
    if not wanted:
        return {}
    rows = frappe.get_all(
        "Item", {"name": ("in", wanted)}, ["name", "item_name"], order_by="name", limit=NO_LIMIT
    )
    return {row.name: row.item_name or row.name for row in rows}


def skills(listed: Iterable[Skill]) -> str:
    """Skills as a short list: Sharp 90 %, MX-3570N 95 %."""
    return ", ".join(
        f"{skill.model or skill.brand or skill.category or _('everything')} {percent(skill.level)}"
        for skill in listed
    )


def where(plan: Mapping[str, Any]) -> str:
    """Where a technician is who has set out."""
    if plan["status"] == "Travelling":
        return _("on the way to {0}").format(plan["customer"])
    return _("at {0}").format(plan["customer"])


def coverage(row: Any) -> str:
    """Who pays, where the contract does not pay for everything."""
    labour, parts = row.mps_coverage_labour or "", row.mps_coverage_parts or ""
    if not labour and not parts:
        return ""
    if labour == parts:
        return _(labour)
    return _("labour {0}, parts {1}").format(_(labour or "?").lower(), _(parts or "?").lower())


def basis(kind: Kind, calls: float) -> str:
    """On what the chances rest."""
    scope, which, problem = kind
    if not calls:
        return _("There is no history yet: skill and time alone decide.")
    if scope == "all":
        return _("From all {0} past calls; nothing is known of this model or brand.").format(round(calls))
    if problem:
        return _("From {0} past calls for {1} on {2}.").format(round(calls), problem, which)
    return _("From {0} past calls on {1}.").format(round(calls), which)


def why(
    one: Candidate,
    call: Call,
    shares: Iterable[PartShare],
    names: Mapping[str, str],
    kind: Kind,
    calls: float,
) -> list[str]:
    """Reasons for a technician's place in the ranking, one sentence each."""
    return [_skill(one, call), *_parts(one, shares, names, kind, calls), _time(one)]


def _skill(one: Candidate, call: Call) -> str:
    level = percent(one.skill)
    sentences = {
        "model": _("Solves {0} of calls on {1}, parts aside.").format(level, call.model),
        "brand": _("Solves {0} of calls on {1}, parts aside.").format(level, call.brand),
        "category": _("Solves {0} of calls on {1}, parts aside.").format(level, call.category),
        "any": _("Solves {0} of all calls, parts aside.").format(level),
        "unlisted": _("This device is not among the recorded skills: {0} assumed.").format(level),
        "none": _("No skills are recorded: {0} assumed.").format(level),
    }
    return sentences[one.skill_from]


def _parts(
    one: Candidate, shares: Iterable[PartShare], names: Mapping[str, str], kind: Kind, calls: float
) -> list[str]:
    if not calls:
        return []
    listed = list(shares)
    if not listed:
        return [_("Such calls needed no parts so far.")]
    told = [_("The trunk would have completed {0} of such calls.").format(percent(one.parts))]
    here = [share for share in listed if share.aboard >= share.units]
    gone = [share for share in listed if share.aboard < share.units]
    if here:
        told.append(_("Aboard: {0}.").format(", ".join(_share(share, names) for share in here)))
    if gone:
        told.append(_("Missing: {0}.").format(", ".join(_share(share, names) for share in gone)))
    return told


def _share(share: PartShare, names: Mapping[str, str]) -> str:
    name = names.get(share.part, share.part)
    return _("{0} ({1} of {2} calls)").format(name, share.seen, share.calls)


def _time(one: Candidate) -> str:
    if one.arrive is None:
        return _("No time in the next days.")
    from mps_module.service.board import stored

    at = get_datetime(stored(one.arrive))
    when = f"{format_date(at)} {at:%H:%M}"
    way = _("There at {0}, after {1} on the road").format(when, duration(one.travel))
    if one.travel == 0:
        way = _("There at {0}, at the same door").format(when)
    if one.spare is None:
        return _("{0}; no time was promised.").format(way)
    if one.spare < 0:
        return _("{0}: {1} too late.").format(way, duration(one.spare))
    return _("{0}: {1} to spare.").format(way, duration(one.spare))


def move(each: Move, here: Any, start: str | None, to_start: str | None) -> dict[str, Any]:
    """A call that moves, from when to when and to whom."""
    row = here.rows[each.call]
    what = row.customer_name or row.customer or row.subject or each.call
    to = here.people[each.to_technician].row.technician_name
    call = here.calls[each.call]
    kept = _("its time is kept") if call.latest_start < 1 << 40 else _("no time was promised")
    if each.to_technician == each.technician:
        text = _("{0}: from {1} to {2}; {3}").format(what, _clock(start), _clock(to_start), kept)
    else:
        text = _("{0}: to {1}, {2} instead of {3}; {4}").format(
            what, to, _clock(to_start), _clock(start), kept
        )
    return {"issue": each.call, "text": text, "technician": each.to_technician, "start": to_start}


def _clock(moment: str | None) -> str:
    return (moment or "")[11:16]
