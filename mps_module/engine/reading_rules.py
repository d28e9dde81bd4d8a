"""What a bill's reads must fulfil: no missing boundary, no estimate where none is allowed, not too many in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from mps_module.engine.contract import Contract, Tolerance
from mps_module.engine.ledger import Ledger
from mps_module.engine.money import total_of
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import Basis, Bill, BillLine, Finding, MeterUsage, Severity
from mps_module.engine.schedule import overage_periods
from mps_module.engine.usage import ONE_DAY, last_day_before, real_usages

MISSING = "read-missing"


def reading_findings(
    contract: Contract, ledger: Ledger, period: BillPeriod, lines: Sequence[BillLine]
) -> Iterable[Finding]:
    """Findings on the boundary reads of a bill's usage lines, each with the money of its line at stake."""
    if period.overage is None:
        return
    rules = contract.version_on(period.overage.start).rules
    earlier = None
    told = set()
    for line in lines:
        if line.proof is None or not line.proof.usages:
            continue
        for usage in real_usages(line.proof.usages):
            basis = usage.closing.basis
            read = basis is Basis.ACTUAL and usage.opening.basis is not Basis.MISSING
            if read and not is_unread_end(contract, period.overage, lines, usage):
                continue
            if (usage.unit, usage.meter, usage.period) in told:
                continue  # one meter may serve several lines
            told.add((usage.unit, usage.meter, usage.period))
            if read:
                yield unread_end(contract, line, usage)
                continue
            if Basis.MISSING in (basis, usage.opening.basis):
                yield missing(contract, line, usage)
            elif basis is Basis.ESTIMATE:
                if earlier is None:
                    earlier = closings(contract, period.overage.start)
                days = [(usage.closing.day, rules.tolerance), *earlier]
                row = ledger.estimates_in_row(
                    usage.unit, usage.meter, [day for day, _ in days], [tolerance for _, tolerance in days]
                )
                since = ledger.read_since(usage.unit, usage.meter, usage.closing.day)
                yield estimated(contract, line, usage, row, rules.estimates.max_in_row, since)


def lost_reads(posted: Sequence[Bill], today: Sequence[Bill]) -> Iterable[Finding]:
    """Posted bills for which a read is missing today: their adjustment would pay the whole usage back."""
    for was, now in zip(posted, today, strict=True):
        known = {(f.code, f.unit, f.line_id) for f in was.findings}
        for finding in now.findings:
            if finding.code == MISSING and (finding.code, finding.unit, finding.line_id) not in known:
                rows = (row.amount for row in was.lines if row.line_id == finding.line_id)
                yield replace(finding, at_stake=abs(total_of(rows)))


def billed_again(period: BillPeriod, posted: Sequence[Bill]) -> Iterable[Finding]:
    """Days that another bill has charged already: an amendment moved the cycle behind what was billed."""
    for made in posted:
        for name, own, other in (
            ("base", period.base, made.period.base),
            ("usage", period.overage, made.period.overage),
        ):
            common = own.overlap(other.start, other.end) if own and other else None
            if common is not None:
                yield Finding(
                    code="billed-twice",
                    severity=Severity.BLOCK,
                    message=f"The {name} of {common} was billed on {made.period.due} already",
                    todo="Let the amendment that changes the cycle begin after what was billed",
                    at_stake=abs(made.total),
                    contract=made.contract,
                )


def closings(contract: Contract, before: date) -> list[tuple[date, Tolerance]]:
    """Closing days of the overage periods before `before`, newest first, each with the tolerance it was closed with."""
    found = [
        (period.end, contract.version_on(period.start).rules.tolerance)
        for period, _ in overage_periods(contract, before)
    ][::-1]
    return found or [(last_day_before(before), contract.version_on(before).rules.tolerance)]


def stake(line: BillLine, usage: MeterUsage) -> Decimal:
    """The usage's part of its line's amount, at the line's first rate where it billed nothing yet."""
    gross = line.proof.gross
    if gross and line.amount:
        return abs(line.amount * usage.usage / gross)
    rate = line.proof.tiers[0].rate if line.proof.tiers else line.rate
    return abs(usage.usage * rate)


def missing(contract: Contract, line: BillLine, usage: MeterUsage) -> Finding:
    return Finding(
        code=MISSING,
        severity=Severity.BLOCK,
        message=f"{usage.unit}: no read of {usage.meter} to bill {usage.period} with, and no estimate can be made",
        todo="Enter a read, or end the device's cover",
        at_stake=stake(line, usage),
        contract=contract.contract,
        unit=usage.unit,
        line_id=line.line_id,
    )


def is_unread_end(contract: Contract, overage: Period, lines: Sequence[BillLine], usage: MeterUsage) -> bool:
    """Whether a unit's last days under the contract close with the very read that they open with.

    In mid-contract nothing is lost by that, since the next period opens there too. At the end there is no next one.
    """
    opening, closing = usage.opening, usage.closing
    if opening.read is None or opening.read != closing.read or closing.read.kind is ReadKind.REMOVAL:
        return False
    if usage.period.days == 1 or closing.taken_at.date() >= usage.period.end:
        return False
    if usage.period.end == overage.end:
        return usage.period.end == contract.end
    own = {
        (other.unit, other.meter, other.period.start)
        for row in lines
        if row.proof
        for other in real_usages(row.proof.usages)
    }
    return (
        usage.unit,
        usage.meter,
        usage.period.end + ONE_DAY,
    ) not in own  # not a mere change of site or group


def unread_end(contract: Contract, line: BillLine, usage: MeterUsage) -> Finding:
    read = usage.closing.read
    return Finding(
        code="end-not-read",
        severity=Severity.WARN,
        message=f"{usage.unit}: {usage.meter} opens and closes {usage.period}, its last days here, with one read "
        f"({read.value:,} on {read.taken_at:%Y-%m-%d}): no click of them is billed",
        todo="Enter a read of the last day, unless the next contract opens with that read",
        at_stake=Decimal(0),
        contract=contract.contract,
        unit=usage.unit,
        line_id=line.line_id,
    )


def estimated(
    contract: Contract, line: BillLine, usage: MeterUsage, row: int, limit: int, since: Read | None
) -> Finding:
    """An estimate is worth knowing; one too many in a row blocks the contract until the meter is read.

    Args:
        since: the actual read that came after all, outside the window. It trues the next bill up, so there is nothing
            left to wait for: no read can come into the window of a month that is over.
    """
    closing, many = usage.closing, row > limit
    severity = Severity.INFO if not many else Severity.BLOCK if since is None else Severity.WARN
    span = "" if closing.low is None else f" ({closing.low:,} to {closing.high:,})"
    message = f"{usage.unit}: {usage.meter} is estimated at {closing.value:,}{span} on {closing.day}, {row} in a row"
    todo = "Get a read of this meter"
    if many and since is not None:
        message += f"; read again at {since.value:,} on {since.taken_at:%Y-%m-%d}"
        todo = "Hold the estimate beside that read; the next bill is trued up by it"
    elif many:
        todo += f"; at most {limit} estimates in a row are allowed"
    return Finding(
        code="too-many-estimates" if many else "estimated",
        severity=severity,
        message=message,
        todo=todo,
        at_stake=stake(line, usage),
        contract=contract.contract,
        unit=usage.unit,
        line_id=line.line_id,
    )
