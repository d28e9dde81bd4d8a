"""`mps explain`: one bill unfolded to its reads and arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from mps_module.cli import console
from mps_module.cli.billing import Case, Span, make_bill
from mps_module.cli.folder import Folder
from mps_module.cli.posted import Posted
from mps_module.cli.unfold import bill_tree
from mps_module.engine import codec
from mps_module.engine.result import Bill
from mps_module.engine.schedule import due_periods


@dataclass(frozen=True, slots=True)
class Explained:
    """`posted`: the bill is shown as it was posted; else as it would be today."""

    bill: Bill
    posted: bool
    case: Case


def find_bill(folder: Folder, posted: Posted, contract: str, due: date | None, span: Span) -> Explained:
    """The bill of a due date; without one the last of the span, else the last posted, else the last until its end.

    Raises: UsageProblem: no such contract, nothing due then.
    """
    folder.choose((contract,))
    folder.must_be_sound(contract)
    case = folder.case(contract, posted)
    dues, today = posted.dues(contract), span.until
    if due is None and span.start is not None:
        inside = due_periods(case.contract, span.start, span.until)
        if not inside:
            raise console.UsageProblem(f"No bill of {contract} falls due from {span.start} to {span.until}.")
        due = inside[-1].due
    if due is None and dues:
        due = dues[-1]
    if due in dues:
        return Explained(next(b for b in case.posted if b.period.due == due), True, case)
    periods = due_periods(case.contract, None, due or today)
    if not periods or (due is not None and periods[-1].due != due):
        around = due or today
        every = [p.due for p in due_periods(case.contract, None, around + timedelta(days=370))]
        near = sorted(sorted(every, key=lambda day: abs(day - around))[:6])
        said = ", ".join(str(d) for d in near) or "none"
        raise console.UsageProblem(
            f"No bill of {contract} falls due {f'on {due}' if due else 'yet'}. Near dates: {said}."
        )
    period = periods[-1]
    return Explained(
        make_bill(case, period, folder.norms(period.due), case.compared_with(period)), False, case
    )


def run_explain(
    path: Path,
    contract: str,
    due: date | None,
    today: date,
    as_json: bool,
    devices: int | None,
    out: Path | None,
) -> int:
    """Show one bill. Raises: UsageProblem, PostedError."""
    folder = Folder(path)
    found = find_bill(folder, Posted(out or path / "bills"), contract, due, Span(today))
    if as_json:
        console.print_json(explain_json(found))
    else:
        screen = console.out()
        screen.print(bill_tree(found.bill, devices, found.case.ledger))
        screen.print("[dim]as posted[/]" if found.posted else "[dim]not posted: as it would be now[/]")
    return console.OK


def explain_json(found: Explained) -> dict[str, Any]:
    return {"posted": found.posted, "digest": codec.digest(found.bill), "bill": codec.encode_bill(found.bill)}
