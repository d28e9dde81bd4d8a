"""SLA classes: Service Level Agreements of the ERP that a contract chooses, with hours instead of days.

The ERP takes the first enabled agreement for Issue whose priority fits, that is for everybody or for this customer, and
whose condition holds (`get_active_service_level_agreement_for`, the same in v15 and v16). A class holds by its
condition alone: the call's own `mps_sla` names it. An agreement for everybody without a condition would hold for every
call as well and win by chance, so it is named (`rivals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe import _

from mps_module.fleet.ledger import NO_LIMIT

DOCTYPE = "Service Level Agreement"
WORKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
PRIORITIES = ("Low", "Medium", "High")
FULFILLED = ("Resolved", "Closed")
PAUSED = ("On Hold",)
"""An answer by mail (Replied) does not stop the clock: the device still stands."""


@dataclass(frozen=True, slots=True)
class NewClass:
    """What a class is told.

    Attributes:
        response_hours: working hours until somebody is on site or has fixed it remotely.
        restore_hours: working hours until it runs again.
        holiday_list: an empty one of the class's own is made where none is named.
    """

    title: str
    response_hours: float
    restore_hours: float
    holiday_list: str = ""
    start: str = "08:00:00"
    end: str = "17:00:00"
    days: Sequence[str] = field(default=WORKDAYS)


def condition_of(name: str) -> str:
    return f"doc.mps_sla == {name!r}"


def make(new: NewClass) -> str:
    """The ERP's agreement of a class; one of that title that exists is given back with its condition set.

    Raises:
        frappe.ValidationError: what the ERP refuses, such as a response longer than the restore.
    """
    if not new.title.strip():
        frappe.throw(_("Name the class."))
    name = f"SLA-Issue-{new.title.strip()}"
    if frappe.db.exists(DOCTYPE, name):
        use(name)
        return name
    frappe.db.set_single_value("Support Settings", "track_service_level_agreement", 1)
    priorities = _priorities()
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "service_level": new.title.strip(),
            "document_type": "Issue",
            "enabled": 1,
            "holiday_list": new.holiday_list or _holiday_list(),
            "apply_sla_for_resolution": 1,
            "condition": condition_of(name),
            "priorities": [
                {
                    "priority": priority,
                    "default_priority": int(priority == _usual(priorities)),
                    "response_time": round(new.response_hours * 3600),
                    "resolution_time": round(new.restore_hours * 3600),
                }
                for priority in priorities
            ],
            "support_and_resolution": [
                {"workday": day, "start_time": new.start, "end_time": new.end} for day in new.days
            ],
            "sla_fulfilled_on": [{"status": status} for status in FULFILLED],
            "pause_sla_on": [{"status": status} for status in PAUSED],
        }
    )
    return doc.insert().name


def use(name: str) -> None:
    """Let contracts choose an agreement that exists: its condition becomes the class's."""
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("write")
    if doc.document_type != "Issue":
        frappe.throw(_("{0} is not for calls (Issue).").format(name))
    if doc.condition != condition_of(name):
        doc.condition = condition_of(name)
        doc.save()


def rivals(name: str) -> list[str]:
    """Other agreements that hold for every call and so may win over a class; give them a condition, or make them default."""
    rows = frappe.get_all(
        DOCTYPE,
        {"document_type": "Issue", "enabled": 1, "default_service_level_agreement": 0, "name": ("!=", name)},
        ["name", "entity_type", "condition"],
        order_by="name",
        limit=NO_LIMIT,
    )
    return [row.name for row in rows if not row.condition and not row.entity_type]


def is_class(row: Any) -> bool:
    return bool(row) and row.condition == condition_of(row.name)


def _priorities() -> list[str]:
    """All that the site has: a call whose priority the class lacks would fall out of it."""
    found = frappe.get_all("Issue Priority", pluck="name", order_by="name", limit=NO_LIMIT)
    for name in PRIORITIES if not found else ():
        frappe.get_doc({"doctype": "Issue Priority", "name": name}).insert(ignore_permissions=True)
    return found or list(PRIORITIES)


def _usual(priorities: Sequence[str]) -> str:
    return "Medium" if "Medium" in priorities else priorities[0]


def _holiday_list() -> str:
    """The company's own list; else one without days, which the ERP wants all the same."""
    company = frappe.defaults.get_global_default("company")
    of_company = frappe.get_cached_value("Company", company, "default_holiday_list") if company else None
    if of_company:
        return of_company
    name = _("Service without holidays")
    if not frappe.db.exists("Holiday List", name):
        year = frappe.utils.getdate().year
        frappe.get_doc(
            {
                "doctype": "Holiday List",
                "holiday_list_name": name,
                "from_date": f"{year}-01-01",
                "to_date": f"{year + 5}-12-31",
            }
        ).insert(ignore_permissions=True)
    return name
