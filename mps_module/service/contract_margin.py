"""Margin of contracts over a period, with all their costs and the price that restores the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe

from mps_module.billing.margin import Margin, margins
from mps_module.billing.posted import posted_bills
from mps_module.billing.terms import exact
from mps_module.managed_print.report.columns import contracts_of
from mps_module.service.costs import add_service
from mps_module.service.renewal import Offer, offers, target_margin

STATUSES = ("Active", "Suspended", "Ended")


@dataclass(slots=True)
class Found:
    """Margins by contract, the contracts themselves, and the offers that were asked for."""

    margins: dict[str, Margin]
    contracts: dict[str, Any]
    offers: dict[str, Offer]


def find(filters: Mapping[str, Any], start: date, end: date, change: str = "") -> Found:
    """Margins of the contracts that the user may see.

    Args:
        filters: company, customer, contract, service_rate, target; each may be missing.
        change: what a renewal may change (`engine.margin.SCALED`); empty: no offers.
    """
    bills = posted_bills({**filters, "from_date": start, "to_date": end})
    contracts = {row.name: row for row in contracts_of(filters, STATUSES)}
    for row in bills:
        contracts.setdefault(row.contract, frappe._dict(row, name=row.contract))
    found = margins(bills, exact(filters.get("service_rate")), (str(start), str(end)), contracts)
    add_service(found, start, end, filters.get("company") or "", contracts)
    made = {}
    if change:
        made = offers(found, start, end, change, target_margin(filters.get("target")))
    return Found(found, contracts, made)
