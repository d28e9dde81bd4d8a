"""The journal of a due date: every row of its posted bills as CSV, for the accounts."""

from __future__ import annotations

import csv
import io
from datetime import date

from mps_module.cli import formats
from mps_module.cli.posted import Posted, write_if_changed
from mps_module.cli.view import bill_number
from mps_module.engine.result import Bill

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


def write_journal(posted: Posted, due: date) -> bool:
    """Bring ``journal.csv`` of a due date in line with its posted bills. True: it was written."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(COLUMNS)
    for bill in posted.on(due):
        out.writerows(journal_rows(bill))
    return write_if_changed(posted.journal(due), text.getvalue().encode("utf-8"))
