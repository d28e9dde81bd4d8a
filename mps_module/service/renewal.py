"""The renewal price of a contract: rates that restore the target margin, checked by billing the same periods anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate

from mps_module.billing import contract_actions
from mps_module.billing.loader import Case, load_cases
from mps_module.billing.margin import Margin
from mps_module.billing.standing import Standing
from mps_module.billing.terms import exact
from mps_module.billing.windows import DAY
from mps_module.engine.bill import bill as engine_bill
from mps_module.engine.contract import Contract
from mps_module.engine.margin import Renewal, at_todays_rates, needed_revenue, renew
from mps_module.engine.periods import BillPeriod
from mps_module.engine.schedule import due_periods

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Offer:
    """A renewal price in the contract's currency, with what it rests on.

    Attributes:
        cost, earned: of the period, in the company's currency (`earned` beside the bills: invoices of calls).
        exchange: the contract's currency per unit of the company's.
        periods: bills that were made again.
    """

    contract: str
    target: Decimal
    cost: Decimal
    earned: Decimal
    exchange: Decimal
    periods: int
    renewal: Renewal

    @property
    def change(self) -> Decimal:
        """Percent by which the chosen rates move."""
        return (self.renewal.factor - 1) * 100


def target_margin(percent: float | None = None) -> Decimal:
    """The asked percentage, else the settings'.

    Raises:
        frappe.ValidationError: 100 % or more, or below 0.
    """
    given = (
        percent
        if percent is not None
        else frappe.get_cached_doc("MPS Service Settings").target_margin_percent
    )
    target = exact(given)
    if not 0 <= target < 100:
        frappe.throw(_("A target margin lies from 0 to below 100 %."))
    return target


def offers(
    found: Mapping[str, Margin], start: date, end: date, change: str, target: Decimal
) -> dict[str, Offer]:
    """Offers for the contracts of `found` that billed something in the period. A constant number of queries."""

    def billed(agreed: Contract, standing: Standing, _cursor: date | None, until: date) -> list[BillPeriod]:
        posted = {
            row.due_date for row in standing.posted
        }  # what fell due and was not billed is no revenue yet
        return [period for period in due_periods(agreed, start - DAY, until) if period.due in posted]

    cases = load_cases(sorted(found), end, billed)
    return {name: offer_of(case, found[name], end, change, target) for name, case in cases.items()}


def offer_of(case: Case, one: Margin, day: date, change: str, target: Decimal) -> Offer:
    """The offer of one contract from its cost and the bills of its periods."""
    now = at_todays_rates(case.contract, day)
    ledger = case.ledger or case.build_ledger()

    def billed(contract: Contract) -> Decimal:
        return sum((engine_bill(contract, ledger, case.units, p).total for p in case.periods), ZERO)

    rate = exchange(case, day)
    needed = (needed_revenue(one.cost, target) - one.calls) * rate
    made = renew(now, billed, max(needed, ZERO), change)
    return Offer(case.head["name"], target, one.cost, one.calls, rate, len(case.periods), made)


def exchange(case: Case, day: date) -> Decimal:
    """The contract's currency per unit of the company's, by the ERP's rates; 1 where they are the same."""
    from erpnext.setup.utils import get_exchange_rate

    own = frappe.get_cached_value("Company", case.head["company"], "default_currency")
    if own == case.head["currency"]:
        return Decimal(1)
    rate = exact(get_exchange_rate(own, case.head["currency"], day))
    if not rate:
        frappe.throw(_("No exchange rate from {0} to {1}.").format(own, case.head["currency"]))
    return rate


def rate_rows(offer: Offer) -> list[dict[str, Any]]:
    """Old and new rates for people: line, what it is, tier, old, new."""
    lines = {line.line_id: line for line in offer.renewal.version.lines}
    rows = []
    for (line_id, number), (old, new) in offer.renewal.rates.items():
        line = lines[line_id]
        tier = line.price.tiers[number]
        rows.append(
            {
                "line": line_id,
                "description": line.description or line_id,
                "kind": line.kind.value,
                "up_to": str(tier.up_to) if tier.up_to is not None and len(line.price.tiers) > 1 else "",
                "old": plain(old),
                "new": plain(new),
            }
        )
    return rows


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def in_words(offer: Offer) -> str:
    """``mono 0.0085 → 0.0102; base 100 → 120``."""
    if not offer.renewal.reached:
        return _("not by these rates")
    return "; ".join(f"{row['line']} {row['old']} → {row['new']}" for row in rate_rows(offer))


def draft(offer: Offer, effective: str) -> str:
    """A draft version with the new rates, through the same way as every amendment; its name.

    Every line gets the rate of the day that the offer was made at: the rises of an escalator that lie behind are in it.

    Raises:
        frappe.ValidationError: no rates reach the target; the version in force then has other lines.
    """
    if not offer.renewal.reached:
        frappe.throw(_("These rates alone cannot restore a margin of {0} %.").format(plain(offer.target)))
    reason = _("Renewal at a margin of {0} %").format(plain(offer.target))
    doc = frappe.get_doc("Click Contract Version", contract_actions.amend(offer.contract, effective, reason))
    lines = {line.line_id: line for line in offer.renewal.version.lines}
    if {row.line_id for row in doc.lines} != set(lines):
        frappe.throw(
            _("Another version is in force on {0}: make the offer anew.").format(formatdate(effective))
        )
    for row in doc.lines:
        tiers = tiers_of(doc, row.line_id)
        for tier, priced in zip(tiers or [row], lines[row.line_id].price.tiers, strict=True):
            tier.rate = float(priced.rate)
    doc.save()
    return doc.name


def tiers_of(doc: Any, line_id: str) -> Sequence[Any]:
    return [tier for tier in doc.tiers if tier.line_id == line_id]
