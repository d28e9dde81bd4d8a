"""Links on the page of a Click Contract."""

from __future__ import annotations

from typing import Any

from frappe import _


def get_data() -> dict[str, Any]:
    return {
        "fieldname": "contract",
        "non_standard_fieldnames": {"Sales Invoice": "mps_contract"},
        "internal_links": {
            "Customer": "customer",
            "Project": "project",
            "Service Level Agreement": "sla",
            "MPS Device": ["covers", "device"],
        },
        "transactions": [
            {"label": _("Contract"), "items": ["Click Contract Version", "MPS Device"]},
            {"label": _("Billing"), "items": ["Click Bill", "Sales Invoice", "MPS Service Charge"]},
            {"label": _("Where It Belongs"), "items": ["Customer", "Project", "Service Level Agreement"]},
        ],
    }
