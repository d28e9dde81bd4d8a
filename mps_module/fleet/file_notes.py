"""What is told about a file as a whole: its oddities in the words of the desk, and totals that miss their parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING

from frappe import _

from mps_module.engine.meters import PARTS, TOTAL, SumCheck, sum_check
from mps_module.readers.times import from_micros

if TYPE_CHECKING:
    from mps_module.fleet.read_file import FileRows
    from mps_module.readers.issue import Issue

MOST_SUMS = 20
#: The readers speak of the settings file of the command line; here the import's own fields say the same.
TODO_HERE: Mapping[str, str] = {
    "columns-unknown": "Name the columns, or map them in Column Mapping.",
    "not-a-date": "Write dates as 2026-03-31, or say in Date Format how they are written.",
    "date-ambiguous": "Say in Date Format how dates are written.",
    "number-ambiguous": "Say in Numbers Look Like how numbers are written.",
    "number-style": "Correct the cell, or Numbers Look Like.",
    "duplicate-header": "Rename or remove one of the columns, or map them in Column Mapping.",
    "device-missing": 'Choose the device; or name the file after it, or map it: {"device": "DEV-00012"}.',
    "meter-unknown": "Choose the meter; or add a meter type, or map the column in Column Mapping.",
    "encoding": "Look at names with accents; if they are wrong, save the file as UTF-8.",
}


def todo_here(issue: Issue) -> str:
    """What to do about an oddity of a file, on the desk."""
    if ".yaml" in issue.todo or ".csv" in issue.todo:
        return TODO_HERE.get(issue.code, "")
    return issue.todo


def note_of(issue: Issue) -> str:
    return " ".join(part for part in (f"{issue.place}:", issue.message, todo_here(issue)) if part)


def sum_notes(found: FileRows, zone: tzinfo) -> list[str]:
    """Totals that are not the sum of their parts, the worst first; shown, never hidden (a real device misses by 7)."""
    if TOTAL not in found.meters or sum(part in found.meters for part in PARTS) < 2:
        return []
    off = sorted(_differences(found), key=lambda each: -abs(each[2].difference))
    lines = [
        _("{0}, {1}: {2}").format(device, f"{from_micros(micros, zone):%Y-%m-%d %H:%M}", check.message)
        for device, micros, check in off[:MOST_SUMS]
    ]
    if len(off) > MOST_SUMS:
        lines.append(_("… and {0} more totals that miss their parts.").format(len(off) - MOST_SUMS))
    return lines


def _differences(found: FileRows) -> Iterator[tuple[str, int, SumCheck]]:
    wanted = {number: meter for number, meter in enumerate(found.meters) if meter in (TOTAL, *PARTS)}
    for ref, rows in found.reads.items():
        moments: defaultdict[int, dict[str, int]] = defaultdict(dict)
        for _table, raw in rows:
            if raw.meter in wanted:
                moments[raw.micros][wanted[raw.meter]] = raw.value
        for micros, values in moments.items():
            check = sum_check(values) if len(values) > 2 else None
            if check is not None and not check.agrees:
                yield found.devices[ref], micros, check
