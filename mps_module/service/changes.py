"""Whether anything changed that the board shows, for boards that hear nothing by themselves."""

from __future__ import annotations

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, Max

from mps_module.service.assign_follow import DOCTYPE, OPEN_CALLS


def changes() -> str:
    """Changes with every change of calls and assignments. Three queries."""
    marks = []
    issue = DocType("Issue")
    for table in (issue, DocType(DOCTYPE)):
        newest, count = frappe.qb.from_(table).select(Max(table.modified), Count(table.name)).run()[0]
        marks.append(f"{newest}/{count}")
    # A call's place on the board is written past the document, which leaves its stamp as it was.
    places_taken = (
        frappe.qb.from_(issue)
        .select(issue.mps_board, Count(issue.name))
        .where(issue.status.isin(OPEN_CALLS))
        .groupby(issue.mps_board)
        .orderby(issue.mps_board)
        .limit(20)
        .run()
    )
    return "|".join([*marks, *(f"{state}:{count}" for state, count in places_taken)])
