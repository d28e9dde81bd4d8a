"""Levels from an uploaded file, by the same reader as the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import frappe
from frappe import _

from mps_module.engine.reads import ReadSource, Verdict
from mps_module.fleet.clock import site_zone
from mps_module.readers.issue import BadValue, Issue
from mps_module.readers.levels import LEVELS, read_rows
from mps_module.readers.settings import Settings
from mps_module.service import toner_levels

MOST_TOLD = 50


def import_file(path: str, title: str, batch: str) -> dict[str, Any]:
    """Enter the levels of a CSV or XLSX file.

    Returns:
        {"counts": as `toner_levels.Entry.counts`, "problems": [text, …] of the first rows that could not be taken}

    Raises:
        frappe.ValidationError: the file cannot be read, or none of its columns is a level.
    """
    issues: list[Issue] = []
    settings = Settings(timezone=str(site_zone()))
    rows = []
    try:
        for number, row in read_rows(LEVELS, Path(path), settings, issues):
            for supply, level in row.levels:
                at = {"device": row.device, "serial": row.serial, "taken_at": row.taken_at}
                rows.append((number, {**at, "supply": supply, "level": level, "max": row.max}))
    except BadValue as bad:
        frappe.throw(f"{bad.message} {bad.todo}")
    aside = [issue for issue in issues if issue.verdict is Verdict.QUARANTINED]
    if not rows and aside:
        frappe.throw(_("{0}: {1}").format(title, aside[0].message))
    entry = toner_levels.enter_levels([row for _number, row in rows], ReadSource.IMPORT, batch=batch)
    problems = [_("Row {0}: {1}").format(issue.row, issue.message) for issue in aside]
    for (number, _row), found in zip(rows, entry.rows, strict=True):
        if found.verdict == toner_levels.REFUSED:
            problems.append(_("Row {0}: {1}").format(number, found.message))
    counts = entry.counts
    counts["received"] += len(aside)
    counts["refused"] += len(aside)
    return {"counts": counts, "problems": problems[:MOST_TOLD]}
