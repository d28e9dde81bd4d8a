"""Technicians of the board: set up in one step, their hours, skills and trunks, and who may see what of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import get_time, getdate

from mps_module.engine.dispatch import Skill, minutes_of
from mps_module.fleet import clock
from mps_module.stock import levels, trunks
from mps_module.stock.levels import EPSILON, NO_LIMIT

if TYPE_CHECKING:
    from frappe.model.document import Document

DOCTYPE = "MPS Technician"
OFFICE = frozenset({"System Manager", "MPS Manager", "MPS Service"})
"""Who see every technician and assignment."""
DAYS_AHEAD = 7
FIELDS = (
    "name", "technician_name", "user", "trunk", "company", "territory", "works_from", "works_to", "holiday_list",
    "latitude", "longitude",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """A technician as the board needs it. `aboard`: whole units that are free to be used; `off`: days off."""

    row: Any
    skills: tuple[Skill, ...]
    aboard: Mapping[str, int]
    trunk: str
    windows: tuple[tuple[int, int], ...]
    off: frozenset[date]


def load(first: date) -> dict[str, Person]:
    """Technicians in use, with working hours from a day on. A constant number of queries."""
    rows = frappe.get_all(
        DOCTYPE, {"disabled": 0}, list(FIELDS), order_by="technician_name, name", limit=NO_LIMIT
    )
    skills = _skills()
    carried = _aboard(rows)
    off = _days_off(rows, first)
    return {
        row.name: Person(
            row,
            tuple(skills.get(row.name, ())),
            carried[row.name][1],
            carried[row.name][0],
            windows_of(row, first, off[row.name]),
            off[row.name],
        )
        for row in rows
    }


def _skills() -> dict[str, list[Skill]]:
    found: defaultdict[str, list[Skill]] = defaultdict(list)
    for row in frappe.get_all(
        "MPS Technician Skill",
        {"parenttype": DOCTYPE},
        ["parent", "brand", "device_model", "asset_category", "level"],
        order_by="parent, idx",
        limit=NO_LIMIT,
    ):
        level = min(1.0, max(0.0, float(row.level or 0) / 100))
        found[row.parent].append(
            Skill(level, row.device_model or "", row.brand or "", row.asset_category or "")
        )
    return dict(found)


def _aboard(rows: Iterable[Any]) -> dict[str, tuple[str, dict[str, int]]]:
    """{technician: (trunk, {item: whole units})}: on hand in the ERP's ledger, less what is promised to colleagues."""
    every = trunks.load()
    by_user = {trunk.user: trunk for trunk in every.values() if trunk.user}
    own = {row.name: every.get(row.trunk or "") or by_user.get(row.user or "") for row in rows}
    used = {trunk.warehouse: trunk for trunk in own.values() if trunk}
    given = levels.promised([trunk.name for trunk in used.values()])
    units: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (item, warehouse), held in levels.bins(list(used)).items():
        free = int(held.on_hand - given.get((item, used[warehouse].name), 0.0) + EPSILON)
        if free > 0:
            units[used[warehouse].name][item] = free
    return {name: (trunk.name, units[trunk.name]) if trunk else ("", {}) for name, trunk in own.items()}


def _days_off(rows: list[Any], first: date) -> dict[str, frozenset[date]]:
    """Each technician's holidays: of the own list, else the employee's, else the company's. Three queries."""
    names = [row.name for row in rows]
    of_employee = _column("Employee", names, "holiday_list")
    of_company = _column("Company", [row.company for row in rows if row.company], "default_holiday_list")
    lists = {
        row.name: row.holiday_list or of_employee.get(row.name) or of_company.get(row.company or "") or ""
        for row in rows
    }
    days: defaultdict[str, set[date]] = defaultdict(set)
    for row in frappe.get_all(
        "Holiday",
        {
            "parent": ("in", sorted(set(lists.values()) | {""})),
            "holiday_date": ("between", (first, first + timedelta(days=DAYS_AHEAD))),
        },
        ["parent", "holiday_date"],
        order_by="parent, holiday_date",
        limit=NO_LIMIT,
    ):
        days[row.parent].add(getdate(row.holiday_date))
    return {name: frozenset(days[which]) for name, which in lists.items()}


def _column(doctype: str, names: list[str], field: str) -> dict[str, str]:
    rows = frappe.get_all(
        doctype,
        {"name": ("in", sorted(set(names)) or [""])},
        ["name", field],
        order_by="name",
        limit=NO_LIMIT,
    )
    return {row.name: row[field] for row in rows}


def hours_of(row: Any) -> tuple[time, time]:
    """When the working day begins and ends; eight to five where nothing is said. Midnight is an hour like any other."""
    given = ((row.works_from, "08:00"), (row.works_to, "17:00"))
    start, end = (get_time(usual if value in (None, "") else value) for value, usual in given)
    return start, end


def windows_of(row: Any, first: date, off: frozenset[date]) -> tuple[tuple[int, int], ...]:
    """Working hours from a day on, in minutes of the engine; the site's clock may change in between."""
    zone = clock.site_zone()
    start, end = hours_of(row)
    found = []
    for number in range(DAYS_AHEAD):
        day = first + timedelta(days=number)
        if day not in off:
            found.append((at(day, start, zone), at(day, end, zone)))
    return tuple(window for window in found if window[0] < window[1])


def at(day: date, hour: time, zone: Any = None) -> int:
    return minutes_of(clock.aware(datetime.combine(day, hour), zone or clock.site_zone()))


def check(doc: Document) -> None:
    """What makes a technician usable on the board (controller). Raises frappe.ValidationError."""
    _usual_hours(doc)
    start, end = hours_of(doc)
    if start >= end:
        frappe.throw(_("The working day ends before it starts."))
    for field, most in (("latitude", 90), ("longitude", 180)):
        if abs(doc.get(field) or 0) > most:
            frappe.throw(_("{0} lies between {1} and {2}.").format(_(doc.meta.get_label(field)), -most, most))
    for row in doc.skills:
        if not 0 <= (row.level or 0) <= 100:
            frappe.throw(_("Row {0}: the level is a percentage.").format(row.idx))
    _complete(doc)


def _usual_hours(doc: Document) -> None:
    """Frappe fills the empty Time of a document made in code with the present moment, to the microsecond, whatever the
    field's default says."""
    for field in ("works_from", "works_to") if doc.is_new() else ():
        if doc.get(field) in (None, "") or get_time(doc.get(field)).microsecond:
            doc.set(field, doc.meta.get_field(field).default)


def _complete(doc: Document) -> None:
    """Take from employee and trunk what was left empty."""
    user, company = frappe.db.get_value("Employee", doc.employee, ["user_id", "company"], order_by="name")
    doc.user = doc.user or user
    doc.company = doc.company or company
    if not doc.trunk:
        doc.trunk = frappe.db.get_value(
            "Trunk Stock", {"technician": doc.employee, "disabled": 0}, "name", order_by="creation"
        )
    if doc.trunk:
        trunk = frappe.db.get_value("Trunk Stock", doc.trunk, ["sales_person", "territory"], order_by="name")
        doc.sales_person = doc.sales_person or trunk[0]
        doc.territory = doc.territory or trunk[1]


def set_up(employee: str, *, trusted: bool = False) -> str:
    """A technician on the board, from the employee and the trunk in one step; one who is there stays as it is.

    `trusted`: the caller has checked what the user may do.

    Raises:
        frappe.ValidationError: the employee has no user to assign calls to.
    """
    if frappe.db.exists(DOCTYPE, employee):
        return employee
    if not frappe.db.get_value("Employee", employee, "user_id", order_by="name"):
        frappe.throw(_("Employee {0} has no user; calls are assigned to one.").format(employee))
    doc = frappe.new_doc(DOCTYPE)
    doc.employee = employee
    return doc.insert(ignore_permissions=trusted).name


def of_user(user: str | None = None) -> str | None:
    """The technician who signs in as this user."""
    return frappe.db.get_value(DOCTYPE, {"user": user or frappe.session.user}, "name", order_by="creation")


def is_office(user: str) -> bool:
    return user == "Administrator" or not OFFICE.isdisjoint(frappe.get_roles(user))


def assignment_conditions(user: str | None = None) -> str:
    """`permission_query_conditions`: technicians list their own assignments, the office all."""
    user = user or frappe.session.user
    if is_office(user):
        return ""
    own = of_user(user)
    return f"`tabMPS Assignment`.`technician` = {frappe.db.escape(own)}" if own else "1=0"


def technician_conditions(user: str | None = None) -> str:
    user = user or frappe.session.user
    return "" if is_office(user) else f"`tabMPS Technician`.`user` = {frappe.db.escape(user)}"


def has_permission(doc: Document, ptype: str | None = None, user: str | None = None, **_more: Any) -> bool:
    """Technicians may look at themselves and their own assignments; the rest, roles decide."""
    user = user or frappe.session.user
    if is_office(user):
        return True
    if doc.doctype == DOCTYPE:
        return doc.user == user
    own = of_user(user)
    return bool(own) and doc.get("technician") == own
