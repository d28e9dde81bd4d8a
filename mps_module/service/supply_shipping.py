"""Approved requests become the ERP's documents; what the ERP says of those tells when a supply was sent.

Included in the contract: Material Request (Material Issue) -> Stock Entry, without a price. Billable: a Delivery Note at the
customer's price (`supply_selling`). The last document is left as a draft for whoever packs the parcel; submitting it is what
sends. One parcel holds all that goes to one address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import flt, get_datetime, getdate, nowdate

from mps_module.service import supply_requests, supply_selling, toner
from mps_module.service.supply_requests import APPROVED, DOCTYPE, ORDERED, SENT

if TYPE_CHECKING:
    from frappe.model.document import Document

MOVE = "Supply"
"""What a Stock Entry that sends supplies is; it is no part of a call."""
FIELD = supply_selling.FIELD
LINKS = {"Stock Entry": "stock_entry", "Delivery Note": "delivery_note", "Sales Order": "sales_order"}


@contextmanager
def _as_system() -> Iterator[str]:
    """The ERP's mapping functions ask for rights on stock and sales documents that a dispatcher need not have.

    Whoever is signed in has been let through by the API and becomes the owner of what is made.
    """
    user, known = frappe.session.user, frappe.local.user_perms
    frappe.session.user, frappe.local.user_perms = "Administrator", None
    try:
        yield user
    finally:
        frappe.session.user, frappe.local.user_perms = user, known


def order(names: Iterable[str]) -> list[dict[str, Any]]:
    """Make the ERP's documents for approved requests: one parcel for each customer, address and contract.

    Returns: [{"requests": [...], and the names made: "material_request", "stock_entry", "sales_order", "delivery_note"}]

    Raises:
        frappe.ValidationError: a request is not approved, its device is not there any more, or no warehouse is known.
    """
    parcels: defaultdict[tuple, list[Document]] = defaultdict(list)
    for name in sorted(set(names)):
        doc = frappe.get_doc(DOCTYPE, name, for_update=True)
        if doc.status != APPROVED:
            frappe.throw(_("{0} is not approved: it is {1}.").format(name, _(doc.status)))
        _check_place(doc)
        parcels[
            doc.coverage, doc.company, doc.contract or "", doc.customer, doc.customer_address or ""
        ].append(doc)
    made = []
    for (coverage, *_rest), docs in parcels.items():
        links = _issue(docs) if coverage == "Included" else _sell(docs)
        for doc in docs:
            supply_requests.move(doc, ORDERED, **links)
        made.append({"requests": [doc.name for doc in docs], **links})
    return made


def _check_place(doc: Document) -> None:
    """A device that was taken away since needs no toner, and its customer's shelf none."""
    row = frappe.db.get_value("MPS Device", doc.device, ["customer", "status"], as_dict=True)
    if row.status != "Installed" or row.customer != doc.customer:
        frappe.throw(
            _("{0} is not installed at {1} any more: refuse {2}.").format(
                doc.device, doc.customer_name or doc.customer, doc.name
            )
        )


def _warehouse() -> str:
    found = toner.settings().toner_warehouse
    if not found:
        frappe.throw(_("Say in MPS Service Settings from which warehouse toner is sent."))
    return found


def _issue(docs: Sequence[Document]) -> dict[str, str]:
    from erpnext.stock.doctype.material_request.material_request import make_stock_entry

    head, today, warehouse = docs[0], nowdate(), _warehouse()
    cost_center = (
        frappe.db.get_value("Click Contract", head.contract, "cost_center") if head.contract else None
    )
    with _as_system() as user:
        asked = frappe.new_doc("Material Request")
        asked.update(
            {
                "material_request_type": "Material Issue",
                "company": head.company,
                "transaction_date": today,
                "schedule_date": today,
                "set_warehouse": warehouse,
            }
        )
        for doc in docs:
            asked.append(
                "items",
                {
                    "item_code": doc.item,
                    "qty": doc.qty,
                    "warehouse": warehouse,
                    "schedule_date": today,
                    "cost_center": cost_center,
                    FIELD: doc.name,
                },
            )
        _made(asked.submit(), user)
        entry = make_stock_entry(asked.name)
        entry.update(
            {
                "mps_move": MOVE,
                "mps_contract": head.contract,
                "mps_device": head.device if len({doc.device for doc in docs}) == 1 else None,
                "remarks": _remarks(docs),
            }
        )
        _made(entry.insert(), user)
    return {"material_request": asked.name, "stock_entry": entry.name}


def _made(doc: Document, user: str) -> None:
    """Whoever ordered it owns it."""
    doc.db_set("owner", user, update_modified=False)


def _remarks(docs: Sequence[Document]) -> str:
    """For the packer: to whom and for which devices."""
    head = docs[0]
    lines = [_("Supplies for {0}").format(head.customer_name or head.customer)]
    if head.customer_address:
        lines.append(_("Ship to: {0}").format(head.customer_address))
    lines += [f"{doc.device}: {doc.qty} × {doc.item}" for doc in docs]
    return "\n".join(lines)


def _sell(docs: Sequence[Document]) -> dict[str, str]:
    with _as_system() as user:
        made = supply_selling.sell(docs, _warehouse())
        for doc in made:
            _made(doc, user)
    return {LINKS[doc.doctype]: doc.name for doc in made}


def requests_in(doc: Document) -> dict[str, float]:
    """Requests that the rows of a document send, and how many units of each."""
    found: defaultdict[str, float] = defaultdict(float)
    for row in doc.items:
        if row.get(FIELD):
            found[row.get(FIELD)] += flt(row.qty)
    return dict(found)


def sent(doc: Document) -> None:
    """A Stock Entry or Delivery Note was submitted: its requests are on their way to the shelf, and what is sold is billed."""
    if doc.get("is_return"):
        return
    if doc.doctype == "Delivery Note":
        with _as_system() as user:
            invoice = supply_selling.left(doc)
        if invoice:
            frappe.db.set_value("Sales Invoice", invoice, "owner", user, update_modified=False)
    for name, qty in requests_in(doc).items():
        one = frappe.get_doc(DOCTYPE, name, for_update=True)
        if one.status in (ORDERED, APPROVED):
            values = {LINKS[doc.doctype]: doc.name, "sent_at": _posted(doc), "qty": round(qty) or one.qty}
            supply_requests.move(one, SENT, **values)


def unsent(doc: Document) -> None:
    """It was cancelled: they are not."""
    if doc.doctype == "Delivery Note":
        supply_selling.came_back(doc)
    for name in requests_in(doc):
        one = frappe.get_doc(DOCTYPE, name, for_update=True)
        if one.status == SENT and one.get(LINKS[doc.doctype]) == doc.name:
            _back(one, _state_without(one), {LINKS[doc.doctype]: None, "sent_at": None})


def deleted(doc: Document) -> None:
    """A draft was deleted: its requests wait for another one."""
    field = LINKS[doc.doctype]
    for name in requests_in(doc):
        one = frappe.get_doc(DOCTYPE, name, for_update=True)
        if one.status == ORDERED and one.get(field) == doc.name:
            one.set(field, None)
            _back(one, _state_without(one), {field: None})


def _state_without(one: Document) -> str:
    """What a request is when its parcel is gone: the document that asked for the parcel, if there is one, makes another."""
    return ORDERED if one.material_request or one.sales_order else APPROVED


def dropped(doc: Document) -> None:
    """The Material Request or Sales Order was cancelled: its requests wait for another one."""
    for name in requests_in(doc):
        one = frappe.get_doc(DOCTYPE, name, for_update=True)
        if one.status == ORDERED:
            links = dict.fromkeys(("material_request", "stock_entry", "sales_order", "delivery_note"))
            _back(one, APPROVED, links)


def _back(one: Document, status: str, values: dict[str, Any]) -> None:
    """Back to an open state; where another request was opened since, this one ends instead."""
    other = supply_requests.open_request(one.device, one.supply)
    if other and other != one.name:
        values["decision"] = _("{0} took its place.").format(other)
        status = supply_requests.REFUSED
    supply_requests.move(one, status, **values)


def _posted(doc: Document) -> datetime:
    return get_datetime(f"{getdate(doc.posting_date)} {doc.posting_time or '00:00:00'}").replace(
        microsecond=0
    )
