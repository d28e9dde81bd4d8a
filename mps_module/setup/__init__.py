"""What the app adds to a site besides its own doctypes: custom fields, property setters, defaults."""

from __future__ import annotations

import frappe

#: Dotted names of set-up functions, in the order in which they run. Each must be safe to repeat.
STEPS: tuple[str, ...] = (
    "mps_module.setup.billing.apply",
    "mps_module.setup.stock.apply",
    "mps_module.setup.service.apply",
    "mps_module.setup.service_access.apply",
    "mps_module.setup.upkeep.apply",
    "mps_module.setup.counters.apply",
)


def apply() -> None:
    """Run every set-up step; called after install and by a numbered line of patches.txt."""
    for step in STEPS:
        frappe.get_attr(step)()
