"""A unit that goes on under another contract: what the first one closes at is what the second one opens at (section 2).

The tolerance windows of a closing day and of the first day after it differ by a day at both ends, and an estimate of
the one may meet a read in the window of the other. So the contract that goes on is told where the one before closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from mps_module.engine.adjust import pins_of
from mps_module.engine.contract import Contract
from mps_module.engine.ledger import Ledger, Pins
from mps_module.engine.result import Basis, Bill
from mps_module.engine.schedule import Stream, periods
from mps_module.engine.usage import reading_of

LONGEST_CYCLE = timedelta(days=367)


def closing_pins(
    contract: Contract, ledger: Ledger, unit: str, day: date, posted: Sequence[Bill] = ()
) -> Pins:
    """The boundaries that `contract` closes the counters of `unit` at on `day`, the unit's last one there.

    Args:
        ledger: of `contract`, with the pins of its posted bills.
        posted: its posted bills. What they closed at stands where the contract is over, since it has no bill left that
            could adjust it; a contract that goes on adjusts, so there today's boundary counts.

    Returns: pins for the ledger of the contract that covers the unit from the next day on.
    """
    over = contract.end is not None and contract.end <= day
    told = {key: pin for key, pin in pins_of(posted).items() if key[0] == unit and key[2:] == (day, False)}
    found = dict(told) if over else {}
    walk = periods(contract, Stream.OVERAGE, None, day + LONGEST_CYCLE)
    own = next((one for one in walk if one.period.start <= day <= one.period.end), None)
    if own is None:
        return found
    tolerance, allowed = reading_of(own.version.rules)
    for device, meter in ledger.logs:
        key = (device, meter, day, False)
        if device == unit and key not in found:
            boundary = ledger.boundary(
                device, meter, day, tolerance, last_day=True, estimates_allowed=allowed
            )
            if boundary.basis is not Basis.MISSING:
                found[key] = boundary
    return found
