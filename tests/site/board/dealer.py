"""Three technicians, their parts, history and calls, committed, for the board in a browser; taken away again afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime
from frappe.utils.password import update_password

from tests.site import make
from tests.site.stock import build

PASSWORD = "board-Without-Paper-9"
DISPATCHERS = ("dora@board.example.com", "dan@board.example.com")
TERRITORIES = {"Ana": "Board North", "Ben": "Board North", "Cem": "Board South"}
SKILLS = {"Ana": 90, "Ben": 70, "Cem": 80}
CUSTOMERS = {
    "Harbor Dental": ("Board North", 40.7128, -74.0060),
    "Oak Street School": ("Board North", 40.7306, -73.9866),
    "Mill Law Office": ("Board South", 40.6782, -73.9442),
}
CALLS = (
    ("Paper jams every tenth page", "Harbor Dental", "JAM", 1.5),
    ("Lines on every print", "Oak Street School", "LINES", 4.0),
    ("Fuser error on the panel", "Mill Law Office", "ERROR", 6.0),
    ("Scans arrive twice", "Harbor Dental", "SCAN", None),
    ("Too light since Monday", "Oak Street School", "LIGHT", -0.5),
)
"""Subject, customer, problem, hours until somebody has to be there (None: nothing was promised)."""


@dataclass(slots=True)
class Dealer:
    people: dict[str, str] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)
    made: list[tuple[str, str]] = field(default_factory=list)

    def plan(self, subject: str) -> Any:
        """The assignment that counts, as other connections left it."""
        from mps_module.service import assign

        frappe.db.rollback()
        return assign.active(self.calls[subject])

    def clear(self) -> None:
        """No call is anybody's."""
        frappe.db.rollback()
        for name in frappe.get_all(
            "MPS Assignment",
            {"issue": ("in", list(self.calls.values()))},
            pluck="name",
            order_by="name",
            limit=0,
        ):
            frappe.delete_doc("MPS Assignment", name, force=True)
        frappe.db.commit()


def open_dealer(works: tuple[str, str] = ("00:00:00", "23:59:00")) -> Dealer:
    dealer = Dealer()
    for email in DISPATCHERS:
        if not frappe.db.exists("User", email):
            roles = [{"role": "MPS Service"}, {"role": "Support Team"}]
            make.doc("User", email=email, first_name=email[:3].title(), send_welcome_email=0, roles=roles)
        update_password(email, PASSWORD)
    for name in set(TERRITORIES.values()):
        build.territory(name)
    parts = [build.part(code) for code in ("BD-FUSER", "BD-ROLLER", "BD-DRUM")]
    for name, territory in TERRITORIES.items():
        trunk = build.technician(f"Board-{name}", territory)
        dealer.people[name] = trunk.technician
        person = frappe.get_doc("MPS Technician", trunk.technician)
        person.update({"disabled": 0, "works_from": works[0], "works_to": works[1], "territory": territory})
        person.update({"latitude": 40.72, "longitude": -73.99, "technician_name": f"{name} Board"})
        person.set("skills", [{"level": SKILLS[name]}])
        person.save()
        if name != "Cem" and not build.on_hand(parts[1], trunk.warehouse):
            build.put(parts[1], trunk.warehouse, 3)
        if name == "Ana" and not build.on_hand(parts[0], trunk.warehouse):
            build.put(parts[0], trunk.warehouse, 2)
    _history(dealer, parts)
    for number, (subject, customer, problem, hours) in enumerate(CALLS, 1):
        dealer.calls[subject] = _call(dealer, f"BD-{number}", subject, customer, problem, hours)
    from mps_module.service import past_calls

    past_calls.forget()
    frappe.db.commit()
    return dealer


def _history(dealer: Dealer, parts: list[str]) -> None:
    """Of ten jobs on the model five needed a roller, two a fuser, one both, two nothing."""
    model = make.model("Board MX").name
    needs = [[parts[1]]] * 5 + [[parts[0]]] * 2 + [[parts[0], parts[1]]] + [[]] * 2
    for number, each in enumerate(needs):
        key = f"board-{number}"
        if not frappe.db.exists("MPS Past Job", {"job_key": key}):
            make.doc(
                "MPS Past Job",
                job_key=key,
                done_on=now_datetime().date() - timedelta(days=number + 1),
                device_model=model,
                parts=[{"item": item, "qty": 1} for item in each],
            )


def _call(dealer: Dealer, device: str, subject: str, customer: str, problem: str, hours: float | None) -> str:
    territory, latitude, longitude = CUSTOMERS[customer]
    make.customer(customer, territory=territory)
    address = f"{customer}-Office"
    if not frappe.db.exists("Address", address):
        make.doc(
            "Address", address_title=customer, address_type="Office", address_line1="1 Main Street", city="New York",
            country="United States", mps_latitude=latitude, mps_longitude=longitude,
            links=[{"link_doctype": "Customer", "link_name": customer}],
        )  # fmt: skip
    if not frappe.db.exists("MPS Device", device):
        make.device(device, of=customer, device_model="Board MX", customer_address=address)
    call = make.doc("Issue", subject=subject, customer=customer, mps_device=device, mps_problem_code=problem)
    dealer.made.append(("Issue", call.name))
    opened = now_datetime() - timedelta(hours=1)
    due = None if hours is None else now_datetime() + timedelta(hours=hours)
    frappe.db.set_value(
        "Issue",
        call.name,
        {
            "response_by": due,
            "sla_resolution_by": None,
            "opening_date": opened.date(),
            "opening_time": opened.time(),
        },
    )
    return call.name


def close_dealer(dealer: Dealer) -> None:
    """Calls go, technicians leave the board; stock and history stay, as in every ledger."""
    dealer.clear()
    for doctype, name in dealer.made:
        frappe.delete_doc(doctype, name, force=True)
    for technician in dealer.people.values():
        frappe.db.set_value("MPS Technician", technician, "disabled", 1)
    frappe.db.commit()
