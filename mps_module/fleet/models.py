"""Checks on device models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from mps_module.engine.meters import parse_formula

if TYPE_CHECKING:
    from frappe.model.document import Document


def check_model(model: Document) -> None:
    """Each meter once; formulas can be read, use the model's own meters and do not run in a circle.

    Raises:
        frappe.ValidationError: with the row.
    """
    formulas: dict[str, set[str]] = {}
    for row in model.meters:
        if row.meter in formulas:
            frappe.throw(_("Row {0}: {1} is listed twice.").format(row.idx, frappe.bold(row.meter)))
        try:
            formulas[row.meter] = set(parse_formula(row.formula)) if (row.formula or "").strip() else set()
        except ValueError as problem:
            frappe.throw(_("Row {0}: {1}").format(row.idx, str(problem)))
    for meter, terms in formulas.items():
        strange = sorted(terms - set(formulas))
        if strange:
            frappe.throw(
                _("{0} is computed from {1}, which is no meter of this model.").format(
                    meter, ", ".join(strange)
                )
            )
        if _reaches(formulas, meter, terms):
            frappe.throw(_("{0} is computed from itself.").format(frappe.bold(meter)))


def _reaches(formulas: dict[str, set[str]], meter: str, terms: set[str]) -> bool:
    open_terms, seen = list(terms), set()
    while open_terms:
        term = open_terms.pop()
        if term == meter:
            return True
        if term not in seen:
            seen.add(term)
            open_terms += formulas.get(term, ())
    return False
