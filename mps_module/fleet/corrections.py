"""What a correction corrects: a read of the ledger, a row that came in with it, or one that waits in quarantine.

A wrong reading that never came into the ledger cannot be superseded there: its correction is entered as the reading
itself, and the row in quarantine is settled with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import frappe
from frappe import _

from mps_module.engine.reads import Verdict
from mps_module.fleet import store
from mps_module.fleet.rows import Incoming

if TYPE_CHECKING:
    from mps_module.fleet.intake import Outcome

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrections of one lot of rows, by their positions.

    Attributes:
        rows: correction -> the row of the lot that it replaces.
        waiting: correction -> the row of the quarantine that it puts right, or put right before.
    """

    rows: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, str] = field(default_factory=dict)

    def settle(self, incoming: Sequence[Incoming], outcomes: Sequence[Outcome]) -> None:
        """Close the rows of the quarantine whose corrections came in."""
        names = {n: outcomes[m].quarantine for n, m in self.rows.items()} | self.waiting
        for n, name in names.items():
            if not (name and outcomes[n].read):
                continue
            if frappe.db.get_value("Meter Read Quarantine", name, "status") == "Open":
                store.resolve(name, "Repaired", read=outcomes[n].read, reason=incoming[n].reason)

    def without_target(self, accepted: list[store.Accepted], outcomes: list[Outcome]) -> None:
        """Let accepted corrections of rows that were refused stand as reads of their own.

        One that stands already, because the same rows came in before, is a duplicate.
        """
        refused = {
            outcomes[n].read: n for n, m in self.rows.items() if outcomes[m].verdict is Verdict.QUARANTINED
        }
        alone = [each for each in accepted if each.name in refused]
        for each in alone:
            each.row.supersedes = ""
            each.key = store.read_key(each.row)
        standing = store.reads_with([each.key for each in alone])
        for each in alone:
            if each.key in standing:
                accepted.remove(each)
                n = refused[each.name]
                outcomes[n] = replace(outcomes[n], verdict=Verdict.DUPLICATE, read=standing[each.key])


def place_of(row: Incoming) -> str:
    """Where a row stood, as a correction names it: ``reads/march.csv:17``."""
    return f"{row.file}:{row.row_no}" if row.file and row.row_no else ""


def corrections_in(incoming: Sequence[Incoming]) -> Corrections:
    """What the corrections among some rows correct, save reads of the ledger. One query, where there are any.

    A correction without a reason of something that is no read yet is a problem of its row.
    """
    wanted = {row.supersedes for row in incoming if row.supersedes}
    found = Corrections()
    if not wanted:
        return found
    named: defaultdict[str, list[int]] = defaultdict(list)
    for m, row in enumerate(incoming):
        for ref in {row.read_id, place_of(row)} & wanted:
            named[ref].append(m)
    waiting = in_quarantine(wanted - named.keys())
    for n, row in enumerate(incoming):
        if not row.supersedes or row.problem is not None:
            continue
        target = _row_meant(incoming, n, named[row.supersedes])
        if target is not None:
            found.rows[n] = target
            continue
        for one in waiting.get(row.supersedes, ()):
            if one.meter in (None, "", row.meter) and one.device in (None, "", row.device):
                found.waiting[n] = one.name
                break
    for n in [*found.waiting, *(n for n, m in found.rows.items() if incoming[m].problem is not None)]:
        if not incoming[n].reason.strip():
            incoming[n].problem = (
                "no-reason",
                _("A read can only be superseded with a reason."),
                _("Say why the earlier value was wrong."),
            )
    return found


def _row_meant(incoming: Sequence[Incoming], n: int, candidates: Sequence[int]) -> int | None:
    """The row that a correction names: a row of several meters has one place, so the meter decides."""
    row = incoming[n]
    for m in candidates:
        other = incoming[m]
        same = (other.device, other.meter) == (row.device, row.meter)
        unreadable = other.problem is not None and other.device in ("", row.device)
        if m != n and (same or (unreadable and other.meter in ("", row.meter))):
            return m
    return None


def in_quarantine(refs: set[str]) -> dict[str, list]:
    """Rows of the quarantine by what corrections call them: their name, or their file and row."""
    places = dict.fromkeys(refs)
    files = {ref.rpartition(":")[0] for ref in places if ref.rpartition(":")[2].isdigit()}
    found: defaultdict[str, list] = defaultdict(list)
    if not refs:
        return found
    for row in frappe.get_all(
        "Meter Read Quarantine",
        or_filters={"name": ["in", sorted(refs)], "file": ["in", sorted(files | {""})]},
        fields=["name", "file", "row_no", "device", "meter"],
        order_by="name desc",
        limit=MOST,
    ):
        for ref in {row.name, f"{row.file}:{row.row_no}"} & refs:
            found[ref].append(row)
    return found
