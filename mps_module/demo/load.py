"""Load a folder into a site: customers, models, devices, contracts, reads, calls. Twice does no harm.

What the desk would refuse is refused here too, and named in the result; everything else is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import frappe
from frappe.utils import update_progress_bar

import mps_module
from mps_module.cli import store
from mps_module.demo import agreements, fleet, reads

EXAMPLE = Path(mps_module.__file__).parents[1] / "examples" / "dealer"


def load(folder: str | None = None, company: str | None = None) -> dict[str, Any]:
    """Load the example dealer, or any folder that `mps bill` takes, into this site.

    Args:
        folder: default: the example dealer of the app's own checkout.
        company: whose customers these are; default: the site's default company.

    Returns: what was made, by kind, and `refused`: what the desk did not take, with its reason.

    Raises:
        frappe.ValidationError: no such folder, no company.
    """
    path = Path(folder) if folder else EXAMPLE
    if not path.is_dir():
        frappe.throw(frappe._("{0} is no folder").format(path))
    company = company or frappe.defaults.get_global_default("company")
    if not company:
        frappe.throw(frappe._("Set up a company first, or name one."))
    with store.load(path) as data:
        site = Loader(company)
        site.each("Customers", data.customers(), fleet.customer)
        site.each("Models", data.models.values(), fleet.model)
        site.each("Devices", data.devices(), fleet.device, data)
        for title, steps in (("Contracts", agreements.contract), ("Service charges", agreements.charges)):
            site.each(title, data.contract_ids(), steps, data)
        for contract_id in data.blocked_ids():
            findings = "; ".join(f.message for f in data.findings(contract_id))
            site.refused.append(f"Contract {contract_id}: {findings}")
        reads.load(path, data, site)
    return {**site.made, "refused": site.refused}


class Loader:
    """Makes documents one by one, each in a savepoint of its own, and counts."""

    def __init__(self, company: str) -> None:
        self.company = company
        self.currency = frappe.get_cached_value("Company", company, "default_currency")
        self.made: dict[str, Any] = {}
        self.refused: list[str] = []

    def each(self, title: str, values: Iterable[Any], make: Callable, *more: Any) -> None:
        """`make(self, value, *more)` for every value, with a progress bar; a refusal is noted and the next one made."""
        values = list(values)
        for number, value in enumerate(values):
            update_progress_bar(title, number, len(values))
            frappe.db.savepoint("mps_demo")
            try:
                make(self, value, *more)
            except frappe.ValidationError as error:
                frappe.db.rollback(save_point="mps_demo")
                self.refused.append(f"{title}: {name_of(value)}: {frappe.utils.strip_html(str(error))}")
            frappe.clear_messages()

    def insert(self, doctype: str, name: str, **values: Any):
        """The document of that name; made if it is missing."""
        if frappe.db.exists(doctype, name):
            return frappe.get_doc(doctype, name)
        made = frappe.get_doc({"doctype": doctype, **values})
        made.insert(set_name=name)
        self.made[doctype] = self.made.get(doctype, 0) + 1
        return made


def name_of(value: Any) -> str:
    for key in ("customer", "device", "model"):
        if hasattr(value, key):
            found = getattr(value, key)
            return found if isinstance(found, str) else getattr(found, "device", "")
    return str(value)
