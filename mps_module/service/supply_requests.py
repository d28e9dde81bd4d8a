"""Requests for supplies: one open document a device and supply, with the guard's questions and who answered them.

Held Back: something is to be asked first. Approved: it may be sent. Ordered: the ERP's documents are made. Sent: a
spare on the customer's shelf. Fitted: seen in the levels. Refused: not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from mps_module.engine.toner_guard import TEXTS, Ask, asks
from mps_module.fleet import clock
from mps_module.service import toner
from mps_module.service.coverage import Unit, decision
from mps_module.service.toner import OPEN, Standing

if TYPE_CHECKING:
    from frappe.model.document import Document

DOCTYPE = "MPS Supply Request"
HELD, APPROVED, ORDERED, SENT, FITTED, REFUSED = (
    "Held Back",
    "Approved",
    "Ordered",
    "Sent",
    "Fitted",
    "Refused",
)
KEEP = ("device", "supply", "item", "customer", "status", "contract", "coverage", "qty")
"""What a form may not change once the request is on its way."""
MOST = 99


def words(found: Ask) -> str:
    """A question in the reader's language."""
    return _(TEXTS[found.code]).format(*found.figures)


def questions(device: str, supply: str) -> list[str]:
    """What would be asked if somebody requested this supply now; empty: nothing."""
    one = standing_of(device, supply)
    return [words(found) for found in asks(one.facts, toner.rules())] if one else []


def standing_of(device: str, supply: str = "", item: str = "") -> Standing | None:
    """One supply of a device, by its key or by its item."""
    for one in toner.standings([device]):
        if (supply and one.key == supply) or (item and one.supply and one.supply.item == item):
            return one
    return None


def open_request(device: str, supply: str) -> str | None:
    """The request of this device and supply that is still open."""
    return frappe.db.get_value(DOCTYPE, {"active_key": key_of(device, supply)})


def key_of(device: str, supply: str) -> str:
    return f"{device}|{supply}"


def request(
    device: str, supply: str = "", *, asked_by: str = "Desk", item: str = "", qty: int = 1, **values: Any
) -> Document:
    """Request a supply, or return the request that is open already. Whoever calls has checked the rights.

    Args:
        supply: its key; or `item`, one of the model's supplies.
        values: answer, issue, customer_address.

    Raises:
        frappe.ValidationError: the model has no such supply.
    """
    if not supply:
        one = standing_of(device, item=item)
        supply = one.key if one else ""
    known = open_request(device, supply) if supply else None
    if known:
        return frappe.get_doc(DOCTYPE, known)
    frappe.db.savepoint("mps_supply")
    try:
        return _insert(device, supply, item, asked_by, qty, values)
    except frappe.UniqueValidationError:
        # Somebody else asked for the same one at this very moment.
        frappe.db.rollback(save_point="mps_supply")
        frappe.clear_last_message()
        known = frappe.db.get_value(DOCTYPE, {"active_key": key_of(device, supply)}, for_update=True)
        if not known:
            raise
        # Locked, and so as it was committed, not as this transaction saw the table when it began.
        return frappe.get_doc(DOCTYPE, known, for_update=True)


def _insert(device: str, supply: str, item: str, asked_by: str, qty: int, values: dict[str, Any]) -> Document:
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "device": device,
            "supply": supply,
            "item": item or None,
            "qty": qty,
            "asked_by": asked_by,
            **values,
        }
    )
    doc.flags.ignore_permissions = True
    return doc.insert()


def prepare(doc: Document) -> None:
    """Fill in a new request: supply and item, customer, contract, coverage, what is known, and the guard's questions."""
    one = standing_of(doc.device, doc.supply or "", doc.item or "")
    if one is None or one.supply is None:
        frappe.throw(
            _("The model of {0} has no such supply: add it to the model's supplies.").format(doc.device)
        )
    doc.supply, doc.item = one.key, one.supply.item
    if not 0 < (doc.qty or 0) <= MOST:
        frappe.throw(_("Quantity must be between 1 and {0}.").format(MOST))
    _place(doc)
    doc.requested_at = now_datetime()
    _facts(doc, one)
    found = asks(one.facts, toner.rules())
    doc.reasons = "\n".join(words(each) for each in found) or None
    doc.status = HELD if found else APPROVED
    doc.active_key = key_of(doc.device, doc.supply)


def _place(doc: Document) -> None:
    row = frappe.db.get_value(
        "MPS Device", doc.device, ["customer", "customer_address", "company", "status"], as_dict=True
    )
    if not row or row.status != "Installed" or not row.customer:
        frappe.throw(_("{0} is not installed at a customer.").format(doc.device))
    doc.customer, doc.company = row.customer, row.company
    doc.customer_address = doc.customer_address or row.customer_address
    found = decision(Unit(device=doc.device), getdate())
    doc.contract = found.contract or None
    doc.coverage = "Included" if found.payers["supplies"] == "Included" else "Billable"


def _facts(doc: Document, one: Standing) -> None:
    look = one.outlook
    doc.level = look.level if look and look.level is not None else None
    doc.level_state = look.state.value if look else None
    doc.days_left = look.days_left if look and look.days_left is not None else None
    doc.fill = float(one.fill) if one.fill is not None else None
    doc.spares = one.spares


def check(doc: Document) -> None:
    """A form may change quantity and answer while the request is open; the rest goes by its buttons."""
    before = doc.get_doc_before_save()
    if before is None or doc.flags.guided:
        return
    for name in KEEP:
        if name == "qty" and before.status in (HELD, APPROVED):
            continue
        if (before.get(name) or "") != (doc.get(name) or ""):
            frappe.throw(
                _("{0} is changed by the buttons of the request.").format(_(doc.meta.get_label(name)))
            )
    if not 0 < (doc.qty or 0) <= MOST:
        frappe.throw(_("Quantity must be between 1 and {0}.").format(MOST))


def check_trash(doc: Document) -> None:
    if doc.status in (ORDERED, SENT, FITTED):
        frappe.throw(_("A request whose supply is on its way stays."))


def approve(name: str, decision_text: str = "") -> Document:
    """Let a request that was held back go out.

    Raises:
        frappe.ValidationError: it is not held back, or no reason is given.
    """
    doc = _locked(name, HELD)
    if not decision_text.strip():
        frappe.throw(_("Say why it may go out all the same."))
    return _decide(doc, APPROVED, decision_text)


def refuse(name: str, decision_text: str = "") -> Document:
    """Do not send it. Raises frappe.ValidationError: documents are made already, or no reason is given."""
    doc = _locked(name, HELD, APPROVED)
    if not decision_text.strip():
        frappe.throw(_("Say why it is not sent."))
    return _decide(doc, REFUSED, decision_text)


def _decide(doc: Document, status: str, text: str) -> Document:
    doc.decision, doc.decided_by, doc.decided_at = text.strip(), frappe.session.user, now_datetime()
    return move(doc, status)


def _locked(name: str, *statuses: str) -> Document:
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    if doc.status not in statuses:
        frappe.throw(_("{0} is {1} already.").format(name, _(doc.status)))
    return doc


def move(doc: Document, status: str, **values: Any) -> Document:
    """Save a request in another state; its key is free for the next one once it is sent or refused."""
    doc.update(values)
    doc.status = status
    doc.active_key = key_of(doc.device, doc.supply) if status in OPEN else None
    doc.flags.guided = True
    doc.flags.ignore_permissions = True
    doc.flags.ignore_links = True
    return doc.save()


def daily() -> None:
    """Scheduler: request what runs out, where MPS Service Settings want it; a run that was missed is caught up."""
    if toner.settings().auto_supply_calls:
        request_due()


def request_due(devices: list[str] | None = None) -> list[str]:
    """Request every supply that runs out within the days of the settings; one with a spare on the shelf or an open
    request is left alone. Each in a savepoint of its own.

    Returns: names of the new requests.
    """
    if devices is None:
        devices = frappe.get_all(
            "MPS Device",
            {"status": "Installed", "customer": ["is", "set"]},
            pluck="name",
            order_by="name",
            limit=0,
        )
    ahead = toner.rules().days_ahead
    made = []
    for one in list(toner.standings(devices, clock.now())):
        if (
            one.supply is None
            or one.request
            or one.spares
            or not one.outlook
            or one.outlook.doubtful
            or not one.outlook.due(ahead)
        ):
            continue
        frappe.db.savepoint("mps_supply_due")
        try:
            made.append(request(one.device, one.key, asked_by="Daily Job").name)
        except Exception:
            frappe.db.rollback(save_point="mps_supply_due")
            frappe.clear_messages()
            frappe.log_error(title=_("Toner of {0} was not requested").format(one.device))
    return made
