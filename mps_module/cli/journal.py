"""The journal of a due date: every row of its posted bills as CSV, for the accounts; beside it the parts of split bills."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from mps_module.cli import formats
from mps_module.cli.posted import Posted, write_if_changed
from mps_module.cli.view import bill_number
from mps_module.engine.result import Bill
from mps_module.engine.split import BillPart

COLUMNS = (
    "bill",
    "due",
    "contract",
    "customer",
    "line",
    "kind",
    "item",
    "description",
    "period_start",
    "period_end",
    "quantity",
    "rate",
    "amount",
    "currency",
    "cost_center",
    "estimated",
)


def journal_rows(bill: Bill) -> list[tuple[str, ...]]:
    """One row a bill line; numbers without thousands separators."""
    return [
        (
            bill_number(bill),
            bill.period.due.isoformat(),
            bill.contract,
            bill.customer,
            line.line_id,
            line.kind.value,
            line.item,
            line.description,
            line.period.start.isoformat(),
            line.period.end.isoformat(),
            formats.plain(line.quantity),
            formats.plain(line.rate),
            f"{line.amount:f}",
            bill.currency,
            line.cost_center,
            "yes" if line.estimated else "no",
        )
        for line in bill.lines
    ]


def write_parts(path: Path, bill: Bill, parts: Sequence[BillPart]) -> bool:
    """The rows of a bill that is split, part by part, so that each part can be an invoice of its own; the name of the part
    stands in front. True: the file was written."""
    rows = [
        (part.key, *row)
        for part in parts
        for row in journal_rows(replace(bill, lines=part.lines, total=part.total))
    ]
    return write_if_changed(path, _csv([("part", *COLUMNS), *rows]))


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def write_journal(posted: Posted, due: date) -> bool:
    """Bring ``journal.csv`` of a due date in line with its posted bills. True: it was written."""
    rows = (row for bill in posted.on(due) for row in journal_rows(bill))
    return write_if_changed(posted.journal(due), _csv([COLUMNS, *rows]))
