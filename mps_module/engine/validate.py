"""What is wrong with a contract before any read is looked at: static checks of versions, rules, lines and tiers.

A contract with a BLOCK finding must not be billed; WARN is for a person to look at. Money at stake is the contract's
usual bill where it is known: a contract that is blocked holds up all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mps_module.engine.contract import BillingRules, Contract, ContractVersion, Escalator
from mps_module.engine.meters import MeterType
from mps_module.engine.money import HUNDRED, ZERO
from mps_module.engine.result import Finding, Severity
from mps_module.engine.validate_lines import Problem, block, line_problems, overlap_problems, warn

CYCLES = (1, 2, 3, 4, 6, 12)
STEEP_ESCALATOR = Decimal(25)


def validate_contract(
    contract: Contract, meter_types: Mapping[str, MeterType] | None = None
) -> list[Finding]:
    """Everything that is wrong or odd in the contract itself, blocking findings first.

    Args:
        meter_types: the meters that the dealer's models know, by key; None: do not check whether meters exist.
    """
    found = list(_contract_problems(contract))
    previous: ContractVersion | None = None
    for version in contract.versions:
        where = f"Version {version.version}: " if len(contract.versions) > 1 else ""
        problems = [*_version_problems(contract, version, previous), *_lines_problems(version, meter_types)]
        found += [problem.within(where) for problem in problems]
        previous = version
    findings = dict.fromkeys(_finding(contract, problem) for problem in found)
    return sorted(findings, key=lambda f: (f.severity is not Severity.BLOCK, f.severity is not Severity.WARN))


def _finding(contract: Contract, problem: Problem) -> Finding:
    stake = contract.usual_bill if problem.severity is Severity.BLOCK else None
    return Finding(
        code=problem.code,
        severity=problem.severity,
        message=problem.message,
        todo=problem.todo,
        at_stake=stake or ZERO,
        contract=contract.contract,
        line_id=problem.line_id,
    )


def _contract_problems(contract: Contract) -> Iterator[Problem]:
    if not contract.versions:
        yield block(
            "version-missing", "The contract has no version", "Give it a version with at least one line"
        )
        return
    if contract.end is not None and contract.end < contract.start:
        yield block(
            "contract-ends-early",
            f"The contract ends on {contract.end}, before it starts on {contract.start}",
            "Correct start or end",
        )
    if contract.versions[0].effective > contract.start:
        yield warn(
            "version-late",
            f"The first version holds from {contract.versions[0].effective}, the contract starts on {contract.start}",
            "Its rates are used from the start; correct the date if that is not meant",
        )
    try:
        ZoneInfo(contract.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield block(
            "timezone-unknown",
            f"There is no time zone {contract.timezone!r}",
            "Give an IANA name such as America/New_York",
        )


def _version_problems(
    contract: Contract, version: ContractVersion, previous: ContractVersion | None
) -> Iterator[Problem]:
    if previous is not None and version.effective <= previous.effective:
        yield block(
            "versions-out-of-order",
            f"It holds from {version.effective}, not later than version {previous.version} ({previous.effective})",
            "Order the versions by their effective dates, one a date",
        )
    if previous is not None and version.version <= previous.version:
        yield block(
            "version-numbers",
            f"Version {version.version} follows version {previous.version}",
            "Number the versions upwards",
        )
    if contract.end is not None and version.effective > contract.end:
        yield warn(
            "version-never",
            f"It holds from {version.effective}, after the contract's end on {contract.end}",
            "Extend the contract or drop the version",
        )
    if previous is not None and version.rules.base_in_advance and not previous.rules.base_in_advance:
        yield warn(
            "base-turns-to-advance",
            "Base turns from arrears to advance: two base periods fall due on the same day",
            "The newer one is billed a day later; tell the customer",
        )
    blocks = (
        {line.line_id: line.block for line in previous.lines if line.block} if previous is not None else {}
    )
    for line in version.lines:
        if line.block and blocks.get(line.line_id, line.block) != line.block:
            yield block(
                "block-size-changed",
                f"Line {line.line_id} changes its block from {blocks[line.line_id]} to {line.block} copies",
                "Give the new block a line ID of its own, so that copies made under the old one stay there",
            )
    yield from _rules_problems(version.rules)
    if version.escalator is not None:
        yield from _escalator_problems(contract, version.escalator)


def _rules_problems(rules: BillingRules) -> Iterator[Problem]:
    cycles = {"base": rules.base_months, "overage": rules.overage_months}
    for name, months in cycles.items():
        if months not in CYCLES:
            yield block(
                "cycle-not-allowed",
                f"A {name} cycle of {months} months",
                f"Use one of {', '.join(map(str, CYCLES))} months",
            )
    long, short = max(cycles.values()), min(cycles.values())
    if short > 0 and long % short:
        yield warn(
            "cycles-apart",
            f"Base every {rules.base_months} and overage every {rules.overage_months} months seldom fall together",
            "Make one cycle a multiple of the other, or expect more bills",
        )
    if not 1 <= rules.anchor_day <= 31:
        yield block("anchor-day", f"Day {rules.anchor_day} of a month", "Give an anchor day from 1 to 31")
    if rules.anchor_month is not None and not 1 <= rules.anchor_month <= 12:
        yield block(
            "anchor-month", f"Month {rules.anchor_month}", "Give an anchor month from 1 to 12, or none"
        )
    if rules.tolerance.before < 0 or rules.tolerance.after < 0:
        yield block(
            "tolerance-negative",
            "A tolerance of less than no days",
            "Give days before and after of 0 or more",
        )
    elif rules.tolerance.before + rules.tolerance.after >= 28 * max(rules.overage_months, 1):
        yield warn(
            "tolerance-wide",
            f"Reads {rules.tolerance.before} days before to {rules.tolerance.after} after a boundary also lie at the next",
            "Narrow the tolerance to less than an overage cycle",
        )
    if rules.estimates.max_in_row < 0:
        yield block("estimates-negative", "Fewer than no estimates in a row", "Give 0 or more")
    if not 0 <= rules.decimals <= 4:
        yield block("currency-decimals", f"A currency of {rules.decimals} decimals", "Give 0 to 4, usually 2")
    if rules.minimum is not None and rules.maximum is not None and rules.minimum > rules.maximum:
        yield block(
            "minimum-over-maximum",
            f"The bill's minimum {rules.minimum} is more than its maximum {rules.maximum}",
            "Correct one of them",
        )
    for name, limit in (("minimum", rules.minimum), ("maximum", rules.maximum)):
        if limit is not None and limit < 0:
            yield block("limit-negative", f"A {name} of {limit} for the bill", "Give 0 or more, or none")


def _escalator_problems(contract: Contract, escalator: Escalator) -> Iterator[Problem]:
    percent = escalator.percent
    if percent <= -HUNDRED:
        yield block(
            "escalator-percent", f"An escalator of {percent} % leaves no rate", "Give the yearly rise"
        )
    elif percent <= 0 or percent > STEEP_ESCALATOR:
        yield warn(
            "escalator-percent", f"An escalator of {percent} %", "Check the percent: 5 means five percent"
        )
    elif percent < 1:
        yield warn(
            "escalator-percent", f"An escalator of {percent} %: was {percent * HUNDRED} % meant?", "Check it"
        )
    if escalator.every_months < 1:
        yield block(
            "escalator-months", f"A rise every {escalator.every_months} months", "Give months of 1 or more"
        )
    elif escalator.every_months < 6:
        yield warn("escalator-months", f"A rise every {escalator.every_months} months", "Check: 12 is a year")
    if escalator.first is not None and escalator.first <= contract.start:
        yield warn(
            "escalator-early",
            f"The first rise on {escalator.first} is not after the contract's start",
            "Rates are those of the version's first day; only later anniversaries raise them",
        )
    if escalator.first is not None and contract.end is not None and escalator.first > contract.end:
        yield warn(
            "escalator-never",
            f"The first rise on {escalator.first} comes after the contract's end",
            "Correct the date or drop the escalator",
        )


def _lines_problems(
    version: ContractVersion, meter_types: Mapping[str, MeterType] | None
) -> Iterator[Problem]:
    if not version.lines:
        yield block("lines-missing", "There is nothing to bill: no lines", "Give at least one line")
    seen: set[str] = set()
    for line in version.lines:
        if line.line_id in seen:
            yield block(
                "line-twice",
                f"Two lines are called {line.line_id!r}",
                "Give each line its own id",
                line.line_id,
            )
        seen.add(line.line_id)
        yield from line_problems(line, meter_types)
    yield from overlap_problems(version.lines, meter_types)
