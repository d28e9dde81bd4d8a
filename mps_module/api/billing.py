"""Billing from the desk: prepare, look, accept, approve, retry, and put right what was billed wrong."""

from typing import Any

import frappe
from frappe import _

from mps_module.billing import accept as acceptance
from mps_module.billing import preview as run_preview
from mps_module.billing import proof as bill_proof
from mps_module.billing import rebill, run

RUN = "Click Billing Run"


def permitted_run(name: str, ptype: str = "write"):
    doc = frappe.get_doc(RUN, name)
    doc.check_permission(ptype)
    return doc


def permitted_bills(bills: str | list[str]) -> list[str]:
    """Names of bills; whoever may write a run may decide on its bills."""
    frappe.has_permission(RUN, "write", throw=True)
    names = frappe.parse_json(bills) if isinstance(bills, str) and bills.startswith("[") else bills
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        frappe.get_doc("Click Bill", name).check_permission("read")
    return names


def settle_runs_of(names: list[str]) -> None:
    """The counts of the runs that these bills belong to."""
    filters = {"name": ["in", names], "run": ["is", "set"]}
    for name in set(
        frappe.get_all("Click Bill", filters=filters, pluck="run", order_by="run", limit=len(names) or 1)
    ):
        run.recount(name)


@frappe.whitelist(methods=["POST"])
def prepare(run_name: str) -> None:
    """Compute every due bill of the run on a worker; earlier previews of the same bills are replaced."""
    run.start_preparing(permitted_run(run_name))


@frappe.whitelist(methods=["GET"])
def preview(
    run_name: str, state: str = "", search: str = "", order: str = "worst", start: int = 0, limit: int = 50
) -> dict[str, Any]:
    """A page of the run's bills, worst money first, with counts by state."""
    permitted_run(run_name, "read")
    return run_preview.page(run_name, state, search, order, start, limit)


@frappe.whitelist(methods=["POST"])
def accept(bills: str | list[str], reason: str) -> int:
    """Accept flagged or blocked bills; the reason stays on them. Returns how many."""
    names = permitted_bills(bills)
    count = acceptance.accept(names, reason)
    settle_runs_of(names)
    return count


@frappe.whitelist(methods=["POST"])
def take_back(bills: str | list[str]) -> int:
    """Undo an acceptance before the bill is invoiced."""
    names = permitted_bills(bills)
    count = acceptance.take_back(names)
    settle_runs_of(names)
    return count


@frappe.whitelist(methods=["POST"])
def approve(run_name: str) -> int:
    """Invoice everything that is ready or accepted, on workers. Returns how many bills."""
    return run.start_invoicing(permitted_run(run_name))


@frappe.whitelist(methods=["POST"])
def retry(run_name: str, bills: str | list[str]) -> int:
    """Invoice these bills again after the cause of their failure was repaired."""
    doc = permitted_run(run_name)
    return run.start_invoicing(doc, permitted_bills(bills))


@frappe.whitelist(methods=["POST"])
def resume(run_name: str) -> None:
    """Go on with a run whose workers were lost."""
    run.resume(permitted_run(run_name))


@frappe.whitelist(methods=["POST"])
def cancel(run_name: str) -> None:
    """Drop a run's previews. Invoices that it has made stay."""
    run.cancel(permitted_run(run_name))


@frappe.whitelist(methods=["GET"])
def proof(bill: str) -> str:
    """The bill unfolded, as HTML: rows, allowance, tiers, devices, reads."""
    frappe.get_doc("Click Bill", bill).check_permission("read")
    return bill_proof.html(bill)


@frappe.whitelist(methods=["GET"])
def affected(contract: str = "", company: str = "") -> list[dict[str, Any]]:
    """Posted bills that corrected or late reads change, with the difference that the next bill will adjust."""
    frappe.has_permission(RUN, "write", throw=True)
    filters: dict[str, Any] = {
        "status": ["in", ("Active", "Ended", "Suspended")],
        "billed_through": ["is", "set"],
    }
    if contract:
        filters["name"] = contract
    if company:
        filters["company"] = company
    names = frappe.get_list("Click Contract", filters=filters, pluck="name", order_by="name", limit=100_000)
    return [
        {
            "bill": row.bill,
            "contract": row.contract,
            "customer": row.customer,
            "currency": row.currency,
            "due": row.due,
            "was": float(row.was),
            "now": float(row.now),
            "difference": float(row.difference),
            "rows": [{"description": text, "amount": float(amount)} for text, amount in row.rows],
        }
        for row in rebill.affected(names)
    ]


@frappe.whitelist(methods=["GET"])
def compare(bill: str) -> dict[str, Any]:
    """The bill as it was posted beside what it would be today."""
    frappe.get_doc("Click Bill", bill).check_permission("read")
    return rebill.compare(bill)


@frappe.whitelist(methods=["POST"])
def credit_and_rebill(bill: str, reason: str, submit: bool = True) -> dict[str, Any]:
    """Return the bill's invoices and bill the period anew from today's reads, in one go."""
    frappe.has_permission(RUN, "write", throw=True)
    frappe.get_doc("Click Bill", bill).check_permission("read")
    if not reason.strip():
        frappe.throw(_("Say why this bill is credited."))
    return rebill.credit_and_rebill(bill, reason.strip(), submit)
