"""Reports of visits as a phone sends them, and what the ERP answers. `who` is the dealer of the fixture of that name."""

from __future__ import annotations

import base64
from io import BytesIO

import frappe
from PIL import Image

from tests.site.service import build
from tests.site.stock import build as stock

DAY = "2026-03-02"


def picture(kind: str = "png", colour: str = "black") -> str:
    made = BytesIO()
    Image.new("RGB", (64, 24), colour).save(made, kind)
    return f"data:image/{kind};base64," + base64.b64encode(made.getvalue()).decode()


def at(clock: str) -> str:
    """A time of the day of the visit in New York, as a phone there tells it."""
    return f"{DAY}T{clock}:00-05:00"


def given(who, **values) -> str:
    from mps_module.service import assign

    made = build.call(when="2026-03-02 08:00:00", **values)
    assign.assign(made.name, who.technician, "2026-03-02 09:30:00")
    return made.name


def report(issue: str, **values) -> dict:
    """Two hours on site with a pause of half an hour; complete."""
    return {
        "visit": f"visit of {issue}", "issue": issue, "outcome": "Complete", "travel_at": at("09:00"),
        "arrived_at": at("09:30"), "left_at": at("11:30"), "pauses": [[at("10:00"), at("10:30")]],
        "problem": "JAM", "cause": "WORN", "repair": "REPLACED", "note": "Fuser changed", **values,
    }  # fmt: skip


def send(who, payload: dict, key: str = "", action: str = "visit", when: str = "11:31") -> dict:
    return stock.act(who.trunk, action, payload, key, at(when))


def done(who, payload: dict, **more) -> frappe._dict:
    answer = send(who, payload, **more)
    assert answer["status"] == "Done", answer
    return frappe._dict(answer["result"])


def counts(issue: str) -> tuple[int, int, int]:
    """Visits, parts entries and reads that a call has."""
    visits = frappe.get_all("Maintenance Visit", {"mps_issue": issue}, pluck="name", order_by="name")
    return (
        len(visits),
        frappe.db.count("Stock Entry", {"mps_issue": issue}),
        frappe.db.count("Meter Read", {"batch": ("in", visits or [""])}),
    )
