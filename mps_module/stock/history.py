"""Past jobs for the kit: parts used on calls, parts that calls were held for, and jobs brought in from elsewhere."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Min, Sum
from frappe.utils import getdate

from mps_module.engine.kit import Job
from mps_module.stock.levels import EPSILON, NO_LIMIT

COLUMNS = {
    "job": ("job", "call", "ticket", "work order", "issue"),
    "date": ("date", "day", "done on", "closed on"),
    "technician": ("technician", "tech", "engineer", "trunk"),
    "territory": ("territory", "region"),
    "model": ("model", "device model"),
    "part": ("part", "item", "item code", "sku"),
    "qty": ("qty", "quantity", "units"),
}
"""Columns of an imported file, and what else they may be called. Only job, date and part must be there."""
NEEDED = ("job", "date", "part")


@dataclass(slots=True)
class _Call:
    """A call while its parts are gathered: used and missed units by item."""

    used: dict[str, float] = field(default_factory=dict)
    missed: dict[str, float] = field(default_factory=dict)
    day: date | None = None
    trunk: str = ""
    model: str = ""

    def needs(self) -> dict[str, int]:
        """A part that was missed at first and used on the second visit was needed once."""
        found = {}
        for item in self.used.keys() | self.missed.keys():
            units = ceil(max(self.used.get(item, 0.0), self.missed.get(item, 0.0)) - EPSILON)
            if units > 0:
                found[item] = units
        return found


def jobs(since: date | None = None) -> list[Job]:
    """All jobs from `since` on, oldest first. A constant number of queries.

    A job's technician is its trunk, its territory that of the trunk. Calls that needed no part are not among them: any
    kit completes those. (Imported jobs without parts are, as their file says.)
    """
    calls: defaultdict[str, _Call] = defaultdict(_Call)
    _add_used(calls)
    _add_missed(calls)
    territories = dict(
        frappe.get_all(
            "Trunk Stock", fields=["name", "territory"], as_list=True, order_by="name", limit=NO_LIMIT
        )
    )
    found = [
        Job.of(
            issue,
            needs,
            technician=call.trunk,
            territory=territories.get(call.trunk) or "",
            model=call.model,
            on=call.day,
        )
        for issue, call in calls.items()
        if (needs := call.needs())
    ]
    found += _imported(territories)
    if since:
        found = [job for job in found if job.on is not None and job.on >= since]
    return sorted(found, key=lambda job: (str(job.on), job.key))


def _add_used(calls: dict[str, _Call]) -> None:
    head, row, device = DocType("Stock Entry"), DocType("Stock Entry Detail"), DocType("MPS Device")
    rows = (
        frappe.qb.from_(row)
        .join(head)
        .on(row.parent == head.name)
        .left_join(device)
        .on(device.name == head.mps_device)
        .select(
            head.mps_issue,
            row.item_code,
            Sum(row.transfer_qty),
            Min(head.posting_date),
            Min(head.mps_trunk),
            Min(device.device_model),
        )
        .where((head.docstatus == 1) & (head.mps_move == "Use") & head.mps_issue.isnotnull())
        .groupby(head.mps_issue, row.item_code)
        .orderby(head.mps_issue, row.item_code)
        .limit(NO_LIMIT)
        .run()
    )
    for issue, item, qty, day, trunk, model in rows:
        call = calls[issue]
        call.used[item] = float(qty or 0)
        call.day = min(call.day or day, day)
        call.trunk, call.model = call.trunk or trunk or "", call.model or model or ""


def _add_missed(calls: dict[str, _Call]) -> None:
    table, device = DocType("MPS Missing Part"), DocType("MPS Device")
    rows = (
        frappe.qb.from_(table)
        .left_join(device)
        .on(device.name == table.device)
        .select(table.issue, table.item, Sum(table.qty), Min(table.missed_at), Min(table.trunk), Min(device.device_model))
        .where(table.issue.isnotnull() & (table.issue != ""))
        .groupby(table.issue, table.item)
        .orderby(table.issue, table.item)
        .limit(NO_LIMIT)
        .run()
    )  # fmt: skip
    for issue, item, qty, at, trunk, model in rows:
        call = calls[issue]
        call.missed[item] = float(qty or 0)
        call.day = min(call.day or at.date(), at.date())
        call.trunk, call.model = call.trunk or trunk or "", call.model or model or ""


def _imported(territories: Mapping[str, str]) -> list[Job]:
    head, row = DocType("MPS Past Job"), DocType("MPS Past Job Part")
    rows = (
        frappe.qb.from_(head)
        .left_join(row)
        .on((row.parent == head.name) & (row.parenttype == "MPS Past Job"))
        .select(head.job_key, head.done_on, head.trunk, head.territory, head.device_model, row.item, row.qty)
        .orderby(head.done_on, head.job_key)
        .limit(NO_LIMIT)
        .run()
    )
    parts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    heads: dict[str, tuple[Any, ...]] = {}
    for key, day, trunk, territory, model, item, qty in rows:
        heads[key] = (day, trunk or "", territory or territories.get(trunk or "") or "", model or "")
        if item and qty:
            parts[key][item] = int(qty)
    return [
        Job.of(f"past:{key}", parts[key], on=day, technician=trunk, territory=territory, model=model)
        for key, (day, trunk, territory, model) in heads.items()
    ]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `refused`: (row number, why)."""

    rows: int
    jobs: int
    refused: tuple[tuple[int, str], ...]


def import_csv(content: str) -> Imported:
    """Bring jobs in from a file: one row for each part of a job; a job without part has one row with no part.

    A job that is brought in again replaces the one before. A row that cannot be taken is told, and
    its whole job stays out: a job without one of its parts would teach the kit something false.

    Raises:
        frappe.ValidationError: the file has no header with job, date and part.
    """
    rows = list(_rows(content))
    known = _Known.of(rows)
    gathered: dict[str, dict[str, Any]] = {}
    refused: list[tuple[int, str]] = []
    spoiled: set[str] = set()
    for number, row in rows:
        problem = known.problem(row)
        if problem:
            refused.append((number, problem))
            spoiled.add(row["job"])
            continue
        job = gathered.setdefault(row["job"], {"row": row, "parts": defaultdict(int)})
        if row["part"]:
            job["parts"][row["part"]] += int(float(row["qty"] or 1))
    kept = {key: job for key, job in gathered.items() if key not in spoiled}
    for key, job in kept.items():
        _store(key, job["row"], job["parts"], known)
    return Imported(len(rows), len(kept), tuple(refused))


def _rows(content: str) -> Iterable[tuple[int, dict[str, str]]]:
    text = content.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = [cell.strip().lower().replace("_", " ") for cell in next(reader, [])]
    at = {
        column: next((header.index(name) for name in names if name in header), None)
        for column, names in COLUMNS.items()
    }
    absent = [column for column in NEEDED if at[column] is None]
    if absent:
        frappe.throw(_("The file lacks the columns {0}.").format(", ".join(absent)))
    for number, cells in enumerate(reader, 2):
        if any(cell.strip() for cell in cells):
            yield (
                number,
                {
                    column: cells[place].strip() if place is not None and place < len(cells) else ""
                    for column, place in at.items()
                },
            )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the site knows of the names in a file."""

    items: frozenset[str]
    trunks: Mapping[str, str]
    territories: frozenset[str]
    models: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[tuple[int, dict[str, str]]]) -> _Known:
        listed = [row for _number, row in rows]

        def names(doctype: str, column: str) -> frozenset[str]:
            wanted = sorted({row[column] for row in listed} - {""})
            if not wanted:
                return frozenset()
            return frozenset(
                frappe.get_all(
                    doctype, {"name": ("in", wanted)}, pluck="name", order_by="name", limit=NO_LIMIT
                )
            )

        trunks: dict[str, str] = {}
        for row in frappe.get_all(
            "Trunk Stock",
            fields=["name", "technician", "technician_name", "user"],
            order_by="name",
            limit=NO_LIMIT,
        ):
            for name in (row.name, row.technician, row.technician_name, row.user):
                if name:
                    trunks.setdefault(name.lower(), row.name)
        return cls(
            names("Item", "part"), trunks, names("Territory", "territory"), names("MPS Device Model", "model")
        )

    def problem(self, row: Mapping[str, str]) -> str:
        """Why a row cannot be taken; empty: it can."""
        if not row["job"]:
            return _("no job")
        try:
            getdate(date.fromisoformat(row["date"]))
        except ValueError:
            return _("{0} is no date (year-month-day)").format(row["date"] or "?")
        if row["part"] and row["part"] not in self.items:
            return _("there is no item {0}").format(row["part"])
        qty = row["qty"] or "1"
        if not qty.replace(".", "", 1).isdigit() or float(qty) != int(float(qty)):
            return _("{0} is no number of units").format(qty)
        return ""


def _store(key: str, row: Mapping[str, str], parts: Mapping[str, int], known: _Known) -> None:
    """Unknown technicians, territories and models are kept out of the links, not out of the history."""
    name = frappe.db.get_value("MPS Past Job", {"job_key": key}, "name", order_by="creation")
    doc = frappe.get_doc("MPS Past Job", name) if name else frappe.new_doc("MPS Past Job")
    doc.update(
        {
            "job_key": key,
            "done_on": row["date"],
            "trunk": known.trunks.get(row["technician"].lower()),
            "technician_text": row["technician"],
            "territory": row["territory"] if row["territory"] in known.territories else None,
            "device_model": row["model"] if row["model"] in known.models else None,
        }
    )
    doc.set("parts", [{"item": item, "qty": qty} for item, qty in sorted(parts.items()) if qty])
    doc.save()
