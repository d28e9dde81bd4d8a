"""The runs (epochs) of a counter inside a period: what was counted before and after a swap, a reset or a rollover."""

from __future__ import annotations

from dataclasses import dataclass

from mps_module.engine.ledger import Ledger
from mps_module.engine.meterlog import counter_span
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import MeterUsage


@dataclass(frozen=True, slots=True)
class Run:
    """One unbroken run: `end` - `start` clicks. `began`: how it came about; ACTUAL for the one the period opens in."""

    epoch: int
    start: int
    end: int
    began: ReadKind
    first: Read
    last: Read

    @property
    def clicks(self) -> int:
        return self.end - self.start


def runs_of(usage: MeterUsage, ledger: Ledger) -> tuple[Run, ...]:
    """The runs between a usage's two boundaries, oldest first; empty where the counter ran through."""
    opening, closing = usage.opening, usage.closing
    log = ledger.logs.get((usage.unit, usage.meter))
    if log is None or opening is None or closing is None or opening.epoch >= closing.epoch:
        return ()
    reads: dict[int, list[Read]] = {e: [] for e in range(opening.epoch, closing.epoch + 1)}
    for read, epoch in zip(log.reads, log.epochs, strict=True):
        if epoch in reads:
            reads[epoch].append(read)
    found = []
    for epoch, own in reads.items():
        if not own:
            return ()
        if epoch == opening.epoch:
            start, began, first = opening.value, ReadKind.ACTUAL, opening.read or own[0]
        else:
            began, first = own[0].kind, own[0]
            start = 0 if began is ReadKind.ROLLOVER else first.value
        if epoch == closing.epoch:
            end, last = closing.value, closing.read or own[-1]
        else:
            last = own[-1]
            rolled = reads[epoch + 1][0].kind is ReadKind.ROLLOVER if reads[epoch + 1] else False
            end = counter_span(log.digits, last.value) if rolled else last.value
        found.append(Run(epoch, start, end, began, first, last))
    return tuple(found)
