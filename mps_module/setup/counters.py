"""Counters of our naming series, there before the first document.

Frappe makes a series' row with its first document. Two first documents at the same moment would both find no row, lock
the gap and shut each other out of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import frappe
from frappe.model.naming import NamingSeries


def apply() -> None:
    """Make the rows that are missing; a counter that is in use keeps its number."""
    for series in names():
        counter = NamingSeries(series)
        counter.update_counter(counter.get_current_value())


def names() -> Iterator[str]:
    """Every naming series of this app's doctypes, as ``SUP-.#####``."""
    module = {"module": "Managed Print", "istable": 0}
    for doctype in frappe.get_all("DocType", module, pluck="name", order_by="name", limit=0):
        meta = frappe.get_meta(doctype)
        autoname = meta.autoname or ""
        if autoname == "naming_series:":
            yield from filter(None, (meta.get_options("naming_series") or "").split("\n"))
        elif ".#" in autoname:
            yield autoname
