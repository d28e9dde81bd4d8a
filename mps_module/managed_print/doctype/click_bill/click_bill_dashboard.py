"""Links on the page of a Click Bill."""

from __future__ import annotations

from typing import Any

from frappe import _


def get_data() -> dict[str, Any]:
    return {
        "fieldname": "mps_click_bill",
        "internal_links": {
            "Customer": "customer",
            "Click Contract": "contract",
            "Click Billing Run": "run",
        },
        "transactions": [
            {"label": _("Invoices"), "items": ["Sales Invoice"]},
            {"label": _("Where It Belongs"), "items": ["Click Contract", "Customer", "Click Billing Run"]},
        ],
    }
