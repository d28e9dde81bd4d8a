"""Links on the page of an MPS Supply Request."""

from __future__ import annotations

from typing import Any

from frappe import _


def get_data() -> dict[str, Any]:
    return {
        "fieldname": "mps_supply_request",
        "internal_links": {
            "MPS Device": "device",
            "Material Request": "material_request",
            "Stock Entry": "stock_entry",
            "Sales Order": "sales_order",
            "Delivery Note": "delivery_note",
        },
        "transactions": [
            {"label": _("For"), "items": ["MPS Device"]},
            {"label": _("Without a Price"), "items": ["Material Request", "Stock Entry"]},
            {"label": _("Sold"), "items": ["Sales Order", "Delivery Note", "Sales Invoice"]},
        ],
    }
