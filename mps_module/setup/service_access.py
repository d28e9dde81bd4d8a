"""Who works with the ERP's calls and visits: the app's own roles, beside the ERP's Support Team and Maintenance User."""

from __future__ import annotations

import frappe
from frappe.permissions import setup_custom_perms

OFFICE = ("read", "write", "create", "report", "email", "print", "share", "export")
GRANTS: dict[str, dict[str, tuple[str, ...]]] = {
    "Issue": {
        "MPS Service": OFFICE,
        "MPS Manager": (*OFFICE, "delete"),
        "MPS Billing": ("read", "report", "print"),
        "MPS Technician": ("read", "print"),
    },
    "Maintenance Visit": {
        "MPS Service": (*OFFICE, "submit"),
        "MPS Manager": (*OFFICE, "submit", "cancel", "delete", "amend"),
        "MPS Billing": ("read", "report", "print"),
        "MPS Technician": ("read", "print"),
    },
    "Warranty Claim": {
        "MPS Service": OFFICE,
        "MPS Manager": (*OFFICE, "delete"),
        "MPS Billing": ("read", "write", "report", "email", "print", "export"),
    },
}
"""A technician sees the own calls and visits alone: `service.access`."""


def apply() -> None:
    """Grant once; a right that somebody took away from a role that has a rule stays away. Safe to repeat."""
    for doctype, roles in GRANTS.items():
        setup_custom_perms(doctype)
        for role, rights in roles.items():
            rule = {"parent": doctype, "role": role, "permlevel": 0, "if_owner": 0}
            if frappe.db.exists("Custom DocPerm", rule):
                continue
            doc = frappe.get_doc(
                {
                    "doctype": "Custom DocPerm",
                    "parenttype": "DocType",
                    "parentfield": "permissions",
                    **rule,
                    **{
                        right: int(right in rights)
                        for right in ("select", "read", *OFFICE, "submit", "cancel")
                    },
                    **dict.fromkeys(rights, 1),
                }
            )
            doc.insert(ignore_permissions=True)
        frappe.clear_cache(doctype=doctype)
