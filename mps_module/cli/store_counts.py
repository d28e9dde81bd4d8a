"""What became of the rows of a file, counted from the issues that were written down; and what to do about a read."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from mps_module.engine.reads import Verdict
from mps_module.readers.issue import RANK, VERDICTS, Counts, FileTally

# What to do about the engine's verdicts on reads.
TODO = {
    "conflict": "Find out which value is right and remove the other row, or supersede it.",
    "lower-than-before": "Say kind: reset or rollover where the counter began anew, else correct the value.",
    "above-expected": "Look at the device or ask the customer; a slipped digit shows here first.",
    "above-next": "Compare with the reads before and after it, and correct the one that is wrong.",
    "future-time": "Correct the time, or say kind: estimate.",
    "virtual-meter": "Nothing, if the model's formula is right; else remove the formula from models.csv.",
    "too-many-digits": "Correct the value, or the meter's digits in models.csv.",
    "no-reason": "Fill in the column “reason”.",
    "supersedes-unknown": "Write the read's id or place, such as reads/march.csv:17.",
    "duplicate": "Nothing: it counts once.",
}


def tally_of(
    sql: sqlite3.Connection, name: str, kind: str, rows: int, reads: int | None, aside: int, reads_aside: int
) -> FileTally:
    """Counts of one file. `aside`, `reads_aside`: rows and reads that were set aside together, without an issue each."""
    found = sql.execute(
        """select record, meter, max(verdict), max(reads) from issue where file = ? and record > 0 and verdict > 0
        group by record, meter order by record""",
        (name,),
    )
    if reads is None:
        worst = {}
        for record, _, rank, _ in found:
            worst[record] = max(rank, worst.get(record, 0))
        return FileTally(name, kind, Counts.of(rows, (VERDICTS[rank] for rank in worst.values()), aside))
    of_rows: list[Verdict] = []
    of_reads: list[Verdict] = []
    for _, group in groupby(found, key=itemgetter(0)):
        ranks = _read_ranks([row[1:] for row in group])
        of_reads += [VERDICTS[rank] for rank in ranks if rank]
        of_rows.append(_row_verdict(ranks))
    return FileTally(
        name, kind,
        Counts.of(rows, (verdict for verdict in of_rows if verdict is not Verdict.ACCEPTED), aside),
        Counts.of(reads, of_reads, reads_aside),
    )  # fmt: skip


def _read_ranks(issues: Sequence[tuple[str, int, int]]) -> list[int]:
    """Ranks of all reads of one row, from its issues (meter or "", rank, reads on the row)."""
    many = max(reads for _, _, reads in issues)
    whole = max((rank for meter, rank, _ in issues if not meter), default=0)
    own = [max(rank, whole) for meter, rank, _ in issues if meter]
    return [*own, *[whole] * (many - len(own))]


def _row_verdict(ranks: Sequence[int]) -> Verdict:
    """A row counts as set aside (or as a duplicate) when all its reads do; as flagged when anything is odd."""
    if min(ranks) == max(ranks):
        return VERDICTS[ranks[0]]
    odd = {RANK[Verdict.QUARANTINED], RANK[Verdict.FLAGGED]}
    return Verdict.FLAGGED if odd & set(ranks) else Verdict.ACCEPTED
