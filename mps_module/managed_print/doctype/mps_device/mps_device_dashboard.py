"""Links on the page of an MPS Device."""

from __future__ import annotations

from typing import Any

from frappe import _


def get_data() -> dict[str, Any]:
    return {
        "fieldname": "device",
        "internal_links": {"Customer": "customer", "Serial No": "serial_no", "Asset": "asset"},
        "transactions": [
            {"label": _("Reads"), "items": ["Meter Read", "Meter Read Quarantine"]},
            {"label": _("Where It Belongs"), "items": ["Customer", "Serial No", "Asset"]},
        ],
    }
