"""Submitted MPS Service Charges -> the calls that the engine bills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from frappe.utils import getdate

from mps_module.billing.contracts import children, rows_of
from mps_module.billing.terms import exact
from mps_module.engine.contract import PartUsed, ServiceCall

FIELDS = (
    "name",
    "contract",
    "call_ref",
    "device",
    "unit_label",
    "call_date",
    "incident",
    "labour_hours",
    "travel",
    "description",
)


def load_calls(contracts: Sequence[str]) -> dict[str, tuple[ServiceCall, ...]]:
    """Billable calls by contract, in order of their day. Two queries, however many contracts."""
    if not contracts:
        return {}
    rows = rows_of(
        "MPS Service Charge",
        {"contract": ["in", list(contracts)], "docstatus": 1},
        FIELDS,
        "call_date asc, name asc",
    )
    parts = children("MPS Service Charge Part", [row["name"] for row in rows])
    found = defaultdict(list)
    for row in rows:
        found[row["contract"]].append(
            ServiceCall(
                call=row["call_ref"] or row["name"],
                unit=row["device"] or row["unit_label"] or "",
                day=getdate(row["call_date"]),
                incident=bool(row["incident"]),
                labour_hours=exact(row["labour_hours"]),
                travel=exact(row["travel"]),
                parts=tuple(
                    PartUsed(p["item"], exact(p["quantity"]), exact(p["rate"]), p["description"] or "")
                    for p in parts[row["name"]]
                ),
                description=row["description"] or "",
            )
        )
    return {name: tuple(found[name]) for name in contracts}
