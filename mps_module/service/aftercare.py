"""After the visit: nothing to bill, a charge for the contract's next bill, or a draft invoice for time and material.

What was shown before the visit decides (`coverage_for_issue`). A visit is booked even where it cannot be billed yet: it
says so (To Bill) with the reason, and is settled again from the desk. One incident a call, however many visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import getdate

from mps_module.billing.posted import POSTED, results
from mps_module.billing.terms import exact
from mps_module.engine.coverage import Settlement, Used, Work, billed_hours
from mps_module.engine.coverage import settle as settled
from mps_module.fleet.ledger import NO_LIMIT
from mps_module.service import calls, coverage, service_invoice
from mps_module.stock.entries import plain

if TYPE_CHECKING:
    from frappe.model.document import Document

VISIT, CHARGE, INVOICE = "Maintenance Visit", "MPS Service Charge", "Sales Invoice"
NOTHING, ON_BILL, DRAFT, BOTH, TO_BILL = (
    "Nothing to Bill", "On the Contract's Bill", "Draft Invoice", "Both", "To Bill",
)  # fmt: skip
OUR_OWN = ("Preventive", "Supplies", "Installation")
"""Calls that the firm makes by itself: no incident of the customer's."""
SAVEPOINT = "mps_settle"
FIELDS = (
    "name", "docstatus", "customer", "company", "mntc_date", "mps_issue", "mps_device", "mps_asset", "mps_contract",
    "mps_technician", "mps_remote", "mps_labour_hours", "mps_travel", "mps_billing_state", "mps_service_charge",
    "mps_sales_invoice",
)  # fmt: skip


class Unsettled(frappe.ValidationError):
    """Work that cannot be billed yet; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Case:
    """A visit with all that its billing rests on."""

    visit: Any
    issue: Any
    decision: coverage.Decision
    settlement: Settlement
    note: str

    @property
    def unit(self) -> coverage.Unit:
        return coverage.unit_of(self.issue or self.visit)


def settle(visit: str) -> dict[str, str]:
    """Bill a submitted visit as its coverage says. Repeating it bills nothing twice; it settles what was left To Bill.

    Returns:
        {"state", "charge", "invoice", "note"}; names are empty where nothing was made.
    """
    row = frappe.db.get_value(VISIT, visit, FIELDS, as_dict=True, for_update=True)
    if not row or row.docstatus != 1 or not (row.mps_issue or row.mps_device or row.mps_asset):
        return _told("", "", "", "")
    if row.mps_billing_state and row.mps_billing_state != TO_BILL:
        return _told(row.mps_billing_state, row.mps_service_charge, row.mps_sales_invoice, "")
    case = _case(row)
    frappe.db.savepoint(SAVEPOINT)
    try:
        made = _bill(case)
    except frappe.ValidationError as error:
        frappe.db.rollback(save_point=SAVEPOINT)
        made = _told(TO_BILL, "", "", f"{_('Not billed yet: {0}').format(plain(error))}\n{case.note}")
    values = {
        "mps_billing_state": made["state"],
        "mps_service_charge": made["charge"] or None,
        "mps_sales_invoice": made["invoice"] or None,
        "mps_billing_note": made["note"],
    }
    frappe.db.set_value(VISIT, visit, values, update_modified=False)
    return made


def _told(state: str, charge: str | None, invoice: str | None, note: str) -> dict[str, str]:
    return {"state": state, "charge": charge or "", "invoice": invoice or "", "note": note}


def _case(visit: Any) -> Case:
    issue = None
    if visit.mps_issue:
        fields = [
            "name",
            "customer",
            "issue_type",
            "opening_date",
            "mps_device",
            "mps_asset",
            "mps_unit_label",
        ]
        issue = frappe.db.get_value("Issue", visit.mps_issue, fields, as_dict=True)
    unit = coverage.unit_of(issue if issue and coverage.unit_of(issue) else visit)
    day = getdate(issue.opening_date if issue and issue.opening_date else visit.mntc_date)
    decision = coverage.decision(unit, day)
    told = coverage.coverage_for_issue(issue.name) if issue else {**decision.payers, "note": decision.note}
    settings = frappe.get_cached_doc("MPS Service Settings")
    least = exact(settings.minimum_hours or 0)
    step = int(settings.labour_step_minutes or 0)
    work = Work(
        billed_hours(exact(visit.mps_labour_hours or 0), step, least),
        Decimal(0) if visit.mps_remote else exact(visit.mps_travel or 0),
        parts_of(visit),
    )
    counts = not issue or calls.kind_of(issue.issue_type) not in OUR_OWN
    counted = bool(issue) and bool(
        frappe.db.exists(CHARGE, {"issue": issue.name, "incident": 1, "docstatus": 1})
    )
    settlement = settled(coverage.payers_of(told), work, decision.bills, counted, counts)
    return Case(visit, issue, decision, settlement, told["note"])


def parts_of(visit: Any) -> tuple[Used, ...]:
    """What left trunks for this visit, and for its call where no visit that stands took it yet."""
    head, row, other = DocType("Stock Entry"), DocType("Stock Entry Detail"), DocType(VISIT)
    mine = head.mps_visit == visit.name
    if visit.mps_issue:
        unclaimed = head.mps_visit.isnull() | (head.mps_visit == "") | (other.docstatus == 2)
        mine = mine | ((head.mps_issue == visit.mps_issue) & unclaimed)
    rows = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .left_join(other)
        .on(other.name == head.mps_visit)
        .select(head.name, head.mps_visit, row.item_code, row.transfer_qty)
        .where((head.docstatus == 1) & (head.mps_move == "Use") & mine)
        .orderby(head.posting_date, head.name, row.idx)
        .limit(NO_LIMIT)
        .run(as_dict=True)
    )
    strays = sorted({each.name for each in rows if each.mps_visit != visit.name})
    if strays:
        frappe.db.set_value("Stock Entry", {"name": ("in", strays)}, "mps_visit", visit.name)
    supplies = _supplies({each.item_code for each in rows})
    found: dict[str, Decimal] = {}
    for each in rows:
        found[each.item_code] = found.get(each.item_code, Decimal(0)) + exact(each.transfer_qty)
    return tuple(Used(item, quantity, item in supplies) for item, quantity in found.items())


def _supplies(items: set[str]) -> set[str]:
    """Those that some model of device uses up; all others are parts."""
    if not items:
        return set()
    rows = frappe.get_all(
        "MPS Model Supply", {"item": ("in", sorted(items))}, pluck="item", order_by="item", limit=NO_LIMIT
    )
    return set(rows)


def _bill(case: Case) -> dict[str, str]:
    made = case.settlement
    if not (made.charge or made.invoice or made.counts):
        return _told(NOTHING, "", "", case.note)
    charge = _charge(case) if made.charge or made.counts else ""
    invoice, missing = service_invoice.draft(case) if made.invoice else ("", [])
    state = BOTH if charge and invoice else ON_BILL if charge else DRAFT
    notes = [case.note]
    if missing:
        notes.append(_("No price for {0}: fill it in on the draft.").format(", ".join(missing)))
    return _told(state, charge, invoice, "\n".join(notes))


def _charge(case: Case) -> str:
    """What the contract's next bill takes up, submitted. Raises Unsettled where a part has no price."""
    work, visit = case.settlement.charge, case.visit
    contract = frappe.get_cached_doc("Click Contract", case.decision.contract)
    rates = service_invoice.prices(
        contract.customer, contract.company, contract.currency, [part.item for part in work.parts]
    )
    missing = [part.item for part in work.parts if not rates.get(part.item)]
    if missing:
        raise Unsettled(_("no selling price in {0} for {1}").format(contract.currency, ", ".join(missing)))
    unit = case.unit
    doc = frappe.get_doc(
        {
            "doctype": CHARGE,
            "contract": contract.name,
            "call_date": visit.mntc_date,
            "call_ref": visit.mps_issue or visit.name,
            "device": unit.device or None,
            "unit_label": None if unit.device else case.decision.cover,
            "issue": visit.mps_issue,
            "maintenance_visit": visit.name,
            "incident": int(case.settlement.counts),
            "labour_hours": float(work.hours),
            "travel": float(work.travel),
            "description": _("Visit {0}").format(visit.name),
            "parts": [
                {
                    "item": part.item,
                    "quantity": float(part.quantity),
                    "rate": rates[part.item],
                    "description": frappe.get_cached_value("Item", part.item, "item_name"),
                }
                for part in work.parts
            ],
        }
    )
    doc.flags.ignore_permissions = True
    doc.submit()
    return doc.name


def undo(doc: Document) -> None:
    """A cancelled visit: its unbilled charge and its draft go with it.

    Raises:
        frappe.ValidationError: it is billed. Credit or cancel that first; the message names it.
    """
    charge, invoice = doc.get("mps_service_charge"), doc.get("mps_sales_invoice")
    doc.db_set(
        {
            "mps_service_charge": None,
            "mps_sales_invoice": None,
            "mps_billing_state": "",
            "mps_billing_note": "",
        },
        update_modified=False,
    )
    if invoice:
        service_invoice.drop(invoice)
    if charge:
        made = frappe.get_doc(CHARGE, charge)
        if made.docstatus == 1:
            made.flags.ignore_permissions = True
            made.cancel()
        if made.incident and made.issue:
            _pass_on(made.issue, doc.name)


def _pass_on(issue: str, gone: str) -> None:
    """The incident that counted with a visit that is gone counts with the call's next one."""
    other = frappe.db.get_value(
        VISIT,
        {"mps_issue": issue, "docstatus": 1, "name": ("!=", gone), "mps_service_charge": ("is", "not set")},
        ["name", "mps_billing_state"],
        as_dict=True,
        order_by="mntc_date, creation",
    )
    if other and other.mps_billing_state == NOTHING:
        frappe.db.set_value(VISIT, other.name, "mps_billing_state", "", update_modified=False)
        settle(other.name)


def billed_by(charge: Document) -> str:
    """The posted bill that holds a charge; empty: none yet."""
    names = frappe.get_all(
        "Click Bill",
        {"contract": charge.contract, "status": ("in", POSTED), "due_date": (">=", charge.call_date)},
        pluck="name",
        order_by="due_date, name",
        limit=NO_LIMIT,
    )
    for name, made in results(names):
        if any(charge.call_ref in line.proof.events for line in made.lines if line.proof):
            return name
    return ""


def charge_cancelled(charge: Document) -> None:
    """A charge that leaves its visit unbilled, where the visit stands."""
    if charge.maintenance_visit:
        charge.ignore_linked_doctypes = (*(charge.get("ignore_linked_doctypes") or ()), VISIT)
        _unbilled("mps_service_charge", charge.name)


def invoice_gone(invoice: Document) -> None:
    """A cancelled or deleted invoice for time and material."""
    if _unbilled("mps_sales_invoice", invoice.name):
        invoice.ignore_linked_doctypes = (*(invoice.get("ignore_linked_doctypes") or ()), VISIT)


def _unbilled(field: str, name: str) -> bool:
    visits = frappe.get_all(VISIT, {field: name}, pluck="name", order_by="name", limit=10)
    for visit in visits:
        values = {field: None, "mps_billing_state": TO_BILL}
        values["mps_billing_note"] = _("{0} is gone: the work is not billed any more.").format(name)
        frappe.db.set_value(VISIT, visit, values, update_modified=False)
    return bool(visits)
