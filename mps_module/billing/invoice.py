"""From a bill to Sales Invoices: one for the bill, or one for each part that the contract splits it into.

Rows are per contract line and tier, never per device. The ERP multiplies again what it is given, in floats and with its
own rounding method; a row whose product would not come out at the bill's amount stands as 1 x amount with the
arithmetic in its text. In the end the net total is compared with the bill, and a difference refuses the invoice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import flt, formatdate, getdate

from mps_module.billing.contracts import currency_decimals
from mps_module.engine.contract import Contract, CoveredUnit, SplitBy
from mps_module.engine.result import Bill, BillLine, ChargeKind
from mps_module.engine.split import BillPart, split_bill

if TYPE_CHECKING:
    from frappe.model.document import Document

RATE_DECIMALS = 6  # of the rate and quantity fields of Sales Invoice Item, set by setup.billing
WHOLE = Decimal(1)


class NetTotalDiffers(frappe.ValidationError):
    """The ERP's net total is not the bill's."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A bill with what is known of its contract, on its way to invoices."""

    bill: str  # name of the Click Bill
    made: Bill
    contract: Contract
    head: Mapping[str, Any]
    posted: date  # the day of the invoices
    units: Sequence[CoveredUnit] = ()

    @property
    def split_by(self) -> SplitBy:
        return self.contract.version_on(self.made.period.ruled_from).rules.split_by

    @property
    def parts(self) -> tuple[BillPart, ...]:
        """The parts that carry money; a part whose rows are all zero gets no invoice."""
        decimals = currency_decimals(self.made.currency)
        parts = split_bill(self.made, self.units, self.split_by, decimals)
        return tuple(part for part in parts if any(line.amount for line in part.lines))


def make_invoice(posting: Posting, part: BillPart, submit: bool) -> Document:
    """Insert (or submit, in one pass) the Sales Invoice of one part; a negative part becomes a credit note.

    Raises:
        NetTotalDiffers: the ERP would charge another net amount than the bill.
        frappe.ValidationError: whatever the ERP refuses (frozen customer, credit limit, closed period ...).
    """
    invoice = build_invoice(posting, part)
    invoice.flags.ignore_permissions = True  # who may approve a run may make its invoices
    invoice.flags.mps_part = (posting.bill, part.total)
    # Its links are the contract's, which were validated there, and those that the ERP itself fills in.
    invoice.flags.ignore_links = True
    if submit:
        invoice.submit()
    else:
        invoice.insert()
    check_net_total(invoice, part.total)
    return invoice


def check_net_total(invoice: Document, amount: Decimal) -> None:
    if flt(invoice.net_total - float(amount), 6):
        frappe.throw(
            _("The net total would be {0}, but the bill is {1}. Look for taxes included in the price or discounts.").format(
                frappe.bold(invoice.get_formatted("net_total")), frappe.bold(amount)
            ),
            NetTotalDiffers,
        )  # fmt: skip


def build_invoice(posting: Posting, part: BillPart) -> Document:
    """The Sales Invoice of one part, not saved yet."""
    head, made = posting.head, posting.made
    credit = part.total < 0
    split_by = posting.split_by
    invoice = frappe.new_doc("Sales Invoice")
    invoice.update(
        {
            "customer": head["customer"],
            "company": head["company"],
            "currency": made.currency,
            "set_posting_time": 1,
            "posting_date": posting.posted,
            "is_return": int(credit),
            "update_outstanding_for_self": int(credit),
            "ignore_pricing_rule": 1,
            "cost_center": head["cost_center"],
            "project": head["project"],
            "po_no": part.key if split_by is SplitBy.PO and part.key else head["po_no"],
            "payment_terms_template": None if credit else head["payment_terms_template"],
            "remarks": remarks(posting, part),
            "mps_contract": made.contract,
            "mps_click_bill": posting.bill,
            "mps_split_value": part.key,
        }
    )
    add_rows(invoice, posting, part, credit)
    if head["taxes_and_charges"]:
        template = head["taxes_and_charges"]
        invoice.taxes_and_charges = template
        invoice.extend("taxes", template_taxes(template))
    set_dimensions(invoice, head)
    return invoice


def template_taxes(template: str) -> list:
    # The ERP's modules are imported when they are needed: they open log files relative to the bench.
    from erpnext.controllers.accounts_controller import get_taxes_and_charges

    return get_taxes_and_charges("Sales Taxes and Charges Template", template)


def remarks(posting: Posting, part: BillPart) -> str:
    made = posting.made
    periods = [p for p in (made.period.overage, made.period.base) if p is not None]
    days = ", ".join(sorted({shown_period(p.start, p.end) for p in periods})) or _("settlement of its end")
    place = f", {part.key}" if part.key else ""
    return _("Contract {0}{1}: {2}").format(made.contract, place, days)


def add_rows(invoice: Document, posting: Posting, part: BillPart, credit: bool) -> None:
    """One row a line of the part; zero rows are left out, as the ERP refuses a quantity of zero."""
    settings = frappe.get_cached_doc("MPS Settings")
    decimals = currency_decimals(posting.made.currency)
    said: set[tuple[str, str]] = set()
    for line in part.lines:
        if not line.amount:
            continue
        item = item_of(line, settings)
        quantity, rate = multiplied(line, decimals, item)
        sign = -1 if credit else 1
        row = {
            "item_code": item.name,
            "description": described(line, quantity, item.name, said),
            # A return counts backwards: its quantities are negative, a charge on it has a negative rate too.
            "qty": float(quantity) * sign,
            # The ERP takes the rate from here. Given as `rate` it would be kept as the item's price for everybody.
            "price_list_rate": float(rate) * sign,
            "uom": item.sales_uom or item.stock_uom,
            "conversion_factor": 1,
            "cost_center": cost_center(line, posting, part),
            "project": posting.head["project"],
            "mps_line_id": line.line_id,
            "enable_deferred_revenue": 0,
        }
        if item.enable_deferred_revenue and deferrable(
            line, posting.made, getdate(invoice.posting_date), credit
        ):
            row |= {
                "enable_deferred_revenue": 1,
                "service_start_date": line.period.start,
                "service_end_date": line.period.end,
            }
        invoice.append("items", row)


def item_of(line: BillLine, settings: Mapping[str, Any]) -> Document:
    """The item that carries a row: the line's, else the settings'."""
    code = line.item
    if not code and not line.line_id:
        code = settings.get("adjustment_item")
    code = code or settings.get("default_item")
    if not code:
        frappe.throw(
            _("No item carries line {0}: name one on the contract line, or a default item in MPS Settings.").format(
                line.line_id or line.description
            )
        )  # fmt: skip
    return frappe.get_cached_doc("Item", code)


def multiplied(line: BillLine, decimals: int, item: Document) -> tuple[Decimal, Decimal]:
    """Quantity and rate as the ERP can carry them: their product, rounded by the ERP, is the row's amount."""
    quantity, rate = line.quantity, line.rate
    if quantity < 0 < rate or (quantity < 0 and rate < 0):
        quantity, rate = -quantity, -rate
    whole = frappe.get_cached_value("UOM", item.sales_uom or item.stock_uom, "must_be_whole_number")
    exact = quantity == round(quantity, RATE_DECIMALS) and rate == round(rate, RATE_DECIMALS)
    if exact and not (whole and quantity != int(quantity)):
        again = flt(flt(float(rate), RATE_DECIMALS) * flt(float(quantity), RATE_DECIMALS), decimals)
        if Decimal(str(again)) == line.amount:
            return quantity, rate
    return WHOLE, line.amount


def described(line: BillLine, quantity: Decimal, item: str, said: set[tuple[str, str]]) -> str:
    """What the customer reads: the line, its period, whether it is estimated; no two rows of an item say the same."""
    text = frappe.utils.escape_html(line.description)
    if line.kind is not ChargeKind.ADJUSTMENT:
        text += f"<br>{shown_period(line.period.start, line.period.end)}"
    if quantity == WHOLE and line.quantity not in (WHOLE, 0):
        text += f"<br>{plain(line.quantity)} × {plain(line.rate)}"
    if line.estimated:
        text += "<br>" + _("estimated")
    if (item, text) in said:
        text += f"<br>{plain(line.quantity)} × {plain(line.rate)}"
    count = 2
    wanted = text
    while (item, wanted) in said:
        wanted, count = f"{text} ({count})", count + 1
    said.add((item, wanted))
    return wanted


def shown_period(start: date, end: date) -> str:
    return f"{formatdate(start)} – {formatdate(end)}"


def plain(number: Decimal) -> str:
    return f"{number.normalize():,f}"


def cost_center(line: BillLine, posting: Posting, part: BillPart) -> str | None:
    if line.cost_center:
        return line.cost_center
    if posting.split_by is SplitBy.COST_CENTER and part.key:
        return part.key
    return posting.head["cost_center"] or None


def deferrable(line: BillLine, made: Bill, posted: date, credit: bool) -> bool:
    """Advance charges only: the ERP defers nothing whose service is over on the posting date."""
    return (
        not credit
        and line.kind is ChargeKind.BASE
        and line.amount > 0
        and line.period == made.period.base
        and line.period.end > posted
    )


def set_dimensions(invoice: Document, head: Mapping[str, Any]) -> None:
    """Accounting dimensions of the contract, on the invoice and its rows."""
    given = {field: head[field] for field in dimension_fields() if head.get(field)}
    if not given:
        return
    for document in (invoice, *invoice.items):
        for field, value in given.items():
            if document.meta.has_field(field):
                document.set(field, value)


def dimension_fields() -> Iterable[str]:
    """Fields that the ERP's accounting dimensions put on a contract."""
    from erpnext.accounts.doctype.accounting_dimension import accounting_dimension

    meta = frappe.get_meta("Click Contract")
    return [field for field in accounting_dimension.get_accounting_dimensions() if meta.has_field(field)]
