"""Links on the page of a Meter Read Import."""

from __future__ import annotations

from typing import Any

from frappe import _


def get_data() -> dict[str, Any]:
    return {
        "fieldname": "batch",
        "transactions": [{"label": _("What Became of It"), "items": ["Meter Read", "Meter Read Quarantine"]}],
    }
