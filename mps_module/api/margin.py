"""The renewal price of a contract from its form, and the firm's roll-up page."""

from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, add_months, getdate

from mps_module.engine.margin import SCALED
from mps_module.engine.measures import Figures
from mps_module.fleet.access import only_for
from mps_module.service import renewal
from mps_module.service import rollup as rollups
from mps_module.service.contract_margin import find
from mps_module.service.facts import Span, load, permitted
from mps_module.service.measures import asked, figures
from mps_module.service.renewal import Offer

READERS = ("System Manager", "MPS Manager", "MPS Billing")


def offer_for(contract: str, change: str, target: float | None, from_date: str, to_date: str) -> Offer:
    """The offer of one contract, or a word on why there is none."""
    only_for(*READERS)
    doc = frappe.get_doc("Click Contract", contract)
    doc.check_permission("read")
    if change not in SCALED:
        frappe.throw(_("A renewal changes the clicks, the base, or both."))
    end = getdate(to_date or None)
    start = getdate(from_date) if from_date else getdate(add_months(end, -12))
    filters = {"contract": contract, "company": doc.company, "target": target}
    found = find(filters, start, end, change)
    if contract not in found.offers:
        frappe.throw(
            _("Contract {0} billed nothing in this period: there is no price to renew.").format(contract)
        )
    return found.offers[contract]


@frappe.whitelist(methods=["GET", "POST"])
def renewal_price(
    contract: str, change: str = "both", target: float | None = None, from_date: str = "", to_date: str = ""
) -> dict[str, Any]:
    """What rates restore the target margin, from the cost and the clicks of a period (default: a year to today).

    Args:
        change: "clicks", "base" or "both". target: percent; None: the settings'.
    """
    offer = offer_for(contract, change, target, from_date, to_date)
    made = offer.renewal
    return {
        "target": float(offer.target),
        "cost": float(round(offer.cost * offer.exchange, 2)),
        "calls": float(round(offer.earned * offer.exchange, 2)),
        "needed": float(round(made.needed, 2)),
        "present": float(made.present),
        "renewed": float(made.renewed),
        "change": float(round(offer.change, 2)),
        "periods": offer.periods,
        "reached": made.reached,
        "rates": renewal.rate_rows(offer),
        "currency": frappe.get_cached_value("Click Contract", contract, "currency"),
        "effective": str(effective_day(contract)),
    }


@frappe.whitelist(methods=["POST"])
def apply_renewal(
    contract: str,
    effective_date: str,
    change: str = "both",
    target: float | None = None,
    from_date: str = "",
    to_date: str = "",
) -> str:
    """A draft of a new version with the renewal's rates; its name. Submitting it is a decision of its own."""
    only_for(*READERS)
    frappe.get_doc("Click Contract", contract).check_permission("write")
    frappe.has_permission("Click Contract Version", "create", throw=True)
    return renewal.draft(offer_for(contract, change, target, from_date, to_date), effective_date)


def effective_day(contract: str) -> Any:
    """The day after the contract's end, where that lies ahead; else the first of the next month."""
    end = frappe.db.get_value("Click Contract", contract, "end_date")
    if end and getdate(end) >= getdate():
        return add_days(getdate(end), 1)
    return add_months(getdate().replace(day=1), 1)


@frappe.whitelist(methods=["GET", "POST"])
def rollup(from_date: str, to_date: str, company: str, customer: str = "") -> dict[str, Any]:
    """Seats, devices, clicks, calls, revenue and margin of a company's customers, or of one of them."""
    only_for(*READERS)
    start, end = getdate(from_date), getdate(to_date)
    if end < start:
        frappe.throw(_("The period ends before it begins."))
    for doctype, name in (("Company", company), ("Customer", customer)):
        allowed = permitted(doctype, ("Click Contract",))
        if allowed is not None and name and name not in allowed:
            frappe.throw(_("You may not see {0} {1}.").format(_(doctype), name), frappe.PermissionError)
    span = Span(start, end, company, customer)
    return rollups.told(
        rollups.page(span), span, frappe.get_cached_value("Company", company, "default_currency")
    )


@frappe.whitelist(methods=["GET", "POST"])
def first_call_card(filters: str | None = None) -> dict[str, Any]:
    """Number card: first-call completion of the last 30 days; "no calls" where nothing was completed."""
    only_for(*READERS, "MPS Service")
    end = getdate()
    question = asked({"from_date": add_days(end, -29), "to_date": end})
    share = figures(question, load(question.span)).get("", Figures()).first_call_percent
    return {
        "value": _("no calls") if share is None else round(share, 1),
        "fieldtype": "Data" if share is None else "Percent",
        "route": ["query-report", "Service Measures"],
        "route_options": {"from_date": str(question.span.start), "to_date": str(end)},
    }
